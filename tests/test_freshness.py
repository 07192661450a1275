"""Fresh or stale by definition: what stales a chapter is named, and nothing else stales it."""

from __future__ import annotations

import copy as copying
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from claimbook.chapters import definitions, freshness, notebooks, running, scaffold
from claimbook.chapters.book import Book
from claimbook.claims import declared, files
from claimbook.errors import ClaimbookError

ID = "inequality-rose"
CLAIM = f"book/inequality/{ID}.yml"


@pytest.fixture(scope="module")
def book():
    return Book()


@pytest.fixture(scope="module")
def cells(book):
    """The sources of the code cells of every chapter."""
    return {
        name: [cell.source for cell in freshness.code_cells(book.notebook(name))]
        for name in book.chapters
    }


@pytest.fixture
def package(tmp_path):
    """A copy of the library that a test may change."""
    ignored = shutil.ignore_patterns("__pycache__", "static")
    return Path(shutil.copytree(freshness.PACKAGE, tmp_path / "claimbook", ignore=ignored))


def edit(path, before, after):
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def module_of(package, room, line):
    """The one module of a room in which a line begins so."""
    text = f"\n{line}"
    (found,) = [path for path in (package / room).rglob("*.py") if text in path.read_text("utf-8")]
    return found


def moved(cells, package):
    """Of every chapter that a changed library stales, the names said to have changed."""
    before, after = definitions.Library(freshness.PACKAGE), definitions.Library(package)
    found = {}
    for name, sources in cells.items():
        one, other = (
            {"library": freshness.library(lib.reached(sources))} for lib in (before, after)
        )
        if said := freshness.changes(one | {"data": {}}, other | {"data": {}}):
            found[name] = said
    return found


# The library


def an_unused_function(package):
    for path in package.rglob("*.py"):
        with path.open("a", encoding="utf-8") as module:
            module.write('\n\nUNUSED = 1\n\n\ndef unused(number):\n    """Nobody calls it."""\n')


def docstrings_and_comments(package):
    for path in package.rglob("*.py"):
        text = re.sub(r'^( *""")(?=\w)', r"\1Mended: ", path.read_text("utf-8"), flags=re.M)
        path.write_text("# A comment.\n" + text, encoding="utf-8")


def another_layout(package):
    ruff = Path(sys.executable).with_name("ruff")
    command = [ruff, "format", "--isolated", "--line-length", "60", str(package)]
    subprocess.run(command, check=True, capture_output=True)


@pytest.mark.parametrize("change", [an_unused_function, docstrings_and_comments, another_layout])
def test_what_no_chapter_reaches_stales_none(cells, package, change):
    before = {path: path.read_bytes() for path in package.rglob("*.py")}
    change(package)
    assert any(path.read_bytes() != content for path, content in before.items())
    assert moved(cells, package) == {}


def test_a_changed_constant_stales_the_chapters_that_reach_it_and_is_named(cells, package):
    edit(module_of(package, "estimates", "DRAWS = "), "\nDRAWS = ", "\nDRAWS = 1 + ")
    found = moved(cells, package)
    assert ID in found
    assert "productivity-model" not in found
    for said in found.values():
        assert re.fullmatch(r"the library: estimates\.([a-z]+\.)?DRAWS", "; ".join(said))


def test_a_constant_of_one_model_stales_the_chapter_of_that_model(cells, package):
    (module,) = [
        path
        for path in (package / "models").glob("ricardo*.py")
        if "\nTOLERANCE = " in path.read_text("utf-8")
    ]
    edit(module, "\nTOLERANCE = ", "\nTOLERANCE = 2 * ")
    found = moved(cells, package)
    assert list(found) == ["productivity-model"]
    assert found["productivity-model"] == [f"the library: models.{module.stem}.TOLERANCE"]


def test_of_many_changed_definitions_six_are_named_and_the_rest_counted():
    def of(count):
        held = {"shares": " ".join(f"f{number}:{number}a" for number in range(count))}
        return {"library": held, "data": {}}

    six = "the library: " + ", ".join(f"shares.f{number}" for number in range(6))
    assert freshness.changes({"library": {"": ""}, "data": {}}, of(6)) == [six]
    assert freshness.changes({"library": {"": ""}, "data": {}}, of(9)) == [f"{six} and 3 more"]


