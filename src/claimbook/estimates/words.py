"""Numbers as people write and say them; files for programs keep their six digits.

A share is written in per cent, anything else with its unit; an estimate and its interval have the
same decimals: two digits of the largest, three from ten on.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

Found = Mapping[str, Any]
NONE = "no estimate"
_SHARE = "share of "


def number(value: float | None, digits: int = 3, sign: bool = False) -> str:
    """Write a number with few significant digits and a true minus; "–" for None."""
    if value is None:
        return "–"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value)))) if value else 0
    text = f"{value:{'+' if sign else ''},.{places}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def amount(value: float, unit: str, *, difference: bool = False) -> str:
    """Write one value with its unit: "−2 Gini points", "36 % of economies".

    With `difference` it is the distance between two values: shares differ by points.
    """
    if unit.startswith(_SHARE):
        points = "point" if abs(value) == 0.01 else "points"
        whole = unit.removeprefix(_SHARE)
        return f"{number(100 * value)} {points}" if difference else f"{_percent(value)} of {whole}"
    return f"{number(value)} {unit.replace('points', 'point', 1) if abs(value) == 1 else unit}"


def value(estimate: Found | None) -> str:
    """Write the value of an estimate with its unit, such as "−2.0 Gini points"."""
    if estimate is None:
        return NONE
    unit, scale = estimate["unit"], _scale(estimate)
    written = _fixed(estimate["value"] * scale, _places(estimate))
    if not unit.startswith(_SHARE):
        return f"{written} {unit}"
    return f"{written} % of {unit.removeprefix(_SHARE)}"


def interval(estimate: Found) -> str:
    """Write an interval, such as "−3.0 to 0.9"; "exact" where there is none."""
    if estimate["low"] == estimate["high"]:
        return "exact"
    places, scale = _places(estimate), _scale(estimate)
    low, high = (_fixed(estimate[end] * scale, places) for end in ("low", "high"))
    return f"{low} to {high}" + (" %" if scale == 100 else "")


def short(estimate: Found | None) -> str:
    """Write an estimate in the smallest space, such as "−2.0 (−3.0 to 0.9)"."""
    if estimate is None:
        return NONE
    percent = " %" if _scale(estimate) == 100 else ""
    written = _fixed(estimate["value"] * _scale(estimate), _places(estimate)) + percent
    return written if interval(estimate) == "exact" else f"{written} ({interval(estimate)})"


def counted(estimate: Found, what: str = "economies") -> str:
    """Write how many stand behind an estimate, such as "150 economies"."""
    return f"{estimate['n']:,} {what}"


def full(estimate: Found | None, what: str = "economies") -> str:
    """Write an estimate with unit, interval and number: "35 % of economies (28 to 43 %), n …"."""
    if estimate is None:
        return NONE
    return f"{value(estimate)} ({interval(estimate)}), {counted(estimate, what)}"


def _percent(share: float) -> str:
    return f"{number(100 * share)} %"


def _scale(estimate: Found) -> int:
    return 100 if estimate["unit"].startswith(_SHARE) else 1


def _places(estimate: Found) -> int:
    """Return the decimals of an estimate and its interval."""
    ends = (abs(estimate[name]) * _scale(estimate) for name in ("value", "low", "high"))
    largest = max(ends)
    if largest == 0:
        return 0
    magnitude = math.floor(math.log10(largest))
    digits = 3 if magnitude >= 1 and _scale(estimate) == 1 else 2
    return max(0, digits - 1 - magnitude)


def _fixed(value: float, places: int) -> str:
    """Write a number with so many decimals, and more where it would seem to be zero and is not."""
    if value and round(value, places) == 0:
        places = -math.floor(math.log10(abs(value)))
    return f"{value:,.{places}f}".replace("-", "−")
