"""Notebooks: read, executed on kernels that start warm, written whole or not at all."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import threading
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from claimbook import paths
from claimbook.claims.output import MIME
from claimbook.errors import ClaimbookError

CELL_SECONDS = 120
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
# What nearly every chapter imports: most of the time of a kernel that starts cold.
_WARM = (
    *("ipykernel.kernelapp", "IPython.core.completer", "claimbook", "plotly.express"),
    *("plotly.graph_objects", "scipy.stats", "statsmodels.api", "jsonschema", "ruamel.yaml"),
)
_FORKED = "claimbook-forked"


class ChapterError(ClaimbookError):
    """A chapter is missing, fails, or is stale."""


def read(path: Path) -> nbformat.NotebookNode:
    """Read a notebook, in format version 4."""
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.reader.NotJSONError) as fault:
        raise ChapterError(f"{paths.shown(path)} is not a notebook ({fault}).") from None


def write(path: Path, notebook: nbformat.NotebookNode) -> bool:
    """Write a notebook whole or not at all; tell whether its bytes changed."""
    content = (nbformat.writes(notebook).rstrip("\n") + "\n").encode("utf-8")
    if path.read_bytes() == content:
        return False
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as partial:
        partial.write(content)
    os.replace(partial.name, path)
    path.chmod(0o644)
    return True


def claim_output(notebook: nbformat.NotebookNode, claim_id: str) -> dict[str, Any]:
    """Return the one claim output stored in a chapter, as the notebook has it."""
    found = [
        output["data"][MIME]
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
    client = NotebookClient(
        notebook,
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
    try:
        client.execute(env=os.environ | book)
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as fault:
        raise ChapterError(f"{paths.shown(path)}{_why(notebook, fault)}") from None
    notebook.metadata["kernelspec"] = dict(KERNEL)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    return notebook


def _why(notebook: nbformat.NotebookNode, fault: Exception) -> str:
    """Say why a notebook did not run to its end."""
    if isinstance(fault, CellTimeoutError):
        return (
            f": a cell takes more than {CELL_SECONDS} seconds: let it compute less, or keep what "
            "it computes in the library."
        )
    if isinstance(fault, DeadKernelError):
        return (
            ": its process was killed before it ended: see that there is enough memory, then run "
            "this again."
        )
    numbered = [
        (n, out) for n, cell in enumerate(notebook.cells) for out in cell.get("outputs", ())
    ]
    number = next(number for number, output in numbered if output.output_type == "error")
    return f", cell {number}: {fault.ename}: {fault.evalue}"


def stop_kernels() -> None:
    """Kill every kernel that this process has started and not yet ended."""
    for process in multiprocessing.active_children():
        process.kill()


def start_warm() -> None:
    """Let kernels be forked from a process that has imported what chapters import."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(_WARM))
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
        process.start()
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
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    # 1 stands for no parent to poll: that of a forked process is the process it was forked from.
    IPKernelApp.launch_instance([*arguments, "--IPKernelApp.parent_handle=1"])


def end_with_parent() -> None:
    """Wait for the process that started this one to end, and end with it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
