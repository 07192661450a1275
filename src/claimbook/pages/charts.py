"""Charts on the page: a figure with its title, source, data table and download, drawn lazily.

A chart says what it is (see `claimbook.figures`). Here it becomes plain HTML that is complete
without a script: the drawing itself is added by `charts.js` when the figure comes into view.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from claimbook.figures import MIME, Chart, ChartError, words
from claimbook.pages import parts, state
from claimbook.pages.state import BookError
from claimbook.pages.vendored import bundle, check_files, check_plotly_version, require_drawn

__all__ = ["MIME", "chart_nodes"]
# On the page these are HTML, or the theme's.
_ELSEWHERE = ("title", "template", "width", "sliders", "meta")


def anchor(chart: Chart) -> str:
    """Return the id of a chart's figure on its page."""
    return f"chart-{chart.meta['id']}"


def traces(chart: Chart) -> set[str]:
    """Return the plotly trace types that a chart is made of."""
    return {trace.get("type", "scatter") for trace in chart.drawn["data"]}


def figure_to_draw(chart: Chart) -> dict[str, Any]:
    """Return the plotly figure as `charts.js` draws it: without description, title and template."""
    layout = {k: v for k, v in chart.drawn["layout"].items() if k not in _ELSEWHERE}
    drawn = {"data": chart.drawn["data"], "layout": layout}
    steps = [frame["data"] for frame in chart.drawn.get("frames") or ()]
    return drawn | ({"steps": steps} if steps else {})


def csv_name(docname: str, chart_id: str) -> str:
    """Return the name of a chart's CSV file beside its page: `inequality-rose.gini-changes.csv`."""
    return f"{docname.rsplit('/', 1)[-1]}.{chart_id}.csv"


def figure_html(chart: Chart, csv_file: str) -> str:
    """Return the HTML of a chart, complete but for the drawing; `csv_file` is its CSV's address."""
    columns = list(zip(*chart.cells, strict=True))
    numeric = [words.are_numbers(column) for column in columns]
    # Numbers with the digits a reader can use; the CSV has them all.
    rows = zip(*map(words.shown, columns), strict=True)
    heads, *cells = (list(zip(row, numeric, strict=True)) for row in (chart.meta["columns"], *rows))
    return parts.render(
        "chart",
        chart=chart,
        csv_file=csv_file,
        here=anchor(chart),
        figure=figure_to_draw(chart),
        heads=heads,
        rows=cells,
    )


def chart_nodes(
    env: BuildEnvironment, document: nodes.document, figure: Mapping[str, Any], cell: int | None
) -> list[nodes.Element]:
    """Return the nodes of a chart and remember it for its page, where links `#chart-ID` find it.

    An incomplete chart has no nodes: the build stops once every page has been read, and names the
    notebook's cell (counted from 0; None where the chart stands in none).
    """
    page = state.page(env)
    where = env.docname if cell is None else f"{env.docname}, cell {cell + 1}"
    try:
        chart = Chart(dict(figure))
        name = csv_name(env.docname, chart.meta["id"])
        if name in page.files:
            raise BookError(
                f"two charts have the id “{chart.meta['id']}”: give one of them another."
            )
        require_drawn(traces(chart))
    except (ChartError, BookError) as error:
        found = error.problems if isinstance(error, ChartError) else [error]
        page.problems += [f"{where}: {problem}" for problem in found]
        return []
    page.files[name] = chart.csv
    node = nodes.raw("", str(figure_html(chart, name)), format="html")
    node["ids"], node["names"] = [anchor(chart)], [anchor(chart)]
    document.note_explicit_target(node)
    return [node]


def link_from_elsewhere(app: Sphinx, doctree: nodes.document) -> None:
    """Let `[text](chapter.ipynb#chart-ID)` find a chart: MyST looks among a page's headings."""
    slugs = app.env.metadata[app.env.docname].setdefault("myst_slugs", {})
    for node in doctree.findall(nodes.raw):
        for name in node["ids"]:
            slugs[name] = (node.line or 0, name, name)


def stop_if_incomplete(app: Sphinx, env: BuildEnvironment) -> None:
    """Stop once every page has been read, naming all that is wrong with charts."""
    problems = [problem for page in state.pages(env).values() for problem in page.problems]
    if problems:
        raise BookError("\n".join(problems))


def check_vendored(app: Sphinx) -> None:
    """Refuse vendored files that are not those described, or fit another plotly."""
    from plotly.offline import get_plotlyjs_version  # slow to import, needed once a build

    check_files()
    check_plotly_version(get_plotlyjs_version())


def add_scripts(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Bring the chart script along where a page has charts."""
    page = state.pages(app.env).get(pagename)
    if not page or not page.files:
        return
    entry = bundle()
    address = context["pathto"](f"_static/vendor/{entry['file']}", resource=True)
    plotly = {"data-plotly": f"{address}?v={entry['sha256'][:8]}"}
    # Early, for what it fetches is the heaviest.
    app.add_js_file("charts.js", priority=410, loading_method="defer", **plotly)


def write_files(app: Sphinx, site: Path) -> None:
    """Write each chart's table beside its page."""
    for docname, page in sorted(state.pages(app.env).items()):
        folder = (site / docname).parent
        for name, text in page.files.items():
            folder.joinpath(name).write_text(text, encoding="utf-8", newline="\n")
