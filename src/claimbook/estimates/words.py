"""Numbers as people write and say them; files for programs keep their six digits."""

from __future__ import annotations

from typing import Any


def number(value: float | None, digits: int = 3, sign: bool = False) -> str:
    """Write a number with few significant digits and a true minus; "–" for None."""
    if value is None:
        return "–"
    text = f"{value:{'+' if sign else ''}.{digits}g}"
    if "e" in text:
        text = f"{value:{'+' if sign else ''},.0f}"
    return text.replace("-", "−")


def estimate_text(estimate: dict[str, Any] | None) -> str:
    """Write an estimate with its interval, n and unit; "no estimate" for None."""
    if estimate is None:
        return "no estimate"
    value, unit = number(estimate["value"]), estimate["unit"]
    if estimate["low"] == estimate["high"]:
        return f"{value} {unit} (exact), n = {estimate['n']}"
    interval = f"{number(estimate['low'])} to {number(estimate['high'])}"
    return f"{value} {unit} (95\u00a0% interval {interval}), n\u00a0=\u00a0{estimate['n']}"


def short_text(estimate: dict[str, Any] | None) -> str:
    """Write an estimate with its interval in the smallest space, such as "−2.03 (−2.95 to 0.9)"."""
    if estimate is None:
        return "no estimate"
    if estimate["low"] == estimate["high"]:
        return number(estimate["value"])
    interval = f"{number(estimate['low'])} to {number(estimate['high'])}"
    return f"{number(estimate['value'])} ({interval})"
