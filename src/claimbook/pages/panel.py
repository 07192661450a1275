"""The panel in which a reader argues with a check: one control an option, answered from the grid.

Every variant was computed when the chapter was run, so the page needs no server: it looks up the
one chosen. The address carries the choice.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from claimbook.estimates import words
from claimbook.pages import shell


def panels(output: dict[str, Any]) -> nodes.raw:
    """Return the panels of a claim: one for each check that leaves a choice."""
    checks = [check for check in output["checks"] if len(check["variants"]) > 1]
    grids = {check["id"]: shell.inline_json(grid(check)) for check in checks}
    return shell.part("panel", checks=checks, grids=grids)


def grid(check: dict[str, Any]) -> dict[str, Any]:
    """Return what the panel's script looks up.

    Each variant has its id, the place of each option's value, its estimate as text, its outcome,
    and its rank (from 1, lowest first) and value on the curve; without an estimate both are None.
    """
    held = [variant for variant in check["variants"] if variant["estimate"]]
    ordered = sorted(held, key=lambda variant: variant["estimate"]["value"])
    ranks = {variant["id"]: place for place, variant in enumerate(ordered, 1)}
    return {
        "unit": check["unit"],
        "primary": check["role"] == "primary",
        "of": len(ordered),
        "variants": [
            {
                "id": variant["id"],
                "places": [
                    check["options"][name].index(value)
                    for name, value in variant["options"].items()
                ],
                "outcome": variant["outcome"],
                "rank": ranks.get(variant["id"]),
                **_shown(variant["estimate"]),
            }
            for variant in check["variants"]
        ],
    }


def _shown(estimate: dict[str, Any] | None) -> dict[str, Any]:
    if estimate is None:
        return {"value": None, "estimate": "no estimate", "interval": "too few economies"}
    ends = f"95 % interval {words.number(estimate['low'])} to {words.number(estimate['high'])}"
    exact = estimate["low"] == estimate["high"]
    return {
        "value": estimate["value"],
        "estimate": f"{words.number(estimate['value'])} {estimate['unit']}",
        "interval": f"{'exact' if exact else ends}, n = {estimate['n']}",
    }


def connect(app: Sphinx) -> None:
    """Bring the panel's script along."""
    app.add_js_file("panel.js", loading_method="defer")
