"""Estimates: against theory, by hand and published figures, and refusing what says nothing."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from claimbook import estimates
from claimbook.errors import ClaimbookError
from claimbook.estimates import Estimate, EstimateError

PUBLISHED = Path(__file__).parent / "published"


def named(values, letter="E"):
    """Numbers by economy."""
    return pd.Series(values, index=[f"{letter}{number:05d}" for number in range(len(values))])


def ends(found):
    return found.low, found.high


@pytest.fixture
def values():
    rng = np.random.default_rng(7)
    codes = [f"E{number:02d}" for number in range(60)]
    return pd.Series(rng.normal(2, 3, 60), index=codes)


def test_the_order_of_rows_changes_nothing(values):
    shuffled = values.sample(frac=1, random_state=3)
    assert estimates.median(values, "p") == estimates.median(shuffled, "p")
    assert estimates.mean(values, "p") == estimates.mean(shuffled, "p")


def test_the_same_seed_gives_the_same_interval(values):
    assert estimates.mean(values, "p") == estimates.mean(values, "p")


def test_a_mean_has_about_the_interval_of_the_textbook(values):
    found = estimates.mean(values, "p")
    half = 1.96 * values.std() / np.sqrt(len(values))
    assert found.value == pytest.approx(values.mean(), rel=1e-5)
    assert found.high - found.low == pytest.approx(2 * half, rel=0.1)


def test_a_median_has_the_middle_value_and_counts_what_is_there(values):
    found = estimates.median(pd.concat([values, pd.Series({"X": np.nan})]), "p")
    assert found.value == pytest.approx(values.median(), rel=1e-5)
    assert found.n == 60
    assert list(found.economies.index) == sorted(values.index)


def test_weights_are_found_by_their_economy(values):
    weights = pd.Series(range(1, 62), index=[*values.index[::-1], "F00"], dtype=float)
    wanted = np.average(values, weights=weights[values.index])
    assert estimates.mean(values, "p", weights).value == pytest.approx(wanted, rel=1e-5)
    assert estimates.mean(values, "p").exact is estimates.median(values, "p").exact is False


def test_weights_travel_with_their_economy(values):
    weights = pd.Series(1.0, index=values.index)
    weights["E00"] = 1e9
    assert estimates.mean(values, "p", weights).value == pytest.approx(values["E00"], rel=1e-4)
    lacking = weights.drop(["E01", "E02"])
    assert estimates.mean(values, "p", lacking).n == 58


def resampled(statistic, *columns):
    """The ends of a 95 % percentile interval, by drawing economies with another generator."""
    rng = np.random.default_rng(1)
    size = len(columns[0])
    draws = [rng.integers(size, size=size) for _ in range(20_000)]
    found = [statistic(*(column[draw] for column in columns)) for draw in draws]
    return np.quantile(found, [0.025, 0.975])


def test_a_bootstrap_interval_is_the_percentile_one():
    """A skewed sample, for which intervals of other kinds lie elsewhere."""
    skewed = np.exp(np.random.default_rng(3).normal(size=18) * 1.2)
    found = estimates.mean(pd.Series(skewed, index=[f"E{n:02d}" for n in range(18)]), "p")
    low, high = resampled(np.mean, skewed)
    near = 0.03 * (high - low)
    assert found.low == pytest.approx(low, abs=near)
    assert found.high == pytest.approx(high, abs=near)


def test_a_weighted_interval_draws_economies_with_their_weights():
    rng = np.random.default_rng(4)
    values, weights = rng.normal(5, 2, 40), np.exp(rng.normal(size=40))
    index = [f"E{n:02d}" for n in range(40)]
    found = estimates.mean(pd.Series(values, index=index), "p", pd.Series(weights, index=index))
    low, high = resampled(lambda value, weight: np.average(value, weights=weight), values, weights)
    near = 0.03 * (high - low)
    assert found.low == pytest.approx(low, abs=near)
    assert found.high == pytest.approx(high, abs=near)


# --- properties ---

# Eighths are exact in binary, so that sums and shifts are exact too.
eighths = st.integers(-4000, 4000).map(lambda number: number / 8)
samples = st.lists(eighths, min_size=10, max_size=40)
KINDS = {
    "median": lambda values, weights: estimates.median(values, "p"),
    "mean": lambda values, weights: estimates.mean(values, "p"),
    "weighted mean": lambda values, weights: estimates.mean(values, "p", weights),
    "slope": lambda values, weights: estimates.slope(values, weights, "p"),
    "rank slope": lambda values, weights: estimates.rank_slope(values, weights, "p"),
}


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30, deadline=None)
@given(samples, st.randoms(use_true_random=False), st.integers(1, 64), st.integers(-64, 64))
@example([0.0] * 10, None, 3, 1)
def test_estimates_obey_their_symmetries(kind, values, random, scale, shift):
    values = named(values)
    weights = named([1 + number * number % 7 for number in range(len(values))])
    found = KINDS[kind](values, weights)
    if kind == "rank slope" and values.nunique() == 1:
        assert found is None
        return
    assert found.low <= found.value <= found.high

    shuffled = list(values.index)
    if random is not None:
        random.shuffle(shuffled)
    assert KINDS[kind](values[shuffled], weights[shuffled[::-1]]) == found

    moved = KINDS[kind](scale * values + shift, weights)
    level = 0 if "slope" in kind else shift
    size = np.abs(values).max() * scale + 64
    for name in ("value", "low", "high"):
        wanted = scale * getattr(found, name) + level
        assert getattr(moved, name) == pytest.approx(wanted, rel=1e-5, abs=1e-5 * size)


@settings(max_examples=50, deadline=None)
@given(samples)
def test_a_median_turned_round_has_its_interval_turned_round(values):
    found, turned = (estimates.median(named(side), "p") for side in (values, np.negative(values)))
    assert (turned.value, *ends(turned)) == (-found.value, -found.high, -found.low)


@settings(max_examples=30, deadline=None)
@given(samples, samples, eighths)
def test_a_difference_of_medians_turns_and_shifts(first, second, shift):
    one, other = named(first, "A"), named(second, "B")
    found = estimates.median_difference(one, other, "p")
    assert found.low <= found.value <= found.high
    assert found.value == pytest.approx(np.median(first) - np.median(second), rel=1e-5)
    assert found.n == len(first) + len(second)
    turned = estimates.median_difference(other, one, "p")
    assert ends(turned) == pytest.approx((-found.high, -found.low), rel=1e-5, abs=1e-9)
    moved = estimates.median_difference(one + shift, other, "p")
    assert ends(moved) == pytest.approx((found.low + shift, found.high + shift), rel=1e-5, abs=1e-2)


# --- medians: by enumeration, by simulation, and what they cover ---


def law_by_enumeration(values):
    """In how many of the nⁿ resamples the median takes each value."""
    ordered, n = np.sort(values), len(values)
    bars = np.array(list(itertools.combinations(range(2 * n - 1), n - 1)))
    counts = np.diff(bars, axis=1, prepend=-1, append=2 * n - 1) - 1
    factorial = np.array([math.factorial(k) for k in range(n + 1)])
    number = factorial[n] // factorial[counts].prod(axis=1)
    reached = counts.cumsum(axis=1)
    low, high = ((reached < rank).sum(axis=1) for rank in ((n + 1) // 2, n // 2 + 1))
    ways = pd.Series(number).groupby((ordered[low] + ordered[high]) / 2).sum()
    assert ways.sum() == n**n
    return ways.to_dict()


def ends_by_enumeration(ways):
    """The least value with 2.5 % of the ways at or below it, and the mirror image."""
    total, found = sum(ways.values()), []
    for atoms in (sorted(ways), sorted(ways, reverse=True)):
        reached = itertools.accumulate(ways[atom] for atom in atoms)
        found.append(next(a for a, sum_ in zip(atoms, reached, strict=True) if 40 * sum_ >= total))
    return tuple(found)


@pytest.fixture(scope="module")
def ten_and_eleven():
    """Samples with a tie, and the laws of their medians."""
    rng = np.random.default_rng(12)
    found = []
    for n in (10, 11):
        values = np.round(np.exp(rng.normal(size=n)), 3)
        values[1] = values[0]
        found.append((values, law_by_enumeration(values)))
    return found


def test_a_median_has_the_interval_that_enumeration_gives(ten_and_eleven):
    for values, ways in ten_and_eleven:
        found = estimates.median(named(values), "p")
        assert ends(found) == pytest.approx(ends_by_enumeration(ways), rel=1e-5)


def test_a_difference_of_medians_has_the_interval_that_enumeration_gives(ten_and_eleven):
    (first, ways_first), (second, ways_second) = ten_and_eleven
    ways = {}
    for (one, many), (other, more) in itertools.product(ways_first.items(), ways_second.items()):
        ways[one - other] = ways.get(one - other, 0) + many * more
    found = estimates.median_difference(named(first, "A"), named(second, "B"), "p")
    assert ends(found) == pytest.approx(ends_by_enumeration(ways), rel=1e-5)


@pytest.mark.parametrize("n", [23, 74])
def test_a_median_has_the_law_of_its_resamples(n):
    """By simulation: each end is where 2.5 % of the resamples' medians are reached."""
    values, draws = np.exp(np.random.default_rng(n).normal(size=n)), 40_000
    sampled = np.random.default_rng(5).choice(np.sort(values), size=(draws, n))
    medians = np.median(sampled, axis=1)
    found = estimates.median(named(values), "p")
    spare = 1e-5 * found.high  # the ends are rounded
    noise = 5 * math.sqrt(0.025 / draws)
    assert np.mean(medians < found.low - spare) < 0.025 + noise
    assert np.mean(medians <= found.low + spare) > 0.025 - noise
    assert np.mean(medians > found.high + spare) < 0.025 + noise
    assert np.mean(medians >= found.high - spare) > 0.025 - noise


