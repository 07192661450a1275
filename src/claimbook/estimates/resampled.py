"""Estimates over economies: medians, means and shares, each by the best law there is for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import pandas as pd

from claimbook.estimates.estimate import (
    CONFIDENCE,
    MIN_ECONOMIES,
    Estimate,
    EstimateError,
    ValueWithout,
    numbers,
)

DRAWS = 9_999
SEED = 2014
TAIL = (1 - CONFIDENCE) / 2
# Pairs of ranks less probable than this are left out: all of them together weigh below 1e-10.
NEGLIGIBLE = 1e-18


def median(values: pd.Series, unit: str) -> Estimate | None:
    """Median over economies, with the percentile interval of its bootstrap, exactly.

    The law of the median of a resample is known, so that nothing need be drawn. For n = 2m - 1
    economies in ascending order, P(median* ≤ x₍ₖ₎) = P(Bin(n, k/n) ≥ m). For n = 2m the median is
    the mean of the m-th and the next draw, and, for i < j,

        P(they are x₍ᵢ₎ and x₍ⱼ₎) = C(n, m) [(i/n)ᵐ - ((i-1)/n)ᵐ] [((n-j+1)/n)ᵐ - ((n-j)/n)ᵐ].

    The interval runs from the 2.5 % to the 97.5 % point of that law. With few economies it covers a
    little less than it says: 91 % at n = 23.

    Parameters
    ----------
    values : pandas.Series
        One value an economy, index iso3; NaN is left out.
    unit : str
        Unit of the values.

    Returns
    -------
    Estimate or None
        None with fewer than ten economies: resampling so few says nothing of their spread.

    Raises
    ------
    EstimateError
        If a value is infinite.

    References
    ----------
    Efron, B. (1979), "Bootstrap methods: another look at the jackknife", Annals of Statistics 7(1),
    1-26 (section 3 has the law for an odd number).
    """
    sample = numbers(values, "The value")
    if len(sample) < MIN_ECONOMIES:
        return None
    atoms, chance = _median_law(sample)
    low, high = _lower_end(atoms, chance), -_lower_end(-atoms, chance)
    return _estimate(np.median, [sample], (low, high), unit, sample)


def median_difference(first: pd.Series, second: pd.Series, unit: str) -> Estimate | None:
    """Median of one group of economies less that of another.

    The two groups are resampled apart: the interval is the percentile interval of the difference of
    two independent medians, each with its exact bootstrap law (see :func:`median`).

    Parameters
    ----------
    first, second : pandas.Series
        One value an economy, index iso3; NaN is left out; no economy stands in both.
    unit : str
        Unit of the values.

    Returns
    -------
    Estimate or None
        ``n`` counts the economies of both; None with fewer than ten in either.

    Raises
    ------
    EstimateError
        If a value is infinite or an economy stands in both groups.

    References
    ----------
    Efron, B. (1979), Annals of Statistics 7(1), 1-26.
    """
    one, other = numbers(first, "The value"), numbers(second, "The value")
    both = _both(one, other, "compare the economies' own differences by estimates.median")
    if both is None:
        return None
    laws = _median_law(one), _median_law(other)
    ends = _lower_end_of_difference(*laws), -_lower_end_of_difference(*laws[::-1])
    return _estimate(_difference(np.median), [one, other], ends, unit, both)


def mean(values: pd.Series, unit: str, weights: pd.Series | None = None) -> Estimate | None:
    """Mean over economies, plain or weighted, with the percentile interval of its bootstrap.

    How often each economy is drawn is the same for every mean over as many economies (9,999 draws,
    one seed). Weights travel with their economy.

    Parameters
    ----------
    values : pandas.Series
        One value an economy, index iso3; NaN is left out.
    unit : str
        Unit of the values.
    weights : pandas.Series, optional
        Weights by economy, in any unit; an economy without one, or that weighs nothing, is left
        out.

    Returns
    -------
    Estimate or None
        With weights w its ``effective_n`` is (Σw)² / Σw². None with fewer than ten economies.

    Raises
    ------
    EstimateError
        If a value or a weight is infinite, or a weight negative.

    References
    ----------
    Efron, B. (1979), Annals of Statistics 7(1), 1-26.
    Kish, L. (1965), *Survey Sampling*, Wiley, for the effective number.
    """
    sample = numbers(values, "The value")
    weigh = pd.Series(1.0, index=sample.index) if weights is None else _weights(weights)
    sample = sample[sample.index.isin(weigh.index)]
    weigh = weigh.reindex(sample.index)
    if len(sample) < MIN_ECONOMIES:
        return None
    counts = _counts(len(sample))
    # einsum, for matrix products in threads take longer than they help and add up in any order.
    parts = (sample * weigh).to_numpy(), weigh.to_numpy()
    weighed, heavy = (np.einsum("dn,n->d", counts, part) for part in parts)
    ends = np.quantile(weighed / heavy, [TAIL, 1 - TAIL])
    effective = None if weights is None else weigh.sum() ** 2 / (weigh**2).sum()
    return _estimate(_average, [sample, weigh], ends, unit, sample, effective)


def share(members: pd.Series, unit: str = "share of economies") -> Estimate | None:
    """Share of economies for which something holds, with Wilson's interval.

    A bootstrap of a share covers too little near none and all, and takes a unanimous sample for
    certainty; Wilson's interval does neither.

    Parameters
    ----------
    members : pandas.Series
        True or False by economy, index iso3; NaN is left out.
    unit : str
        Unit to print.

    Returns
    -------
    Estimate or None
        A share between 0 and 1; None with fewer than ten economies.

    Raises
    ------
    EstimateError
        If a member is neither true nor false.

    References
    ----------
    Wilson, E. B. (1927), "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22(158), 209-212.
    """
    told = _told(members)
    if len(told) < MIN_ECONOMIES:
        return None
    return _estimate(np.mean, [told], _wilson(told), unit, told)


def share_difference(
    first: pd.Series, second: pd.Series, unit: str = "difference of shares"
) -> Estimate | None:
    """Share in one group of economies less the share in another, with Newcombe's interval.

    Parameters
    ----------
    first, second : pandas.Series
        True or False by economy, index iso3; NaN is left out; no economy stands in both.
    unit : str
        Unit to print.

    Returns
    -------
    Estimate or None
        A difference between -1 and 1; ``n`` counts the economies of both. None with fewer than ten
        in either.

    Raises
    ------
    EstimateError
        If a member is neither true nor false, or an economy stands in both groups.

    References
    ----------
    Newcombe, R. G. (1998), "Interval estimation for the difference between independent proportions:
    comparison of eleven methods", Statistics in Medicine 17(8), 873-890, method 10
    (``statsmodels.stats.proportion.confint_proportions_2indep``).
    """
    one, other = _told(first), _told(second)
    both = _both(one, other, "use estimates.paired_share_difference")
    if both is None:
        return None
    return _newcombe(one, other, 0, unit, both)


def paired_share_difference(
    first: pd.Series, second: pd.Series, unit: str = "difference of shares"
) -> Estimate | None:
    """Share of economies for which one thing holds less the share for which another does.

    With a, b, c and d economies for which both, only the first, only the second and neither hold,
    Wilson's limits of the two shares are joined by φ, the correlation of the two answers:
    φ = (ad - bc) / √((a+b)(c+d)(a+c)(b+d)), its numerator less n/2 where positive (but not below
    zero).

    Parameters
    ----------
    first, second : pandas.Series
        True or False for the same economies, index iso3; an economy that lacks either is left out.
    unit : str
        Unit to print.

    Returns
    -------
    Estimate or None
        A difference between -1 and 1; by economy 1, 0 or -1. None with fewer than ten economies.

    Raises
    ------
    EstimateError
        If a member is neither true nor false.

    References
    ----------
    Newcombe, R. G. (1998), "Improved confidence intervals for the difference between binomial
    proportions based on paired data", Statistics in Medicine 17(22), 2635-2650, method 10.
    """
    one, other = _told(first), _told(second)
    both = one.index.intersection(other.index)
    one, other = one.reindex(both).sort_index(), other.reindex(both).sort_index()
    if len(both) < MIN_ECONOMIES:
        return None
    return _newcombe(one, other, _correlation(one, other), unit, one - other)


# --- the law of a resample's median ---


@lru_cache(maxsize=512)
def _middle_ranks(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ranks, from 0, of a resample's two middle draws (one twice for odd n), and their chances."""
    from scipy import special  # slow to import

    half = (n + 1) // 2
    ranks = np.arange(1, n + 1)
    # The lower middle draw is at or below rank k where at least half of the n draws are.
    at_or_below = special.betainc(half, n + 1 - half, np.arange(n + 1) / n)
    alone = np.diff(at_or_below)
    kept = np.flatnonzero((alone > NEGLIGIBLE) | (alone[::-1] > NEGLIGIBLE))
    if n % 2:
        return kept, kept, alone[kept]
    # In logarithms, for the number of ways overflows beyond n = 1,000: half of the draws are at or
    # below a rank and the highest of them at it; by symmetry the same holds from above.
    ways = special.gammaln(n + 1) - 2 * special.gammaln(half + 1)
    with np.errstate(divide="ignore"):
        up_to = half * np.log(ranks / n) + np.log1p(-(((ranks - 1) / ranks) ** half))
        above = half * np.log((n - ranks) / n)
    i, j = (kept[pair] for pair in np.triu_indices(len(kept), k=1))
    apart = np.exp(ways + up_to[i] + up_to[::-1][j])
    together = np.clip(alone - np.exp(ways + up_to + above), 0, None)[kept]
    chance = np.concatenate([apart, together])
    there = chance > NEGLIGIBLE
    return np.append(i, kept)[there], np.append(j, kept)[there], chance[there]


