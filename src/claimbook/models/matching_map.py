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
everybody up are then one polytope for the whole map; its bases are listed once, and a point is
solved by looking up the basis whose wages no team can beat. The bounds of wages and of their ratio
are shortest paths (`octagon`), on all points at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import ArrayLike

from claimbook.models import matching, octagon

TYPES = ("A", "B", "C", "D")
REGIONS = ("unchanged", "teams only", "may widen", "widens", "outside")
FORTUNES = ("not worse", "may lose", "loses")
TOLERANCE = 1e-6
"""Relative change of output, of the gap or of a wage that counts as a change."""
_CHUNK = 256
"""Points solved together. Fixed, so that results do not depend on who shares the work."""
Method = Literal["vertices", "programme"]


def grid(
    A: float | ArrayLike,
    B: float | ArrayLike,
    C: float | ArrayLike,
    D: float | ArrayLike = 1.0,
) -> pd.DataFrame:
    """List all combinations of the given skills.

    Parameters
    ----------
    A, B, C, D : float or array
        Skills of the rich country's more and less skilled and of the poor country's more and less
        skilled; a number holds a skill fixed. Ratios of wages depend on ratios of skills only, so
        D = 1 loses nothing.

    Returns
    -------
    DataFrame
        Columns A, B, C, D; D varies fastest.

    Examples
    --------
    >>> len(grid(A=3.2, B=[2.0, 2.2], C=[1.2, 1.5, 1.8]))
    6
    """
    axes = np.meshgrid(*(np.atleast_1d(skill) for skill in (A, B, C, D)), indexing="ij")
    return pd.DataFrame({name: axis.ravel() for name, axis in zip(TYPES, axes, strict=True)})


def sample(
    n: int,
    seed: int,
    top: float = 4.0,
    order: Literal["ranked", "by country"] = "ranked",
    scale: Literal["linear", "log"] = "linear",
) -> pd.DataFrame:
    """Draw economies at random, D = 1 and the other skills between 1 and `top`.

    Parameters
    ----------
    n : int
        Number of economies.
    seed : int
        Seed of the generator: the same seed draws the same economies.
    top : float
        Highest skill, in units of the lowest; above 1.
    order : "ranked" or "by country"
        "ranked": uniform over A > B > C > D, every rich type above every poor one.
        "by country": uniform over A > B and C > D, so that countries may overlap.
    scale : "linear" or "log"
        Whether skills or their logarithms are uniform.

    Returns
    -------
    DataFrame
        Columns A, B, C, D.

    Raises
    ------
    ValueError
        If n is not positive, top is not a number above 1, or a name is none of those above.
    """
    if n < 1:
        raise ValueError(f"{n} economies were asked for: ask for at least one.")
    if not (np.isfinite(top) and top > 1):
        raise ValueError(f"The highest skill is {top}: it must be a finite number above 1.")
    if order not in ("ranked", "by country"):
        raise ValueError(f"The order is {order!r}: it must be 'ranked' or 'by country'.")
    if scale not in ("linear", "log"):
        raise ValueError(f"The scale is {scale!r}: it must be 'linear' or 'log'.")
    draws = np.random.default_rng(seed).random((n, 3))
    # Sorting independent uniform draws is uniform over the ordered corner of the cube.
    ranked = 3 if order == "ranked" else 2
    draws[:, :ranked] = -np.sort(-draws[:, :ranked], axis=1)
    skills = top**draws if scale == "log" else 1.0 + (top - 1.0) * draws
    return pd.DataFrame(skills, columns=list(TYPES[:3])).assign(D=1.0)


