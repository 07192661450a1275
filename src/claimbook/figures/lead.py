"""The lead chart of a chapter: an inline SVG with classes, drawn when the page is made.

No script, no style attribute, no plotly: it stands in the first screen, prints, and takes its
colours from ``lead.css``. Here each form says where its parts lie; ``templates/lead.html`` draws it
and tells in words what it shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from claimbook.errors import ClaimbookError
from claimbook.estimates.words import decimals
from claimbook.figures.drawing import Axis, templates
from claimbook.figures.words import number, ranged

WIDTH = 360  # units of the drawing; type is 13 of them, so that it can be read 350 px wide
MARGIN = 14
ROW = 44
LINE = 17
LETTER = 6.6  # mean width of a letter at that size
RADIUS = 4.0  # of a dot in a strip
GAP = 8.6  # from dot to dot
Layout = dict[str, Any]


class LeadError(ClaimbookError):
    """A lead chart cannot be drawn from what it was given."""


def lead_svg(
    form: str,
    data: pd.DataFrame,
    *,
    title: str,
    unit: str,
    source: str,
    n: int,
    zero: bool = True,
    estimate: Sequence[float] = (),
    codes: Mapping[str, str] | None = None,
) -> str:
    """Draw a lead chart.

    Parameters
    ----------
    form : {"strip", "dumbbell", "intervals", "lines"}
        *strip*: one dot an economy on one axis; *dumbbell*: then → now, one row a thing;
        *intervals*: estimates with their intervals, one row a thing; *lines*: series over years.
    data : pandas.DataFrame
        *strip*: index name, column ``value``. *dumbbell*: index label, columns ``then`` and
        ``now``. *intervals*: index label, columns ``value``, ``low``, ``high``. *lines*: index
        year, one column a series. All in ``unit``.
    title : str
        The finding, in a sentence.
    unit : str
        Unit of the axis; ``"%"`` shows shares as per cent.
    source : str
        Where the figures come from.
    n : int
        Number of economies (or other units) behind it.
    zero : bool
        Keep zero on the axis, as a change needs.
    estimate : sequence of float
        *strip*: value, low and high of the estimate that stands under the dots; may be empty.
    codes : mapping of str to str, optional
        *strip*: iso3 codes by name, so that a page can find an economy's dot.

    Returns
    -------
    str
        ``<figure class="cb-lead">`` with the title, the drawing and a line with unit, source and n.

    Raises
    ------
    LeadError
        If there is nothing to draw.
    """
    finite = data.astype(float).replace([np.inf, -np.inf], np.nan)
    if finite.isna().all(axis=None):  # or empty
        lacking = "lacks any figures" if data.empty else "has no number"
        raise LeadError(f"The lead chart “{title}” ({form}) {lacking}: there is nothing to draw.")
    scale = 100 if unit == "%" else 1
    layout = _FORMS[form](finite * scale, [scale * end for end in estimate], zero)
    layout["codes"] = codes or {}
    said = {"title": title, "unit": unit, "source": source, "n": n, "form": form}
    sizes = {"width": WIDTH, "margin": MARGIN, "letter": LETTER, "radius": RADIUS}
    template = templates(Path(__file__).with_name("templates")).get_template("lead.html")
    return template.render(figure=_figure, ranged=_ranged, **said, **sizes, **layout)


def _strip(data: pd.DataFrame, estimate: list[float], zero: bool) -> Layout:
    """Dots of economies, stacked where they crowd; the estimate under them; the ends named."""
    values = data["value"].dropna().sort_values(kind="stable")
    axis = _axis([*values, *estimate], zero)
    column = ((values.map(axis.at) - axis.start) / GAP).round().astype(int)
    places = axis.start + column * GAP
    stacked = column.groupby(column).cumcount() + 1
    step = min(GAP, 120 / stacked.max())
    base = LINE + 6 + step * stacked.max()
    named = []
    for place, anchor, side in ((0, "start", 1), (-1, "end", -1)):
        name, written = values.index[place], _figure(values.iloc[place], values)
        x = places.iloc[place] - side * RADIUS
        # Over the tallest stack that the words would cross.
        crossed = (side * (places - x)).between(0, LETTER * len(f"{name} {written}") + RADIUS)
        y = base - step * stacked[crossed].max() - 6
        named.append({"x": x, "y": y, "name": name, "figure": written, "anchor": anchor})
    return {
        "axis": axis,
        "top": LINE - 4,
        "bottom": base + 26 if estimate else base,
        "dots": list(zip(values.index, values, places, base - step * (stacked - 0.5), strict=True)),
        "named": named,
        "estimate": estimate,
    }


def _rows(data: pd.DataFrame, estimate: list[float], zero: bool) -> Layout:
    """What stood then and what stands now, or estimates with their intervals, one row each."""
    rows = [
        {"y": ROW * place + 32, "name": name, "ends": ends}
        for place, (name, *ends) in enumerate(data.itertuples(name=None))
    ]
    return {"axis": _axis(data.to_numpy(), zero), "top": 0, "bottom": ROW * len(rows), "rows": rows}


def _lines(data: pd.DataFrame, estimate: list[float], zero: bool) -> Layout:
    """Series over the years, each named in a row of the legend above them."""
    data = data.sort_index()
    top = LINE * len(data.columns) + 12
    upwards = _axis(data.to_numpy(), zero, top + 170, top)
    left = MARGIN + LETTER * max(map(len, upwards.ticks(4).values())) + 4
    across = Axis(float(data.index.min()), float(data.index.max()), left, WIDTH - MARGIN)
    series = []
    for name in data:
        held = data[name].dropna()
        first, last = (_figure(held.iloc[end], held) for end in (0, -1))
        series.append(
            {
                "name": name,
                "first": first,
                "last": last,
                "years": held.index[[0, -1]],
                "course": _course(across, upwards, data[name]),
                "y": upwards.at(held.iloc[-1]),
            }
        )
    return {"upwards": upwards, "across": across, "bottom": upwards.start, "series": series}


_FORMS: Mapping[str, Callable[[pd.DataFrame, list[float], bool], Layout]] = {
    "strip": _strip,
    "dumbbell": _rows,
    "intervals": _rows,
    "lines": _lines,
}


def _axis(
    values: Sequence[float] | np.ndarray,
    zero: bool,
    start: float = MARGIN + 6,
    end: float = WIDTH - MARGIN - 6,
) -> Axis:
    """Return an axis that holds all values, with a little room, and zero where it is wanted."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    room = 0.04 * (high - low) or 1.0
    # No room beyond a zero that is wanted.
    low -= room * (low != 0 or not zero)
    return Axis(low, high + room * (high != 0 or not zero), start, end)


def _course(across: Axis, upwards: Axis, series: pd.Series) -> str:
    """Return the path of a series; a gap in the figures is a gap in the line."""
    steps, pen = [], "M"
    for year, value in series.items():
        if np.isnan(value):
            pen = "M"
            continue
        alone = "h0" if pen == "M" else ""  # a year alone is a dot
        steps.append(f"{pen}{across.at(float(year))} {upwards.at(value)}{alone}")
        pen = "L"
    return "".join(steps)


def _figure(value: float, among: Iterable[float]) -> str:
    """Write a number with the digits that its fellows need, two significant ones."""
    return number(value, decimals(among, 2))


def _ranged(ends: Sequence[float]) -> str:
    """Write an estimate and its interval."""
    return ranged(*ends, digits=decimals(ends, 2))