SMALL = {
    "__init__.py": "from small.inner import shown\nfrom small import other as renamed\n",
    "inner.py": "from small.other import FACTOR\n\n"
    "def shown(x):\n    return Thing(x * FACTOR).y\n\n"
    "class Thing(Base):\n    def y(self):\n        return helper()\n\nclass Base:\n    pass\n\n"
    "def helper():\n    from . import late\n    return late.LATE\n\ndef aside():\n    return 1\n",
    "other.py": "FACTOR = BASE = 2\nALONE = 3\n_REGISTER = {}\n_REGISTER['a'] = 1\n",
    "late.py": "LATE = 1\nNEVER = 2\n",
    "room/__init__.py": "from small.room.chart import chart\nif TYPE_CHECKING:\n    import os\n\n"
    "def __getattr__(name):\n    return 1\n",
    "room/chart.py": "def chart():\n    return 1\n\ndef another():\n    return 2\n",
}


@pytest.fixture
def small(tmp_path):
    """A small library, whose definitions reach one another in every way."""
    folder = tmp_path / "small"
    (folder / "room").mkdir(parents=True)
    for name, text in SMALL.items():
        (folder / name).write_text(text, encoding="utf-8")
    return definitions.Library(folder)


SHOWN = {"inner.shown", "inner.Thing", "inner.Base", "inner.helper", "late.LATE", "other.FACTOR"}


@pytest.mark.parametrize(
    ("code", "reached"),
    [
        ("import small\nsmall.shown(1)", SHOWN | {"other.*"}),
        ("from small import shown\nshown(1)", SHOWN | {"other.*"}),
        ("import small.inner\nsmall.inner.aside()", {"inner.aside"}),
        ("import small.inner as one\none.aside", {"inner.aside"}),
        ("import small\nsmall.renamed.ALONE", {"other.ALONE", "other.*"}),
        ("from small.late import *\nLATE", {"late.LATE", "late.NEVER"}),
        ("from small import late\ngetattr(late, name)", {"late.LATE", "late.NEVER"}),
        ("import pandas as small_\nsmall_.shown", set()),
        ("import small", set()),
        ("from small import room\nroom.chart()", {"room.chart.chart"}),
        ("import small.room\nsmall.room.lazily", {"room.__getattr__"}),
        ("from small.room.chart import another\nanother", {"room.chart.another"}),
        ("from small import late\ndef f(late): return g(late)", set()),
        ("from small import late\nf = lambda late=late: late.LATE", {"late.LATE", "late.NEVER"}),
    ],
)
def test_names_lead_to_definitions(small, code, reached):
    found = {name.removeprefix("small.") for name in small.reached([code])}
    assert {name for name in found if not name.startswith("other._")} == reached


# Every Python


