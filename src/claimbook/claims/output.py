"""The claim output: what a chapter stores of its claim, compact; and the words joined to it.

What is stored holds figures, ids and outcomes only. Estimates stand in columns, each one string, so
that an editor that saves the notebook leaves them as they are. The words of the claim file are
joined when pages are made, so that mending a word makes no chapter stale.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from claimbook.claims import rule
from claimbook.claims.grid import Grid, switch_id, variants
from claimbook.errors import ClaimbookError
from claimbook.estimates import Estimate

MIME = "application/vnd.claimbook.claim+json"
SCHEMA_VERSION = 2
Found = dict[str, Any]
# Column to what it holds of an estimate; where no estimate is exact that column is left out.
_COLUMNS = {
    "values": ("value", float),
    "lows": ("low", float),
    "highs": ("high", float),
    "ns": ("n", int),
    "exact": ("exact", "1".__eq__),
}
_LISTS = ("missing", "lost")
_LETTERS = {outcome[0]: outcome for outcome in rule.OUTCOMES}
_NOTHING = "-"


class OutputError(ClaimbookError):
    """A stored claim output cannot be read: the chapter is to be run again."""


def plain(value: Any) -> Any:
    """Return plain data with whole numbers as integers: an editor that saves 2.0 writes 2."""
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def compact(found: Mapping[str, Any]) -> Found:
    """Return what is stored of a claim's findings (those of ``Claim.as_dict``)."""
    checks = [_compact(check) for check in found["checks"]]
    return plain({"schema_version": SCHEMA_VERSION, **found, "checks": checks})


def expanded(stored: Mapping[str, Any], claim: Mapping[str, Any]) -> Found:
    """Return a stored claim output in full, the words of its claim file joined to it."""
    if stored.get("schema_version") != SCHEMA_VERSION:
        raise OutputError(
            f"The stored output of {claim['id']} is of another version of the library: run "
            f"`claimbook run {claim['id']}`."
        )
    declared = {check["id"]: check for check in claim["checks"]}
    ids = [check["id"] for check in stored["checks"]]
    if ids != list(declared):
        raise OutputError(
            f"The stored output of {claim['id']} holds the checks {', '.join(ids)}, its claim file "
            f"declares {', '.join(declared)}: run `claimbook run {claim['id']}`."
        )
    checks = [_expanded(check, declared[check["id"]]) for check in stored["checks"]]
    return joined({**stored, "checks": checks}, claim)


def joined(found: Mapping[str, Any], claim: Mapping[str, Any]) -> Found:
    """Join a claim file to a claim's findings: its words, and what each check declares."""
    declared = {check["id"]: check for check in claim["checks"]}
    if "switches" in found:
        moved = _moved_by(found["switches"], claim.get("labels", {}))
        found = {**found, "switches": {**found["switches"], "options": moved}}
    return {
        **found,
        "claim": {name: one for name, one in claim.items() if name != "checks"},
        "checks": [joined_check(check, declared[check["id"]]) for check in found["checks"]],
    }


def _moved_by(switches: Mapping[str, Any], labels: Mapping[str, Any]) -> str:
    """Name the options that move the verdict, in a reader's words where the claim file has them."""
    words = []
    for option in dict.fromkeys(one["option"] for one in switches["which"]):
        label = labels.get(option, {})
        label = label.get("label") if isinstance(label, Mapping) else label
        words.append(label or option.replace("_", " "))
    return ", ".join(words)


def joined_check(check: Mapping[str, Any], declared: Mapping[str, Any]) -> Found:
    """Join to a check's findings what the claim file declares of it."""
    options = variants(declared["options"])

    def measured(one: Mapping[str, Any] | None) -> Found | None:
        found = one and one["estimate"] and {**one["estimate"], "unit": declared["unit"]}
        return one and {**one, "estimate": found}

    return {
        **declared,
        **measured(check),
        "vintages": {name: measured(one) for name, one in check["vintages"].items()},
        "history": [measured(one) for one in check["history"]],
        "variants": [{**measured(one), "options": options[one["id"]]} for one in check["variants"]],
    }


def grid_of(check: Mapping[str, Any]) -> Grid:
    """Return the grid of a check in full, to ask it what its options move."""
    return Grid.of(
        check,
        (
            (one["options"], one["outcome"], one["estimate"] and Estimate(**one["estimate"]))
            for one in check["variants"]
        ),
    )


