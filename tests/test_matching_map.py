"""The map of the skill space: regions, their shares, and the same results wherever it is solved."""

import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster
from hypothesis import given, settings
from hypothesis import strategies as st

from claimbook import models
from claimbook.models import matching, matching_map

NUMBERS = [
    "output",
    "gain",
    "gap_low",
    "gap_high",
    "world_gap_low",
    "world_gap_high",
    "wage_low",
    "wage_high",
    "world_wage_low",
    "world_wage_high",
]


def region(skills, mass=(1, 1, 1, 1.5)):
    points = pd.DataFrame([skills], columns=list("ABCD"))
    return matching_map.classify(points, mass).iloc[0]


def sample(n, seed, ranked=3):
    """Economies with skills from one to four: A > B > C > D, or (two ranked) A > B and C > D."""
    skill = 1 + 3 * np.random.default_rng(seed).random((n, 3))
    skill[:, :ranked] = -np.sort(-skill[:, :ranked], axis=1)
    return pd.DataFrame(skill, columns=list("ABC")).assign(D=1.0)


def by_programme(points, mass, a=2.0, b=1.0):
    """The map's numbers from linear programmes, three a point, and least teams that must cross."""
    rows = []
    for *rich, c, d in points.to_numpy():
        change = matching.opening((rich, mass[:2]), ([c, d], mass[2:]), a, b)
        gap, world_gap = change.poor_ratio_bounds()
        wages = (*change.poor.wage_bounds[1], *change.world.wage_bounds[3])
        crossing = change.cross_border[0]
        rows.append((change.world.output, change.gain, *gap, *world_gap, *wages, crossing))
    return pd.DataFrame(rows, columns=[*NUMBERS, "crossing"], index=points.index)


def assert_as_by_programme(found, mass, *ab):
    plain = by_programme(found[list("ABCD")], mass, *ab)
    pd.testing.assert_frame_equal(found[NUMBERS], plain[NUMBERS], rtol=1e-7, atol=1e-9)
    # Teams cross for any gain; the map says that something changed from a millionth of output on.
    assert ((plain["crossing"] > 1e-6) == (plain["gain"] > 1e-9 * plain["output"])).all()
    gains = found["gain"] > matching_map.TOLERANCE * found["output"]
    assert ((found["region"] == "unchanged") <= ~gains).all()
    assert (gains <= (plain["crossing"] > 1e-6)).all()
    assert ((found["region"] == "teams only") <= gains).all()


# --- regions ---


@pytest.mark.parametrize(
    ("skills", "expected"),
    [
        ((3.0, 2.2, 1.5, 1.0), "unchanged"),
        ((3.2, 2.0, 1.5, 1.0), "may widen"),
        ((4.0, 2.2, 1.5, 1.0), "may widen"),
        ((2.0, 2.5, 1.5, 1.0), "outside"),
        ((3.0, 2.0, 1.0, 1.0), "outside"),
    ],
)
def test_the_worked_cases_lie_in_their_regions(skills, expected):
    assert region(skills)["region"] == expected


def test_opening_widens_where_rich_workers_compete_for_the_poor_countrys_skilled():
    # Two B for each C: the C are scarce and take what a team with B leaves above B among equals.
    found = region((5.0, 2.0, 1.5, 1.0), mass=(1, 2, 1, 3))
    assert found["region"] == "widens"
    assert found["gap_high"] == pytest.approx(3.5)
    assert found["world_gap_low"] == pytest.approx((6 - 4) / 0.5)


def test_teams_may_cross_without_widening_the_gap():
    # So many C that they earn what they make among equals, at home and in the world.
    found = region((5.0, 2.0, 1.5, 1.0), mass=(1, 1, 3, 4))
    assert found["region"] == "teams only"
    change = matching.opening(([5.0, 2.0], [1, 1]), ([1.5, 1.0], [3, 4]))
    assert change.cross_border == pytest.approx((1.0, 1.0))


def test_the_least_skilled_lose_where_they_were_scarce_and_their_managers_leave():
    # At home C compete for the few D and leave them 2.25 - 1.6875; B hire enough C to end that.
    found = region((5.0, 2.0, 1.5, 1.0), mass=(1, 3, 1.5, 1))
    assert found["least_skilled"] == "loses"
    assert found["wage_low"] == pytest.approx(2.25 - 1.5**3 / 2)
    assert found["world_wage_high"] < found["wage_low"] * 0.99


def test_the_least_skilled_cannot_lose_where_some_of_them_work_among_themselves():
    points = sample(300, seed=3)
    found = matching_map.classify(points, mass=(1, 1, 1, 1.5))
    assert (found["least_skilled"] == "not worse").all()


