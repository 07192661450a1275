"""The map of the skill space: regions, their shares, and the same results wherever it is solved."""

import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from distributed import Client, LocalCluster
from hypothesis import given, settings
from hypothesis import strategies as st

from claimbook.models import matching, matching_map, regions

NUMBERS = [
    "gain",
    "cross_border",
    "gap_low",
    "gap_high",
    "world_gap_low",
    "world_gap_high",
    "wage_low",
    "wage_high",
    "world_wage_low",
    "world_wage_high",
]


def region(skills, mass=(1, 1, 1, 1.5), **options):
    points = pd.DataFrame([skills], columns=list("ABCD"))
    return matching_map.classify(points, mass, **options).iloc[0]


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
    assert found["cross_border"] == pytest.approx(1.0)


def test_the_least_skilled_lose_where_they_were_scarce_and_their_managers_leave():
    # At home C compete for the few D and leave them 2.25 - 1.6875; B hire enough C to end that.
    found = region((5.0, 2.0, 1.5, 1.0), mass=(1, 3, 1.5, 1))
    assert found["least_skilled"] == "loses"
    assert found["wage_low"] == pytest.approx(2.25 - 1.5**3 / 2)
    assert found["world_wage_high"] < found["wage_low"] * 0.99


def test_the_least_skilled_cannot_lose_where_some_of_them_work_among_themselves():
    points = matching_map.sample(300, seed=3)
    found = matching_map.classify(points, mass=(1, 1, 1, 1.5))
    assert (found["least_skilled"] == "not worse").all()


def test_regions_follow_from_the_bounds_beside_them():
    found = matching_map.classify(matching_map.sample(1500, seed=5), mass=(1, 1, 1, 1))
    above = 1 + matching_map.TOLERANCE
    widens = found["world_gap_low"] > found["gap_high"] * above
    may = (found["world_gap_high"] > found["gap_high"] * above) & ~widens
    assert ((found["region"] == "widens") == widens).all()
    assert ((found["region"] == "may widen") == may).all()
    crossing = found["cross_border"] > 0
    assert (crossing == (found["region"] != "unchanged")).all()
    assert found["region"].nunique() == 4


def test_only_ratios_of_skills_matter():
    points = matching_map.sample(300, seed=11)
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
    st.sampled_from(["ranked", "by country"]),
)
def test_looking_up_bases_gives_what_the_linear_programmes_give(seed, mass, ab, order):
    points = matching_map.sample(6, seed=seed, order=order)
    fast = matching_map.classify(points, mass, *ab)
    plain = matching_map.classify(points, mass, *ab, method="programme")
    pd.testing.assert_frame_equal(fast, plain, rtol=1e-7, atol=1e-9)


def test_both_ways_agree_at_ties():
    axis = [1.25, 1.5, 2.0, 2.5]  # many equal skills and equal ratios
    points = matching_map.grid(A=[2.0, 3.0], B=axis, C=axis)
    fast = matching_map.classify(points, (1, 1, 1, 1))
    plain = matching_map.classify(points, (1, 1, 1, 1), method="programme")
    pd.testing.assert_frame_equal(fast, plain, rtol=1e-7, atol=1e-9)
    assert (fast["region"] == "outside").any() and (fast["region"] != "outside").any()


def test_a_point_is_what_the_solver_says_of_it():
    found = region((3.2, 2.0, 1.5, 1.0))
    change = matching.opening(([3.2, 2.0], [1, 1]), ([1.5, 1.0], [1, 1.5]))
    autarky, world = change.poor_ratio_bounds()
    assert (found["gap_low"], found["gap_high"]) == pytest.approx(autarky)
    assert (found["world_gap_low"], found["world_gap_high"]) == pytest.approx(world)
    assert found["gain"] == pytest.approx(change.gain)


# --- wherever it is solved ---


def test_the_map_is_identical_in_one_process_and_in_two():
    points = matching_map.sample(700, seed=2)  # three pieces
    here = matching_map.classify(points)
    there = matching_map.classify(points, n_jobs=2)
    pd.testing.assert_frame_equal(here, there, check_exact=True)


def test_the_map_is_identical_on_a_dask_cluster_of_two_processes():
    points = matching_map.sample(700, seed=2)
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
    points = matching_map.grid(A=4.0, B=[2.0, 3.0], C=[1.5, 1.2, 1.1])
    assert points.shape == (6, 4)
    assert not points.duplicated().any()
    assert set(points["D"]) == {1.0}


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_sample_is_ordered_in_range_and_repeatable(scale):
    points = matching_map.sample(2000, seed=1, top=5.0, scale=scale)
    assert (points[["A", "B", "C"]] > points[["B", "C", "D"]].to_numpy()).all().all()
    assert points["A"].max() < 5
    pd.testing.assert_frame_equal(points, matching_map.sample(2000, 1, top=5.0, scale=scale))
    assert not points.equals(matching_map.sample(2000, 2, top=5.0, scale=scale))
    # Uniform over the corner A > B > C: the middle of three draws is in the middle on average.
    middle = points["B"].sub(1).div(4) if scale == "linear" else np.log(points["B"]) / np.log(5)
    assert middle.mean() == pytest.approx(0.5, abs=0.02)


