"""The chapter productivity-model: its example by arithmetic, its shares by bisection, without it.

Nothing here imports the models. Prices clear by bisection on the relative wage: home sells the
goods it makes more cheaply, and the wage is where what it earns equals what is spent on them.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from books import real_book
from claimbook import figures
from claimbook.chapters import notebooks
from claimbook.chapters.book import Book
from claimbook.figures import MIME as CHART

CLAIM = "productivity-model"
DRAWS = 20_000
NEAR = 0.02  # four standard errors of the difference of the two samples' shares


@pytest.fixture(scope="module")
def output():
    return real_book().output(CLAIM)


@pytest.fixture(scope="module")
def checks(output):
    return {check["id"]: check for check in output["checks"]}


def rows_of(chart_id):
    notebook = notebooks.read(Book().chapters[CLAIM])
    for cell in notebook.cells:
        for shown in cell.get("outputs", ()):
            drawn = shown.get("data", {}).get(CHART)
            if drawn and drawn["layout"]["meta"]["claimbook"]["id"] == chart_id:
                return figures.Chart(drawn).table.to_numpy(dtype=object).tolist()
    raise AssertionError(f"no chart {chart_id}")


def home_income(advantages, labour, share):
    """Home's real income over that without trade; arrays of goods by economies.

    Foreign makes one of each good a worker and has ``labour`` workers for each one at home.
    """
    spent = np.stack([share, 1 - share])
    low, high = np.full(len(share), -12.0), np.full(len(share), 12.0)
    for _ in range(80):
        middle = (low + high) / 2
        wage = np.exp(middle)
        sold = (spent * (advantages > wage)).sum(axis=0) * (wage + labour)
        low, high = np.where(sold > wage, middle, low), np.where(sold > wage, high, middle)
    wage = np.exp((low + high) / 2)
    prices = np.minimum(wage / advantages, 1.0)
    return wage / np.prod(prices**spent, axis=0) / np.prod(advantages**spent, axis=0)


def outcomes(seed, part=None, most=50.0, most_labour=10.0, spending=(0.1, 0.9), by_ratio=True):
    """Home's real income over that without trade, before and after foreign learned."""
    draw = np.random.default_rng(seed)

    def ratio(top, n):
        if by_ratio:
            return np.exp(draw.uniform(-math.log(top), math.log(top), n))
        return draw.uniform(1 / top, top, n)

    pairs = ratio(most, 8 * DRAWS).reshape(2, -1)
    pairs = pairs[:, pairs.max(axis=0) > 1][:, :DRAWS]
    advantages = np.stack([pairs.max(axis=0), pairs.min(axis=0)])
    n = advantages.shape[1]
    labour, share = ratio(most_labour, n), draw.uniform(*spending, n)
    closed = draw.uniform(0, 1, n) if part is None else np.full(n, part)
    learned = np.stack([advantages[0] ** (1 - closed), advantages[1]])
    return home_income(advantages, labour, share), home_income(learned, labour, share)


def loses(before, after):
    return after < before * (1 - 1e-6)


def test_samuelsons_example_by_arithmetic():
    # Half the workers in each good, then one good each and half of both, then costs in proportion.
    alone = (math.sqrt(50 * 2 * 50 * 0.5), math.sqrt(500 * 0.05 * 500 * 0.2))
    trade = (math.sqrt(100 * 100), math.sqrt(100 * 100))  # 200 of each good are made and shared
    learned = (alone[0], math.sqrt(500 * 0.8 * 500 * 0.2))
    found = {(country, stage): value for country, stage, value in rows_of("three-stages")}
    for stage, (home, foreign) in {
        "Each by itself": alone,
        "With trade": trade,
        "Foreign has learned": learned,
    }.items():
        assert found["Home", stage] == pytest.approx(home)
        assert found["Foreign", stage] == pytest.approx(foreign)


def test_the_path_runs_from_a_twentieth_to_homes_own_productivity():
    rows = rows_of("as-foreign-learns")
    assert (rows[0][0], rows[-1][0]) == (0.05, 2)
    for output, home, foreign in rows:
        if output <= 0.2:  # foreign's cost in good 1 is above home's price
            assert (home, foreign) == pytest.approx((100, 100))
        elif output < 0.8:  # the price of good 1 is foreign's cost: a worker there makes 0.2 of 2
            assert home == pytest.approx(50 * math.sqrt(2 / output / 2.5), rel=1e-3)
        elif output > 0.8:  # home makes good 2 alone, at foreign's cost
            assert home == pytest.approx(50 * math.sqrt(2.5 / (2 / output)), rel=1e-3)
    bottom = min(rows, key=lambda row: row[1])
    assert bottom[0] == pytest.approx(0.8) and bottom[1] == pytest.approx(50)


def conditional(seed, **space):
    """The share of losses among economies with a gain from trade to lose."""
    before, after = outcomes(seed, **space)
    gained = before > 1 + 1e-6
    return loses(before, after)[gained].mean()


