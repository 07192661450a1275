"""The claim output: what a chapter stores of its claim, compact; and the words joined to it.

What is stored holds figures, ids and outcomes only. Estimates stand in columns, each one string, so
that an editor that saves the notebook leaves them as they are. The words of the claim file are
joined when pages are made, so that mending a word makes no chapter stale.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from claimbook.claims import rule
from claimbook.claims.grid import Answer, Grid, switch_id, variants
from claimbook.errors import ClaimbookError
from claimbook.estimates import Estimate

MIME = "application/vnd.claimbook.claim+json"
SCHEMA_VERSION = 2
Found = dict[str, Any]
_NUMBERS = {"value": float, "low": float, "high": float, "n": int}
_EXACT = "exact"
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
    unit = {"unit": declared["unit"]}

    def measured(one: Mapping[str, Any] | None) -> Found | None:
        return one and {**one, "estimate": one["estimate"] and {**one["estimate"], **unit}}

    return {
        **declared,
        **measured(check),
        "vintages": {name: measured(one) for name, one in check["vintages"].items()},
        "history": [{**measured(one), "release": one["release"]} for one in check["history"]],
        "variants": [
            {"id": one["id"], "options": options[one["id"]], **measured(one)}
            for one in check["variants"]
        ],
    }


def grid_of(check: Mapping[str, Any]) -> Grid:
    """Return the grid of a check in full, to ask it what its options move."""
    answers = {
        tuple(one["options"][name] for name in check["options"]): Answer(
            one["outcome"], one["estimate"] and Estimate(**one["estimate"])
        )
        for one in check["variants"]
    }
    return Grid(check["options"], answers, check["smallest_effect"])


def _compact(check: Mapping[str, Any]) -> Found:
    """Put a check's variants, vintages and economies into columns.

    Its own outcome and estimate are those of the first variant, the headline.
    """
    names = check["economies"].keys()
    return {name: one for name, one in check.items() if name not in ("outcome", "estimate")} | {
        "variants": _columns(check["variants"]),
        "vintages": {"names": " ".join(check["vintages"])} | _columns(check["vintages"].values()),
        "history": {"names": " ".join(one["release"] for one in check["history"])}
        | _columns(check["history"]),
        "flips": check["flips"]
        and {name: one if one is None else plain(one) for name, one in check["flips"].items()},
        "missing": {vintage: " ".join(codes) for vintage, codes in check["missing"].items()},
        "lost": {vintage: " ".join(codes) for vintage, codes in check["lost"].items()},
        "economies": {
            "codes": " ".join(names),
            "values": " ".join(_text(check["economies"][name]) for name in names),
        },
    }


def _expanded(check: Mapping[str, Any], declared: Mapping[str, Any]) -> Found:
    found = _entries(check["variants"])
    ids = variants(declared["options"])
    if len(ids) != len(found):
        raise OutputError(
            f"The check {check['id']} has {len(ids)} variants, {len(found)} are stored: run the "
            "chapter again."
        )
    vintages, history = (_named(check[name]) for name in ("vintages", "history"))
    codes, values = (check["economies"][name].split() for name in ("codes", "values"))
    return {
        **check,
        **found[0],
        "variants": [{"id": name, **one} for name, one in zip(ids, found, strict=True)],
        "vintages": vintages,
        "history": [{"release": release, **one} for release, one in history.items()],
        "missing": {vintage: names.split() for vintage, names in check["missing"].items()},
        "lost": {vintage: names.split() for vintage, names in check["lost"].items()},
        "economies": dict(zip(codes, map(float, values), strict=True)),
    }


def _columns(entries: Iterable[Mapping[str, Any] | None]) -> dict[str, str]:
    """Write outcomes and estimates as columns: one letter, or one number, an entry."""
    entries = list(entries)
    estimates = [one["estimate"] if one else None for one in entries]
    columns = {"outcomes": "".join(one["outcome"][0] if one else _NOTHING for one in entries)}
    for name in _NUMBERS:
        column = (_text(one[name]) if one else _NOTHING for one in estimates)
        columns[f"{name}s"] = " ".join(column)
    if any(one and one[_EXACT] for one in estimates):
        columns[_EXACT] = " ".join(str(int(bool(one and one[_EXACT]))) for one in estimates)
    return columns


def _entries(columns: Mapping[str, str]) -> list[Found | None]:
    """Read what ``_columns`` wrote."""
    numbers = [
        [None if text == _NOTHING else kind(text) for text in columns[f"{name}s"].split()]
        for name, kind in _NUMBERS.items()
    ]
    exact = columns.get(_EXACT, "0 " * len(columns["outcomes"])).split()
    entries: list[Found | None] = []
    for letter, flag, *row in zip(columns["outcomes"], exact, *numbers, strict=True):
        measured = dict(zip(_NUMBERS, row, strict=True)) | {_EXACT: flag == "1"}
        estimate = None if row[0] is None else measured
        asked = letter != _NOTHING
        entries.append({"outcome": _LETTERS[letter], "estimate": estimate} if asked else None)
    return entries


def _named(columns: Mapping[str, str]) -> dict[str, Found | None]:
    return dict(zip(columns["names"].split(), _entries(columns), strict=True))


def _text(number: float) -> str:
    return f"{number:.6g}" if isinstance(number, float) else str(number)


def claim_text(found: Mapping[str, Any]) -> str:
    """Write a claim's findings for a terminal, or a diff: ids, outcomes, figures."""
    robustness, counts = found["robustness"], found["counts"]
    primary = next(check for check in found["checks"] if check["role"] == "primary")
    words = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    then = ", ".join(f"{name}: {verdict}" for name, verdict in found["vintages"].items())
    return "\n".join(
        [
            f"claim {found['claim']['id']}: {found['verdict']}",
            f"of {sum(counts.values())} checks that count: {words}",
            switches_text(found["switches"]),
            f"primary check: {primary['outcome']}, shared by {robustness['agree']} of "
            f"{robustness['of']} variants",
            f"verdict by vintage: {then}",
            *map(check_text, found["checks"]),
        ]
    )


