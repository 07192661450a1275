"""The chapter on the matching model: its shares and worked economies, found without the library."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
import pytest
from scipy.optimize import linprog

from claimbook import figures
from claimbook.chapters import notebooks, results
from claimbook.chapters.book import Book

PEOPLE = np.array([1.0, 1.0, 1.0, 1.5])
SIDE = 8


@pytest.fixture(scope="module")
def output():
    return Book().output("matching-model")


def cells(ranked):
    """Middles of cells of equal volume in A > B > C > 1 up to 4, or in A > B and C > 1."""
    for k in range(SIDE**3):
        first, second, third = ((k // SIDE**power % SIDE + 0.5) / SIDE for power in (2, 1, 0))
        high = first ** (1 / 3) if ranked else first ** (1 / 2)
        middle = high * (second ** (1 / 2) if ranked else second)
        low = middle * third if ranked else third
        yield np.array([1 + 3 * high, 1 + 3 * middle, 1 + 3 * low, 1.0])


def assignment(skill, mass):
    """Kinds of teams, what each makes, and the most that all can make, by a plain programme."""
    kinds = list(combinations_with_replacement(range(len(skill)), 2))
    value = np.array([max(skill[i], skill[j]) ** 2 * min(skill[i], skill[j]) for i, j in kinds])
    usage = np.zeros((len(skill), len(kinds)))
    for column, (i, j) in enumerate(kinds):
        usage[i, column] += 1
        usage[j, column] += 1
    return usage, value, -linprog(-value, A_eq=usage, b_eq=mass).fun


def ratio(skill, mass, i, j, sign):
    """Lowest (sign 1) or highest (-1) w_i / w_j over all stable wages that exhaust output.

    With t = 1 / w_j and y = t w the ratio is y_i where y_j = 1 (Charnes and Cooper).
    """
    usage, value, output = assignment(skill, mass)
    unit = np.eye(len(skill) + 1)
    solved = linprog(
        sign * unit[i],
        A_ub=np.column_stack([-usage.T, value]),
        b_ub=np.zeros(len(value)),
        A_eq=np.vstack([np.append(mass, -output), unit[j]]),
        b_eq=[0.0, 1.0],
    )
    assert solved.status == 0, solved.message
    return sign * solved.fun


@pytest.mark.parametrize(
    ("variant", "ranked", "sign"),
    [("headline", True, 1), ("gap-may-widen+order-by-country", False, -1)],
)
def test_the_share_of_economies_whose_gap_widens(output, variant, ranked, sign):
    widens = [
        ratio(skill, PEOPLE, 2, 3, sign) > ratio(skill[2:], PEOPLE[2:], 0, 1, -1) * (1 + 1e-5)
        for skill in cells(ranked)
    ]
    stored = next(
        found["estimate"] for found in results.primary(output)["variants"] if found["id"] == variant
    )
    assert stored["n"] == 3_000
    assert stored["low"] == stored["value"] == stored["high"]
    assert stored["value"] == pytest.approx(np.mean(widens), abs=0.02)


def test_random_draws_twice_the_points_and_a_grid_give_the_share_of_the_headline(output):
    headline = results.primary(output)["estimate"]["value"]
    drawn = next(check for check in output["checks"] if check["id"] == "random-draws")["estimate"]
    assert drawn["n"] == 10_000
    assert drawn["low"] < headline < drawn["high"]
    wilson = 2 * 1.96 * (headline * (1 - headline) / 1e4) ** 0.5
    assert drawn["high"] - drawn["low"] == pytest.approx(wilson, rel=0.02)
    assert output["values"]["twice-points"] == pytest.approx(headline, abs=0.003)
    # A plain grid lacks the cells on the edges, where two skills are equal.
    assert output["values"]["grid-points"] == pytest.approx(headline, abs=0.02)


def test_the_less_skilled_never_lose_where_they_are_the_many(output):
    """Some of them then work among themselves in autarky, for half of 1; nobody can earn less."""
    check = next(check for check in output["checks"] if check["id"] == "least-skilled-lose")
    assert check["estimate"]["value"] == 0
    assert output["values"]["share-lose"] > 0.1  # where they are not


def test_in_a_large_poor_country_the_gap_never_widens(output):
    """Some C then work among themselves before and after, for half of C cubed."""
    large = [
        found
        for found in results.primary(output)["variants"]
        if found["options"]["people"].startswith("large")
    ]
    assert len(large) == 48
    assert all(found["estimate"]["value"] == 0 for found in large)


def test_the_worked_economies_follow_from_arithmetic():
    """C / D: D earn 1/2 among themselves, C what a team of C and D leaves, or B leaves of BC."""
    rows = next(
        figures.Chart(output["data"][figures.MIME]).table.to_numpy(dtype=object).tolist()
        for cell in notebooks.read(Book().chapters["matching-model"]).cells
        for output in cell.get("outputs", ())
        if "chart worked-economies" in output.get("data", {}).get("text/plain", "")
    )
    found = {row[0]: [*row[1:4], row[6]] for row in rows}
    home = 1.5**2 * 1 - 0.5  # C's wage with a D, who must be paid 1/2
    first = 2.0**2 * 1.5 - (3.2**2 * 2.0 - 3.2**3 / 2)  # B earn at least what A would pay them
    third = 2.2**2 * 1.5 - 2.2**3 / 2  # B earn at least what they make among themselves
    expected = {
        "3.2 2.0 1.5 1.0": [2 * home, 2 * home, 2 * first, 0.154],
        "3.0 2.2 1.5 1.0": [2 * home, 2 * home, 2 * home, 0],
        "4.0 2.2 1.5 1.0": [2 * home, 2 * home, 2 * third, 0.186],
    }
    assert found.keys() == expected.keys()
    for skills, numbers in expected.items():
        assert found[skills] == pytest.approx(numbers, abs=1e-5), skills
