"""Notebooks: read, executed on kernels that start warm, written whole or not at all."""

from __future__ import annotations

import hashlib
import itertools
import json
import multiprocessing
import os
import re
import tempfile
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from claimbook import paths, reading
from claimbook.chapters import kernels
from claimbook.claims.output import MIME
from claimbook.errors import ClaimbookError
from claimbook.writing import write_all

CELL_SECONDS = 120
FORMAT = (4, 5)
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_FORKED = "claimbook-forked"
_FRAME = re.compile(r"Cell In\[(\d+)\], line (\d+)")


class ChapterError(ClaimbookError):
    """A chapter is missing, fails, or is stale."""


def read(path: Path) -> nbformat.NotebookNode:
    """Read a notebook, in format version 4; a cell without an id gets one of its content."""
    name = paths.shown(path)
    found = reading.parsed(reading.text(path, ChapterError), name, ChapterError)
    found = found if isinstance(found, dict) else {}
    version, cells = found.get("nbformat"), found.get("cells")
    if (
        version is None
        or not isinstance(cells, list)
        or not all(isinstance(c, dict) for c in cells)
    ):
        raise ChapterError(f"{name} is not a notebook (it has no format or no cells).")
    minor = found.get("nbformat_minor", 0)
    if version != FORMAT[0] or not isinstance(minor, int) or minor > FORMAT[1]:
        raise ChapterError(
            f"{name} is in the notebook format {version}.{minor}; the book reads 4.0 to "
            f"{FORMAT[0]}.{FORMAT[1]}: save it in that format."
        )
    _identify(cells)
    try:
        # Validated first: nbformat reads what it does not understand as far as it goes.
        nbformat.validate(found | {"nbformat_minor": FORMAT[1]})
    except nbformat.ValidationError as fault:
        first = str(fault).splitlines()[0]
        raise ChapterError(f"{name} is not a notebook ({first:.120}).") from None
    return nbformat.reads(json.dumps(found | {"nbformat_minor": FORMAT[1]}), 4)


def _identify(cells: list[dict[str, Any]]) -> None:
    """Give an id to each cell that has none, or one that another has: chance would change bytes."""
    seen: set[str] = set()
    for cell in cells:
        if not cell.get("id") or cell["id"] in seen:
            source = json.dumps(cell.get("source", ""))
            made = hashlib.sha256(source.encode()).hexdigest()[:8]
            ids = (made if number == 1 else f"{made}-{number}" for number in itertools.count(1))
            cell["id"] = next(one for one in ids if one not in seen)
        seen.add(str(cell["id"]))


def write(path: Path, notebook: nbformat.NotebookNode) -> bool:
    """Write a notebook whole or not at all; tell whether its bytes changed."""
    content = (nbformat.writes(notebook).rstrip("\n") + "\n").encode("utf-8")
    if path.read_bytes() == content:
        return False
    write_all({path: content})
    return True


def claim_shown(notebook: nbformat.NotebookNode, claim_id: str) -> dict[str, Any]:
    """Return the one claim output stored in a chapter, in each of its forms."""
    found = [
        output["data"]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if MIME in output.get("data", {})
    ]
    if len(found) != 1:
        raise ChapterError(
            f"The chapter {claim_id} shows {len(found)} claim outputs where there is one: its last "
            f"check is followed by a cell that says `claim`; then run `claimbook run {claim_id}`."
        )
    return found[0]


