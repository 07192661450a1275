"""Page parts: HTML made from claim outputs by the templates in ``templates/parts``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from claimbook.chapters import results
from claimbook.claims import rule

TEMPLATES = Path(__file__).parent / "templates" / "parts"
ROLES = {
    "primary": "Primary check",
    "secondary": "Secondary check",
    "context": "Context, outside the verdict",
    "after": "After the essay, beside the verdict",
}


def render(name: str, **values: Any) -> str:
    """Fill one of the templates.

    Parameters
    ----------
    name : str
        Stem of a file in ``templates/parts``.
    **values
        What the template shows.

    Returns
    -------
    str
        HTML, everything from a file escaped.
    """
    return _environment().get_template(f"{name}.html").render(**values)


def number(value: float | None, digits: int = 3, sign: bool = False) -> str:
    """Write a number for readers: few digits, a true minus.

    Parameters
    ----------
    value : float or None
        Any number.
    digits : int
        Significant digits.
    sign : bool
        Show a plus.

    Returns
    -------
    str
        ``"–"`` for None.
    """
    if value is None:
        return "–"
    text = f"{value:{'+' if sign else ''}.{digits}g}"
    if "e" in text:
        text = f"{value:{'+' if sign else ''},.0f}"
    return text.replace("-", "−")


def estimate_text(estimate: dict[str, Any] | None) -> str:
    """Write an estimate with its interval, n and unit.

    Parameters
    ----------
    estimate : dict or None
        From a claim output.

    Returns
    -------
    str
        A phrase; "no estimate" for None.
    """
    if estimate is None:
        return "no estimate"
    value, unit = number(estimate["value"]), estimate["unit"]
    if estimate["low"] == estimate["high"]:
        return f"{value} {unit} (exact), n = {estimate['n']}"
    interval = f"{number(estimate['low'])} to {number(estimate['high'])}"
    return f"{value} {unit} (95\u00a0% interval {interval}), n\u00a0=\u00a0{estimate['n']}"


def short_text(estimate: dict[str, Any] | None) -> str:
    """Write an estimate with its interval in the smallest space.

    Parameters
    ----------
    estimate : dict or None
        From a claim output.

    Returns
    -------
    str
        Such as ``"−2.03 (−2.95 to 0.9)"``.
    """
    if estimate is None:
        return "no estimate"
    if estimate["low"] == estimate["high"]:
        return number(estimate["value"])
    interval = f"{number(estimate['low'])} to {number(estimate['high'])}"
    return f"{number(estimate['value'])} ({interval})"


def kept(share: dict[str, int]) -> str:
    """Write robustness as a percentage.

    Parameters
    ----------
    share : dict
        ``agree`` and ``of``.

    Returns
    -------
    str
        Such as ``"67 %"``.
    """
    return f"{round(100 * share['agree'] / (share['of'] or 1))} %"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters.update(number=number, estimate=estimate_text, short=short_text, kept=kept)
    environment.globals.update(
        reading=rule.reading, primary=results.primary, url=results.url, roles=ROLES
    )
    return environment
