"""Faults planted in the tiny book: each fails with a sentence a contributor understands.

What a person runs is what is run here: ``claimbook run``, ``check`` and ``build``, and ``pytest
--nbval`` on the chapters. What a build refuses before it begins, the book itself refuses: each such
fault is planted and the book asked, and one build says what the book says. The figures that are
changed are looked up, so that a rewritten chapter leaves these tests as they are.
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
from books import ROOT, UNLISTED, code, edit, only_page, opened, outputs_of, rewrite, the_cell
from claimbook.chapters import freshness, notebooks
from claimbook.chapters.book import Book
from claimbook.claims.offline import OfflineError
from claimbook.errors import ClaimbookError
from claimbook.figures import MIME as CHART

ID = "gini-fell"  # the guinea pig: what is planted in it could be planted in any
FOLDER = "book/lands"
CHAPTER = f"{FOLDER}/{ID}.ipynb"
CLAIM = f"{FOLDER}/{ID}.yml"
SERIES = "data/current/SI.POV.GINI.csv"
STALE = f"chapter {ID} is stale: run `claimbook run {ID}`"
FINDINGS = "application/vnd.claimbook.claim+json"  # of a claim, on which every page feeds
OTHERWISE = "running it gives another output than the one stored"


# Faults of single cells. Each takes the chapter's code cells and returns the cell it has changed
# and what its failure says of it.


def asks(cells, place=0):
    return [cell for cell in cells if "claim.check(" in "".join(cell["source"])][place]


def draws(cells, place=0):
    return [cell for cell in cells if any(CHART in o.get("data", {}) for o in cell["outputs"])][
        place
    ]


def a_changed_number(cells):
    cell = asks(cells)
    data = outputs_of(cell)
    (name,) = {"text", "text/plain"} & data.keys()
    value = re.search(r"-?\d+\.\d{2,}", data[name])[0]
    changed = f"{float(value) + 1:g}"
    data[name] = data[name].replace(value, changed, 1)
    return cell, [OTHERWISE, value, changed]


def a_changed_row_of_a_chart(cells):
    cell = draws(cells)
    data = outputs_of(cell)
    row, number = data["text/plain"].splitlines()[-1].rsplit(",", 1)
    changed = f"{float(number) + 1:g}"
    data["text/plain"] = data["text/plain"].replace(f"{row},{number}", f"{row},{changed}")
    return cell, [OTHERWISE, number, changed]


def a_changed_point_of_a_chart(cells):
    cell = draws(cells, 1)
    outputs_of(cell)[CHART]["data"][0]["x"][0] = 1234
    return cell, [OTHERWISE]


def an_emptied_output(cells):
    cell = draws(cells)
    cell["outputs"] = []
    return cell, ["computes but stores no output for nbval: run `claimbook run"]


def a_nulled_count(cells):
    cell = draws(cells, 1)
    cell["execution_count"] = None
    return cell, ["has no execution count, so nbval compares nothing: run `claimbook run"]


def a_stripped_cell(cells):
    cell = asks(cells)
    cell["outputs"], cell["execution_count"] = [], None
    return cell, ["has no execution count, so nbval compares nothing: run `claimbook run"]


def a_skipped_comparison(cells):
    cell = asks(cells, 1)
    cell["source"] = "# NBVAL_IGNORE_OUTPUT\n" + "".join(cell["source"])
    return cell, ["tells nbval not to compare what it shows: remove NBVAL_IGNORE_OUTPUT."]


def a_second_output(cells):
    """The same output once more, as after a cell was merged by hand."""
    cell = draws(cells)
    cell["outputs"] *= 2
    return cell, ["running it gives other bytes than those stored"]


def a_picture_that_nbval_never_compares(cells):
    cell = asks(cells)
    outputs_of(cell)["image/png"] = "iVBORw0KGgo="
    return cell, ["running it gives other bytes than those stored"]


def a_claim_output_pasted_in(cells):
    """Another verdict, in the output that every page feeds on; the text beside it is untouched."""
    (cell,) = [
        cell for cell in cells if any(FINDINGS in o.get("data", {}) for o in cell["outputs"])
    ]
    data = outputs_of(cell)
    verdict = data[FINDINGS]["verdict"]
    data[FINDINGS]["verdict"] = "supported" if verdict != "supported" else "contradicted"
    return cell, [OTHERWISE]


IN_CELLS = [
    a_changed_number,
    a_changed_row_of_a_chart,
    a_changed_point_of_a_chart,
    an_emptied_output,
    a_nulled_count,
    a_stripped_cell,
    a_skipped_comparison,
    a_second_output,
    a_picture_that_nbval_never_compares,
    a_claim_output_pasted_in,
]
# Which of them stand in one chapter: each needs a cell of its own.
TOGETHER = [
    (a_changed_number, a_skipped_comparison, a_changed_row_of_a_chart, a_changed_point_of_a_chart),
    (a_stripped_cell, a_nulled_count, an_emptied_output, a_claim_output_pasted_in),
    (a_second_output, a_picture_that_nbval_never_compares),
]


def chapter(book, name):
    """The notebook of a chapter by its name."""
    (path,) = book.glob(f"book/*/{name}.ipynb")
    return path


# Faults of a whole chapter: each takes the book and the chapter's name, and returns what its
# failure must say.


def changed_code(book, name=ID):
    with opened(chapter(book, name)) as cells:
        rewrite(code(cells)[0], "", "assumed = 1\n")
    return ["its code cells"]


def a_number_edited_in_the_prose(book, name=ID):
    path = chapter(book, name)
    found = re.search(r"\[(\S+)\]\(value:(\S+\.value) ", path.read_text(encoding="utf-8"))
    number, bound = found.groups()
    edit(path, f"[{number}](value:{bound}", f"[99.9](value:{bound}")
    return [f"the prose says 99.9 for {bound}, the figures say {number}"]


def a_claim_file_edited_after_the_run(book, name=ID):
    edit(book / FOLDER / f"{name}.yml", "smallest_effect: 1", "smallest_effect: 2")
    return ["its claim file"]


def an_output_pasted_in_by_hand(book, name=ID):
    with opened(chapter(book, name)) as cells:
        a_claim_output_pasted_in(code(cells))
    return ["its stored outputs, by hand"]


def a_changed_value(book):
    text = (book / SERIES).read_text(encoding="utf-8")
    economy, year, value = text.splitlines()[-1].split(",")
    edit(book / SERIES, f"{economy},{year},{value}", f"{economy},{year},{float(value) + 1:g}")
    return [f"{SERIES} is not the file that datapackage.json describes (its sha256 differs)"]


def a_changed_value_in_a_package_that_says_so(book):
    """As a refresh writes it: the file and its description agree, the outputs are of before."""
    path = book / SERIES
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines]
    halved = [f"{economy},{year},{float(value) / 2}" for economy, year, value in rows]
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_text("\n".join([header, *halved]) + "\n", encoding="utf-8")
    edit(path.parent / "datapackage.json", before, hashlib.sha256(path.read_bytes()).hexdigest())
    return [SERIES]


def a_check_that_reads_the_clock(book, name=ID):
    late = "return time.time() % 100 / 1e4 + ("
    with opened(chapter(book, name)) as cells:
        cell = the_cell(code(cells), "claim.check(")
        rewrite(cell, "def change(frame", "import time\n\n\ndef change(frame")
        rewrite(cell, "return (", late)
    return ["If it differs at every run, the cell depends on a clock, a network or chance."]


def a_check_that_reads_the_network(book, name=ID):
    asked = "import urllib.request\n    urllib.request.urlopen('http://127.0.0.1:9/')\n    return "
    with opened(chapter(book, name)) as cells:
        rewrite(the_cell(code(cells), "def since_then"), "return ", asked)
    return ["OfflineError: The check ", "reaches for the network: a check reads only the snapshot."]


def an_aggregate_asked_for_as_an_economy(book, name=ID):
    asked = 'gini = wdi.series("SI.POV.GINI", ["WLD"])'
    with opened(chapter(book, name)) as cells:
        rewrite(code(cells)[0], 'gini = wdi["SI.POV.GINI"]', asked)
    return ["SnapshotError: WLD (World) is an aggregate, not an economy: read it with `aggregate("]


def a_series_read_without_being_declared(book, name=ID):
    with opened(chapter(book, name)) as cells:
        rewrite(the_cell(code(cells), "def since_then"), "moved", 'wdi["SP.POP.TOTL"]\n    moved')
    return ["SP.POP.TOTL", "declare"]


def a_verdict_that_no_longer_fits(book, claimbook):
    """As after new figures: the chapter is run again, and its prose was written for another."""
    text = (book / CLAIM).read_text(encoding="utf-8")
    verdict = re.search(r"^written_for: (\w+)", text, re.MULTILINE)[1]
    other = "supported" if verdict != "supported" else "contradicted"
    edit(book / CLAIM, f"written_for: {verdict}", f"written_for: {other}")
    ended = claimbook("run", ID)
    assert ended.returncode == 1
    return ended, [
        f"chapter {ID} was written for the verdict {other!r}, the figures now say {verdict!r}: "
        "rewrite its prose, then set `written_for`"
    ]


# What the command line says


def said_by(claimbook, *arguments):
    ended = claimbook(*arguments)
    assert ended.returncode == 1, ended
    assert "Traceback" not in ended.stderr
    return ended.stdout + ended.stderr


def refused():
    """What the book says to a build, which asks it before anything is read or written."""
    with pytest.raises(ClaimbookError) as found:
        Book().require_finished()
    return str(found.value)


@pytest.mark.parametrize("fault", IN_CELLS)
def test_outputs_changed_by_hand_stop_the_build(tiny_copy, fault):
    with opened(tiny_copy / CHAPTER) as cells:
        fault(code(cells))
    said = refused()
    assert STALE in said
    changed = "its code cells" if fault is a_skipped_comparison else "its stored outputs, by hand"
    assert changed in said


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (changed_code, STALE),
        (a_number_edited_in_the_prose, STALE),
        (a_claim_file_edited_after_the_run, STALE),
        (an_output_pasted_in_by_hand, STALE),
        (a_changed_value, f"restore it with `git checkout -- {SERIES}`"),
        (a_changed_value_in_a_package_that_says_so, STALE),
    ],
)
def test_a_chapter_that_is_not_fresh_stops_the_build(tiny_copy, fault, sentence):
    words = fault(tiny_copy)
    said = refused()
    for part in [sentence, *words]:
        assert part in said
    assert ".csv.csv" not in said


def test_the_build_says_of_every_chapter_what_the_book_says(tiny_copy, claimbook):
    words = [STALE, *changed_code(tiny_copy), *a_number_edited_in_the_prose(tiny_copy, "fair-coin")]
    ended = claimbook("build")
    assert ended.returncode == 1
    assert refused() in ended.stderr
    assert all(part in ended.stderr for part in words)
    assert "Traceback" not in ended.stderr
    assert not (tiny_copy / "_build/html/index.html").exists()


def without_its_notebook(book):
    (book / CHAPTER).unlink()
    return [f"{CLAIM} has no chapter: write {CHAPTER} beside it", "`claimbook new`"]


def a_claim_file_alone(book):
    text = (book / CLAIM).read_text(encoding="utf-8")
    (book / FOLDER / "gini-rose.yml").write_text(text.replace(ID, "gini-rose"), encoding="utf-8")
    edit(book / "book/essays/first-2014.yml", f"[{ID}]", f"[{ID}, gini-rose]")
    return [f"{FOLDER}/gini-rose.yml has no chapter: write {FOLDER}/gini-rose.ipynb beside it"]


def without_its_claim_file(book):
    (book / CLAIM).unlink()
    return [ID, "its claim file"]


def a_claim_that_no_paragraph_makes(book):
    edit(book / "book/essays/first-2014.yml", f"claims: [{ID}]", "no_claim_because: It greets.")
    return [ID, "first-2014"]


def a_reference_that_runs_something(book):
    path = book / "book/references.bib"
    entry = "@misc{somebody1999,\n  url = {javascript:alert(1)},"
    path.write_text(
        re.sub(r"@\w+\{somebody1999,", lambda _: entry, path.read_text("utf-8"), count=1), "utf-8"
    )
    only_page(book, "book/references")
    return ["book/references links to 'javascript:alert(1)', which is no page", "https:"]


@pytest.mark.parametrize(
    "fault", [without_its_notebook, a_claim_file_alone, without_its_claim_file]
)
def test_files_that_are_missing_stop_the_build(tiny_copy, fault):
    words = fault(tiny_copy)
    said = refused()
    for part in words:
        assert part in said


@pytest.mark.parametrize(
    "fault", [a_reference_that_runs_something, a_claim_that_no_paragraph_makes]
)
def test_files_that_do_not_fit_together_stop_the_build(tiny_copy, claimbook, fault):
    words = fault(tiny_copy)
    said = said_by(claimbook, "build")
    for part in words:
        assert part in said


def test_what_lies_in_the_data_unlisted_is_not_published(tiny):
    assert (tiny / UNLISTED).is_symlink()
    copied = {path.name for path in (tiny / "_build/html/data/current").iterdir()}
    package = json.loads((tiny / "data/current/datapackage.json").read_text("utf-8"))
    assert copied == {"datapackage.json", *(one["path"] for one in package["resources"])}


@pytest.mark.parametrize(
    "fault",
    [
        a_check_that_reads_the_network,
        an_aggregate_asked_for_as_an_economy,
        a_series_read_without_being_declared,
        a_changed_value,
    ],
)
def test_run_names_the_cell_that_fails_and_leaves_the_chapter(tiny_copy, claimbook, fault):
    words = fault(tiny_copy)
    before = (tiny_copy / CHAPTER).read_bytes()
    said = said_by(claimbook, "run", ID)
    assert f"{CHAPTER}, cell " in said or SERIES in said
    for part in words:
        assert part in said
    assert (tiny_copy / CHAPTER).read_bytes() == before


def test_run_and_build_say_that_a_verdict_no_longer_fits(tiny_copy, claimbook):
    ended, (words,) = a_verdict_that_no_longer_fits(tiny_copy, claimbook)
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
    said = said_by(claimbook, "build")
    assert words in said
    assert f"set `written_for` in {ID}.yml" in said


def test_check_names_the_cell_that_reads_the_clock(tiny_copy, claimbook):
    a_check_that_reads_the_clock(tiny_copy)
    assert claimbook("run", ID).returncode == 0
    said = said_by(claimbook, "check", ID)
    assert "gives another output when it is run again" in said
    assert "the cell depends on a clock, a network or chance" in said


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("title: Did inequality fall", "title: Has inequality fallen"),
        ("statement: Within developing", "statement: Inside developing"),
    ],
)
def test_a_mended_word_of_the_claim_file_stales_nothing(tiny_copy, claimbook, before, after):
    edit(tiny_copy / CLAIM, before, after)
    ended = claimbook("run")
    assert (ended.returncode, ended.stdout) == (0, "Every chapter is fresh.\n")


def reads_the_network(wdi):
    import urllib.request

    return urllib.request.urlopen("http://127.0.0.1:9/")


def looks_up_a_host(wdi):
    import socket

    return socket.create_connection(("localhost", 9))


@pytest.mark.parametrize("function", [reads_the_network, looks_up_a_host])
def test_a_check_that_reads_the_network_is_refused(tiny_copy, function):
    with pytest.raises(OfflineError, match="rich-placebo reaches for the network"):
        library.claim(ID).check("rich-placebo", function)


# What nbval says, in one run for all: for each fault a twin of the chapter


def twin(book, name):
    """Let the book hold the chapter once more, under another name."""
    for ending in ("yml", "ipynb"):
        text = (book / FOLDER / f"{ID}.{ending}").read_text(encoding="utf-8")
        (book / FOLDER / f"{name}.{ending}").write_text(text.replace(ID, name), encoding="utf-8")
    edit(book / "book/essays/first-2014.yml", f"claims: [{ID}", f"claims: [{ID}, {name}")
    edit(
        book / "_toc.yml",
        f"file: {FOLDER}/{ID}",
        f"file: {FOLDER}/{ID}\n      - file: {FOLDER}/{name}",
    )
    return chapter(book, name)


def stored_anew(path):
    """Store that a chapter's outputs are those it holds: only running it can tell otherwise."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"]["claimbook"]["outputs"] = freshness.outputs(notebooks.read(path))
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def nbval(book, *asked, **environment):
    """Execute chapters again and compare, as a person does; return what is said of each place."""
    shutil.copy(ROOT / "book" / "conftest.py", book / "book" / "conftest.py")
    options = ["--nbval", "-p", "no:cacheprovider", "-p", "no:playwright", "-q", "-rfEp"]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *(asked or ["book"])],
        cwd=book,
        env={**os.environ, "CLAIMBOOK_ROOT": str(book), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    said = re.sub(r"\x1b\[[\d;]*m", "", ended.stdout)
    reports = re.split(r"^_+ (\S+::.+?) _+$", said.partition("short test summary")[0], flags=re.M)
    return ended.returncode, dict(zip(reports[1::2], reports[2::2], strict=True)), said


def test_nbval_says_what_is_wrong_and_of_sound_chapters_nothing(tiny_copy):
    wanted = {}  # the name of a twin: (its failing cell or "fresh" or None for some cell, words)
    for number, faults in enumerate(TOGETHER):
        path = twin(tiny_copy, f"in-cells-{number}")
        with opened(path) as cells:
            for fault in faults:
                cell, words = fault(code(cells))
                wanted[path.stem, code(cells).index(cell)] = words
    for fault in (
        a_check_that_reads_the_clock,
        a_check_that_reads_the_network,
        an_aggregate_asked_for_as_an_economy,
        a_series_read_without_being_declared,
    ):
        name = fault.__name__.replace("_", "-")
        twin(tiny_copy, name)
        wanted[name, None] = fault(tiny_copy, name)
    wanted["fair-coin", "fresh"] = a_number_edited_in_the_prose(tiny_copy, "fair-coin")
    path = twin(tiny_copy, "pasted-in")
    with opened(path) as cells:
        cell, words = a_claim_output_pasted_in(code(cells))
        wanted["pasted-in", code(cells).index(cell)] = words
    stored_anew(path)
    status, reports, said = nbval(tiny_copy)
    assert status == 1, said
    for (name, place), words in wanted.items():
        if place == "fresh":
            found = next(text for key, text in reports.items() if f"{name}.ipynb::fresh" in key)
        elif place is None:
            found = "".join(text for key, text in reports.items() if f"/{name}.ipynb::Cell" in key)
        else:
            found = reports[f"{FOLDER}/{name}.ipynb::Cell {place}"]
            assert found.startswith(f"\n{FOLDER}/{name}.ipynb, cell ")
        for part in words:
            assert part in found, (name, place, said[-3000:])
    for name in {name for name, place in wanted if isinstance(place, int)}:
        failing = {int(key.split("Cell ")[1]) for key in reports if f"/{name}.ipynb::Cell" in key}
        assert failing == {place for other, place in wanted if other == name}
    assert not [key for key in reports if f"/{ID}.ipynb" in key], said
    assert not [key for key in reports if "/fair-coin.ipynb::Cell" in key], said
    assert f"PASSED {CHAPTER}::fresh" in said and f"PASSED {CHAPTER}::Cell 0" in said


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (a_changed_value, "it fails with SnapshotError: "),
        (a_changed_value_in_a_package_that_says_so, OTHERWISE),
    ],
)
def test_nbval_says_what_is_wrong_with_the_figures(tiny_copy, fault, sentence):
    words = fault(tiny_copy)
    status, _, said = nbval(tiny_copy, CHAPTER)
    assert status == 1
    for part in [f"{CHAPTER}, cell ", sentence, *words]:
        assert part in said, said[-3000:]


