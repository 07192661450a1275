"""The chapter on the matching model: its shares and worked economies, found without the library."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
import pytest
from scipy.optimize import linprog

from books import real_book
from claimbook import figures
from claimbook.chapters import notebooks
from claimbook.chapters.book import Book

PRIMES = (2, 3, 5, 7, 11, 13, 17)
FEW = 150  # of the chapter's 1,500 points: linear programmes take their time


@pytest.fixture(scope="module")
def output():
    return real_book().output("matching-model")


@pytest.fixture(scope="module")
def checks(output):
    return {check["id"]: check for check in output["checks"]}


def variant(check, name):
    return next(found for found in check["variants"] if found["id"] == name)["estimate"]


def mirrored(number, base):
    """The digits of a number in a base, mirrored at the point (van der Corput)."""
    found, place = 0.0, 1.0
    while number:
        number, digit = divmod(number, base)
        place /= base
        found += place * digit
    return found


def cells(n, seed=None, overlap=False, people="less skilled the many"):
    """Skills and numbers of n economies: Halton's points, or random ones where a seed is given."""
    draw = None if seed is None else np.random.default_rng(seed)
    for k in range(1, n + 1):
        unit = [mirrored(k, prime) for prime in PRIMES] if draw is None else list(draw.random(7))
        ranked = 2 if overlap else 3
        tops = sorted(unit[:ranked], reverse=True) + unit[ranked:3]
        skill = np.array([*(1 + 3 * u for u in tops), 1.0])
        a, b, c, d = (2.0 ** (2 * u - 1) for u in unit[3:])
        if people == "less skilled the many":
            c, d = min(c, d), max(c, d)
        elif people == "skilled the many":
            c, d = max(c, d), min(c, d)
        yield skill, np.array([a, b, c, d])


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


def solved(economies):
    """By plain programmes, economy by economy: teams cross, the gap widens, D lose."""
    found = []
    for skill, mass in economies:
        gain = assignment(skill, mass)[2]
        gain -= assignment(skill[:2], mass[:2])[2] + assignment(skill[2:], mass[2:])[2]
        before = ratio(skill[2:], mass[2:], 0, 1, -1)
        widens = ratio(skill, mass, 2, 3, 1) > before * (1 + 1e-5)
        loses = wage_of_d(skill, mass, -1) < wage_of_d(skill[2:], mass[2:], 1) * (1 - 1e-5)
        found.append((gain > 1e-5, widens, loses))
    return np.array(found)


def wage_of_d(skill, mass, sign):
    """Lowest (sign 1) or highest (-1) wage of the last kind over all stable wages."""
    usage, value, output = assignment(skill, mass)
    found = linprog(
        sign * np.eye(len(skill))[-1],
        A_ub=-usage.T,
        b_ub=-value,
        A_eq=mass[None, :],
        b_eq=[output],
    )
    assert found.status == 0, found.message
    return sign * found.fun


@pytest.fixture(scope="module")
def headline():
    return solved(cells(FEW))


def near(share, n):
    """Four standard errors of a share of n economies: even points do better than chance."""
    return 4 * (share * (1 - share) / n) ** 0.5


def test_the_checks_that_count_by_plain_programmes(checks, headline):
    crosses, widens, loses = headline.T
    stored = {name: checks[name]["estimate"] for name in checks}
    for name, held in (("gap-widens", widens), ("once-teams-cross", widens[crosses])):
        value = stored[name]["value"]
        assert value == pytest.approx(held.mean(), abs=near(value, len(held))), name
    assert stored["least-skilled-lose"]["value"] == loses.mean() == 0
    assert stored["gap-widens"]["n"] == stored["least-skilled-lose"]["n"] == 1_500
    assert stored["once-teams-cross"]["n"] / 1_500 == pytest.approx(crosses.mean(), abs=0.16)
    for name in ("gap-widens", "once-teams-cross", "least-skilled-lose"):
        found = stored[name]
        assert found["exact"] and found["low"] == found["value"] == found["high"]


