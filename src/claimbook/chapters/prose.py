"""Numbers in prose: a link whose text is the number, bound to the value it names.

``[−2.2](value:median-gini-change.value ".1f")`` is legible in JupyterLab and in a diff. `claimbook
run` writes the text, the build and the tests compare it, and the page shows it plain.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from claimbook.errors import ClaimbookError, nearest

SCHEME = "value:"
LINK = re.compile(r'\[(?P<text>[^\[\]]*)\]\(value:(?P<name>[^\s)]+)(?:\s+"(?P<format>[^"]*)")?\)')


class ProseError(ClaimbookError):
    """A number in the prose names no value, or is not the value it names."""


def bound(text: str, output: Mapping[str, Any]) -> str:
    """Return a text with every bound number brought up to date.

    Parameters
    ----------
    text : str
        Markdown.
    output : mapping
        The chapter's claim output.

    Returns
    -------
    str
        The same text, the numbers as computed.

    Raises
    ------
    ProseError
        If a link names no value.
    """

    def renewed(match: re.Match[str]) -> str:
        current = shown(match["name"], match["format"], output)
        return match[0].replace(f"[{match['text']}]", f"[{current}]", 1)

    return LINK.sub(renewed, text)


def plain(text: str, output: Mapping[str, Any]) -> str:
    """Return a text of a claim file with its bound numbers as plain text."""
    return LINK.sub(lambda match: match["text"], bound(text, output))


def stale(text: str, output: Mapping[str, Any]) -> list[str]:
    """Say which bound numbers of a text are not what was computed.

    Parameters
    ----------
    text : str
        Markdown.
    output : mapping
        The chapter's claim output.

    Returns
    -------
    list of str
        One sentence a number.
    """
    faults = []
    for match in LINK.finditer(text):
        try:
            current = shown(match["name"], match["format"], output)
        except ProseError as fault:
            faults.append(str(fault))
            continue
        if current != match["text"]:
            faults.append(
                f"the prose says {match['text']} for {match['name']}, the figures say {current}"
            )
    return faults


def shown(name: str, spec: str | None, output: Mapping[str, Any]) -> str:
    """Format a value as the prose shows it.

    Parameters
    ----------
    name : str
        ``<check-id>.<field>`` such as ``median-gini-change.low``, ``values.<name>``, ``verdict``,
        ``robustness.agree``.
    spec : str or None
        A Python format such as ``.1f`` or ``.0%``; ``+`` shows the sign, ``abs`` before it drops
        the sign.
    output : mapping
        The chapter's claim output.

    Returns
    -------
    str
        The number with a true minus sign, or the word.

    Raises
    ------
    ProseError
        If there is no such value or the format does not fit it.
    """
    value = lookup(name, output)
    spec = spec or ""
    if spec.startswith("abs"):
        value, spec = abs(value), spec.removeprefix("abs")
    try:
        return format(value, spec or _plain_format(value)).replace(
            "-", "−" if _number(value) else "-"
        )
    except ValueError:
        raise ProseError(f"the format {spec!r} does not fit value:{name} ({value!r})") from None


def lookup(name: str, output: Mapping[str, Any]) -> float | str:
    """Find a value of the claim output by its name in the prose.

    Parameters
    ----------
    name : str
        As :func:`shown` takes it.
    output : mapping
        The claim output.

    Returns
    -------
    float or str
        The value; a list counts its entries.

    Raises
    ------
    ProseError
        If there is no such value.
    """
    checks = {check["id"]: check for check in output["checks"]}
    place: Any = {**output, **{check_id: _flat(check) for check_id, check in checks.items()}}
    # Vintage names and economy codes hold no dots, so a name splits cleanly at them.
    for part in name.split("."):
        if not isinstance(place, Mapping) or part not in place:
            known = list(place) if isinstance(place, Mapping) else []
            raise ProseError(f"value:{name} names no value.{nearest(part, known)}")
        place = place[part]
    if isinstance(place, list):
        return len(place)
    if isinstance(place, Mapping) or place is None:
        raise ProseError(
            f"value:{name} is no number but {'missing' if place is None else 'a group'}"
        )
    return place


def _flat(check: Mapping[str, Any]) -> dict[str, Any]:
    """Put an estimate's numbers beside the outcome, for shorter names in the prose."""
    return {
        **check,
        **(check["estimate"] or {}),
        "vintages": {
            name: {**under, **(under["estimate"] or {})} if under else None
            for name, under in check["vintages"].items()
        },
        "variants": {
            variant["id"]: {**variant, **(variant["estimate"] or {})}
            for variant in check["variants"]
        },
    }


def _number(value: object) -> bool:
    return isinstance(value, int | float)


def _plain_format(value: object) -> str:
    return "g" if _number(value) else "s"