def interpreters():
    """Other Pythons of this machine that the book supports, by version."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = {}
    for version in {"3.11", "3.12", "3.13"} - {".".join(map(str, sys.version_info[:2]))}:
        for python in (f"python{version}", *pyenv.glob(f"versions/{version}.*/bin/python")):
            # A shim of pyenv's stands on the path for versions that are not switched on.
            asked = [shutil.which(python) or "false", "--version"]
            if subprocess.run(asked, capture_output=True).returncode == 0:
                found[version] = asked[0]
    return found


SAY = """
import importlib.util, json, pathlib, sys
spec = importlib.util.spec_from_file_location("definitions", sys.argv[1])
module = sys.modules["definitions"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
cells = json.load(sys.stdin)
reached = module.Library(pathlib.Path(sys.argv[2])).reached(cells)
print(json.dumps([reached, [module.digest(module.layout_free(cell)) for cell in cells]]))
"""
TRICKY = r'''
a = f"{x!r:>{w}.{p}}{{}}" "b" f'{y=}' "" f"" f"a{'b'}c"
b = "é\u2028𝒳" + 'it\'s' + """x
y"""
c = lambda *, k=..., **kw: (yield)
async def g(): return [1_000, 0x10, 1e-5, -0.0, 1j, b"\xff", None, True]
match a:
    case {"k": [1, *_], **rest} if not rest: del a, b
'''
MAGIC = "x = 1\n%matplotlib inline"


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_digests_are_the_same_under_every_python(cells, python):
    others = interpreters()
    if python not in others:
        pytest.skip(f"no other Python {python} here")
    sources = [*(cell for found in cells.values() for cell in found), TRICKY, MAGIC]
    ended = subprocess.run(
        [others[python], "-c", SAY, definitions.__file__, str(freshness.PACKAGE)],
        input=json.dumps(sources),
        capture_output=True,
        text=True,
        check=True,
    )
    here = definitions.Library(freshness.PACKAGE).reached(sources)
    own = [definitions.digest(definitions.layout_free(cell)) for cell in sources]
    assert json.loads(ended.stdout) == [here, own]


# The claim file


@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [
        ("title: Did", "title: Truly, did", False),
        ("statement: ", "statement: Surely, ", False),
        ("question: Did", "question: Well, did", False),
        ("falsifier: The", "falsifier: Well, the", False),
        ("written_for: ", "written_for: inconclusive # ", False),
        ("stance: against", "stance: context", False),
        ("smallest_effect: 1", "smallest_effect: 1.0", False),
        ("smallest_effect: 1", "smallest_effect: 2", True),
        ("role: context", "role: after", True),
        ("statistic: [median, mean", "statistic: [mean, median", True),
    ],
)
def test_of_the_claim_file_the_checks_count_and_the_words_do_not(
    book, tmp_path, before, after, counts
):
    path = tmp_path / f"{ID}.yml"
    path.write_bytes(book.claim_paths[ID].read_bytes())
    edit(path, before, after)
    same = freshness.claim(files.load_claim(path)) == freshness.claim(book.claim(ID))
    assert same is not counts


# The cells and their outputs


def changed(before, after):
    """What a chapter's fingerprints say of a change of its notebook."""
    book = Book()
    return freshness.changes(book.fingerprints(ID, before), book.fingerprints(ID, after))


@pytest.fixture
def notebook(book):
    return copying.deepcopy(book.notebook(ID))


def in_another_layout(cell):
    cell.source = "# A comment.\n\n" + cell.source.replace(", ", ",   ")


def with_a_tag(cell):
    cell.metadata.tags = ["hide-cell"]


def with_a_caption(cell):
    cell.metadata.mystnb = {"figure": {"caption": "Who moved"}}


def with_another_number(cell):
    cell.source += "\nfurther = 1"


def told_to_skip(cell):
    cell.source = "# NBVAL_SKIP\n" + cell.source


def silenced(cell):
    cell.source = cell.source.rstrip() + ";"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (in_another_layout, []),
        (with_a_tag, ["its code cells"]),
        (with_a_caption, ["its code cells"]),
        (with_another_number, ["its code cells"]),
        (told_to_skip, ["its code cells"]),
        (silenced, ["its code cells"]),
    ],
)
def test_of_the_code_cells_the_layout_does_not_count(book, notebook, change, said):
    change(freshness.code_cells(notebook)[0])
    assert changed(book.notebook(ID), notebook) == said


def test_a_magic_counts_as_code_and_hides_what_its_cell_reaches(book, notebook):
    cell = freshness.code_cells(notebook)[0]
    cell.source = "%matplotlib inline\n" + cell.source
    *data, code, library = changed(book.notebook(ID), notebook)
    assert data and all((book.root / name).is_file() for name in data)
    assert code == "its code cells" and library.startswith("the library: ")


