"""The rule, by its properties."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from claimbook.claims import rule
from claimbook.claims.rule import RuleError
from claimbook.estimates import Estimate, EstimateError

# Eighths are exact in binary, so that turning an estimate round is exact too.
eighths = st.integers(-800, 800).map(lambda number: number / 8)
effects = st.integers(0, 80).map(lambda number: number / 8)
directions = st.sampled_from(["rise", "fall"])
outcomes = st.sampled_from(rule.OUTCOMES)


@st.composite
def estimates(draw):
    low, value, high = sorted(draw(st.tuples(eighths, eighths, eighths)))
    return Estimate(value, low, high, 20, "points")


def turned(estimate, reference=0.0):
    """The same estimate seen from the other side of the reference."""
    return Estimate(
        2 * reference - estimate.value,
        2 * reference - estimate.high,
        2 * reference - estimate.low,
        estimate.n,
        estimate.unit,
    )


ORDER = [rule.CONTRADICTS, rule.INCONCLUSIVE, rule.SUPPORTS]


def rank(estimate, expects="rise", **declared):
    """Where an outcome stands between contradicts and supports."""
    return ORDER.index(rule.outcome(estimate, expects, **declared))


@given(estimates(), directions, eighths)
def test_with_no_smallest_effect_turning_swaps_outcomes(estimate, expects, reference):
    first = rank(estimate, expects, reference=reference)
    assert rank(turned(estimate, reference), expects, reference=reference) == 2 - first


@given(estimates(), directions, eighths, effects)
def test_what_supports_contradicts_when_turned(estimate, expects, reference, effect):
    declared = {"reference": reference, "smallest_effect": effect}
    if rank(estimate, expects, **declared) == 2:
        assert rank(turned(estimate, reference), expects, **declared) == 0


@given(estimates(), eighths, effects, st.tuples(effects, effects, effects))
def test_the_rule_is_monotone_in_the_estimate_and_its_interval(estimate, reference, effect, more):
    """What raises an end, or the value, never moves the outcome away from supporting a rise."""
    ends = (estimate.low, estimate.value, estimate.high)
    low, value, high = sorted(end + add for end, add in zip(ends, more, strict=True))
    higher = Estimate(value, low, high, 20, "points")
    declared = {"reference": reference, "smallest_effect": effect}
    assert rank(higher, **declared) >= rank(estimate, **declared)
    assert rank(higher, "fall", **declared) <= rank(estimate, "fall", **declared)


@given(estimates(), directions, eighths, effects, effects)
def test_the_rule_is_monotone_in_reference_and_smallest_effect(
    estimate, expects, reference, effect, more
):
    first = rank(estimate, expects, reference=reference, smallest_effect=effect)
    farther = reference + (more if expects == "rise" else -more)
    assert rank(estimate, expects, reference=farther, smallest_effect=effect) <= first
    assert rank(estimate, expects, reference=reference, smallest_effect=effect + more) <= first


@given(estimates(), directions, effects, effects, effects)
def test_widening_never_decides(estimate, expects, effect, down, up):
    assume(rule.outcome(estimate, expects, smallest_effect=effect) == rule.INCONCLUSIVE)
    wider = Estimate(estimate.value, estimate.low - down, estimate.high + up, 20, "points")
    assert rule.outcome(wider, expects, smallest_effect=effect) == rule.INCONCLUSIVE


@given(estimates(), effects)
def test_expecting_a_fall_is_expecting_a_rise_of_the_negative(estimate, effect):
    assert rule.outcome(estimate, "fall", smallest_effect=effect) == rule.outcome(
        turned(estimate), "rise", smallest_effect=effect
    )


@given(estimates(), directions, eighths, effects)
def test_flips_are_the_smallest_effects_at_which_the_outcome_changes(
    estimate, expects, reference, effect
):
    held = rule.turned(estimate, expects, reference)
    flips, found = held.flips, held.outcome(effect)
    supported = flips["supports_to"] is not None and effect <= flips["supports_to"]
    assert (found == rule.SUPPORTS) == supported
    contradicted = effect > flips["contradicts_from"] or held.high < 0
    assert (found == rule.CONTRADICTS) == contradicted


@given(eighths, effects)
@example(2.0, 2.0)
def test_an_exact_quantity_that_no_release_moved_always_decides(value, effect):
    exact = rule.revisable(Estimate(value, value, value, 20, "points", exact=True), 0)
    found = rule.outcome(exact, "rise", smallest_effect=effect)
    if value > 0 and value >= effect:
        assert found == rule.SUPPORTS
    elif value == effect == 0:
        assert found == rule.INCONCLUSIVE
    else:
        assert found == rule.CONTRADICTS


def test_an_exact_quantity_is_as_sure_as_the_releases_agree():
    exact = Estimate(6, 6, 6, 20, "points", exact=True)
    near = rule.revisable(exact, 2)
    assert (near.low, near.value, near.high) == (4, 6, 8)
    assert rule.outcome(near, "rise", smallest_effect=5) == "supports"
    assert rule.outcome(rule.revisable(exact, 7), "rise", smallest_effect=5) == "inconclusive"
    sampled = Estimate(6, 5, 9, 20, "points")
    assert rule.revisable(sampled, 7) == sampled and rule.revisable(None, 7) is None


def outcome(value, low, high, **declared):
    return rule.outcome(Estimate(value, low, high, 20, "points"), "rise", **declared)


def test_the_edges_of_the_rule():
    assert outcome(1, 0.5, 2, smallest_effect=1) == "supports"
    assert outcome(0.99, 0.5, 2, smallest_effect=1) == "inconclusive"
    assert outcome(1, 0, 2, smallest_effect=1) == "inconclusive"
    assert outcome(0, -0.9, 0.9, smallest_effect=1) == "contradicts"
    assert outcome(0, -2.95, 0.9, smallest_effect=1) == "contradicts", (
        "so the first rule was mended"
    )
    assert outcome(0, -0.9, 1, smallest_effect=1) == "inconclusive"
    assert outcome(-1, -2, -0.1, smallest_effect=1) == "contradicts"
    assert outcome(-1, -2, 0, smallest_effect=1) == "contradicts"
    assert outcome(-1, -2, 0) == "inconclusive"
    assert outcome(0.4, 0.35, 0.45, reference=0.5) == "contradicts"
    assert outcome(0.6, 0.55, 0.65, reference=0.5, smallest_effect=0.1) == "supports"
    assert outcome(0.52, 0.51, 0.65, reference=0.5, smallest_effect=0.05) == "inconclusive"
    assert outcome(0.5, 0.1, 0.9) == "supports", "no smallest effect unless one is declared"


@pytest.mark.parametrize(
    ("low", "value", "high", "how"),
    [
        (-3, -2, -1, "the other way"),
        (0.1, 0.2, 0.3, "too small to matter"),
        (-1, 0.2, 0.9, "no effect that size"),
        (0, 0.2, 0.9, "no effect that size"),
        (-3, -2, 0, "no effect that size"),
        (0.5, 2, 3, None),
        (-1, 0.5, 3, None),
    ],
)
def test_a_contradiction_says_how(low, value, high, how):
    assert rule.turned(Estimate(value, low, high, 20, "points"), "rise").how(1) == how
    mirrored = Estimate(-value, -high, -low, 20, "points")
    assert rule.turned(mirrored, "fall").how(1) == how


def test_a_standard_error_is_what_makes_the_interval_one_of_95_percent():
    assert rule.standard_error(Estimate(1, -2.92, 4.92, 20, "points")) == pytest.approx(2)
    assert rule.standard_error(Estimate(3, 3, 3, 20, "points")) == 0


@pytest.mark.parametrize(("value", "low", "high"), [(3, 1, 2), (0, 1, 2), (1, 2, 1)])
def test_a_value_outside_its_interval_is_refused(value, low, high):
    with pytest.raises(EstimateError):
        outcome(value, low, high)
    bare = SimpleNamespace(value=value, low=low, high=high, unit="points")
    with pytest.raises(
        RuleError, match=rf"of {value} points lies outside .*, {low} to {high}: mend"
    ):
        rule.turned(bare, "rise")


def test_no_estimate_is_inconclusive():
    assert rule.outcome(None, "rise", smallest_effect=1) == "inconclusive"


@given(outcomes, st.lists(outcomes, max_size=3))
def test_the_verdict_is_the_primarys_unless_a_decided_one_is_contradicted(primary, secondary):
    found = rule.verdict(primary, secondary)
    if primary == "inconclusive":
        assert found == "inconclusive"
    elif primary == "supports":
        assert found == ("mixed" if "contradicts" in secondary else "supported")
    else:
        assert found == ("mixed" if "supports" in secondary else "contradicted")


def test_the_contrary_of_what_is_undecided_is_no_outcome():
    contrary = [rule.contrary(one) for one in ("supports", "contradicts", "inconclusive")]
    assert contrary == ["contradicts", "supports", ""]


def test_outcomes_are_counted():
    found = rule.counts(["contradicts", "inconclusive", "contradicts"])
    assert found == {"supports": 0, "contradicts": 2, "inconclusive": 1}


def test_every_verdict_is_read_aloud_in_words():
    read = {verdict: rule.reading(verdict, "descriptive") for verdict in rule.VERDICTS}
    assert read == {
        "supported": "the figures support the claim",
        "contradicted": "the figures contradict the claim",
        "mixed": "the checks do not all point one way",
        "inconclusive": "the figures do not decide",
    }
    associated = rule.reading("supported", "associational")
    assert associated == "consistent with the claim: an association, not a cause"


def test_an_association_is_never_read_as_a_cause():
    assert "not a cause" in rule.reading("supported", "associational")
    assert "cause" not in rule.reading("supported", "descriptive")
