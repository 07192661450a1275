"""The contract that fetched figures must keep, in themselves and with the vintage they follow."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from claimbook.data.series import band
from claimbook.errors import ClaimbookError
from claimbook.sources.base import Digits, Served

FIRST_YEAR = 1960
LONGEST_NUMBER, LONGEST_NAME = 1_000, 300
# Control characters, and those that turn or hide the text around them.
_UNSEEN = {"Cc", "Cf", "Co", "Cs"}
# Economies that old releases list: by a former code (ISO 3166-3), or dissolved since.
_FORMER = pd.read_csv(Path(__file__).with_name("former-economies.csv"), keep_default_na=False)
FORMER_CODES = {
    old: now for old, now in zip(_FORMER["economy"], _FORMER["now"], strict=True) if now
}
DISSOLVED = (
    _FORMER[_FORMER["now"] == ""]
    .drop(columns="now")
    .assign(income_group="", lending_type="", aggregate=0)
)
_TRUST = "Nothing was changed; report it to the source, or try again later."


Cell = tuple[str, int, int | str]
Loss = tuple[str, list[tuple[str, int]]]  # of a series: the cells that it has lost


class ContractBroken(ClaimbookError):
    """What was served is whole, and cannot be true, or loses what an earlier vintage held."""

    exit_code = 2


def cells(served: Served, known: Collection[str]) -> list[Cell]:
    """Check one served series, and keep the cells that hold a value, as served.

    Refused are an economy that is not known, an economy-year that stands twice, a year before 1960
    or in the future, and a value that is no finite number within the series' limits.
    """
    for what, text in (("title", served.title), ("unit", served.unit)):
        if fault := unreadable(text):
            raise ContractBroken(f"The {what} of {served.code} {fault}. {_TRUST}")
    today = datetime.now(UTC).date()
    # A day more than today's: the server may be further east.
    days = f"{FIRST_YEAR}-01-01", (today + timedelta(days=1)).isoformat()
    updated = pd.to_datetime(served.updated, format="%Y-%m-%d", errors="coerce")
    if served.updated and not pd.Timestamp(days[0]) <= updated <= pd.Timestamp(days[1]):
        raise ContractBroken(
            f"{served.code} says that it was updated on {served.updated!r:.40}, which is no day up "
            f"to today. {_TRUST}"
        )
    places = [cell[:2] for cell in served.cells]
    if not {type(part) for place in places for part in place} <= {int, str}:
        raise ContractBroken(f"{served.code} has a row whose economy or year is no text. {_TRUST}")
    for place, times in Counter(places).most_common(1):
        if times > 1:
            raise _broken(served.code, *place, "stands twice")
    kept = [cell for cell in served.cells if cell[2] is not None]
    if not kept:
        raise ContractBroken(
            f"{len(served.cells)} rows are served for the series {served.code}, all of them empty: "
            "its figures have been withdrawn. To go on without them, run again with "
            f"`--accept {served.code}`."
        )
    limits, this_year = band(served.code), today.year
    for economy, year, value in kept:
        if economy not in known:
            what = "is of an economy that the Bank's own list lacks"
        elif not isinstance(year, int) or not FIRST_YEAR <= year <= this_year:
            what = f"lies outside the years {FIRST_YEAR}–{this_year}"
        elif type(value) not in (int, Digits):  # True is an int, too
            what = f"is {value!r:.40}, which is no number"
        elif isinstance(value, Digits) and len(value) > LONGEST_NUMBER:
            what = f"has {len(value):,} digits, more than any figure"
        elif not math.isfinite(number := float(str(value))):
            what = f"is {value!s:.40}, which is not finite"
        elif not limits.low <= number <= limits.high:
            what = f"is {value}, outside {limits.low:g} to {limits.high:g}: {limits.why}"
        else:
            continue
        raise _broken(served.code, economy, year, what)
    return kept


def unreadable(text: str) -> str | None:
    """Say what keeps a served name from being shown: its length, or characters without a shape."""
    if len(text) > LONGEST_NAME:
        return f"has {len(text):,} characters"
    if strange := next((one for one in text if unicodedata.category(one) in _UNSEEN), None):
        return f"holds the character U+{ord(strange):04X}, which is not seen"
    if text.startswith(("=", "+", "-", "@")):
        return f"begins with {text[0]!r}, which a spreadsheet would run"
    return None


def _broken(code: str, economy: object, year: object, what: str) -> ContractBroken:
    return ContractBroken(f"{code}: the cell {economy!s:.20} {year!s:.20} {what}. {_TRUST}")


def require_kinds(before: pd.DataFrame, after: pd.DataFrame) -> None:
    """Refuse a list of economies in which one has become an aggregate, or the other way round."""
    kinds = [table.set_index("economy")["aggregate"].astype(int) for table in (before, after)]
    for code, was, now in pd.concat(kinds, axis="columns", join="inner").itertuples():
        if was != now:
            kind = "an aggregate" if now else "an economy"
            raise ContractBroken(f"The list of economies calls {code} {kind} of late. {_TRUST}")


def loss(code: str, before: pd.DataFrame, after: Iterable[Cell]) -> Loss:
    """Find the filled cells that a new copy of a series has lost."""
    held = zip(before["economy"], before["year"].tolist(), strict=True)
    return code, sorted({*held} - {(economy, year) for economy, year, _ in after})


def require_kept(losses: Iterable[Loss], accepted: Collection[str]) -> None:
    """Refuse filled cells that have gone empty in series whose losses are not accepted."""
    refused = [(code, cells) for code, cells in losses if cells and code not in accepted]
    if not refused:
        return
    sentences = []
    for code, cells in refused:
        named = ", ".join(f"{economy} {year}" for economy, year in cells[:4])
        more = f" and {len(cells) - 4} more" if len(cells) > 4 else ""
        lost = f"{len(cells)} filled cell{'s' if len(cells) > 1 else ''}"
        sentences.append(f"{code} has lost {lost} ({named}{more})")
    accept = " ".join(f"--accept {code}" for code, _ in refused)
    raise ContractBroken(
        f"{'; '.join(sentences)}. Nothing was changed; if the source has truly withdrawn them, run "
        f"again with `{accept}`."
    )
