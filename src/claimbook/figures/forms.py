"""The forms of charts: each a function that draws one kind of question, with tooltips.

Titles of axes are written as ``"what is measured, unit"``: tooltips are made of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from claimbook.errors import ClaimbookError
from claimbook.figures.palette import BLUE, FALL, NEUTRAL, PALETTE, RISE
from claimbook.figures.words import measured, number, quantity_and_unit, tooltip_digits

if TYPE_CHECKING:
    import plotly.graph_objects as go


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
    import plotly.graph_objects as go

    quantity, unit = quantity_and_unit(x)
    between = f"{quantity} between %{{customdata[0]}} and %{{customdata[1]}} {unit}"
    binned = bins(values, width)
    middles = binned["from"] + width / 2
    figure = go.Figure()
    for name, side, colour in (("fell", middles < 0, FALL), ("rose, or stayed", middles > 0, RISE)):
        figure.add_bar(
            x=middles[side],
            y=binned.loc[side, "economies"],
            name=name,
            marker_color=colour,
            width=width * 0.94,
            customdata=binned.loc[side, ["from", "to"]],
            hovertemplate=f"{between}: %{{y}} economies.<extra></extra>",
        )
    return figure.update_layout(xaxis_title=x, yaxis_title=y)


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
    import plotly.graph_objects as go

    values = values.sort_values(kind="stable")
    dots = go.Scatter(
        x=values,
        y=names.reindex(values.index),
        mode="markers",
        customdata=values.index,
        marker={"size": 10, "color": [RISE if value > 0 else FALL for value in values]},
        error_x=whiskers((-values).clip(lower=0), values.clip(lower=0), width=0, thickness=1),
    )
    return go.Figure(dots).update_layout(xaxis_title=x, yaxis={"dtick": 1, "showgrid": False})


def whiskers(
    above: pd.Series, below: pd.Series, color: str = NEUTRAL, **look: float
) -> dict[str, Any]:
    """Return the lines at either side of points, as plotly takes its error bars.

    Parameters
    ----------
    above, below : pandas.Series
        How far they reach from each point, in the unit of its axis.
    color : str
        Their colour.
    **look : float
        ``thickness`` of the lines and ``width`` of their ends, in pixels.

    Returns
    -------
    dict
        For ``error_x`` or ``error_y`` of a trace.
    """
    ends = {"type": "data", "symmetric": False, "array": above, "arrayminus": below}
    return ends | {"color": color, **look}


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
    import plotly.graph_objects as go

    across, up = measured(x, "%{x:,.1f}"), measured(y, "%{y:,.1f}")
    labelled = set(named)
    figure = go.Figure()
    groups = [("", table)] if colour is None else table.groupby(colour, sort=False)
    for (group, part), hue in zip(groups, PALETTE, strict=False):
        figure.add_scatter(
            x=part[x],
            y=part[y],
            mode="markers+text",
            name=str(group),
            showlegend=colour is not None,
            text=[name if code in labelled else "" for code, name in part["name"].items()],
            textposition="top center",
            hovertext=part["name"],
            customdata=part.index,
            marker={"size": 9, "opacity": 0.8, "color": hue},
            hovertemplate=f"%{{hovertext}}. {across}; {up}.<extra></extra>",
        )
    figure.update_layout(xaxis_title=x, yaxis_title=y)
    if diagonal:
        ends = [float(table[[x, y]].min().min()), float(table[[x, y]].max().max())]
        line = {"color": NEUTRAL, "dash": "dot", "width": 1}
        figure.add_scatter(
            x=ends, y=ends, mode="lines", line=line, hoverinfo="skip", showlegend=False
        )
    return figure


def intervals(
    table: pd.DataFrame, *, x: str, colours: Sequence[str] | None = None, zero: bool = True
) -> go.Figure:
    """Draw estimates with their 95 % intervals, one a row.

    Parameters
    ----------
    table : pandas.DataFrame
        Index label; columns ``value``, ``low``, ``high`` in one unit.
    x : str
        Title of the axis, with the unit.
    colours : sequence of str, optional
        A colour a row.
    zero : bool
        Show zero, without which a change cannot be judged; False for levels far from it.

    Returns
    -------
    plotly.graph_objects.Figure
        The first row on top.
    """
    import plotly.graph_objects as go

    upwards = table[::-1]
    value, low, high = (upwards[end].astype(float) for end in ("value", "low", "high"))
    digits = tooltip_digits([*value, *low, *high])
    found, ends = measured(x, f"%{{x:,.{digits}f}}"), zip(low, high, strict=True)
    dots = go.Scatter(
        x=value,
        y=upwards.index,
        mode="markers",
        marker={"size": 10, "color": list(colours)[::-1] if colours else BLUE},
        error_x=whiskers(high - value, value - low, thickness=1.5, width=4),
        hovertext=[f"{number(one, digits)} to {number(other, digits)}" for one, other in ends],
        hovertemplate=f"%{{y}}. {found}, 95 % interval %{{hovertext}}.<extra></extra>",
    )
    return go.Figure(dots).update_layout(
        xaxis={"title": x, "rangemode": "tozero" if zero else "normal"},
        yaxis={"dtick": 1, "showgrid": False},
    )


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
    import plotly.graph_objects as go

    figure = go.Figure()
    for code, row in table.iterrows():
        figure.add_scatter(
            x=[before, after],
            y=[row[before], row[after]],
            mode="lines+markers+text",
            text=["", row["name"]],
            textposition="middle right",
            line={"color": RISE if row[after] > row[before] else FALL},
            customdata=[code, code],
            hovertemplate=f"{row['name']}, %{{x}}. {measured(y, '%{y:,.1f}')}.<extra></extra>",
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
    import plotly.express as px

    figure = px.line(table, x=x, y=y, facet_col=by, facet_col_wrap=columns)
    sentence = f"%{{x}}. {measured(y, '%{y:,.1f}')}.<extra></extra>"
    figure.update_traces(line={"color": BLUE}, hovertemplate=sentence)
    return figure.for_each_annotation(lambda note: note.update(text=note.text.split("=")[-1]))


def regions(
    table: pd.DataFrame, x: str, y: str, region: str, *, colours: Mapping[str, str] | None = None
) -> go.Figure:
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
    colours : mapping of str to str, optional
        Region to colour; by default the palette's, in order.

    Returns
    -------
    plotly.graph_objects.Figure
        One colour a region, six at most; each of its rows is drawn as bars, see :func:`runs`.

    Raises
    ------
    ClaimbookError
        If there are more regions than colours that can be told apart.
    """
    import plotly.graph_objects as go

    named = table[region].astype("category").cat.categories
    if len(named) > len(PALETTE):
        raise ClaimbookError(
            f"The map has {len(named)} regions, more than the {len(PALETTE)} colours that can be "
            "told apart: join some of them."
        )
    hues = dict(zip(named, PALETTE, strict=False)) | dict(colours or {})
    found = runs(table, x, y, region)
    first, last = f"{x}, from", f"{x}, to"
    across, up = _edges(table[x]), _edges(table[y])
    figure = go.Figure()
    for name in named:
        some = found[found[region] == name]
        left = across.loc[some[first], "from"].to_numpy()
        bottom = up.loc[some[y], "from"].to_numpy()
        figure.add_bar(
            orientation="h",
            base=left,
            x=across.loc[some[last], "to"].to_numpy() - left,
            y=bottom,
            width=up.loc[some[y], "to"].to_numpy() - bottom,
            offset=0,
            name=str(name),
            marker={"color": hues[name], "line": {"color": hues[name], "width": 0.5}},
            showlegend=bool(len(some)),
            hovertext=[
                f"{y} {row[y]:.3g}<br>{x} {row[first]:.3g} to {row[last]:.3g}"
                for _, row in some.iterrows()
            ],
            hovertemplate=f"%{{hovertext}}: {name}.<extra></extra>",
        )
    ends = [across["from"].min(), across["to"].max()]
    return figure.update_layout(barmode="overlay", xaxis={"title": x, "range": ends}, yaxis_title=y)


