"""The matching model: the identities of its equilibria, its worked cases, and what it refuses."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from claimbook.models import matching

MASSES = (1.0, 1.0, 1.0, 1.5)


def economies(most_types=6, masses=None):
    """Skills on a coarse scale, so that ties are exact or far apart; masses likewise."""
    skill = st.integers(100, 300).map(lambda k: k / 100)
    mass = st.integers(1, 12).map(lambda k: k / 4) if masses is None else masses
    return st.integers(1, most_types).flatmap(
        lambda n: st.tuples(
            st.lists(skill, min_size=n, max_size=n), st.lists(mass, min_size=n, max_size=n)
        )
    )


exponents = st.tuples(st.floats(0.5, 4.0), st.floats(0.1, 0.95)).map(lambda p: (p[0], p[0] * p[1]))


def assert_equilibrium(found):
    """Everybody works once, wages exhaust output, and no team could earn more than its members."""
    value = matching.team_output(found.skill, found.a, found.b)
    used = found.teams.sum(axis=0) + found.teams.sum(axis=1)
    np.testing.assert_allclose(used, found.mass, rtol=1e-9)
    assert (found.teams >= 0).all()
    assert found.output == pytest.approx((found.teams * value).sum(), rel=1e-9)
    assert found.wages @ found.mass == pytest.approx(found.output, rel=1e-9)
    alone = np.diag(value) / 2
    slack = found.wages[:, None] + found.wages - value
    assert (slack >= -1e-9 * np.maximum(alone[:, None], alone)).all()
    low, high = found.wage_bounds.T
    assert (low <= found.wages).all() and (found.wages <= high).all()


# --- properties of every equilibrium ---


@settings(max_examples=80, deadline=None)
@given(economies(), exponents)
def test_an_equilibrium_is_feasible_stable_and_exhausts_output(economy, ab):
    assert_equilibrium(matching.equilibrium(*economy, *ab))


@settings(max_examples=40, deadline=None)
@given(economies(masses=st.floats(-6, 6).map(lambda e: 10.0**e)), exponents)
def test_masses_from_a_millionth_to_a_million_are_solved_as_exactly(economy, ab):
    assert_equilibrium(matching.equilibrium(*economy, *ab))


@settings(max_examples=40, deadline=None)
@given(economies())
def test_the_most_skilled_of_a_team_manages(economy):
    found = matching.equilibrium(*economy)
    for manager, worker in zip(*np.nonzero(found.teams), strict=True):
        assert found.skill[manager] >= found.skill[worker]


@settings(max_examples=40, deadline=None)
@given(economies(), exponents)
def test_nobody_earns_less_than_among_equals_and_who_works_among_equals_earns_just_that(
    economy, ab
):
    found = matching.equilibrium(*economy, *ab)
    alone = found.skill ** (found.a + found.b) / 2
    low, high = found.wage_bounds.T
    assert (low >= alone * (1 - 1e-9)).all()
    with_equals = np.diag(found.teams) > 0
    np.testing.assert_allclose(high[with_equals], alone[with_equals], rtol=1e-9)


@settings(max_examples=40, deadline=None)
@given(economies(), st.randoms(use_true_random=False))
def test_the_order_of_the_types_does_not_matter(economy, shuffler):
    skill, mass = map(np.array, economy)
    order = list(range(len(skill)))
    shuffler.shuffle(order)
    one, other = matching.equilibrium(skill, mass), matching.equilibrium(skill[order], mass[order])
    assert one.output == pytest.approx(other.output, rel=1e-12)
    np.testing.assert_allclose(one.wage_bounds[order], other.wage_bounds, rtol=1e-9)


@settings(max_examples=30, deadline=None)
@given(economies(), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_units_of_skill_scale_wages_and_units_of_mass_scale_output(economy, skills, masses):
    skill, mass = map(np.array, economy)
    one, other = (
        matching.equilibrium(skill, mass),
        matching.equilibrium(skill * skills, mass * masses),
    )
    np.testing.assert_allclose(other.wage_bounds, one.wage_bounds * skills**3, rtol=1e-8)
    assert other.output == pytest.approx(one.output * skills**3 * masses, rel=1e-9)


# --- wages that are not unique ---


def face(found):
    """All competitive wages, as rows `A w <= c`: stable, and paid out of output."""
    n = len(found.skill)
    value = matching.team_output(found.skill, found.a, found.b)
    pairs = [(i, j) for i in range(n) for j in range(i, n)]
    rows = [-(np.eye(n)[i] + np.eye(n)[j]) for i, j in pairs] + [found.mass]
    return np.array(rows), np.array([-value[pair] for pair in pairs] + [found.output])


def extreme(cost, sign, rows, limits, **equal):
    solved = linprog(sign * cost, A_ub=rows, b_ub=limits, bounds=(0, None), **equal)
    assert solved.status == 0, solved.message
    return sign * solved.fun


@settings(max_examples=60, deadline=None)
@given(economies(most_types=5))
def test_wage_bounds_are_those_of_a_linear_programme_over_all_competitive_wages(economy):
    found = matching.equilibrium(*economy)
    rows, limits = face(found)
    for k, (low, high) in enumerate(found.wage_bounds):
        unit = np.eye(len(found.skill))[k]
        assert low == pytest.approx(extreme(unit, 1, rows, limits), rel=1e-5)
        assert high == pytest.approx(extreme(unit, -1, rows, limits), rel=1e-5)


@settings(max_examples=60, deadline=None)
@given(economies(most_types=5))
def test_ratio_bounds_are_those_of_the_charnes_cooper_programme(economy):
    found = matching.equilibrium(*economy)
    rows, limits = face(found)
    n = len(found.skill)
    # With t = 1 / w_j and y = t w the ratio w_i / w_j is the linear y_i, where y_j = 1.
    scaled = np.column_stack([rows, -limits])
    for i, j in product(range(n), range(n)):
        unit = np.eye(n + 1)
        normal = {"A_eq": unit[[j]], "b_eq": [1.0]}
        low, high = found.wage_ratio_bounds(i, j)
        assert low == pytest.approx(
            extreme(unit[i], 1, scaled, np.zeros(len(limits)), **normal), rel=1e-5
        )
        assert high == pytest.approx(
            extreme(unit[i], -1, scaled, np.zeros(len(limits)), **normal), rel=1e-5
        )


def test_two_types_in_equal_numbers_share_the_surplus_of_a_mixed_team_in_any_way():
    found = matching.equilibrium([1.5, 1.0], [1, 1])
    # The team makes 2.25, at least 1.6875 and 0.5 of which its members could make among equals.
    np.testing.assert_allclose(found.wage_bounds, [[1.6875, 1.75], [0.5, 0.5625]], rtol=1e-12)
    assert found.wage_ratio_bounds(0, 1) == pytest.approx((1.6875 / 0.5625, 3.5))


def test_bounds_of_single_wages_do_not_bound_a_ratio():
    found = matching.equilibrium([1.5, 1.5, 1.0], [0.5, 0.5, 1.0])
    assert found.wage_bounds[0, 1] / found.wage_bounds[1, 0] > 1.01
    assert found.wage_ratio_bounds(0, 1) == pytest.approx((1.0, 1.0))


# --- the threshold of mixing ---


def mixes(ratio, a=2.0, b=1.0):
    return matching.equilibrium([ratio, 1.0], [1, 1], a, b).teams[0, 1] > 0


def located(a, b, low, high):
    assert mixes(low, a, b) and not mixes(high, a, b)
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (middle, high) if mixes(middle, a, b) else (low, middle)
    return (low + high) / 2


def test_two_types_mix_below_the_golden_ratio_only():
    assert mixes(1.60) and not mixes(1.63)
    golden = (1 + np.sqrt(5)) / 2
    assert located(2.0, 1.0, 1.3, 1.9) == pytest.approx(golden, abs=1e-3)
    assert matching.mixing_threshold() == pytest.approx(golden, abs=1e-12)


@pytest.mark.parametrize(
    ("ab", "expected"),
    [((1.0, 1 - 1e-9), 1 + 1e-9), ((300.0, 1.0), 2.0), ((2.0, 5e-4), np.inf)],
)
def test_the_threshold_is_right_where_powers_cancel_or_overflow(ab, expected):
    # Near a = b = 1 it is 1 + (a - b); where a is large it is 2**(1 / b).
    assert matching.mixing_threshold(*ab) - 1 == pytest.approx(expected - 1, rel=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.6, 4.0), st.floats(0.3, 0.9))
def test_the_general_threshold_is_where_the_solver_stops_mixing(a, part):
    b = a * part
    threshold = matching.mixing_threshold(a, b)
    assert 2 * threshold**a == pytest.approx(threshold ** (a + b) + 1, rel=1e-9)
    assert threshold > 1
    found = located(a, b, 1 + (threshold - 1) / 2, 1 + (threshold - 1) * 2)
    assert found == pytest.approx(threshold, abs=1e-3)


@settings(max_examples=40, deadline=None)
@given(economies(), exponents)
def test_no_team_spans_more_than_the_threshold_in_any_economy(economy, ab):
    found = matching.equilibrium(*economy, *ab)
    threshold = matching.mixing_threshold(*ab)
    for manager, worker in zip(*np.nonzero(found.teams), strict=True):
        assert found.skill[manager] / found.skill[worker] <= threshold * (1 + 1e-6)


# --- corners ---


def test_one_type_works_with_itself():
    found = matching.equilibrium([2.0], [3.0])
    assert found.teams.tolist() == [[1.5]]
    assert found.wages.tolist() == [4.0]
    assert found.wage_bounds.tolist() == [[4.0, 4.0]]
    assert found.output == 12.0


def test_equal_skills_earn_the_same_whatever_their_names():
    found = matching.equilibrium([1.5, 1.0, 1.5, 1.0], [0.2, 0.7, 0.8, 0.3])
    assert_equilibrium(found)
    assert found.wage_ratio_bounds(0, 2) == pytest.approx((1.0, 1.0))
    merged = matching.equilibrium([1.5, 1.0], [1, 1])
    np.testing.assert_allclose(found.wage_bounds[:2], merged.wage_bounds, rtol=1e-9)


def test_an_empty_type_changes_nothing_and_has_no_highest_wage():
    without = matching.equilibrium([1.5, 1.0], [1, 1.5])
    found = matching.equilibrium([1.5, 1.3, 1.0], [1, 0, 1.5])
    assert_equilibrium(found)
    assert found.output == without.output
    np.testing.assert_array_equal(found.wage_bounds[[0, 2]], without.wage_bounds)
    # Its first member would be hired by whoever gains the most: at 1.3 among equals 1.0985, by the
    # 1.5 who are paid 1.75 at 1.175, as the manager of the 1.0 who are paid 0.5 at 1.19.
    assert found.wage_bounds[1].tolist() == pytest.approx([1.19, np.inf])
    assert found.wages[1] == pytest.approx(1.19)
    assert found.wage_ratio_bounds(1, 2) == pytest.approx((2.38, np.inf))
    assert found.wage_ratio_bounds(2, 1) == pytest.approx((0.0, 1 / 2.38))


def test_several_empty_types_are_stable_towards_one_another():
    found = matching.equilibrium([0.2, 1.5, 1.3], [1, 0, 0])
    assert_equilibrium(found)
    assert found.wage_ratio_bounds(1, 2) == (0.0, np.inf)


def test_people_without_skill_make_and_earn_nothing():
    found = matching.equilibrium([2.0, 0.0, 0.0], [1, 1, 2])
    assert_equilibrium(found)
    assert found.wages[1:].tolist() == [0.0, 0.0]
    assert found.wage_ratio_bounds(1, 0) == (0.0, 0.0)
    with pytest.raises(ValueError, match="no ratio to its wage"):
        found.wage_ratio_bounds(0, 1)


def test_the_scarce_side_takes_the_surplus_even_when_it_is_a_millionth():
    found = matching.equilibrium([1.5, 1.0], [1e-6, 1e6])
    np.testing.assert_allclose(found.wage_bounds, [[1.75, 1.75], [0.5, 0.5]], rtol=1e-9)
    assert found.teams[0, 1] == pytest.approx(1e-6, rel=1e-9)


def test_fifty_types_are_one_solve():
    draw = np.random.default_rng(7)
    assert_equilibrium(matching.equilibrium(draw.uniform(1, 4, 50), draw.uniform(0.5, 2, 50)))


def test_skills_far_apart_are_solved_each_in_its_own_scale():
    found = matching.equilibrium([1e3, 0.015, 0.01], [1, 1, 1.5])
    assert found.wage_bounds[1:] == pytest.approx(
        matching.equilibrium([0.015, 0.01], [1, 1.5]).wage_bounds, rel=1e-9
    )


# --- opening ---


@pytest.mark.parametrize(
    ("skills", "gain", "crossing", "world_ratio"),
    [
        ((3.2, 2.0, 1.5, 1.0), 0.154, 1.0, (3.50, 3.81)),
        ((3.0, 2.2, 1.5, 1.0), 0.0, 0.0, (3.50, 3.50)),
        ((4.0, 2.2, 1.5, 1.0), 0.186, 1.0, (3.50, 3.87)),
    ],
)
def test_the_worked_cases_of_opening(skills, gain, crossing, world_ratio):
    change = matching.opening((skills[:2], MASSES[:2]), (skills[2:], MASSES[2:]))
    autarky, world = change.poor_ratio_bounds()
    assert change.gain == pytest.approx(gain, abs=5e-4)
    assert change.cross_border == pytest.approx((crossing, crossing))
    assert change.world.teams[1, 2] == pytest.approx(crossing)
    assert autarky == pytest.approx((3.5, 3.5))
    assert world == pytest.approx(world_ratio, abs=5e-3)


@settings(max_examples=40, deadline=None)
@given(economies(most_types=3), economies(most_types=3))
def test_opening_never_lowers_output_and_teams_must_cross_only_where_it_rises(rich, poor):
    change = matching.opening(rich, poor)
    assert_equilibrium(change.world)
    assert change.gain >= -1e-9 * change.world.output
    fewest, most = change.cross_border
    assert 0 <= fewest <= most * (1 + 1e-9) + 1e-12
    assert (fewest > 1e-6) == (change.gain > 1e-9 * change.world.output)
    rich_types = len(change.rich.skill)  # the world lists them first
    abroad = change.world.teams[:rich_types, rich_types:]
    native = change.world.teams[rich_types:, :rich_types]
    assert abroad.sum() + native.sum() == pytest.approx(fewest, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(economies(most_types=3), economies(most_types=3))
def test_without_a_gain_the_world_only_narrows_what_wages_may_be(rich, poor):
    change = matching.opening(rich, poor)
    autarky, world = change.poor_ratio_bounds()
    if change.gain <= 1e-9 * change.world.output:
        assert autarky[0] * (1 - 1e-6) <= world[0] <= world[1] <= autarky[1] * (1 + 1e-6)


def test_equals_may_but_need_not_work_together_across_the_border():
    change = matching.opening(([3.2, 2.0], [1, 1]), ([2.0, 1.0], [1, 1.5]))
    assert change.gain == pytest.approx(0)
    assert change.cross_border == pytest.approx((0.0, 1.0))
    assert change.world.teams[1, 2] == 0


def test_an_opening_lists_the_rich_first_and_finds_the_poor_countrys_ends_in_any_order():
    change = matching.opening(([3.0], [1]), ([1.0, 1.5, 1.2], [1, 1, 1]))
    assert change.world.skill.tolist() == [3.0, 1.0, 1.5, 1.2]
    autarky, world = change.poor_ratio_bounds()
    assert autarky == change.poor.wage_ratio_bounds(1, 0)
    assert world == change.world.wage_ratio_bounds(2, 1)


# --- who works with whom, as a table ---


def test_the_table_of_teams_lists_every_person_once():
    found = matching.equilibrium([3.2, 2.0, 1.5, 1.0], MASSES)
    table = matching.teams_table(found, names=list("ABCD"))
    assert table[["manager", "worker"]].agg("".join, axis=1).tolist() == ["AA", "BC", "DD"]
    assert 2 * table["teams"].sum() == pytest.approx(sum(MASSES))
    assert (table["teams"] * table["output_per_team"]).sum() == pytest.approx(found.output)
    paid = table["manager_wage"] + table["worker_wage"]
    np.testing.assert_allclose(paid, table["output_per_team"], rtol=1e-12)


def test_a_table_needs_a_name_for_each_type():
    with pytest.raises(ValueError, match="2 names for 1 types"):
        matching.teams_table(matching.equilibrium([1], [1]), names=["a", "b"])


# --- nonsense ---


@pytest.mark.parametrize(
    ("skill", "mass", "says"),
    [
        ([1, -1], [1, 1], "skill of the economy is -1.0 for type 1"),
        ([1, float("nan")], [1, 1], "skill of the economy is nan for type 1"),
        ([1, float("inf")], [1, 1], "finite"),
        ([1, 2], [1, -3], "mass of the economy is -3.0"),
        ([1, 2], [1, float("nan")], "mass of the economy is nan"),
        ([1, 2, 3], [1, 2], "3 skills but 2 masses"),
        ([1, 2], [0, 0], "all masses are zero"),
        ([], [], "at least one number"),
        ([[1, 2]], [[1, 1]], "plain list"),
        (1.0, 1.0, "plain list"),
        (["high"], [1], "list of numbers"),
        ([1e200], [1], "another unit"),
        ([1e-200, 1], [1, 1], "another unit"),
    ],
)
def test_nonsense_is_refused_in_a_sentence(skill, mass, says):
    with pytest.raises(ValueError, match=says):
        matching.equilibrium(skill, mass)


@pytest.mark.parametrize(
    "ab", [(1, 1), (1, 2), (1, 0), (-1, -2), (float("nan"), 1), (2, float("inf"))]
)
def test_exponents_must_make_the_manager_count_for_more(ab):
    for door in (
        lambda: matching.equilibrium([1], [1], *ab),
        lambda: matching.mixing_threshold(*ab),
        lambda: matching.opening(([1], [1]), ([1], [1]), *ab),
    ):
        with pytest.raises(ValueError, match="a > b > 0"):
            door()


def test_a_country_must_be_a_pair_and_is_named():
    with pytest.raises(ValueError, match="rich country must be a pair"):
        matching.opening([1, 2, 3], ([1], [1]))
    with pytest.raises(ValueError, match="mass of the poor country is -1"):
        matching.opening(([1], [1]), ([1], [-1]))


@pytest.mark.parametrize("pair", [(0, 2), (-1, 0)])
def test_a_ratio_needs_types_that_exist(pair):
    with pytest.raises(ValueError, match="There is no type"):
        matching.equilibrium([2, 1], [1, 1]).wage_ratio_bounds(*pair)
