"""How verdicts and estimates moved from release to release: one row a claim, one mark a release.

Estimates of different units share one axis: how far they lie from the check's reference in the
claim's direction, counted in the smallest effect that matters, and pressed together outwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from claimbook.chapters import results
from claimbook.figures.drawing import Axis
from claimbook.pages.state import Output

WIDTH, SHORT, EDGE = 480, 300, 16  # units of a drawing: its widths, and the margin of its marks
TICKS = (-30, -10, -3, -1, 0, 1, 3, 10, 30)


def movement(outputs: Iterable[Output], then: str, *, width: int = WIDTH) -> dict[str, Any] | None:
    """Return what the drawing shows; None where no claim was asked of two releases.

    `then` is the release that the essay's author could see; how many of the claims asked of it have
    another verdict today is the finding.
    """
    rows = [row for output in outputs if (row := _row(output))]
    if not rows:
        return None
    places = [step["place"] for row in rows for step in row["steps"]]
    axis = Axis(min(*places, -1), max(*places, 2), EDGE, width - EDGE)
    asked = [row["output"] for row in rows if row["output"]["vintages"].get(then)]
    moved = [one for one in asked if one["vintages"][then] != one["verdict"]]
    ticks = {tick: axis.at(_pressed(tick)) for tick in TICKS}
    inside = {tick: x for tick, x in ticks.items() if EDGE <= x <= width - EDGE}
    found = {"rows": rows, "then": then, "asked": asked, "moved": moved}
    return found | {"x": axis.at, "ticks": inside, "width": width}


def _row(output: Output) -> dict[str, Any] | None:
    """Return a claim's primary estimates, the oldest release first."""
    check = results.primary(output)
    held = {name: under for name, under in check["vintages"].items() if under and under["estimate"]}
    if not check["series"] or len(held) < 2:
        return None
    steps = [
        {
            "vintage": vintage,
            "verdict": output["vintages"][vintage],
            "estimate": under["estimate"],
            "place": _pressed(_effects(check, under["estimate"])),
        }
        for vintage, under in held.items()
    ]
    return {"output": output, "steps": steps}


def _effects(check: dict[str, Any], estimate: dict[str, Any]) -> float:
    """Return an estimate in smallest effects; where any effect counts, in half its interval."""
    sign = -1 if check["expects"] == "fall" else 1
    half = (estimate["high"] - estimate["low"]) / 2
    unit = check["smallest_effect"] or half or 1.0
    return sign * (estimate["value"] - check["reference"]) / unit


def _pressed(effects: float) -> float:
    return math.copysign(math.log1p(abs(effects)), effects)