def runs(table: pd.DataFrame, x: str, y: str, region: str) -> pd.DataFrame:
    """Return a map row by row: from where to where each region reaches.

    Parameters
    ----------
    table : pandas.DataFrame
        The points of the map, as for :func:`regions`.
    x, y, region : str
        Its columns.

    Returns
    -------
    pandas.DataFrame
        One row a run of points of one region: ``y``, the first and the last ``x``, the region.
        The whole map in a table that a reader can read.
    """
    points = table[[x, y, region]].sort_values([y, x], kind="stable")
    names = points[region].astype(object).where(points[region].notna(), "")
    new = (names != names.shift()) | (points[y] != points[y].shift())
    found = points.groupby(new.cumsum().to_numpy()).agg(
        **{y: (y, "first"), f"{x}, from": (x, "first"), f"{x}, to": (x, "last")},
        **{region: (region, "first")},
    )
    return found.dropna(subset=region).reset_index(drop=True)


def _edges(values: pd.Series) -> pd.DataFrame:
    """Return where the cell of each value of a grid begins and ends, index the value."""
    at = np.sort(values.unique())
    ratio = len(at) > 2 and at[0] > 0 and np.allclose(at[1:] / at[:-1], at[1] / at[0], rtol=0.01)
    scaled = np.log(at) if ratio else at
    middles = (scaled[1:] + scaled[:-1]) / 2 if len(at) > 1 else scaled + 0.5
    edges = [2 * scaled[0] - middles[0], *middles[: len(at) - 1], 2 * scaled[-1] - middles[-1]]
    edges = np.exp(edges) if ratio else np.array(edges)
    return pd.DataFrame({"from": edges[:-1], "to": edges[1:]}, index=at)