@pytest.mark.parametrize("n", [1000, 1001, 10_000, 10_001])
def test_a_median_of_many_has_the_interval_of_large_samples(n):
    """Ranks of the middle draw spread by half the square root of n."""
    found = estimates.median(named(np.arange(n)), "p")
    half = 1.959964 * math.sqrt(n) / 2
    assert ends(found) == pytest.approx(((n - 1) / 2 - half, (n - 1) / 2 + half), abs=2)


def test_a_median_of_few_covers_a_little_less_than_it_says():
    """The chance that the interval holds the true median, for any continuous law."""
    found = estimates.median(named(np.arange(1, 24)), "p")
    below = stats.binom(23, 0.5).cdf
    assert below(found.high - 1) - below(found.low - 1) == pytest.approx(0.907, abs=0.001)


def test_a_median_needs_no_seed(values):
    """One economy more or less moves an interval from rank to rank, never by chance."""
    found = estimates.median(values, "p")
    middle_two = {(a + b) / 2 for a in values for b in values}
    for end in ends(found):
        assert min(abs(end - atom) for atom in middle_two) < 1e-5


# --- shares ---


@pytest.mark.parametrize("n", [10, 23, 150])
def test_a_share_has_wilsons_interval(n):
    for count in range(n + 1):
        found = estimates.share(named([True] * count + [False] * (n - count)))
        library = proportion_confint(count, n, method="wilson")
        assert ends(found) == pytest.approx(library, rel=1e-5, abs=1e-12)
        assert found.value == pytest.approx(count / n, rel=1e-5)


def test_a_difference_of_shares_has_newcombes_interval():
    """56 of 70 less 48 of 80: the first example of Newcombe's tables, method 10."""
    first, second = named([True] * 56 + [False] * 14, "A"), named([True] * 48 + [False] * 32, "B")
    found = estimates.share_difference(first, second, "p")
    assert (found.value, found.n) == (0.2, 150)
    assert ends(found) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert ends(found) == pytest.approx(confint_proportions_2indep(56, 70, 48, 80), rel=1e-5)
    assert found.economies["A00000"] == 1
    assert found.economies["B00079"] == 0
    unanimous = estimates.share_difference(first[:20], second[:20], "p")
    assert unanimous.low < unanimous.value == 0 < unanimous.high


def paired(both, first, second, neither):
    """Two answers of the same economies, by how many gave which."""
    counts = (both, first, second, neither)
    answers = [np.repeat(told, counts) for told in ([True, True, False, False],
                                                    [True, False, True, False])]  # fmt: skip
    return [named(answer) for answer in answers]


