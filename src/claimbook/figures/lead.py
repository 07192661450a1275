"""The lead chart of a chapter: an inline SVG with classes, drawn when the page is made.

No script, no style attribute, no plotly: it stands in the first screen, prints, and takes its
colours from ``lead.css``. Data in, text out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

from claimbook.errors import ClaimbookError, nearest
from claimbook.figures.words import decimals, number

WIDTH = 360  # units of the drawing; type is 13 of them, so that it can be read 350 px wide
MARGIN = 14
ROW = 44
LINE = 17
LETTER = 6.6  # mean width of a letter at that size
_COLUMNS = {
    "strip": ["value"],
    "dumbbell": ["then", "now"],
    "intervals": ["value", "low", "high"],
    "lines": [],
}


class LeadError(ClaimbookError):
    """A lead chart cannot be drawn from what it was given."""


@dataclass(frozen=True)
class Axis:
    """A straight scale: the numbers from ``low`` to ``high`` on the places ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the place of a number."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, wanted: int = 5) -> dict[float, str]:
        """Return round numbers inside it, at most so many and one more, as they are written."""
        rough = (self.high - self.low) / wanted
        power = 10 ** np.floor(np.log10(rough))
        step = next(unit * power for unit in (1, 2, 5, 10) if unit * power >= rough * 0.999)
        first, last = np.ceil(self.low / step - 1e-9), np.floor(self.high / step + 1e-9)
        digits = max(0, -int(np.floor(np.log10(step) + 1e-9)))
        found = [float(place * step) for place in np.arange(first, last + 1)]
        return {tick: number(tick, digits if tick else 0) for tick in found}


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
    id: str = "lead",
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
    id : str
        Prefix of the ids inside, different for each lead chart of a page.

    Returns
    -------
    str
        ``<figure class="cb-lead">`` with the title, the drawing and a line with unit, source and n.

    Raises
    ------
    LeadError
        If the form is unknown, a column is missing, or there is nothing to draw.
    """
    if form not in _FORMS:
        raise LeadError(
            f"There is no lead chart of the form {form!r}: use {', '.join(_FORMS)}."
            + nearest(form, _FORMS)
        )
    lacking = [column for column in _COLUMNS[form] if column not in data]
    if lacking or data.empty or not data.shape[1]:
        what = f"the column {lacking[0]}" if lacking else "any figures"
        raise LeadError(
            f"The lead chart “{title}” ({form}) lacks {what}: there is nothing to draw."
        )
    data = data.astype(float)
    finite = data[np.isfinite(data)]
    if finite.isna().all(axis=None):
        raise LeadError(
            f"The lead chart “{title}” ({form}) has no number: there is nothing to draw."
        )
    scale = 100 if unit == "%" else 1
    ends = [scale * end for end in estimate]
    height, parts, told = _FORMS[form](finite * scale, ends, zero)
    drawing = "\n".join(parts)
    return f"""<figure class="cb-lead cb-lead--{form}">
