"""The contract that fetched figures must keep, in themselves and with the vintage they follow."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from claimbook.data.series import band
from claimbook.errors import ClaimbookError
from claimbook.sources.responses import Digits
from claimbook.sources.worldbank import Served

FIRST_YEAR = 1960
# Codes of economies in old releases of the archives, and the Bank's codes today.
FORMER_CODES = {
    "ADO": "AND",
    "IMY": "IMN",
    "KSV": "XKX",
    "ROM": "ROU",
    "TMP": "TLS",
    "WBG": "PSE",
    "ZAR": "COD",
}
NO_REGION = "NA"  # the region that country/all gives an aggregate
_TRUST = "Nothing was changed; report it to the World Bank, or try again later."


Cell = tuple[str, int, int | str]


class ContractBroken(ClaimbookError):
    """What was served is whole, and cannot be true, or loses what an earlier vintage held."""

    exit_code = 2


def economies(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Turn the Bank's list of economies into the table of a snapshot.

    Parameters
    ----------
    rows : iterable of dict
        Rows of ``country/all`` as served.

    Returns
    -------
    pandas.DataFrame
        Columns ``economy, iso2, name, region, income_group, lending_type, aggregate`` (0 or 1).

    Raises
    ------
    ContractBroken
        If a row is malformed, a code stands twice, or economies or aggregates are missing
        altogether: without aggregates, World would be counted as an economy.
    """
    try:
        table = pd.DataFrame([_economy(row) for row in rows])
    except (KeyError, TypeError, AttributeError):
        raise ContractBroken(
            "The Bank's list of economies (country/all) has a row without id, iso2Code, name, "
            f"region, incomeLevel or lendingType. {_TRUST}"
        ) from None
    for kind, flag in (("economies", 0), ("aggregates", 1)):
        if table.empty or not (table["aggregate"] == flag).any():
            raise ContractBroken(
                f"The Bank's list of economies (country/all) names no {kind}: economies could not "
                f"be told from aggregates. {_TRUST}"
            )
    twice = table.loc[table["economy"].duplicated(), "economy"]
    if len(twice):
        raise ContractBroken(
            f"The Bank's list of economies (country/all) names {twice.iloc[0]} twice. {_TRUST}"
        )
    return table.sort_values("economy", ignore_index=True)


def _economy(row: dict[str, Any]) -> dict[str, Any]:
    aggregate = row["region"]["id"] == NO_REGION
    if not row["id"].strip():
        raise KeyError("id")
    groups = {"region": "region", "income_group": "incomeLevel", "lending_type": "lendingType"}
    return (
        {"economy": row["id"].strip(), "iso2": row["iso2Code"].strip(), "name": row["name"].strip()}
        # An aggregate belongs to no region, class or lending type of its own.
        | {
            ours: "" if aggregate else row[theirs]["value"].strip()
            for ours, theirs in groups.items()
        }
        | {"aggregate": int(aggregate)}
    )


def with_todays_codes(served: Served) -> Served:
    """Give the economies of an old release the codes they have today.

    Parameters
    ----------
    served : Served
        One series of a dated release.

    Returns
    -------
    Served
        The same rows; a value under a former code is left out where today's has one, too.
    """
    if not any(economy in FORMER_CODES for economy, _, _ in served.cells):
        return served
    filled = {
        (economy, year)
        for economy, year, value in served.cells
        if value is not None and isinstance(year, int)
    }
    moved = [
        (FORMER_CODES[economy], year, value)
        for economy, year, value in served.cells
        if economy in FORMER_CODES
        and (economy, year) in filled
        and (FORMER_CODES[economy], year) not in filled
    ]
    taken = {(economy, year) for economy, year, _ in moved}
    kept = [one for one in served.cells if one[0] not in FORMER_CODES and one[:2] not in taken]
    return replace(served, cells=kept + moved)


def cells(served: Served, known: Collection[str]) -> list[Cell]:
    """Check one served series, and keep the cells that hold a value, as served.

    Parameters
    ----------
    served : Served
        Every row the Bank sent.
    known : collection of str
        Codes of the economies and aggregates there are.

    Returns
    -------
    list of tuple
        ``(economy, year, value)``, the value as an int or digit for digit as text.

    Raises
    ------
    ContractBroken
        If an economy is unknown, an economy-year stands twice, a year lies before 1960 or in the
        future, or a value is no finite number within the limits of :mod:`claimbook.data.series`.
    """
    economy, year, value = zip(*served.cells, strict=True)
    if not set(map(type, year)) <= {int, str}:
        raise ContractBroken(f"{served.code} has a row whose year is no text. {_TRUST}")
    if len(set(zip(economy, year, strict=True))) < len(year):
        raise _broken(served.code, *_first_duplicate(served.cells), "stands twice")
    kept = [cell for cell in served.cells if cell[2] is not None]
    if not kept:
        raise ContractBroken(
            f"The World Bank serves {len(served.cells)} rows for the series {served.code}, all of "
            "them empty: it has withdrawn its figures. To go on without them, run again with "
            f"`--accept {served.code}`."
        )
    economy, year, value = zip(*kept, strict=True)
    if not _sound(served.code, set(economy), set(year), value, known):
        raise _first_fault(served.code, kept, known)
    return kept


def _sound(
    code: str,
    economies: set[Any],
    years: set[Any],
    values: Sequence[Any],
    known: Collection[str],
) -> bool:
    """Tell whether every filled cell keeps the contract, without saying which does not."""
    if not set(map(type, values)) <= {int, Digits} or not set(map(type, years)) <= {int}:
        return False
    try:
        numbers = np.array([*map(float, values)])
    except OverflowError:
        return False
    limits = band(code)
    return (
        economies.issubset(known)
        and min(years) >= FIRST_YEAR
        and max(years) <= _this_year()
        # Also false for what is no number at all.
        and bool(((numbers >= limits.low) & (numbers <= limits.high)).all())
    )


def _first_fault(
    code: str, cells: Iterable[tuple[str, Any, Any]], known: Collection[str]
) -> ContractBroken:
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


def _first_duplicate(cells: Iterable[tuple[str, Any, Any]]) -> tuple[str, Any]:
    seen: set[tuple[str, Any]] = set()
    for economy, year, _ in cells:
        if (economy, year) in seen:
            return economy, year
        seen.add((economy, year))
    raise AssertionError("a cell was counted twice, and none is")


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
    """Find the cells that a new copy of a series has lost.

    Parameters
    ----------
    code : str
        The series' code.
    before : pandas.DataFrame
        Columns ``economy``, ``year``, ``value``, filled cells only.
    after : iterable of tuple
        ``(economy, year, value)``, filled cells only.

    Returns
    -------
    Loss
        The cells lost, by economy and year.
    """
    held = zip(before["economy"], before["year"].tolist(), strict=True)
    return Loss(code, sorted({*held} - {(economy, year) for economy, year, _ in after}))


def require_kept(losses: Iterable[Loss], accepted: Collection[str]) -> None:
    """Refuse a vintage in which filled cells have gone empty.

    Parameters
    ----------
    losses : iterable of Loss
        What each series has lost.
    accepted : collection of str
        Codes of the series whose losses the reader accepts.

    Raises
    ------
    ContractBroken
        If a series not accepted has lost cells, naming all such series.
    """
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
        f"{'; '.join(sentences)}. Nothing was changed; if the Bank has truly withdrawn them, run "
        f"again with `{accept}`."
    )
