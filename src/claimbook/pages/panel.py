"""The panel in which a reader argues with a check: one control an option, answered from the grid.

Every variant was computed when the chapter was run, so the page needs no server: it looks up the
one chosen, and what the verdict would then be. The address carries the choices.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

from claimbook.claims import rule
from claimbook.claims.files import COUNTING, PRIMARY
from claimbook.claims.grid import switch_id
from claimbook.estimates import words
from claimbook.figures.words import choice, option
from claimbook.pages import parts, phrases

_PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def panels(output: dict[str, Any], checks: list[dict[str, Any]], curve: str = "") -> Markup:
    """Return the panels of some of a claim's checks: one for each that leaves a choice.

    The primary check's holds its specification `curve`, so that both stay in view together.
    """
    claim, panels = output["claim"], []
    for check in checks:
        if len(check["variants"]) > 1:
            said = claim.get("sentence", "") if check["role"] == PRIMARY else ""
            shown = controls(check, claim.get("labels", {}), _PLACE.findall(said))
            panels.append(
                {
                    "check": check,
                    "controls": shown,
                    "grid": grid(check),
                    "sentence": sentence(said, shown) if said else [],
                }
            )
    return parts.render(
        "panel", panels=panels, verdicts=verdicts(output["checks"]), curve=Markup(curve)
    )


def controls(
    check: dict[str, Any], labels: dict[str, Any], said: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """Return a check's options as they are read, in the words of the labels.

    Those that a sentence has `said` come first, then the others in the order of the labels.
    """
    options = check["options"]
    read = [name for name in (*said, *labels) if name in options]
    return [
        {
            "name": name,
            "label": option(name, labels),
            "values": [choice(value, name, labels) for value in options[name]],
        }
        for name in dict.fromkeys([*read, *options])
    ]


def sentence(text: str, shown: list[dict[str, Any]]) -> list[str | dict[str, Any]]:
    """Cut a sentence at its options: text, and where an option is first named, its control."""
    left = {control["name"]: control for control in shown}
    # A split at a pattern with a group gives texts and names in turn.
    return [
        left.pop(piece, piece) if place % 2 else piece
        for place, piece in enumerate(_PLACE.split(text))
    ]


def verdicts(checks: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the panels' script needs to say what verdict the reader's choices make.

    `outcomes` are those of the checks that count at their headlines; `rule` gives the verdict by
    the primary's outcome and by which others were found beside it, "support" and "contradict".
    """
    found = {
        f"{primary} {' '.join(others)}".strip(): rule.verdict(primary, others)
        for primary in rule.OUTCOMES
        for others in ((), (rule.SUPPORTS,), (rule.CONTRADICTS,), (rule.SUPPORTS, rule.CONTRADICTS))
    }
    counting = [check for check in checks if check["role"] in COUNTING]
    return {
        "primary": next(check["id"] for check in counting if check["role"] == PRIMARY),
        "outcomes": {check["id"]: check["outcome"] for check in counting},
        "rule": found,
    }


def grid(check: dict[str, Any]) -> dict[str, Any]:
    """Return what the panel's script looks up: columns, one place a variant, the headline first.

    `options` are the parts of the variants' ids: as in the claim output, the variants are every
    combination, the last option changing fastest. What has no estimate has the value None.
    """
    held = [variant["estimate"] for variant in check["variants"]]
    what = phrases.counts(check)
    return {
        "curve": check["role"] == PRIMARY and len([one for one in held if one]) > 1,
        "options": {
            name: [switch_id(name, value) for value in values]
            for name, values in check["options"].items()
        },
        "outcomes": [variant["outcome"] for variant in check["variants"]],
        "values": [one and one["value"] for one in held],
        "estimates": [words.value(one) if one else words.NONE for one in held],
        "intervals": [_interval(one, what) if one else f"too few {what}" for one in held],
    }


def _interval(estimate: dict[str, Any], what: str) -> str:
    ends = words.interval(estimate)
    said = ends if ends == "exact" else f"95 % interval {ends}"
    return f"{said}, {words.counted(estimate, what)}"
