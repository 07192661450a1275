"""What an estimate rests on: economies left out one at a time, tipping, detectable effects."""

from __future__ import annotations

from dataclasses import replace
from functools import wraps

import nbformat
import pandas as pd
import pytest

import small
from books import lay_out_tiny
from claimbook import estimates
from claimbook.claims import claim as claims
from claimbook.claims import influence
from claimbook.claims.influence import InfluenceError
from claimbook.data import snapshot
from claimbook.estimates import Estimate

NUMBERS = [8, 6, 5, *[1.5] * 9, -2]


def changed(wdi):
    values = wdi[small.CODE]
    return (values[2001] - values[2000]).dropna()


def mean_of(change):
    """A mean with an interval of one point on either side."""
    value = change.mean()
    return Estimate(value, value - 1, value + 1, len(change), "points", change)


def mean(wdi):
    return mean_of(changed(wdi))


def asked(small_book, function, numbers=NUMBERS, claim_fields=None, **fields):
    """Ask the small book's one check of a function."""
    small.write_vintage(small_book, "current", small.changes(numbers))
    small.write_claim(small_book, [small.check(**fields)], **(claim_fields or {}))
    return claims.claim("it-rose").check("it-rose", function)


def without(numbers, *places):
    left = [number for place, number in enumerate(numbers) if place not in places]
    return pytest.approx(sum(left) / len(left), rel=1e-5)


def test_the_range_without_one_economy_and_the_one_that_moves_it_most(small_book):
    found = asked(small_book, mean).influence
    assert (found["most"], found["without"]) == ("X00", without(NUMBERS, 0))
    assert (found["low"], found["high"]) == (without(NUMBERS, 0), without(NUMBERS, 12))


def test_removing_in_order_of_influence_until_the_outcome_is_another(small_book):
    # 2.3 on the mean, 1.9 without the first, 1.4 without two, and below 1.4 nothing is supported.
    found = asked(small_book, mean, smallest_effect=1.4)
    assert found.outcome == "supports"
    tipped = [without(NUMBERS, *range(many)) for many in (1, 2, 3)]
    assert found.influence["tipping"] == ["X00", "X01", "X02"]
    assert found.influence["tips_to"] == "inconclusive"
    assert tipped[1].expected > 1.4 > tipped[2].expected


def test_a_contradiction_is_tipped_from_the_other_side(small_book):
    numbers = [-9, -8, *[0.4] * 10]
    found = asked(small_book, mean, numbers)
    assert found.outcome == "contradicts"
    assert found.influence["tipping"] == ["X00", "X01"]
    assert found.influence["tips_to"] == "inconclusive"


def test_what_is_undecided_may_tip_either_way_by_the_fewest(small_book):
    numbers = [9, *[0.05] * 12, -1.5]
    found = asked(small_book, mean, numbers, smallest_effect=1.0)
    assert found.outcome == "inconclusive"
    assert (found.influence["tipping"], found.influence["tips_to"]) == (["X00"], "contradicts")


def test_no_five_may_be_enough(small_book):
    found = asked(small_book, mean, [3] * 20).influence
    assert (found["tipping"], found["tips_to"]) == (None, None)
    assert found["low"] == found["high"] == 3


def test_the_subject_of_the_claim_is_never_left_out(small_book):
    found = asked(small_book, mean, claim_fields={"subject": ["X00"]}).influence
    assert found["most"] == "X12"


def test_a_benchmark_is_left_out_too(small_book):
    """Economies behind a benchmark stand in no estimate by economy; they move it all the same."""

    def above_the_twenties(wdi):
        change = changed(wdi)
        rich = change.index >= "X20"
        left = change[~rich] - change[rich].mean()
        return Estimate(left.mean(), left.mean() - 1, left.mean() + 1, len(left), "points", left)

    numbers = [3.0] * 20 + [0, 0, 0, 6]
    found = asked(small_book, above_the_twenties, numbers).influence
    assert (found["most"], found["without"]) == ("X23", 3)
    assert found["low"] == 1, "without any of the other three of the benchmark"


