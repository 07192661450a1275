"""Replace a vintage's folder all at once, and mend what a killed refresh has left.

A new vintage is written beside the old (``.current.new``), then two renames put it in its place
(``current`` to ``.current.old``, ``.current.new`` to ``current``). Whichever of these folders a
killed process leaves tells what to do, so that the next reader does it: no journal is needed. The
lock is one on the data folder itself, which the system lets go when its holder dies; processes that
the holder has forked do not share it.
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

from claimbook.errors import ClaimbookError

try:
    import fcntl
except ImportError:  # Windows has no such lock: there, two refreshes at once are not noticed.
    fcntl = None  # type: ignore[assignment]

T = TypeVar("T")

_LEFT = re.compile(r"\.(?P<vintage>current|\d{4}-\d{2})\.(?P<role>new|old)")
# A swap takes two renames; a reader that meets one waits for it no longer than this.
_PATIENCE = 5.0


_held: set[int] = set()


class Busy(ClaimbookError):
    """Another refresh is at work on the same data folder."""

    exit_code = 1


def staged(data: Path, vintage: str) -> Path:
    """Return the folder in which a new vintage is written before it is published.

    Parameters
    ----------
    data : pathlib.Path
        The folder of the vintages.
    vintage : str
        ``current`` or ``YYYY-MM``.

    Returns
    -------
    pathlib.Path
        A hidden folder beside the vintage's own.
    """
    return data / f".{vintage}.new"


def _set_aside(data: Path, vintage: str) -> Path:
    return data / f".{vintage}.old"


@contextmanager
def exclusive(data: Path) -> Iterator[None]:
    """Hold a data folder for oneself; leave nothing behind but whole vintages.

    Parameters
    ----------
    data : pathlib.Path
        The folder of the vintages.

    Raises
    ------
    Busy
        If another refresh holds it.
    """
    # A reader that mends the folder holds it for a moment: that is no refresh.
    until = time.monotonic() + 1.0
    while (lock := _lock(data)) is None:
        if time.monotonic() > until:
            raise Busy(
                f"Another `claimbook refresh` is at work on {data}: wait until it has ended, then "
                "run this again."
            )
        time.sleep(0.05)
    try:
        _mend_all(data)
        yield
    finally:
        try:
            _mend_all(data)
        finally:
            _unlock(lock)


def publish(data: Path, vintage: str) -> None:
    """Put a staged vintage in the place of the one there is, if there is one.

    Parameters
    ----------
    data : pathlib.Path
        The folder of the vintages, held by :func:`exclusive`.
    vintage : str
        ``current`` or ``YYYY-MM``; :func:`staged` names its new folder, written whole.
    """
    new, old, live = staged(data, vintage), _set_aside(data, vintage), data / vintage
    _to_disk(new)
    if not live.exists():
        os.rename(new, live)
    else:
        os.rename(live, old)
        os.rename(new, live)
    _sync(data)
    _remove(old)


def recover(data: Path) -> None:
    """Complete or undo a swap that a killed refresh has left half done.

    Every reader calls this first; where nothing is left over it costs one listing of the folder.

    Parameters
    ----------
    data : pathlib.Path
        The folder of the vintages.
    """
    if not _leftovers(data):
        return
    lock = _lock(data)
    if lock is not None:
        # A folder that may only be read is read as it stands.
        with suppress(PermissionError):
            try:
                _mend_all(data)
            finally:
                _unlock(lock)
        return
    # A refresh is alive. While it stages, readers go on with the old folder; a swap is awaited.
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and _is_swapping(data):
        time.sleep(0.005)


def at_rest(data: Path, look: Callable[[], T]) -> T:
    """Look into a data folder at a moment when no swap is under way.

    Between its two renames a vintage is not there; who looks just then looks again.

    Parameters
    ----------
    data : pathlib.Path
        The folder of the vintages.
    look : callable
        Returns what is found, to be compared with ``==``.

    Returns
    -------
    object
        What two looks in a row have found.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        recover(data)
        first, swapping, second = look(), _is_swapping(data), look()
        if (first == second and not swapping) or time.monotonic() > until:
            return second


def _leftovers(data: Path) -> list[tuple[str, str]]:
    if not data.is_dir():
        return []
    found = (_LEFT.fullmatch(name) for name in os.listdir(data))
    return [(match["vintage"], match["role"]) for match in found if match]


def _is_swapping(data: Path) -> bool:
    return any(
        role == "old" and not (data / vintage).exists() for vintage, role in _leftovers(data)
    )


def _mend_all(data: Path) -> None:
    for vintage in sorted({vintage for vintage, _ in _leftovers(data)}):
        _mend(data, vintage)


def _mend(data: Path, vintage: str) -> None:
    new, old, live = staged(data, vintage), _set_aside(data, vintage), data / vintage
    if not live.exists() and old.exists():
        # Killed between the two renames: the first is made only once the new folder is whole.
        os.rename(new if new.exists() else old, live)
    # Else the swap had not begun (the staged folder may be torn), or both renames were made.
    _remove(new)
    _remove(old)


def _remove(folder: Path) -> None:
    if folder.is_symlink():
        # A vintage that lies elsewhere: the new one stands in the link's place.
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def _lock(data: Path) -> int | None:
    """Lock the folder without waiting; return a handle, or None if another process holds it."""
    if fcntl is None:
        return -1
    handle = os.open(data, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    _held.add(handle)
    return handle


def _unlock(handle: int) -> None:
    if handle in _held:
        _held.remove(handle)
        os.close(handle)


def _leave_to_parent() -> None:
    """Let go, in a forked process, of its parent's lock: it must not outlive the parent."""
    while _held:
        os.close(_held.pop())


if fcntl is not None:
    os.register_at_fork(after_in_child=_leave_to_parent)


def _to_disk(folder: Path) -> None:
    """Have the system write a folder out, so that no power cut publishes half a file."""
    for path in sorted(folder.iterdir()):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    if fcntl is None and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
