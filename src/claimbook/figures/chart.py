"""Charts: plotly figures that carry what a reader needs to trust them.

Every chart has an id that can be linked, a title that says its one message, a text alternative, the
unit of its axis, its source, the number of economies, and the table of its data. Its text form is
that table, so that nbval and a reviewer's diff say which point moved. ``chart.schema.json`` says
what is asked of a chart, both when it is made and when a page shows it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from claimbook.errors import ClaimbookError
from claimbook.estimates import rounded
from claimbook.figures import words
from claimbook.figures.contrast import themed
from claimbook.figures.palette import TEMPLATE
from claimbook.figures.steps import animated, without_repeats

if TYPE_CHECKING:
    import plotly.graph_objects as go

MIME = "application/vnd.plotly.v1+json"
HEIGHT = 420
_META = ("layout", "meta", "claimbook")


class ChartError(ClaimbookError):
    """A chart lacks something a reader needs; ``problems`` holds one sentence for each thing."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class Chart:
    """A figure with its message, text alternative, unit, source, n and table.

    Parameters
    ----------
    drawn : dict
        The plotly figure as plain JSON: ``data``, ``layout`` (with the chart's particulars under
        ``meta.claimbook``) and ``config``; ``frames`` where the chart has steps.

    Raises
    ------
    ChartError
        If it is not what ``chart.schema.json`` asks for.
    """

    drawn: dict[str, Any]

    def __post_init__(self) -> None:
        if found := problems(self.drawn):
            raise ChartError(found)

    @property
    def meta(self) -> dict[str, Any]:
        """``id``, ``title``, ``alt``, ``unit``, ``source``, ``n``, ``columns`` and ``rows``."""
        return self.drawn["layout"]["meta"]["claimbook"]

    @property
    def cells(self) -> list[list[str]]:
        """The rows of the data table, each a list of texts."""
        return list(csv.reader(self.meta["rows"]))

    @property
    def csv(self) -> str:
        """The data table as CSV with a line of headings (RFC 4180, but lines end in LF).

        A text that a spreadsheet would run as a formula begins with an apostrophe.
        """
        lines = [self.meta["columns"], *self.cells]
        return "".join(f"{_csv_line([_inert(cell) for cell in line])}\n" for line in lines)

    @property
    def table(self) -> pd.DataFrame:
        """The data table as a frame."""
        return pd.read_csv(io.StringIO(self.csv), keep_default_na=False, na_values=[""])

    def as_dict(self) -> dict[str, Any]:
        """Return the plotly figure as plain JSON."""
        return self.drawn

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {MIME: self.drawn, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return text_form(self.drawn)


def text_form(drawn: Mapping[str, Any]) -> str:
    """Return a chart as text: its particulars, a fingerprint of what is drawn, and its table.

    Parameters
    ----------
    drawn : mapping
        A chart's plotly JSON, from :meth:`Chart.as_dict`.

    Returns
    -------
    str
        One line a row, so that a comparison names the point that moved.
    """
    meta = drawn["layout"]["meta"]["claimbook"]
    text = json.dumps(drawn, sort_keys=True, ensure_ascii=False)
    return "\n".join(
        [
            f"chart {meta['id']}: {meta['title']}",
            f"unit: {meta['unit']}; n = {meta['n']}; source: {meta['source']}",
            f"drawn: {hashlib.sha256(text.encode('utf-8')).hexdigest()[:12]}",
            _csv_line(meta["columns"]),
            *meta["rows"],
        ]
    )


def chart(
    figure: go.Figure,
    table: pd.DataFrame,
    *,
    id: str,
    title: str,
    alt: str,
    unit: str,
    source: str,
    n: int | None = None,
    height: int = HEIGHT,
    headings: Mapping[str, str] | None = None,
) -> Chart:
    """Make a chart of a plotly figure: one message, and all that lets a reader check it.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Drawn with plotly.express or graph_objects; its look is replaced by the book's. Traces
        without a tooltip get one: a sentence from the titles of the axes, which are written as
        ``"what is measured, unit"``.
    table : pandas.DataFrame
        The data behind the chart, tidy: what the page shows as a table and gives as CSV. Its index
        becomes the first column where it has a name.
    id : str
        Lower case with hyphens, unique in the chapter: the chart's address.
    title : str
        The chart's message in a sentence.
    alt : str
        What a reader who cannot see it needs to know: one or two sentences, 360 characters at
        most, numbers with four significant digits at most.
    unit : str
        Unit of the values shown.
    source : str
        Where the figures come from; see ``Snapshot.cite``.
    n : int, optional
        Number of economies (or other units); rows of the table by default.
    height : int
        Height in pixels, fixed so that the page does not jump.
    headings : mapping of str to str, optional
        Columns of the table to their headings, where the column's name is not what a reader would
        call it. Others are their names with a capital and without underscores; ``name``,
        ``value``, ``low`` and ``high`` have headings of their own.

    Returns
    -------
    Chart
        Shows itself in Jupyter and in the book.

    Raises
    ------
    ChartError
        If something that a reader needs is missing, one sentence for each thing.
    """
    import plotly.graph_objects as go

    if any(table.index.names):
        table = table.reset_index()
    if table.columns.nlevels > 1:
        raise ChartError([f"the chart “{id}” has a table whose headings have levels: join them."])
    rows = _plain(table.astype(object).to_numpy().tolist())
    meta = {"id": id, "title": title, "alt": alt, "unit": unit, "source": source}
    meta |= {
        "n": len(table) if n is None else int(n),
        "columns": words.headings(table.columns, headings or {}),
        "rows": [_csv_line(row) for row in rows],
    }
    figure = go.Figure(figure).update_layout(height=height, title_text=title)
    figure.layout.template = TEMPLATE  # in the place of plotly's own, which an update would keep
    if figure.frames:
        animated(figure)
    layout = _plain(figure.layout.to_plotly_json()) | {"meta": {"claimbook": meta}}

    def answering(traces: Sequence[go.Trace]) -> list[dict[str, Any]]:
        plain = [_plain(trace.to_plotly_json()) for trace in traces]
        return [trace | words.tooltip(trace, layout) for trace in plain]

    drawn = {"data": answering(figure.data), "layout": layout}
    drawn["config"] = {"displayModeBar": False, "responsive": True}
    if figure.frames:
        steps = [{"name": step.name, "data": answering(step.data)} for step in figure.frames]
        drawn["frames"] = without_repeats(steps)
    return Chart(themed(drawn))


def _inert(cell: str) -> str:
    formula = cell.startswith(("=", "+", "-", "@")) and not words.are_numbers([cell])
    return f"'{cell}" if formula else cell


def _csv_line(cells: Sequence[Any]) -> str:
    """Write cells as a line of CSV without its end; None is an empty cell."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue().replace("\r", " ").replace("\n", " ")


@cache
def _schema() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name("chart.schema.json").read_text(encoding="utf-8"))


def problems(drawn: Mapping[str, Any]) -> list[str]:
    """Say what a reader needs and a chart lacks.

    Parameters
    ----------
    drawn : mapping
        A chart's plotly JSON.

    Returns
    -------
    list of str
        One sentence for each thing; empty for a chart that ``chart.schema.json`` admits.
    """
    from jsonschema import Draft202012Validator

    meta = _at(drawn, _META)
    if not isinstance(meta, Mapping):
        return [
            "a chart does not say what it is: make it with claimbook.figures, which asks for its "
            "id, title, alt text, unit, source, n and rows."
        ]
    named = f"the chart “{meta['id']}”" if meta.get("id") else "a chart"
    errors = list(Draft202012Validator(_schema()).iter_errors(drawn))
    fields = dict.fromkeys(field for error in errors for field in _fields(error))
    found = [_lack(field, _at(drawn, field)) for field in fields] or _unreadable(drawn)
    return [f"{named} has {problem}" for problem in found]


def _fields(error: Any) -> list[tuple[str, ...]]:
    """Return the paths of the fields that an error of the schema speaks of."""
    path = tuple(part for part in error.absolute_path if isinstance(part, str))
    if error.validator != "required":
        return [path]
    return [(*path, name) for name in error.validator_value if name not in error.instance]


def _lack(field: Sequence[str], value: Any) -> str:
    """Say which field is missing or of no use, and what the schema asks for in its place."""
    unusable = field[-1] == "id" or (value and str(value).strip())
    asked = _at(_schema(), [part for name in field for part in ("properties", name)]) or {}
    remedy = asked.get("description", "add it.")
    return f"no {'usable ' if unusable else ''}{field[-1]}: {remedy}"


def _unreadable(drawn: Mapping[str, Any]) -> list[str]:
    """Say what no schema can: numbers too exact to be heard, what does not move, rows that differ.

    The page draws steps by its own slider; of plotly's buttons it knows nothing.
    """
    layout, meta = drawn["layout"], _at(drawn, _META)
    if found := words.too_exact(meta["alt"]):
        exact = found[0]
        return [f"an alt text that says {exact}: a listener keeps four digits at most, round it."]
    if layout.get("updatemenus") or bool(layout.get("sliders")) != bool(drawn.get("frames")):
        return [
            "buttons or a slider that the page cannot move: join the states with figures.stepped."
        ]
    for place, row in enumerate(csv.reader(meta["rows"]), 1):
        if len(row) != len(meta["columns"]):
            return [
                f"a row of another length than its columns (row {place}): give each row one value "
                "for each column."
            ]
    return []


def _at(tree: Any, path: Sequence[str]) -> Any:
    for name in path:
        tree = tree.get(name) if isinstance(tree, Mapping) else None
    return tree


def _plain(value: Any) -> Any:
    """Turn what plotly and pandas hold into JSON: lists, six significant digits.

    A whole number has no point, for JupyterLab would write 2.0 as 2 and so change the file.
    """
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and math.isfinite(value):
        number = rounded(value)
        return int(number) if number.is_integer() else number
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        what, remedy = "an infinite value", "mend what made it so (a division by zero, a logarithm "
        remedy += "of zero), or leave it out as missing"
    else:
        what = f"{value!r:.60}, a {type(value).__name__}, which no JSON can hold"
        remedy = "write it as a number or a text"
    raise ChartError([f"a chart holds {what}: {remedy}."])