def test_each_economy_is_asked_for_once_and_idle_ones_together(small_book):
    runs = []

    def first_ten(wdi):
        change = changed(wdi)
        runs.append(len(change))
        return mean_of(change[change.index < "X10"])

    asked(small_book, first_ten, [3] * 24, smallest_effect=9)
    # The headline, ten alone, the fourteen idle ones together; none of five tips it.
    assert len(runs) == 1 + 10 + 1


def _above_their_median(change):
    return estimates.share(change > change.median(), "points")


def _less_one_of_them(change):
    return estimates.median(change - change.get("X05", default=0), "points")


def _in_a_panel(change):
    rows = {(code, period): one * period for code, one in change.items() for period in (0, 1, 2)}
    x = {place: sum(map(ord, place[0])) % 7 * place[1] ** 2 for place in rows}
    return estimates.panel_slope(pd.Series(rows), pd.Series(x), "points")


def _numbered(change):
    return pd.Series([float(code[1:]) for code in change.index], change.index)


WAYS = {
    "median": (lambda change: estimates.median(change, "points"), True),
    "mean": (lambda change: estimates.mean(change, "points", _numbered(change) + 1), True),
    "share": (lambda change: estimates.share(change > 2, "points"), True),
    "slope": (lambda change: estimates.slope(change, _numbered(change), "points"), True),
    "rank-slope": (lambda change: estimates.rank_slope(change, _numbered(change), "points"), True),
    "panel": (_in_a_panel, True),
    "median-of-groups": (
        lambda change: estimates.median_difference(
            change[change > 3], change[change <= 3], "points"
        ),
        False,  # with eleven in a group, no two may go
    ),
    "benchmark-in-the-sample": (_less_one_of_them, True),
    "cut-off-of-the-sample": (_above_their_median, False),
}


@pytest.mark.parametrize("name", WAYS)
def test_what_an_estimate_says_of_its_rows_is_what_the_function_finds(small_book, name):
    """Both ways come to the same; the function is run less often where its estimate can tell."""
    estimate, fewer = WAYS[name]
    numbers = [(place * 7) % 23 / 3 + place / 100 for place in range(24)]
    runs = []

    def told(wdi):
        runs.append(wdi)
        return estimate(changed(wdi))

    def untold(wdi):
        found = told(wdi)
        return found and replace(found, value_without=None)

    first = asked(small_book, told, numbers)
    many = len(runs)
    assert asked(small_book, untold, numbers).influence == first.influence
    assert (many < len(runs) - many) == fewer


def test_the_tiny_book_rests_on_the_same_economies_either_way(tmp_path, monkeypatch):
    lay_out_tiny(tmp_path)
    monkeypatch.setenv("CLAIMBOOK_ROOT", str(tmp_path))
    cells = nbformat.read(tmp_path / "book" / "lands" / "gini-fell.ipynb", 4).cells

    def influences():
        names = {}
        for cell in cells:
            if cell.cell_type == "code":
                exec(cell.source, names)
        return {name: check.influence for name, check in names["claim"].checks.items()}

    told, check = influences(), claims.Claim.check

    def untold(claim, check_id, function):
        @wraps(function)
        def estimate(*snapshot, **options):
            found = function(*snapshot, **options)
            return found and replace(found, value_without=None)

        return check(claim, check_id, estimate)

    monkeypatch.setattr(claims.Claim, "check", untold)
    assert influences() == told
    assert any(told.values())