def _compact(check: Mapping[str, Any]) -> Found:
    """Put a check's variants, vintages and economies into columns.

    Its own outcome and estimate are those of the first variant, the headline.
    """
    vintages, history, economies = (check[name] for name in ("vintages", "history", "economies"))
    releases = " ".join(one["release"] for one in history)
    values = " ".join(map(_text, economies.values()))
    found = {name: one for name, one in check.items() if name not in ("outcome", "estimate")}
    return found | {
        "variants": _columns(check["variants"]),
        "vintages": {"names": " ".join(vintages)} | _columns(vintages.values()),
        "history": {"names": releases} | _columns(history),
        "economies": {"codes": " ".join(economies), "values": values},
        **{name: {key: " ".join(one) for key, one in check[name].items()} for name in _LISTS},
    }


def _expanded(check: Mapping[str, Any], declared: Mapping[str, Any]) -> Found:
    found, ids = _entries(check["variants"]), variants(declared["options"])
    if len(ids) != len(found):
        raise OutputError(
            f"The check {check['id']} has {len(ids)} variants, {len(found)} are stored: run the "
            "chapter again."
        )
    vintages, history, economies = (
        dict(zip(check[name][key].split(), read(check[name]), strict=True))
        for name, key, read in (
            ("vintages", "names", _entries),
            ("history", "names", _entries),
            ("economies", "codes", lambda columns: map(float, columns["values"].split())),
        )
    )
    return {
        **check,
        **found[0],
        "variants": [{"id": name, **one} for name, one in zip(ids, found, strict=True)],
        "vintages": vintages,
        "history": [{"release": release, **one} for release, one in history.items()],
        "economies": economies,
        **{name: {key: one.split() for key, one in check[name].items()} for name in _LISTS},
    }


def _columns(entries: Iterable[Mapping[str, Any] | None]) -> dict[str, str]:
    """Write outcomes and estimates as columns: one letter, or one number, an entry."""
    entries = list(entries)
    estimates = [one and one["estimate"] for one in entries]
    columns = {
        column: " ".join(_text(one[name]) if one else _NOTHING for one in estimates)
        for column, (name, _) in _COLUMNS.items()
        if name != "exact" or any(one and one["exact"] for one in estimates)
    }
    return {
        "outcomes": "".join(one["outcome"][0] if one else _NOTHING for one in entries)
    } | columns


def _entries(columns: Mapping[str, str]) -> list[Found | None]:
    """Read what ``_columns`` wrote."""
    letters = columns["outcomes"]
    none_exact = {"exact": "0 " * len(letters)}
    texts = [(none_exact | columns)[column].split() for column in _COLUMNS]
    entries: list[Found | None] = []
    for letter, *row in zip(letters, *texts, strict=True):
        estimate = (
            {name: kind(text) for (name, kind), text in zip(_COLUMNS.values(), row, strict=True)}
            if row[0] != _NOTHING
            else None
        )
        asked = letter != _NOTHING
        entries.append({"outcome": _LETTERS[letter], "estimate": estimate} if asked else None)
    return entries


def _text(number: float) -> str:
    return f"{number:.6g}" if isinstance(number, float) else str(int(number))


def claim_text(found: Mapping[str, Any]) -> str:
    """Write a claim's findings for a terminal, or a diff: ids, outcomes, figures."""
    return _filled("claim.txt", found=found, switches=switches_text(found["switches"]))


def check_text(check: Mapping[str, Any]) -> str:
    """Write a check's findings for a terminal, or a diff."""
    return _filled("check.txt", check=check)


def _filled(template: str, **values: Any) -> str:
    return _environment().get_template(template).render(values).rstrip("\n")


@cache
def _environment() -> Any:
    import jinja2  # a chapter that is only opened needs none

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("claimbook.claims"), trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["g"] = "{:g}".format
    return environment


def switches_text(switches: Mapping[str, Any]) -> str:
    """Say how many single changes move the verdict, and which."""
    which = ", ".join(switch_id(one["option"], one["value"]) for one in switches["which"])
    counted = f"{switches['move']} of {switches['of']} single changes move the verdict"
    return f"{counted}: {which}" if which else counted
