"""Numbers in prose: a link whose text is the number, bound to the value it names.

``[−2.2](value:median-gini-change.value ".1f")`` is legible in JupyterLab and in a diff. `claimbook
run` writes the text, the build and the tests compare it, and the page shows it plain. A page
that is no chapter names the claim as well: ``value:inequality-rose/median-gini-change.value``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from claimbook.errors import ClaimbookError, nearest

SCHEME = "value:"
# None drops a sign or shows more than four decimals.
FORMAT = re.compile(r"|\+?(,|,?\.[0-4]f|\.[01]%)")
LINK = re.compile(
    r'(?<!!)\[(?P<text>[^\[\]]*)\]\(value:(?P<name>[^\s)]+)(?:\s+"(?P<format>[^"]*)")?\)'
)
# Anything else that binds would stay what was typed.
_OTHERWISE = re.compile(rf"(?:\]\(\s*|\]:\s*|<)<?{SCHEME}", re.IGNORECASE)


class ProseError(ClaimbookError):
    """A number in the prose names no value, or is not the value it names."""


def bound(text: str, output: Mapping[str, Any]) -> str:
    """Return a Markdown text with every bound number brought up to date."""

    def renewed(match: re.Match[str]) -> str:
        current = shown(match["name"], match["format"], output)
        return match[0].replace(f"[{match['text']}]", f"[{current}]", 1)

    if fault := hidden(text):
        raise ProseError(fault)
    return LINK.sub(renewed, text)


def hidden(text: str) -> str | None:
    """Say which bound number a reader would not see: in a formula, or written otherwise."""
    if _OTHERWISE.search(LINK.sub("", text)):
        return f'a number is bound in another way than as [1.2]({SCHEME}check-id.value ".1f")'
    if "$" not in text or f"]({SCHEME}" not in text:
        return None
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    # As _config.yml has it: a dollar before a space or after a digit opens no formula.
    parser = MarkdownIt().use(dollarmath_plugin, allow_space=False, allow_digits=False)
    tokens = [inner for token in parser.parse(text) for inner in (token, *(token.children or ()))]
    for token in tokens:
        if token.type.startswith("math") and f"]({SCHEME}" in token.content:
            start = " ".join(token.content.split())[:40]
            return f"a bound number stands in the formula “{start}”: write its dollar signs as \\$"
    return None


def plain(text: str, output: Mapping[str, Any]) -> str:
    """Return a text of a claim file with its bound numbers as plain text."""
    return LINK.sub(lambda match: match["text"], bound(text, output))


def stale(text: str, output: Mapping[str, Any]) -> list[str]:
    """Say which bound numbers of a Markdown text are not what was computed, a sentence each."""
    faults = [fault] if (fault := hidden(text)) else []
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
    """Format a value as the prose shows it, with a true minus sign.

    ``spec`` is a Python format such as ``.1f`` or ``.0%``, or with a plus, ``+.1f``.
    """
    value = lookup(name, output)
    spec = spec or ""
    if not FORMAT.fullmatch(spec):
        raise ProseError(
            f"the format {spec!r} of value:{name} is not known: write .0f to .4f, .0%, .1% or a "
            "comma for thousands, with + before it for a plus"
        )
    number = isinstance(value, int | float)
    try:
        text = format(value, spec or ("g" if number else "s"))
        return text.replace("-", "−") if number else text
    except ValueError:
        raise ProseError(f"the format {spec!r} does not fit value:{name} ({value!r})") from None


def lookup(name: str, output: Mapping[str, Any]) -> float | str:
    """Find a value by its name in the prose; a list counts its entries.

    A name is ``<check-id>.<field>`` such as ``median-gini-change.low``, ``values.<name>``,
    ``verdict``, or ``robustness.agree``. After ``<claim-id>/`` it is one of another claim's, where
    ``output`` holds the outputs of claims by their ids.
    """
    if "checks" not in output:
        return _lookup_of_another(name, output)
    if "/" in name:
        raise ProseError(
            f"value:{name} is another claim's: a chapter binds its own numbers, and links to others"
        )
    place: Any = {**output, **{check["id"]: _flat(check) for check in output["checks"]}}
    # Vintage names and economy codes hold no dots, so a name splits cleanly at them.
    for part in name.split("."):
        if not isinstance(place, Mapping) or part not in place:
            known = list(place) if isinstance(place, Mapping) else []
            raise ProseError(f"value:{name} names no value.{nearest(part, known)}")
        place = place[part]
    if isinstance(place, Mapping) or place is None:
        what = "missing" if place is None else "a group"
        raise ProseError(f"value:{name} is no number but {what}")
    return len(place) if isinstance(place, list) else place


def _lookup_of_another(name: str, outputs: Mapping[str, Any]) -> float | str:
    claim_id, slash, of_claim = name.partition("/")
    if not slash:
        raise ProseError(
            f"value:{name} is bound on a page that is no chapter: name the claim first, as in "
            "value:CLAIM-ID/verdict"
        )
    if claim_id not in outputs:
        raise ProseError(f"value:{name} names no claim of the book")
    return lookup(of_claim, outputs[claim_id])


def _flat(check: Mapping[str, Any]) -> dict[str, Any]:
    """Put an estimate's numbers beside the outcome, for shorter names in the prose."""

    def beside(found: Mapping[str, Any]) -> dict[str, Any]:
        return {**found, **(found["estimate"] or {})}

    vintages = {name: under and beside(under) for name, under in check["vintages"].items()}
    variants = {variant["id"]: beside(variant) for variant in check["variants"]}
    return {**beside(check), "vintages": vintages, "variants": variants}