def test_an_exact_share_keeps_the_revision_of_its_releases(small_book):
    def total(wdi):
        change = changed(wdi)
        return Estimate(*[change.sum()] * 3, len(change), "points", change, exact=True)

    small.write_vintage(small_book, "2013-12", small.changes([3, 2]))
    check = asked(small_book, total, [3, 2, 2], smallest_effect=4)
    assert check.revision == 2 and check.outcome == "supports"
    assert (check.estimate.low, check.estimate.high) == (5, 9)
    assert (check.vintages["2013-12"].low, check.vintages["2013-12"].high) == (3, 7)
    assert check.influence["tipping"] == ["X00", "X01"], "4 supports, and 2 may be as much as 4"
    assert check.influence["tips_to"] == "inconclusive"
    assert check.as_dict()["detectable"] is None
    assert check.as_dict()["vintages"]["2013-12"]["outcome"] == "supports"


def test_a_release_that_lacks_a_year_of_the_window_measures_no_revision(small_book):
    def last_year(wdi):
        values = wdi[small.CODE]
        total = values[max(values)].sum()
        return Estimate(total, total, total, 3, "points", exact=True)

    small.write_vintage(small_book, "2013-12", {"X00": {1999: 5, 2000: 70}})
    small.write_vintage(small_book, "2019-04", {"X00": {2000: 70, 2001: 4}})
    check = asked(small_book, last_year, [3, 2, 2])
    assert check.estimate.value == 7 and check.revision == 3, "2013-12 ends in 2000"


def test_a_model_has_no_economies_to_leave_out(small_book):
    check = asked(small_book, lambda wdi: Estimate(3, 2, 4, 100, "points"), series=[])
    found = check.as_dict()
    assert (found["influence"], found["detectable"]) == (None, None)


def test_only_checks_that_count_are_asked_what_they_rest_on(small_book):
    small.write_vintage(small_book, "current", small.changes(NUMBERS))
    context = small.check("beside", role="context")
    small.write_claim(small_book, [small.check(), context])
    assert claims.claim("it-rose").check("beside", mean).influence is None


def test_a_function_that_fails_without_an_economy_is_named(small_book):
    def held_against_the_first(wdi):
        return mean_of(changed(wdi) - changed(wdi).loc["X00"])

    with pytest.raises(InfluenceError, match="of the check it-rose fails where X00 has no figures"):
        asked(small_book, held_against_the_first)


def test_a_snapshot_without_economies_keeps_their_rows_empty(small_book):
    small.write_vintage(small_book, "current", small.changes([1, 2, 3]))
    wdi = snapshot.read().without(["X01"])
    assert wdi[small.CODE].loc["X01"].isna().all()
    assert wdi.limited_to([small.CODE])[small.CODE][2001].sum() == 4
    assert snapshot.read()[small.CODE][2001].sum() == 6


def test_the_detectable_effect_is_that_found_four_times_in_five():
    # An interval of 3.92 is a standard error of 1; with very many economies t is the normal law.
    many = Estimate(0, -1.96, 1.96, 10**6, "points")
    assert influence.detectable(many, 0.5) == pytest.approx(2.8, abs=0.002)
    assert influence.detectable(many, 4) == pytest.approx(4.84, abs=0.002)
    few = Estimate(0, -1.96, 1.96, 10, "points")
    assert influence.detectable(few, 0.5) == pytest.approx(2.2622 + 0.8834, abs=0.001)
    exact = Estimate(3, 3, 3, 10, "points", exact=True)
    assert influence.detectable(exact, 1) is None


def test_simulated_effects_of_that_size_are_found_four_times_in_five():
    draws = pd.Series(range(1, 4000)) / 4000
    from scipy.stats import norm

    for smallest in (0.5, 4):
        effect = influence.detectable(Estimate(0, -1.96, 1.96, 10**6, "points"), smallest)
        values = effect + norm.ppf(draws)
        assert ((values > 1.96) & (values >= smallest)).mean() == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize(
    ("low", "value", "high", "why"),
    [(-1.5, 0.5, 3.5, "too little data"), (0.5, 0.9, 1.3, "near the line")],
)
def test_undecided_says_which(small_book, low, value, high, why):
    found = asked(small_book, lambda wdi: Estimate(value, low, high, 13, "points")).as_dict()
    assert (found["outcome"], found["undecided_because"]) == ("inconclusive", why)