def test_regions_follow_from_the_bounds_beside_them():
    found = matching_map.classify(sample(1500, seed=5), mass=(1, 1, 1, 1))
    above = 1 + matching_map.TOLERANCE
    widens = found["world_gap_low"] > found["gap_high"] * above
    may = (found["world_gap_high"] > found["gap_high"] * above) & ~widens
    assert ((found["region"] == "widens") == widens).all()
    assert ((found["region"] == "may widen") == may).all()
    gains = found["gain"] > matching_map.TOLERANCE * found["output"]
    assert (gains == (found["region"] != "unchanged")).all()
    assert found["region"].nunique() == 4


def test_only_ratios_of_skills_matter():
    points = sample(300, seed=11)
    one, other = matching_map.classify(points), matching_map.classify(points * 7.5)
    assert (one["region"] == other["region"]).all()
    np.testing.assert_allclose(one["world_gap_high"], other["world_gap_high"], rtol=1e-9)


# --- the fast way against the plain one ---


masses = st.lists(st.integers(1, 8).map(lambda k: k / 2), min_size=4, max_size=4)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000),
    masses,
    st.sampled_from([(2.0, 1.0), (1.2, 0.6), (3.0, 2.5)]),
    st.sampled_from([3, 2]),
)
def test_looking_up_bases_gives_what_the_linear_programmes_give(seed, mass, ab, ranked):
    found = matching_map.classify(sample(6, seed, ranked), mass, *ab)
    assert_as_by_programme(found, mass, *ab)


def test_a_gain_too_small_to_tell_counts_as_none_though_teams_cross():
    # B and C are nearly equals: every B works with a C for what A's output makes a speck.
    skills, mass, ab = (3.89, 1.83519, 1.83508, 1.0), (4.0, 0.5, 3.5, 1.0), (3.0, 2.5)
    found = matching_map.classify(pd.DataFrame([skills], columns=list("ABCD")), mass, *ab)
    assert_as_by_programme(found, mass, *ab)
    gain = float((found["gain"] / found["output"]).iloc[0])
    assert 1e-9 < gain < matching_map.TOLERANCE and found["region"].iloc[0] == "unchanged"
    change = matching.opening((skills[:2], mass[:2]), (skills[2:], mass[2:]), *ab)
    assert change.cross_border == pytest.approx((0.5, 0.5))


def test_each_point_may_have_masses_of_its_own():
    points = sample(40, seed=5)
    mass = 2.0 ** np.random.default_rng(5).uniform(-1, 1, (40, 4))
    together = matching_map.classify(points, mass)
    alone = [matching_map.classify(points.iloc[[k]], mass[k]) for k in range(40)]
    pd.testing.assert_frame_equal(together, pd.concat(alone))
    assert "may widen" not in set(together["region"])  # drawn numbers leave no wage undetermined


def test_both_ways_agree_at_ties():
    axis = [1.25, 1.5, 2.0, 2.5]  # many equal skills and equal ratios
    points = models.grid(A=[2.0, 3.0], B=axis, C=axis, D=1.0)
    found = matching_map.classify(points, (1, 1, 1, 1))
    outside = points["A"] <= points["B"]
    assert ((found["region"] == "outside") == outside).all() and outside.any()
    assert found.loc[outside, NUMBERS].isna().all(axis=None)
    assert found.loc[outside, "least_skilled"].isna().all()
    assert_as_by_programme(found[~outside], (1, 1, 1, 1))


def test_a_point_is_what_the_solver_says_of_it():
    found = region((3.2, 2.0, 1.5, 1.0))
    change = matching.opening(([3.2, 2.0], [1, 1]), ([1.5, 1.0], [1, 1.5]))
    autarky, world = change.poor_ratio_bounds()
    assert (found["gap_low"], found["gap_high"]) == pytest.approx(autarky)
    assert (found["world_gap_low"], found["world_gap_high"]) == pytest.approx(world)
    assert found["gain"] == pytest.approx(change.gain)


# --- wherever it is solved ---


def test_the_map_is_identical_in_one_process_and_in_two():
    points = sample(700, seed=2)  # three pieces
    here = matching_map.classify(points)
    there = matching_map.classify(points, n_jobs=2)
    pd.testing.assert_frame_equal(here, there, check_exact=True)


