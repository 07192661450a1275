"""Replace a vintage's folder all at once; what a killed refresh has left, the next one puts right.

A new vintage is written beside the old (``.current.new``), then two renames put it in its place
(``current`` to ``.current.old``, ``.current.new`` to ``current``). Whichever of these folders a
killed process leaves tells the next writer what to do, so that no journal is needed. Readers write
nothing: one that looks between the two renames looks again. The releases of a series, one folder in
``history/``, are replaced in the same way.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from claimbook import paths
from claimbook.errors import ClaimbookError

T = TypeVar("T")

LOCK = ".refresh.lock"
HISTORY = "history"
_VINTAGE = r"current|\d{4}-\d{2}"
_SERIES = r"\w[\w.-]*"
# Two renames take no time; a reader that still finds a vintage gone after this long gives up.
PATIENCE = 5.0


class Busy(ClaimbookError):
    """Another refresh is at work on the same data folder."""


class Unfinished(ClaimbookError):
    """A refresh was killed between the two renames that replace a vintage."""


def staged(data: Path, vintage: str) -> Path:
    """Return the folder in which a new vintage is written before it is published."""
    return data / f".{vintage}.new"


def _set_aside(data: Path, vintage: str) -> Path:
    return data / f".{vintage}.old"


@contextmanager
def exclusive(data: Path) -> Iterator[None]:
    """Hold a data folder for oneself; leave nothing behind but whole vintages."""
    from filelock import FileLock, Timeout

    lock = FileLock(data / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise Busy(
            f"Another `claimbook refresh` is at work on {data}: wait until it has ended, then "
            "run this again."
        ) from None
    try:
        _mend(data)
        yield
    finally:
        try:
            _mend(data)
        finally:
            # Whoever waits for the file that goes here is told so by filelock, and takes a new one.
            with suppress(OSError):
                (data / LOCK).unlink()
            lock.release()


def publish(data: Path, vintage: str) -> None:
    """Put a staged vintage, written whole, in the place of the one there is, if there is one."""
    new, old, live = staged(data, vintage), _set_aside(data, vintage), data / vintage
    _to_disk(new)
    if live.exists():
        os.rename(live, old)
    os.rename(new, live)
    _sync(data)
    _remove(old)


def steady(data: Path, look: Callable[[], T]) -> T:
    """Return what a look into a data folder finds while no vintage is being replaced.

    Nothing is written: a look that met a swap, or failed because of one, is taken again.
    """
    until = time.monotonic() + PATIENCE
    while True:
        before, fault = _places(data), None
        try:
            found = look()
        except ClaimbookError as error:
            fault = error
        if None not in before.values() and before == _places(data):
            if fault:
                raise fault
            return found
        if time.monotonic() > until:
            gone = next((name for name, place in before.items() if place is None), "a vintage")
            raise Unfinished(
                f"{paths.shown(data)}/{gone} is missing: a refresh was killed while it replaced "
                "it. Run `claimbook refresh` again, which first puts that right."
            )
        time.sleep(0.005)


def named(folder: Path, form: str = "({})") -> list[str]:
    """Return what has a folder whose name is of a form: vintages, or in ``history/`` series."""
    pattern = re.compile(form.format(_SERIES if folder.name == HISTORY else _VINTAGE))
    names = os.listdir(folder) if folder.is_dir() else ()
    return [match[1] for match in map(pattern.fullmatch, names) if match]


def _places(folder: Path) -> dict[str, int | None]:
    """Return which folder stands in the place of each vintage; None where a swap has begun."""
    found: dict[str, int | None]
    found = dict.fromkeys([*named(folder), *named(folder, r"\.({})\.old")])
    for name in found:
        with suppress(FileNotFoundError):
            found[name] = os.stat(folder / name).st_ino
    return found


def _mend(data: Path) -> None:
    for folder in (data, data / HISTORY):
        for name in set(named(folder, r"\.({})\.(?:new|old)")):
            new, old, live = staged(folder, name), _set_aside(folder, name), folder / name
            if not live.exists() and old.exists():
                # Killed between the two renames: only a folder that is whole gets so far.
                os.rename(new if new.exists() else old, live)
            # Else the swap had not begun (what is staged may be torn), or both renames were made.
            _remove(new)
            _remove(old)


def _remove(folder: Path) -> None:
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)
    else:  # a vintage that lies elsewhere, where it stays; or what is no folder
        folder.unlink(missing_ok=True)


def _to_disk(folder: Path) -> None:
    """Have the system write a folder out, so that no power cut publishes half a file."""
    for path in sorted(folder.iterdir()):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
