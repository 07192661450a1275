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

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from claimbook import models

Array = np.ndarray
REGIONS = ("home loses", "unchanged", "home gains")
TOLERANCE = 1e-6
"""Relative change of real income that counts as a change."""
_SAME = 1e-12
"""Relative difference below which two comparative advantages are equal."""
_PART = pd.Interval(0.0, 1.0, closed="both")
_TWO_GOODS = dict.fromkeys(("advantage_1", "advantage_2", "labour"), models.POSITIVE) | {
    "share": pd.Interval(0.0, 1.0, closed="neither"),
    "part": _PART,
}
_MANY_GOODS = dict.fromkeys(("labour", "spread"), models.POSITIVE) | {
    "growth": pd.Interval(0.0, np.inf, closed="left"),
    "concentration": _PART,
}


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
    """

    relative_wage: float
    specialisation: tuple[str, ...]
    labour_use: Array
    real_income: Array
    autarky_income: Array

    @property
    def gains(self) -> Array:
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
    wage, home_part = _balance(labour, productivity[0] / productivity[1], shares)
    # Prices in foreign wages: the cheaper source, which at the margin is both.
    price = np.minimum(wage / productivity[0], 1.0 / productivity[1])
    income = labour * np.array([wage, 1.0])
    made = np.stack([home_part, 1.0 - home_part]) * shares * income.sum()
    return Equilibrium(
        relative_wage=wage,
        specialisation=tuple(
            "home" if part >= 1 else "foreign" if part <= 0 else "both" for part in home_part
        ),
        labour_use=made / np.array([[wage], [1.0]]),
        real_income=income * np.prod((shares / price) ** shares),
        autarky_income=labour * np.prod((shares * productivity) ** shares, axis=1),
    )


def two_goods(points: pd.DataFrame) -> pd.DataFrame:
    """Say at every point whether foreign's learning good 1 raises home's real income.

    Home's advantage in a good is its productivity over foreign's. With w the relative wage, home's
    real income is its autarky income times

        max(1, w / advantage_1) ** share * max(1, w / advantage_2) ** (1 - share)

    and w is the wage of complete specialisation, labour * share / (1 - share), held between the two
    advantages (the shares change places where the lesson turns comparative advantage round).

    Parameters
    ----------
    points : DataFrame
        Columns `advantage_1` and `advantage_2` (home's in goods 1 and 2), `labour` (foreign's over
        home's), `share` (of spending, on good 1) and `part` (of the gap in good 1, in logarithms,
        that foreign closes; where foreign is the better already, nothing changes).

    Returns
    -------
    DataFrame
        The points with `region` (an ordered category), `home_change` (real income after over
        before, less 1), `wage_before` and `wage_after` (home's over foreign's).

    Raises
    ------
    ValueError
        If a column is missing or a number is impossible.
    """
    a1, a2, labour, share, part = models.columns(points, _TWO_GOODS)
    a1, a2, labour, odds = np.log(a1), np.log(a2), np.log(labour), np.log(share / (1 - share))
    learned = a1 - part * np.maximum(a1, 0.0)
    before, after = _wage(a1, a2, labour, odds), _wage(learned, a2, labour, odds)
    change = _gain(learned, a2, after, share) - _gain(a1, a2, before, share)
    return _with_regions(points[list(_TWO_GOODS)], change, before, after)


def many_goods(points: pd.DataFrame) -> pd.DataFrame:
    """Say at every point whether foreign growth that leans to home's exports raises home's income.

    Goods z run from 0 to 1, with even spending. At first home's advantage in good z is
    exp(spread * (1 - 2 z)). Then foreign grows by `growth` in the goods home exported, and by
    (1 - concentration) times that in all others.

    Parameters
    ----------
    points : DataFrame
        Columns `labour` (foreign's over home's), `spread` (home's largest advantage, in
        logarithms), `growth` (in logarithms, zero or more) and `concentration` (0: the same growth
        in all goods; 1: none in the goods home imported).

    Returns
    -------
    DataFrame
        The points with what `two_goods` adds.

    Raises
    ------
    ValueError
        If a column is missing or a number is impossible.
    """
    labour, spread, growth, concentration = models.columns(points, _MANY_GOODS)
    none, half = np.zeros(len(points)), np.full(len(points), 0.5)
    before, income, margin = _continuum(labour, spread, none, none, half)
    elsewhere = (1 - concentration) * growth
    after, grown, _ = _continuum(labour, spread, growth, elsewhere, margin)
    return _with_regions(points[list(_MANY_GOODS)], grown - income, before, after)


def _with_regions(points: pd.DataFrame, change: Array, before: Array, after: Array) -> pd.DataFrame:
    """Add what a map holds, from the logarithms of home's income (after over before) and wages."""
    change = np.expm1(change)
    codes = 1 + (change > TOLERANCE) - (change < -TOLERANCE).astype(int)
    return points.assign(
        region=pd.Categorical.from_codes(codes, REGIONS, ordered=True),
        home_change=change,
        wage_before=np.exp(before),
        wage_after=np.exp(after),
    )


