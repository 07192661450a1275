"""Fixtures: a copy of the book that a test may break."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from claimbook.claims import declared, files

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session", autouse=True)
def book_root():
    """Every test reads the book of this checkout unless it names another."""
    before = os.environ.get("CLAIMBOOK_ROOT")
    os.environ["CLAIMBOOK_ROOT"] = str(ROOT)
    yield ROOT
    if before is None:
        del os.environ["CLAIMBOOK_ROOT"]
    else:
        os.environ["CLAIMBOOK_ROOT"] = before


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the book's files, and the environment pointing at it."""
    root = tmp_path / "copy"
    root.mkdir()
    for name in ("book", "data"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns(".ipynb_*"))
    for name in ("_config.yml", "_toc.yml", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, root / name)
    monkeypatch.setenv("CLAIMBOOK_ROOT", str(root))
    monkeypatch.delenv("CLAIMBOOK_DATA", raising=False)
    if not declared.ledger().is_file():
        for claim_id in files.claim_paths():
            declared.declare(files.read_claim(claim_id), "0" * 64, seen=True)
    return root


@pytest.fixture
def small_book(tmp_path, monkeypatch):
    """An empty book, for a claim on made-up figures (tests/small.py writes both)."""
    (tmp_path / "book").mkdir()
    (tmp_path / "_config.yml").touch()
    monkeypatch.setenv("CLAIMBOOK_ROOT", str(tmp_path))
    monkeypatch.delenv("CLAIMBOOK_DATA", raising=False)
    return tmp_path


@pytest.fixture
def claimbook(copy):
    """Run the command line on the copy: ``claimbook("build")`` gives the finished process."""

    def run(*arguments, cwd=copy):
        command = [str(Path(sys.executable).with_name("claimbook")), *arguments]
        return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300)

    return run
