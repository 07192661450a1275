"""Numbers as people write and say them; files for programs keep their six digits.

A share is written in per cent, anything else with its unit; an estimate and its interval have the
same decimals: two digits of the largest, three from ten on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

Found = Mapping[str, Any]
NONE = "no estimate"
_SHARE = "share of "


def decimals(values: Iterable[float], digits: int = 3) -> int:
    """Return the decimal places that show the largest of some numbers with so many digits."""
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0)
    return max(0, digits - 1 - math.floor(math.log10(largest))) if largest else 0


def fixed(value: float, places: int, sign: str = "") -> str:
    """Write a number with so many decimals, separators of thousands and a true minus."""
    return f"{value:{sign},.{places}f}".replace("-", "−")


def number(value: float | None, digits: int = 3, sign: bool = False) -> str:
    """Write a number with few significant digits and a true minus; "–" for None."""
    if value is None:
        return "–"
    text = fixed(value, decimals([value], digits), "+" if sign else "")
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount(value: float, unit: str, *, difference: bool = False) -> str:
    """Write one value with its unit: "−2 Gini points", "36 % of economies".

    With `difference` it is the distance between two values: shares differ by points.
    """
    if unit.startswith(_SHARE):
        percent = number(100 * value)
        if not difference:
            return f"{percent} % of {unit.removeprefix(_SHARE)}"
        return f"{percent} {'point' if abs(value) == 0.01 else 'points'}"
    return f"{number(value)} {unit.replace('points', 'point', 1) if abs(value) == 1 else unit}"


def value(estimate: Found | None) -> str:
    """Write the value of an estimate with its unit, such as "−2.0 Gini points"."""
    if estimate is None:
        return NONE
    unit, (written, _, _) = estimate["unit"], _written(estimate)
    return f"{written} {unit.replace(_SHARE, '% of ') if unit.startswith(_SHARE) else unit}"


def interval(estimate: Found) -> str:
    """Write an interval, such as "−3.0 to 0.9"; "exact" where there is none."""
    if estimate["low"] == estimate["high"]:
        return "exact"
    _, low, high = _written(estimate)
    return f"{low} to {high}{_percent(estimate)}"


def short(estimate: Found | None) -> str:
    """Write an estimate in the smallest space, such as "−2.0 (−3.0 to 0.9)"."""
    if estimate is None:
        return NONE
    written, ends = _written(estimate)[0] + _percent(estimate), interval(estimate)
    return written if ends == "exact" else f"{written} ({ends})"


def counted(estimate: Found, what: str = "economies") -> str:
    """Write how many stand behind an estimate, such as "150 economies"."""
    return f"{estimate['n']:,} {what}"


def full(estimate: Found | None, what: str = "economies") -> str:
    """Write an estimate with unit, interval and number: "35 % of economies (28 to 43 %), n …"."""
    if estimate is None:
        return NONE
    return f"{value(estimate)} ({interval(estimate)}), {counted(estimate, what)}"


def _percent(estimate: Found) -> str:
    return " %" if estimate["unit"].startswith(_SHARE) else ""


def _written(estimate: Found) -> list[str]:
    """Write value, low and high with the same decimals; more where one would seem to be zero."""
    share = estimate["unit"].startswith(_SHARE)
    ends = [estimate[name] * (100 if share else 1) for name in ("value", "low", "high")]
    places = decimals(ends, 3 if not share and max(map(abs, ends)) >= 10 else 2)
    return [
        fixed(end, places if round(end, places) or not end else decimals([end], 1)) for end in ends
    ]
