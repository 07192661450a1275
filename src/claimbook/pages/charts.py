"""Charts on the page: a figure with its title, source, data table and download, drawn lazily.

A chart is a plotly figure whose `layout.meta.claimbook` describes it (id, title, alt, unit,
source, n, columns, rows). Here it becomes plain HTML that is complete without a script: the
drawing itself is added by `charts.js` when the figure comes into view.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from claimbook.pages import state
from claimbook.pages.state import BookError
from claimbook.pages.tables import data_table, scrolling_table
from claimbook.pages.vendored import Bundle, check_files, check_plotly_version, smallest_bundle

MIME = "application/vnd.plotly.v1+json"
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_WORDS = {
    "title": "the one message of the chart, as a sentence",
    "alt": "a sentence that says what the chart shows to someone who cannot see it",
    "unit": "the unit of the values",
    "source": "where the figures come from",
}


class ChartError(ValueError):
    """A chart lacks something a reader needs; `problems` holds one sentence for each thing."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class Stepper:
    """What a chart's slider steps through, the names of the steps, and which is shown first."""

    label: str
    steps: list[str]
    shown: int


@dataclass(frozen=True)
class Chart:
    """A described chart: what it says, its data, and the figure to draw.

    `rows` are lists as long as `columns`; `height` is in pixels; `figure` is the plotly figure
    without its description, title and template; `stepper` is what its slider steps through.
    """

    id: str
    title: str
    alt: str
    unit: str
    source: str
    n: int
    columns: list[str]
    rows: list[list[Any]]
    height: int
    figure: dict[str, Any]
    stepper: Stepper | None = None

    @property
    def anchor(self) -> str:
        """The id of the figure on its page."""
        return f"chart-{self.id}"

    @property
    def traces(self) -> frozenset[str]:
        """The plotly trace types the figure is made of."""
        return frozenset(trace.get("type", "scatter") for trace in self.figure["data"])


def read_chart(figure: Mapping[str, Any]) -> Chart:
    """Read a described chart from a plotly figure.

    Parameters
    ----------
    figure : mapping
        A plotly figure as JSON (`data`, `layout`, `config`) with the description in
        `layout.meta.claimbook` and its height in pixels in `layout.height`.

    Returns
    -------
    Chart

    Raises
    ------
    ChartError
        If something is missing or malformed; one sentence for each thing.
    """
    layout = figure.get("layout") or {}
    meta = (layout.get("meta") or {}).get("claimbook")
    if not isinstance(meta, Mapping):
        raise ChartError(
            [
                "a chart does not say what it is: make it with claimbook.figures, which asks for "
                "its id, title, alt text, unit, source, n and rows."
            ]
        )
    problems = [
        *_problems_of_words(meta),
        *_problems_of_data(meta),
        *_problems_of_height(layout, meta),
    ]
    if problems:
        raise ChartError(problems)
    words = {name: meta[name].strip() for name in _WORDS}
    return Chart(
        id=meta["id"],
        **words,
        n=meta["n"],
        columns=list(meta["columns"]),
        rows=[list(row) for row in meta["rows"]],
        height=int(layout["height"]),
        figure=_figure_to_draw(figure),
        stepper=_stepper(figure),
    )


def _named(meta: Mapping[str, Any]) -> str:
    return f"the chart “{meta['id']}”" if meta.get("id") else "a chart"


def _problems_of_words(meta: Mapping[str, Any]) -> list[str]:
    problems = []
    identity = meta.get("id")
    if not isinstance(identity, str) or not _ID.fullmatch(identity):
        problems.append(
            f"{_named(meta)} has no usable id: add one of small letters, digits and hyphens, "
            "such as “gini-changes”."
        )
    for name, meaning in _WORDS.items():
        value = meta.get(name)
        if not isinstance(value, str) or not value.strip():
            problems.append(f"{_named(meta)} has no {name}: add {meaning}.")
    n = meta.get("n")
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        problems.append(f"{_named(meta)} has no n: add the number of observations it shows.")
    return problems


def _problems_of_data(meta: Mapping[str, Any]) -> list[str]:
    columns, rows = meta.get("columns"), meta.get("rows")
    if not isinstance(columns, list) or not columns or not all(map(_is_name, columns)):
        return [f"{_named(meta)} has no columns: add the headings of its data table."]
    if len(set(columns)) < len(columns):
        return [f"{_named(meta)} has two columns of one name: give each heading its own."]
    if not isinstance(rows, list) or not rows:
        return [f"{_named(meta)} has no rows: add the values it draws."]
    wrong = [i for i, row in enumerate(rows, 1) if len(row) != len(columns)]
    if wrong:
        return [
            f"{_named(meta)} has a row of another length than its columns (row {wrong[0]}): "
            "give each row one value for each column."
        ]
    return []