def switches_text(switches: Mapping[str, Any]) -> str:
    """Say how many single changes move the verdict, and which."""
    which = ", ".join(switch_id(one["option"], one["value"]) for one in switches["which"])
    counted = f"{switches['move']} of {switches['of']} single changes move the verdict"
    return f"{counted}: {which}" if which else counted


def check_text(check: Mapping[str, Any]) -> str:
    """Write a check's findings for a terminal, or a diff."""
    how = check["how"] or check["undecided_because"]
    how = f" ({how})" if how else ""
    lines = [
        f"{check['role']} check {check['id']}: {check['outcome']}{how}",
        f"  expects a {check['expects']} from {check['reference']:g}, "
        f"of at least {check['smallest_effect']:g} {check['unit']}",
    ]
    if not check["series"]:
        lines.append(f"  a model, which reads no data: {_estimate_text(check['estimate'])}")
    for vintage, under in check["vintages"].items() if check["series"] else ():
        lines.append(f"  {vintage:>8}  {_under(check, vintage, under)}")
        if lost := check["lost"].get(vintage):
            lines.append(f"            without {len(lost)}: {' '.join(lost)}")
    for one in check["history"]:
        found = f"{one['outcome']}: {_estimate_text(one['estimate'])}"
        lines.append(f"  release {one['release']}  {found}")
    if check["flips"]:
        lines.append(f"  {_flips_text(**check['flips'])}")
    if check["influence"]:
        lines.append(f"  {_influence_text(check['influence'])}")
    if check["detectable"] is not None:
        lines.append(f"  could have found an effect of {check['detectable']:g}")
    robustness = check["robustness"]
    if robustness["of"] > 1:
        lines.append(f"  {robustness['agree']} of {robustness['of']} variants have this outcome")
    return "\n".join(lines)


def _flips_text(supports_to: float | None, contradicts_from: float) -> str:
    contradicts = f"contradicts for any smallest effect above {contradicts_from:g}"
    return contradicts if supports_to is None else f"supports up to {supports_to:g}, {contradicts}"


def _influence_text(found: Mapping[str, Any]) -> str:
    reach = f"without one economy {found['low']:g} to {found['high']:g}"
    most = f"{found['without']:g} without {found['most']}"
    if not found["tipping"]:
        return f"{reach} ({most}); no five change the outcome"
    return f"{reach} ({most}); {found['tips_to']} without {' '.join(found['tipping'])}"


def _under(check: Mapping[str, Any], vintage: str, under: Mapping[str, Any] | None) -> str:
    if vintage in check["missing"]:
        return f"not held in this vintage: {', '.join(check['missing'][vintage])}"
    if under is None:
        return "not asked: this vintage does not hold the window"
    return f"{under['outcome']}: {_estimate_text(under['estimate'])}"


def _estimate_text(estimate: Mapping[str, Any] | None) -> str:
    if estimate is None:
        return "no estimate"
    low, high = estimate["low"], estimate["high"]
    exact = " exact" if estimate[_EXACT] else ""
    return f"{estimate['value']:g} [{low:g}, {high:g}]{exact}, n = {estimate['n']}"