def script(value):
    """A number as JavaScript writes it."""
    if isinstance(value, dict):
        return {key: script(held) for key, held in value.items()}
    if isinstance(value, list):
        return [script(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def saved_by_jupyterlab(notebook):
    """Restart, Run All and save: what the editor and its kernel add to a notebook on the disk."""
    notebook.metadata.language_info = {"name": "python", "version": "3.12.1", "nbconvert": "x"}
    notebook.metadata.widgets = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    notebook.nbformat_minor = 5
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"new-{number}"
        cell.metadata.update(editable=True, slideshow={"slide_type": ""}, trusted=True)
    for number, cell in enumerate(freshness.code_cells(notebook), 3):
        cell.execution_count = number
        cell.metadata.update(
            execution={"iopub.status.busy": "2026-01-01T00:00:00Z"},
            jupyter={"source_hidden": True},
            collapsed=False,
            scrolled=True,
        )
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = number
            if "metadata" in output:
                output.metadata = {"isolated": True}
            if "text" in output:
                output.text = output.text.splitlines(keepends=True)
            if data := output.get("data"):
                if any(mime.startswith("application/vnd.plotly") for mime in data):
                    data["image/png"] = "iVBORw0KGgo="
                data["text/plain"] = data["text/plain"].splitlines(keepends=True)
                for mime in data:
                    if mime.endswith("json"):
                        data[mime] = script(data[mime])


def test_a_save_by_jupyterlab_leaves_a_chapter_fresh(book, notebook, tmp_path):
    saved_by_jupyterlab(notebook)
    path = tmp_path / "saved.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert changed(book.notebook(ID), notebooks.read(path)) == []


def test_printed_lines_may_be_cut_otherwise(book, notebook):
    cell = next(cell for cell in freshness.code_cells(notebook) if cell.outputs[0].get("text"))
    first, rest = cell.outputs[0].text.split("\n", 1)
    streams = [nbformat.v4.new_output("stream", text=text) for text in (f"{first}\n", rest)]
    cell.outputs[:1] = streams
    assert changed(book.notebook(ID), notebook) == []


def test_what_an_older_version_stored_is_stale_in_one_sentence(book):
    now = book.fingerprints(ID, book.notebook(ID))
    older = now | {"library": "299bdf6c", "data": {"current": {}}}
    assert freshness.changes(older, now) == ["it was last run by an older version of the library"]
    assert freshness.changes(None, now) == ["it has never been run"]


# The lock, and notebooks without a claim


@pytest.mark.parametrize(
    ("after", "same"),
    [
        ("# other words\nNumPy==2.0  # via nobody\nruff_x==1.0 ; sys_platform == 'linux'\n", True),
        ("ruff-x==1.0\nnumpy==2.0", True),
        ("numpy==2.1\nruff-x==1.0\n", False),
        ("numpy==2.0\n", False),
        ("numpy==2.0\nruff-x==1.0\nmore==1\n", False),
    ],
)
def test_of_the_lock_names_and_versions_count(after, same):
    assert (
        freshness.lock("numpy==2.0\nruff-x==1.0\n    # via numpy\n") == freshness.lock(after)
    ) is same


def test_a_notebook_without_a_claim_is_run_and_kept_fresh(copy, claimbook):
    cells = [
        nbformat.v4.new_markdown_cell("# Alone"),
        nbformat.v4.new_code_cell("from claimbook import estimates\nestimates.rounded(1 / 3)"),
    ]
    path = copy / "book" / "alone.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    assert "alone" not in Book().notebooks, "the table of contents does not name it"
    edit(
        copy / "_toc.yml",
        "      - file: book/method\n",
        "      - file: book/method\n      - file: book/alone\n",
    )
    assert Book().stale("alone") == ["it has never been run"]
    ended = claimbook("run", "alone")
    assert ended.stdout == "alone: written anew\n", ended.stderr
    stored = Book().notebook("alone")
    assert "0.333333" in str(stored.cells[1].outputs)
    assert "claim" not in stored.metadata.claimbook
    assert "alone" not in Book().chapters
    Book().require_fresh("alone")
    edit(path, "1 / 3", "1 / 7")
    with pytest.raises(ClaimbookError, match=r"alone is stale: run `claimbook run alone` .*code"):
        Book().require_fresh("alone")


def test_a_chapter_that_is_run_is_fresh_and_stays_so_when_a_word_is_mended(copy):
    path, *_ = scaffold.new_chapter("savings-fell", "credit", ["SI.POV.GINI"])
    book = Book()
    declared.declare(book.claim("savings-fell"), "0" * 64, seen=False)
    assert running.run(book, ["savings-fell"]) == {"savings-fell": True}
    assert book.stale("savings-fell") == Book().stale("savings-fell") == []
    assert running.run(Book(), ["savings-fell"]) == {"savings-fell": False}
    edit(path, "title: ", "title: Well, ")
    assert Book().stale("savings-fell") == []
    assert Book().output("savings-fell")["claim"]["title"].startswith("Well, ")
    edit(path, "smallest_effect: ", "smallest_effect: 1")
    assert Book().stale("savings-fell") == ["the checks of its claim file"]
