"""Numbers for people: a unit, two or three digits, per cent for shares, and never a lost sign."""

import pytest

from claimbook.estimates import words


def estimate(value, low, high, unit="Gini points", n=74):
    return {"value": value, "low": low, "high": high, "unit": unit, "n": n}


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (estimate(-2.03125, -2.95, 0.9), "−2.0 Gini points (−3.0 to 0.9), 74 economies"),
        (
            estimate(0.353333, 0.28, 0.433333, "share of economies", 150),
            "35 % of economies (28 to 43 %), 150 economies",
        ),
        (
            estimate(0.0177, 0.0152947, 0.0204757, "share of people", 10000),
            "1.8 % of people (1.5 to 2.0 %), 10,000 economies",
        ),
        (estimate(34.5008, 34.5008, 34.5008), "34.5 Gini points (exact), 74 economies"),
        (estimate(0.4, 0.0001, 0.84), "0.40 Gini points (0.0001 to 0.84), 74 economies"),
        (estimate(0.0, 0.0, 0.0), "0 Gini points (exact), 74 economies"),
        (None, "no estimate"),
    ],
)
def test_an_estimate_is_written_with_unit_interval_and_number(found, text):
    assert words.full(found) == text


def test_a_model_counts_other_things_than_economies():
    assert words.full(estimate(1.0, 1.0, 1.0), "cases").endswith("74 cases")


@pytest.mark.parametrize(
    ("value", "unit", "difference", "text"),
    [
        (0.25, "share of economies", False, "25 % of economies"),
        (0.05, "share of economies", True, "5 points"),
        (1, "Gini points", True, "1 Gini point"),
        (-0.25, "Gini points", False, "−0.25 Gini points"),
        (0, "Gini points", False, "0 Gini points"),
    ],
)
def test_an_amount_is_written_with_its_unit(value, unit, difference, text):
    assert words.amount(value, unit, difference=difference) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (1234567.0, "1,234,567"), (-0.0012345, "−0.00123"), (2.5, "2.5")],
)
def test_a_plain_number_has_few_digits_and_a_true_minus(value, text):
    assert words.number(value) == text
