"""What a reader should know of each series before trusting it: source, coverage, revisions, breaks.

Every number is computed from the snapshots in ``data/``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import pandas as pd

from claimbook.data import changes, snapshot
from claimbook.data.breaks import known_breaks
from claimbook.data.snapshot import Snapshot

# The Bank's classes, from poor to rich; economies it leaves unclassified stand last.
INCOME_GROUPS = ("Low income", "Lower middle income", "Upper middle income", "High income")
UNCLASSIFIED = "Not classified"


@dataclass(frozen=True)
class Holding:
    """A series in one vintage.

    Parameters
    ----------
    vintage, title, unit, description : str
        The vintage's name, and what it says of the series.
    release, retrieved, how : str
        Which release the figures are of, when they were read (ISO date), and by what means.
    source, address : str
        Where they were read; the address may be empty.
    first_year, newest_year : int
        Years between which there are values.
    economies, cells : int
        Economies with at least one value; economy-years with one, aggregates left out.
    """

    vintage: str
    title: str
    unit: str
    description: str
    release: str
    retrieved: str
    how: str
    source: str
    address: str
    first_year: int
    newest_year: int
    economies: int
    cells: int


@dataclass(frozen=True)
class Revision:
    """How the economy-years that two vintages share were revised between them.

    Parameters
    ----------
    old, new : str
        The two vintages.
    comparable : bool
        Whether both are measured in the same unit; if not, the figures were rebased or redefined,
        and nothing is measured.
    units : tuple of str
        The unit in each.
    common, revised : int
        Economy-years that both hold, and those of them that differ.
    largest : dict or None
        The largest revision: ``economy``, ``name``, ``year``, ``old``, ``new``, ``absolute`` (in
        the unit), ``relative`` (share of the old value).
    median : float or None
        Median absolute revision of those revised, in the unit.
    """

    old: str
    new: str
    comparable: bool
    units: tuple[str, str]
    common: int
    revised: int
    largest: dict[str, Any] | None
    median: float | None


def all_held() -> list[Snapshot]:
    """Open every vintage that ``data/`` holds.

    Returns
    -------
    list of Snapshot
        Oldest first, the current one last.
    """
    return [snapshot.read(vintage) for vintage in snapshot.vintages()]


def coverage(wdi: Snapshot, code: str) -> pd.DataFrame:
    """Count the economies that have a value, by year and income group.

    Parameters
    ----------
    wdi : Snapshot
        A vintage.
    code : str
        A series it holds.

    Returns
    -------
    pandas.DataFrame
        Income groups of today (rows, poor to rich, unclassified last) by years (columns, none
        skipped): numbers of economies.
    """
    values = wdi.series(code)
    groups = wdi.economies["income_group"].reindex(values.index)
    groups = groups.where(groups.isin(INCOME_GROUPS), UNCLASSIFIED)
    counts = values.notna().groupby(groups).sum()
    years = range(min(values.columns), max(values.columns) + 1)
    return counts.reindex(index=[*INCOME_GROUPS, UNCLASSIFIED], columns=years, fill_value=0)


def group_sizes(wdi: Snapshot) -> pd.Series:
    """Count the economies of each income group: what full coverage would be.

    Parameters
    ----------
    wdi : Snapshot
        A vintage.

    Returns
    -------
    pandas.Series
        Numbers of economies by income group, in the order of :func:`coverage`.
    """
    groups = wdi.economies["income_group"]
    groups = groups.where(groups.isin(INCOME_GROUPS), UNCLASSIFIED)
    return groups.value_counts().reindex([*INCOME_GROUPS, UNCLASSIFIED], fill_value=0)


def holding(wdi: Snapshot, code: str) -> Holding:
    """Say where a vintage's copy of a series came from, and what it covers.

    Parameters
    ----------
    wdi : Snapshot
        A vintage.
    code : str
        A series it holds.

    Returns
    -------
    Holding
        Provenance and extent.
    """
    meta, values = wdi.metadata(code), wdi.series(code)
    filled = values.notna()
    years = filled.columns[filled.any()]
    source = (meta.get("sources") or [{}])[0]
    return Holding(
        vintage=wdi.vintage,
        title=meta["title"],
        unit=meta["unit"],
        description=meta.get("description", ""),
        release=meta.get("vintage", ""),
        retrieved=meta.get("retrieved", ""),
        how=meta.get("how", ""),
        source=source.get("title", ""),
        address=source.get("path", ""),
        first_year=int(years.min()),
        newest_year=int(years.max()),
        economies=int(filled.any(axis="columns").sum()),
        cells=int(filled.to_numpy().sum()),
    )


def revision(old: Snapshot, new: Snapshot, code: str) -> Revision:
    """Measure how a series was revised between two vintages, over economies both hold.

    Parameters
    ----------
    old, new : Snapshot
        Two vintages that hold the series.
    code : str
        A World Bank series code.

    Returns
    -------
    Revision
        Nothing is measured where the units differ: constant prices of another base year are
        another unit.
    """
    units = old.metadata(code)["unit"], new.metadata(code)["unit"]
    before, after = (_economies_only(wdi, code) for wdi in (old, new))
    measured = changes.revision(before, after)
    comparable = units[0] == units[1]
    largest = measured["largest_absolute"] if comparable else None
    if largest:
        largest = largest | {"name": new.economies.loc[largest["economy"], "name"]}
    return Revision(
        old=old.vintage,
        new=new.vintage,
        comparable=comparable,
        units=units,
        common=measured["revised"] + measured["unchanged"],
        revised=measured["revised"],
        largest=largest,
        median=measured["median_absolute"] if comparable else None,
    )


def _economies_only(wdi: Snapshot, code: str) -> pd.DataFrame:
    long = changes.long_form(wdi, code)
    return long[long["economy"].isin(wdi.economies.index)]


def series_page(code: str, vintages: Sequence[Snapshot] | None = None) -> dict[str, Any]:
    """Gather what the data page says of one series.

    Parameters
    ----------
    code : str
        A World Bank series code.
    vintages : sequence of Snapshot, optional
        The vintages held, oldest first; those of ``data/`` by default.

    Returns
    -------
    dict
        ``code``; ``page`` (the World Bank's); ``holdings`` (of :class:`Holding`), ``revisions``
        (of :class:`Revision`, between each vintage and the next that holds the series), both as
        dicts; and ``breaks`` (sentences).
    """
    vintages = all_held() if vintages is None else vintages
    having = [wdi for wdi in vintages if code in wdi.codes]
    return {
        "code": code,
        "page": f"https://data.worldbank.org/indicator/{code}",
        "holdings": [asdict(holding(wdi, code)) for wdi in having],
        "revisions": [asdict(revision(old, new, code)) for old, new in pairwise(having)],
        "breaks": known_breaks(code, having),
    }