def _median_law(sample: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """What the median of a resample can be, and how probable each is."""
    ordered = np.sort(sample.to_numpy())
    first, second, chance = _middle_ranks(len(ordered))
    return (ordered[first] + ordered[second]) / 2, chance


def _lower_end(atoms: np.ndarray, chance: np.ndarray) -> float:
    """Return the 2.5 % point of a discrete law: the least value with that much at or below it."""
    order = np.argsort(atoms)
    return atoms[order][np.searchsorted(np.cumsum(chance[order]), TAIL)]


def _lower_end_of_difference(
    one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]
) -> float:
    """Return the 2.5 % point of one discrete law less another, independent one, by bisection."""
    order = np.argsort(one[0])
    atoms, below = one[0][order], np.append(0, np.cumsum(one[1][order]))
    subtracted, chance = other
    low, high = atoms[0] - subtracted.max(), atoms[-1] - subtracted.min()
    for _ in range(64):  # halvings: as near as floats can tell
        middle = (low + high) / 2
        reached = below[np.searchsorted(atoms, middle + subtracted, side="right")]
        low, high = (low, middle) if reached @ chance >= TAIL else (middle, high)
    return high


# --- resamples, shares, and what all share ---


@lru_cache(maxsize=32)  # 12 MB of 150 economies; a grid asks of some thirty numbers in turn
def _counts(n: int) -> np.ndarray:
    """How often each of n economies is drawn, one row a resample."""
    drawn = np.random.default_rng(SEED).integers(n, size=(DRAWS, n))
    drawn += n * np.arange(DRAWS)[:, None]  # a cell of the table each
    return np.bincount(drawn.ravel(), minlength=DRAWS * n).reshape(DRAWS, n).astype(float)