<figcaption class="cb-lead__title">{escape(title)}</figcaption>
<svg class="cb-lead__drawing" viewBox="0 0 {WIDTH} {height:g}" role="img" \
aria-labelledby="{id}-title {id}-desc">
<title id="{id}-title">{escape(title)}</title>
<desc id="{id}-desc">{escape(told)}</desc>
{drawing}
</svg>
<p class="cb-lead__source">{escape(unit)} · {escape(source)} · n\u00a0=\u00a0{n:,}</p>
</figure>
"""


def _strip(data: pd.DataFrame, estimate: list[float], zero: bool) -> tuple[float, list[str], str]:
    """Dots of economies, stacked where they crowd; the estimate under them; the ends named."""
    values = data["value"].dropna().sort_values(kind="stable")
    axis = _axis([*values, *estimate], zero)
    radius, gap = 4.0, 8.6
    columns: dict[int, int] = {}
    places = []
    for value in values:
        column = round((axis.at(value) - axis.start) / gap)
        columns[column] = columns.get(column, 0) + 1
        places.append((axis.start + column * gap, columns[column]))
    tall = max(columns.values())
    step = min(gap, 120 / tall)
    base = LINE + 6 + step * tall
    parts = [
        f'<circle class="cb-lead__dot cb-lead__dot--{"rise" if value > 0 else "fall"}" '
        f'cx="{x:.1f}" cy="{base - step * (height - 0.5):.1f}" r="{radius}"/>'
        for value, (x, height) in zip(values, places, strict=True)
    ]
    for place, anchor, side in ((0, "start", 1), (-1, "end", -1)):
        text = f"{values.index[place]} {_figure(values.iloc[place], values)}"
        x = places[place][0] - side * radius
        # Over the tallest stack that the words would cross.
        under = [
            tall
            for column, tall in columns.items()
            if 0 <= side * (axis.start + column * gap - x) <= LETTER * len(text) + radius
        ]
        parts.append(_text(x, base - step * max(under) - 6, text, anchor))
    below = base + 26 if estimate else base
    if estimate:
        value, low, high = estimate
        parts += _interval(axis, base + 14, value, low, high)
    told = (
        f"{len(values)} dots from {_figure(values.iloc[0], values)} ({values.index[0]}) to "
        f"{_figure(values.iloc[-1], values)} ({values.index[-1]})"
    )
    if estimate:
        told += f"; the estimate is {_range(estimate, estimate)}"
    height, ruler = _ruler(axis, below, LINE - 4)
    return height, [*ruler, *parts], f"{told}."


def _dumbbell(
    data: pd.DataFrame, estimate: list[float], zero: bool
) -> tuple[float, list[str], str]:
    """A hollow dot then, a full one now, joined by a line."""
    axis = _axis(data.to_numpy().ravel(), zero)
    parts, told = [], []
    for place, (label, row) in enumerate(data.iterrows()):
        y = ROW * place + 32
        then, now = axis.at(row["then"]), axis.at(row["now"])
        way = "rise" if row["now"] > row["then"] else "fall"
        first, last = _figure(row["then"], row), _figure(row["now"], row)
        parts += [
            _text(MARGIN, y - 14, f"{label}: {first} → {last}", "start"),
            f'<line class="cb-lead__link" x1="{then:.1f}" y1="{y}" x2="{now:.1f}" y2="{y}"/>',
            f'<circle class="cb-lead__dot cb-lead__dot--then" cx="{then:.1f}" cy="{y}" r="5.5"/>',
            f'<circle class="cb-lead__dot cb-lead__dot--{way}" cx="{now:.1f}" cy="{y}" r="5.5"/>',
        ]
        told.append(f"{label}, from {first} to {last}")
    height, ruler = _ruler(axis, ROW * len(data), 0)
    return height, [*ruler, *parts], f"{'; '.join(told)}."


def _intervals(
    data: pd.DataFrame, estimate: list[float], zero: bool
) -> tuple[float, list[str], str]:
    """Estimates with their intervals, one row each, its label above it."""
    axis = _axis(data.to_numpy().ravel(), zero)
    parts, told = [], []
    for place, (label, row) in enumerate(data.iterrows()):
        ends = [row["value"], row["low"], row["high"]]
        parts.append(
            _text(MARGIN, ROW * place + 18, f"{label}: {_figure(row['value'], ends)}", "start")
        )
        parts += _interval(axis, ROW * place + 32, *ends)
        told.append(f"{label}, {_range(ends, ends)}")
    height, ruler = _ruler(axis, ROW * len(data), 0)
    return height, [*ruler, *parts], f"{'; '.join(told)}."


def _lines(data: pd.DataFrame, estimate: list[float], zero: bool) -> tuple[float, list[str], str]:
    """Series over the years, each named above its last point's height in the legend's row."""
    data = data.sort_index()
    top = LINE * len(data.columns) + 12
    bottom = top + 170
    values = data.to_numpy().ravel()
    upwards = _axis(values[np.isfinite(values)], zero, bottom, top)
    written = upwards.ticks(4)
    left = MARGIN + LETTER * max(map(len, written.values())) + 4
    across = Axis(float(data.index.min()), float(data.index.max()), left, WIDTH - MARGIN)
    parts, told = [], []
    for tick, words in written.items():
        y = upwards.at(tick)
        kind = "zero" if tick == 0 else "grid"
        parts.append(
            f'<line class="cb-lead__{kind}" x1="{left:.1f}" y1="{y:.1f}" '
            f'x2="{WIDTH - MARGIN}" y2="{y:.1f}"/>'
        )
        parts.append(_text(left - 5, y + 4, words, "end", "tick"))
    for year in (across.low, across.high):
        anchor = "start" if year == across.low else "end"
        parts.append(_text(across.at(year), bottom + 18, f"{year:.0f}", anchor, "tick"))
    for place, name in enumerate(data):
        series = data[name].dropna()
        last = _figure(series.iloc[-1], series)
        first = _figure(series.iloc[0], series)
        y = LINE * place + 13
        mark = f"cb-lead__line cb-lead__line--{place % 4 + 1}"
        parts.append(
            f'<line class="{mark}" x1="{MARGIN}" y1="{y - 4}" x2="{MARGIN + 26}" y2="{y - 4}"/>'
        )
        parts.append(_text(MARGIN + 33, y, f"{name}: {first} → {last}", "start"))
        path = _path(across, upwards, data[name])
        parts.append(f'<path class="{mark}" d="{path}"/>')
        x, end = across.at(series.index[-1]), upwards.at(series.iloc[-1])
        parts.append(
            f'<circle class="cb-lead__end cb-lead__end--{place % 4 + 1}" '
            f'cx="{x:.1f}" cy="{end:.1f}" r="3.5"/>'
        )
        told.append(
            f"{name}, from {first} in {series.index[0]:.0f} to {last} in {series.index[-1]:.0f}"
        )
    return bottom + 26, parts, f"{'; '.join(told)}."


def _path(across: Axis, upwards: Axis, series: pd.Series) -> str:
    """Return the path of a series; a gap in the figures is a gap in the line."""
    steps, pen = [], "M"
    for year, value in series.items():
        if not np.isfinite(value):
            pen = "M"
            continue
        steps.append(f"{pen}{across.at(float(year)):.1f} {upwards.at(value):.1f}")
        steps += ["h0"] if pen == "M" else []  # a year alone is a dot
        pen = "L"
    return "".join(steps)


_FORMS: dict[str, Callable[[pd.DataFrame, list[float], bool], tuple[float, list[str], str]]] = {
    "strip": _strip,
    "dumbbell": _dumbbell,
    "intervals": _intervals,
    "lines": _lines,
}


def _axis(
    values: Sequence[float], zero: bool, start: float = MARGIN + 6, end: float = WIDTH - MARGIN - 6
) -> Axis:
    """Return an axis that holds all values, with a little room, and zero where it is wanted."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    room = 0.04 * (high - low) or 1.0
    return Axis(
        low - room * (low != 0 or not zero), high + room * (high != 0 or not zero), start, end
    )


