"""The grid of options: ids, near-copies, single changes, and the product of all grids."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimbook.claims import grid, rule
from claimbook.claims.grid import Answer, Grid, GridError
from claimbook.estimates import Estimate


def test_the_grid_begins_with_the_headline_and_holds_every_combination():
    found = grid.variants({"a": [1, 2], "b": ["x y", "z", "w"]})
    assert next(iter(found)) == "headline"
    assert found["headline"] == {"a": 1, "b": "x y"}
    assert len(found) == 6
    assert found["a-2+b-z"] == {"a": 2, "b": "z"}


def test_an_option_added_later_leaves_the_ids_of_the_others():
    before = grid.variants({"b": [1, 2]})
    after = grid.variants({"b": [1, 2], "a": [1, 2]})
    assert set(before) < set(after)
    assert all(before[name].items() <= after[name].items() for name in before)


def test_values_that_look_alike_are_refused():
    with pytest.raises(GridError, match="name them apart"):
        grid.variants({"a": ["x", "y z", "y-z"]})


def answer(value, width=0.0, *, exact=False, effect=1):
    """What the rule makes of an estimate whose interval is so wide on either side."""
    if value is None:
        return Answer("inconclusive", None)
    estimate = Estimate(value, value - width, value + width, 20, "points", exact=exact)
    return Answer(rule.outcome(estimate, "rise", smallest_effect=effect), estimate)


def grid_of(options, value, width=0.0, *, effect=1, exact=False):
    """A grid whose estimates are a function of the options."""
    answers = {
        point: answer(
            value(**dict(zip(options, point, strict=True))), width, exact=exact, effect=effect
        )
        for point in itertools.product(*options.values())
    }
    return Grid(options, answers, effect)


def test_values_that_never_differ_by_a_quarter_of_a_standard_error_are_one():
    # The intervals are 3.92 wide: the standard error is 1.
    options = {"start": [1990, 1991, 1992, 1993], "status": ["then", "now"]}
    shift = {1990: 0, 1991: 0.2, 1992: 0.3, 1993: 0.5}

    def value(start, status):
        return shift[start] + (5 if status == "now" else 0)

    kept = grid.distinct([grid_of(options, value, 1.96)])
    assert kept == {"start": [1990, 1992], "status": ["then", "now"]}, "1993 is near 1992"
    assert grid.distinct([grid_of(options, value, 0.5)])["start"] == list(shift)


def test_values_are_one_only_if_they_are_so_whatever_else_is_chosen():
    options = {"start": [1, 2], "status": ["then", "now"]}
    split = grid_of(options, lambda start, status: 3 * (start == 2) * (status == "now"), 1.96)
    assert grid.distinct([split])["start"] == [1, 2]
    flat = grid_of({"start": [1, 2]}, lambda start: 0, 1.96)
    assert grid.distinct([flat])["start"] == [1]
    assert grid.distinct([flat, split])["start"] == [1, 2], "one option in two checks"


def test_of_an_exact_share_the_smallest_effect_is_the_measure():
    shares = {"nobody": 30, "China": 30.9, "Korea": 32}
    one = grid_of({"without": list(shares)}, lambda without: shares[without], exact=True, effect=4)
    assert grid.distinct([one])["without"] == ["nobody", "Korea"]
    any_effect = grid_of({"a": [1, 2]}, lambda a: 7, exact=True, effect=0)
    assert grid.distinct([any_effect])["a"] == [1], "the same figure is a copy"


def test_a_value_without_an_estimate_is_no_copy_of_one_with():
    one = grid_of({"a": [1, 2, 3]}, lambda a: None if a > 1 else 5, 1.96)
    assert grid.distinct([one])["a"] == [1, 2, 3], "nor are two without one copies"


def test_robustness_counts_copies_once_and_leaves_out_what_is_missing():
    values = {1: 5, 2: 5.01, 3: -5, 4: None, 5: 0.5}
    found = grid.robustness(grid_of({"a": list(values)}, lambda a: values[a], 1.96))
    assert found["robustness"] == {"agree": 1, "of": 3, "missing": 1}
    assert found["tally"] == {"supports": 1, "contradicts": 1, "inconclusive": 1}


def test_single_changes_are_those_of_every_check_that_counts():
    primary = grid_of(
        {"start": [1, 2, 3], "end": [1, 2]}, lambda start, end: 5 if (start, end) != (2, 1) else -5
    )
    second = grid_of({"start": [1, 2, 3], "who": ["all", "some", "few"]}, second_value)
    found = grid.switches(primary, [second])
    # start 2 moves both, start 3 the second; end moves nothing; who=few has no estimate.
    assert found == {
        "move": 3,
        "of": 4,
        "missing": 1,
        "which": [
            {"option": "start", "value": 2, "verdict": "contradicted"},
            {"option": "start", "value": 3, "verdict": "mixed"},
            {"option": "who", "value": "some", "verdict": "mixed"},
        ],
    }


def second_value(start, who):
    if who == "few":
        return None
    return -9 if start == 3 or who == "some" else 9 if start == 1 else -9


def test_a_variant_of_the_primary_keeps_the_choice_it_is_made_of():
    primary = grid_of(
        {"statistic": ["median", "mean"], "end": [1, 2]},
        lambda statistic, end: -5 if statistic == "mean" else 5,
    )
    weighted = grid_of(
        {"statistic": ["mean"], "end": [1, 2]}, lambda statistic, end: 5 * (3 - 2 * end)
    )
    found = grid.switches(primary, [weighted])
    assert [(one["option"], one["value"], one["verdict"]) for one in found["which"]] == [
        ("statistic", "mean", "mixed"),
        ("end", 2, "mixed"),
    ]


values = st.one_of(st.none(), st.integers(-3, 3).map(lambda number: 40 * number))


@st.composite
def grids(draw):
    """Up to three grids that share one option or none, with answers drawn at random."""
    shared = draw(st.lists(st.sampled_from("pqr"), min_size=1, max_size=3, unique=True))
    found = []
    for number in range(draw(st.integers(1, 3))):
        options = {f"own_{number}": list(range(draw(st.integers(1, 3))))}
        if draw(st.booleans()):
            options["shared"] = shared
        answers = {
            point: answer(draw(values), draw(st.sampled_from([1, 100])))
            for point in itertools.product(*options.values())
        }
        found.append(Grid(options, answers, 1))
    return found


@settings(max_examples=200)
@given(grids())
def test_the_product_of_all_grids_is_what_counting_every_combination_gives(drawn):
    kept = grid.distinct(drawn)
    counted, missing = Counter(), 0
    for chosen in itertools.product(*kept.values()):
        point = dict(zip(kept, chosen, strict=True))
        answers = [one.answers[tuple(point[name] for name in one.options)] for one in drawn]
        if any(one.estimate is None for one in answers):
            missing += 1
        else:
            counted[rule.verdict(answers[0].outcome, [one.outcome for one in answers[1:]])] += 1
    found = grid.combinations(drawn[0], drawn[1:])
    assert found["combinations"] == {"of": counted.total(), "missing": missing}
    for verdict in rule.VERDICTS:
        share = counted[verdict] / counted.total() if counted else 0
        assert found["verdict_robustness"][verdict] == pytest.approx(share, abs=1e-5)


def test_doubts_name_copies_idle_values_and_lists_that_differ():
    first = grid_of(
        {"start": [1, 2, 3], "end": [1, 2]},
        lambda start, end: (5, 5.1, 9)[start - 1] - 20 * (end == 2),
        1.96,
    )
    second = grid_of({"start": [1, 3], "status": [1]}, lambda start, status: 5 * start, 1.96)
    doubts = list(grid.doubts({"first": first}))
    assert len(doubts) == 2
    assert "start: 2 in first is a near-copy of 1" in doubts[0]
    assert "start: 3 in first never moves the outcome" in doubts[1]
    both = list(grid.doubts({"first": first, "second": second}))
    assert "the option start has other values in second than in first" in both[0]
    fixed = grid_of({"start": [2]}, lambda start: 5, 1.96)
    assert not any("other values" in doubt for doubt in grid.doubts({"a": first, "b": fixed}))


def test_where_every_variant_agrees_no_value_is_called_idle():
    firm = grid_of({"start": [1, 2]}, lambda start: 5 * start, 1.96)
    assert list(grid.doubts({"firm": firm})) == []
