"""How much of a parameter space an outcome fills, and how surely.

A share means nothing without saying how the space was sampled. Points drawn at random give an
estimate with an interval; the points of a grid are the whole of what was looked at, so their share
is exact for that grid and for nothing else.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from statsmodels.stats.proportion import proportion_confint

Sampling = Literal["random", "grid"]


class Share(NamedTuple):
    """A share of the sampled space: value and interval between 0 and 1, and number of points."""

    value: float
    low: float
    high: float
    n: int


def share(holds: ArrayLike, sampling: Sampling, confidence: float = 0.95) -> Share:
    """Share of points where something holds.

    Parameters
    ----------
    holds : bool array (n,)
        Whether it holds, point by point.
    sampling : "random" or "grid"
        How the points were chosen. Independent random points get Wilson's interval; a grid gets
        none (both ends are the value).
    confidence : float
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Share

    Raises
    ------
    ValueError
        If there are no points, the sampling has another name or the confidence is not between 0
        and 1.
    """
    holds = np.asarray(holds)
    if holds.ndim != 1 or not holds.size or holds.dtype != bool:
        raise ValueError("A share needs a plain list of at least one true or false, one a point.")
    if sampling not in ("random", "grid"):
        raise ValueError(f"The sampling is {sampling!r}: it must be 'random' or 'grid'.")
    if not 0 < confidence < 1:
        raise ValueError(f"The confidence is {confidence}: it must lie between 0 and 1.")
    count, n = int(holds.sum()), holds.size
    if sampling == "grid":
        return Share(count / n, count / n, count / n, n)
    low, high = proportion_confint(count, n, alpha=1 - confidence, method="wilson")
    # Where all points agree, one end is the share itself, which the formula's rounding may miss.
    return Share(count / n, float(low) if count else 0.0, float(high) if count < n else 1.0, n)


def region_shares(
    region: pd.Series,
    sampling: Sampling,
    leave_out: tuple[str, ...] = (),
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Share of each region among the points of a map.

    Parameters
    ----------
    region : Series of str or of an ordered category
        The region of each point. Categories without a point are listed with share zero.
    sampling : "random" or "grid"
        How the points were chosen, see `share`.
    leave_out : tuple of str
        Regions that are not part of the space.
    confidence : float
        Coverage of each interval, between 0 and 1.

    Returns
    -------
    DataFrame
        `region`, `share`, `low`, `high`, `points` (in the region), `n` (in the space).

    Raises
    ------
    ValueError
        If no point is left, or for the reasons `share` gives.
    """
    named = region.astype("category")
    inside = named[~named.isin(leave_out)]
    if inside.empty:
        raise ValueError("No point is left once the regions outside the space are taken away.")
    rows = []
    for name in named.cat.categories:
        if name not in leave_out:
            found = share((inside == name).to_numpy(dtype=bool), sampling, confidence)
            points = int((inside == name).sum())
            rows.append((name, found.value, found.low, found.high, points, found.n))
    return pd.DataFrame(rows, columns=["region", "share", "low", "high", "points", "n"])
