"""What a verdict rests on: the changes that move it, single economies, power, releases of the data.

Each part is left out where the claim output does not hold it.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from docutils import nodes
from markupsafe import Markup

from claimbook.chapters import results
from claimbook.claims.files import COUNTING
from claimbook.figures.drawing import Axis
from claimbook.pages import parts

Check = Mapping[str, Any]
WIDTH, EDGE, LABEL = 480, 8, 30  # units of a drawing: its width, and the margins of its points
CURVE = 150


def grounds(output: dict[str, Any], dated: str | None = None) -> nodes.raw:
    """Return what moves the verdict, and the primary check over the releases of its data.

    `dated` is the month of today's figures.
    """
    first = results.primary(output)
    labels = output["claim"].get("labels", {})
    drawn = curve(first, dated)
    return parts.part(
        "grounds", output=output, first=first, labels=labels, curve=drawn, dated=dated
    )


def strips(output: dict[str, Any]) -> dict[str, Markup]:
    """Return a strip for each check that counts, reads data and has an estimate."""
    return {
        check["id"]: strip(check)
        for check in output["checks"]
        if check["role"] in COUNTING
        and check["series"]
        and check["estimate"]
        and (check.get("influence") or check.get("detectable") is not None)
    }


def strip(check: Check) -> Markup:
    """Draw an estimate, its interval, its range without any one economy, and what it must pass."""
    sign = -1 if check["expects"] == "fall" else 1
    passing = check["reference"] + sign * check["smallest_effect"]
    ends = [check["estimate"]["low"], check["estimate"]["high"], check["reference"], passing]
    if influence := check.get("influence"):
        ends += [influence["low"], influence["high"]]
    axis = Axis(min(ends), max(ends), EDGE, WIDTH - EDGE)
    return parts.render("strip", check=check, passing=passing, x=axis.at, width=WIDTH)


def curve(check: Check, dated: str | None = None) -> Markup | None:
    """Draw a check's estimates over the releases of its data, flips marked; None for only one."""
    held = [one for one in check.get("history") or () if one["estimate"]]
    if len(held) < 2:
        return None
    ends = [one["estimate"][end] for one in held for end in ("low", "high")]
    ends.append(check["reference"])
    across = Axis(0, len(held) - 1, LABEL, WIDTH - LABEL)
    flips = [
        across.at(place + 0.5)
        for place, (one, other) in enumerate(pairwise(held))
        if one["outcome"] != other["outcome"]
    ]
    return parts.render(
        "history",
        check=check,
        held=held,
        flips=flips,
        x=across.at,
        y=Axis(min(ends), max(ends), CURVE - 24, 10).at,
        width=WIDTH,
        height=CURVE,
        dated=dated,
    )
