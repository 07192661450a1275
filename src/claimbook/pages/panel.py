"""The panel in which a reader argues with a check: one control an option, answered from the grid.

Every variant was computed when the chapter was run, so the page needs no server: it looks up the
one chosen. The address carries the choice.
"""

from __future__ import annotations

import json
from typing import Any

from markupsafe import Markup
from sphinx.application import Sphinx

from claimbook.pages import parts


def panel_html(output: dict[str, Any]) -> str:
    """Return the panels of a claim: one for each check that leaves a choice.

    Parameters
    ----------
    output : dict
        The claim output.

    Returns
    -------
    str
        HTML, empty where no check has two variants.
    """
    checks = [check for check in output["checks"] if len(check["variants"]) > 1]
    grids = {check["id"]: _inline(grid(check)) for check in checks}
    return parts.render("panel", checks=checks, grids=grids)


def grid(check: dict[str, Any]) -> dict[str, Any]:
    """Return what the panel's script looks up.

    Parameters
    ----------
    check : dict
        A check of a claim output.

    Returns
    -------
    dict
        ``unit`` and ``variants``: id, place of each option's value, estimate as text, outcome, and
        rank (from 1, lowest first) and value on the specification curve; rank is None without an
        estimate.
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
    ends = f"95 % interval {parts.number(estimate['low'])} to {parts.number(estimate['high'])}"
    exact = estimate["low"] == estimate["high"]
    return {
        "value": estimate["value"],
        "estimate": f"{parts.number(estimate['value'])} {estimate['unit']}",
        "interval": f"{'exact' if exact else ends}, n = {estimate['n']}",
    }


def _inline(value: dict[str, Any]) -> Markup:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # "<" cannot end the script element once it is written as an escape.
    return Markup(text.replace("<", "\\u003c"))


def connect(app: Sphinx) -> None:
    """Bring the panel's script along."""
    app.add_js_file("panel.js", loading_method="defer")
