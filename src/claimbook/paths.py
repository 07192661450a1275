"""Where the book is: its root is the nearest folder upwards that holds ``_config.yml``."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from claimbook.errors import ClaimbookError


def root() -> Path:
    """Return the book's root folder.

    The environment variable ``CLAIMBOOK_ROOT`` overrides the search, so that a notebook runs from
    any working directory.

    Returns
    -------
    pathlib.Path
        The nearest parent of the working directory that holds ``_config.yml``.

    Raises
    ------
    ClaimbookError
        If no such folder exists.
    """
    chosen = os.environ.get("CLAIMBOOK_ROOT")
    if chosen:
        folder = Path(chosen).resolve()
        if not (folder / "_config.yml").is_file():
            raise ClaimbookError(
                f"CLAIMBOOK_ROOT points at {folder}, which holds no _config.yml: "
                "set it to the folder of the book, or unset it."
            )
        return folder
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / "_config.yml").is_file() and (folder / "book").is_dir():
            return folder
    raise ClaimbookError(
        f"No book found: neither {here} nor a folder above it holds _config.yml and book/. "
        "Go into the book's folder, or set CLAIMBOOK_ROOT to it."
    )


def data() -> Path:
    """Return the folder of the snapshots: ``data/`` in the root, or ``CLAIMBOOK_DATA``.

    Returns
    -------
    pathlib.Path
        A folder with one folder a vintage.
    """
    chosen = os.environ.get("CLAIMBOOK_DATA")
    return Path(chosen).resolve() if chosen else root() / "data"


def shown(path: Path) -> str:
    """Return a path as a person would name it: relative to the book where it lies inside.

    Parameters
    ----------
    path : pathlib.Path
        Any path.

    Returns
    -------
    str
        The path relative to the book's root, or unchanged outside it.
    """
    try:
        return (path.parent.resolve() / path.name).relative_to(root()).as_posix()
    except (ValueError, ClaimbookError):
        return str(path)


def git(*arguments: str, folder: Path | None = None) -> str | None:
    """Return what git answers in a folder, the book's by default; None where it cannot."""
    command = ["git", "-C", str(folder or root()), *arguments]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return ended.stdout if ended.returncode == 0 else None


@contextmanager
def committed(folder: Path, commit: str = "HEAD") -> Iterator[Path | None]:
    """Lay out a folder as it was in a commit; None where git cannot."""
    with tempfile.TemporaryDirectory(prefix="claimbook-") as name:
        archive = Path(name) / "committed.tar"
        asked = ("archive", "--output", str(archive), commit, folder.name)
        if git(*asked, folder=folder.parent) is None:
            yield None
        else:
            shutil.unpack_archive(archive, name, filter="data")
            yield Path(name) / folder.name
