"""The books that tests work on: the real one, and the tiny one that carries the mechanism.

A test of the mechanism breaks a copy of the tiny book; only what must see the real book reads it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from filelock import FileLock

from claimbook.chapters.book import Book

ROOT = Path(__file__).resolve().parent.parent
TINY = ROOT / "tests" / "tiny"
AT_THE_ROOT = ("_config.yml", "_toc.yml", "requirements.txt")
UNLISTED = "data/current/linked.csv"  # a link out of the book, which no package lists
# Where the tiny book is published, if it is.
ADDRESS = "https://book.example/tiny/"
REPOSITORY = "https://github.com/someone/book"


class Ended(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


@cache
def real_book() -> Book:
    """The real book: what it has read it keeps, for all tests that compare with what is stored."""
    return Book()


def lay_out_tiny(folder: Path) -> Path:
    """Write the tiny book, not yet executed, with the tables of ``data/`` that every book has."""
    for name in ("book", "data"):
        shutil.copytree(TINY / name, folder / name)
    for name in AT_THE_ROOT:
        shutil.copy(TINY / name, folder / name)
    for table in (ROOT / "data").iterdir():
        if table.is_file() and not (folder / "data" / table.name).exists():
            shutil.copy(table, folder / "data" / table.name)
    return folder


def copy_book(book: Path, folder: Path) -> Path:
    """Copy a book's files, without what was built of it."""
    folder.mkdir(parents=True)
    for name in ("book", "data"):
        shutil.copytree(book / name, folder / name, ignore=shutil.ignore_patterns(".ipynb_*"))
    for name in AT_THE_ROOT:
        shutil.copy(book / name, folder / name)
    return folder


def only_page(book: Path, name: str) -> None:
    """Let a book have one page, where a test takes no more: its chapters are not rendered."""
    (book / "_toc.yml").write_text(f"format: jb-book\nroot: {name}\n", encoding="utf-8")


def command(*arguments: str, cwd: Path) -> int:
    """Run ``claimbook`` in this process; return its exit code. Its words go where prints go."""
    from claimbook.commands.cli import main

    with contextlib.chdir(cwd):
        try:
            main([str(argument) for argument in arguments], prog_name="claimbook")
        except SystemExit as end:
            return int(end.code or 0)
    return 0


def once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Make a folder that all of pytest's workers read; the first that asks makes it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / name
    with FileLock(shared / f"{name}.lock"):
        if not (shared / f"{name}.made").exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            (shared / f"{name}.made").touch()
    return folder


def edit(path: Path, before: str, after: str) -> None:
    """Replace the first of some words in a file, which must be there."""
    text = path.read_text(encoding="utf-8")
    assert before in text, f"{path.name} does not say {before!r}"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


@contextlib.contextmanager
def opened(path: Path) -> Iterator[list[dict[str, Any]]]:
    """The cells of a notebook, to be changed; the notebook is then written again."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    yield notebook["cells"]
    text = json.dumps(notebook, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def code(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The code cells among cells."""
    return [cell for cell in cells if cell["cell_type"] == "code"]


def rewrite(cell: dict[str, Any], before: str, after: str) -> None:
    """Replace the first of some words in a cell, which must be there."""
    source = "".join(cell["source"])
    assert before in source, f"no cell says {before!r}"
    cell["source"] = source.replace(before, after, 1)


def the_cell(cells: list[dict[str, Any]], words: str) -> dict[str, Any]:
    """The first cell that says some words."""
    return next(cell for cell in cells if words in "".join(cell["source"]))


def outputs_of(cell: dict[str, Any]) -> dict[str, Any]:
    """The data of a cell's one output, its text in one piece."""
    (output,) = cell["outputs"]
    data = output.get("data") or output
    for name in ("text/plain", "text"):
        if isinstance(data.get(name), list):
            data[name] = "".join(data[name])
    return data
