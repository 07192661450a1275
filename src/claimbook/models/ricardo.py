"""Trade between two countries when productivity can move: Ricardo's model.

Each country has labour and makes every good with labour alone; home and foreign spend the same
share of income on each good (Cobb-Douglas). Goods are ranked by home's productivity over foreign's.
At a relative wage home makes the goods in which its advantage exceeds the wage, foreign the others;
the relative wage balances what each earns with what is spent on its goods. Real income is the
Cobb-Douglas index of what the country's income buys, the product of consumption**share.

Two goods, after P. A. Samuelson, "Where Ricardo and Mill Rebut and Confirm Arguments of Mainstream
Economists Supporting Globalization", Journal of Economic Perspectives 18(3), 2004; a continuum of
goods, after R. Dornbusch, S. Fischer and P. A. Samuelson, "Comparative Advantage, Trade, and
Payments in a Ricardian Model with a Continuum of Goods", American Economic Review 67(5), 1977.

The claim these models weigh: when a foreign country learns to make what home exports, home's gain
from trade can shrink, at worst to nothing; it cannot fall below what home has by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import brentq

COUNTRIES = ("home", "foreign")
SAME = 1e-12
"""Relative difference below which two comparative advantages, or sales and purchases, are equal."""


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """Free trade between home (row 0) and foreign (row 1) in n goods, in the order given.

    Attributes
    ----------
    relative_wage : float
        Home's wage in units of foreign's.
    specialisation : tuple of str
        Who makes each good: "home", "foreign" or "both". A country indifferent between goods
        spreads its labour over them as their shares in spending, so that trade is least.
    labour_use : array (2, n)
        Labour of each country in each good.
    real_income : array (2,)
        Real income of each country in free trade; divide by labour for income per head.
    autarky_income : array (2,)
        Real income of each country by itself.
    exports : array (2, n)
        Value of each country's net exports of each good, as a share of home's income; the two
        rows are each other's opposites.
    """

    relative_wage: float
    specialisation: tuple[str, ...]
    labour_use: np.ndarray
    real_income: np.ndarray
    autarky_income: np.ndarray
    exports: np.ndarray

    @property
    def gains(self) -> np.ndarray:
        """Real income in free trade over that in autarky, (2,); never below 1."""
        return self.real_income / self.autarky_income


@dataclass(frozen=True, eq=False)
class Continuum:
    """Free trade in a continuum of goods between home (0) and foreign (1).

    Attributes
    ----------
    relative_wage : float
        Home's wage in units of foreign's.
    home_share : float
        Share of world spending on goods made at home; with the goods in order of home's advantage
        and equal spending this is the good at the margin.
    real_income : array (2,)
        Real income of each country in free trade.
    autarky_income : array (2,)
        Real income of each country by itself.
    """

    relative_wage: float
    home_share: float
    real_income: np.ndarray
    autarky_income: np.ndarray

    @property
    def gains(self) -> np.ndarray:
        """Real income in free trade over that in autarky, (2,); never below 1."""
        return self.real_income / self.autarky_income


def equilibrium(
    labour: ArrayLike, productivity: ArrayLike, shares: ArrayLike | None = None
) -> Equilibrium:
    """Solve free trade in a list of goods.

    Parameters
    ----------
    labour : (2,)
        Labour of home and of foreign, positive, in workers.
    productivity : (2, n)
        Output per worker of home (first row) and of foreign in each of n >= 2 goods, positive.
    shares : (n,), optional
        Share of spending on each good, positive, adding up to 1; equal by default.

    Returns
    -------
    Equilibrium

    Raises
    ------
    ValueError
        If the shapes do not fit, a number is not positive and finite, or the shares do not add up
        to 1.

    Examples
    --------
    >>> open_ = equilibrium([100, 1000], [[2, 0.5], [0.05, 0.2]])
    >>> open_.relative_wage, open_.specialisation, open_.gains.round(6).tolist()
    (10.0, ('home', 'foreign'), [2.0, 2.0])
    """
    labour, productivity, shares = _economy(labour, productivity, shares)
    advantage = productivity[0] / productivity[1]
    wage, home_part = _balance(labour, advantage, shares)
    # Prices in foreign wages: the cheaper source, which at the margin is both.
    price = np.minimum(wage / productivity[0], 1.0 / productivity[1])
    income = labour * np.array([wage, 1.0])
    spending = shares * income.sum()
    made = np.stack([home_part, 1.0 - home_part]) * spending
    sold = (made[0] - income[0] * shares) / income[0]
    sold[np.abs(sold) < SAME] = 0.0  # rounding is not trade
    return Equilibrium(
        relative_wage=wage,
        specialisation=tuple(_maker(part) for part in home_part),
        labour_use=made / np.array([[wage], [1.0]]),
        real_income=income * np.prod((shares / price) ** shares),
        autarky_income=labour * np.prod((shares * productivity) ** shares, axis=1),
        exports=np.stack([sold, 0.0 - sold]),
    )


def continuum(
    labour: ArrayLike,
    home: Callable[[np.ndarray], ArrayLike],
    foreign: Callable[[np.ndarray], ArrayLike],
    breaks: Sequence[float] = (),
    cells: int = 1000,
) -> Continuum:
    """Solve free trade in goods z from 0 to 1 on which spending is spread evenly.

    The relative wage w solves w * L * (1 - S(w)) = L* * S(w), where S(w) is the share of goods in
    which home's productivity over foreign's exceeds w (Dornbusch, Fischer and Samuelson 1977,
    equation of trade balance). Goods need not be in order of advantage: S only counts them.

    Parameters
    ----------
    labour : (2,)
        Labour of home and of foreign, positive.
    home, foreign : function
        Output per worker as a function of z, given an array of goods and returning positive
        numbers.
    breaks : sequence of float
        Goods at which a productivity jumps, between 0 and 1.
    cells : int
        Number of cells in which the logarithm of productivity is taken as linear, at least 10.

    Returns
    -------
    Continuum

    Raises
    ------
    ValueError
        If labour is not two positive numbers, a productivity is not positive and finite, a break
        is not between 0 and 1, or there are fewer than ten cells.
    """
    labour = _positive(labour, "labour", (2,))
    left, right = _cells(breaks, cells)
    logs = np.stack([_log_productivity(f, left, right) for f in (home, foreign)])
    advantage = logs[0] - logs[1]  # (2, cells): at the left and right ends
    width = right - left

    def excess(log_wage: float) -> float:
        part = (width * _part_above(advantage, log_wage)).sum()
        return np.exp(log_wage) * labour[0] * (1 - part) - labour[1] * part

    # At the lowest advantage home makes everything, at the highest nothing: the wage is between.
    bottom, top = advantage.min() - 1e-9, advantage.max() + 1e-9
    log_wage = brentq(excess, bottom, top, xtol=1e-14, rtol=1e-14)
    log_income = np.log(labour) + np.array([log_wage, 0.0])
    log_price = _mean_of_lower(log_wage - logs[0], -logs[1])
    return Continuum(
        relative_wage=float(np.exp(log_wage)),
        home_share=float(np.exp(log_income[0]) / np.exp(log_income).sum()),
        real_income=np.exp(log_income - (width * log_price).sum()),
        autarky_income=labour * np.exp((width * logs.mean(axis=1)).sum(axis=1)),
    )


def transfer(productivity: ArrayLike, good: int, part: float) -> np.ndarray:
    """Let foreign learn a good: close part of the gap to home's productivity in it.

    Parameters
    ----------
    productivity : (2, n)
        Output per worker of home and foreign.
    good : int
        Position of the good.
    part : float
        Part of the gap in logarithms that closes: 0 none, 1 all of it. Where foreign is the more
        productive there is no gap, and nothing changes.

    Returns
    -------
    array (2, n)
        A copy with foreign's productivity in the good moved.

    Raises
    ------
    ValueError
        If there is no such good, the part is not between 0 and 1, or a productivity is not
        positive.
    """
    moved = _positive(productivity, "productivity", (2, None))
    if not 0 <= good < moved.shape[1]:
        raise ValueError(f"There is no good {good}: the goods are 0 to {moved.shape[1] - 1}.")
    if not 0 <= part <= 1:
        raise ValueError(f"The part of the gap that closes is {part}: it must be from 0 to 1.")
    moved[1, good] *= max(moved[0, good] / moved[1, good], 1.0) ** part
    return moved


def income_table(stages: Mapping[str, Equilibrium | Continuum]) -> pd.DataFrame:
    """Set several equilibria side by side.

    Parameters
    ----------
    stages : mapping of name to equilibrium
        Such as {"before": ..., "after": ...}.

    Returns
    -------
    DataFrame
        A row a stage and country: `stage`, `country`, `autarky`, `trade` (real incomes), `gain`
        (their ratio), `relative_wage` (home's over foreign's).
    """
    rows = [
        (
            stage,
            country,
            float(found.autarky_income[k]),
            float(found.real_income[k]),
            float(found.gains[k]),
            found.relative_wage,
        )
        for stage, found in stages.items()
        for k, country in enumerate(COUNTRIES)
    ]
    columns = ["stage", "country", "autarky", "trade", "gain", "relative_wage"]
    return pd.DataFrame(rows, columns=columns)


# --- a list of goods -----------------------------------------------------------------------------


def _balance(
    labour: np.ndarray, advantage: np.ndarray, shares: np.ndarray
) -> tuple[float, np.ndarray]:
    """Find the relative wage and the part of spending on each good that falls to home.

    Walk down the chain of comparative advantage. At a wage equal to home's advantage in a good,
    foreign earns a certain part of the world's income, so that part of spending must fall on its
    goods. The first good at which that is no less than spending on the goods further down is the
    margin: either both countries make it, at that wage, or it is foreign's altogether and the wage
    lies between its advantage and the one before.
    """
    chain = _ties(advantage, np.argsort(-advantage, kind="stable"))
    level = np.array([advantage[goods].max() for goods in chain])
    spent = np.array([shares[goods].sum() for goods in chain])
    beyond = np.append(np.cumsum(spent[::-1])[::-1][1:], 0.0)
    earned_abroad = labour[1] / (level * labour[0] + labour[1])
    margin = int(np.argmax(earned_abroad >= beyond))
    part = np.zeros(len(shares))
    for goods in chain[:margin]:
        part[goods] = 1.0
    from_margin_on = spent[margin] + beyond[margin]
    if earned_abroad[margin] >= from_margin_on:
        wage = spent[:margin].sum() * labour[1] / (from_margin_on * labour[0])
        return float(wage), part
    part[chain[margin]] = (from_margin_on - earned_abroad[margin]) / spent[margin]
    return float(level[margin]), np.minimum(part, 1.0)


def _ties(advantage: np.ndarray, order: np.ndarray) -> list[np.ndarray]:
    """Group the ordered goods whose comparative advantage is the same."""
    falls = -np.diff(np.log(advantage[order])) > SAME
    return np.split(order, np.flatnonzero(falls) + 1)


def _maker(part: float) -> str:
    if part >= 1:
        return "home"
    return "foreign" if part <= 0 else "both"


# --- a continuum of goods ------------------------------------------------------------------------


def _cells(breaks: Sequence[float], cells: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut the goods into cells that end at every break."""
    if cells < 10:
        raise ValueError(f"{cells} cells are too few for a continuum: use at least 10.")
    inner = np.asarray(breaks, dtype=float)
    if not ((inner > 0) & (inner < 1)).all():
        raise ValueError(f"The breaks are {list(breaks)}: each must lie between 0 and 1.")
    edges = np.union1d(np.linspace(0.0, 1.0, cells + 1), inner)
    return edges[:-1], edges[1:]


