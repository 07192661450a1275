"""Charts: plotly figures that carry what a reader needs to trust them.

Every chart has an id that can be linked, a title that says its one message, a text alternative, the
unit of its axis, its source, the number of economies, and the table of its data. Its text form is
that table, so that nbval and a reviewer's diff say which point moved.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go

from claimbook.errors import ClaimbookError
from claimbook.estimates import rounded

MIME = "application/vnd.plotly.v1+json"
HEIGHT = 420
# Okabe and Ito's palette for colour-blind readers; these hold 3:1 on white and on near-black.
BLUE, VERMILION, GREEN, PURPLE, ORANGE, GREY = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#B0609A",
    "#B87A00",
    "#7A7F87",
)
PALETTE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, GREY)
RISE, FALL, NEUTRAL = VERMILION, BLUE, GREY
OUTCOME_COLOURS = {"supports": GREEN, "contradicts": VERMILION, "inconclusive": GREY}
_AXIS = {"zeroline": True, "zerolinecolor": "#9AA0A6", "gridcolor": "#E4E7EB", "automargin": True}
TEMPLATE = go.layout.Template(
    layout={
        "colorway": list(PALETTE),
        "font": {"family": "system-ui, sans-serif", "size": 14},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 56, "r": 16, "t": 48, "b": 56},
        "hoverlabel": {"align": "left"},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": ""},
        "xaxis": _AXIS,
        "yaxis": _AXIS,
    }
)


class Chart:
    """A figure with its message, text alternative, unit, source, n and table.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        What is drawn.
    meta : dict
        ``id``, ``title``, ``alt``, ``unit``, ``source``, ``n``, ``columns`` and ``rows``.
    """

    def __init__(self, figure: go.Figure, meta: dict[str, Any]) -> None:
        self.figure = figure
        self.meta = meta

    def as_dict(self) -> dict[str, Any]:
        """Return the plotly figure as plain JSON: lists, six significant digits, no base64.

        Returns
        -------
        dict
            ``data``, ``layout`` (with the chart's particulars under ``meta.claimbook``) and
            ``config``; ``frames`` where the chart has steps (see :func:`stepped`).
        """
        plain = self.figure.to_plotly_json()
        layout = _plain(plain["layout"]) | {"meta": {"claimbook": self.meta}}
        config = {"displayModeBar": False, "responsive": True}
        drawn = {"data": _plain(plain["data"]), "layout": layout, "config": config}
        frames = [
            {"name": step["name"], "data": _plain(step["data"])} for step in plain.get("frames", ())
        ]
        return drawn | {"frames": frames} if frames else drawn

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        drawn = self.as_dict()
        return {MIME: drawn, "text/plain": text_form(drawn)}

    def __repr__(self) -> str:
        return text_form(self.as_dict())


def text_form(drawn: Mapping[str, Any]) -> str:
    """Return a chart as text: its particulars, its table, and a fingerprint of what is drawn.

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
    table = pd.DataFrame(meta["rows"], columns=meta["columns"])
    return "\n".join(
        [
            f"chart {meta['id']}: {meta['title']}",
            f"unit: {meta['unit']}; n = {meta['n']}; source: {meta['source']}",
            f"drawn: {fingerprint(drawn)}",
            table.to_csv(index=False, lineterminator="\n").strip(),
        ]
    )


def fingerprint(drawn: Mapping[str, Any]) -> str:
    """Return a short fingerprint of a chart's plotly JSON.

    Parameters
    ----------
    drawn : mapping
        A chart's plotly JSON.

    Returns
    -------
    str
        The first 12 hexadecimal digits of a SHA-256.
    """
    text = json.dumps(drawn, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]


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
) -> Chart:
    """Make a chart of a plotly figure: one message, and all that lets a reader check it.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Drawn with plotly.express or graph_objects; its look is replaced by the book's.
    table : pandas.DataFrame
        The data behind the chart, tidy: what the page shows as a table and gives as CSV. Its index
        becomes the first column where it has a name.
    id : str
        Lower case with hyphens, unique in the chapter: the chart's address.
    title : str
        The chart's message in a sentence.
    alt : str
        What a reader who cannot see it needs to know.
    unit : str
        Unit of the values shown.
    source : str
        Where the figures come from; see ``Snapshot.cite``.
    n : int, optional
        Number of economies (or other units); rows of the table by default.
    height : int
        Height in pixels, fixed so that the page does not jump.

    Returns
    -------
    Chart
        Shows itself in Jupyter and in the book.

    Raises
    ------
    ClaimbookError
        If one of the texts is empty or the table has no rows.
    """
    texts = {"id": id, "title": title, "alt": alt, "unit": unit, "source": source}
    for name, text in texts.items():
        if not text.strip():
            raise ClaimbookError(f"The chart {id or title!r} has no {name}: give it one.")
    if table.empty:
        raise ClaimbookError(f"The chart {id} has an empty table: there is nothing to show.")
    if table.index.name:
        table = table.reset_index()
    figure = go.Figure(figure).update_layout(template=TEMPLATE, height=height, title_text=title)
    meta = texts | {
        "n": len(table) if n is None else int(n),
        "columns": [str(column) for column in table.columns],
        "rows": _plain(table.to_numpy(dtype=object).tolist()),
    }
    return Chart(figure, meta)


