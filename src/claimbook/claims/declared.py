"""Declared first: the ledger of what each check declared, when, and whether figures were seen.

``book/declarations.csv`` only grows. A row holds the hash of a check's declaration; a check whose
hash is not its newest row there may be executed, but what it finds is not stored.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import namedtuple
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from claimbook import paths, reading
from claimbook.claims import files, rule
from claimbook.errors import ClaimbookError
from claimbook.writing import write_all

DECLARED, FIRST_RUN = "declared", "first-run"
YES, NO = "yes", "no"
_JUDGED = ("expects", "reference", "smallest_effect")
_HASHED = ("role", "series", "unit", *_JUDGED, "options", "vintage")
_SLUG, _HASH = r"[a-z0-9]+(-[a-z0-9]+)*", r"[0-9a-f]{64}"
# The columns of the ledger, and what a cell of each looks like.
_FORMS = {
    "date": r"\d{4}-\d\d-\d\d",
    "claim": _SLUG,
    "check": _SLUG,
    "sha256": _HASH,
    "code": _HASH,
    "rule": r"[1-9]\d*",
    "event": f"{DECLARED}|{FIRST_RUN}",
    "seen": f"({YES}|{NO})?",
    "reason": r".*",
}
Row = namedtuple("Row", _FORMS)  # a line of the ledger, as text


class DeclarationError(ClaimbookError):
    """The ledger is broken, or does not hold a check as it stands."""


def ledger() -> Path:
    """Return the path of the ledger."""
    return paths.root() / "book" / "declarations.csv"


def declaration(check: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a check declares, field by field."""
    return {name: check[name] for name in _HASHED}


