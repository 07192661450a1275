"""The shell around the pages, on a book of three: what is asked for, refused, and left out."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from claimbook.pages import shell

ROOT = Path(__file__).resolve().parents[1]
MIME = "application/vnd.plotly.v1+json"
PAGES = {".md", ".ipynb"}


FRAME = {  # what pandas says of a frame: its HTML heads the index with an empty cell
    "text/plain": "         then  now\nAlbania   1.5  0.5",
    "text/html": "<table class='dataframe'><tr><th></th><th>then</th></tr></table>",
}


def plot(chart_id, kind="scatter", **particulars):
    meta = {
        "id": chart_id,
        "title": "A message",
        "alt": "Dots.",
        "unit": "points",
        "source": "World Bank",
        "n": 2,
        "columns": ["name", "value"],
        "rows": ["Albania,1", "Brazil,2"],
    } | particulars
    trace = {"type": kind, "x": [1, 2], "y": [1, 2]}
    layout = {"height": 200, "meta": {"claimbook": meta}}
    output = new_output(
        "display_data",
        data={MIME: {"data": [trace], "layout": layout}, "text/plain": f"Chart {chart_id}"},
    )
    return new_code_cell("draw()", execution_count=1, outputs=[output])


class TinyBook:
    """A book of a start page, a page of text and a chapter, in the look of the real one."""

    def __init__(self, folder):
        self.folder = folder
        config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
        config["sphinx"]["extra_extensions"] = ["claimbook.pages.shell"]
        del config["bibtex_bibfiles"], config["sphinx"]["config"]["bibtex_reference_style"]
        (folder / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        self.write("start", "# Start\n\nA page.")
        self.write("text", "# Text\n\nWith $x^2$.")
        self.chapter(plot("first"))

    def write(self, name, text):
        (self.folder / f"{name}.md").write_text(text, encoding="utf-8")

    def chapter(self, *cells, name="chapter"):
        notebook = new_notebook(cells=[new_markdown_cell("# Chapter"), *cells])
        for number, cell in enumerate(notebook.cells):
            cell["id"] = f"cell-{number}"
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
        nbformat.write(notebook, self.folder / f"{name}.ipynb")

    def build(self):
        """Build the pages there are, each of them in the contents."""
        pages = sorted(path.stem for path in self.folder.iterdir() if path.suffix in PAGES)
        chapters = [{"file": name} for name in pages if name != "start"]
        toc = {"format": "jb-book", "root": "start", "chapters": chapters}
        (self.folder / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
        program = Path(sys.executable).with_name("jupyter-book")
        command = [program, "build", ".", "--all", "-W", "-n", "--keep-going", "-q"]
        shutil.rmtree(self.folder / "_build", ignore_errors=True)
        return subprocess.run(command, cwd=self.folder, capture_output=True, text=True)

    def page(self, name):
        return (self.folder / "_build" / "html" / f"{name}.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    book = TinyBook(tmp_path_factory.mktemp("tiny"))
    book.write(
        "text",
        "# Text\n\nWith $x^2$, and [here](chapter.ipynb#chart-first).\n\n$$a &= b$$ (eq)\n\n"
        "Never {{ 99 / 10 }}.\n",
    )
    book.write("dollars", "# Text\n\nFrom US$ 5 to US$ 7, or US$5 to US$7, and $x^2$.")
    link = new_markdown_cell("As [below](#chart-second).")
    frame = new_output("execute_result", execution_count=2, data=FRAME)
    shown = new_code_cell("frame", execution_count=2, outputs=[frame])
    book.chapter(link, plot("first"), plot("second", kind="bar"), shown)
    done = book.build()
    assert done.returncode == 0, done.stdout + done.stderr
    return book


def test_page_takes_one_script_that_draws_all_its_charts(built):
    chapter, text = built.page("chapter"), built.page("text")
    assert chapter.count("charts.js") == 1
    assert chapter.count("vendor/plotly-") == 1
    assert "charts.js" not in text and "plotly" not in text


def test_charts_can_be_linked_from_their_page_and_from_another(built):
    assert 'href="#chart-second"' in built.page("chapter")
    assert 'href="chapter.html#chart-first"' in built.page("text")


def test_a_frame_is_shown_as_its_text(built):
    chapter = built.page("chapter")
    assert "Albania   1.5  0.5" in chapter and "dataframe" not in chapter


def test_csv_lies_beside_the_page(built):
    html = built.folder / "_build" / "html"
    assert (html / "chapter.first.csv").read_bytes() == b"name,value\nAlbania,1\nBrazil,2\n"
    assert (html / "chapter.second.csv").is_file()


def test_formulas_need_no_script(built):
    text = built.page("text")
    assert "<msup>" in text and 'class="eqno"' in text
    assert not re.search(r"<script[^>]*mathjax", text, re.I)


def test_nothing_of_the_theme_asks_another_host_or_loads_for_nothing(built):
    static = built.folder / "_build" / "html" / "_static"
    assert not (static / "scripts" / "fontawesome.js").exists()
    for name in ("start", "chapter", "text", "search"):
        page = built.page(name)
        for unwanted in ("fontawesome", "thebe", "unpkg", "jsdelivr", "cdnjs", 'src="http'):
            assert unwanted not in page, (name, unwanted)
        assert 'rel="icon"' in page and "2026" in page
        assert 'data-default-mode="auto"' in page


def test_jupyter_books_own_buttons_and_home_link_remain(built):
    chapter = built.page("chapter")
    assert "_sources/chapter.ipynb" in chapter and "download-source-button" in chapter
    assert "bd-sidenav__home-link" in chapter


# What stops a build: each fault on a page of its own. One build says all that reading finds.
CHARTS = {
    "no-alt": ([plot("first", alt="")], "the chart “first” has no alt: add"),
    "one-id-twice": ([plot("first"), plot("first")], "two charts have the id “first”"),
    "no-script": ([plot("first", kind="choropleth")], "no vendored chart script draws choropleth"),
}
FORMULAS = [
    ("With $\\nonsense x$.", "the formula “\\nonsense x” uses \\nonsense"),
    ('It is US$[5](value:a.low ".0f") in US$.', "a bound number stands in the formula"),
]
TAKEN = [f"```{{{name}}} secret.txt\n```" for name in ("include", "literalinclude")]
TAKEN += ["```{raw} html\n<b>A SECRET</b>\n```", "```{raw} html\n:file: secret.txt\n```"]


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """A book with every fault, and what was said of it."""
    book = TinyBook(tmp_path_factory.mktemp("refused"))
    (book.folder / "secret.txt").write_text("A SECRET", encoding="utf-8")
    book.write("taken", "\n\n".join(["# Text", *TAKEN]))
    for name, (cells, _) in CHARTS.items():
        book.chapter(*cells, name=name)
    done = book.build()
    assert done.returncode != 0
    return book, done.stdout + done.stderr


@pytest.mark.parametrize("name", CHARTS)
def test_an_unfit_chart_stops_the_build_and_is_named(refused, name):
    cells, sentence = CHARTS[name]
    assert f"{name}, cell {1 + len(cells)}: {sentence}" in refused[1]


@pytest.mark.parametrize(("words", "sentence"), FORMULAS)
def test_a_formula_that_is_none_stops_the_build_and_is_named(tmp_path, words, sentence):
    """Said while the page is written, so that each takes a build."""
    book = TinyBook(tmp_path)
    book.write("text", f"# Text\n\n{words}")
    done = book.build()
    assert done.returncode != 0
    assert f"text: {sentence}" in done.stdout + done.stderr


def test_no_page_takes_in_a_file_or_html(refused):
    book, told = refused
    for words in ('"include" disabled', "File insertion disabled", '"raw" directive disabled'):
        assert words in told, told
    page = book.folder / "_build" / "html" / "taken.html"
    assert not page.exists() or "A SECRET" not in book.page("taken").replace("A SECRET</b>", "", 0)


def test_nothing_is_filled_into_a_page(built):
    assert "{{ 99 / 10 }}" in built.page("text")


def test_the_site_holds_the_licences_of_what_it_ships(built):
    told = (built.folder / "_build" / "html" / "licences.txt").read_text(encoding="utf-8")
    for words in ("Sphinx 7", "pydata-sphinx-theme", "sphinx-design", "plotly", "SIL OPEN FONT"):
        assert words in told
    assert told.count("Permission is hereby granted") > 1


def test_dollars_before_a_space_or_a_digit_are_no_formula(built):
    page = built.page("dollars")
    assert page.count("<math") == 1 and "US$5 to US$7" in page


def test_search_index_knows_what_charts_say(built):
    index = (built.folder / "_build" / "html" / "searchindex.js").read_text(encoding="utf-8")
    terms = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))["terms"]
    assert "albania" in terms


def test_a_changed_part_of_the_library_has_every_page_read_anew(tmp_path):
    part = tmp_path / "pages" / "templates" / "card.html"
    part.parent.mkdir(parents=True)
    part.write_text("<p>Here</p>")
    found = [shell.version(tmp_path)]
    part.write_text("<p>There</p>")
    found.append(shell.version(tmp_path))
    # Sphinx copies sheets and scripts only where it has a page to write.
    (tmp_path / "pages" / "look.css").write_text("p {}")
    found.append(shell.version(tmp_path))
    (tmp_path / "pages" / "__pycache__").mkdir()
    (tmp_path / "pages" / "__pycache__" / "card.pyc").write_text("")
    found.append(shell.version(tmp_path))
    assert len(set(found[:3])) == 3 and found[3] == found[2]