@pytest.mark.slow
def test_the_map_is_identical_on_a_dask_cluster_of_two_processes():
    points = sample(700, seed=2)
    here = matching_map.classify(points)
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        Client(cluster) as client,
    ):
        with joblib.parallel_config(backend="dask"):
            there = matching_map.classify(points)
        has_solved = client.run(lambda: matching_map.__name__ in sys.modules)
    pd.testing.assert_frame_equal(here, there, check_exact=True)
    assert len(has_solved) == 2
    assert any(has_solved.values()), "no worker loaded the solver: the map ran somewhere else"


# --- where the points come from ---


def test_a_grid_holds_all_combinations():
    points = models.grid(A=4.0, B=[2.0, 3.0], C=[1.5, 1.2, 1.1], D=1.0)
    assert points.columns.tolist() == list("ABCD")
    assert points[["B", "C"]].head(4).values.tolist() == [[2, 1.5], [2, 1.2], [2, 1.1], [3, 1.5]]
    assert len(points) == 6
    assert (points["A"] == 4.0).all() and (points["D"] == 1.0).all()


def test_countries_may_overlap():
    points = sample(500, seed=1, ranked=2)
    assert (points["C"] > points["B"]).any()
    assert (matching_map.classify(points)["region"] != "outside").all()


def test_a_map_keeps_the_rows_of_its_points():
    points = sample(40, seed=4)
    some = points[points["A"] > 2.5]
    found, whole = matching_map.classify(some), matching_map.classify(points)
    pd.testing.assert_frame_equal(found, whole.loc[some.index])


# --- shares ---


def test_even_points_are_mirrored_digits_and_measure_a_volume_better_than_chance():
    assert models.even(4, 2).tolist() == [
        [1 / 2, 1 / 3],
        [1 / 4, 2 / 3],
        [3 / 4, 1 / 9],
        [1 / 8, 4 / 9],
    ]
    points = models.even(1500, 7)
    assert ((points > 0) & (points < 1)).all()
    half = (points.sum(axis=1) < 3.5).mean()
    assert abs(half - 0.5) < 0.01  # a standard error of random draws is 0.013


def test_a_share_of_random_points_has_wilsons_interval():
    found = models.share(np.arange(100) < 20, "random")
    # Wilson's interval of 20 in 100 by its formula, z = 1.959964.
    z = 1.959963984540054
    middle, half = (0.2 + z**2 / 200) / (1 + z**2 / 100), z * np.sqrt(0.16 / 100 + z**2 / 40000)
    half /= 1 + z**2 / 100
    assert (found.value, found.n) == (0.2, 100)
    assert (found.low, found.high) == pytest.approx((middle - half, middle + half), rel=1e-5)


@pytest.mark.parametrize("n", [10, 1000, 1003])
def test_where_all_random_points_agree_one_end_is_exactly_the_share(n):
    # Wilson's other end is z² / (n + z²) from it.
    far = 1.959963984540054**2 / (n + 1.959963984540054**2)
    none = models.share(np.zeros(n, dtype=bool), "random")
    every = models.share(np.ones(n, dtype=bool), "random")
    assert (none.value, none.low) == (0.0, 0.0)
    assert none.high == pytest.approx(far, rel=1e-5)
    assert (every.value, every.high) == (1.0, 1.0)
    assert every.low == pytest.approx(1 - far, rel=1e-5)


def test_a_share_of_a_grid_has_no_sampling_error():
    found = models.share([True, False, True, False], "grid", "share of cells")
    assert (found.value, found.low, found.high, found.n) == (0.5, 0.5, 0.5, 4)
    assert found.unit == "share of cells"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (([], "grid"), "at least one"),
        (([0.5, 0.2], "grid"), "true or false"),
        (([True], "guess"), "'random' or 'grid'"),
    ],
)
def test_a_share_refuses_nonsense(arguments, says):
    with pytest.raises(ValueError, match=says):
        models.share(*arguments)


# --- nonsense ---


def test_a_map_refuses_nonsense():
    good = models.grid(A=3.0, B=2.0, C=1.5, D=1.0)
    for points, options, says in [
        (good.drop(columns="C"), {}, "no column C"),
        (good.assign(B=-1.0), {}, "The B of point 0 is -1.0"),
        (good.assign(B=np.nan), {}, "The B of point 0 is nan"),
        (good, {"mass": (1, 1, 1)}, "four positive numbers"),
        (good, {"mass": (1, 1, 1, 0)}, "four positive numbers"),
        (good, {"a": 1.0, "b": 2.0}, "a > b > 0"),
    ]:
        with pytest.raises(ValueError, match=says):
            matching_map.classify(points, **options)


def test_an_empty_map_is_empty():
    found = matching_map.classify(pd.DataFrame(columns=list("ABCD"), dtype=float))
    assert len(found) == 0 and set(NUMBERS) <= set(found.columns)