def test_random_economies_with_skills_that_overlap_by_plain_programmes(checks):
    crosses, widens, _ = solved(cells(FEW, seed=3, overlap=True)).T
    for name, held in (("gap-widens", widens), ("once-teams-cross", widens[crosses])):
        value = variant(checks[name], "order-by-country")["value"]
        assert value == pytest.approx(held.mean(), abs=near(value, len(held))), name


def test_the_less_skilled_lose_only_where_they_are_few(checks):
    loses = solved(cells(FEW, seed=5, people="skilled the many"))[:, 2]
    stored = checks["lose-where-scarce"]["estimate"]["value"]
    assert stored == pytest.approx(loses.mean(), abs=near(stored, FEW)) and stored > 0.1
    many = [one for one in checks["least-skilled-lose"]["variants"]]
    for found in many:
        may_be_few = found["options"]["people"] == "either the many"
        assert (found["estimate"]["value"] > 0) == may_be_few


def test_random_draws_give_the_share_of_the_headline(checks):
    headline = checks["gap-widens"]["estimate"]["value"]
    drawn = checks["random-draws"]["estimate"]
    assert drawn["n"] == 3_000
    assert drawn["low"] < headline < drawn["high"]
    wilson = 2 * 1.96 * (headline * (1 - headline) / 3e3) ** 0.5
    assert drawn["high"] - drawn["low"] == pytest.approx(wilson, rel=0.02)


def test_equal_numbers_are_a_knife_edge(output, checks):
    edge = checks["equal-numbers"]["estimate"]["value"]
    assert output["values"]["fewer-a"] < edge - 0.1 < edge + 0.1 < output["values"]["fewer-c"]


def test_the_gap_never_widens_where_c_outnumber_the_rich_and_d_outnumber_c():
    """The last theorem, on economies whose skills may lie in any order between the countries."""
    draw = np.random.default_rng(11)
    for skill, (a, b, *_) in cells(40, seed=13, overlap=True):
        c = (a + b) * draw.uniform(1.01, 2)
        mass = np.array([a, b, c, c * draw.uniform(1.01, 2)])
        before = ratio(skill[2:], mass[2:], 0, 1, -1)
        assert ratio(skill, mass, 2, 3, -1) <= before * (1 + 1e-6)


def test_two_kinds_team_up_below_the_golden_ratio(output):
    golden = (1 + 5**0.5) / 2
    assert output["values"]["threshold"] == pytest.approx(golden, abs=1e-5)
    for r, mixes in ((golden - 0.01, True), (golden + 0.01, False)):
        assert (2 * r**2 > r**3 + 1) == mixes


def test_the_worked_example_follows_from_arithmetic(output):
    """C / D: D earn 1/2 among themselves, C what a team of C and D leaves, or B leaves of BC."""
    values = output["values"]
    home = 1.5**2 * 1 - 0.5  # C's wage with a D, who must be paid 1/2
    scarce = 2.0**2 * 1.5 - (3.2**2 * 2.0 - 3.2**3 / 2)  # B earn what A would pay them
    assert values["gap-before"] == values["gap-plentiful"] == pytest.approx(2 * home)
    assert values["gap-most"] == values["gap-scarce"] == pytest.approx(2 * scarce)
    assert values["d-before"] == values["d-after"] == 0.5
    # More C than D: C are held to what two of them make, and D earn the rest of a team with C.
    assert values["scarce-d-before"] == pytest.approx(1.5**2 * 1 - 1.5**3 / 2)
    assert values["scarce-d-after"] == 0.5


def test_the_line_steps_down_where_c_outnumber_b_and_ends_at_nought():
    chart = next(
        figures.Chart(output["data"][figures.MIME]).table.to_numpy(dtype=float)
        for cell in notebooks.read(Book().chapters["matching-model"]).cells
        for output in cell.get("outputs", ())
        if "chart who-is-scarce" in output.get("data", {}).get("text/plain", "")
    )
    lines = {row[0]: row[1:] for row in chart}
    assert (lines[95] - lines[105] > 5).all()
    assert (lines[300] == 0).all() and (lines[325] == 0).all()