@pytest.mark.parametrize(
    ("counts", "published"),
    [
        ((36, 12, 2, 0), (0.0569, 0.3404)),  # Newcombe (1998)
        ((1, 1, 7, 12), (-0.507, -0.026)),  # Fagerland, Lydersen and Laake (2014)
    ],
)
def test_a_paired_difference_of_shares_has_the_published_interval(counts, published):
    first, second = paired(*counts)
    found = estimates.paired_share_difference(first, second.sample(frac=1, random_state=1), "p")
    assert ends(found) == pytest.approx(published, abs=5e-4)
    assert found.n == sum(counts)
    assert found.value == pytest.approx((counts[1] - counts[2]) / sum(counts), rel=1e-5)
    assert found.economies.sum() == counts[1] - counts[2]


def test_pairs_that_agree_still_leave_a_doubt():
    for counts in ((20, 0, 0, 0), (0, 0, 0, 20), (10, 0, 0, 10)):
        found = estimates.paired_share_difference(*paired(*counts), "p")
        assert found.low < found.value == 0 < found.high


@pytest.mark.parametrize(
    ("counts", "phi"),
    [
        ((12, 3, 2, 13), (12 * 13 - 3 * 2 - 15) / np.sqrt(15 * 15 * 14 * 16)),  # corrected
        ((4, 3, 5, 4), 0),  # of one the correction leaves nothing
        ((5, 5, 5, 5), 0),
        ((2, 9, 9, 2), (2 * 2 - 9 * 9) / (11 * 11)),  # those that differ are not corrected
        ((20, 10, 0, 0), 0),  # all say yes to the first
    ],
)
def test_pairs_that_agree_differ_less(counts, phi):
    """Newcombe (1998), method 10, of Wilson's limits by statsmodels."""
    both, first, second, _ = counts
    n, one, other = sum(counts), both + first, both + second
    limits = [proportion_confint(count, n, method="wilson") for count in (one, other)]
    lower, upper = (one / n - limits[0][0], limits[1][1] - other / n), (
        limits[0][1] - one / n, other / n - limits[1][0])  # fmt: skip
    away = [np.sqrt(a**2 - 2 * phi * a * b + b**2) for a, b in (lower, upper)]
    found = estimates.paired_share_difference(*paired(*counts), "p")
    middle = (one - other) / n
    assert ends(found) == pytest.approx((middle - away[0], middle + away[1]), rel=1e-4)


def test_pairs_count_the_economies_that_have_both():
    first, second = paired(5, 5, 5, 5)
    found = estimates.paired_share_difference(first.drop("E00000"), second.drop("E00019"), "p")
    assert found.n == 18


# --- weights ---


def test_the_effective_number_is_that_of_equal_weights():
    values = named(np.arange(20.0))
    assert estimates.mean(values, "p").effective_n is None
    assert estimates.mean(values, "p", named([3.0] * 20)).effective_n == 20
    uneven = estimates.mean(values, "p", named([1.0] * 10 + [3.0] * 10))
    assert uneven.effective_n == 16  # (10 + 30)² / (10 + 90)
    assert uneven.as_dict()["effective_n"] == 16


def test_an_economy_that_weighs_nothing_is_left_out():
    values = named(np.arange(20.0))
    weights = named([1.0] * 18 + [0.0, np.nan])
    found = estimates.mean(values, "p", weights)
    assert found == estimates.mean(values[:18], "p", weights)
    assert found.n == 18
    assert list(found.economies.index) == list(values.index[:18])
    assert estimates.mean(values, "p", named([1.0] * 9 + [0.0] * 11)) is None


def test_equal_weights_change_nothing(values):
    plain, weighted = estimates.mean(values, "p"), estimates.mean(values, "p", values * 0 + 7)
    assert (weighted.value, *ends(weighted)) == (plain.value, *ends(plain))


# --- what is refused ---


BAD = {
    "an infinite value": (lambda v, w: estimates.median(v.replace(3.0, np.inf), "p"), "E00003"),
    "an infinite value in a mean": (
        lambda v, w: estimates.mean(v.replace(3.0, -np.inf), "p"),
        "E00003 is infinite",
    ),
    "an infinite weight": (
        lambda v, w: estimates.mean(v, "p", w.replace(4.0, np.inf)),
        "The weight of E00003 is infinite",
    ),
    "an infinite outcome without a name": (
        lambda v, w: estimates.slope(v.replace(3.0, np.inf), w, "p"),
        "The outcome of E00003 is infinite",
    ),
    "an infinite regressor without a name": (
        lambda v, w: estimates.slope(v, w.replace(4.0, np.inf), "p"),
        "The regressor of E00003 is infinite",
    ),
    "a negative weight": (
        lambda v, w: estimates.mean(v, "p", w.replace(4.0, -4.0)),
        "The weight of E00003 is -4",
    ),
    "a share of numbers": (lambda v, w: estimates.share(v), "E00002 has 2"),
    "an infinite share": (lambda v, w: estimates.share(v / 0), "infinite"),
    "one economy in two groups": (
        lambda v, w: estimates.median_difference(v[:12], v[11:], "p"),
        "E00011 stands in both groups",
    ),
    "one economy in two shares": (
        lambda v, w: estimates.share_difference(v[:12] > 5, v[11:] > 5, "p"),
        "paired_share_difference",
    ),
    "an infinite outcome": (
        lambda v, w: estimates.slope(v.replace(3.0, np.inf).rename("growth"), w, "p"),
        "growth of E00003 is infinite",
    ),
    "an infinite regressor": (
        lambda v, w: estimates.slope(v, w.replace(4.0, np.inf).rename("trade"), "p"),
        "trade of E00003 is infinite",
    ),
    "an infinite regressor by rank": (
        lambda v, w: estimates.rank_slope(v, w.replace(4.0, np.inf).rename("trade"), "p"),
        "trade of E00003 is infinite",
    ),
}


INFINITE = {
    "The value": [
        lambda v, w: estimates.median(v, "p"),
        lambda v, w: estimates.median_difference(v, w.add_prefix("F"), "p"),
        lambda v, w: estimates.median_difference(w.add_prefix("F"), v, "p"),
        lambda v, w: estimates.mean(v, "p"),
    ],
    "The weight": [lambda v, w: estimates.mean(w, "p", v)],
    "The member": [lambda v, w: estimates.share(v)],
    "The outcome": [
        lambda v, w: estimates.slope(v, w, "p"),
        lambda v, w: estimates.rank_slope(v, w, "p"),
        lambda v, w: estimates.panel_slope(in_periods(v), in_periods(w), "p"),
    ],
    "The regressor": [
        lambda v, w: estimates.slope(w, v, "p"),
        lambda v, w: estimates.rank_slope(w, v, "p"),
        lambda v, w: estimates.panel_slope(in_periods(w), in_periods(v), "p"),
    ],
}


