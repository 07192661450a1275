"""A chart in a reader's words: numbers, headings of tables, names of economies, tooltips."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from claimbook import paths
from claimbook.errors import ClaimbookError

_PLAIN = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_HEADINGS = {
    "name": "Economy",
    "value": "Estimate",
    "low": "Interval from",
    "high": "Interval to",
    "n": "n",
}


class HoldsEconomies(Protocol):
    """A snapshot, of which only the table of economies is read."""

    economies: pd.DataFrame


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


def number(value: float, digits: int) -> str:
    """Write a number with separators of thousands and a true minus."""
    text = f"{value:,.{digits}f}"
    return (text if float(text.replace(",", "")) else text.lstrip("-")).replace("-", "−")


def names(wdi: HoldsEconomies) -> pd.Series:
    """Return the economies' names as people say them: Vietnam, not Viet Nam.

    Parameters
    ----------
    wdi : Snapshot
        Any vintage.

    Returns
    -------
    pandas.Series
        Names by iso3 code: those of ``data/common-names.csv``, the World Bank's for all others.

    Raises
    ------
    ClaimbookError
        If the file of common names is missing.
    """
    common = _common_names(paths.root() / "data" / "common-names.csv")
    official = wdi.economies["name"]
    return official.index.to_series().map(common).fillna(official).rename("name")


def listed(words: Iterable[str]) -> str:
    """Return words in a row, as one reads them aloud: ``"Chile, Peru and Ghana"``.

    Parameters
    ----------
    words : iterable of str
        One or more, such as some of :func:`names`; none give an empty text.

    Returns
    -------
    str
        With commas, and an *and* before the last.
    """
    *first, last = [*words] or [""]
    return f"{', '.join(first)} and {last}" if first else last


@cache
def _common_names(path: Path) -> dict[str, str]:
    if not path.is_file():
        raise ClaimbookError(f"{paths.shown(path)} is missing: restore it from the repository.")
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["economy"]: row["name"] for row in csv.DictReader(lines)}


def decimals(values: Iterable[Any], digits: int = 3) -> int:
    """Return the decimal places that show the largest of some numbers with so many digits."""
    largest = max((abs(value) for value in values if is_number(value)), default=0)
    return max(0, digits - 1 - math.floor(math.log10(largest))) if largest else 0


def are_numbers(cells: Sequence[str]) -> bool:
    """Tell whether the cells of a column are numbers, but for empty ones."""
    return any(cells) and all(_PLAIN.fullmatch(cell) for cell in cells if cell)


def shown(cells: Sequence[str]) -> list[str]:
    """Return a column as a reader sees it: three significant digits in its largest number."""
    if not are_numbers(cells):
        return list(cells)
    values = [float(cell) for cell in cells if cell]
    whole = all("." not in cell and "e" not in cell for cell in cells)
    if whole and max(map(abs, values)) < 10_000:
        return [cell.replace("-", "−") for cell in cells]
    given = max(len(cell.partition(".")[2]) for cell in cells)
    digits = min(decimals(values), given)
    return [number(float(cell), digits) if cell else "" for cell in cells]


def is_number(value: object) -> bool:
    """Tell whether a value is a number that can be drawn."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def too_exact(text: str) -> list[str]:
    """Return the numbers in a sentence that have more than four significant digits."""
    return [
        number
        for number in _NUMBER.findall(text)
        if len(
            (number if "." in number else number.rstrip("0"))
            .replace(",", "")
            .replace(".", "")
            .lstrip("0")
        )
        > 4
    ]


def headings(columns: Iterable[str], given: Mapping[str, str]) -> list[str]:
    """Return the headings of a table in words: those given, else the columns' names in words."""
    columns = [str(column) for column in columns]
    words = _HEADINGS | ({"economy": "Code"} if "name" in columns else {}) | dict(given)
    return [words.get(name) or _capital(name.replace("_", " ").strip()) for name in columns]


def option(labels: Mapping[str, Any], name: str) -> str:
    """Return an option of a check in the words of the claim file's ``labels``, else its own."""
    words = labels.get(name, {})
    words = words if isinstance(words, str) else words.get("label")
    return _capital(words or name.replace("_", " "))