def executed(path: Path, data: Path | None = None) -> nbformat.NotebookNode:
    """Execute a notebook, on another data folder if one is named; nothing is written.

    It holds no timings and no versions, so that the same result is the same bytes. A script that
    calls this guards its main part, as any that starts processes does.
    """
    notebook = read(path)
    begun: list[int] = []
    client = NotebookClient(
        notebook,
        on_cell_execute=lambda cell, cell_index: begun.append(cell_index),
        timeout=CELL_SECONDS,
        kernel_name=KERNEL["name"],
        record_timing=False,
        shutdown_kernel="immediate",
        coalesce_streams=True,  # else it is chance how printed lines are cut into outputs
        # A warning about local sockets would stand between the reader and the progress bar.
        extra_arguments=["--log-level=ERROR", "--HistoryManager.enabled=False"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    start_warm()
    book = {"CLAIMBOOK_ROOT": str(paths.root()), "CLAIMBOOK_DATA": str(data or paths.data())}
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder, "lines")
        told.touch()
        try:
            client.execute(env=os.environ | book | {kernels.TOLD: str(told)})
        except (CellExecutionError, RuntimeError, OSError) as fault:  # two are nbclient's own
            where = f", cell {begun[-1]}" if begun else ""
            if begun and isinstance(fault, CellTimeoutError | DeadKernelError):
                where = _place(notebook, begun[-1], told)
            raise ChapterError(paths.shown(path) + _why(notebook, fault, where)) from None
    notebook.metadata["kernelspec"] = dict(KERNEL)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    return notebook


def _place(notebook: nbformat.NotebookNode, number: int, told: Path) -> str:
    """Name a cell that does not end, and the line that its kernel told last, or how it begins."""
    from ipykernel.compiler import get_file_name

    cells = enumerate(notebook.cells)
    files = {Path(get_file_name(cell.source)).stem: n for n, cell in cells if _executes(cell)}
    last = told.read_text("utf-8", "replace").rpartition("Fatal")[2]
    frames = re.findall(r'(\d+)\.py", line (\d+)', last)  # the line called last comes first
    places = [(files[file], line) for file, line in frames if file in files]
    if number in (cell for cell, _ in places):
        return ", cell {}, line {}".format(*places[0])
    first = notebook.cells[number].source.strip().splitlines()[0]
    return f", cell {number}, which begins “{first:.40}”"


def _why(notebook: nbformat.NotebookNode, fault: Exception, where: str) -> str:
    """Say why a notebook did not run to its end, and in which cell and line that began."""
    if isinstance(fault, CellTimeoutError):
        return (
            f"{where}: takes more than {CELL_SECONDS} seconds: let it compute less, or keep what "
            "it computes in the library."
        )
    if isinstance(fault, DeadKernelError):
        return (
            f"{where}: its process was killed before it ended: see that there is enough memory, "
            "then run this again."
        )
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    failed = next((output for output in outputs if output.output_type == "error"), None)
    if not isinstance(fault, CellExecutionError) or failed is None:
        return f"{where}: its kernel did not start, or does not answer ({fault}): run this again."
    # The cause comes first, and in it the line called last.
    told = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(failed.traceback))
    cause = re.split(r"\n(?:The above exception was|During handling of)", told)[0]
    if frames := _FRAME.findall(cause):
        count, line = map(int, frames[-1])
        ran = [n for n, cell in enumerate(notebook.cells) if _executes(cell)]
        where = f", cell {ran[count - 1]}, line {line}"
    said = re.sub(r" \(\d+\.py, line \d+\)", "", failed.evalue)
    return f"{where}: {failed.ename}: {said}"


def _executes(cell: nbformat.NotebookNode) -> bool:
    return cell.cell_type == "code" and bool(cell.source.strip())


def start_warm() -> None:
    """Let kernels be forked from a process that has imported what chapters import."""
    kernels.warm_up()
    if kernels.can_fork():
        factory = KernelProvisionerFactory.instance()
        entry = EntryPoint(_FORKED, f"{__name__}:Forked", factory.GROUP_NAME)
        factory.provisioners[_FORKED] = entry
        factory.default_provisioner_name = _FORKED


class Forked(LocalProvisioner):
    """Starts a kernel by forking that process; it is an ordinary kernel in all else."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork a process that serves the connection file named in the command."""
        context = multiprocessing.get_context("forkserver")
        arguments = cmd[cmd.index("-f") :]
        process = context.Process(
            target=kernels.serve, args=(arguments, kwargs["cwd"], kwargs["env"])
        )
        kernels.unheard(process.start)
        # The provisioner knows a process by the names of ``subprocess``.
        self.process = SimpleNamespace(
            **dict.fromkeys(("stdin", "stdout", "stderr")),
            poll=lambda: process.exitcode,
            wait=lambda: process.join() or process.exitcode,
            kill=process.kill,
            terminate=process.terminate,
            send_signal=lambda number: os.kill(process.pid, number),
        )
        self.pid = self.pgid = process.pid
        return self.connection_info
