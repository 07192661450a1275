"""The contract that fetched figures must keep, in themselves and with the vintage they follow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from claimbook.data.series import band
from claimbook.errors import ClaimbookError
from claimbook.sources.base import Digits, Served

FIRST_YEAR = 1960
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


class ContractBroken(ClaimbookError):
    """What was served is whole, and cannot be true, or loses what an earlier vintage held."""

    exit_code = 2


def cells(served: Served, known: Collection[str]) -> list[Cell]:
    """Check one served series, and keep the cells that hold a value, as served.

    Refused are an economy that is not known, an economy-year that stands twice, a year before 1960
    or in the future, and a value that is no finite number within the series' limits.
    """
    economy, year, _ = zip(*served.cells, strict=True)
    if not set(map(type, year)) <= {int, str}:
        raise ContractBroken(f"{served.code} has a row whose year is no text. {_TRUST}")
    seen = Counter(zip(economy, year, strict=True))
    if len(seen) < len(year):
        raise _broken(served.code, *max(seen, key=seen.__getitem__), "stands twice")
    kept = [cell for cell in served.cells if cell[2] is not None]
    if not kept:
        raise ContractBroken(
            f"{len(served.cells)} rows are served for the series {served.code}, all of them empty: "
            "its figures have been withdrawn. To go on without them, run again with "
            f"`--accept {served.code}`."
        )
    if not _sound(served.code, kept, known):
        raise _first_fault(served.code, kept, known)
    return kept


def _sound(code: str, cells: Iterable[Cell], known: Collection[str]) -> bool:
    """Tell whether every filled cell keeps the contract, without saying which does not."""
    economies, years, values = zip(*cells, strict=True)
    if not set(map(type, values)) <= {int, Digits} or not set(map(type, years)) <= {int}:
        return False
    try:
        numbers = np.array([*map(float, values)])
    except OverflowError:
        return False
    limits = band(code)
    return (
        set(economies).issubset(known)
        and FIRST_YEAR <= min(years) <= max(years) <= _this_year()
        # Also false for what is no number at all.
        and bool(((numbers >= limits.low) & (numbers <= limits.high)).all())
    )


def _first_fault(code: str, cells: Iterable[Cell], known: Collection[str]) -> ContractBroken:
    """Find the first cell that breaks the contract, and say how."""
    limits = band(code)
    for economy, year, value in cells:
        if economy not in known:
            what = "is of an economy that the Bank's own list lacks"
        elif not isinstance(year, int) or not FIRST_YEAR <= year <= _this_year():
            what = f"lies outside the years {FIRST_YEAR}–{_this_year()}"
        elif isinstance(value, bool) or not isinstance(value, int | Digits):
            what = f"is {value!r}, which is no number"
        elif not np.isfinite(number := _number(value)):
            what = f"is {value!s:.40}, which is not finite"
        elif not limits.low <= number <= limits.high:
            what = f"is {value}, outside {limits.low:g} to {limits.high:g}: {limits.why}"
        else:
            continue
        return _broken(code, economy, year, what)
    raise AssertionError("a cell was found unsound, and none is")


def _number(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return np.inf


def _this_year() -> int:
    return datetime.now(UTC).year


def _broken(code: str, economy: object, year: object, what: str) -> ContractBroken:
    return ContractBroken(f"{code}: the cell {economy} {year} {what}. {_TRUST}")


@dataclass(frozen=True)
class Loss:
    """Cells of a series that held a value before and hold none now."""

    code: str
    cells: list[tuple[str, int]]


def loss(code: str, before: pd.DataFrame, after: Iterable[Cell]) -> Loss:
    """Find the filled cells that a new copy of a series has lost."""
    held = zip(before["economy"], before["year"].tolist(), strict=True)
    return Loss(code, sorted({*held} - {(economy, year) for economy, year, _ in after}))


def require_kept(losses: Iterable[Loss], accepted: Collection[str]) -> None:
    """Refuse filled cells that have gone empty in series whose losses are not accepted."""
    refused = [one for one in losses if one.cells and one.code not in accepted]
    if not refused:
        return
    sentences = []
    for one in refused:
        named = ", ".join(f"{economy} {year}" for economy, year in one.cells[:4])
        more = f" and {len(one.cells) - 4} more" if len(one.cells) > 4 else ""
        cells = "filled cell" if len(one.cells) == 1 else "filled cells"
        sentences.append(f"{one.code} has lost {len(one.cells)} {cells} ({named}{more})")
    accept = " ".join(f"--accept {one.code}" for one in refused)
    raise ContractBroken(
        f"{'; '.join(sentences)}. Nothing was changed; if the source has truly withdrawn them, run "
        f"again with `{accept}`."
    )