def _problems_of_height(layout: Mapping[str, Any], meta: Mapping[str, Any]) -> list[str]:
    height = layout.get("height")
    if isinstance(height, bool) or not isinstance(height, (int, float)) or height <= 0:
        return [
            f"{_named(meta)} has no height: set layout.height in pixels, or the page jumps "
            "when it is drawn."
        ]
    return []


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _figure_to_draw(figure: Mapping[str, Any]) -> dict[str, Any]:
    elsewhere = (
        "title",
        "template",
        "width",
        "sliders",
    )  # on the page these are HTML, or the theme's
    layout = {k: v for k, v in figure["layout"].items() if k not in elsewhere}
    meta = {k: v for k, v in layout["meta"].items() if k != "claimbook"}
    layout = {k: v for k, v in layout.items() if k != "meta"} | ({"meta": meta} if meta else {})
    steps = [frame["data"] for frame in figure.get("frames") or []]
    drawn = {"data": list(figure.get("data") or []), "layout": layout}
    return drawn | {"steps": steps} if steps else drawn


def _stepper(figure: Mapping[str, Any]) -> Stepper | None:
    frames = figure.get("frames") or []
    if not frames:
        return None
    slider = figure["layout"]["sliders"][0]
    label = slider["currentvalue"]["prefix"].removesuffix(": ")
    return Stepper(label, [frame["name"] for frame in frames], int(slider["active"]))


def cell_text(value: Any) -> str:
    """Return a value of a chart's rows as it stands in the table and in the CSV file.

    Parameters
    ----------
    value : str, int, float, bool or None
        None becomes an empty cell.

    Returns
    -------
    str
    """
    return "" if value is None else str(value)


def csv_text(chart: Chart) -> str:
    """Return the rows of a chart as CSV with a heading line (RFC 4180, but lines end in LF).

    Parameters
    ----------
    chart : Chart

    Returns
    -------
    str
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(chart.columns)
    writer.writerows([[cell_text(value) for value in row] for row in chart.rows])
    return out.getvalue()


def csv_name(docname: str, chart_id: str) -> str:
    """Return the name of a chart's CSV file, which lies beside its page.

    Parameters
    ----------
    docname : str
        The page, as Sphinx names it (a path without ending).
    chart_id : str

    Returns
    -------
    str
        Such as ``inequality-rose.gini-changes.csv``.
    """
    return f"{docname.rsplit('/', 1)[-1]}.{chart_id}.csv"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _table(chart: Chart) -> str:
    numeric = [
        any(_is_number(row[i]) for row in chart.rows)
        and all(row[i] is None or _is_number(row[i]) for row in chart.rows)
        for i in range(len(chart.columns))
    ]
    cells = [[cell_text(value) for value in row] for row in chart.rows]
    caption = f"{chart.title} ({chart.unit})"
    return scrolling_table(
        data_table(chart.columns, cells, numeric, caption), f"Data of the chart: {chart.title}"
    )


def _inline_json(value: Any) -> str:
    # "<" cannot end the script element or open a comment once it is written as an escape.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _slider(chart: Chart) -> str:
    """Return the control that steps through a chart; hidden until the script can answer it."""
    stepper = chart.stepper
    if stepper is None:
        return ""
    control = f"{chart.anchor}-step"
    names = escape(json.dumps(stepper.steps, ensure_ascii=False))
    now = escape(stepper.steps[stepper.shown])
    return f"""<p class="cb-chart__step"><label for="{control}">{escape(stepper.label)}</label>
<output for="{control}">{now}</output>
<input type="range" id="{control}" min="0" max="{len(stepper.steps) - 1}" value="{stepper.shown}" \
aria-valuetext="{now}" data-steps="{names}" hidden></p>"""


def figure_html(chart: Chart, csv_file: str) -> str:
    """Return the HTML of a chart: everything but the drawing works without a script.

    Parameters
    ----------
    chart : Chart
    csv_file : str
        The address of its CSV file, relative to the page.

    Returns
    -------
    str
        A `<figure class="cb-chart" id="chart-ID">`.
    """
    title, alt = escape(chart.title), escape(chart.alt)
    count = len(chart.rows)
    return f"""<figure class="cb-chart" id="{chart.anchor}">
