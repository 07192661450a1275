"""Models of trade, solved: who works with whom (`matching`), and who makes what (`ricardo`).

A chapter on a model asks in how large a part of a declared space something holds. The functions
here are what such chapters share: points of a space, the check of them, and the share.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import inf
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from claimbook import estimates
from claimbook.estimates import Estimate, exact

POSITIVE = pd.Interval(0.0, inf, closed="neither")


def grid(**axes: ArrayLike) -> pd.DataFrame:
    """List all combinations of the given parameters of a model.

    Parameters
    ----------
    **axes : float or array
        The values of each parameter by its name; a number holds a parameter fixed.

    Returns
    -------
    DataFrame
        One column a parameter, in the order given; the last varies fastest.

    Examples
    --------
    >>> len(grid(A=3.2, B=[2.0, 2.2], C=[1.2, 1.5, 1.8], D=1.0))
    6
    """
    values = [np.atleast_1d(axis) for axis in axes.values()]
    return pd.MultiIndex.from_product(values, names=list(axes)).to_frame(index=False)


def even(n: int, directions: int) -> np.ndarray:
    """Spread points evenly over a cube of several directions.

    Halton's points (J. H. Halton, Numerische Mathematik 2, 1960): the digits of 1, 2, 3, ... in a
    prime for each direction, mirrored at the point. They leave smaller holes than a grid or random
    draws do.

    Parameters
    ----------
    n : int
        Number of points.
    directions : int
        Number of parameters that vary, seven at most.

    Returns
    -------
    array (n, directions)
        Numbers between 0 and 1.

    Examples
    --------
    >>> even(3, 2)[:, 0].tolist()
    [0.5, 0.25, 0.75]
    """
    points = np.zeros((n, directions))
    for column, prime in zip(points.T, (2, 3, 5, 7, 11, 13, 17), strict=False):
        digits, place = np.arange(1, n + 1), 1.0
        while digits.any():
            place /= prime
            column += place * (digits % prime)
            digits //= prime
    return points


def share(
    holds: ArrayLike, sampling: Literal["random", "grid"], unit: str = "share of economies"
) -> Estimate:
    """Share of the points of a space where something holds.

    A share means nothing without saying how the space was sampled. Points drawn at random give an
    estimate; even points are the whole of what was looked at, so their share is exact for them.

    Parameters
    ----------
    holds : bool array (n,)
        Whether it holds, point by point.
    sampling : "random" or "grid"
        How the points were chosen. Independent random points get Wilson's interval (E. B. Wilson,
        Journal of the American Statistical Association 22, 1927); a grid gets none.
    unit : str
        Unit to print.

    Returns
    -------
    Estimate
        Between 0 and 1, with the number of points.

    Raises
    ------
    ValueError
        If there are no points or the sampling has another name.
    """
    holds = np.asarray(holds)
    if holds.ndim != 1 or not holds.size or holds.dtype != bool:
        raise ValueError("A share needs a plain list of at least one true or false, one a point.")
    if sampling not in ("random", "grid"):
        raise ValueError(f"The sampling is {sampling!r}: it must be 'random' or 'grid'.")
    n, part = holds.size, float(holds.mean())
    if sampling == "grid":
        return exact(part, unit, n)
    found = estimates.share(pd.Series(holds), unit)
    if found is None:
        raise ValueError(f"A share of {n} random points says nothing: draw at least ten.")
    return replace(found, economies=pd.Series(dtype=float))


def columns(points: pd.DataFrame, space: Mapping[str, pd.Interval]) -> list[np.ndarray]:
    """Take a model's parameters out of a table, or say which point lies outside its space."""
    found = []
    for name, interval in space.items():
        if name not in points:
            raise ValueError(f"The points have no column {name}: they need {', '.join(space)}.")
        values = points[name].to_numpy(dtype=float)
        above = np.greater_equal if interval.closed_left else np.greater
        below = np.less_equal if interval.closed_right else np.less
        inside = above(values, interval.left) & below(values, interval.right)
        if not inside.all():
            row = int(np.argmin(inside))
            raise ValueError(
                f"The {name} of point {row} is {values[row]}: it must lie in {interval}."
            )
        found.append(values)
    return found


def numbers(values: ArrayLike, name: str) -> np.ndarray:
    """Return what a model is given as floats; what is no list of numbers is refused."""
    try:
        return np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(
            f"The {name} must be numbers in rows of one length, a list of numbers: not {values!r}."
        ) from None
