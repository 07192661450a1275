"""Development status: which economies were developing when a window opened.

An economy is *developing* when it is not high-income by the World Bank's analytic class: GNI per
head (Atlas method) against the limits of its own year, which stand in
``data/income-thresholds.csv`` (World Bank, historical classification by income, OGHIST, July 2022).
Choosing a population by its status at the start keeps success from selecting the sample.
"""

from __future__ import annotations

import pandas as pd

from claimbook import paths
from claimbook.data.snapshot import Snapshot
from claimbook.errors import ClaimbookError

GNI = "NY.GNP.PCAP.CD"
HIGH = "High income"
RULES = ("at start", "today")
# Central and eastern Europe, the former Soviet Union and Yugoslavia. Their early nineties are the
# end of planning, which moved everything at once: a chapter shows what is left without them.
TRANSITION = pd.Index(
    [
        *(
            "ALB",
            "ARM",
            "AZE",
            "BGR",
            "BIH",
            "BLR",
            "CZE",
            "EST",
            "GEO",
            "HRV",
            "HUN",
            "KAZ",
            "KGZ",
        ),
        *(
            "LTU",
            "LVA",
            "MDA",
            "MKD",
            "MNE",
            "POL",
            "ROU",
            "RUS",
            "SRB",
            "SVK",
            "SVN",
            "TJK",
            "TKM",
        ),
        *("UKR", "UZB", "XKX"),
    ]
)
_CLASSES = ("Low income", "Lower middle income", "Upper middle income", HIGH)


def thresholds() -> pd.DataFrame:
    """Return the upper limits of the income classes.

    Returns
    -------
    pandas.DataFrame
        Index ``year`` (1987 on), columns ``low``, ``lower_middle``, ``upper_middle`` in current US$
        of GNI per head.
    """
    path = paths.root() / "data" / "income-thresholds.csv"
    if not path.is_file():
        raise ClaimbookError(f"{paths.shown(path)} is missing: restore it from git.")
    return pd.read_csv(path, index_col="year")


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
    limits = thresholds()
    gni = wdi.series(GNI)
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
    if status == "today":
        groups = wdi.economies["income_group"]
        groups = groups[groups.isin(_CLASSES)]
    else:
        groups = income_classes(wdi, year)["class"]
    return groups.index[(groups == HIGH) == high]
