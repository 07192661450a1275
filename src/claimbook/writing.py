"""Write files all or none: a full disk, a fault or a kill leaves the book as it was.

What a killed command had ready to write, the next command writes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from claimbook import paths

_STAGED = ".writing-"
_LOCK = "lock"  # held by the command that writes, as long as it lives
_PLAN = "plan.txt"  # a line each: the places in the book of the files beside it, by their numbers
_PLACE = re.compile(r"(?:(?:book|tests)/(?:\w[\w-]*/)*)?\w[\w-]*\.\w+")


def write_json(path: Path, value: Any) -> None:
    """Write plain data as JSON that a person can read, too."""
    text = json.dumps(value, ensure_ascii=False, indent=1) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def write_all(contents: Mapping[Path, bytes]) -> None:
    """Write each file whole into a folder of its own, then rename all, in the order given.

    Nothing that takes time stands between the renames.
    """
    from filelock import FileLock

    root = paths.root()
    above = {folder for path in contents for folder in path.parents if not folder.exists()}
    with (
        tempfile.TemporaryDirectory(dir=root, prefix=_STAGED) as folder,
        FileLock(Path(folder, _LOCK)),
    ):
        staged = Path(folder)
        for number, (path, content) in enumerate(contents.items()):
            (staged / str(number)).write_bytes(content)
            if path.exists():
                shutil.copyfile(path, staged / f"{number}-before")
        names = [path.relative_to(root).as_posix() for path in contents]
        (staged / "plan").write_text("\n".join(names), encoding="utf-8")
        (staged / "plan").rename(staged / _PLAN)  # from here on a kill stops nothing
        try:
            _rename(staged)
        except BaseException:
            (staged / _PLAN).unlink()
            for number, path in enumerate(contents):
                if (staged / f"{number}-before").exists():
                    shutil.move(staged / f"{number}-before", path)
                elif not (staged / str(number)).exists():
                    path.unlink()
            for made in sorted(above, reverse=True):
                with suppress(OSError):
                    made.rmdir()
            raise


def finish() -> None:
    """Write what commands that were killed had ready, and remove what they had not."""
    for staged in paths.root().glob(f"{_STAGED}*"):
        from filelock import FileLock, Timeout

        try:
            with FileLock(staged / _LOCK, timeout=0):
                if (staged / _PLAN).is_file():
                    _rename(staged)
        except Timeout:  # a command is at it
            continue
        shutil.rmtree(staged, ignore_errors=True)


def _rename(staged: Path) -> None:
    root = paths.root()
    for number, name in enumerate((staged / _PLAN).read_text("utf-8", "replace").splitlines()):
        path = root / name
        # A folder of that name may come with a stranger's copy of the book.
        if _PLACE.fullmatch(name) and path.parent.resolve().is_relative_to(root):
            path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # it was renamed before the kill
                os.replace(staged / str(number), path)
