"""The same commit gives the same bytes: of the pages in two folders, of the notebooks run again.

Both are asked of the tiny book, and for `make test-all` of the real one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import claimbook as library
from books import copy_book, only_page


def tree(folder):
    """Every file of a folder with its fingerprint."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def build_with_its_own_library(root, **environment):
    """Build a book with a library that stands in its own folder, as in a clone."""
    source = Path(library.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(source, root / "src" / "claimbook", ignore=ignored)
    command = [sys.executable, "-c", "from claimbook.commands.cli import main; main()", "build"]
    own = {"CLAIMBOOK_ROOT": str(root), "PYTHONPATH": str(root / "src")}
    ended = subprocess.run(
        command, cwd=root, env=os.environ | own | environment, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return tree(root / "_build" / "html")


def differing(first, second):
    return [name for name in {*first, *second} if first.get(name) != second.get(name)]


def test_two_clean_builds_in_two_folders_are_identical(tiny, tmp_path):
    other = copy_book(tiny, tmp_path / "deeper" / "another name")
    second = build_with_its_own_library(other, TZ="Pacific/Auckland", PYTHONHASHSEED="2")
    first = tree(tiny / "_build" / "html")
    assert first.pop(".buildinfo") and second.pop(".buildinfo")  # it holds where the library is
    assert differing(first, second) == []
    assert "book/lands/gini-fell.html" in second and "results.json" in second


@pytest.mark.slow
def test_two_clean_builds_of_the_book_are_identical(copy):
    other = copy_book(copy, copy.parent / "deeper" / "another name")
    first = build_with_its_own_library(copy, TZ="UTC", PYTHONHASHSEED="1")
    second = build_with_its_own_library(other, TZ="Pacific/Auckland", PYTHONHASHSEED="2")
    assert differing(first, second) == []
    assert "results.json" in first


@pytest.mark.parametrize("book", ["tiny_copy", pytest.param("copy", marks=pytest.mark.slow)])
def test_running_every_chapter_elsewhere_changes_not_a_byte(request, claimbook, book):
    root = request.getfixturevalue(book)
    before = {path: path.read_bytes() for path in (root / "book").rglob("*.ipynb")}
    assert len(before) > 1
    ended = claimbook("run", "--all", cwd=root / "data")
    assert ended.returncode == 0, ended.stderr
    said = {line.split(";")[0] for line in ended.stdout.splitlines()}
    assert said == {f"{path.stem}: ran, nothing changed" for path in before}
    assert {path: path.read_bytes() for path in before} == before


def test_a_warning_fails_the_second_build_as_it_failed_the_first(tiny_copy, claimbook):
    """In a book of one page: the chapters are not rendered for it."""
    only_page(tiny_copy, "book/index")
    page = "# A page\n\nSee [nothing](nowhere.md).\n"
    (tiny_copy / "book" / "index.md").write_text(page, encoding="utf-8")
    for _ in range(2):
        ended = claimbook("build")
        assert ended.returncode == 1
        assert "nowhere.md" in ended.stdout + ended.stderr
