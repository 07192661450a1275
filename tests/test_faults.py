"""Faults planted in a copy of a chapter: each fails with a sentence a contributor understands.

What a person runs is what is run here: ``pytest --nbval`` on the chapter, ``claimbook build`` and
``claimbook run``. The figures that are changed are looked up, so that a refresh of the data or a
rewritten chapter leaves these tests as they are.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import claimbook as library
from claimbook.chapters import running
from claimbook.chapters.book import Book
from claimbook.claims import claim as claims
from claimbook.claims.offline import OfflineError
from claimbook.commands import building
from claimbook.errors import ClaimbookError
from claimbook.figures import MIME as CHART

ID = "inequality-rose"  # the guinea pig: what is planted in it could be planted in any
CHAPTER = f"book/inequality/{ID}.ipynb"
CLAIM = f"book/inequality/{ID}.yml"
SERIES = "data/current/SI.POV.GINI.csv"
STALE = f"chapter {ID} is stale: run `claimbook run {ID}`"
OTHERWISE = "running it gives another output than the one stored"


def environment(copy):
    """Where the copy is; and its own library, if a fault was planted in that."""
    own = {"PYTHONPATH": str(copy / "src")} if (copy / "src").is_dir() else {}
    return {**os.environ, "CLAIMBOOK_ROOT": str(copy), **own}


def nbval(copy, *nodes):
    """Execute the chapter again and compare, as a person does; return status and words."""
    asked = [f"{CHAPTER}::{node}" for node in nodes] or [CHAPTER]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", "-q", *asked],
        cwd=copy,
        env=environment(copy),
        capture_output=True,
        text=True,
        timeout=300,
    )
    return ended.returncode, re.sub(r"\x1b\[[\d;]*m", "", ended.stdout)


def build(copy):
    """Build the copy, which stops before anything is rendered; return status and words."""
    command = [sys.executable, "-c", "from claimbook.commands.cli import main; main()", "build"]
    ended = subprocess.run(
        command, cwd=copy, env=environment(copy), capture_output=True, text=True, timeout=300
    )
    return ended.returncode, ended.stderr


def edit(path, before, after):
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def plant(copy, change):
    """Change the chapter's code cells; ``change`` may return what it has put in their place."""
    path = copy / CHAPTER
    notebook = json.loads(path.read_text(encoding="utf-8"))
    found = change([cell for cell in notebook["cells"] if cell["cell_type"] == "code"])
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return found


def rewrite(cell, before, after):
    source = "".join(cell["source"])
    assert before in source
    cell["source"] = source.replace(before, after, 1)


def the_cell(cells, words):
    return next(cell for cell in cells if words in "".join(cell["source"]))


# Faults of single cells, each in a cell of its own, so that one run of nbval meets them all. Each
# takes the cell and returns what its failure must say.


def a_changed_number(cell):
    text = outputs_of(cell)["text/plain"]
    value = re.search(r"-?\d+\.\d{2,}", text)[0]
    changed = f"{float(value) + 1:g}"
    outputs_of(cell)["text/plain"] = text.replace(value, changed, 1)
    return [OTHERWISE, value, changed]


def a_changed_row_of_a_chart(cell):
    row, number = outputs_of(cell)["text/plain"].splitlines()[-1].rsplit(",", 1)
    changed = f"{float(number) + 1:g}"
    text = outputs_of(cell)["text/plain"].replace(f"{row},{number}", f"{row},{changed}")
    outputs_of(cell)["text/plain"] = text
    return [OTHERWISE, number, changed]


def a_changed_point_of_a_chart(cell):
    outputs_of(cell)[CHART]["data"][0]["x"][0] = 1234
    return [OTHERWISE]


def an_emptied_output(cell):
    cell["outputs"] = []
    return ["computes but stores no output for nbval: run `claimbook run"]


def a_nulled_count(cell):
    cell["execution_count"] = None
    return ["has no execution count, so nbval compares nothing: run `claimbook run"]


def a_stripped_cell(cell):
    cell["outputs"], cell["execution_count"] = [], None
    return ["has no execution count, so nbval compares nothing: run `claimbook run"]


def a_skipped_comparison(cell):
    cell["source"] = "# NBVAL_IGNORE_OUTPUT\n" + "".join(cell["source"])
    return ["tells nbval not to compare what it shows: remove NBVAL_IGNORE_OUTPUT."]


def outputs_of(cell):
    """The one output's data of a cell, its text in one piece."""
    (output,) = cell["outputs"]
    data = output.get("data") or output
    if isinstance(data.get("text/plain"), list):
        data["text/plain"] = "".join(data["text/plain"])
    return data