def choice(labels: Mapping[str, Any], name: str, value: object) -> str:
    """Return a value of an option in the words of the claim file's ``labels``, else its own."""
    words = labels.get(name, {})
    values = {} if isinstance(words, str) else words.get("values", {})
    return str(values.get(value, values.get(str(value), value)))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def quantity_and_unit(title: str) -> tuple[str, str]:
    """Split the title of an axis, "Change of the Gini index, points", into its two parts."""
    quantity, comma, unit = title.rpartition(", ")
    return (quantity, unit) if comma else (title, "")


def measured(title: str, value: str) -> str:
    """Return a phrase for a value of an axis, such as "Change of the Gini index: −2.0 points"."""
    quantity, unit = quantity_and_unit(title)
    return (f"{quantity}: " if quantity else "") + value + (f" {unit}" if unit else "")


def tooltip(trace: Mapping[str, Any], layout: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a trace answers the pointer: with a sentence, or not at all.

    Parameters
    ----------
    trace, layout : mapping
        Of a plotly figure, as plain JSON.

    Returns
    -------
    dict
        ``hovertemplate``, or ``hoverinfo`` for what has nothing to say. A template of the author's
        keeps its words; numbers in it that have no format get one decimal.
    """
    if trace.get("hoverinfo") == "skip" or trace.get("mode") == "text":
        return {"hoverinfo": "skip"}
    tokens = {axis: _token(trace, layout, axis) for axis in ("x", "y")}
    own = trace.get("hovertemplate", "")
    if own and "=%{" not in own:  # plotly.express writes its own as "column=%{x}"
        for axis, token in tokens.items():
            own = own.replace(f"%{{{axis}}}", token)
        return {"hovertemplate": own}
    numeric = [axis for axis in ("x", "y") if _numbers(trace, axis)]
    who = ["%{hovertext}"] if trace.get("hovertext") else []
    who += [tokens[axis] for axis in ("x", "y") if axis not in numeric and trace.get(axis)]
    if trace.get("name") and not trace.get("hovertext"):
        who.append(trace["name"])
    if len(numeric) == 2 and _are_years(_numbers(trace, "x")):
        who.append(tokens["x"])
        numeric = ["y"]
    found = "; ".join(measured(_axis_title(trace, layout, axis), tokens[axis]) for axis in numeric)
    sentence = ". ".join(part for part in (", ".join(who), found) if part)
    return {"hovertemplate": f"{sentence}.<extra></extra>"}


def _axis(trace: Mapping[str, Any], layout: Mapping[str, Any], axis: str) -> Mapping[str, Any]:
    return layout.get(f"{axis}axis{trace.get(f'{axis}axis', axis)[1:]}", {})


def _axis_title(trace: Mapping[str, Any], layout: Mapping[str, Any], axis: str) -> str:
    own, first = _axis(trace, layout, axis), layout.get(f"{axis}axis", {})
    titled = own if "text" in own.get("title", {}) or "matches" not in own else first
    return titled.get("title", {}).get("text", "").replace("<br>", " ")


def _numbers(trace: Mapping[str, Any], axis: str) -> list[float]:
    values = [value for value in trace.get(axis) or () if value is not None]
    return values if values and all(map(is_number, values)) else []


def _are_years(values: Sequence[float]) -> bool:
    """Tell whether numbers are years; a half year may mark a gap between two."""
    return bool(values) and all(1_500 < value < 2_200 for value in values)


def _token(trace: Mapping[str, Any], layout: Mapping[str, Any], axis: str) -> str:
    """Return plotly's token for a value of an axis, with the digits that a reader can use."""
    values = _numbers(trace, axis)
    if _are_years(values):
        return f"%{{{axis}:.0f}}"
    if not values or all(float(value).is_integer() and abs(value) < 10_000 for value in values):
        return f"%{{{axis}}}" if not values else f"%{{{axis}:.0f}}"
    if "%" in _axis(trace, layout, axis).get("tickformat", ""):
        return f"%{{{axis}:.1%}}"
    return f"%{{{axis}:,.{min(3, max(1, decimals(values, 2)))}f}}"
