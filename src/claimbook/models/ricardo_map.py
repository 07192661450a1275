"""Where home loses when foreign learns what home exports: maps of Ricardo's model.

Two goods. Home's advantage in a good is its productivity over foreign's; good 1 is the one in which
it is larger, home's export. Whether home gains or loses depends on five numbers only: the two
advantages, foreign's labour over home's, the share of spending on good 1, and the part of the gap
in good 1 (in logarithms) that foreign closes. With w the relative wage, home's real income is its
autarky income times

    max(1, w / advantage_1) ** share * max(1, w / advantage_2) ** (1 - share)

and w is the wage of complete specialisation, labour * share / (1 - share), held between the two
advantages (the shares change places where the transfer turns comparative advantage round).

A continuum of goods. Foreign's productivity grows by `growth` (in logarithms) in the goods home
exported at first, and by (1 - concentration) times that in all others: 0 is uniform growth, 1 is
growth in home's exports alone.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import ArrayLike

from claimbook.models import ricardo

PARAMETERS = ("advantage_1", "advantage_2", "labour", "share", "part")
REGIONS = ("home loses", "unchanged", "home gains")
TOLERANCE = 1e-6
"""Relative change of real income that counts as a change."""


def grid(
    advantage_1: float | ArrayLike,
    advantage_2: float | ArrayLike,
    labour: float | ArrayLike,
    share: float | ArrayLike,
    part: float | ArrayLike,
) -> pd.DataFrame:
    """List all combinations of the given parameters of the two-good economy.

    Parameters
    ----------
    advantage_1, advantage_2 : float or array
        Home's output per worker over foreign's in goods 1 and 2.
    labour : float or array
        Foreign's labour over home's.
    share : float or array
        Share of spending on good 1.
    part : float or array
        Part of the gap in good 1 that foreign closes.

    Returns
    -------
    DataFrame
        One column a parameter; the last varies fastest.
    """
    given = (advantage_1, advantage_2, labour, share, part)
    axes = np.meshgrid(*map(np.atleast_1d, given), indexing="ij")
    return pd.DataFrame({name: axis.ravel() for name, axis in zip(PARAMETERS, axes, strict=True)})


def sample(
    n: int,
    seed: int,
    most_advantage: float = 50.0,
    most_labour: float = 10.0,
    share: tuple[float, float] = (0.1, 0.9),
) -> pd.DataFrame:
    """Draw two-good economies in which foreign has something to learn from home's export.

    Advantages are log-uniform between 1 / most_advantage and most_advantage on the condition that
    good 1 is home's export (its advantage is the larger) and home makes it better than foreign
    (it is above 1); relative labour is log-uniform, the share and the part of the gap closed are
    uniform, the part between 0 and 1.

    Parameters
    ----------
    n : int
        Number of economies.
    seed : int
        Seed of the generator.
    most_advantage, most_labour : float
        Largest advantage and largest relative labour, above 1; the smallest are their inverses.
    share : pair of floats
        Range of the share of spending on good 1, within 0 and 1.

    Returns
    -------
    DataFrame
        One column a parameter.

    Raises
    ------
    ValueError
        If n is not positive or a range is empty or impossible.
    """
    if n < 1:
        raise ValueError(f"{n} economies were asked for: ask for at least one.")
    if not (1 < most_advantage < np.inf and 1 < most_labour < np.inf):
        raise ValueError("The largest advantage and the largest relative labour must be above 1.")
    if not 0 < share[0] <= share[1] < 1:
        raise ValueError(f"The shares range over {share}: they must rise within 0 and 1.")
    draw = np.random.default_rng(seed)
    logs = np.empty((0, 2))
    while len(logs) < n:  # three quarters of the pairs have an advantage above 1
        drawn = -np.sort(-draw.uniform(-1, 1, (2 * n, 2)), axis=1)
        logs = np.concatenate([logs, drawn[drawn[:, 0] > 0]])
    advantage = most_advantage ** logs[:n]
    return pd.DataFrame(
        {
            "advantage_1": advantage[:, 0],
            "advantage_2": advantage[:, 1],
            "labour": most_labour ** draw.uniform(-1, 1, n),
            "share": draw.uniform(*share, n),
            "part": draw.random(n),
        }
    )


def classify(points: pd.DataFrame) -> pd.DataFrame:
    """Say at every point whether the transfer of productivity raises home's real income.

    Parameters
    ----------
    points : DataFrame
        One column a parameter, as `grid` and `sample` make it.

    Returns
    -------
    DataFrame
        The points with `region` (an ordered category), `home_change` and `foreign_change` (real
        income after over before, less 1), `wage_before` and `wage_after` (home's over foreign's).

    Raises
    ------
    ValueError
        If a column is missing or a number is impossible.
    """
    a1, a2, labour, share, part = _parameters(points)
    learned = np.maximum(a1, 1.0) ** part
    before, after = _wage(a1, a2, labour, share), _wage(a1 / learned, a2, labour, share)
    home = _home_gain(a1 / learned, a2, after, share) / _home_gain(a1, a2, before, share) - 1
    foreign = (
        learned**share
        * _home_gain(learned / a1, 1 / a2, 1 / after, share)
        / _home_gain(1 / a1, 1 / a2, 1 / before, share)
        - 1
    )
    return points.loc[:, list(PARAMETERS)].assign(
        region=_region(home),
        home_change=home,
        foreign_change=foreign,
        wage_before=before,
        wage_after=after,
    )


def continuum_map(
    growth: ArrayLike,
    concentration: ArrayLike,
    labour: ArrayLike = (1.0, 1.0),
    spread: float = 1.0,
    n_jobs: int | None = None,
) -> pd.DataFrame:
    """Map foreign growth that is more or less concentrated on home's exports.

    At first home's advantage in good z is exp(spread * (1 - 2 z)), and foreign makes one unit of
    any good per worker. The points go to joblib, see `joblib.parallel_config`.

    Parameters
    ----------
    growth : array
        Growth of foreign productivity in home's exports, in logarithms, zero or more.
    concentration : array
        0: the same growth in all goods; 1: none in the goods home imported.
    labour : (2,)
        Labour of home and foreign.
    spread : float
        Home's largest advantage in logarithms, positive.
    n_jobs : int, optional
        Number of jobs, as joblib takes it.

    Returns
    -------
    DataFrame
        A row a pair: `growth`, `concentration`, `region`, `home_change`, `foreign_change` (real
        income after over before, less 1), `wage_before`, `wage_after`.

    Raises
    ------
    ValueError
        If growth is negative, concentration not from 0 to 1, the spread or labour not positive.
    """
    growth, concentration = np.atleast_1d(growth), np.atleast_1d(concentration)
    if not (np.isfinite(growth) & (growth >= 0)).all():
        raise ValueError("Growth must be zero or more at every point.")
    if not ((concentration >= 0) & (concentration <= 1)).all():
        raise ValueError("Concentration must be from 0 (all goods) to 1 (home's exports alone).")
    if not 0 < spread < np.inf:
        raise ValueError(f"The spread of advantage is {spread}: it must be positive.")
    before = _grown(labour, spread, 0.0, 0.0, 0.5)
    pairs = [(g, c) for g in growth for c in concentration]
    solved = Parallel(n_jobs=n_jobs)(
        delayed(_grown)(labour, spread, g, (1 - c) * g, before.home_share) for g, c in pairs
    )
    income = np.array([found.real_income for found in solved]) / before.real_income - 1
    table = pd.DataFrame(pairs, columns=["growth", "concentration"])
    return table.assign(
        region=_region(income[:, 0]),
        home_change=income[:, 0],
        foreign_change=income[:, 1],
        wage_before=before.relative_wage,
        wage_after=[found.relative_wage for found in solved],
    )


def _grown(
    labour: ArrayLike, spread: float, in_exports: float, elsewhere: float, margin: float
) -> ricardo.Continuum:
    """Solve the continuum after foreign grew in the goods up to the margin and in the others."""
    return ricardo.continuum(
        labour,
        home=lambda z: np.exp(spread * (1 - 2 * z)),
        foreign=lambda z: np.exp(np.where(z < margin, in_exports, elsewhere)),
        breaks=[margin],
    )


def _wage(a1: np.ndarray, a2: np.ndarray, labour: np.ndarray, share: np.ndarray) -> np.ndarray:
    at_home = np.where(a1 >= a2, share, 1 - share)  # spending on the good home is best at
    wanted = labour * at_home / (1 - at_home)
    return np.clip(wanted, np.minimum(a1, a2), np.maximum(a1, a2))


def _home_gain(a1: np.ndarray, a2: np.ndarray, wage: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Real income in trade over autarky; foreign's, with advantages and wage turned over."""
    return np.maximum(1.0, wage / a1) ** share * np.maximum(1.0, wage / a2) ** (1 - share)


def _region(home_change: np.ndarray) -> pd.Categorical:
    rules = [home_change < -TOLERANCE, home_change > TOLERANCE]
    names = np.select(rules, ["home loses", "home gains"], "unchanged")
    return pd.Categorical(names, REGIONS, ordered=True)


def _parameters(points: pd.DataFrame) -> tuple[np.ndarray, ...]:
    missing = [name for name in PARAMETERS if name not in points.columns]
    if missing:
        raise ValueError(f"The points have no column {', '.join(missing)}.")
    columns = tuple(points[name].to_numpy(dtype=float) for name in PARAMETERS)
    for name, column in zip(PARAMETERS, columns, strict=True):
        top = {"share": 1.0, "part": np.nextafter(1.0, 2.0)}.get(name, np.inf)
        possible = (column < top) & ((column >= 0) if name == "part" else (column > 0))
        if not possible.all():
            raise ValueError(
                f"The {name} of point {int(np.argmin(possible))} is "
                f"{column[np.argmin(possible)]}: shares lie between 0 and 1, parts from 0 to 1, "
                "advantages and labour above 0."
            )
    return columns