# --- a list of goods -----------------------------------------------------------------------------


def _balance(labour: Array, advantage: Array, shares: Array) -> tuple[float, Array]:
    """Find the relative wage and the part of spending on each good that falls to home.

    Walk down the chain of comparative advantage. At a wage equal to home's advantage in a good,
    foreign earns a certain part of the world's income, so that part of spending must fall on its
    goods. The first good at which that is no less than spending on the goods further down is the
    margin: either both countries make it, at that wage, or it is foreign's altogether and the wage
    lies between its advantage and the one before.
    """
    order = np.argsort(-advantage, kind="stable")
    falls = -np.diff(np.log(advantage[order])) > _SAME
    chain = np.split(order, np.flatnonzero(falls) + 1)  # goods of one advantage together
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


def _economy(
    labour: ArrayLike, productivity: ArrayLike, shares: ArrayLike | None
) -> tuple[Array, Array, Array]:
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


def _positive(values: ArrayLike, name: str, shape: tuple[int | None, ...]) -> Array:
    numbers = models.numbers(values, name)
    sizes = zip(shape, numbers.shape, strict=False)
    if numbers.ndim != len(shape) or any(want not in (None, got) for want, got in sizes):
        wanted = " by ".join("any number" if size is None else str(size) for size in shape)
        raise ValueError(
            f"The {name} has the shape {numbers.shape}: {wanted} numbers were expected, home first."
        )
    if not (np.isfinite(numbers) & (numbers > 0)).all():
        raise ValueError(f"The {name} holds {numbers.tolist()}: every number must be positive.")
    return numbers


# --- maps ----------------------------------------------------------------------------------------


def _wage(a1: Array, a2: Array, labour: Array, odds: Array) -> Array:
    """Home's relative wage with two goods; this and what it is found from are logarithms."""
    wanted = labour + np.where(a1 >= a2, odds, -odds)  # spending on the good home is best at
    return np.clip(wanted, np.minimum(a1, a2), np.maximum(a1, a2))


def _gain(a1: Array, a2: Array, wage: Array, share: Array) -> Array:
    """Logarithm of home's real income in trade over that in autarky."""
    return share * np.maximum(0.0, wage - a1) + (1 - share) * np.maximum(0.0, wage - a2)


def _continuum(
    labour: Array, spread: Array, in_exports: Array, elsewhere: Array, margin: Array
) -> tuple[Array, Array, Array]:
    """Solve continua in which foreign grew in goods up to the margin and elsewhere.

    Returns the logarithms of home's relative wage and of its real income, and the share of goods
    home makes. The wage w solves w (1 - S(w)) = labour S(w), where S(w) is the share of goods in
    which home's advantage exceeds w (the trade balance of Dornbusch, Fischer and Samuelson 1977).
    The logarithm of the advantage is a straight line with slope -2 spread on either side of the
    margin, so S and what home saves by importing are differences of its values at the four ends.
    """
    turn = spread * (1 - 2 * margin)
    ends = np.stack([spread - in_exports, turn - in_exports, turn - elsewhere, -spread - elsewhere])
    signs = np.array([[1.0], [-1.0], [1.0], [-1.0]])

    def above(wage: Array, power: int) -> Array:
        return (signs * np.maximum(ends - wage, 0.0) ** power).sum(axis=0) / (2 * spread * power)

    low, high = ends.min(axis=0), ends.max(axis=0)
    for _ in range(60):  # halves: more than the digits of a number
        wage = (low + high) / 2
        sells = labour * above(wage, 1) > np.exp(wage) * (1 - above(wage, 1))
        low, high = np.where(sells, wage, low), np.where(sells, high, wage)
    growth = margin * in_exports + (1 - margin) * elsewhere
    return wage, wage + growth + above(wage, 2), above(wage, 1)
