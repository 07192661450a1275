"""Run notebooks: several at a time, each executed, its prose and its fingerprints renewed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from claimbook import paths
from claimbook.chapters import notebooks, prose
from claimbook.chapters.book import Book
from claimbook.chapters.notebooks import ChapterError
from claimbook.claims import declared
from claimbook.errors import ClaimbookError

T = TypeVar("T")


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
    return _each(partial(_run_one, book), list(names), workers, done)


def claims_under(data: Path) -> dict[str, dict[str, Any] | ClaimbookError]:
    """Execute every chapter on another data folder: by claim id its output, or why it has none.

    Nothing is written: this is how a refresh learns which verdicts flip before it publishes.
    """
    book = Book()

    def found(claim_id: str) -> dict[str, Any] | ClaimbookError:
        try:
            ran = notebooks.executed(book.chapters[claim_id], data)
            return book.output_of(ran, claim_id)
        except ClaimbookError as fault:
            return fault

    return _each(found, list(book.chapters), 2)


def _each(
    work: Callable[[str], T],
    names: list[str],
    workers: int,
    done: Callable[[str], object] = lambda _: None,
) -> dict[str, T]:
    """Do some work for each name, several at a time; faults are gathered, then raised as one."""
    found: dict[str, T] = {}
    faults = []
    pool = ThreadPoolExecutor(max(1, workers))
    futures = {pool.submit(work, name): name for name in names}
    try:
        for future in as_completed(futures):
            try:
                found[futures[future]] = future.result()
            except ClaimbookError as fault:
                faults.append(str(fault))
            done(futures[future])
    except BaseException:  # the person at the keyboard, or a time limit, ends the command
        pool.shutdown(wait=False, cancel_futures=True)
        notebooks.stop_kernels()
        raise
    pool.shutdown()
    if faults:
        raise ChapterError("\n".join(sorted(faults)))
    return {name: found[name] for name in names}


def _run_one(book: Book, name: str) -> bool:
    """Execute one notebook in place; tell whether its file changed."""
    path = book.notebooks[name]
    # A faulty claim file is said by itself, before anything is executed.
    claim = book.claim(name) if name in book.chapters else None
    notebook = notebooks.executed(path)
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