def asks(cell):
    return "claim.check(" in "".join(cell["source"])


def draws(cell):
    return any(CHART in output.get("data", {}) for output in cell["outputs"])


IN_CELLS = [
    (a_changed_number, asks),
    (a_changed_row_of_a_chart, draws),
    (a_changed_point_of_a_chart, draws),
    (an_emptied_output, draws),
    (a_nulled_count, draws),
    (a_skipped_comparison, asks),
    (a_stripped_cell, asks),
]


def test_nbval_says_of_each_cell_what_is_wrong(copy):
    wanted = {}

    def change(cells):
        free = list(cells)
        for fault, fits in IN_CELLS:
            cell = next(cell for cell in free if fits(cell))
            free.remove(cell)
            wanted[cells.index(cell)] = fault(cell)

    plant(copy, change)
    status, said = nbval(copy)
    assert status == 1
    assert STALE in said
    reports = re.split(r"^_+ .*::Cell (\d+) _+$", said, flags=re.MULTILINE)
    found = dict(zip(map(int, reports[1::2]), reports[2::2], strict=True))
    assert set(found) == set(wanted)
    for number, words in wanted.items():
        assert found[number].startswith(f"\n{CHAPTER}, cell ")
        for part in words:
            assert part in found[number]


# Faults of the whole chapter. Each takes the copy and returns what its failure must say.


def changed_code(copy):
    plant(copy, lambda cells: rewrite(cells[0], "", "assumed = 1\n"))
    return ["its code cells"]


def a_number_edited_in_the_prose(copy):
    text = (copy / CHAPTER).read_text(encoding="utf-8")
    number, name = re.search(r"\[(\S+)\]\(value:(\S+\.value) ", text).groups()
    edit(copy / CHAPTER, f"[{number}](value:{name}", f"[99.9](value:{name}")
    return [f"the prose says 99.9 for {name}, the figures say {number}"]


def a_claim_file_edited_after_the_run(copy):
    edit(copy / CLAIM, "smallest_effect: 1", "smallest_effect: 2")
    return ["the checks of its claim file"]


def a_verdict_that_no_longer_fits(copy):
    """As after new figures: the chapter is run again, and its prose was written for another."""
    verdict = Book().output(ID)["verdict"]
    other = "supported" if verdict != "supported" else "contradicted"
    edit(copy / CLAIM, f"written_for: {verdict}", f"written_for: {other}")
    running.run(Book(), [ID])
    return [
        f"chapter {ID} was written for the verdict {other!r}, the figures now say {verdict!r}: "
        "rewrite its prose, then set `written_for`"
    ]


def a_changed_value(copy):
    text = (copy / SERIES).read_text(encoding="utf-8")
    economy, year, value = text.splitlines()[-1].split(",")
    edit(copy / SERIES, f"{economy},{year},{value}", f"{economy},{year},{float(value) + 1:g}")
    return [f"{SERIES} is not the file that datapackage.json describes (its sha256 differs)"]


def a_changed_value_in_a_package_that_says_so(copy):
    """As a refresh writes it: the file and its description agree, the outputs are of before."""
    path = copy / SERIES
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    cells = [line.split(",") for line in lines]
    halved = [f"{economy},{year},{float(value) / 2}" for economy, year, value in cells]
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_text("\n".join([header, *halved]) + "\n", encoding="utf-8")
    edit(path.parent / "datapackage.json", before, hashlib.sha256(path.read_bytes()).hexdigest())
    return [SERIES]


def a_changed_library_function(copy):
    package = copy / "src" / "claimbook"
    shutil.copytree(
        Path(library.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__")
    )
    (module,) = [path for path in package.rglob("*.py") if "\nDRAWS = " in path.read_text("utf-8")]
    edit(module, "\nDRAWS = ", "\nDRAWS = 99  # ")
    return ["the library: estimates.", "DRAWS"]


def a_check_that_reads_the_clock(copy):
    """With its outputs stored anew: nothing but running it again can tell."""
    clock = "import time\n\n\ndef change(frame"
    late = "return time.time() % 100 + (after - before)"

    def change(cells):
        cell = the_cell(cells, "claim.check(")
        rewrite(cell, "def change(frame", clock)
        rewrite(cell, "return (after - before)", late)

    plant(copy, change)
    running.run(Book(), [ID])
    return ["If it differs at every run, the cell depends on a clock, a network or chance."]


def a_check_that_reads_the_network(copy):
    asks = "import urllib.request\n    urllib.request.urlopen('http://127.0.0.1:9/')\n    return "
    plant(
        copy,
        lambda cells: rewrite(the_cell(cells, "def since_the_essay"), "return ", asks),
    )
    return ["OfflineError: The check ", "reaches for the network: a check reads only the snapshot."]


def an_aggregate_asked_for_as_an_economy(copy):
    asked = 'gini = wdi.series("SI.POV.GINI", ["WLD"])'
    plant(copy, lambda cells: rewrite(cells[0], 'gini = wdi["SI.POV.GINI"]', asked))
    return ["SnapshotError: WLD (World) is an aggregate, not an economy: read it with `aggregate("]


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (a_changed_value, "cell 3: it fails with SnapshotError: "),
        (a_changed_value_in_a_package_that_says_so, OTHERWISE),
        (a_changed_library_function, OTHERWISE),
        (a_check_that_reads_the_clock, OTHERWISE),
        (a_check_that_reads_the_network, "it fails with OfflineError"),
        (an_aggregate_asked_for_as_an_economy, "cell 3: it fails with SnapshotError"),
    ],
)
def test_nbval_says_what_is_wrong(copy, fault, sentence):
    words = fault(copy)
    status, said = nbval(copy)
    assert status == 1
    for part in [f"{CHAPTER}, cell ", sentence, *words]:
        assert part in said, said[-3000:]