def classify(
    points: pd.DataFrame,
    mass: Sequence[float] = (1.0, 1.0, 1.0, 1.5),
    a: float = 2.0,
    b: float = 1.0,
    method: Method = "vertices",
    n_jobs: int | None = None,
) -> pd.DataFrame:
    """Solve every point in autarky and open, and say which region it lies in.

    The points go to joblib in pieces, so `joblib.parallel_config` chooses where they are solved:
    in this process (the default), in several, or, with `backend="dask"`, on an existing cluster.
    Results are the same everywhere.

    Parameters
    ----------
    points : DataFrame
        Columns A, B, C, D: skills, positive.
    mass : four floats
        Mass of people of A, B, C, D, positive; the same at every point.
    a, b : float
        Exponents of the manager's and the worker's skill, a > b > 0.
    method : "vertices" or "programme"
        Look every point up among the polytope's bases, or solve three linear programmes a point
        through `matching.opening`. The second is the check of the first.
    n_jobs : int, optional
        Number of jobs, as joblib takes it.

    Returns
    -------
    DataFrame
        The points with `region` and `least_skilled` (ordered categories), `gain` (world output
        less both autarkies'), `cross_border` (least mass of teams across the border), `gap_low`,
        `gap_high` (C/D wage ratio in autarky), `world_gap_low`, `world_gap_high`, `wage_low`,
        `wage_high` (of D in autarky), `world_wage_low`, `world_wage_high`. Where the region is
        `outside` the numbers are NaN.

    Raises
    ------
    ValueError
        If a column is missing, a skill or a mass is not a positive number, not a > b > 0, or the
        method has another name.
    """
    skill, masses = _points(points), _masses(mass)
    matching.mixing_threshold(a, b)  # refuses nonsense exponents
    if method not in ("vertices", "programme"):
        raise ValueError(f"The method is {method!r}: it must be 'vertices' or 'programme'.")
    solve = _solve_by_vertices if method == "vertices" else _solve_by_programme
    inside = (skill[:, 0] > skill[:, 1]) & (skill[:, 2] > skill[:, 3])
    pieces = [skill[inside][k : k + _CHUNK] for k in range(0, int(inside.sum()), _CHUNK)]
    solved = Parallel(n_jobs=n_jobs)(delayed(solve)(piece, masses, a, b) for piece in pieces)
    numbers = np.full((len(skill), len(_Outcome._fields)), np.nan)
    if solved:
        numbers[inside] = np.concatenate(solved)
    outcome = _Outcome(*numbers.T)
    return points.loc[:, list(TYPES)].assign(
        region=pd.Categorical(_region(outcome, inside), REGIONS, ordered=True),
        least_skilled=pd.Categorical(_fortune(outcome, inside), FORTUNES, ordered=True),
        **{name: column for name, column in outcome._asdict().items() if name != "output"},
    )


def tidy(points: pd.DataFrame, x: str, y: str, value: str = "region") -> pd.DataFrame:
    """Reduce a classified grid to the three columns a picture needs.

    Parameters
    ----------
    points : DataFrame
        What `classify` returned.
    x, y : str
        Names of the axes' columns.
    value : str
        Name of the column to show.

    Returns
    -------
    DataFrame
        Columns `x`, `y` and `value`'s own name, sorted by y and x.
    """
    table = points[[x, y, value]].rename(columns={x: "x", y: "y"})
    return table.sort_values(["y", "x"], ignore_index=True)


# --- from numbers to regions ---------------------------------------------------------------------


class _Outcome(NamedTuple):
    """What opening does at each point; every field is an array over points."""

    output: np.ndarray
    gain: np.ndarray
    cross_border: np.ndarray
    gap_low: np.ndarray
    gap_high: np.ndarray
    world_gap_low: np.ndarray
    world_gap_high: np.ndarray
    wage_low: np.ndarray
    wage_high: np.ndarray
    world_wage_low: np.ndarray
    world_wage_high: np.ndarray


def _region(outcome: _Outcome, inside: np.ndarray) -> np.ndarray:
    ceiling = outcome.gap_high * (1 + TOLERANCE)
    rules = [
        ~inside,
        outcome.world_gap_low > ceiling,
        outcome.world_gap_high > ceiling,
        outcome.gain > TOLERANCE * outcome.output,
    ]
    return np.select(rules, ["outside", "widens", "may widen", "teams only"], "unchanged")


def _fortune(outcome: _Outcome, inside: np.ndarray) -> list[str | None]:
    floor = outcome.wage_low * (1 - TOLERANCE)
    rules = [outcome.world_wage_high < floor, outcome.world_wage_low < floor]
    found = np.select(rules, ["loses", "may lose"], "not worse")
    return [name if is_inside else None for name, is_inside in zip(found, inside, strict=True)]


# --- one programme a point -----------------------------------------------------------------------


def _solve_by_programme(skill: np.ndarray, mass: np.ndarray, a: float, b: float) -> np.ndarray:
    return np.array([_open_one(point, mass, a, b) for point in skill])


def _open_one(skill: np.ndarray, mass: np.ndarray, a: float, b: float) -> _Outcome:
    change = matching.opening((skill[:2], mass[:2]), (skill[2:], mass[2:]), a, b)
    gap, world_gap = change.poor_ratio_bounds(0, 1)
    return _Outcome(
        change.world.output,
        change.gain,
        change.cross_border[0],
        *gap,
        *world_gap,
        *change.poor.wage_bounds[1],
        *change.world.wage_bounds[3],
    )


# --- all points at once --------------------------------------------------------------------------


class _Bases(NamedTuple):
    """The feasible bases of the assignments of given masses; k of them, m pairs, n types."""

    first: np.ndarray  # (m,) the pairs' types
    second: np.ndarray
    weight: np.ndarray  # (k, m) mass of each pair
    columns: np.ndarray  # (k, n) the pairs in the basis
    inverse: np.ndarray  # (k, n, n) of the basis: wages are its values times this
    exists: np.ndarray  # (k, n, n) whether a pair has mass


class _Solution(NamedTuple):
    """The equilibria of many economies with the same masses."""

    output: np.ndarray
    wages: np.ndarray
    sides: octagon.Octagons
    best: np.ndarray  # (points, k) whether the basis makes the highest output


