"""Chapters as notebooks: execute them, keep them fresh, read what they found.

A chapter is ``<claim-id>.ipynb`` beside ``<claim-id>.yml``. Its outputs are stored, so the book is
built without executing anything; this module makes them and says when they no longer hold.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from claimbook import paths
from claimbook.chapters import freshness, prose
from claimbook.claims import declared, files
from claimbook.claims.output import MIME, expanded
from claimbook.errors import ClaimbookError, nearest

CELL_SECONDS = 120
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_ENVIRONMENT = ("CLAIMBOOK_ROOT", "CLAIMBOOK_DATA")


class ChapterError(ClaimbookError):
    """A chapter is missing, fails, or is stale."""


def chapters() -> dict[str, Path]:
    """Return the book's chapters.

    Returns
    -------
    dict of str to pathlib.Path
        Claim id to notebook, sorted by path.

    Raises
    ------
    ChapterError
        If a claim file has no notebook beside it.
    """
    found = {}
    for claim_id, path in files.claim_paths().items():
        notebook = path.with_suffix(".ipynb")
        if not notebook.is_file():
            raise ChapterError(
                f"{paths.shown(path)} has no chapter: write {paths.shown(notebook)} beside it, or "
                "make both with `claimbook new`."
            )
        found[claim_id] = notebook
    return found


def chapter(claim_id: str) -> Path:
    """Return the notebook of one claim.

    Parameters
    ----------
    claim_id : str
        The claim's id.

    Returns
    -------
    pathlib.Path
        The notebook.

    Raises
    ------
    ChapterError
        If the book has no such chapter.
    """
    known = chapters()
    if claim_id not in known:
        raise ChapterError(f"The book has no chapter {claim_id!r}.{nearest(claim_id, known)}")
    return known[claim_id]


def read(path: Path) -> nbformat.NotebookNode:
    """Read a notebook.

    Parameters
    ----------
    path : pathlib.Path
        An ``.ipynb`` file.

    Returns
    -------
    nbformat.NotebookNode
        In format version 4.

    Raises
    ------
    ChapterError
        If the file is not a notebook.
    """
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.reader.NotJSONError) as fault:
        raise ChapterError(f"{paths.shown(path)} is not a notebook ({fault}).") from None


def claim_output(notebook: nbformat.NotebookNode, claim_id: str) -> dict[str, Any]:
    """Return the claim output stored in a chapter, in full.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The chapter.
    claim_id : str
        Its claim, whose words are joined.

    Returns
    -------
    dict
        As :func:`claimbook.claims.output.expanded` has it.

    Raises
    ------
    ChapterError
        If it has none, or more than one.
    """
    found = [
        output["data"][MIME]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if MIME in output.get("data", {})
    ]
    if len(found) != 1:
        raise ChapterError(
            f"The chapter {claim_id} shows {len(found)} claim outputs where there is one: its last "
            f"check is followed by a cell that says `claim`; then run `claimbook run {claim_id}`."
        )
    return declared.joined(expanded(found[0], files.read_claim(claim_id)), declared.read())


def stored_output(claim_id: str) -> dict[str, Any]:
    """Return the claim output stored in the chapter of a claim.

    Parameters
    ----------
    claim_id : str
        The claim's id.

    Returns
    -------
    dict
        See :func:`claim_output`.
    """
    return claim_output(read(chapter(claim_id)), claim_id)


def stale(claim_id: str) -> list[str]:
    """Say why a chapter's stored outputs no longer hold.

    Parameters
    ----------
    claim_id : str
        The claim's id.

    Returns
    -------
    list of str
        What changed since its last run; empty where it is fresh.

    Raises
    ------
    ClaimbookError
        If the chapter, its claim file or its data cannot be read.
    """
    notebook = read(chapter(claim_id))
    stored = notebook.metadata.get("claimbook")
    changed = freshness.changes(stored, freshness.of_chapter(notebook, claim_id))
    if changed:
        return changed
    output = claim_output(notebook, claim_id)
    return [
        fault
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for fault in prose.stale(cell.source, output)
    ]


def require_fresh(claim_id: str) -> None:
    """Stop unless a chapter's stored outputs hold and its prose fits its verdict.

    Parameters
    ----------
    claim_id : str
        The claim's id.

    Raises
    ------
    ChapterError
        With what changed and the command that mends it.
    """
    if changed := stale(claim_id):
        raise ChapterError(
            f"chapter {claim_id} is stale: run `claimbook run {claim_id}` "
            f"(changed since its last run: {'; '.join(changed)})."
        )
    if fault := rewrite_needed(stored_output(claim_id)):
        raise ChapterError(fault)


def rewrite_needed(output: dict[str, Any]) -> str | None:
    """Say whether a chapter's prose was written for another verdict than the one computed.

    Parameters
    ----------
    output : dict
        A claim output.

    Returns
    -------
    str or None
        A sentence, or None where the two agree.
    """
    claim = output["claim"]
    if claim["written_for"] == output["verdict"]:
        return None
    return (
        f"chapter {claim['id']} was written for the verdict {claim['written_for']!r}, the figures "
        f"now say {output['verdict']!r}: rewrite its prose, then set `written_for` in "
        f"{claim['id']}.yml and run `claimbook run {claim['id']}`."
    )


def run(
    claim_ids: Iterable[str], *, workers: int = 2, done: Callable[[str, bool], None] | None = None
) -> dict[str, bool]:
    """Execute chapters in place, several at a time.

    A chapter that fails is left as it was.

    Parameters
    ----------
    claim_ids : iterable of str
        Claims to run.
    workers : int
        Kernels at a time.
    done : callable, optional
        Called with the claim id and whether its file changed, as each ends.

    Returns
    -------
    dict of str to bool
        Whether each chapter's file changed.

    Raises
    ------
    ChapterError
        If a chapter fails, after the others have ended.
    """
    claim_ids = list(claim_ids)
    changed, faults = {}, []
    with _processes(max(1, min(workers, len(claim_ids)))) as pool:
        futures = {pool.submit(run_one, claim_id): claim_id for claim_id in claim_ids}
        for future in as_completed(futures):
            claim_id = futures[future]
            try:
                changed[claim_id] = future.result()
                code = read(chapter(claim_id)).metadata["claimbook"]["code"]
                declared.record_first_run(files.read_claim(claim_id), code)
            except ClaimbookError as fault:
                faults.append(str(fault))
                continue
            if done:
                done(claim_id, changed[claim_id])
    if faults:
        raise ChapterError("\n".join(sorted(faults)))
    return changed


def run_one(claim_id: str) -> bool:
    """Execute one chapter in place, renew its prose and its fingerprints.

    Parameters
    ----------
    claim_id : str
        The claim's id.

    Returns
    -------
    bool
        Whether the file changed by a byte.

    Raises
    ------
    ClaimbookError
        If it cannot be executed; its file is then as it was.
    """
    path = chapter(claim_id)
    notebook = executed(path)
    declared.require(files.read_claim(claim_id))
    output = claim_output(notebook, claim_id)
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            try:
                cell.source = prose.bound(cell.source, output)
            except prose.ProseError as fault:
                raise ChapterError(f"{paths.shown(path)}, cell {number}: {fault}.") from None
    notebook.metadata["claimbook"] = freshness.of_chapter(notebook, claim_id)
    return _write(path, notebook)


def executed(path: Path) -> nbformat.NotebookNode:
    """Execute a notebook and return it with new outputs; the file is not touched.

    Parameters
    ----------
    path : pathlib.Path
        The chapter.

    Returns
    -------
    nbformat.NotebookNode
        Without timings or versions, so that the same result is the same bytes.

    Raises
    ------
    ChapterError
        If a cell fails, with the cell's number and the error.
    """
    notebook = read(path)
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name=KERNEL["name"],
        record_timing=False,
        coalesce_streams=True,  # else it is chance how printed lines are cut into outputs
        # A warning about local sockets would stand between the reader and the progress bar.
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    try:
        with _environment():
            client.execute()
    except CellExecutionError as fault:
        number = _failing(notebook)
        raise ChapterError(
            f"{paths.shown(path)}, cell {number}: {fault.ename}: {fault.evalue}"
        ) from None
    return _normalised(notebook)


def claims_under(data: Path) -> dict[str, dict[str, Any]]:
    """Execute every chapter on another data folder and return what they find.

    Nothing is written: this is how a refresh learns which verdicts flip before it publishes.

    Parameters
    ----------
    data : pathlib.Path
        A folder of vintages, like ``data/``.

    Returns
    -------
    dict of str to dict
        Claim outputs by claim id.

    Raises
    ------
    ChapterError
        If a chapter fails on these figures.
    """
    with _processes(2) as pool:
        found = pool.map(partial(_output_under, data), chapters().items())
        try:
            return dict(found)
        except BrokenProcessPool:
            raise ChapterError(
                "a chapter's process was killed before it ended: see that there is enough memory, "
                "then run this again."
            ) from None


def _processes(count: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, initializer=_end_with, initargs=(os.getpid(),))


def _end_with(parent: int) -> None:
    """End this process when its parent does: a command that is killed leaves none behind."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.2)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _output_under(data: Path, item: tuple[str, Path]) -> tuple[str, dict[str, Any]]:
    claim_id, path = item
    os.environ["CLAIMBOOK_DATA"] = str(data)
    return claim_id, claim_output(executed(path), claim_id)


@contextmanager
def _environment() -> Iterator[None]:
    """Let a kernel find the book from any working directory."""
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ["CLAIMBOOK_ROOT"] = str(paths.root())
    os.environ["CLAIMBOOK_DATA"] = str(paths.data())
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _failing(notebook: nbformat.NotebookNode) -> int:
    return next(
        number
        for number, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
        and any(output.output_type == "error" for output in cell.outputs)
    )


def _normalised(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Leave out of a notebook what differs between machines and runs."""
    notebook.metadata["kernelspec"] = dict(KERNEL)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    return notebook


def _write(path: Path, notebook: nbformat.NotebookNode) -> bool:
    """Write a notebook whole or not at all; the same content leaves the file untouched."""
    content = (nbformat.writes(notebook).rstrip("\n") + "\n").encode("utf-8")
    if path.read_bytes() == content:
        return False
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as partial_file:
        partial_file.write(content)
    os.replace(partial_file.name, path)
    path.chmod(0o644)
    return True
