"""What moved between two windows of years: each economy's figure, or a group's share of a total."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from claimbook.data.snapshot import window
from claimbook.estimates import Estimate, exact
from claimbook.estimates.estimate import ValueWithout

# Which economies a share of a total counts: those with a figure in every year of both windows, in
# any year of both, or in any year at all.
REPORTERS = ("every year", "any year", "whoever reports")


def change(frame: pd.DataFrame, start: str, end: str, year: str = "mean") -> pd.Series:
    """Return by how much each economy moved from one window to the other.

    Parameters
    ----------
    frame : pandas.DataFrame
        Economies by years, as :meth:`Snapshot.series` returns.
    start, end : str
        First and last year of each window, both inside it: ``"1988-1995"``.
    year : str
        What stands for a window: the ``"mean"`` of its years with figures, or their ``"median"``,
        ``"min"`` or ``"max"``.

    Returns
    -------
    pandas.Series
        The second window less the first, in the frame's unit, by economy; those without a figure in
        both are left out.

    Raises
    ------
    ValueError
        If a window is not two years in order.
    """
    # By the frame's own method: ``agg`` takes four times as long.
    before, after = (getattr(window(frame, years), year)(axis="columns") for years in (start, end))
    return (after - before).dropna()


def share_change(
    values: pd.DataFrame,
    group: Iterable[str],
    start: str,
    end: str,
    *,
    less: pd.DataFrame | None = None,
    without: Iterable[str] = (),
    reporters: str = "every year",
    unit: str = "points of the world total",
) -> Estimate | None:
    """By how many points a group's share of a world total moved between two windows.

    A share is of the sum of all economies counted, each with its mean year. With ``less``, what the
    same economies' share of another total moved is taken off, such as that of world output; this
    over-controls where what is measured makes output grow.

    Parameters
    ----------
    values : pandas.DataFrame
        Economies by years, in one currency or unit, as :meth:`Snapshot.series` returns.
    group : iterable of str
        Iso3 codes of the group.
    start, end : str
        First and last year of each window, both inside it: ``"1988-1992"``.
    less : pandas.DataFrame, optional
        The other total, economies by years; an economy must report both.
    without : iterable of str
        Economies left out of group and total alike, such as ``["CHN"]``.
    reporters : {"every year", "any year", "whoever reports"}
        Which economies count: with a figure in every year of both windows, in at least one of each,
        or all, a missing window as nothing.
    unit : str
        Unit to print.

    Returns
    -------
    Estimate or None
        Exact: nothing was sampled. ``n`` counts all economies of the total; by economy the points
        that each one's share moved. None where the figures lack a year of a window altogether, or
        no economy counts.

    Raises
    ------
    ValueError
        If a window is not two years in order, or ``reporters`` is none of the three.
    """
    if reporters not in REPORTERS:
        raise ValueError(f"reporters is {reporters!r}; it is one of {', '.join(REPORTERS)}.")
    frames = [values] if less is None else [values, less]
    windows = [_every_year(frame, years) for frame in frames for years in (start, end)]
    reported = [part.notna().to_numpy() for part in windows]
    if not all(years.any(axis=0).all() for years in reported):
        return None
    counted = values.index.difference(list(without))
    enough = {"every year": np.all, "any year": np.any}.get(reporters)
    for part, years in zip(windows, reported, strict=True) if enough else ():
        counted = counted[counted.isin(part.index[enough(years, axis=1)])]
    if counted.empty:
        return None
    columns = [part.mean(axis="columns").reindex(counted).fillna(0) for part in windows]
    means = pd.DataFrame(np.column_stack(columns), counted)
    members = counted[counted.isin(list(group))]
    signs = [-1, 1] if less is None else [-1, 1, 1, -1]

    def moved(means: pd.DataFrame) -> pd.Series:
        shares = 100 * means.to_numpy() / means.to_numpy().sum(axis=0)
        return pd.Series((shares * signs).sum(axis=1), means.index)

    def gained(means: pd.DataFrame) -> float:
        return moved(means)[means.index.isin(members)].sum()

    told = ValueWithout(gained, means)
    return exact(gained(means), unit, len(counted), moved(means), told)


def _every_year(frame: pd.DataFrame, years: str) -> pd.DataFrame:
    """Return all columns of a window, also of years that no economy reports."""
    held = window(frame, years)
    first, last = map(int, years.split("-"))
    return held.reindex(columns=range(first, last + 1))
