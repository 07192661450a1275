"""Notebooks: read, executed on kernels that start warm, written whole or not at all."""

from __future__ import annotations

import faulthandler
import gc
import hashlib
import itertools
import json
import multiprocessing
import os
import re
import signal
import tempfile
import threading
import time
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from multiprocessing import forkserver, resource_tracker
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from claimbook import paths, reading
from claimbook.claims.output import MIME
from claimbook.errors import ClaimbookError
from claimbook.writing import write_all

CELL_SECONDS = 120
FORMAT = (4, 5)
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_WARM = "claimbook.chapters.warm"
_FORKED = "claimbook-forked"
_TOLD = "CLAIMBOOK_TOLD"  # the file to which a kernel tells twice a second at which lines it is
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
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    start_warm()
    book = {"CLAIMBOOK_ROOT": str(paths.root()), "CLAIMBOOK_DATA": str(data or paths.data())}
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder, "lines")
        told.touch()
        try:
            client.execute(env=os.environ | book | {_TOLD: str(told)})
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


def stop_kernels() -> None:
    """Kill every kernel that this process has started and not yet ended, and what forks them."""
    for process in multiprocessing.active_children():
        process.kill()
    # It would end by itself, but only once it has imported what chapters import.
    server = forkserver._forkserver._forkserver_pid  # noqa: SLF001 (it has no other name)
    if server is not None:
        os.kill(server, signal.SIGKILL)


def start_warm() -> None:
    """Let kernels be forked from a process that has imported what chapters import."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return
    multiprocessing.get_context("forkserver").set_forkserver_preload([_WARM])
    factory = KernelProvisionerFactory.instance()
    factory.provisioners[_FORKED] = EntryPoint(_FORKED, f"{__name__}:Forked", factory.GROUP_NAME)
    factory.default_provisioner_name = _FORKED


class Forked(LocalProvisioner):
    """Starts a kernel by forking that process; it is an ordinary kernel in all else."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork a process that serves the connection file named in the command."""
        context = multiprocessing.get_context("forkserver")
        arguments = cmd[cmd.index("-f") :]
        process = context.Process(target=serve, args=(arguments, kwargs["cwd"], kwargs["env"]))
        start_unheard(process)
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


def serve(arguments: list[str], folder: str, environment: Mapping[str, str]) -> None:
    """Be a kernel, in a process of its own, until it is killed or the command ends."""
    from ipykernel.kernelapp import IPKernelApp

    threading.Thread(target=end_with_parent, daemon=True).start()
    os.setsid()
    # What came while this was one with that process was not meant for it.
    meant = signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, meant)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    if told := environment.get(_TOLD):  # nbval's kernels are asked nothing
        threading.Thread(target=_tell, args=(told,), daemon=True).start()
    # What was imported stays: to look through it again and again takes a tenth of a chapter's time.
    gc.freeze()
    gc.set_threshold(50_000)
    # 1 stands for no parent to poll: that of a forked process is the process it was forked from.
    IPKernelApp.launch_instance([*arguments, "--IPKernelApp.parent_handle=1"])


def _tell(file: str) -> None:
    """Write again and again at which lines this process is, and where it was when it crashed."""
    with open(file, "a", encoding="utf-8") as last:
        faulthandler.enable(last)
        while True:
            with open(file, "w", encoding="utf-8") as told:
                faulthandler.dump_traceback(told)
            time.sleep(0.5)


def start_unheard(process: BaseProcess) -> None:
    """Start a process that the keyboard does not stop: it stops this one, which ends that."""
    if not hasattr(signal, "pthread_sigmask"):
        return process.start()
    resource_tracker.ensure_running()  # which would lift the mask
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent() -> None:
    """Wait for the process that started this one to end, and end with it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
