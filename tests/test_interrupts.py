"""Whatever ends a command, it is said in a sentence, and nothing is left half done or running."""

import errno
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from filelock import FileLock

from books import edit, only_page
from claimbook import writing
from claimbook.chapters import scaffold
from claimbook.claims import declared, files
from claimbook.commands import building

STOPPED = "claimbook: stopped: nothing was left half-written."
MAIN = [sys.executable, "-c", "from claimbook_command import main; main()"]


@pytest.fixture
def started(tiny_copy):
    """Start a command on the tiny book in a session of its own, as a terminal does."""
    running = []

    def start(*arguments):
        process = subprocess.Popen(
            [*MAIN, *arguments],
            cwd=tiny_copy,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()


def within(seconds, look):
    until = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < until:
        time.sleep(0.05)
    return found


def children(process):
    return psutil.Process(process.pid).children(recursive=True)


def alive(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def everything(root):
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("command", [("run", "--all"), ("build",), ("check",)])
def test_control_c_is_a_sentence_and_leaves_nothing(tiny_copy, started, command):
    before = everything(tiny_copy / "book")
    process = started(*command)
    found = within(90, lambda: children(process))
    assert found
    found += within(90, lambda: children(process)[1:]) if command == ("run", "--all") else []
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=90)
    assert process.returncode == 130
    assert said.splitlines()[-1] == STOPPED, said
    assert "Traceback" not in said
    assert within(90, lambda: not any(map(alive, found)))
    assert everything(tiny_copy / "book") == before


@pytest.mark.parametrize("awaited", ["/numpy/", "/pandas/"])
def test_control_c_while_it_is_still_being_imported_is_the_same_sentence(started, awaited):
    process = started("check")
    assert within(30, lambda: awaited in Path(f"/proc/{process.pid}/maps").read_text())
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=20)
    assert (process.returncode, said) == (130, f"\n{STOPPED}\n")


def test_control_c_before_a_kernel_is_there_leaves_nothing(started):
    process = started("run", "--all")
    assert within(
        30, lambda: any("forkserver" in " ".join(one.cmdline()) for one in children(process))
    )
    found = children(process)
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=20)
    assert process.returncode == 130 and said.splitlines()[-1] == STOPPED
    assert within(5, lambda: not any(map(alive, found)))


def test_control_c_while_a_process_is_being_started_is_heard_once_it_is_there(
    tiny_copy, monkeypatch
):
    """At that moment a thread's signal would leave half a process, which complains of it."""
    started = []

    def start(process):
        signal.raise_signal(signal.SIGINT)
        started.append(process)

    monkeypatch.setattr(multiprocessing.process.BaseProcess, "start", start)
    with pytest.raises(KeyboardInterrupt):
        building.build()
    assert len(started) == 1 and signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_killed_build_leaves_no_process_behind(started):
    process = started("build")
    found = within(90, lambda: children(process))
    process.kill()
    process.wait()
    assert found and within(90, lambda: not any(map(alive, found)))


def test_a_refused_build_prints_its_sentence_and_no_traceback(tiny_copy, claimbook):
    edit(tiny_copy / "book/method.md", "# ", "[gone](gone.md)\n\n# ")
    only_page(tiny_copy, "book/method")
    ended = claimbook("build")
    assert ended.returncode == 1
    assert "gone.md" in ended.stderr and "the messages above say what to mend" in ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


def failing(monkeypatch, name, calls):
    """Let a function of the system fail, as on a full disk, after so many calls."""
    real, left = getattr(os, name), [calls]

    def fail(*arguments, **options):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device", str(arguments[0]))
        return real(*arguments, **options)

    monkeypatch.setattr(writing.os, name, fail)


@pytest.mark.parametrize("calls", range(6))
def test_a_chapter_is_started_whole_or_not_at_all(tiny_copy, monkeypatch, claimbook, calls):
    before = everything(tiny_copy)
    failing(monkeypatch, "replace", calls)
    asked = ("--part", "credit", "--series", "SI.POV.GINI", "--essay", "first-2014")
    ended = claimbook("new", "savings-fell", *asked)
    assert ended.returncode == 1
    assert "cannot be read or written (No space left on device)" in ended.stderr
    assert everything(tiny_copy) == before and not (tiny_copy / "book" / "credit").exists()
    monkeypatch.undo()
    monkeypatch.setenv("CLAIMBOOK_ROOT", str(tiny_copy))
    assert claimbook("new", "savings-fell", *asked).returncode == 0


@pytest.mark.parametrize("calls", range(6))
def test_a_chapter_whose_start_was_killed_is_started_by_the_next_command(
    tiny_copy, monkeypatch, claimbook, calls
):
    """Killed after so many of the renames, as by ``kill -9``: nothing is put back."""
    asked = ("savings-fell", "credit", ["SI.POV.GINI"], "first-2014")
    left, real = [calls], os.replace

    def replace(*arguments):
        left[0] -= 1
        if left[0] < 0:
            shutil.copytree(tiny_copy, tiny_copy.with_name("killed"))
            raise KeyboardInterrupt
        real(*arguments)

    monkeypatch.setattr(writing.os, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        scaffold.new_chapter(*asked)
    monkeypatch.undo()
    killed = tiny_copy.with_name("killed")
    monkeypatch.setenv("CLAIMBOOK_ROOT", str(killed))
    assert claimbook("declare", "gini-fell", "--seen", "no").returncode == 0
    found = {path.relative_to(killed) for path in everything(killed)}
    monkeypatch.setenv("CLAIMBOOK_ROOT", str(tiny_copy))
    scaffold.new_chapter(*asked)
    assert found == {path.relative_to(tiny_copy) for path in everything(tiny_copy)}
    assert "savings-fell" in (killed / "_toc.yml").read_text("utf-8")


def test_what_a_kill_left_unready_is_removed_and_a_strangers_is_not_written(tiny_copy, claimbook):
    before = everything(tiny_copy)
    places = {"plan": "book/a.md", "plan.txt": "../a.md\n.git/a.md\nbook/../../a.md\n/tmp/a.md"}
    for number, (name, place) in enumerate(places.items()):
        folder = tiny_copy / f".writing-{number}"
        folder.mkdir()
        (folder / name).write_text(place, "utf-8")
        for file in "0123":
            (folder / file).write_text("written", "utf-8")
    assert claimbook("declare", "gini-fell", "--seen", "no").returncode == 0
    assert everything(tiny_copy) == before and not list(tiny_copy.parent.glob("a.md"))


def test_what_another_command_is_about_to_write_is_left_to_it(tiny_copy, claimbook):
    folder = tiny_copy / ".writing-1"
    folder.mkdir()
    (folder / "plan").write_text("book/a.md", "utf-8")
    with FileLock(folder / "lock"):
        assert claimbook("declare", "gini-fell", "--seen", "no").returncode == 0
        assert (folder / "plan").is_file()
    assert claimbook("declare", "gini-fell", "--seen", "no").returncode == 0
    assert not folder.exists()


def test_the_ledger_is_written_whole_or_not_at_all(tiny_copy, monkeypatch):
    before = declared.ledger().read_bytes()
    edit(tiny_copy / "book/lands/gini-fell.yml", "smallest_effect: 1", "smallest_effect: 2")
    failing(monkeypatch, "replace", 0)
    with pytest.raises(OSError, match="No space left"):
        declared.declare(files.read_claim("gini-fell"), "0" * 64, seen=True, reason="Why not.")
    assert declared.ledger().read_bytes() == before
    assert not list(tiny_copy.glob(".writing-*"))
