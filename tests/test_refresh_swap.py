"""A vintage is replaced all at once, whenever the refresh is killed."""

import hashlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import pandas as pd
import psutil
import pytest

from api_double import ApiDouble, World
from claimbook.data import package, snapshot, swap
from claimbook.sources.refresh import Order, refresh

CODES = ["A.B", "C.D", "E.F", "G.H"]
OLD, NEW = 40.5, 60.5


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("CLAIMBOOK_DATA", str(folder))
    return folder


def write(folder, value, codes=("A.B", "C.D")):
    """Write a vintage in which every value is the same, so that a mixture would show."""
    economies = pd.DataFrame(
        [["BRA", "BR", "Brazil", "", "", "", 0], ["WLD", "1W", "World", "", "", "", 1]],
        columns=snapshot.ECONOMY_COLUMNS,
    )
    values = pd.DataFrame({"economy": "BRA", "year": range(2000, 2010), "value": value})
    package.write(
        folder,
        vintage="current",
        economies=economies,
        series=[package.Series(code, code, "", "", values, {}, "2026-01-01", "") for code in codes],
        created="2026-01-01",
        description="",
    )


def seen():
    """The one value that a reader finds in the whole snapshot; an error if there are several."""
    wdi = snapshot.read()
    for code in wdi.codes:
        wdi.verify(code)
    values = {value for code in wdi.codes for value in wdi[code].stack().dropna()}
    assert len(values) == 1
    return values.pop()


def there(data):
    """What stands in the folder, besides the file that a refresh locks."""
    return [name for name in os.listdir(data) if name != swap.LOCK]


def leftovers(data):
    return [name for name in there(data) if name.startswith(".")]


def mend(data):
    """What every refresh does first."""
    with swap.exclusive(data):
        pass


def staged_torn(data):
    write(data / "current", OLD)
    write(data / ".current.new", NEW)
    (data / ".current.new" / "datapackage.json").unlink()
    (data / ".current.new" / "A.B.csv").write_text("economy,ye", encoding="utf-8")


def staged_whole(data):
    write(data / "current", OLD)
    write(data / ".current.new", NEW)


def between_the_renames(data):
    write(data / ".current.old", OLD)
    write(data / ".current.new", NEW)


def both_renames_made(data):
    write(data / "current", NEW)
    write(data / ".current.old", OLD)


def old_half_removed(data):
    both_renames_made(data)
    (data / ".current.old" / "datapackage.json").unlink()


def only_the_old_set_aside(data):
    write(data / ".current.old", OLD)


@pytest.mark.parametrize(
    ("state", "value"),
    [
        (staged_torn, OLD),
        (staged_whole, OLD),
        (between_the_renames, NEW),
        (both_renames_made, NEW),
        (old_half_removed, NEW),
        (only_the_old_set_aside, OLD),
    ],
)
def test_the_next_refresh_completes_or_undoes_and_a_reader_writes_nothing(
    data, state, value, monkeypatch
):
    monkeypatch.setattr(swap, "PATIENCE", 0.05)
    state(data)
    found = sorted(data.rglob("*"))
    if (data / "current").is_dir():
        assert seen() == value
    else:
        with pytest.raises(swap.Unfinished, match="current is missing: a refresh was killed"):
            seen()
    assert sorted(data.rglob("*")) == found
    mend(data)
    assert seen() == value
    assert there(data) == ["current"]


def release(folder, value):
    one = package.Series("A.B", "A.B", "", "", [("BRA", 2000, value)], {}, "2020-01-01", "")
    package.write_release(folder, "2020-01", one)


@pytest.mark.parametrize(
    ("left", "value"),
    [
        ({".A.B.old": OLD, ".A.B.new": NEW}, NEW),
        ({".A.B.old": OLD}, OLD),
        ({"A.B": NEW, ".A.B.old": OLD}, NEW),
        ({"A.B": OLD, ".A.B.new": NEW}, OLD),
    ],
)
def test_the_history_of_a_series_is_mended_in_the_same_way(data, left, value, monkeypatch):
    monkeypatch.setattr(swap, "PATIENCE", 0.05)
    write(data / "current", OLD)
    for name, held in left.items():
        release(data / "history" / name, held)
    if "A.B" not in left:
        with pytest.raises(swap.Unfinished, match=r"history/A\.B is missing: a refresh was killed"):
            snapshot.history("A.B")
    mend(data)
    assert snapshot.history("A.B")["2020-01"]["A.B"].loc["BRA", 2000] == value
    assert os.listdir(data / "history") == ["A.B"]


