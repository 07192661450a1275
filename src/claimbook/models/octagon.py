"""How far wages can move while an assignment stays an equilibrium.

Competitive wages are the dual prices of an assignment, and there may be many of them. Given one
vector of wages, every other one differs from it by shifts d that satisfy

    -d_i - d_j <= slack_ij      (no team earns more than its members are paid)
     d_i + d_j <= 0             (a team that exists still earns what its members are paid)

Each condition holds two unknowns with coefficients of one. Eliminating an unknown from two such
conditions gives a condition of the same form, so the shadow of the whole set on the plane of two
wages is an *octagon*: eight sides, one for each of the largest and smallest d_i, d_j, d_i + d_j
and d_i - d_j. The sides of all octagons are shortest paths in a graph of 2n nodes (A. Miné, "The
Octagon Abstract Domain", Higher-Order and Symbolic Computation 19, 2006, pp. 31-100): no linear
programme is needed. A ratio of two positive wages is monotone along any line, so over an octagon
its extremes are at corners, of which there are eight.

Because the shifts start from wages that are an equilibrium, every slack is non-negative and the
paths have no negative cycle: rounding cannot make the bounds inconsistent.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Octagons(NamedTuple):
    """The sides of the octagon of every pair of shifts; each array ends in (n, n) or (n,).

    `low` and `high` bound d_i, tightly: a box for each pair. `sum_low` and `sum_high` bound
    d_i + d_j, and `diff_high` bounds d_i - d_j from above (from below it is minus the transposed);
    they are tight where they cut the box.
    """

    low: np.ndarray
    high: np.ndarray
    sum_low: np.ndarray
    sum_high: np.ndarray
    diff_high: np.ndarray


def octagons(slack: np.ndarray, exists: np.ndarray) -> Octagons:
    """Close the system of shifts by shortest paths.

    Parameters
    ----------
    slack : array (..., n, n)
        Wages of both members less the team's output, non-negative, symmetric. Leading axes are
        independent economies.
    exists : bool array (..., n, n)
        Whether the pair forms teams, symmetric.

    Returns
    -------
    Octagons
        Their sides; infinite where nothing bounds a wage (a type that nobody belongs to).
    """
    n = slack.shape[-1]
    free = np.where(exists, 0.0, np.inf)
    path = np.full((*slack.shape[:-2], 2 * n, 2 * n), np.inf)
    # Node i stands for d_i and node n + i for -d_i; an edge p -> q of length c says p - q <= c.
    path[..., :n, n:] = free
    path[..., n:, :n] = slack
    nodes = np.arange(2 * n)
    path[..., nodes, nodes] = 0.0
    for k in range(2 * n):
        np.minimum(path, path[..., :, k, None] + path[..., None, k, :], out=path)
    opposite = path[..., nodes, (nodes + n) % (2 * n)]
    return Octagons(
        low=-opposite[..., n:] / 2,
        high=opposite[..., :n] / 2,
        sum_low=-path[..., n:, :n],
        sum_high=path[..., :n, n:],
        diff_high=path[..., :n, :n],
    )


def ratio_bounds(
    wages: np.ndarray, sides: Octagons, i: int, j: int
) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest w_i / w_j over all equilibria, from the corners of one octagon.

    Parameters
    ----------
    wages : array (..., n)
        The equilibrium wages from which the shifts are measured.
    sides : Octagons
        Their octagons.
    i, j : int
        Two different types; w_j must be positive in every equilibrium.

    Returns
    -------
    two arrays (...)
        Infinite above where w_i is unbounded, zero below where w_j is.
    """
    low, high = sides.low, sides.high
    x_low, x_high, y_low, y_high = low[..., i], high[..., i], low[..., j], high[..., j]
    s_low, s_high = sides.sum_low[..., i, j], sides.sum_high[..., i, j]
    d_low, d_high = -sides.diff_high[..., j, i], sides.diff_high[..., i, j]
    with np.errstate(invalid="ignore", divide="ignore"):
        x = np.stack(
            [
                x_high,
                x_high,
                x_low,
                x_low,
                s_high - y_high,
                d_low + y_high,
                s_low - y_low,
                d_high + y_low,
            ]
        )
        y = np.stack(
            [
                s_high - x_high,
                x_high - d_high,
                s_low - x_low,
                x_low - d_low,
                y_high,
                y_high,
                y_low,
                y_low,
            ]
        )
        corner = np.isfinite(x) & np.isfinite(y)
        # A side of sums or differences that does not cut the box meets its neighbours outside it:
        # the corner is then the box's own. Nor may rounding carry a corner outside.
        x = np.clip(x, x_low, x_high) + wages[..., i]
        y = np.clip(y, y_low, y_high) + wages[..., j]
        ratio = x / y
    lowest = np.min(ratio, axis=0, initial=np.inf, where=corner)
    highest = np.max(ratio, axis=0, initial=0.0, where=corner)
    return (
        np.where(np.isinf(y_high), 0.0, lowest),
        np.where(np.isinf(x_high), np.inf, highest),
    )