def test_a_sample_by_country_lets_countries_overlap():
    points = matching_map.sample(2000, seed=1, order="by country")
    assert (points["A"] > points["B"]).all() and (points["C"] > points["D"]).all()
    assert (points["C"] > points["B"]).mean() == pytest.approx(2 / 3, abs=0.05)
    assert (matching_map.classify(points)["region"] != "outside").all()


def test_a_picture_gets_three_columns():
    found = matching_map.classify(matching_map.grid(A=4.0, B=[3.0, 2.0], C=[1.5, 1.2]))
    table = matching_map.tidy(found, "B", "C")
    assert table.columns.tolist() == ["x", "y", "region"]
    assert table[["x", "y"]].values.tolist() == [[2.0, 1.2], [3.0, 1.2], [2.0, 1.5], [3.0, 1.5]]


# --- shares ---


def test_a_share_of_random_points_has_wilsons_interval():
    found = regions.share(np.arange(100) < 20, "random")
    # Wilson's interval of 20 in 100 by its formula, z = 1.959964.
    z = 1.959963984540054
    middle, half = (0.2 + z**2 / 200) / (1 + z**2 / 100), z * np.sqrt(0.16 / 100 + z**2 / 40000)
    half /= 1 + z**2 / 100
    assert found == pytest.approx((0.2, middle - half, middle + half, 100))


@pytest.mark.parametrize("n", [10, 1000, 1003])
def test_where_all_random_points_agree_one_end_is_exactly_the_share(n):
    # Wilson's other end is z² / (n + z²) from it.
    far = 1.959963984540054**2 / (n + 1.959963984540054**2)
    none = regions.share(np.zeros(n, dtype=bool), "random")
    every = regions.share(np.ones(n, dtype=bool), "random")
    assert (none.value, none.low) == (0.0, 0.0)
    assert none.high == pytest.approx(far)
    assert (every.value, every.high) == (1.0, 1.0)
    assert every.low == pytest.approx(1 - far)


def test_a_share_of_a_grid_has_no_sampling_error():
    assert regions.share([True, False, True, False], "grid") == (0.5, 0.5, 0.5, 4)


def test_shares_of_regions_add_up_and_leave_out_what_is_not_the_space():
    found = matching_map.classify(matching_map.grid(A=3.2, B=np.linspace(1.1, 4, 15), C=[1.2, 1.5]))
    table = regions.region_shares(found["region"], "grid", leave_out=("outside",))
    assert table["share"].sum() == pytest.approx(1)
    assert table["region"].tolist() == ["unchanged", "teams only", "may widen", "widens"]
    inside = found["region"] != "outside"
    assert (table["n"] == inside.sum()).all() and 0 < inside.sum() < len(found)
    for row in table.itertuples():
        assert row.points == (found["region"] == row.region).sum()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (([], "grid"), "at least one"),
        (([0.5, 0.2], "grid"), "true or false"),
        (([True], "guess"), "'random' or 'grid'"),
        (([True], "random", 1.5), "between 0 and 1"),
    ],
)
def test_a_share_refuses_nonsense(arguments, says):
    with pytest.raises(ValueError, match=says):
        regions.share(*arguments)


def test_shares_need_a_point_inside_the_space():
    with pytest.raises(ValueError, match="No point is left"):
        regions.region_shares(pd.Series(["outside"] * 3), "grid", leave_out=("outside",))
    only_outside = pd.Series(pd.Categorical(["outside"] * 3, matching_map.REGIONS))
    with pytest.raises(ValueError, match="No point is left"):
        regions.region_shares(only_outside, "grid", leave_out=("outside",))


# --- nonsense ---


def test_a_map_refuses_nonsense():
    good = matching_map.grid(A=3.0, B=2.0, C=1.5)
    for points, options, says in [
        (good.drop(columns="C"), {}, "no column C"),
        (good.assign(B=-1.0), {}, "Skill B of point 0 is -1.0"),
        (good.assign(B=np.nan), {}, "Skill B of point 0 is nan"),
        (good, {"mass": (1, 1, 1)}, "four positive numbers"),
        (good, {"mass": (1, 1, 1, 0)}, "four positive numbers"),
        (good, {"a": 1.0, "b": 2.0}, "a > b > 0"),
        (good, {"method": "magic"}, "'vertices' or 'programme'"),
    ]:
        with pytest.raises(ValueError, match=says):
            matching_map.classify(points, **options)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"n": 0}, "at least one"),
        ({"top": 1.0}, "above 1"),
        ({"top": float("nan")}, "above 1"),
        ({"order": "none"}, "'ranked' or 'by country'"),
        ({"scale": "cubic"}, "'linear' or 'log'"),
    ],
)
def test_a_sample_refuses_nonsense(options, says):
    with pytest.raises(ValueError, match=says):
        matching_map.sample(**{"n": 5, "seed": 1, **options})


def test_an_empty_map_is_empty():
    found = matching_map.classify(pd.DataFrame(columns=list("ABCD"), dtype=float))
    assert len(found) == 0 and set(NUMBERS) <= set(found.columns)
