"""Development status: which economies were developing when a window opened, and named groups.

An economy is *developing* when it is not high-income by the World Bank's analytic class: GNI per
head (Atlas method) against the limits of its own year, which stand in
``data/income-thresholds.csv`` (World Bank, historical classification by income, OGHIST, July 2022).
Choosing a population by its status at the start keeps success from selecting the sample.

``TRANSITION`` is the group ``transition``: central and eastern Europe, the former Soviet Union and
Yugoslavia. Their early nineties are the end of planning, which moved everything at once: a chapter
shows what is left without them.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from claimbook.data import snapshot
from claimbook.data.snapshot import CURRENT, ECONOMIES, Snapshot
from claimbook.errors import ClaimbookError, nearest

GNI = "NY.GNP.PCAP.CD"
GINI = "SI.POV.GINI"
HIGH = "High income"
RULES = ("at start", "today")
_CLASSES = ("Low income", "Lower middle income", "Upper middle income", HIGH)
# Which table of data/ each of these functions reads: freshness hashes those that a chapter reaches.
TABLES = {
    "thresholds": "income-thresholds",
    "group": "groups",
    "survey_concepts": "survey-concepts",
}


def __getattr__(name: str) -> Any:
    """Read ``TRANSITION`` from ``data/groups.csv`` when it is asked for."""
    if name == "TRANSITION":
        return group("transition")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def group(name: str) -> pd.Index:
    """Return a named group of economies.

    Parameters
    ----------
    name : str
        A group of ``data/groups.csv``, such as ``"transition"``, ``"entrepot"`` or
        ``"offshore_centre"``; each row says where it was read, ``data/datapackage.json`` the rest.

    Returns
    -------
    pandas.Index
        Iso3 codes, sorted.

    Raises
    ------
    ClaimbookError
        If there is no such group, or the table is missing or altered.
    """
    table = snapshot.table("groups")
    members = table["economy"][table["group"] == name]
    if members.empty:
        known = sorted(table["group"].unique())
        raise ClaimbookError(
            f"data/groups.csv names no group {name!r}.{nearest(name, known)} "
            f"It names {', '.join(known)}."
        )
    return pd.Index(sorted(members))


def survey_concepts(wdi: Snapshot) -> pd.DataFrame:
    """Say of each cell of the Gini index whether the survey measured income or consumption.

    Parameters
    ----------
    wdi : Snapshot
        The vintage, or view of one, whose ``SI.POV.GINI`` is meant; it must be open to reading.

    Returns
    -------
    pandas.DataFrame
        Economies by years, shaped as ``wdi["SI.POV.GINI"]``: ``"income"``, ``"consumption"``, or
        NaN where there is no figure or it is not known what it measures. Where surveys of both
        kinds were made in one year it is known for the figures of today only: another release may
        have shown the other.

    Notes
    -----
    ``data/survey-concepts.csv``, from the World Bank's price framework for its surveys (February
    2024), beside the Poverty and Inequality Platform (2022) and PovcalNet (2019).
    """

    def found(gini: pd.DataFrame) -> pd.DataFrame:
        table = snapshot.table("survey-concepts")
        if wdi.vintage != CURRENT or wdi.release:
            table = table[table["both"] == 0]
        concepts = table.pivot(index="economy", columns="year", values="concept")
        return concepts.reindex_like(gini).where(gini.notna())

    return wdi.derived("survey concepts", GINI, found).reindex(wdi[GINI].index)


def thresholds() -> pd.DataFrame:
    """Return the upper limits of the income classes.

    Returns
    -------
    pandas.DataFrame
        Index ``year`` (1987 on), columns ``low``, ``lower_middle``, ``upper_middle`` in current US$
        of GNI per head.

    Raises
    ------
    ClaimbookError
        If the table is missing or altered.
    """
    return snapshot.table("income-thresholds").set_index("year")


def income_classes(wdi: Snapshot, year: int) -> pd.DataFrame:
    """Classify economies by income in a year, or in the nearest year that has a figure.

    Many economies have no GNI figure for 1990 itself. The one fallback is the year nearest to it
    (the earlier of two equally near), judged by that year's own limits.

    Parameters
    ----------
    wdi : Snapshot
        The vintage whose GNI per head is used.
    year : int
        The year in which a window opens.

    Returns
    -------
    pandas.DataFrame
        Index economy; columns ``class`` (the Bank's four income groups), ``year`` (the year used)
        and ``gni`` (US$). Economies without any figure in the years of the limits are left out.
    """
    name = "income classes", year
    return wdi.derived(name, GNI, lambda gni: _classified(gni, year)).copy(deep=False)


def _classified(gni: pd.DataFrame, year: int) -> pd.DataFrame:
    limits = thresholds()
    gni = gni.loc[:, gni.columns.isin(limits.index)]
    # Nearest year first; a stable sort keeps the earlier of two equally near years in front.
    order = sorted(gni.columns, key=lambda column: abs(column - year))
    known = gni[order].dropna(how="all")
    used = known.notna().idxmax(axis="columns")
    value = known.bfill(axis="columns").iloc[:, 0]
    above = limits.loc[used].lt(value.to_numpy(), axis="index").sum(axis="columns").to_numpy()
    return pd.DataFrame(
        {"class": [_CLASSES[rank] for rank in above], "year": used, "gni": value},
        index=known.index,
    )


def developing(wdi: Snapshot, year: int, status: str = "at start") -> pd.Index:
    """Return the economies that were developing.

    Parameters
    ----------
    wdi : Snapshot
        The vintage whose GNI per head, or list of economies, is used.
    year : int
        The year in which the window opens.
    status : {"at start", "today"}
        ``"at start"``: not high-income in ``year``. ``"today"``: not high-income on the list in the
        snapshot, which selects on success.

    Returns
    -------
    pandas.Index
        Iso3 codes, sorted. Economies that cannot be classified are in neither group.

    Raises
    ------
    ValueError
        If ``status`` is neither of the two rules.
    """
    return _members(wdi, year, status, high=False)


def high_income(wdi: Snapshot, year: int, status: str = "at start") -> pd.Index:
    """Return the economies that were high-income; see :func:`developing`.

    Parameters
    ----------
    wdi : Snapshot
        The vintage whose GNI per head, or list of economies, is used.
    year : int
        The year in which the window opens.
    status : {"at start", "today"}
        Which rule decides.

    Returns
    -------
    pandas.Index
        Iso3 codes, sorted.

    Raises
    ------
    ValueError
        If ``status`` is neither of the two rules.
    """
    return _members(wdi, year, status, high=True)


def _members(wdi: Snapshot, year: int, status: str, *, high: bool) -> pd.Index:
    if status not in RULES:
        raise ValueError(f"status is {status!r}; it is one of {', '.join(RULES)}.")
    today = status == "today"
    key = ("members", "today" if today else year, high)

    def members(table: pd.DataFrame) -> pd.Index:
        groups = table["income_group"] if today else income_classes(wdi, year)["class"]
        groups = groups[groups.isin(_CLASSES)]
        return groups.index[(groups == HIGH) == high]

    return wdi.derived(key, ECONOMIES if today else GNI, members)