def _log_productivity(
    function: Callable[[np.ndarray], ArrayLike], left: np.ndarray, right: np.ndarray
) -> np.ndarray:
    hair = 1e-9 * (right - left)  # inside the cell, so that a jump at its end has one side
    values = np.stack(
        [np.broadcast_to(function(z), z.shape).astype(float) for z in (left + hair, right - hair)]
    )
    if not (np.isfinite(values) & (values > 0)).all():
        raise ValueError("A productivity is not a positive number for some good from 0 to 1.")
    return np.log(values)


def _part_above(ends: np.ndarray, level: float) -> np.ndarray:
    """Part of each cell in which a line between its end values lies above the level."""
    low, high = ends.min(axis=0), ends.max(axis=0)
    rise = high - low
    with np.errstate(invalid="ignore", divide="ignore"):
        part = np.where(rise > 0, (high - level) / rise, (high > level).astype(float))
    return np.clip(part, 0.0, 1.0)


def _mean_of_lower(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Mean over each cell of the lower of two lines given by their end values, (2, cells)."""
    gap = one - other
    below = _part_above(-gap, 0.0)  # part of the cell in which the first is lower
    # Where the lines cross, the lower is the second less a triangle in which the first is below.
    deepest = np.maximum(-gap.min(axis=0), 0.0)
    return np.where(below < 1, other.mean(axis=0) - below * deepest / 2, one.mean(axis=0))


# --- what may be asked ---------------------------------------------------------------------------


def _economy(
    labour: ArrayLike, productivity: ArrayLike, shares: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    labour = _positive(labour, "labour", (2,))
    productivity = _positive(productivity, "productivity", (2, None))
    n = productivity.shape[1]
    if n < 2:
        raise ValueError("There is one good: trade needs at least two.")
    if shares is None:
        return labour, productivity, np.full(n, 1.0 / n)
    shares = _positive(shares, "share", (n,))
    if abs(shares.sum() - 1) > 1e-9:
        raise ValueError(f"The shares of spending add up to {shares.sum():g}: they must add to 1.")
    return labour, productivity, shares / shares.sum()


def _positive(values: ArrayLike, name: str, shape: tuple[int | None, ...]) -> np.ndarray:
    try:
        numbers = np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"The {name} must be numbers in rows of one length.") from None
    fits = numbers.ndim == len(shape) and all(
        want in (None, got) for want, got in zip(shape, numbers.shape, strict=True)
    )
    if not fits:
        wanted = " by ".join("any number" if size is None else str(size) for size in shape)
        raise ValueError(
            f"The {name} has the shape {numbers.shape}: {wanted} numbers were expected, home first."
        )
    if not (np.isfinite(numbers) & (numbers > 0)).all():
        raise ValueError(f"The {name} holds {numbers.tolist()}: every number must be positive.")
    return numbers
