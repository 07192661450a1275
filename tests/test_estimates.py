"""Estimates: against theory and by hand, and refusing what says nothing."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from claimbook import estimates
from claimbook.estimates import Estimate


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


def test_an_exact_quantity_is_its_own_interval():
    found = estimates.exact(0.123456789, "share", 40)
    assert found.low == found.value == found.high == 0.123457


@pytest.mark.parametrize("numbers", [(np.nan, 0, 1), (0, -np.inf, 1), (0, 2, 1)])
def test_an_estimate_of_nonsense_is_refused(numbers):
    with pytest.raises(ValueError, match="An estimate's"):
        Estimate(*numbers, 10, "p")


@pytest.mark.parametrize(
    ("number", "shown"), [(1.23456789, 1.23457), (-0.0, 0.0), (123456789.0, 123457000.0)]
)
def test_rounding_keeps_six_digits(number, shown):
    assert str(estimates.rounded(number)) == str(shown)