@pytest.mark.parametrize("fault", [fault for fault, _ in IN_CELLS])
def test_outputs_changed_by_hand_stop_the_build(copy, fault):
    fits = dict(IN_CELLS)[fault]
    plant(copy, lambda cells: fault(next(cell for cell in cells if fits(cell))))
    changed = "its code cells" if fault is a_skipped_comparison else "its stored outputs, by hand"
    with pytest.raises(ClaimbookError, match=re.escape(STALE)) as stopped:
        building.build()
    assert changed in str(stopped.value)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (changed_code, STALE),
        (a_number_edited_in_the_prose, STALE),
        (a_claim_file_edited_after_the_run, STALE),
        (a_verdict_that_no_longer_fits, f"set `written_for` in {ID}.yml"),
        (a_changed_value, f"restore it with `git checkout -- {SERIES}`"),
        (a_changed_value_in_a_package_that_says_so, STALE),
    ],
)
def test_a_chapter_that_is_not_fresh_stops_the_build(copy, fault, sentence):
    words = fault(copy)
    with pytest.raises(ClaimbookError, match=re.escape(sentence)) as stopped:
        building.build()
    for part in words:
        assert part in str(stopped.value)


@pytest.mark.parametrize("fault", [a_number_edited_in_the_prose, a_changed_library_function])
def test_the_command_and_nbval_say_so_without_a_traceback(copy, fault):
    words = fault(copy)
    for status, said in (build(copy), nbval(copy, "fresh")):
        assert status == 1
        for part in [STALE, *words]:
            assert part in said, said
        assert "Traceback" not in said


def test_the_chapter_without_a_fault_passes(copy, claimbook):
    """Else the tests above would prove nothing: nbval and the build find nothing in the copy."""
    status, said = nbval(copy)
    assert status == 0, said
    assert claimbook("build").returncode == 0


@pytest.mark.parametrize(
    "fault",
    [a_check_that_reads_the_network, an_aggregate_asked_for_as_an_economy, a_changed_value],
)
def test_run_names_the_cell_that_fails_and_leaves_the_chapter(copy, claimbook, fault):
    (*_, words) = fault(copy)
    before = (copy / CHAPTER).read_bytes()
    ended = claimbook("run", ID)
    assert ended.returncode == 1
    assert f"{CHAPTER}, cell " in ended.stderr or SERIES in ended.stderr
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    assert (copy / CHAPTER).read_bytes() == before


def test_run_says_that_a_verdict_no_longer_fits(copy, claimbook):
    (words,) = a_verdict_that_no_longer_fits(copy)
    ended = claimbook("run", ID)
    assert ended.returncode == 1
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def test_check_names_the_cell_that_reads_the_clock(copy, claimbook):
    a_check_that_reads_the_clock(copy)
    ended = claimbook("check", ID)
    assert ended.returncode == 1
    assert "gives another output when it is run again" in ended.stdout
    assert "the cell depends on a clock, a network or chance" in ended.stdout


def reads_the_network(wdi):
    import urllib.request

    return urllib.request.urlopen("http://127.0.0.1:9/")


def looks_up_a_host(wdi):
    import socket

    return socket.create_connection(("localhost", 9))


@pytest.mark.parametrize("function", [reads_the_network, looks_up_a_host])
def test_a_check_that_reads_the_network_is_refused(function):
    claim = claims.claim(ID)
    with pytest.raises(OfflineError, match="top-fifth-change reaches for the network"):
        claim.check("top-fifth-change", function)
