"""Faults planted in a copy of a chapter: each fails with a sentence a contributor understands."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys

import pytest

from claimbook import claims, notebooks
from claimbook.figures import MIME as CHART
from claimbook.offline import OfflineError

CHAPTER = "book/inequality/inequality-rose.ipynb"


def plant(copy, change):
    path = copy / CHAPTER
    notebook = json.loads(path.read_text(encoding="utf-8"))
    change([cell for cell in notebook["cells"] if cell["cell_type"] == "code"])
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def nbval(path):
    """Execute a chapter again and compare, as `make test` does; return what pytest says."""
    command = [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", "-q", str(path)]
    environment = {**os.environ, "CLAIMBOOK_ROOT": str(path.parents[2])}
    ended = subprocess.run(
        command, cwd=path.parent, env=environment, capture_output=True, text=True, timeout=200
    )
    return ended.returncode, ended.stdout


def texts(cells):
    """Every stored text form, with the dict that holds it."""
    for cell in cells:
        for output in cell["outputs"]:
            if "text/plain" in output.get("data", {}):
                yield output["data"]


def a_changed_number(cells):
    data = next(data for data in texts(cells) if "-2.03125" in "".join(data["text/plain"]))
    data["text/plain"] = "".join(data["text/plain"]).replace("-2.03125", "-3.03125")


def a_changed_point(cells):
    data = next(data for data in texts(cells) if CHART in data)
    data["text/plain"] = "".join(data["text/plain"]).replace("Mali,-14.15", "Mali,-15.15")


@pytest.mark.parametrize(
    ("change", "stored", "computed"),
    [
        (a_changed_number, "-3.03125", "-2.03125"),
        (a_changed_point, "Mali,-15.15", "Mali,-14.15"),
    ],
)
def test_nbval_shows_the_number_that_was_changed_and_the_one_computed(
    copy, change, stored, computed
):
    code, said = nbval(plant(copy, change))
    assert code == 1
    assert stored in said
    assert computed in said


def a_clock(cells):
    cells[1]["source"] = [*cells[1]["source"], "\n\nimport time\n\ntime.time_ns()"]
    cells[1]["outputs"] = [
        {
            "output_type": "execute_result",
            "execution_count": cells[1]["execution_count"],
            "data": {"text/plain": ["1"]},
            "metadata": {},
        }
    ]


def test_nbval_finds_a_cell_that_reads_the_clock(copy):
    code, said = nbval(plant(copy, a_clock))
    assert code == 1
    assert "1 failed" in said


def a_null_count(cells):
    cells[1]["execution_count"] = None


def test_a_nulled_count_stops_the_build(copy, claimbook):
    plant(copy, a_null_count)
    ended = claimbook("build")
    assert ended.returncode == 1
    assert "is stale: run `claimbook run inequality-rose`" in ended.stderr


def test_an_aggregate_asked_for_as_an_economy_is_named(copy, claimbook):
    text = (copy / CHAPTER).read_text(encoding="utf-8")
    before = 'gini = wdi[\\"SI.POV.GINI\\"]'
    assert before in text
    asked = 'gini = wdi.series(\\"SI.POV.GINI\\", [\\"WLD\\"])'
    (copy / CHAPTER).write_text(text.replace(before, asked, 1), encoding="utf-8")
    ended = claimbook("run")
    assert ended.returncode == 1
    assert "cell 3: SnapshotError: WLD (World) is an aggregate, not an economy" in ended.stderr
    assert "Traceback" not in ended.stderr


def reads_the_network(wdi):
    import urllib.request

    return urllib.request.urlopen("http://127.0.0.1:9/")


def looks_up_a_host(wdi):
    import socket

    return socket.create_connection(("localhost", 9))


@pytest.mark.parametrize("function", [reads_the_network, looks_up_a_host])
def test_a_check_that_reads_the_network_is_refused(function):
    claim = claims.claim("inequality-rose")
    with pytest.raises(OfflineError, match="top-fifth-change reaches for the network"):
        claim.check("top-fifth-change", function)


def tree(folder):
    """Every file of a folder with its fingerprint."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_two_clean_builds_in_two_folders_are_identical(copy, claimbook):
    # A sibling: the configuration's path to the library, which lies outside, is then the same.
    other = copy.parent / "another name"
    shutil.copytree(copy, other)
    assert claimbook("build").returncode == 0
    command = [os.path.join(os.path.dirname(sys.executable), "claimbook"), "build"]
    environment = {**os.environ, "CLAIMBOOK_ROOT": str(other)}
    subprocess.run(command, cwd=other, env=environment, check=True, capture_output=True)
    first, second = tree(copy / "_build" / "html"), tree(other / "_build" / "html")
    assert first == second
    assert len(first) > 100


def test_running_every_chapter_elsewhere_changes_not_a_byte(copy, claimbook):
    before = {path.name: path.read_bytes() for path in notebooks.chapters().values()}
    ended = claimbook("run", "--all", cwd=copy / "data")
    assert ended.returncode == 0, ended.stderr
    assert {path.name: path.read_bytes() for path in notebooks.chapters().values()} == before