@pytest.mark.parametrize("torn", [True, False])
def test_a_first_vintage_that_was_not_finished_is_not_there(data, torn):
    write(data / ".2013-12.new", NEW)
    if torn:
        (data / ".2013-12.new" / "datapackage.json").unlink()
    assert snapshot.vintages() == []
    mend(data)
    assert snapshot.vintages() == there(data) == []


def test_a_folder_that_may_only_be_read_is_read(data):
    both_renames_made(data)
    data.chmod(0o500)
    try:
        assert seen() == NEW
    finally:
        data.chmod(0o700)


def test_a_reader_waits_for_the_second_rename(data):
    between_the_renames(data)
    later = threading.Timer(0.3, os.rename, (data / ".current.new", data / "current"))
    later.start()
    assert seen() == NEW
    later.join()


def test_a_vintage_replaced_under_a_reader_is_said_to_be(data):
    write(data / "current", OLD)
    wdi = snapshot.read()
    with swap.exclusive(data):
        write(swap.staged(data, "current"), NEW)
        swap.publish(data, "current")
    with pytest.raises(snapshot.SnapshotError, match="was replaced while it was read: run this"):
        wdi["A.B"]


def test_a_vintage_that_is_a_link_is_replaced_and_its_target_stays(data, tmp_path):
    write(tmp_path / "elsewhere", OLD)
    (data / "current").symlink_to(tmp_path / "elsewhere")
    with swap.exclusive(data):
        write(swap.staged(data, "current"), NEW)
        swap.publish(data, "current")
    assert seen() == NEW
    assert there(data) == ["current"]
    assert (tmp_path / "elsewhere" / "A.B.csv").exists()


def test_what_is_no_swap_is_left_alone(data):
    write(data / "current", OLD)
    for name in (".git", ".current.newer", "notes.old", ".2013-13-1.new"):
        (data / name).mkdir()
    mend(data)
    assert seen() == OLD
    assert len(there(data)) == 5


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.write_text("x")])
def test_what_stands_in_the_way_of_a_swap_and_is_no_folder_is_removed(data, make):
    write(data / "current", OLD)
    make(data / ".current.new")
    mend(data)
    assert seen() == OLD
    assert there(data) == ["current"]


def test_a_reader_leaves_a_living_refresh_alone(data):
    with swap.exclusive(data):
        staged_whole(data)
        assert seen() == OLD
        assert leftovers(data) == [".current.new"]
        swap.publish(data, "current")
        assert seen() == NEW
    assert leftovers(data) == []


def test_a_refresh_that_fails_leaves_nothing(data):
    write(data / "current", OLD)
    with pytest.raises(ZeroDivisionError), swap.exclusive(data):
        write(swap.staged(data, "current"), NEW)
        raise ZeroDivisionError
    assert seen() == OLD
    assert there(data) == ["current"]


def test_a_second_rename_that_fails_is_undone(data, monkeypatch):
    write(data / "current", OLD)
    rename, calls = os.rename, itertools.count()

    def failing(source, target):
        if next(calls) == 1:
            raise OSError(5, "Input/output error", str(source))
        rename(source, target)

    with pytest.raises(OSError, match="Input/output"), swap.exclusive(data):
        write(swap.staged(data, "current"), NEW)
        monkeypatch.setattr(os, "rename", failing)
        swap.publish(data, "current")
    assert seen() in (OLD, NEW)
    assert there(data) == ["current"]


def test_only_one_at_a_time(data):
    with swap.exclusive(data), pytest.raises(swap.Busy, match="is at work"), swap.exclusive(data):
        pass
    with swap.exclusive(data):
        pass


def test_a_reader_meets_the_old_or_the_new_while_they_are_swapped(data):
    write(data / "current", OLD)
    over = threading.Event()

    def publish_for_ever():
        for value in itertools.cycle((NEW, OLD)):
            with swap.exclusive(data):
                write(swap.staged(data, "current"), value)
                swap.publish(data, "current")
            if over.is_set():
                return

    thread = threading.Thread(target=publish_for_ever)
    thread.start()
    try:
        for _ in range(200):
            assert snapshot.vintages() == ["current"]
            assert snapshot.read().codes == ["A.B", "C.D"]
    finally:
        over.set()
        thread.join()


# Killed for good

