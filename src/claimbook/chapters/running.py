"""Run notebooks: several at a time, each executed, its prose and its fingerprints renewed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from claimbook import paths
from claimbook.chapters import kernels, notebooks, prose
from claimbook.chapters.book import Book
from claimbook.chapters.notebooks import ChapterError
from claimbook.claims import declared
from claimbook.errors import ClaimbookError

T = TypeVar("T")
# One at a time: Python 3.11 counts the depth of what it parses for all threads together.
_READING = Lock()


def run(
    book: Book,
    names: Iterable[str],
    *,
    workers: int = 2,
    done: Callable[[str], object] = lambda _: None,
) -> dict[str, bool]:
    """Execute notebooks in place; return of each whether its file changed.

    One that fails is left as it was, and is named after the others have ended.
    """
    found = _each(partial(_run_one, book), list(names), workers, done)
    if faults := sorted(str(one) for one in found.values() if isinstance(one, ClaimbookError)):
        raise ChapterError("\n".join(faults))
    return found


def claims_under(data: Path) -> dict[str, dict[str, Any] | ClaimbookError]:
    """Execute every chapter on another data folder: by claim id its output, or why it has none.

    Nothing is written: this is how a refresh learns which verdicts flip before it publishes.
    """
    book = Book()

    def found(claim_id: str) -> dict[str, Any]:
        return book.output_of(notebooks.executed(book.chapters[claim_id], data), claim_id)

    return _each(found, list(book.chapters), 2)


def _each(
    work: Callable[[str], T],
    names: list[str],
    workers: int,
    done: Callable[[str], object] = lambda _: None,
) -> dict[str, T | ClaimbookError]:
    """Do some work for each name, several at a time: what it gives, or why it gives nothing."""

    def tried(name: str) -> T | ClaimbookError:
        try:
            return work(name)
        except ClaimbookError as fault:
            return fault

    pool = ThreadPoolExecutor(max(1, workers))
    futures = {pool.submit(tried, name): name for name in names}
    try:
        for future in as_completed(futures):
            future.result()
            done(futures[future])
    except BaseException:  # the person at the keyboard, or a time limit, ends the command
        pool.shutdown(wait=False, cancel_futures=True)
        kernels.stop()
        raise
    pool.shutdown()
    return {name: future.result() for future, name in futures.items()}


def _run_one(book: Book, name: str) -> bool:
    """Execute one notebook in place; tell whether its file changed."""
    # A faulty claim file is said by itself, before anything is executed.
    claim = book.claim(name) if name in book.chapters else None
    notebook = notebooks.executed(book.notebooks[name])
    with _READING:
        return _renewed(book, name, claim, notebook)


def _renewed(book: Book, name: str, claim: Mapping[str, Any] | None, notebook: Any) -> bool:
    """Bind a notebook's prose to what it found, and store it; tell whether its file changed."""
    path = book.notebooks[name]
    book.require_allowed(name, notebook)
    if claim:
        declared.require(claim)
        output = book.output_of(notebook, name)
        for number, cell in enumerate(notebook.cells):
            if cell.cell_type == "markdown":
                try:
                    cell.source = prose.bound(cell.source, output)
                except prose.ProseError as fault:
                    raise ChapterError(f"{paths.shown(path)}, cell {number}: {fault}.") from None
    notebook.metadata["claimbook"] = book.fingerprints(name, notebook)
    changed = notebooks.write(path, notebook)
    if claim:
        declared.record_first_run(claim, notebook.metadata["claimbook"]["code"])
    book.forget(name)
    return changed