def in_periods(values):
    """The same numbers as those of half as many economies in two periods."""
    economies, periods = np.arange(len(values)) // 2, np.arange(len(values)) % 2
    index = pd.MultiIndex.from_arrays([named(economies).index[economies], periods])
    return values.set_axis(index)


@pytest.mark.parametrize("what", INFINITE)
def test_what_is_infinite_is_named_with_what_it_is(what):
    values = named(np.arange(24.0))
    for call in INFINITE[what]:
        with pytest.raises(EstimateError) as raised:
            call(values.replace(6.0, np.inf), values + 1)
        assert str(raised.value).startswith(f"{what} of ")
        assert "E0000" in str(raised.value)
        assert str(raised.value).endswith(
            " is infinite: mend what made it so (a division by zero, a logarithm of zero), or "
            "leave it out as missing."
        )


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_what_makes_no_estimate_is_refused_in_a_sentence(bad):
    call, told = BAD[bad]
    with pytest.raises(EstimateError, match=told):
        call(named(np.arange(24.0)), named(np.arange(24.0) + 1))
    assert issubclass(EstimateError, ClaimbookError)


def test_a_remedy_is_said_whole(panel):
    y, x = panel
    told = {
        "The regressor moves alike in all economies: what is common to a period is set aside, and "
        "nothing of it is left. Choose one that differs between economies.": lambda v: (
            estimates.panel_slope(y, x.groupby(level=1).transform("mean").rename(None), "p")
        ),
        "The regressor region does not vary among the rows that are left: leave it out, or choose "
        "other rows.": lambda v: estimates.slope(*deficient("does not vary"), "p"),
        "The regressor s follows exactly from north: none of them has a slope of its own. Leave "
        "out s.": lambda v: estimates.slope(*deficient("dummies alone"), "p"),
        "E00023 alone decides a coefficient (its leverage is one), so that its residual is zero "
        "whatever the others are and HC3 is not defined: leave the row out, or the regressor that "
        "no other row shares.": lambda v: estimates.slope(v**2, v // 23, "p"),
        "A share counts true and false, and E00002 has 2: compare the values with a threshold "
        "first.": lambda v: estimates.share(v),
        "E00011 stands in both groups: two independent groups have no economy in common. For the "
        "same economies compare the economies' own differences by estimates.median.": lambda v: (
            estimates.median_difference(v[:12], v[11:], "p")
        ),
        "E00011 stands in both groups: two independent groups have no economy in common. For the "
        "same economies use estimates.paired_share_difference.": lambda v: (
            estimates.share_difference(v[:12] > 5, v[11:] > 5, "p")
        ),
    }
    for sentence, call in told.items():
        with pytest.raises(EstimateError) as raised:
            call(named(np.arange(24.0)))
        assert str(raised.value) == sentence


@pytest.mark.parametrize(("many", "named_last"), [(5, "E00004 is"), (6, "E00004 and 1 more is")])
def test_five_infinite_values_are_named(many, named_last):
    with pytest.raises(EstimateError, match=named_last):
        estimates.median(named([np.inf] * many + [1.0] * 12), "p")


def test_many_infinite_values_are_counted():
    with pytest.raises(EstimateError, match="E00000, E00001, E00002, E00003, E00004 and 7 more"):
        estimates.median(named([np.inf] * 12), "p")


def test_importing_the_estimates_is_cheap():
    """The libraries that take a second are imported by the estimates that need them."""
    code = (
        "import sys, pandas; from claimbook import estimates; "
        "print([name for name in ('scipy.stats', 'scipy.special', 'statsmodels') "
        "if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_numbers_may_come_as_objects():
    """As a row of a table does, whose columns are of several kinds."""
    numbers = pd.Series([1, 2.5, 4] * 5, index=[f"E{n:02d}" for n in range(15)])
    as_objects = numbers.astype(object)
    assert estimates.median(as_objects, "p") == estimates.median(numbers, "p")
    assert estimates.mean(as_objects, "p", as_objects) == estimates.mean(numbers, "p", numbers)
    assert estimates.share(as_objects > 2) == estimates.share(numbers > 2)


def test_an_estimate_shows_itself_and_gives_plain_numbers():
    found = Estimate(-2.03125, -3, 0.5, 74, "Gini points")
    assert str(found) == "-2.03125 Gini points [95 % interval -3 to 0.5], n = 74"
    assert found.as_dict() == {
        "value": -2.03125,
        "low": -3,
        "high": 0.5,
        "n": 74,
        "unit": "Gini points",
    }


def test_every_estimate_keeps_its_unit_its_n_and_its_economies(values):
    """What an estimate says of itself is what it was made of."""
    numbered = values.sample(frac=1, random_state=3)
    ones = pd.Series(1.0, index=values.index)
    made = {
        "median": estimates.median(numbered, "points"),
        "mean": estimates.mean(numbered, "points"),
        "weighted mean": estimates.mean(numbered, "points", ones),
        "share": estimates.share(numbered > 2, "points"),
        "unanimous share": estimates.share(numbered < np.inf, "points"),
        "exact": estimates.exact(2.5, "points", 60, numbered),
        "paired shares": estimates.paired_share_difference(numbered > 2, numbered > 3, "points"),
        "slope": estimates.slope(numbered, numbered.rank(), "points"),
        "rank slope": estimates.rank_slope(numbered, numbered.rank(), "points"),
    }
    for name, found in made.items():
        assert (found.unit, found.n) == ("points", 60), name
        assert list(found.economies.index) == sorted(values.index), name
        assert found.economies.dtype == float, name
    for name in ("median", "mean", "weighted mean", "exact", "slope", "rank slope"):
        assert made[name].economies["E07"] == values["E07"], name
    assert made["share"].economies["E07"] == (values["E07"] > 2)
    assert estimates.share(values > 2).unit == "share of economies"


def test_an_estimate_without_economies_keeps_an_empty_list_of_numbers():
    clusters = pd.Series([f"C{n // 3}" for n in range(36)])
    y = pd.Series(np.random.default_rng(6).normal(size=36))
    for found in (
        estimates.exact(2.5, "points", 60),
        estimates.slope(y, pd.Series(range(36)), "points", cluster=clusters),
        Estimate(1, 0, 2, 12, "points"),
    ):
        assert len(found.economies) == 0
        assert found.economies.dtype == float


def test_a_share_lies_between_none_and_all():
    half = pd.Series([True] * 20 + [False] * 20, index=[f"E{n}" for n in range(40)])
    found = estimates.share(half)
    assert (found.value, found.n) == (0.5, 40)
    assert 0.3 < found.low < 0.5 < found.high < 0.7


def test_a_unanimous_share_is_not_certain():
    everyone = pd.Series(True, index=[f"E{n}" for n in range(20)])
    found = estimates.share(everyone)
    assert found.value == 1
    assert found.low == pytest.approx(
        20 / (20 + 1.959964**2), rel=1e-5
    )  # Wilson's lower end at p = 1


def test_ten_that_agree_are_enough_for_wilson():
    ten = pd.Series(True, index=[f"E{n}" for n in range(10)])
    assert estimates.share(ten).low == pytest.approx(10 / (10 + 1.959964**2), rel=1e-5)


@pytest.mark.parametrize("size", [0, 1, 9])
def test_too_few_economies_give_no_estimate(size):
    few = pd.Series(range(size), index=[f"E{n}" for n in range(size)], dtype=float)
    assert estimates.median(few, "p") is None
    assert estimates.mean(few, "p") is None
    assert estimates.share(few > 2) is None
    assert estimates.paired_share_difference(few > 2, few > 3, "p") is None
    many = named(np.arange(12.0), "M")
    for one, other in ((few, many), (many, few)):
        assert estimates.median_difference(one, other, "p") is None
        assert estimates.share_difference(one > 2, other > 2, "p") is None
    assert estimates.slope(few, few, "p") is None
    assert estimates.rank_slope(few, few, "p") is None
    once_or_twice = pd.concat([few, few], keys=[0, 1]).swaplevel()
    assert estimates.panel_slope(once_or_twice, once_or_twice, "p") is None


def test_ten_economies_give_one():
    ten = pd.Series(range(10), index=[f"E{n}" for n in range(10)], dtype=float)
    assert estimates.median(ten, "p").n == 10
    assert estimates.mean(ten, "p").n == 10
    assert estimates.slope(ten**2, ten, "p").n == 10
    assert estimates.rank_slope(ten**2, ten, "p").n == 10


def test_a_slope_is_the_one_the_data_were_made_with():
    rng = np.random.default_rng(1)
    index = [f"E{n:03d}" for n in range(200)]
    x = pd.Series(rng.normal(size=200), index=index, name="x")
    other = pd.Series(rng.normal(size=200), index=index, name="other")
    y = 2 * x - 5 * other + rng.normal(size=200)
    found = estimates.slope(y, pd.concat([x, other], axis="columns"), "p")
    assert found.low < 2 < found.high
    assert found.value == pytest.approx(2, abs=0.25)
    assert found.n == 200


def test_a_clustered_slope_counts_clusters_and_is_wider():
    rng = np.random.default_rng(2)
    index = range(300)
    cluster = pd.Series(np.repeat(np.arange(30), 10), index=index)
    x = pd.Series(np.repeat(rng.normal(size=30), 10), index=index)
    y = x + np.repeat(rng.normal(size=30), 10)
    plain = estimates.slope(y, x, "p")
    clustered = estimates.slope(y, x, "p", cluster=cluster)
    assert clustered.n == 30
    assert clustered.value == plain.value
    assert clustered.high - clustered.low > 2 * (plain.high - plain.low)


def sandwich(design, residuals, weights):
    """(X'X)⁻¹ X' diag(w e²) X (X'X)⁻¹, the variance that HC estimators share."""
    bread = np.linalg.inv(design.T @ design)
    return bread @ (design.T * (weights * residuals**2)) @ design @ bread


def fitted(y, x):
    design = np.column_stack([np.ones(len(x)), x])
    found = np.linalg.lstsq(design, y, rcond=None)[0]
    return design, found[1], y - design @ found


def test_the_interval_of_a_slope_is_hc3_by_student():
    """Long and Ervin's HC3, by hand: each squared residual over the square of 1 less leverage."""
    rng = np.random.default_rng(8)
    x = np.exp(rng.normal(size=14))
    y = x + x * rng.normal(size=14)
    design, slope, residuals = fitted(y, x)
    leverage = np.einsum("ij,jk,ik->i", design, np.linalg.inv(design.T @ design), design)
    error = np.sqrt(sandwich(design, residuals, 1 / (1 - leverage) ** 2)[1, 1])
    half = stats.t.ppf(0.975, 14 - 2) * error
    found = estimates.slope(pd.Series(y), pd.Series(x), "p")
    assert (found.value, found.low, found.high) == pytest.approx(
        (slope, slope - half, slope + half), rel=1e-5
    )


def clustered(y, design, cluster):
    """The slope of the first column after the constant, and its interval, by hand.

    Scores are summed within clusters; the usual correction for few clusters, and Student's t with
    one degree of freedom less than there are clusters (Cameron and Miller, 2015, equation 11).
    """
    bread = np.linalg.inv(design.T @ design)
    coefficients = bread @ design.T @ y
    scores = design * (y - design @ coefficients)[:, None]
    groups = np.unique(cluster)
    sums = np.array([scores[cluster == group].sum(axis=0) for group in groups])
    rows, columns = design.shape
    few = len(groups) / (len(groups) - 1) * (rows - 1) / (rows - columns)
    error = np.sqrt(few * (bread @ sums.T @ sums @ bread)[1, 1])
    half = stats.t.ppf(0.975, len(groups) - 1) * error
    return coefficients[1], coefficients[1] - half, coefficients[1] + half


def test_the_interval_of_a_clustered_slope_sums_within_clusters():
    rng = np.random.default_rng(9)
    groups, rows = 11, 44
    cluster = np.repeat(np.arange(groups), 4)
    x = np.repeat(rng.normal(size=groups), 4) + rng.normal(size=rows)
    y = x + np.repeat(rng.normal(size=groups), 4)
    found = estimates.slope(
        pd.Series(y), pd.Series(x), "p", cluster=pd.Series([f"C{one:02d}" for one in cluster])
    )
    assert found.n == groups
    wanted = clustered(y, np.column_stack([np.ones(rows), x]), cluster)
    assert (found.value, found.low, found.high) == pytest.approx(wanted, rel=1e-5)


def test_a_regressor_may_have_two_values(values):
    treated = pd.Series([0.0, 1.0] * 30, index=values.index)
    found = estimates.slope(values, treated, "p")
    means = values.groupby(treated).mean()
    assert found.value == pytest.approx(means[1] - means[0], rel=1e-5)
    between = [b - a for a in values[treated == 0] for b in values[treated == 1]]
    by_rank = estimates.rank_slope(values, treated, "p")
    assert by_rank.value == pytest.approx(np.median(between), rel=1e-5)


def test_a_regressor_that_does_not_vary_gives_no_slope(values):
    constant = pd.Series(1.0, index=values.index)
    assert estimates.slope(values, constant, "p") is None
    assert estimates.rank_slope(values, constant, "p") is None


def test_a_rank_slope_is_not_turned_round_by_one_economy():
    index = [f"E{n:02d}" for n in range(40)]
    x = pd.Series(np.linspace(0, 1, 40), index=index)
    y = 3 * x + np.random.default_rng(3).normal(scale=0.2, size=40)
    x["E00"], y["E00"] = 50, -100
    found = estimates.rank_slope(y, x, "p")
    assert found.low < 3 < found.high
    assert found.high - found.low < 1
    assert found.n == 40
    assert estimates.slope(y, x, "p").value < 0


def test_a_rank_slope_takes_no_pair_for_apart_that_the_order_of_a_sum_sets_apart():
    x = named([float(place) for place in range(10)] * 2)
    y = named([place + 3 * (place % 2) for place in range(20)])
    noisy = x + named([0.0] * 10 + [1e-15] * 10)
    found = estimates.rank_slope(y, x, "p")
    assert estimates.rank_slope(y, noisy, "p") == found
    codes = list(x.index[3:5])
    assert estimates.rank_slope(y, noisy, "p").value_without(codes) == found.value_without(codes)


def test_a_rank_slope_is_the_median_of_the_slopes_between_pairs(values):
    x = pd.Series(np.random.default_rng(4).normal(size=len(values)), index=values.index)
    pairs = list(itertools.combinations(values.index, 2))
    between = [(values[a] - values[b]) / (x[a] - x[b]) for a, b in pairs]
    found = estimates.rank_slope(values.sample(frac=1, random_state=1), x, "p")
    assert found.value == pytest.approx(np.median(between), rel=1e-5)


@pytest.fixture
def panel():
    """Thirty economies in five periods: y = 2x, plus what is the economy's and the period's."""
    rng = np.random.default_rng(5)
    index = pd.MultiIndex.from_product([[f"E{n:02d}" for n in range(30)], range(5)])
    economy, period = (index.codes[level] for level in (0, 1))
    own, common = rng.normal(scale=10, size=30), rng.normal(scale=10, size=5)
    x = pd.Series(rng.normal(size=150) + own[economy] + common[period], index=index)
    y = 2 * x - 5 * own[economy] - 5 * common[period] + rng.normal(size=150)
    return y, x


def test_a_panel_slope_sets_economies_and_periods_aside(panel):
    y, x = panel
    found = estimates.panel_slope(y, x, "p")
    assert found.low < 2 < found.high
    assert found.high - found.low < 0.5
    assert (found.n, found.unit) == (30, "p")
    assert found.economies["E03"] == pytest.approx(y["E03", 4] - y["E03", 0])
    assert estimates.slope(y, x, "p").value < 0


def test_a_panel_slope_is_that_of_a_regression_with_a_dummy_for_each(panel):
    y, x = (series.drop([("E00", 1), ("E07", 4)]) for series in panel)
    dummies = [pd.get_dummies(y.index.get_level_values(level), dtype=float) for level in (0, 1)]
    columns = [x.to_numpy()[:, None], dummies[0].to_numpy(), dummies[1].to_numpy()[:, 1:]]
    plain = np.linalg.lstsq(np.hstack(columns), y.to_numpy(), rcond=None)[0]
    assert estimates.panel_slope(y, x, "p").value == pytest.approx(plain[0], rel=1e-5)


def test_the_interval_of_a_panel_slope_is_clustered_by_economy(panel):
    """By hand: each economy less its own mean, then a constant, x, and a level for each period."""
    y, x = panel
    economy, period = (y.index.codes[level] for level in (0, 1))
    levels = np.equal.outer(period, [1, 2, 3, 4]).astype(float)
    table = pd.DataFrame(np.column_stack([y, x, levels]))
    within = (table - table.groupby(economy).transform("mean")).to_numpy()
    design = np.column_stack([np.ones(len(y)), within[:, 1:]])
    found = estimates.panel_slope(y, x, "p")
    wanted = clustered(within[:, 0], design, economy)
    assert (found.value, found.low, found.high) == pytest.approx(wanted, rel=1e-5)


def test_an_economy_seen_once_says_nothing_of_a_change_within_it(panel):
    y, x = panel
    once = pd.Series({("E99", 2): 1e6})
    found = estimates.panel_slope(pd.concat([y, once]), pd.concat([x, once]), "p")
    assert found == estimates.panel_slope(y, x, "p")
    assert "E99" not in found.economies


def test_two_periods_are_enough_for_a_panel(panel):
    y, x = (series[series.index.get_level_values(1) < 2] for series in panel)
    found = estimates.panel_slope(y, x, "p")
    changes = [series.groupby(level=0).agg(lambda two: two.iloc[1] - two.iloc[0])
               for series in (y, x)]  # fmt: skip
    assert found.n == 30
    # With two periods, holding each against its mean is regressing change on change.
    assert found.value == pytest.approx(estimates.slope(*changes, "p").value, rel=1e-5)


def test_a_regressor_that_varies_within_no_economy_gives_no_panel_slope(panel):
    y, x = panel
    constant = x.groupby(level=0).transform("mean")
    assert estimates.panel_slope(y, constant, "p") is None
    assert estimates.panel_slope(y, constant + 1e-12 * x, "p") is None, "rounding is no variation"


# --- regressions: published figures ---


def standard_error(found, freedom):
    return (found.high - found.low) / 2 / stats.t.ppf(0.975, freedom)


def test_clustered_errors_are_those_petersen_published():
    panel = pd.read_csv(PUBLISHED / "petersen.csv")
    by_firm = estimates.slope(panel["y"], panel["x"], "p", cluster=panel["firm"])
    by_year = estimates.slope(panel["y"], panel["x"], "p", cluster=panel["year"])
    assert (by_firm.n, by_year.n) == (500, 10)
    assert by_firm.value == by_year.value == pytest.approx(1.0348, abs=5e-5)
    assert standard_error(by_firm, 499) == pytest.approx(0.0506, abs=5e-5)
    assert standard_error(by_year, 9) == pytest.approx(0.0334, abs=5e-5)
    assert standard_error(estimates.slope(panel["y"], panel["x"], "p"), 4998) == pytest.approx(
        0.0284, abs=5e-5
    )  # White's


def test_the_error_of_the_public_schools_is_the_published_one():
    """Spending on income and its square: Alaska alone makes HC3 more than twice White's error.

    Coefficient: Greene (1993), table 14.2; the error as R's ``vcovHC`` gives it (Zeileis, Journal
    of Statistical Software 11(10), 2004, on Cribari-Neto's example).
    """
    states = pd.read_csv(PUBLISHED / "public-schools.csv", index_col="state")
    income = states["income"] / 10_000
    found = estimates.slope(
        states["expenditure"], pd.DataFrame({"square": income**2, "income": income}), "p"
    )
    assert (found.n, "Wisconsin" in found.economies) == (50, False)
    assert found.value == pytest.approx(1587.04, abs=5e-3)
    assert standard_error(found, 47) == pytest.approx(1995.24, abs=5e-3)


# --- regressions: no design is taken on trust ---


def test_units_change_nothing():
    """Raw dollars and their squares: without scaling the sign was the wrong one."""
    rng = np.random.default_rng(21)
    dollars = named(np.exp(rng.normal(9, 1.2, 120)))
    y = 4e-6 * dollars - 1.68e-11 * dollars**2 + 0.02 * rng.normal(size=120)
    raw = pd.DataFrame({"square": dollars**2, "dollars": dollars})
    found = estimates.slope(y, raw, "p")
    millions = pd.DataFrame({"square": (dollars / 1e6) ** 2, "dollars": dollars / 1e6})
    scaled = estimates.slope(y * 1e9, millions, "p")
    assert found.value < 0
    assert (scaled.value, *ends(scaled)) == pytest.approx(
        tuple(number * 1e9 * 1e12 for number in (found.value, *ends(found))), rel=2e-5
    )


def test_a_small_unit_is_no_lack_of_variation(panel):
    y, x = panel
    found, tiny = estimates.panel_slope(y, x, "p"), estimates.panel_slope(y, x * 1e-12, "p")
    assert tiny.value == pytest.approx(found.value * 1e12, rel=2e-5)
    assert estimates.slope(y, x * 1e-12, "p").value < 0
    assert estimates.rank_slope(y, x * 1e-12, "p") is not None


def test_a_level_apart_changes_nothing(values):
    x = pd.Series(np.arange(60.0), index=values.index)
    found, moved = estimates.slope(values, x, "p"), estimates.slope(values + 1e6, x + 1e6, "p")
    assert (moved.value, *ends(moved)) == pytest.approx((found.value, *ends(found)), rel=1e-4)
    assert estimates.slope(values, 1e9 + 0 * x + 1e-3 * x, "p") is None, "rounding is no variation"


def deficient(name):
    x = named(np.random.default_rng(2).normal(size=30)).rename("trade")
    z = named(np.random.default_rng(3).normal(size=30)).rename("growth")
    columns = {
        "twice": [x, x.rename("openness")],
        "rescaled": [x, (x * 1e6 + 3).rename("openness")],
        "a sum": [x, z, (2 * x - z).rename("openness")],
        "does not vary": [x, (0 * x + 7).rename("region")],
        "dummies": [x, (x > 0).astype(float).rename("north"), (x <= 0).astype(float).rename("s")],
    }[name.removesuffix(" alone")]
    columns = columns[1:] if name.endswith(" alone") else columns
    return z + x, pd.concat(columns, axis="columns")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("twice", "openness follows exactly from trade:"),
        ("rescaled", "openness follows exactly from trade:"),
        ("a sum", "openness follows exactly from trade and growth:"),
        ("does not vary", "region does not vary"),
        ("dummies", "s follows exactly from north:"),
    ],
)
def test_a_deficient_design_is_refused_by_name(name, told):
    y, x = deficient(name)
    with pytest.raises(EstimateError, match=told):
        estimates.slope(y, x, "p")
    with pytest.raises(EstimateError, match=told):
        estimates.slope(y, x, "p", cluster=named(np.arange(30) // 2))


@pytest.mark.parametrize("names", [("y", "y"), ("const", "cluster"), ("cluster", "const"), (0, 1),
                                   (None, None), ("x", "x")])  # fmt: skip
def test_any_name_will_do(names):
    rng = np.random.default_rng(4)
    x, other = (named(rng.normal(size=40)) for _ in range(2))
    y = 2 * x - other + named(rng.normal(size=40))
    groups = named(np.arange(40) % 20)
    plain = pd.DataFrame({"trade": x, "growth": other})
    renamed = plain.set_axis(names, axis="columns")
    for options in ({}, {"cluster": groups}):
        wanted = estimates.slope(y, plain, "p", **options)
        for name in names:
            called = {key: group.rename(name) for key, group in options.items()}
            assert estimates.slope(y.rename(name), renamed, "p", **called) == wanted
    one = estimates.rank_slope(y.rename(names[0]), x.rename(names[1]), "p")
    assert one == estimates.rank_slope(y, x, "p")


def test_a_row_that_alone_decides_is_named():
    """HC3 divides by one less its leverage."""
    y, x = named(np.random.default_rng(5).normal(size=20)), named(np.arange(20.0))
    alone = pd.Series(0.0, index=y.index, name="island")
    alone["E00007"] = 1
    design = pd.concat([x, alone], axis="columns")
    with pytest.raises(EstimateError, match="E00007 alone decides a coefficient"):
        estimates.slope(y, design, "p")
    alone["E00008"] = 1
    assert estimates.slope(y, pd.concat([x, alone], axis="columns"), "p").n == 20


def test_a_regressor_that_moves_alike_everywhere_is_refused(panel):
    y, x = panel
    common = x.groupby(level=1).transform("mean").rename("oil price")
    with pytest.raises(EstimateError, match="oil price moves alike in all economies"):
        estimates.panel_slope(y, common, "p")


def test_a_panel_may_fall_into_parts(panel):
    """Half of the economies are seen in the first periods, half in the last: no link is needed."""
    y, x = panel
    economy, period = (y.index.codes[level] for level in (0, 1))
    kept = (economy < 15) == (period < 2)
    found = estimates.panel_slope(y[kept], x[kept], "p")
    dummies = [pd.get_dummies(part[kept], dtype=float) for part in (economy, period)]
    columns = np.hstack([x[kept].to_numpy()[:, None], *dummies])
    plain = np.linalg.lstsq(columns, y[kept].to_numpy(), rcond=None)[0]
    assert found.value == pytest.approx(plain[0], rel=1e-5)


# --- what an estimate is ---


def test_an_exact_quantity_is_its_own_interval():
    found = estimates.exact(0.123456789, "share", 40)
    assert found.low == found.value == found.high == 0.123457
    assert found.exact
    assert found.as_dict()["exact"] is True
    assert "exact" not in Estimate(1, 0, 2, 12, "points").as_dict()


@pytest.mark.parametrize(
    "numbers", [(np.nan, 0, 1), (0, -np.inf, 1), (0, 2, 1), (3, 1, 2), (0, 1, 2)]
)
def test_an_estimate_of_nonsense_is_refused(numbers):
    with pytest.raises(EstimateError, match="An estimate's"):
        Estimate(*numbers, 10, "p")


@pytest.mark.parametrize(
    ("number", "shown"), [(1.23456789, 1.23457), (-0.0, 0.0), (123456789.0, 123457000.0)]
)
def test_rounding_keeps_six_digits(number, shown):
    assert str(estimates.rounded(number)) == str(shown)


# What an estimate says of its value without some economies


def _of_everything(kind):
    """How one kind of estimate is made of twenty-four economies, and of what."""
    rng = np.random.default_rng(11)
    y, x, held, weights = (
        named(rng.normal(2, 3, 24)),
        named(rng.normal(size=24)),
        named(rng.normal(size=24)),
        named(rng.uniform(1, 9, 24)),
    )
    others = named(rng.normal(1, 3, 24), "F")
    index = pd.MultiIndex.from_product([y.index, range(3)])
    paths = [pd.Series(rng.normal(size=72), index=index) for _ in range(2)]
    make = {
        "median": lambda a: estimates.median(a, "p"),
        "median difference": lambda a, b: estimates.median_difference(a, b, "p"),
        "mean": lambda a, b: estimates.mean(a, "p", b),
        "share": lambda a: estimates.share(a > 0),
        "share difference": lambda a, b: estimates.share_difference(a > 2, b > 0, "p"),
        "paired": lambda a, b: estimates.paired_share_difference(a > 2, b > 0, "p"),
        "slope": lambda a, b, c: estimates.slope(a, pd.DataFrame({"b": b, "c": c}), "p"),
        "rank slope": lambda a, b: estimates.rank_slope(a, b, "p"),
        "panel slope": lambda a, b: estimates.panel_slope(a, b, "p"),
    }[kind]
    of = {
        "median": [y],
        "median difference": [y, others],
        "mean": [y, weights],
        "share": [y],
        "share difference": [y, others],
        "paired": [y, x],
        "slope": [y, x, held],
        "rank slope": [y, x],
        "panel slope": paths,
    }[kind]
    return make, of


@pytest.mark.parametrize(
    "kind",
    [
        *("median", "median difference", "mean", "share", "share difference", "paired"),
        *("slope", "rank slope", "panel slope"),
    ],
)
def test_an_estimate_tells_its_value_without_some_economies(kind):
    make, of = _of_everything(kind)
    whole = make(*of)
    economies = list(dict.fromkeys(of[0].index.get_level_values(0)))
    for codes in (economies[:1], economies[3:6], economies[:14]):
        left = [one[~one.index.get_level_values(0).isin(codes)] for one in of]
        assert whole.value_without(codes) == make(*left).value, codes
    assert whole.value_without(economies[:1]) != whole.value
    assert whole.value_without(["ZZZ"]) == whole.value
    assert whole.value_without(economies[:15]) is None


def test_an_estimate_without_the_economies_that_vary_has_no_value():
    y, x = named(np.arange(24.0) ** 2), named([1.0] * 23 + [2.0])
    held = pd.DataFrame({"x": x + (x.index == "E00000"), "z": y % 7})
    assert estimates.slope(y, held, "p").value_without(["E00000", "E00023"]) is None
    spread = named([0.0, 1, 2, 3] + [4.0] * 20)
    assert estimates.rank_slope(y, spread, "p").value_without(["E00000"]) is not None
    assert estimates.rank_slope(y, spread, "p").value_without(list(spread.index[:4])) is None


def test_a_rank_slope_hangs_on_no_unit():
    y, x = named(np.arange(24.0) ** 2 % 17), named(np.arange(24.0))
    found = estimates.rank_slope(y, x, "p").value
    assert estimates.rank_slope(y * 1e-14, x * 1e9, "p").value == pytest.approx(found * 1e-23)
    assert estimates.rank_slope(0 * y, x, "p").value == 0


def test_an_estimate_knows_whose_rows_its_samples_are():
    one, other = named(range(24)), named(range(12), "F")
    found = estimates.median_difference(one, other, "p")
    assert list(found.value_without.samples()) == [set(one.index), set(other.index)]
    assert (found.unit, found.economies.size) == ("p", 36)
    asked = estimates.exact(1.0, "p", 36, value_without=found.value_without)
    assert asked.value_without is found.value_without
    for difference in (estimates.share_difference, estimates.paired_share_difference):
        second = (other if difference is estimates.share_difference else one) > 5
        assert difference(one > 3, second).unit == "difference of shares"
        assert difference(one > 3, second, "p").unit == "p"
    paths = pd.concat({year: one + year**2 % 7 * one for year in range(3)}).swaplevel()
    panel = estimates.panel_slope(paths**2, paths, "p")
    assert list(panel.value_without.samples()) == [set(one.index)]