def test_the_primary_share_by_bisection_on_another_sample(checks):
    stored = checks["home-loses"]["estimate"]
    assert stored["n"] == 10_000
    assert stored["value"] == pytest.approx(conditional(seed=7), abs=NEAR)
    # Wilson's interval by its formula.
    z, n, p = 1.959963984540054, stored["n"], stored["value"]
    middle, half = p + z**2 / (2 * n), z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    for end, sign in (("low", -1), ("high", 1)):
        assert stored[end] == pytest.approx((middle + sign * half) / (1 + z**2 / n), rel=1e-5)


@pytest.mark.parametrize(
    ("variant", "space"),
    [
        ("learned-all-of-the-gap", {"part": 1.0}),
        ("learned-half-of-the-gap", {"part": 0.5}),
        ("advantage_up_to-5", {"most": 5.0}),
        ("labour_ratio_up_to-3", {"most_labour": 3.0}),
        ("spending-0.3-to-0.7", {"spending": (0.3, 0.7)}),
        ("drawn_evenly_by-number", {"by_ratio": False}),
    ],
)
def test_variants_by_bisection(checks, variant, space):
    stored = {one["id"]: one["estimate"] for one in checks["home-loses"]["variants"]}
    assert stored[variant]["value"] == pytest.approx(conditional(seed=11, **space), abs=NEAR)


def test_among_all_economies(checks):
    stored = {one["id"]: one["estimate"] for one in checks["home-loses"]["variants"]}
    share = loses(*outcomes(seed=13)).mean()
    assert stored["economies-all"]["value"] == pytest.approx(share, abs=NEAR)


def test_the_other_checks_of_two_goods_by_bisection(checks):
    before, after = outcomes(seed=17)
    assert (after >= 1 - 1e-9).all()  # never below no trade, as the theorem says
    gained = before > 1 + 1e-6
    before, after = before[gained], after[gained]
    value = {name: check["estimate"]["value"] for name, check in checks.items()}
    assert value["gain-wiped-out"] == pytest.approx((after <= 1 + 1e-6).mean(), abs=0.008)
    assert value["loses-a-tenth"] == pytest.approx((after < 0.9 * before).mean(), abs=NEAR)
    assert value["on-a-grid"] == pytest.approx(loses(before, after).mean(), abs=NEAR)
    assert value["more-often-than-not"] == value["home-loses"]


def test_growth_by_one_factor_in_both_goods_never_hurts(checks):
    draw = np.random.default_rng(19)
    advantages = np.exp(np.sort(draw.uniform(-3.9, 3.9, (2, 5000)), axis=0)[::-1])
    labour, share = np.exp(draw.uniform(-2.3, 2.3, 5000)), draw.uniform(0.1, 0.9, 5000)
    growth = np.exp(draw.uniform(0, 3.9, 5000))
    before = home_income(advantages, labour, share)
    after = home_income(advantages / growth, labour, share)
    assert (after >= before * (1 - 1e-9)).all()
    stored = checks["uniform-growth"]["estimate"]
    assert (stored["value"], stored["low"], stored["n"]) == (0, 0, 500)


@pytest.mark.parametrize(
    ("variant", "most", "least_lean"),
    [
        ("headline", 10, 0.0),
        ("leaning-at-least-half", 10, 0.5),
        ("labour_ratio_up_to-3", 3, 0.0),
    ],
)
def test_many_goods_by_a_long_list_of_goods(checks, variant, most, least_lean):
    """Dornbusch, Fischer and Samuelson's condition, solved on 2,000 goods for other economies."""
    draw, n = np.random.default_rng(23), 600
    spread, labour = draw.uniform(0.5, 2, n), most ** draw.uniform(-1, 1, n)
    growth, lean = draw.uniform(0, 1, n) * spread, draw.uniform(least_lean, 1, n)
    goods = (np.arange(2000) + 0.5)[:, None] / 2000
    advantage = spread * (1 - 2 * goods)  # home's over foreign's, in logarithms

    def solved(foreign):
        low, high = np.full(n, -6.0), np.full(n, 6.0)
        for _ in range(60):
            wage = (low + high) / 2
            part = (advantage - foreign > wage).mean(axis=0)
            sells = part * (np.exp(wage) + labour) > np.exp(wage)
            low, high = np.where(sells, wage, low), np.where(sells, high, wage)
        wage = (low + high) / 2
        return wage - np.minimum(wage - advantage, -foreign).mean(axis=0), wage

    before, wage = solved(np.zeros((2000, n)))
    exports = advantage > wage
    after, _ = solved(np.where(exports, growth, (1 - lean) * growth))
    share = (after < before).mean()
    found = checks["home-loses-many-goods"]["variants"]
    stored = next(one["estimate"] for one in found if one["id"] == variant)
    assert stored["n"] == 1000
    assert stored["value"] == pytest.approx(share, abs=0.08)


def test_the_verdict_and_the_reading_that_fails(output, checks):
    assert checks["home-loses"]["outcome"] == "supports"
    assert checks["home-loses-many-goods"]["outcome"] == "supports"
    assert checks["gain-wiped-out"]["outcome"] == "contradicts"
    assert checks["gain-wiped-out"]["role"] == "context"
    assert output["verdict"] == "supported"
