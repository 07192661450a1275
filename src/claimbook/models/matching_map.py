"""Where in the space of skills opening does what: the map of the four-type matching model.

A point is an economy of two rich types A > B and two poor types C > D. Each is solved in autarky
and open, and put into one region by the poor country's gap, the wage of C over that of D:

- `unchanged`: no team needs to cross the border, or those that do gain so little (less than
  `TOLERANCE` of world output, where types are nearly equals) that nothing is said to change;
- `teams only`: teams cross the border and the gap cannot end above its highest value in autarky;
- `may widen`: the highest gap in the world exceeds the highest in autarky, the lowest does not;
- `widens`: even the lowest gap in the world exceeds the highest in autarky;
- `outside`: not such an economy (B not below A, or D not below C).

Apart from that, the least skilled (D) `lose` if even their highest wage in the world is below their
lowest in autarky, `may lose` if only their lowest is, and otherwise are `not worse`.

Without any gain in output the regions nest by themselves: autarky's assignments are then still
among the best, so the world's wages are among autarky's and the gap cannot exceed its highest
value.

The map is fast because the assignments that use everybody up are polytopes whose bases are the same
at every point: which of them leave no team negative depends on the masses alone. The dual prices of
a basis that no team can beat are competitive wages, and all others are mixtures of these
(complementary slackness): lowest and highest wages, and ratios of wages, are among them.
"""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import ArrayLike

from claimbook import models
from claimbook.models import matching

TYPES = ("A", "B", "C", "D")
REGIONS = ("unchanged", "teams only", "may widen", "widens", "outside")
FORTUNES = ("not worse", "may lose", "loses")
TOLERANCE = 1e-6
"""Relative change of output, of the gap or of a wage that counts as a change."""
_CHUNK = 256
"""Points solved together. Fixed, so that results do not depend on who shares the work."""
_NUMBERS = ["output", "gain", "gap_low", "gap_high", "world_gap_low", "world_gap_high"]
_NUMBERS += ["wage_low", "wage_high", "world_wage_low", "world_wage_high"]


def classify(
    points: pd.DataFrame,
    mass: ArrayLike = (1.0, 1.0, 1.0, 1.5),
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
    mass : array (4,) or (n, 4)
        Mass of people of A, B, C, D, positive: the same at every point, or a row for each.
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
    masses = _masses(mass, len(skill))
    matching.check_exponents(a, b)
    inside = (skill[:, 0] > skill[:, 1]) & (skill[:, 2] > skill[:, 3])
    cuts = range(_CHUNK, int(inside.sum()), _CHUNK)
    pieces = zip(np.split(skill[inside], cuts), np.split(masses[inside], cuts), strict=True)
    solved = Parallel(n_jobs=n_jobs)(delayed(_open)(*piece, a, b) for piece in pieces)
    found = pd.DataFrame(np.nan, points.index, _NUMBERS)
    found[inside] = np.concatenate(solved)
    ceiling, floor = found["gap_high"] * (1 + TOLERANCE), found["wage_low"] * (1 - TOLERANCE)
    regions = {
        "outside": ~inside,
        "widens": found["world_gap_low"] > ceiling,
        "may widen": found["world_gap_high"] > ceiling,
        "teams only": found["gain"] > TOLERANCE * found["output"],
    }
    fortunes = {
        None: ~inside,
        "loses": found["world_wage_high"] < floor,
        "may lose": found["world_wage_low"] < floor,
    }
    table = pd.DataFrame(skill, points.index, TYPES).assign(
        region=_first_that_holds(regions, REGIONS),
        least_skilled=_first_that_holds(fortunes, FORTUNES),
    )
    return table.join(found)


def _first_that_holds(rules: dict[str | None, ArrayLike], names: tuple[str, ...]) -> pd.Categorical:
    """Name each point by the first rule that holds for it; by the first name where none does."""
    named = np.select(list(rules.values()), list(rules), names[0])
    return pd.Categorical(named, names, ordered=True)


def _masses(mass: ArrayLike, points: int) -> np.ndarray:
    """Return a row of masses for each point."""
    masses = np.asarray(mass, dtype=float)
    if masses.shape not in ((4,), (points, 4)) or not (np.isfinite(masses) & (masses > 0)).all():
        raise ValueError(
            f"The masses are {mass}: give four positive numbers, for A, B, C and D, once or for "
            "every point."
        )
    return np.broadcast_to(masses, (points, 4))


def _open(skill: np.ndarray, mass: np.ndarray, a: float, b: float) -> np.ndarray:
    """Solve points, each with its masses, in both countries and in the world."""
    rich, poor = _wages(skill[:, :2], mass[:, :2], a, b), _wages(skill[:, 2:], mass[:, 2:], a, b)
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
    """Dual prices of the stable bases, a row each, where each point's rows begin, best output."""

    wages: np.ndarray
    starts: np.ndarray
    output: np.ndarray

    def bounds(self, number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest at each point of a number that belongs to each row."""
        return (
            np.minimum.reduceat(number, self.starts),
            np.maximum.reduceat(number, self.starts),
        )


def _wages(skill: np.ndarray, mass: np.ndarray, a: float, b: float) -> _Wages:
    first, second = np.triu_indices(mass.shape[1])
    higher = np.maximum(skill[:, first], skill[:, second])
    value = higher**a * np.minimum(skill[:, first], skill[:, second]) ** b
    # Less a tolerance in units of what the better of the two makes alone, as in the programme.
    least = value - matching.ACCURACY * higher ** (a + b)
    point, basis = _feasible(mass.tobytes(), mass.shape[1])
    columns, inverse = _bases(mass.shape[1])
    paid = value[point[:, None], columns[basis]]
    wages = np.einsum("rji,rj->ri", inverse[basis], paid)
    stable = (wages[:, first] + wages[:, second] >= least[point]).all(axis=1)
    point, wages = point[stable], wages[stable]
    starts = np.flatnonzero(np.diff(point, prepend=-1))
    if len(starts) < len(skill):
        raise ArithmeticError(
            "A point of the map could not be solved: its skills are too far apart. Choose a "
            "smaller range of skills."
        )
    output = np.maximum.reduceat((mass[point] * wages).sum(axis=1), starts)
    return _Wages(wages, starts, output)


@lru_cache(maxsize=128)  # pieces: the same masses are asked of with other skills and exponents
def _feasible(masses: bytes, types: int) -> tuple[np.ndarray, np.ndarray]:
    """List the points, in order, and the bases by which no team of theirs is negative."""
    mass = np.frombuffer(masses).reshape(-1, types)
    first, second = np.triu_indices(mass.shape[1])
    columns, inverse = _bases(mass.shape[1])
    noise = matching.PRESENT * np.minimum(mass[:, first], mass[:, second])
    feasible = np.ones((len(mass), len(columns)), dtype=bool)
    for team in range(mass.shape[1]):
        teams = np.einsum("kj,pj->pk", inverse[:, team], mass)
        feasible &= teams > -noise[:, columns[:, team]]
    return np.nonzero(feasible)


@cache
def _bases(n: int) -> tuple[np.ndarray, np.ndarray]:
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
