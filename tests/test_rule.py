"""The rule, by its properties."""

from __future__ import annotations

from hypothesis import assume, example, given
from hypothesis import strategies as st

from claimbook.claims import rule
from claimbook.estimates import Estimate

# Eighths are exact in binary, so that turning an estimate round is exact too.
eighths = st.integers(-800, 800).map(lambda number: number / 8)
effects = st.integers(0, 80).map(lambda number: number / 8)
directions = st.sampled_from(["rise", "fall"])
outcomes = st.sampled_from(rule.OUTCOMES)


@st.composite
def estimates(draw, proper=False):
    low, value, high = sorted(draw(st.tuples(eighths, eighths, eighths)))
    if proper:
        assume(low < value < high)
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


@given(estimates(), directions, eighths, effects)
def test_what_supports_contradicts_when_turned(estimate, expects, reference, effect):
    first = rule.outcome(estimate, expects, reference=reference, smallest_effect=effect)
    second = rule.outcome(
        turned(estimate, reference), expects, reference=reference, smallest_effect=effect
    )
    if first == rule.SUPPORTS:
        assert second == rule.CONTRADICTS


@given(estimates(proper=True), directions)
def test_with_no_smallest_effect_turning_swaps_outcomes(estimate, expects):
    swapped = {
        rule.SUPPORTS: rule.CONTRADICTS,
        rule.CONTRADICTS: rule.SUPPORTS,
        rule.INCONCLUSIVE: rule.INCONCLUSIVE,
    }
    assert rule.outcome(turned(estimate), expects) == swapped[rule.outcome(estimate, expects)]


@given(estimates(), directions, effects, st.integers(0, 80), st.integers(0, 80))
def test_widening_never_makes_the_inconclusive_decisive(estimate, expects, effect, down, up):
    assume(rule.outcome(estimate, expects, smallest_effect=effect) == rule.INCONCLUSIVE)
    wider = Estimate(estimate.value, estimate.low - down / 8, estimate.high + up / 8, 20, "points")
    assert rule.outcome(wider, expects, smallest_effect=effect) == rule.INCONCLUSIVE


@given(estimates(), effects)
def test_expecting_a_fall_is_expecting_a_rise_of_the_negative(estimate, effect):
    assert rule.outcome(estimate, "fall", smallest_effect=effect) == rule.outcome(
        turned(estimate), "rise", smallest_effect=effect
    )


@given(eighths, effects)
@example(2.0, 2.0)
def test_an_exact_quantity_decides_unless_it_is_exactly_on_an_edge(value, effect):
    exact = Estimate(value, value, value, 20, "points")
    found = rule.outcome(exact, "rise", smallest_effect=effect)
    if value > 0 and value >= effect:
        assert found == rule.SUPPORTS
    elif value < 0 or abs(value) < effect:
        assert found == rule.CONTRADICTS
    else:
        assert found == rule.INCONCLUSIVE


def outcome(value, low, high, **declared):
    return rule.outcome(Estimate(value, low, high, 20, "points"), "rise", **declared)


def test_the_edges_of_the_rule():
    assert outcome(1, 0.5, 2, smallest_effect=1) == "supports"
    assert outcome(0.99, 0.5, 2, smallest_effect=1) == "inconclusive"
    assert outcome(1, 0, 2, smallest_effect=1) == "inconclusive"
    assert outcome(0, -0.9, 0.9, smallest_effect=1) == "contradicts"
    assert outcome(0, -1, 0.9, smallest_effect=1) == "inconclusive"
    assert outcome(0, -0.9, 1, smallest_effect=1) == "inconclusive"
    assert outcome(-1, -2, -0.1, smallest_effect=1) == "contradicts"
    assert outcome(-1, -2, 0, smallest_effect=1) == "inconclusive"
    assert outcome(0.4, 0.35, 0.45, reference=0.5) == "contradicts"
    assert outcome(0.6, 0.55, 0.65, reference=0.5, smallest_effect=0.05) == "supports"
    assert outcome(0.52, 0.51, 0.65, reference=0.5, smallest_effect=0.05) == "inconclusive"
    assert outcome(0.5, 0.1, 0.9) == "supports", "no smallest effect unless one is declared"


def test_no_estimate_is_inconclusive():
    assert rule.outcome(None, "rise", smallest_effect=1) == "inconclusive"


@given(outcomes, st.lists(outcomes, max_size=3))
def test_the_verdict_follows_its_definition(primary, secondary):
    found = rule.verdict(primary, secondary)
    if primary == "supports" and "contradicts" not in secondary:
        assert found == "supported"
    elif primary == "contradicts" and "supports" not in secondary:
        assert found == "contradicted"
    elif {primary, *secondary} == {"inconclusive"}:
        assert found == "inconclusive"
    else:
        assert found == "mixed"


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
