"""What a verdict rests on: the changes that move it, single economies, power, releases of the data.

Each part is left out where the claim output does not hold it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from docutils import nodes
from markupsafe import Markup, escape

from claimbook.chapters import results
from claimbook.claims.files import PRIMARY, SECONDARY
from claimbook.estimates import words
from claimbook.pages import phrases, shell

Check = Mapping[str, Any]
_WIDTH, _STRIP, _CURVE, _EDGE, _LABEL = 480, 34, 150, 8, 30


def grounds(output: dict[str, Any]) -> nodes.raw:
    """Return what moves the verdict, and the primary check over the releases of its data."""
    first = results.primary(output)
    return shell.part(
        "grounds",
        output=output,
        first=first,
        labels=output["claim"].get("labels", {}),
        curve=curve(first),
    )


def strips(output: dict[str, Any]) -> dict[str, Markup]:
    """Return a strip for each check that counts, reads data and has an estimate."""
    return {
        check["id"]: strip(check)
        for check in output["checks"]
        if check["role"] in (PRIMARY, SECONDARY)
        and check["series"]
        and check["estimate"]
        and (check.get("influence") or check.get("detectable") is not None)
    }


def strip(check: Check) -> Markup:
    """Draw an estimate, its interval, its range without any one economy, and what it must pass."""
    estimate, influence = check["estimate"], check.get("influence")
    sign = -1 if check["expects"] == "fall" else 1
    passing = check["reference"] + sign * check["smallest_effect"]
    span = [influence["low"], influence["high"]] if influence else []
    ends = [estimate["low"], estimate["high"], check["reference"], passing, *span]
    x = _scale(min(ends), max(ends), _EDGE, _WIDTH - _EDGE)
    middle = _STRIP / 2
    drawn = [
        f'<path class="cb-strip-svg__zero" d="M{x(check["reference"])} 2V{_STRIP - 2}"/>',
        f'<path class="cb-strip-svg__effect" d="M{x(passing)} 2V{_STRIP - 2}"/>',
    ]
    if span:
        left, right = x(span[0]), x(span[1])
        drawn.append(
            f'<rect class="cb-strip-svg__range" x="{left}" y="{middle - 5}" height="10" '
            f'width="{max(1.0, round(right - left, 1))}"/>'
        )
    drawn += [
        f'<path class="cb-strip-svg__interval" d="M{x(estimate["low"])} {middle}'
        f'H{x(estimate["high"])}"/>',
        f'<circle class="cb-strip-svg__point" cx="{x(estimate["value"])}" cy="{middle}" r="4.5"/>',
    ]
    unit = check["unit"]
    says = (
        f"{words.full(estimate, phrases.counts(check))}; the dotted line is the smallest effect "
        f"that matters, {words.amount(passing, unit)}, the solid one "
        f"{words.amount(check['reference'], unit)}"
    )
    return _svg("cb-strip-svg", _STRIP, says, drawn)


def curve(check: Check) -> Markup | None:
    """Draw a check's estimates over the releases of its data, flips marked; None for only one."""
    held = [one for one in check.get("history") or () if one["estimate"]]
    if len(held) < 2:
        return None
    ends = [one["estimate"][end] for one in held for end in ("low", "high")]
    y = _scale(min(*ends, check["reference"]), max(*ends, check["reference"]), _CURVE - 24, 10)
    step = (_WIDTH - 2 * _LABEL) / (len(held) - 1)
    places = [round(_LABEL + step * place, 1) for place in range(len(held))]
    drawn = [f'<path class="cb-history__zero" d="M0 {y(check["reference"])}H{_WIDTH}"/>']
    for (one, other), place in zip(pairwise(held), places, strict=False):
        if one["outcome"] != other["outcome"]:
            flip = round(place + step / 2, 1)
            drawn.append(f'<path class="cb-history__flip" d="M{flip} 4V{_CURVE - 22}"/>')
    line = " ".join(
        f"{place},{y(one['estimate']['value'])}" for one, place in zip(held, places, strict=True)
    )
    drawn.append(f'<polyline class="cb-history__line" points="{line}"/>')
    for one, place in zip(held, places, strict=True):
        found, kind = one["estimate"], f"cb-history__point cb-history__point--{one['outcome']}"
        low, high = y(found["low"]), y(found["high"])
        drawn.append(
            f'<path class="cb-history__interval" d="M{place} {low}V{high}"/>'
            f'<circle class="{kind}" cx="{place}" cy="{y(found["value"])}" r="4.5"/>'
        )
    drawn += [
        f'<text x="{places[end]}" y="{_CURVE - 6}" text-anchor="middle">'
        f"{escape(held[end]['release'])}</text>"
        for end in (0, -1)
    ]
    flips = sum(one["outcome"] != other["outcome"] for one, other in pairwise(held))
    says = (
        f"{len(held)} releases from {held[0]['release']} to {held[-1]['release']}: from "
        f"{words.short(_with_unit(held[0], check))} to {words.short(_with_unit(held[-1], check))}; "
        f"the outcome changes {flips} time{'' if flips == 1 else 's'}"
    )
    return _svg("cb-history", _CURVE, says, drawn)


def _with_unit(one: Check, check: Check) -> dict[str, Any]:
    return {"unit": check["unit"], **one["estimate"]}


def _scale(low: float, high: float, first: float, last: float) -> Any:
    width = (high - low) or 1.0
    return lambda value: round(first + (value - low) / width * (last - first), 1)


def _svg(name: str, height: int, says: str, drawn: Sequence[str]) -> Markup:
    return Markup(
        f'<svg class="{name}" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(says)}">{"".join(drawn)}</svg>'
    )