def distribution(values: pd.Series, *, width: float, x: str, y: str = "Economies") -> go.Figure:
    """Draw how values are spread: how many economies fall into each bin.

    Parameters
    ----------
    values : pandas.Series
        One value an economy.
    width : float
        Width of a bin, in the unit of the values; bins start at multiples of it.
    x, y : str
        Titles of the axes, with the unit.

    Returns
    -------
    plotly.graph_objects.Figure
        Bars, those above zero and those below in two colours.
    """
    binned = bins(values, width)
    middles = binned["from"] + width / 2
    figure = go.Figure()
    for name, side, colour in (
        ("fell", middles < 0, FALL),
        ("rose, or stayed", middles > 0, RISE),
    ):
        figure.add_bar(
            x=middles[side],
            y=binned.loc[side, "economies"],
            name=name,
            marker_color=colour,
            width=width * 0.94,
            customdata=binned.loc[side, ["from", "to"]],
            hovertemplate="%{customdata[0]} to %{customdata[1]}: %{y} economies<extra></extra>",
        )
    return figure.update_layout(xaxis_title=x, yaxis_title=y)


def signed(number: float, digits: int) -> str:
    """Write a number with its sign, for titles and text alternatives.

    Parameters
    ----------
    number : float
        Any number.
    digits : int
        Decimal places.

    Returns
    -------
    str
        With ``+`` or a true minus sign, such as ``"−2.0"``.
    """
    return f"{number:+.{digits}f}".replace("-", "−")


def bins(values: pd.Series, width: float) -> pd.DataFrame:
    """Count values in bins of equal width that start at multiples of it.

    Parameters
    ----------
    values : pandas.Series
        Numbers.
    width : float
        Width of a bin, same unit.

    Returns
    -------
    pandas.DataFrame
        Columns ``from``, ``to`` (a bin holds its lower edge) and ``economies``.
    """
    place = np.floor(values / width).astype(int)
    counts = place.value_counts().reindex(range(place.min(), place.max() + 1), fill_value=0)
    lower = counts.index.to_numpy() * width
    return pd.DataFrame({"from": lower, "to": lower + width, "economies": counts.to_numpy()})


def ranked(values: pd.Series, names: pd.Series, *, x: str) -> go.Figure:
    """Draw named economies as dots in order of their value.

    Parameters
    ----------
    values : pandas.Series
        One value an economy, index iso3.
    names : pandas.Series
        Names by iso3.
    x : str
        Title of the axis, with the unit.

    Returns
    -------
    plotly.graph_objects.Figure
        The highest value on top, a stem from zero to each dot.
    """
    values = values.sort_values(kind="stable")
    labels = names.reindex(values.index)
    figure = px.scatter(x=values, y=labels, custom_data=[values.index])
    figure.update_traces(
        marker={"size": 10, "color": [RISE if value > 0 else FALL for value in values]},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [max(-value, 0) for value in values],
            "arrayminus": [max(value, 0) for value in values],
            "width": 0,
            "color": NEUTRAL,
            "thickness": 1,
        },
        hovertemplate="%{y}: %{x}<extra></extra>",
    )
    return figure.update_layout(
        xaxis_title=x, yaxis_title=None, yaxis={"dtick": 1, "showgrid": False}
    )


