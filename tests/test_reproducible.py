"""The same commit gives the same bytes: of the pages in two folders, of the notebooks run again."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import claimbook as library
from claimbook import paths
from claimbook.chapters.book import Book


def tree(folder):
    """Every file of a folder with its fingerprint."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def build(root, **environment):
    """Build a book with the library that stands in its own folder, as in a clone."""
    command = [sys.executable, "-c", "from claimbook.commands.cli import main; main()", "build"]
    own = {"CLAIMBOOK_ROOT": str(root), "PYTHONPATH": str(root / "src")}
    ended = subprocess.run(
        command, cwd=root, env=os.environ | own | environment, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return tree(root / "_build" / "html")


def test_two_clean_builds_in_two_folders_are_identical(copy):
    shutil.copytree(
        Path(library.__file__).parent,
        copy / "src" / "claimbook",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    other = copy.parent / "deeper" / "another name"
    shutil.copytree(copy, other)
    first = build(copy, TZ="UTC", PYTHONHASHSEED="1")
    second = build(other, TZ="Pacific/Auckland", PYTHONHASHSEED="2")
    differing = [name for name in {*first, *second} if first.get(name) != second.get(name)]
    assert differing == []
    assert set(first) >= {f"{page}.html" for page in Book().pages}


def test_running_every_chapter_elsewhere_changes_not_a_byte(copy, claimbook):
    chapters = Book().chapters
    assert all(paths.root() in path.parents for path in chapters.values())
    before = {claim_id: path.read_bytes() for claim_id, path in chapters.items()}
    ended = claimbook("run", "--all", cwd=copy / "data")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines() == [f"{name}: ran, nothing changed" for name in before]
    assert {claim_id: path.read_bytes() for claim_id, path in chapters.items()} == before


def test_a_warning_fails_the_second_build_as_it_failed_the_first(copy, claimbook):
    with (copy / "book" / "glossary.md").open("a", encoding="utf-8") as page:
        page.write("\nSee [nothing](nowhere.md).\n")
    for _ in range(2):
        ended = claimbook("build")
        assert ended.returncode == 1
        assert "nowhere.md" in ended.stdout + ended.stderr