def _ruler(axis: Axis, bottom: float, top: float) -> tuple[float, list[str]]:
    """Return the height of the drawing and the ticks of its axis, zero drawn stronger."""
    parts = []
    for tick, words in axis.ticks().items():
        x, kind = axis.at(tick), "zero" if tick == 0 else "grid"
        parts.append(
            f'<line class="cb-lead__{kind}" x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom:g}"/>'
        )
        parts.append(_text(x, bottom + 17, words, "middle", "tick"))
    return bottom + 24, parts


def _interval(axis: Axis, y: float, value: float, low: float, high: float) -> Iterator[str]:
    """Yield the line of an interval and the diamond of its estimate."""
    x = axis.at(value)
    yield (
        f'<line class="cb-lead__interval" x1="{axis.at(low):.1f}" y1="{y:g}" '
        f'x2="{axis.at(high):.1f}" y2="{y:g}"/>'
    )
    yield (
        f'<path class="cb-lead__estimate" '
        f'd="M{x - 6.5:.1f} {y:g}L{x:.1f} {y - 6.5:g}L{x + 6.5:.1f} {y:g}L{x:.1f} {y + 6.5:g}Z"/>'
    )


def _text(x: float, y: float, text: str, anchor: str, kind: str = "label") -> str:
    room = WIDTH - 2 * MARGIN
    narrow = f' textLength="{room}" lengthAdjust="spacingAndGlyphs"'
    return (
        f'<text class="cb-lead__{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
        f"{narrow if LETTER * len(text) > room else ''}>{escape(text)}</text>"
    )


def _figure(value: float, among: Sequence[float]) -> str:
    """Write a number with the digits that its fellows need, two significant ones."""
    return number(value, decimals(among, 2))


def _range(ends: Sequence[float], among: Sequence[float]) -> str:
    value, low, high = (_figure(end, among) for end in ends)
    if ends[1] == ends[2]:
        return f"{value}, exact"
    return f"{value}, 95 % interval {low} to {high}"