def scatter(
    table: pd.DataFrame,
    x: str,
    y: str,
    *,
    named: Iterable[str] = (),
    colour: str | None = None,
    diagonal: bool = False,
) -> go.Figure:
    """Draw two values of each economy against each other and name some of them.

    Parameters
    ----------
    table : pandas.DataFrame
        Index iso3 with the columns ``x``, ``y`` and ``name``.
    x, y : str
        Columns, whose names, with the unit, become the titles of the axes.
    named : iterable of str
        Iso3 codes of the economies to label.
    colour : str, optional
        A column that colours the dots.
    diagonal : bool
        Draw the line on which both are equal.

    Returns
    -------
    plotly.graph_objects.Figure
        Dots with hover text.
    """
    labelled = set(named)
    labels = [name if code in labelled else "" for code, name in table["name"].items()]
    figure = px.scatter(
        table.assign(label=labels, economy=table.index),
        x=x,
        y=y,
        text="label",
        color=colour,
        custom_data=["economy", "name"],
        color_discrete_sequence=list(PALETTE),
    )
    figure.update_traces(
        marker={"size": 9, "opacity": 0.8},
        textposition="top center",
        hovertemplate="%{customdata[1]}: %{x}, %{y}<extra></extra>",
    )
    figure.update_layout(legend_title_text="")  # the groups' names say what they are
    if diagonal:
        ends = [float(table[[x, y]].min().min()), float(table[[x, y]].max().max())]
        figure.add_scatter(
            x=ends,
            y=ends,
            mode="lines",
            line={"color": NEUTRAL, "dash": "dot", "width": 1},
            hoverinfo="skip",
            showlegend=False,
        )
    return figure


def intervals(table: pd.DataFrame, *, x: str, colours: Sequence[str] | None = None) -> go.Figure:
    """Draw estimates with their 95 % intervals, one a row.

    Parameters
    ----------
    table : pandas.DataFrame
        Index label; columns ``value``, ``low``, ``high`` in one unit.
    x : str
        Title of the axis, with the unit.
    colours : sequence of str, optional
        A colour a row.

    Returns
    -------
    plotly.graph_objects.Figure
        The first row on top.
    """
    upwards = table[::-1]
    figure = go.Figure(
        go.Scatter(
            x=upwards["value"],
            y=upwards.index,
            mode="markers",
            marker={"size": 10, "color": list(colours)[::-1] if colours else BLUE},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": upwards["high"] - upwards["value"],
                "arrayminus": upwards["value"] - upwards["low"],
                "color": NEUTRAL,
                "thickness": 1.5,
                "width": 4,
            },
            hovertemplate="%{y}: %{x}<extra></extra>",
        )
    )
    return figure.update_layout(xaxis_title=x, yaxis={"dtick": 1, "showgrid": False})


def slope(table: pd.DataFrame, before: str, after: str, *, y: str) -> go.Figure:
    """Draw how each of a few economies moved between two times, as a sloping line.

    Parameters
    ----------
    table : pandas.DataFrame
        Index iso3; the columns ``before`` and ``after`` in one unit, and ``name``. Six rows or so:
        more lines cannot be told apart.
    before, after : str
        The two columns, whose names label the two sides.
    y : str
        Title of the axis, with the unit.

    Returns
    -------
    plotly.graph_objects.Figure
        One line an economy, named at its right end, rising and falling lines in two colours.
    """
    figure = go.Figure()
    for code, row in table.iterrows():
        figure.add_scatter(
            x=[before, after],
            y=[row[before], row[after]],
            mode="lines+markers+text",
            text=["", row["name"]],
            textposition="middle right",
            line={"color": RISE if row[after] > row[before] else FALL},
            customdata=[[code], [code]],
            hovertemplate=f"{row['name']}: %{{y}}<extra></extra>",
            showlegend=False,
        )
    return figure.update_layout(yaxis_title=y, xaxis={"range": [-0.1, 1.6], "showgrid": False})


def small_multiples(table: pd.DataFrame, x: str, y: str, by: str, *, columns: int = 3) -> go.Figure:
    """Draw the same lines once for each of several groups, on common axes.

    Parameters
    ----------
    table : pandas.DataFrame
        Long form with the columns ``x``, ``y`` and ``by``.
    x, y : str
        Columns of the axes, whose names, with the unit, become their titles.
    by : str
        Column of the group.
    columns : int
        Panels in a row.

    Returns
    -------
    plotly.graph_objects.Figure
        One panel a group, headed by its name.
    """
    figure = px.line(table, x=x, y=y, facet_col=by, facet_col_wrap=columns)
    figure.update_traces(line={"color": BLUE}, hovertemplate="%{x}: %{y}<extra></extra>")
    return figure.for_each_annotation(lambda note: note.update(text=note.text.split("=")[-1]))


