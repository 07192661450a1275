"""Where in the space of skills opening does what: the map of the four-type matching model.

A point is an economy of two rich types A > B and two poor types C > D. Each is solved in autarky
and open, and put into one region by the poor country's gap, the wage of C over that of D:

- `unchanged`: no team needs to cross the border (world output gains nothing);
- `teams only`: teams cross the border and the gap cannot end above its highest value in autarky;
- `may widen`: the highest gap in the world exceeds the highest in autarky, the lowest does not;
- `widens`: even the lowest gap in the world exceeds the highest in autarky;
- `outside`: not such an economy (B not below A, or D not below C).

Apart from that, the least skilled (D) `lose` if even their highest wage in the world is below their
lowest in autarky, `may lose` if only their lowest is, and otherwise are `not worse`.

Without a gain in output the regions nest by themselves: autarky's assignments are then still among
the best, so the world's wages are among autarky's and the gap cannot exceed its highest value.

The map is fast because masses do not change from point to point. The assignments that use
everybody up are then one polytope for the whole map, whose bases are the same at every point. The
dual prices of a basis that no team can beat are competitive wages, and all others are mixtures of
these (complementary slackness): lowest and highest wages, and ratios of wages, are among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from claimbook import models
from claimbook.models import matching

Array = np.ndarray
TYPES = ("A", "B", "C", "D")
REGIONS = ("unchanged", "teams only", "may widen", "widens", "outside")
FORTUNES = ("not worse", "may lose", "loses")
TOLERANCE = 1e-6
"""Relative change of output, of the gap or of a wage that counts as a change."""
_CHUNK = 256
"""Points solved together. Fixed, so that results do not depend on who shares the work."""
_NUMBERS = ("output", "gain", "gap_low", "gap_high", "world_gap_low", "world_gap_high")
_NUMBERS += ("wage_low", "wage_high", "world_wage_low", "world_wage_high")


def classify(
    points: pd.DataFrame,
    mass: Sequence[float] = (1.0, 1.0, 1.0, 1.5),
    a: float = 2.0,
    b: float = 1.0,
    n_jobs: int | None = None,
) -> pd.DataFrame:
    """Solve every point in autarky and open, and say which region it lies in.

    The points go to joblib in pieces, so `joblib.parallel_config` chooses where they are solved:
    in this process (the default), in several, or, with `backend="dask"`, on an existing cluster.
    Results are the same everywhere.

    Parameters
    ----------
    points : DataFrame
        Columns A, B, C, D: skills, positive. Ratios of wages depend on ratios of skills only.
    mass : four floats
        Mass of people of A, B, C, D, positive; the same at every point.
    a, b : float
        Exponents of the manager's and the worker's skill, a > b > 0.
    n_jobs : int, optional
        Number of jobs, as joblib takes it.

    Returns
    -------
    DataFrame
        The points with `region` and `least_skilled` (ordered categories), `output` (of the world),
        `gain` (world output less both autarkies'), `gap_low`, `gap_high` (C/D wage ratio in
        autarky), `world_gap_low`, `world_gap_high`, `wage_low`, `wage_high` (of D in autarky),
        `world_wage_low`, `world_wage_high`. Where the region is `outside` the numbers are NaN.

    Raises
    ------
    ValueError
        If a column is missing, a skill or a mass is not a positive number, or not a > b > 0.
    """
    skill = np.column_stack(models.columns(points, dict.fromkeys(TYPES, models.POSITIVE)))
    masses = np.asarray(mass, dtype=float)
    if masses.shape != (4,) or not (np.isfinite(masses) & (masses > 0)).all():
        raise ValueError(f"The masses are {mass}: give four positive numbers, for A, B, C and D.")
    matching.check_exponents(a, b)
    inside = (skill[:, 0] > skill[:, 1]) & (skill[:, 2] > skill[:, 3])
    pieces = np.split(skill[inside], range(_CHUNK, int(inside.sum()), _CHUNK))
    solved = Parallel(n_jobs=n_jobs)(delayed(_open)(piece, masses, a, b) for piece in pieces)
    numbers = np.full((len(skill), len(_NUMBERS)), np.nan)
    numbers[inside] = np.concatenate(solved)
    found = dict(zip(_NUMBERS, numbers.T, strict=True))
    ceiling = found["gap_high"] * (1 + TOLERANCE)
    regions = {
        "outside": ~inside,
        "widens": found["world_gap_low"] > ceiling,
        "may widen": found["world_gap_high"] > ceiling,
        "teams only": found["gain"] > TOLERANCE * found["output"],
    }
    floor = found["wage_low"] * (1 - TOLERANCE)
    fortunes = {
        "loses": found["world_wage_high"] < floor,
        "may lose": found["world_wage_low"] < floor,
    }
    placed = {"region": _first(regions, REGIONS), "least_skilled": _first(fortunes, FORTUNES)}
    placed["least_skilled"][~inside] = np.nan
    table = dict(zip(TYPES, skill.T, strict=True)) | placed | found
    return pd.DataFrame(table, index=points.index)


def _first(rules: dict[str, Array], names: tuple[str, ...]) -> pd.Categorical:
    """Return the first rule that holds, among names of which the first is for none."""
    codes = np.select(list(rules.values()), [names.index(name) for name in rules], 0)
    return pd.Categorical.from_codes(codes, names, ordered=True)


def _open(skill: Array, mass: Array, a: float, b: float) -> Array:
    """Solve points with the same masses, in both countries and in the world."""
    rich, poor = _wages(skill[:, :2], mass[:2], a, b), _wages(skill[:, 2:], mass[2:], a, b)
    world = _wages(skill, mass, a, b)
    with np.errstate(divide="ignore", invalid="ignore"):  # a basis that teams beat may pay nothing
        gap, world_gap = (found.wages[:, -2] / found.wages[:, -1] for found in (poor, world))
    return np.column_stack(
        [
            world.output,
            world.output - rich.output - poor.output,
            *poor.bounds(gap),
            *world.bounds(world_gap),
            *poor.bounds(poor.wages[:, -1]),
            *world.bounds(world.wages[:, -1]),
        ]
    )


class _Wages(NamedTuple):
    """Dual prices of every basis, (k, n, points), whether no team beats them, and best output."""

    wages: Array
    stable: Array
    output: Array

    def bounds(self, number: Array) -> tuple[Array, Array]:
        """Lowest and highest of a number that belongs to each basis, over the stable ones."""
        return (
            np.where(self.stable, number, np.inf).min(axis=0),
            np.where(self.stable, number, -np.inf).max(axis=0),
        )


def _wages(skill: Array, mass: Array, a: float, b: float) -> _Wages:
    first, second = np.triu_indices(len(mass))
    higher = np.maximum(skill[:, first], skill[:, second]).T
    value = higher**a * np.minimum(skill[:, first], skill[:, second]).T ** b
    # Less a tolerance in units of what the better of the two makes alone, as in the programme.
    least = value - matching.ACCURACY * higher ** (a + b)
    columns, inverse = _bases(len(mass))
    noise = matching.PRESENT * np.minimum(mass[first], mass[second])[columns]
    feasible = (inverse @ mass > -noise).all(axis=1)  # no team is negative
    columns, inverse = columns[feasible], inverse[feasible]
    wages = inverse.transpose(0, 2, 1) @ value[columns]
    stable = np.ones((len(columns), len(skill)), dtype=bool)
    for i, j, floor in zip(first, second, least, strict=True):
        stable &= wages[:, i] + wages[:, j] >= floor
    if not stable.any(axis=0).all():
        raise ArithmeticError(
            "A point of the map could not be solved: its skills are too far apart. Choose a "
            "smaller range of skills."
        )
    return _Wages(wages, stable, np.einsum("n,knp->kp", mass, wages).max(axis=0))


@cache
def _bases(n: int) -> tuple[Array, Array]:
    """List the bases of "the teams use everybody up" of n types, feasible or not.

    Returns the pairs in each, (k, n), and the inverses, (k, n, n): teams are an inverse times the
    masses, wages are what a basis's pairs make times its inverse.
    """
    first, second = np.triu_indices(n)
    usage = np.eye(n)[:, first] + np.eye(n)[:, second]
    columns = np.array(list(combinations(range(len(first)), n)))
    matrices = usage[:, columns].transpose(1, 0, 2)
    # The determinant of such a basis is zero or a power of two in size.
    regular = np.abs(np.linalg.det(matrices)) > 0.5
    return columns[regular], np.linalg.inv(matrices[regular])