def own_library(book):
    """Give a copy of the book a library of its own, whose medians are scaled by a constant."""
    package = book / "src" / "claimbook"
    source = Path(library.__file__).parent
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "planted.py").write_text('"""Planted."""\n\nSCALE = 1.0\n', encoding="utf-8")
    texts = {path: path.read_text(encoding="utf-8") for path in package.rglob("*.py")}
    (module,) = [path for path, text in texts.items() if "\ndef median(" in text]
    scaled = (
        "\nfrom claimbook.planted import SCALE as _scale\n\n\n"
        "def median(values, *arguments, **options):\n"
        "    return _unscaled(values * _scale, *arguments, **options)\n\n\n"
        "def _unscaled("
    )
    edit(module, "\ndef median(", scaled)
    return package


def test_a_changed_constant_stales_what_reaches_it_and_is_named(tiny_copy):
    """The chapter's function calls one that knows the constant by another name."""
    package = own_library(tiny_copy)
    own = {"PYTHONPATH": str(tiny_copy / "src")}

    def ours(*arguments):
        entry = "from claimbook.commands.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", entry, *arguments],
            cwd=tiny_copy,
            env={**os.environ, **own},
            capture_output=True,
            text=True,
            timeout=300,
        )

    ran = ours("run")
    assert ran.stdout == f"{ID}: ran, nothing changed\n" or f"{ID}: written anew" in ran.stdout, ran
    assert "fair-coin" not in ran.stdout, "it takes no median"
    edit(package / "planted.py", "SCALE = 1.0", "UNUSED = 3\nSCALE = 2.0")
    built = ours("build")
    assert built.returncode == 1
    assert STALE in built.stderr and "planted.SCALE" in built.stderr
    assert "Traceback" not in built.stderr
    status, reports, said = nbval(tiny_copy, CHAPTER, **own)
    assert status == 1
    assert STALE in reports[f"{CHAPTER}::fresh"]
    assert OTHERWISE in said
