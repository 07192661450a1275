"""Fixtures: the books that tests read or break, and the command line run on them.

A test marked ``slow`` is left to ``make test-all``.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from books import (
    ADDRESS,
    REPOSITORY,
    ROOT,
    UNLISTED,
    Ended,
    command,
    copy_book,
    edit,
    lay_out_tiny,
    once,
)
from claimbook.claims import declared, files

# Continuous integration tries the same examples each time; elsewhere new ones are looked for. No
# example is timed: a busy machine is no fault.
settings.register_profile("book", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("book")

collect_ignore = ["tiny"]  # its notebooks are stored without outputs: tests execute copies


# What takes longest, in this order; all else takes seconds and comes last, so that both workers
# end together. (`--durations=0` tells; a file that is missing here costs idle seconds, no more.)
LONGEST = [
    "tests/test_commands",
    "book/",
    "tests/test_faults",
    "tests/test_kit",
    "tests/test_freshness",
    "tests/browser/test_pages",
    "tests/browser/",
    "tests/test_refresh",
    "tests/test_recipe",
    "tests/test_publishing",
    "tests/test_interrupts",
    "tests/test_reproducible",
    "tests/test_matching",
    "tests/test_shell",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes long first."""

    def place(item: pytest.Item) -> int:
        places = enumerate(LONGEST)
        return next((n for n, start in places if item.nodeid.startswith(start)), len(LONGEST))

    items.sort(key=place)


class Together(LoadScopeScheduling):
    """Keeps a file's tests on one worker, a chapter's cells too; looks at pages one by one."""

    def _split_scope(self, nodeid: str) -> str:
        path, _, test = nodeid.partition("::")
        page = re.search(r"\[(.+)\]", test)
        if page and path.startswith("tests/browser/"):
            return page[1].removeprefix("chromium-").removesuffix("-chromium")
        return path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Spread the tests over pytest's workers, in the order above."""
    config.option.loadscopereorder = False
    return Together(config, log)


@pytest.fixture(scope="session", autouse=True)
def book_root() -> Iterator[Path]:
    """Every test reads the book of this checkout unless it names another."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLAIMBOOK_ROOT", str(ROOT))
        yield ROOT


def must(root: Path, *arguments: str) -> None:
    """Run a command on a book; a fixture that fails says so once, in its own words."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLAIMBOOK_ROOT", str(root))
        patch.delenv("CLAIMBOOK_DATA", raising=False)
        assert command(*arguments, cwd=root) == 0, f"claimbook {' '.join(arguments)} failed"


@pytest.fixture(scope="session")
def executed_tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny book, executed once: to be read, never written."""

    def make(folder: Path) -> None:
        lay_out_tiny(folder)
        for claim_id in ("gini-fell", "fair-coin"):
            must(folder, "declare", claim_id, "--seen", "no")
        must(folder, "run", "--all")

    return once(tmp_path_factory, "executed", make)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory, executed_tiny: Path) -> Path:
    """The tiny book, executed and built once: to be read, never written."""

    def make(folder: Path) -> None:
        copy_book(executed_tiny, folder)
        (folder / UNLISTED).symlink_to("/etc/hostname")
        must(folder, "build")

    return once(tmp_path_factory, "tiny", make)


@pytest.fixture(scope="session")
def published_tiny(tmp_path_factory: pytest.TempPathFactory, executed_tiny: Path) -> Path:
    """The tiny book built once with an address and a repository: to be read, never written."""

    def make(folder: Path) -> None:
        copy_book(executed_tiny, folder)
        edit(folder / "_config.yml", "html:\n", f"html:\n  baseurl: {ADDRESS}\n")
        edit(folder / "_config.yml", 'url: ""', f"branch: main\n  url: {REPOSITORY}")
        must(folder, "build")

    return once(tmp_path_factory, "published", make)


@pytest.fixture
def tiny_copy(executed_tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the executed tiny book that a test may break; the environment points at it."""
    return _pointed_at(copy_book(executed_tiny, tmp_path / "copy"), monkeypatch)


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the real book, for the few that must see it; the environment points at it."""
    root = _pointed_at(copy_book(ROOT, tmp_path / "copy"), monkeypatch)
    if not declared.ledger().is_file():
        for claim_id in files.claim_paths():
            declared.declare(files.read_claim(claim_id), "0" * 64, seen=True)
    return root


def _pointed_at(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLAIMBOOK_ROOT", str(root))
    monkeypatch.delenv("CLAIMBOOK_DATA", raising=False)
    return root


@pytest.fixture
def small_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty book, for a claim on made-up figures (tests/small.py writes both)."""
    (tmp_path / "book").mkdir()
    (tmp_path / "_config.yml").touch()
    (tmp_path / "data").mkdir()
    shutil.copy(ROOT / "data" / "series.yml", tmp_path / "data")
    return _pointed_at(tmp_path, monkeypatch)


@pytest.fixture
def claimbook(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run the command line, in this process: ``claimbook("build")`` tells how it ended.

    It works on the book that a fixture has made: ask for ``tiny_copy`` or ``copy`` beside it.
    """

    def run(*arguments: str, cwd: Path | None = None) -> Ended:
        capfd.readouterr()
        returncode = command(*arguments, cwd=cwd or Path(os.environ["CLAIMBOOK_ROOT"]))
        return Ended(returncode, *capfd.readouterr())

    return run
