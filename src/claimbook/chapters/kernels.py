"""Processes that kernels are: forked from one that has imported what chapters import."""

from __future__ import annotations

import faulthandler
import gc
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker

TOLD = "CLAIMBOOK_TOLD"  # the file to which a kernel tells twice a second at which lines it is
_WARM = "claimbook.chapters.warm"


def can_fork() -> bool:
    """Tell whether this system has a server that forks."""
    return "forkserver" in multiprocessing.get_all_start_methods()


def warm_up() -> None:
    """Start the process that kernels are forked from, which imports what chapters import."""
    if can_fork():
        multiprocessing.get_context("forkserver").set_forkserver_preload([_WARM])
        unheard(forkserver.ensure_running)


def stop() -> None:
    """Kill every kernel that this process has started and not yet ended, and what forks them."""
    for process in multiprocessing.active_children():
        process.kill()
    # It would end by itself, but only once it has imported what chapters import.
    server = forkserver._forkserver._forkserver_pid  # noqa: SLF001 (it has no other name)
    if server is not None:
        os.kill(server, signal.SIGKILL)


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
    if told := environment.get(TOLD):  # nbval's kernels are asked nothing
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


def unheard(start: Callable[[], object]) -> None:
    """Start processes that the keyboard does not stop: it stops this one, which ends those."""
    if not hasattr(signal, "pthread_sigmask"):
        start()
        return
    with _heard_later():
        resource_tracker.ensure_running()  # which would lift the mask
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _heard_later() -> Iterator[None]:
    """Keep a Ctrl-C until the end: half started, a process would complain of its parent's end.

    A mask does not keep it from a thread that has none, and Python hears it in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        signal.raise_signal(signal.SIGINT)


def end_with_parent() -> None:
    """Wait for the process that started this one to end, and end with it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
