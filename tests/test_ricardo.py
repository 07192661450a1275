"""Ricardo's model: Samuelson's arithmetic, chains of goods, the continuum, and where home loses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimbook import models
from claimbook.models import ricardo

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


def test_learning_the_export_good_stops_trade_and_foreign_keeps_all_of_it():
    found = ricardo.equilibrium(LABOUR, AFTER, (0.5, 0.5))
    assert found.relative_wage == pytest.approx(2 / 0.8)
    assert found.specialisation == ("both", "both")
    # Nothing is traded: each country makes what it consumes, half its workers in each good.
    assert found.labour_use == pytest.approx(np.array([[50, 50], [500, 500]]))
    assert found.real_income == pytest.approx(found.autarky_income)
    # Home is back at 50; foreign, which had 100, makes (400, 100) by itself.
    assert found.real_income == pytest.approx([50, np.sqrt(400 * 100)])


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
    # What is made is what is bought, good by good, at what the cheaper source charges.
    price = np.minimum(wage / productivity[0], 1 / productivity[1])
    income = np.array(labour) * [wage, 1]
    made = (found.labour_use * productivity).sum(axis=0)
    np.testing.assert_allclose(made * price, shares * income.sum(), rtol=1e-9)
    earned = (found.labour_use * productivity * price).sum(axis=1)
    np.testing.assert_allclose(earned, income, rtol=1e-9)
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


def many(growth=0.0, concentration=0.0, labour=1.0, spread=1.0):
    points = models.grid(labour=labour, spread=spread, growth=growth, concentration=concentration)
    return ricardo.many_goods(points)


def listed(goods, labour, spread, growth, concentration):
    """A long list of goods in place of the continuum, before and after foreign grew."""
    advantage = np.exp(spread * (1 - 2 * (np.arange(goods) + 0.5) / goods))
    before = ricardo.equilibrium((1, labour), [advantage, np.ones(goods)])
    exported = advantage > before.relative_wage
    foreign = np.exp(np.where(exported, growth, (1 - concentration) * growth))
    return before, ricardo.equilibrium((1, labour), [advantage, foreign])


def test_mirror_countries_pay_the_same_wage():
    assert many()["wage_before"].iloc[0] == pytest.approx(1)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.2, 5.0), st.floats(0.3, 2.0))
def test_the_margin_solves_the_two_equations_of_the_continuum(labour, spread):
    wage = many(labour=labour, spread=spread)["wage_before"].iloc[0]
    margin = (1 - np.log(wage) / spread) / 2  # the good in which home's advantage is the wage
    assert 0 < margin < 1
    assert wage == pytest.approx(margin / (1 - margin) * labour, rel=1e-9)


@settings(max_examples=10, deadline=None)
@given(st.floats(0.2, 5.0), st.floats(0.3, 2.0), st.floats(0, 1), st.floats(0, 1))
def test_many_goods_approach_the_continuum(labour, spread, part, concentration):
    growth = part * spread
    found = many(growth, concentration, labour, spread).iloc[0]
    before, after = listed(2000, labour, spread, growth, concentration)
    assert before.relative_wage == pytest.approx(found["wage_before"], rel=3e-3)
    assert after.relative_wage == pytest.approx(found["wage_after"], rel=3e-3)
    # The good at the margin is one of 2,000, so incomes differ by its size.
    change = after.real_income[0] / before.real_income[0] - 1
    assert change == pytest.approx(found["home_change"], abs=1e-3)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.2, 5), st.floats(0.3, 2), st.floats(0.05, 2.3))
def test_uniform_foreign_growth_always_helps_home_in_the_continuum(labour, spread, growth):
    found = many(growth, 0.0, labour, spread).iloc[0]
    assert found["home_change"] > 0 and found["region"] == "home gains"


def test_growth_in_homes_exports_can_hurt_home_but_not_below_autarky():
    change = many(np.log(2), 1.0)["home_change"].iloc[0]
    assert change < -0.05
    # Home's gain from trade at first is the integral of 2 z - 1 from 1/2 to 1, which is 1/4.
    assert 1 + change > np.exp(-0.25)


# --- maps ---


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_the_closed_form_of_the_map_is_what_the_solver_gives(seed):
    draw = np.random.default_rng(seed)
    one, other = 50.0 ** draw.uniform(-1, 1, 2)
    row = ricardo.two_goods(
        models.grid(
            advantage_1=max(one, other),
            advantage_2=min(one, other),
            labour=10 ** draw.uniform(-1, 1),
            share=draw.uniform(0.1, 0.9),
            part=draw.random(),
        )
    ).iloc[0]
    labour, shares = (1.0, row["labour"]), (row["share"], 1 - row["share"])
    home = [row["advantage_1"], row["advantage_2"]]
    before = ricardo.equilibrium(labour, [home, [1.0, 1.0]], shares)
    # Nothing is learned where foreign is the better already.
    learned = max(row["advantage_1"], 1.0) ** row["part"]
    after = ricardo.equilibrium(labour, [home, [learned, 1.0]], shares)
    change = after.real_income / before.real_income - 1
    assert row["home_change"] == pytest.approx(change[0], rel=1e-9, abs=1e-9)
    assert row["wage_before"] == pytest.approx(before.relative_wage)
    assert row["wage_after"] == pytest.approx(after.relative_wage)


def test_home_is_indifferent_then_loses_then_gains_as_foreign_learns():
    # Samuelson's economy: 40 and 2.5 times as productive, a tenth of the labour.
    to_autarky = np.log(16) / np.log(40)
    first_loss = np.log(4) / np.log(40)  # until foreign's cost in good 1 is the price home sells at
    parts = [0, first_loss * 0.99, first_loss * 1.05, to_autarky, 1.0]
    found = two(40.0, 2.5, 10.0, 0.5, parts)
    assert found["region"].tolist() == ["unchanged"] * 2 + ["home loses"] * 3
    assert found["home_change"].iloc[3] == pytest.approx(-0.5)
    # Where foreign learns more than home knew of the other good, advantage turns round.
    assert two(10.0, 8.0, 5.0, 0.5, 1.0)["region"].tolist() == ["home gains"]


def two(advantage_1, advantage_2, labour, share, part):
    axes = {"advantage_1": advantage_1, "advantage_2": advantage_2, "labour": labour}
    return ricardo.two_goods(models.grid(**axes, share=share, part=part))


def test_the_map_of_the_continuum_turns_from_gain_to_loss_with_concentration():
    found = many([0.0, 0.5], [0.0, 0.5, 1.0], labour=2.0)
    table = found.pivot(index="growth", columns="concentration", values="home_change")
    assert table.loc[0.0].tolist() == pytest.approx([0, 0, 0], abs=1e-9)
    assert table.loc[0.5, 0.0] > 0 > table.loc[0.5, 1.0]
    assert table.loc[0.5].is_monotonic_decreasing
    assert (found["region"] == "unchanged").sum() == 3


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


def test_maps_refuse_nonsense():
    good = models.grid(advantage_1=4.0, advantage_2=2.0, labour=1.0, share=0.5, part=0.5)
    for call, says in [
        (lambda: ricardo.two_goods(good.drop(columns="part")), "no column part"),
        (lambda: ricardo.two_goods(good.assign(share=1.0)), "share of point 0 is 1.0"),
        (lambda: ricardo.two_goods(good.assign(part=-0.1)), "part of point 0"),
        (lambda: ricardo.two_goods(good.assign(labour=np.nan)), "labour of point 0 is nan"),
        (lambda: many([0.1, -0.1]), r"growth of point 1 is -0.1: it must lie in \[0.0, inf\)"),
        (lambda: many(0.1, 1.2), r"concentration of point 0 is 1.2: it must lie in \[0.0, 1.0\]"),
        (lambda: many(0.1, 1.0, spread=0.0), r"spread of point 0 is 0.0: it must lie in \(0.0"),
        (lambda: many(0.1, 1.0, labour=np.inf), "labour of point 0 is inf"),
    ]:
        with pytest.raises(ValueError, match=says):
            call()