<figcaption class="cb-chart__title">{title}
<a class="cb-chart__anchor" href="#{chart.anchor}" aria-label="Link to this chart: {title}">#</a>
</figcaption>
<div class="cb-chart__plot" role="img" aria-label="{alt}" style="height:{chart.height}px"></div>
{_slider(chart)}
<script type="application/json" class="cb-chart__figure">{_inline_json(chart.figure)}</script>
<noscript><p class="cb-chart__note">{alt}</p></noscript>
<p class="cb-chart__source">{escape(chart.unit)} · {escape(chart.source)} · n = {chart.n}</p>
<p class="cb-chart__download"><a href="{escape(csv_file)}" download \
aria-label="Download CSV: {title}">Download CSV</a></p>
<details class="cb-chart__data">
<summary>Data table ({count} {"row" if count == 1 else "rows"})</summary>
{_table(chart)}
</details>
</figure>
"""


def chart_nodes(
    env: BuildEnvironment, document: nodes.document, figure: Mapping[str, Any], cell: int | None
) -> list[nodes.Element]:
    """Return the nodes of a chart and remember it for the page it stands on.

    Parameters
    ----------
    env : sphinx.environment.BuildEnvironment
        The build, at the page that is being read.
    document : docutils.nodes.document
        The page; the chart becomes a target that `[text](#chart-ID)` finds.
    figure : mapping
        The plotly figure as JSON.
    cell : int or None
        The index of the notebook's cell, counted from 0, to name in a message.

    Returns
    -------
    list of docutils.nodes.Element
        Empty if the chart is incomplete: the build then stops once every page has been read.
    """
    page = state.page(env)
    where = env.docname if cell is None else f"{env.docname}, cell {cell + 1}"
    try:
        chart = read_chart(figure)
        smallest_bundle(page.traces | chart.traces)
        if csv_name(env.docname, chart.id) in page.files:
            raise ChartError([f"two charts have the id “{chart.id}”: give one of them another."])
    except ChartError as error:
        page.problems += [f"{where}: {problem}" for problem in error.problems]
        return []
    except BookError as error:
        page.problems.append(f"{where}: {error}")
        return []
    name = csv_name(env.docname, chart.id)
    page.files[name] = csv_text(chart)
    page.traces |= chart.traces
    node = nodes.raw("", figure_html(chart, name), format="html")
    node["ids"], node["names"] = [chart.anchor], [chart.anchor]
    document.note_explicit_target(node)
    return [node]


def _link_from_elsewhere(app: Sphinx, doctree: nodes.document) -> None:
    """Let `[text](chapter.ipynb#chart-ID)` find a chart: MyST looks among a page's headings."""
    slugs = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
    for node in doctree.findall(nodes.raw):
        for anchor in node["ids"]:
            slugs[anchor] = (node.line or 0, anchor, anchor)


def _stop_if_incomplete(app: Sphinx, env: BuildEnvironment) -> None:
    problems = [problem for page in state.pages(env).values() for problem in page.problems]
    if problems:
        raise BookError("\n".join(problems))


def _check_vendored(app: Sphinx) -> None:
    from plotly.offline import get_plotlyjs_version  # slow to import, needed once a build

    check_files()
    check_plotly_version(get_plotlyjs_version())


def page_bundle(env: BuildEnvironment, docname: str) -> Bundle | None:
    """Return the chart script a page needs, or None for a page without charts.

    Parameters
    ----------
    env : sphinx.environment.BuildEnvironment
    docname : str

    Returns
    -------
    claimbook.pages.vendored.Bundle or None
    """
    page = state.pages(env).get(docname)
    return smallest_bundle(page.traces) if page and page.files else None


def _add_scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None
) -> None:
    bundle = page_bundle(app.env, pagename)
    if bundle is None:
        return
    address = context["pathto"](f"_static/vendor/{bundle.file}", resource=True)
    app.add_js_file(
        "charts.js",
        loading_method="defer",
        **{"data-plotly": f"{address}?v={bundle.sha256[:8]}"},
    )


def _write_files(app: Sphinx, exception: Exception | None) -> None:
    if exception is not None or app.builder.format != "html":
        return
    for docname, page in sorted(state.pages(app.env).items()):
        folder = Path(app.outdir, docname).parent
        for name, text in page.files.items():
            folder.joinpath(name).write_text(text, encoding="utf-8", newline="\n")


def connect(app: Sphinx) -> None:
    """Connect the charts to a build: their checks, scripts and files."""
    app.connect("builder-inited", _check_vendored)
    app.connect("doctree-read", _link_from_elsewhere)
    app.connect("env-updated", _stop_if_incomplete)
    app.connect("html-page-context", _add_scripts)
    app.connect("build-finished", _write_files)