def _solve_by_vertices(skill: np.ndarray, mass: np.ndarray, a: float, b: float) -> np.ndarray:
    world = _equilibria(skill, mass, a, b)
    rich = _equilibria(skill[:, :2], mass[:2], a, b)
    poor = _equilibria(skill[:, 2:], mass[2:], a, b)
    bases = _bases(tuple(mass))
    crosses = (bases.first < 2) & (bases.second >= 2)
    crossing = np.where(world.best, bases.weight[:, crosses].sum(axis=1), np.inf).min(axis=1)
    return np.column_stack(
        _Outcome(
            world.output,
            world.output - rich.output - poor.output,
            crossing,
            *octagon.ratio_bounds(poor.wages, poor.sides, 0, 1),
            *octagon.ratio_bounds(world.wages, world.sides, 2, 3),
            poor.wages[:, 1] + poor.sides.low[:, 1],
            poor.wages[:, 1] + poor.sides.high[:, 1],
            world.wages[:, 3] + world.sides.low[:, 3],
            world.wages[:, 3] + world.sides.high[:, 3],
        )
    )


def _equilibria(skill: np.ndarray, mass: np.ndarray, a: float, b: float) -> _Solution:
    """Solve many economies: of all bases take the one whose wages no team can beat."""
    bases = _bases(tuple(mass))
    higher = np.maximum(skill[:, bases.first], skill[:, bases.second])
    lower = np.minimum(skill[:, bases.first], skill[:, bases.second])
    value = higher**a * lower**b
    wages = np.einsum("pkb,kbn->pkn", value[:, bases.columns], bases.inverse)
    slack = wages[..., bases.first] + wages[..., bases.second] - value[:, None, :]
    # In units of what the better of the two makes alone, as the programme's tolerance is.
    short = (slack / higher[:, None, :] ** (a + b)).min(axis=2)
    chosen = short.argmax(axis=1)
    point = np.arange(len(skill))
    if (short[point, chosen] < -matching.ACCURACY).any():
        raise ArithmeticError(
            "A point of the map could not be solved: its skills are too far apart. Choose a "
            "smaller range of skills."
        )
    output = np.einsum("pm,km->pk", value, bases.weight)
    exists = bases.exists[chosen]
    wages = wages[point, chosen]
    full = np.zeros(exists.shape)
    full[:, bases.first, bases.second] = full[:, bases.second, bases.first] = np.maximum(
        slack[point, chosen], 0.0
    )
    full[exists] = 0.0
    top = output[point, chosen]
    return _Solution(
        top,
        wages,
        octagon.octagons(full, exists),
        output >= (top * (1 - matching.ACCURACY))[:, None],
    )


@lru_cache(maxsize=64)
def _bases(mass: tuple[float, ...]) -> _Bases:
    """List the bases of "the teams use everybody up" that have no negative team."""
    n = len(mass)
    first, second = np.triu_indices(n)
    usage = np.eye(n)[:, first] + np.eye(n)[:, second]
    columns = np.array(list(combinations(range(len(first)), n)))
    matrices = usage[:, columns].transpose(1, 0, 2)
    # The determinant of such a basis is zero or a power of two in size.
    columns, matrices = (
        kept[np.abs(np.linalg.det(matrices)) > 0.5] for kept in (columns, matrices)
    )
    inverse = np.linalg.inv(matrices)
    in_basis = inverse @ np.array(mass)
    smallest = np.minimum(np.array(mass)[first], np.array(mass)[second])[columns]
    noise = matching.PRESENT * smallest
    feasible = (in_basis > -noise).all(axis=1)
    columns, inverse, in_basis = columns[feasible], inverse[feasible], in_basis[feasible]
    weight = np.zeros((len(columns), len(first)))
    np.put_along_axis(weight, columns, np.where(in_basis > noise[feasible], in_basis, 0.0), axis=1)
    exists = np.zeros((len(columns), n, n), dtype=bool)
    exists[:, first, second] = exists[:, second, first] = weight > 0
    return _Bases(first, second, weight, columns, inverse, exists)


# --- what may be asked ---------------------------------------------------------------------------


def _points(points: pd.DataFrame) -> np.ndarray:
    missing = [name for name in TYPES if name not in points.columns]
    if missing:
        raise ValueError(
            f"The points have no column {', '.join(missing)}: each needs the skills A, B, C and D."
        )
    skill = points[list(TYPES)].to_numpy(dtype=float)
    wrong = ~(np.isfinite(skill) & (skill > 0))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise ValueError(
            f"Skill {TYPES[column]} of point {row} is {skill[row, column]}: skills must be "
            "positive numbers."
        )
    return skill


def _masses(mass: Sequence[float]) -> np.ndarray:
    masses = np.asarray(mass, dtype=float)
    if masses.shape != (4,) or not (np.isfinite(masses) & (masses > 0)).all():
        raise ValueError(f"The masses are {mass}: give four positive numbers, for A, B, C and D.")
    return masses