def regions(table: pd.DataFrame, x: str, y: str, region: str) -> go.Figure:
    """Draw which region each point of a grid lies in: a map of a model's parameters.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a point of a full grid: the columns ``x``, ``y`` (numbers, whose names with the unit
        become the titles of the axes) and ``region`` (text, or an ordered category that gives the
        order of the legend). Points without a region stay blank. A category without points keeps
        its colour and stays out of the legend, so that several maps can be steps of one chart.
    x, y, region : str
        Names of those columns.

    Returns
    -------
    plotly.graph_objects.Figure
        One colour a region, six at most.

    Raises
    ------
    ClaimbookError
        If there are more regions than colours that can be told apart.
    """
    named = table[region].astype("category")
    names = list(named.cat.categories)
    if len(names) > len(PALETTE):
        raise ClaimbookError(
            f"The map has {len(names)} regions, more than the {len(PALETTE)} colours that can be "
            "told apart: join some of them."
        )
    figure = go.Figure()
    for name, colour in zip(names, PALETTE, strict=False):
        inside = table.assign(inside=np.where(named == name, 1.0, np.nan))
        grid = inside.pivot(index=y, columns=x, values="inside")
        grid = grid.iloc[_reach(grid.notna().any(axis=1)), _reach(grid.notna().any(axis=0))]
        figure.add_heatmap(
            x=grid.columns,
            y=grid.index,
            z=grid.to_numpy(),
            name=str(name),
            colorscale=[[0, colour], [1, colour]],
            showscale=False,
            showlegend=bool((named == name).any()),
            hoverongaps=False,
            hovertemplate=f"{x} %{{x}}, {y} %{{y}}: {name}<extra></extra>",
        )
    return figure.update_layout(xaxis_title=x, yaxis_title=y)


def _reach(found: pd.Series) -> slice:
    """From one place before the first that is true to one after the last: cells keep their size."""
    places = np.flatnonzero(found)
    return slice(max(places[0] - 1, 0), places[-1] + 2) if places.size else slice(0)


def stepped(steps: Mapping[str, go.Figure], *, label: str, start: str | None = None) -> go.Figure:
    """Join figures into one that a reader steps through, such as a model at several parameters.

    On the page a slider stands under the chart; on paper the first step shown is what is printed,
    and the data table holds every step.

    Parameters
    ----------
    steps : mapping of str to plotly.graph_objects.Figure
        Name of each step, such as ``"1.5"``, to its figure, in order. All have traces of the same
        types in the same order; the layout is the starting step's, so fix the ranges of its axes.
    label : str
        What is stepped through: the slider's label, such as ``"Skill of C"``.
    start : str, optional
        The step shown first; by default the first.

    Returns
    -------
    plotly.graph_objects.Figure
        The starting figure, with a frame for each step.

    Raises
    ------
    ClaimbookError
        If there are fewer than two steps, ``start`` is none of them, or traces differ in type.
    """
    if len(steps) < 2:
        raise ClaimbookError(f"The chart of {label!r} has {len(steps)} steps: give at least two.")
    shown = next(iter(steps)) if start is None else start
    if shown not in steps:
        raise ClaimbookError(f"{shown!r} is no step of the chart of {label!r}: name one of them.")
    kinds = {name: [trace.type for trace in figure.data] for name, figure in steps.items()}
    for name, found in kinds.items():
        if found != kinds[shown]:
            raise ClaimbookError(
                f"The step {name!r} of the chart of {label!r} has the traces {found}, the step "
                f"{shown!r} has {kinds[shown]}: draw the same traces, empty if need be."
            )
    places = list(steps)
    figure = go.Figure(
        data=steps[shown].data,
        layout=steps[shown].layout,
        frames=[go.Frame(name=name, data=step.data) for name, step in steps.items()],
    )
    # JupyterLab draws plotly's own slider; the page has one that the keyboard reaches.
    return figure.update_layout(
        sliders=[
            {
                "active": places.index(shown),
                "currentvalue": {"prefix": f"{label}: "},
                "steps": [
                    {"label": name, "method": "animate", "args": [[name], {"mode": "immediate"}]}
                    for name in places
                ],
            }
        ]
    )


def _plain(value: Any) -> Any:
    """Turn what plotly and pandas hold into JSON: lists, six significant digits, no base64."""
    if isinstance(value, Mapping):
        if "bdata" in value:
            return _plain(_decoded(value))
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, np.ndarray | pd.Series | pd.Index):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return rounded(value) if math.isfinite(value) else None
    return value


def _decoded(packed: Mapping[str, Any]) -> np.ndarray:
    """Unpack an array that plotly has packed as base64."""
    flat = np.frombuffer(base64.b64decode(packed["bdata"]), dtype=packed["dtype"])
    shape = packed.get("shape")
    return flat if shape is None else flat.reshape([int(side) for side in str(shape).split(",")])