ZYGOTE = """
import os, sys
from pathlib import Path
import wbgapi
from claimbook.sources.refresh import Order, refresh
for line in sys.stdin:
    endpoint, data = line.split()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        refresh(Order({codes!r}, Path(data), endpoint=endpoint))
        os._exit(0)
    print(child, flush=True)
    sys.stdin.readline()
    print(os.waitpid(child, 0)[1], flush=True)
"""


@pytest.fixture
def zygote():
    """A process that has imported everything, and forks one refresh a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", ZYGOTE.format(codes=CODES)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.stdin.close()
    process.wait(timeout=10)


@pytest.mark.parametrize("kills", [6, pytest.param(24, marks=pytest.mark.slow)])
def test_killed_at_any_moment_it_leaves_the_old_or_the_new(data, zygote, tmp_path, kills):
    world = World.small(CODES)
    fill = {cell: OLD for cell in world.figures["A.B"]}
    world.figures = dict.fromkeys(CODES, fill)
    with ApiDouble(world) as double:
        refresh(Order(CODES, data, endpoint=double.endpoint))
        before = tmp_path / "before"
        shutil.copytree(data, before)
        world.figures = dict.fromkeys(CODES, dict.fromkeys(fill, NEW))
        started = time.monotonic()
        assert start(zygote, double, data) and ended(zygote) == 0
        whole = time.monotonic() - started
        found = []
        for at in range(kills):
            shutil.rmtree(data)
            shutil.copytree(before, data)
            child = start(zygote, double, data)
            time.sleep(1.4 * whole * at / kills)
            os.kill(child, signal.SIGKILL)
            ended(zygote)
            mend(data)
            found.append(seen())
            assert there(data) == ["current"]
            if found[-1] == OLD:
                assert digest(data) == digest(before)
    assert set(found) == {OLD, NEW}, "the kills did not span the swap"


def start(zygote, double, data):
    zygote.stdin.write(f"{double.endpoint} {data}\n")
    zygote.stdin.flush()
    return int(zygote.stdout.readline())


def ended(zygote):
    zygote.stdin.write("wait\n")
    zygote.stdin.flush()
    return int(zygote.stdout.readline())


def digest(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != swap.LOCK)
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]


FORKING = """
import os, sys, time
from pathlib import Path
from claimbook.data import swap
with swap.exclusive(Path(sys.argv[1])):
    child = os.fork()
    if child:
        print(child, flush=True)
    time.sleep(60)
"""


def test_a_lock_does_not_outlive_its_holder_in_what_it_has_forked(data):
    """The chapters are executed in forked processes, which a kill may leave for a moment."""
    holder = subprocess.Popen(
        [sys.executable, "-c", FORKING, str(data)], stdout=subprocess.PIPE, text=True
    )
    child = int(holder.stdout.readline())
    try:
        with pytest.raises(swap.Busy), swap.exclusive(data):
            pass
        holder.kill()
        holder.wait()
        os.kill(child, 0)
        with swap.exclusive(data):
            pass
    finally:
        os.kill(child, signal.SIGKILL)
        holder.stdout.close()


def test_a_killed_command_leaves_no_process_behind(copy):
    command = [sys.executable, "-c", "from claimbook.commands.cli import main; main()"]
    process = subprocess.Popen([*command, "diff", "2013-12", "current"], cwd=copy)
    try:
        found = within(60, lambda: psutil.Process(process.pid).children(recursive=True))
    finally:
        process.kill()
        process.wait()
    assert found
    assert within(20, lambda: not any(alive(one) for one in found))


def within(seconds, look):
    """What is found, as soon as it is anything; or what is found at last."""
    until = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < until:
        time.sleep(0.05)
    return found


def alive(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_a_time_limit_leaves_nothing_behind(data, tmp_path):
    """SIGTERM, which a scheduler sends first, is tidied up after by the refresh itself."""
    write(data / "current", OLD)
    with ApiDouble(World.small(CODES), latency=0.4) as double:
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from claimbook.commands.cli import main; main()",
                *("refresh", "A.B", "--endpoint", double.endpoint, "--data", str(data)),
            ],
            cwd=tmp_path,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 60
        while not leftovers(data) and time.monotonic() < until:
            time.sleep(0.01)
        assert leftovers(data) == [".current.new"]
        process.terminate()
        assert process.wait(timeout=10) == 128 + signal.SIGTERM
    assert there(data) == ["current"]
    assert seen() == OLD
