"""A chart in a reader's words: numbers, headings of tables, names of economies, tooltips."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from claimbook import paths
from claimbook.errors import ClaimbookError
from claimbook.estimates.words import decimals, fixed

_PLAIN = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_HEADINGS = {"name": "Economy", "value": "Estimate", "n": "n"}
_HEADINGS |= {"low": "Interval from", "high": "Interval to"}


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
    """Write a number with so many decimals, a true minus, and no minus before zero."""
    return fixed(round(float(value), digits) + 0.0, digits)


def ranged(value: float, low: float, high: float, digits: int, unit: str = "") -> str:
    """Write an estimate in a sentence: "−2.0 points, 95 % interval −3.0 to 0.9"."""
    ends = f"95 % interval {number(low, digits)} to {number(high, digits)}"
    return f"{number(value, digits)}{unit and f' {unit}'}, {'exact' if low == high else ends}"


def tooltip_digits(values: Iterable[float]) -> int:
    """Return the decimals of numbers in a tooltip: two digits tell the largest, from one to three.

    A tenth of an interval tells its ends apart; whole units would do where figures are large.
    """
    return min(3, max(1, decimals(values, 2)))


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


def too_exact(text: str) -> list[str]:
    """Return the numbers in a sentence that have more than four significant digits."""
    return [number for number in _NUMBER.findall(text) if _significant(number) > 4]


def _significant(number: str) -> int:
    """Count the digits of a written number, without zeros before them and after whole thousands."""
    counting = number if "." in number else number.rstrip("0,")
    return len(re.sub(r"[,.]", "", counting).lstrip("0"))


def headings(columns: Iterable[str], given: Mapping[str, str]) -> list[str]:
    """Return the headings of a table in words: those given, else the columns' names in words."""
    columns = [str(column) for column in columns]
    words = _HEADINGS | ({"economy": "Code"} if "name" in columns else {}) | dict(given)
    return [words.get(name) or capital(name.replace("_", " ").strip()) for name in columns]


def option(name: str, labels: Mapping[str, Any]) -> str:
    """Return an option of a check in the words of the claim file's ``labels``, else its own."""
    return capital(option_within(name, labels))


def option_within(name: str, labels: Mapping[str, Any]) -> str:
    """Return the same as it stands within a sentence."""
    words = labels.get(name, {})
    words = words if isinstance(words, str) else words.get("label")
    return words or name.replace("_", " ")


def choice(value: object, name: str, labels: Mapping[str, Any]) -> str:
    """Return a value of an option in the words of the claim file's ``labels``, else its own."""
    words = labels.get(name, {})
    values = {} if isinstance(words, str) else words.get("values", {})
    return str(values.get(value, values.get(str(value), value)))


def capital(text: str) -> str:
    """Begin a text with a capital."""
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
    axes = {axis: _Axis(trace, layout, axis) for axis in ("x", "y")}
    own = trace.get("hovertemplate", "")
    if own and "=%{" not in own:  # plotly.express writes its own as "column=%{x}"
        for name, axis in axes.items():
            own = own.replace(f"%{{{name}}}", axis.token)
        return {"hovertemplate": own}
    numeric = [axis for axis in axes.values() if axis.numbers]
    who = ["%{hovertext}"] if trace.get("hovertext") else []
    who += [axis.token for name, axis in axes.items() if not axis.numbers and trace.get(name)]
    if trace.get("name") and not trace.get("hovertext"):
        who.append(trace["name"])
    if len(numeric) == 2 and axes["x"].are_years:
        who.append(numeric.pop(0).token)
    found = "; ".join(measured(axis.title, axis.token) for axis in numeric)
    sentence = ". ".join(part for part in (", ".join(who), found) if part)
    return {"hovertemplate": f"{sentence}.<extra></extra>"}


class _Axis:
    """What a trace shows on an axis: its title, its values where they are numbers, their token.

    A token is plotly's for a value, with the digits that a reader can use.
    """

    def __init__(self, trace: Mapping[str, Any], layout: Mapping[str, Any], name: str) -> None:
        own = layout.get(f"{name}axis{trace.get(f'{name}axis', name)[1:]}", {})
        follows = "matches" in own and "text" not in own.get("title", {})
        titled = layout.get(f"{name}axis", {}) if follows else own
        self.title = titled.get("title", {}).get("text", "").replace("<br>", " ")
        values = [value for value in trace.get(name) or () if value is not None]
        self.numbers = values if all(type(value) in (int, float) for value in values) else []
        # A half year may mark a gap between two.
        self.are_years = bool(self.numbers) and all(1_500 < value < 2_200 for value in self.numbers)
        form = f",.{tooltip_digits(self.numbers)}f"
        if self.are_years or all(v == int(v) and abs(v) < 10_000 for v in self.numbers):
            form = ".0f"
        elif "%" in own.get("tickformat", ""):
            form = ".1%"
        self.token = f"%{{{name}:{form}}}" if self.numbers else f"%{{{name}}}"
