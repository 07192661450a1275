"""What moved between two windows of years."""

from __future__ import annotations

import pandas as pd

from claimbook.data.snapshot import window


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
    before, after = (window(frame, years).agg(year, axis="columns") for years in (start, end))
    return (after - before).dropna()
