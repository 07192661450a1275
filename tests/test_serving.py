"""Served while it is written: what is built again is what a clean build makes, to the byte."""

import json
import os
import signal
import subprocess
import urllib.request
from pathlib import Path

import psutil
import pytest

from books import copy_book, edit
from claimbook.chapters.book import Book
from claimbook.commands.building import Builder, BuildError
from test_interrupts import MAIN
from test_reproducible import differing, tree

CHAPTER = "book/lands/gini-fell"


class Served:
    """The tiny book as it is written: each step edits a file and asks for it to be built again."""

    def __init__(self, root: Path, builder: Builder) -> None:
        self.root, self.builder = root, builder

    def path(self, name: str) -> Path:
        return self.root / "book" / name

    def edit(self, name: str, before: str, after: str) -> None:
        edit(self.path(name), before, after)
        self.builder.build([self.path(name)])

    def page(self, name: str = CHAPTER) -> str:
        return (self.builder.site / f"{name}.html").read_text(encoding="utf-8")

    def written(self) -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in self.builder.site.rglob("*.html")}


@pytest.fixture
def served(tiny_copy):
    with Builder(drafts=False) as builder:
        builder.build()
        yield Served(tiny_copy, builder)


def held(site: Path) -> dict[str, str]:
    """Every file of a site; of the search what it finds: its index keeps words of no page."""
    index = site / "searchindex.js"
    found = json.loads(index.read_text("utf-8").removeprefix("Search.setIndex(").removesuffix(")"))
    found["terms"] = {word: where for word, where in found["terms"].items() if where != []}
    return tree(site) | {index.name: json.dumps(found)}


def of_a_clean_build(root: Path, folder: Path) -> dict[str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLAIMBOOK_ROOT", str(copy_book(root, folder)))
        with Builder(drafts=False) as builder:
            builder.build()
            return held(builder.site)


def test_what_is_built_again_is_what_a_clean_build_makes(served, tmp_path):
    before = served.written()
    served.edit("lands/gini-fell.ipynb", "For each economy", "In short, for each economy")
    again = {path.stem for path, when in served.written().items() if before[path] != when}
    assert "In short, for each" in served.page()
    assert again == {"gini-fell", "index", "search"}, "what does not depend on it is left alone"

    # Another chapter's words stand on the shared pages, and beside the questions next to it.
    title = Book().claim("fair-coin")["title"]
    served.edit("coins/fair-coin.yml", title, "Is a coin honest?")
    assert "Is a coin honest?" in served.page("book/scorecard")
    assert "Is a coin honest?" in served.page()

    # A heading stands in the contents of every page.
    served.edit("method.md", "# ", "# Our ")
    assert ">Our " in served.page("book/glossary")

    # What is wrong is said, and what was half read or written for it is not kept.
    with pytest.raises(BuildError, match="the messages above say what to mend"):
        served.edit("lands/gini-fell.ipynb", "In short", "See [nothing](nowhere.md). In short")
    with pytest.raises(BuildError, match="holds HTML"):
        served.edit("lands/gini-fell.ipynb", "See [nothing](nowhere.md). ", "<b>See</b> ")
    served.edit("lands/gini-fell.ipynb", "<b>See</b> In short, for", "Once more, for")

    again, clean = held(served.builder.site), of_a_clean_build(served.root, tmp_path / "other")
    assert differing(again, clean) == []


def test_serve_says_what_it_has_built_and_what_is_wrong_and_goes_on(tiny_copy):
    """One file is gone and comes back; another comes and goes, as where an editor saves a third."""
    page = tiny_copy / "book" / "method.md"
    text = page.read_text(encoding="utf-8")
    with subprocess.Popen(
        [*MAIN, "serve", "--port", "0"],
        cwd=tiny_copy,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as serving:

        def said(*beginnings):
            return next(line for line in serving.stdout if line.startswith(beginnings))

        try:
            address = said("The book is at").split()[4]
            page.unlink()
            assert "Built" not in said("claimbook: ", "Built")
            page.write_text(f"{text}\nOnce more.\n", encoding="utf-8")
            page.with_name("4913").touch()
            page.with_name("4913").unlink()
            assert said("claimbook: ", "Built") == "Built anew.\n"
            with urllib.request.urlopen(f"{address}book/method.html") as answer:
                assert b"Once more." in answer.read()
            began = psutil.Process(serving.pid).children(recursive=True)
        finally:
            os.killpg(serving.pid, signal.SIGINT)
        assert serving.wait(timeout=20) == 0
    psutil.wait_procs(began, timeout=20)
    assert not any(process.is_running() for process in began)
