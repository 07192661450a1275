"""Ricardo's model: Samuelson's arithmetic, chains of goods, the continuum, and where home loses."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimbook.models import ricardo, ricardo_map

LABOUR = (100.0, 1000.0)
BEFORE = ((2.0, 0.5), (0.05, 0.2))
AFTER = ((2.0, 0.5), (0.8, 0.2))

positive = st.floats(0.05, 20.0)


@st.composite
def economies(draw, goods=(2, 6)):
    n = draw(st.integers(*goods))
    productivity = [draw(st.lists(positive, min_size=n, max_size=n)) for _ in range(2)]
    weight = np.array(draw(st.lists(st.floats(0.1, 1.0), min_size=n, max_size=n)))
    return (draw(positive), draw(positive)), np.array(productivity), weight / weight.sum()


# --- Samuelson's example, by its arithmetic ---


def test_opening_doubles_both_real_incomes():
    found = ricardo.equilibrium(LABOUR, BEFORE, (0.5, 0.5))
    # By themselves: half the workers in each good, so (100, 25) at home and (25, 100) abroad.
    assert found.autarky_income == pytest.approx([np.sqrt(100 * 25)] * 2)
    # In trade home makes 200 of good 1, foreign 200 of good 2, and each gets half of both.
    assert found.specialisation == ("home", "foreign")
    assert found.labour_use.tolist() == [[100, 0], [0, 1000]]
    assert found.real_income == pytest.approx([100, 100])
    assert found.gains == pytest.approx([2, 2])
    assert found.relative_wage == pytest.approx(10)
    assert found.exports == pytest.approx(np.array([[0.5, -0.5], [-0.5, 0.5]]))


def test_learning_the_export_good_stops_trade_and_foreign_keeps_all_of_it():
    found = ricardo.equilibrium(LABOUR, AFTER, (0.5, 0.5))
    assert found.relative_wage == pytest.approx(2 / 0.8)
    assert found.specialisation == ("both", "both")
    np.testing.assert_array_equal(found.exports, 0)
    assert found.real_income == pytest.approx(found.autarky_income)
    # Home is back at 50; foreign, which had 100, makes (400, 100) by itself.
    assert found.real_income == pytest.approx([50, np.sqrt(400 * 100)])


def test_the_example_as_a_transfer_and_as_a_table():
    part = np.log(0.8 / 0.05) / np.log(2 / 0.05)
    assert ricardo.transfer(BEFORE, 0, part) == pytest.approx(np.array(AFTER))
    table = ricardo.income_table(
        {
            "before": ricardo.equilibrium(LABOUR, BEFORE),
            "after": ricardo.equilibrium(LABOUR, AFTER),
        }
    )
    assert table["trade"].tolist() == pytest.approx([100, 100, 50, 200])
    assert table["autarky"].tolist() == pytest.approx([50, 50, 50, 200])
    assert table["country"].tolist() == ["home", "foreign"] * 2


def test_nothing_is_learned_where_foreign_is_the_better_already():
    productivity = np.array([[1.0, 2.0], [3.0, 1.0]])
    np.testing.assert_array_equal(ricardo.transfer(productivity, 0, 1.0), productivity)
    assert ricardo.transfer(productivity, 1, 1.0)[1].tolist() == [3.0, 2.0]


# --- any small set of goods ---


@settings(max_examples=150, deadline=None)
@given(economies())
def test_an_equilibrium_balances_trade_and_employs_everybody_where_he_is_best(economy):
    labour, productivity, shares = economy
    found = ricardo.equilibrium(labour, productivity, shares)
    advantage = productivity[0] / productivity[1]
    wage = found.relative_wage
    assert advantage.min() * (1 - 1e-9) <= wage <= advantage.max() * (1 + 1e-9)
    assert (found.labour_use >= 0).all()
    np.testing.assert_allclose(found.labour_use.sum(axis=1), labour, rtol=1e-9)
    for good, maker in enumerate(found.specialisation):
        if maker in ("home", "both"):
            assert advantage[good] >= wage * (1 - 1e-9)
        if maker in ("foreign", "both"):
            assert advantage[good] <= wage * (1 + 1e-9)
    assert found.exports.sum() == pytest.approx(0, abs=1e-12)
    assert found.exports[0].sum() == pytest.approx(0, abs=1e-9)
    # What is made is what is bought, good by good, at what the cheaper source charges.
    price = np.minimum(wage / productivity[0], 1 / productivity[1])
    income = np.array(labour) * [wage, 1]
    made = (found.labour_use * productivity).sum(axis=0)
    np.testing.assert_allclose(made * price, shares * income.sum(), rtol=1e-9)
    consumed = income[:, None] * shares / price
    np.testing.assert_allclose(np.prod(consumed**shares, axis=1), found.real_income, rtol=1e-9)


@settings(max_examples=100, deadline=None)
@given(economies())
def test_nobody_loses_from_trade_itself(economy):
    assert (ricardo.equilibrium(*economy).gains >= 1 - 1e-9).all()


@settings(max_examples=60, deadline=None)
@given(economies(), st.randoms(use_true_random=False))
def test_the_order_of_goods_does_not_matter_and_countries_can_change_places(economy, shuffler):
    labour, productivity, shares = economy
    found = ricardo.equilibrium(labour, productivity, shares)
    order = list(range(len(shares)))
    shuffler.shuffle(order)
    other = ricardo.equilibrium(labour, productivity[:, order], shares[order])
    assert other.real_income == pytest.approx(found.real_income, rel=1e-9)
    swapped = ricardo.equilibrium(labour[::-1], productivity[::-1], shares)
    assert swapped.relative_wage == pytest.approx(1 / found.relative_wage, rel=1e-9)
    assert swapped.real_income == pytest.approx(found.real_income[::-1], rel=1e-9)


def test_a_small_country_leaves_the_other_in_both_goods_at_its_own_prices():
    found = ricardo.equilibrium((1.0, 1000.0), [[2.0, 1.0], [1.0, 1.0]])
    # Home (1 worker) cannot serve the world with good 1: foreign makes it too, at its own cost.
    assert found.specialisation == ("both", "foreign")
    assert found.relative_wage == pytest.approx(2.0)
    assert found.gains == pytest.approx([np.sqrt(2.0), 1.0])


def test_equal_spending_is_the_default():
    productivity = [[3, 2, 1], [1, 1, 1]]
    one = ricardo.equilibrium((1, 1), productivity)
    other = ricardo.equilibrium((1, 1), productivity, [1 / 3] * 3)
    assert one.real_income.tolist() == other.real_income.tolist()


def test_goods_of_equal_advantage_are_one_good():
    found = ricardo.equilibrium((1, 1), [[2, 4, 1], [1, 2, 1]], (0.3, 0.3, 0.4))
    # Home earns 2 of 3 at a wage of 2, more than the 0.6 spent on its goods: the wage is 1.5.
    assert found.relative_wage == pytest.approx(0.6 / 0.4)
    assert found.specialisation == ("home", "home", "foreign")
    at_margin = ricardo.equilibrium((1, 1), [[2, 4, 1], [1, 2, 1]], (0.4, 0.4, 0.2))
    assert at_margin.specialisation == ("both", "both", "foreign")
    assert at_margin.labour_use[0].tolist() == pytest.approx([0.5, 0.5, 0])


@settings(max_examples=60, deadline=None)
@given(economies(), st.floats(1.01, 5.0))
def test_uniform_foreign_growth_never_hurts_home(economy, factor):
    labour, productivity, shares = economy
    before = ricardo.equilibrium(labour, productivity, shares)
    after = ricardo.equilibrium(labour, productivity * np.array([[1.0], [factor]]), shares)
    assert after.real_income[0] >= before.real_income[0] * (1 - 1e-9)


# --- the continuum ---


def falling(z):
    return np.exp(1 - 2 * z)


def flat(z):
    return np.ones_like(z)


def test_mirror_countries_share_the_continuum():
    found = ricardo.continuum((1, 1), falling, flat)
    assert found.relative_wage == pytest.approx(1)
    assert found.home_share == pytest.approx(0.5)
    # Home saves on goods beyond the margin: the integral of 2 z - 1 from 1/2 to 1 is 1/4.
    assert found.gains == pytest.approx([np.exp(0.25)] * 2)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.2, 5.0), st.floats(0.3, 2.0))
def test_the_margin_solves_the_two_equations_of_the_continuum(labour, spread):
    found = ricardo.continuum((1, labour), lambda z: np.exp(spread * (1 - 2 * z)), flat)
    margin = found.home_share
    assert found.relative_wage == pytest.approx(np.exp(spread * (1 - 2 * margin)), rel=1e-6)
    assert found.relative_wage == pytest.approx(margin / (1 - margin) * labour, rel=1e-6)


def test_many_goods_approach_the_continuum():
    n = 800
    z = (np.arange(n) + 0.5) / n
    listed = ricardo.equilibrium((1, 2), [1 + np.sin(3 * z), 0.5 + z])
    smooth = ricardo.continuum((1, 2), lambda z: 1 + np.sin(3 * z), lambda z: 0.5 + z)
    assert listed.relative_wage == pytest.approx(smooth.relative_wage, rel=3e-3)
    # A list of n goods measures real income with shares 1 / n, the continuum with density 1.
    # The good at the margin is one of 800, so trade differs by its size; autarky does not.
    assert listed.real_income * n == pytest.approx(smooth.real_income, rel=1 / n)
    assert listed.autarky_income * n == pytest.approx(smooth.autarky_income, rel=1e-5)


def test_equal_costs_in_all_goods_leave_nothing_to_trade():
    found = ricardo.continuum((2, 3), lambda z: 1 + z, lambda z: 2 + 2 * z)
    assert found.relative_wage == pytest.approx(0.5)
    assert found.gains == pytest.approx([1, 1])
    assert found.home_share == pytest.approx(1 / 4)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.2, 5), st.floats(0.3, 2), st.floats(-1, 1), st.floats(1.05, 10))
def test_uniform_foreign_growth_always_helps_home_in_the_continuum(labour, spread, bend, factor):
    def home(z):
        return np.exp(spread * (1 - 2 * z) + bend * z * z)

    before = ricardo.continuum((1, labour), home, flat)
    after = ricardo.continuum((1, labour), home, lambda z: factor * flat(z))
    assert after.real_income[0] > before.real_income[0]


def test_growth_in_homes_exports_can_hurt_home_but_not_below_autarky():
    before = ricardo.continuum((1, 1), falling, flat)
    learned = ricardo.continuum(
        (1, 1), falling, lambda z: np.where(z < before.home_share, 2.0, 1.0), [before.home_share]
    )
    assert learned.real_income[0] < before.real_income[0] * 0.95
    assert learned.real_income[1] > before.real_income[1]
    assert learned.gains[0] > 1


# --- maps ---


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_the_closed_form_of_the_map_is_what_the_solver_gives(seed):
    row = ricardo_map.classify(ricardo_map.sample(1, seed)).iloc[0]
    labour, shares = (1.0, row["labour"]), (row["share"], 1 - row["share"])
    productivity = np.array([[row["advantage_1"], row["advantage_2"]], [1.0, 1.0]])
    before = ricardo.equilibrium(labour, productivity, shares)
    learned = ricardo.transfer(productivity, 0, row["part"])
    after = ricardo.equilibrium(labour, learned, shares)
    change = after.real_income / before.real_income - 1
    assert row["home_change"] == pytest.approx(change[0], rel=1e-9, abs=1e-9)
    assert row["foreign_change"] == pytest.approx(change[1], rel=1e-9, abs=1e-9)
    assert row["wage_before"] == pytest.approx(before.relative_wage)
    assert row["wage_after"] == pytest.approx(after.relative_wage)


def test_home_is_indifferent_then_loses_then_gains_as_foreign_learns():
    # Samuelson's economy: 40 and 2.5 times as productive, a tenth of the labour.
    to_autarky = np.log(16) / np.log(40)
    first_loss = np.log(4) / np.log(40)  # until foreign's cost in good 1 is the price home sells at
    parts = [0, first_loss * 0.99, first_loss * 1.05, to_autarky, 1.0]
    found = ricardo_map.classify(ricardo_map.grid(40.0, 2.5, 10.0, 0.5, parts))
    assert found["region"].tolist() == ["unchanged"] * 2 + ["home loses"] * 3
    assert found["home_change"].iloc[3] == pytest.approx(-0.5)
    assert found["foreign_change"].iloc[3] == pytest.approx(1.0)
    # Where foreign learns more than home knew of the other good, advantage turns round.
    turned = ricardo_map.classify(ricardo_map.grid(10.0, 8.0, 5.0, 0.5, 1.0)).iloc[0]
    assert turned["region"] == "home gains"


def test_the_samples_shares_are_of_the_declared_space():
    points = ricardo_map.sample(4000, seed=1, most_advantage=20, most_labour=4, share=(0.2, 0.7))
    assert (points["advantage_1"] > points["advantage_2"]).all()
    assert (points["advantage_1"] > 1).all() and points["advantage_1"].max() < 20
    assert points["advantage_2"].min() > 1 / 20
    # Uniform over a triangle of half the square, less the quarter where both are below 1.
    assert (points["advantage_2"] > 1).mean() == pytest.approx(1 / 3, abs=0.03)
    assert points["labour"].between(1 / 4, 4).all() and points["share"].between(0.2, 0.7).all()
    pd.testing.assert_frame_equal(points, ricardo_map.sample(4000, 1, 20, 4, (0.2, 0.7)))
    assert set(ricardo_map.classify(points)["region"]) == set(ricardo_map.REGIONS)


def test_the_map_of_the_continuum_turns_from_gain_to_loss_with_concentration():
    found = ricardo_map.continuum_map([0.0, 0.5], [0.0, 0.5, 1.0], labour=(1, 2), spread=1.0)
    table = found.pivot(index="growth", columns="concentration", values="home_change")
    assert table.loc[0.0].tolist() == pytest.approx([0, 0, 0], abs=1e-9)
    assert table.loc[0.5, 0.0] > 0 > table.loc[0.5, 1.0]
    assert table.loc[0.5].is_monotonic_decreasing
    assert (found["region"] == "unchanged").sum() == 3
    spread_work = ricardo_map.continuum_map([0.0, 0.5], [0.0, 0.5, 1.0], (1, 2), 1.0, n_jobs=2)
    pd.testing.assert_frame_equal(found, spread_work, check_exact=True)


# --- nonsense ---


@pytest.mark.parametrize(
    ("labour", "productivity", "shares", "says"),
    [
        ((1, -1), [[1, 2], [2, 1]], None, "must be positive"),
        ((1, 1, 1), [[1, 2], [2, 1]], None, "labour has the shape"),
        ((1, 1), [[1, 2], [2, float("nan")]], None, "must be positive"),
        ((1, 1), [[1, 0], [2, 1]], None, "must be positive"),
        ((1, 1), [[1, 2], [2]], None, "rows of one length"),
        ((1, 1), [[1, 2]], None, "productivity has the shape"),
        ((1, 1), [[1], [2]], None, "at least two"),
        ((1, 1), [[1, 2], [2, 1]], (0.5, 0.6), "add up to 1.1"),
        ((1, 1), [[1, 2], [2, 1]], (1.2, -0.2), "must be positive"),
        ((1, 1), [[1, 2], [2, 1]], (1.0,), "share has the shape"),
        (("many", 1), [[1, 2], [2, 1]], None, "must be numbers"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(labour, productivity, shares, says):
    with pytest.raises(ValueError, match=says):
        ricardo.equilibrium(labour, productivity, shares)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (((1, 1), falling, lambda z: 0 * z), "not a positive number"),
        (((1, 1), falling, flat, [1.5]), "between 0 and 1"),
        (((1, 1), falling, flat, (), 3), "at least 10"),
        (((1, 0), falling, flat), "must be positive"),
    ],
)
def test_a_continuum_refuses_nonsense(arguments, says):
    with pytest.raises(ValueError, match=says):
        ricardo.continuum(*arguments)


def test_maps_and_transfers_refuse_nonsense():
    good = ricardo_map.grid(4.0, 2.0, 1.0, 0.5, 0.5)
    for call, says in [
        (lambda: ricardo.transfer(BEFORE, 2, 0.5), "no good 2"),
        (lambda: ricardo.transfer(BEFORE, 0, 1.5), "from 0 to 1"),
        (lambda: ricardo_map.classify(good.drop(columns="part")), "no column part"),
        (lambda: ricardo_map.classify(good.assign(share=1.0)), "share of point 0 is 1.0"),
        (lambda: ricardo_map.classify(good.assign(part=-0.1)), "part of point 0"),
        (lambda: ricardo_map.classify(good.assign(labour=np.nan)), "labour of point 0 is nan"),
        (lambda: ricardo_map.sample(0, 1), "at least one"),
        (lambda: ricardo_map.sample(5, 1, most_labour=0.5), "above 1"),
        (lambda: ricardo_map.sample(5, 1, share=(0.8, 0.2)), "must rise"),
        (lambda: ricardo_map.continuum_map([-0.1], [0]), "zero or more"),
        (lambda: ricardo_map.continuum_map([0.1], [1.2]), "from 0"),
        (lambda: ricardo_map.continuum_map([0.1], [1], spread=0), "must be positive"),
    ]:
        with pytest.raises(ValueError, match=says):
            call()