def _weights(weights: pd.Series) -> pd.Series:
    """Return the weights that weigh something; a negative one is refused."""
    there = numbers(weights, "The weight")
    negative = there.index[there < 0]
    if len(negative):
        raise EstimateError(
            f"The weight of {negative[0]} is {there[negative[0]]:g}: a weight must not be negative."
        )
    return there[there > 0]


def _told(members: pd.Series) -> pd.Series:
    """Return 1.0 for true and 0.0 for false; anything else is refused."""
    told = numbers(members, "The member")
    members = told.to_numpy()
    other = told.index[(members != 0) & (members != 1)]
    if len(other):
        raise EstimateError(
            f"A share counts true and false, and {other[0]} has {told[other[0]]:g}: compare the "
            "values with a threshold first."
        )
    return told


def _both(first: pd.Series, second: pd.Series, instead: str) -> pd.Series | None:
    """Return two groups together, None if one is too small; a common economy is refused."""
    common = first.index[first.index.isin(second.index)]
    if len(common):
        raise EstimateError(
            f"{common[0]} stands in both groups: two independent groups have no economy in common. "
            f"For the same economies {instead}."
        )
    small = min(len(first), len(second)) < MIN_ECONOMIES
    return None if small else pd.concat([first, second]).sort_index()


def _wilson(told: pd.Series) -> tuple[float, float]:
    """Written out: importing ``scipy.stats`` or ``statsmodels`` for it would take a second."""
    n, count, z = len(told), told.sum(), NormalDist().inv_cdf(1 - TAIL)
    middle = (count + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(count * (n - count) / n + z**2 / 4)
    return middle - half, middle + half


def _newcombe(
    one: pd.Series, other: pd.Series, phi: float, unit: str, economies: pd.Series
) -> Estimate:
    """Join Wilson's limits of two shares whose answers have the correlation φ."""
    (low_1, high_1), (low_2, high_2) = _wilson(one), _wilson(other)
    p1, p2 = one.mean(), other.mean()

    def distance(from_first: float, from_second: float) -> float:
        return np.sqrt(from_first**2 - 2 * phi * from_first * from_second + from_second**2)

    low = p1 - p2 - distance(p1 - low_1, high_2 - p2)
    high = p1 - p2 + distance(high_1 - p1, p2 - low_2)
    return _estimate(_difference(np.mean), [one, other], (low, high), unit, economies)


def _correlation(one: pd.Series, other: pd.Series) -> float:
    """Return Newcombe's φ of two answers, corrected towards zero where it is positive."""
    n, count_1, count_2, both = len(one), one.sum(), other.sum(), (one * other).sum()
    product = count_1 * (n - count_1) * count_2 * (n - count_2)
    if product == 0:
        return 0.0
    # ad - bc equals n times the number of both less the product of the two counts.
    agreement = n * both - count_1 * count_2
    if agreement > 0:
        agreement = max(agreement - n / 2, 0)
    return agreement / np.sqrt(product)


def _average(sample: pd.Series, weights: pd.Series) -> float:
    return np.average(sample, weights=weights)


def _difference(of: Callable[[pd.Series], float]) -> Callable[[pd.Series, pd.Series], float]:
    return lambda one, other: of(one) - of(other)


def _estimate(
    of: Callable[..., float],
    samples: Sequence[pd.Series],
    ends: tuple[float, float] | np.ndarray,
    unit: str,
    economies: pd.Series,
    effective_n: float | None = None,
) -> Estimate:
    """Make an estimate; an interval that leaves its value out, as draws may, is widened to it."""
    value = of(*samples)
    low, high, n = min(ends[0], value), max(ends[1], value), len(economies)
    without = ValueWithout(of, *samples)
    return Estimate(value, low, high, n, unit, economies, False, effective_n, without)