def sha256(check: Mapping[str, Any]) -> str:
    """Return the hash of what a check declares; its words are no part of it."""
    text = json.dumps(declaration(check), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read() -> list[Row]:
    """Read the ledger; it is empty where nothing has been declared yet."""
    path = ledger()
    return parse(reading.text(path, DeclarationError), paths.shown(path)) if path.exists() else []


def parse(text: str, name: str) -> list[Row]:
    """Read a ledger's text; ``name`` says where it stands."""
    try:
        lines = list(csv.reader(io.StringIO(text)))
    except csv.Error as error:
        raise DeclarationError(f"{name} is no table ({error}): restore it from git.") from None
    if not lines or lines[0] != list(Row._fields):
        raise DeclarationError(
            f"{name}, line 1: the header is not {','.join(Row._fields)}: restore it from git."
        )
    rows: list[Row] = []
    for number, cells in enumerate(lines[1:], 2):
        if fault := _fault(cells, rows):
            raise DeclarationError(
                f"{name}, line {number}: {fault}. The ledger only grows: restore it from git, then "
                "add to it by `claimbook declare`."
            )
        rows.append(Row(*cells))
    return rows


def _fault(cells: Sequence[str], earlier: Sequence[Row]) -> str | None:
    """Say what is wrong with a line, given those before it."""
    if len(cells) != len(Row._fields):
        return f"{len(cells)} cells where there should be {len(Row._fields)}"
    row = Row(*cells)
    for column, form in _FORMS.items():
        if not re.fullmatch(form, getattr(row, column)):
            return f"{getattr(row, column)!r} is no {column}"
    try:
        date.fromisoformat(row.date)
    except ValueError:
        return f"{row.date!r} is no date"
    if earlier and row.date < earlier[-1].date:
        return f"its date, {row.date}, is before that of the line above"
    if row.event == DECLARED:
        return None if row.seen else "it does not say whether figures had been seen"
    if _newest(earlier, row.claim).get(row.check) != row.sha256:
        return f"a first run of {row.check} that was not declared before"
    return None


def _newest(rows: Iterable[Row], claim_id: str) -> dict[str, str]:
    """Return the hash of the newest declaration of each check of a claim."""
    own = (row for row in rows if row.claim == claim_id)
    return {row.check: row.sha256 for row in own if row.event == DECLARED}


def undeclared(claim: Mapping[str, Any], rows: Sequence[Row]) -> list[str]:
    """Return the checks that are not declared as they stand."""
    newest = _newest(rows, claim["id"])
    return [one["id"] for one in claim["checks"] if newest.get(one["id"]) != sha256(one)]


def declare(
    claim: Mapping[str, Any], code: str, *, seen: bool, reason: str = "", today: date | None = None
) -> list[str]:
    """Declare the checks of a claim as they stand; return the ids of those declared anew.

    ``code`` is the digest of the chapter's code, and ``seen`` whether the figures had been looked
    at. What is changed, or added to a claim declared before, needs a reason.
    """
    rows = read()
    anew, reason = undeclared(claim, rows), " ".join(reason.split())
    if anew and _newest(rows, claim["id"]) and not reason:
        raise DeclarationError(
            f"{claim['id']} was declared before; {', '.join(anew)} changed or came since: say why "
            "by `--reason`."
        )
    told = {"event": DECLARED, "seen": YES if seen else NO, "reason": reason}
    _append(claim, anew, today, code, **told)
    return anew


def require(claim: Mapping[str, Any]) -> None:
    """Refuse a claim with a check that is not declared as it stands."""
    if missing := undeclared(claim, read()):
        alone = "is not declared as it stands"
        are_not = alone if len(missing) == 1 else "are not declared as they stand"
        raise DeclarationError(
            f"{claim['id']} was not stored, for {', '.join(missing)} {are_not} now: run "
            f"`claimbook declare {claim['id']} --seen yes` (or no, if the figures have not been "
            "looked at), then run it again."
        )


def record_first_run(
    claim: Mapping[str, Any], code: str, *, today: date | None = None
) -> list[str]:
    """Add to the ledger that checks were run as declared, each once; return the ids of those."""
    ran = {row[1:4] for row in read() if row.event == FIRST_RUN}
    new = [one["id"] for one in claim["checks"] if (claim["id"], one["id"], sha256(one)) not in ran]
    _append(claim, new, today, code, event=FIRST_RUN, seen="", reason="")
    return new


def _append(
    claim: Mapping[str, Any], check_ids: Sequence[str], day: date | None, code: str, **told: str
) -> None:
    """Add a row for each of some checks; a ledger that would be refused is not written."""
    if not check_ids:
        return
    facts = {"date": (day or date.today()).isoformat(), "claim": claim["id"], "code": code, **told}
    rows = [
        Row(check=check["id"], sha256=sha256(check), rule=str(rule.VERSION), **facts)
        for check in claim["checks"]
        if check["id"] in check_ids
    ]
    text, path = io.StringIO(), ledger()
    csv.writer(text, lineterminator="\n").writerows([Row._fields, *read(), *rows])
    parse(text.getvalue(), paths.shown(path))
    write_all({path: text.getvalue().encode("utf-8")})


def require_grown(before: Sequence[Row], now: Sequence[Row]) -> None:
    """Refuse a ledger in which a row of an earlier state was changed, moved or removed."""
    for number, row in enumerate(before):
        if number >= len(now) or now[number] != row:
            raise DeclarationError(
                f"{paths.shown(ledger())}, line {number + 2}: the declaration of {row.check} of "
                f"{row.claim} on {row.date} was changed or removed. The ledger only grows: restore "
                "what was there, and declare again below it."
            )


def joined(output: Mapping[str, Any], rows: Sequence[Row]) -> dict[str, Any]:
    """Join to a claim output what the ledger says of its checks, and of the claim.

    Of a check: ``date`` of its first declaration; ``changed``, the date of the newest if that is
    another, with its ``reason``; whether figures had been ``seen``; and ``after_first_run``:
    whether it was declared as it stands only after the claim was first run. Of the claim besides:
    ``without_later``, its verdict without the checks that came later (None where none did, or the
    primary is one), and ``dropped``, checks once declared that it has no more.
    """
    own = [row for row in rows if row.claim == output["claim"]["id"]]
    facts = {check["id"]: _facts(check["id"], own) for check in output["checks"]}
    checks = [check | {"declared": facts[check["id"]]} for check in output["checks"]]
    return {**output, "checks": checks, "declared": _claim_facts(checks, own)}


def _facts(check_id: str, own: Sequence[Row]) -> dict[str, Any] | None:
    told = [
        place for place, row in enumerate(own) if (row.check, row.event) == (check_id, DECLARED)
    ]
    if not told:
        return None
    newest = own[told[-1]]
    return {
        "date": own[told[0]].date,
        "seen": newest.seen == YES,
        "changed": newest.date if len(told) > 1 else None,
        "reason": newest.reason,
        "after_first_run": any(row.event == FIRST_RUN for row in own[: told[-1]]),
    }


def _claim_facts(checks: Sequence[Mapping[str, Any]], own: Sequence[Row]) -> dict[str, Any] | None:
    held = [check["declared"] for check in checks if check["declared"]]
    if not held:
        return None
    ids = {check["id"] for check in checks}
    return {
        "date": min(one["date"] for one in held),
        "seen": any(one["seen"] for one in held),
        "changed": max((one["changed"] for one in held if one["changed"]), default=None),
        "after_first_run": any(one["after_first_run"] for one in held),
        "without_later": _without_later(checks),
        "dropped": list(dict.fromkeys(row.check for row in own if row.check not in ids)),
    }


def _without_later(checks: Sequence[Mapping[str, Any]]) -> str | None:
    counting = [check for check in checks if check["role"] in files.COUNTING]
    early = [one for one in counting if not (one["declared"] or {}).get("after_first_run", True)]
    primary = [check["outcome"] for check in early if check["role"] == files.PRIMARY]
    if len(early) == len(counting) or not primary:
        return None
    return rule.verdict(*primary, [check["outcome"] for check in early])
