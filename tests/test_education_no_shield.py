"""education-no-shield: all that counts, and the counter-tests, recomputed without the library."""

from __future__ import annotations

import math
import random
import statistics

import numpy as np
import pytest
from scipy import stats

from books import real_book
from plain import classes, economies, long

FIRST = [1992, 1993, 1994]
LAST = {"2013-12": [2010, 2011], "2019-04": [2012, 2013]}
TECHNOLOGY = "TX.VAL.TECH.CD"


def output():
    return real_book().output("education-no-shield")


def check(check_id):
    return next(one for one in output()["checks"] if one["id"] == check_id)


def stored(check_id, vintage):
    return check(check_id)["vintages"][vintage]["estimate"]


def variant(check_id, name):
    return next(one for one in check(check_id)["variants"] if one["id"] == name)["estimate"]


def exports(root, vintage, without=("HKG",)):
    """Economy → year → high-technology and other manufactured exports, where both are known."""
    technology = long(root, vintage, TECHNOLOGY)
    goods, part = (long(root, vintage, f"TX.VAL.{code}") for code in ("MRCH.CD.WT", "MANF.ZS.UN"))
    found = {}
    for one in economies(root, vintage) - set(without):
        years = technology[one].keys() & goods[one].keys() & part[one].keys()
        found[one] = {
            year: (
                technology[one][year],
                goods[one][year] * part[one][year] / 100 - technology[one][year],
            )
            for year in years
        }
    return found


def value_added(root, vintage, without=()):
    made, part = (long(root, vintage, code) for code in ("NV.IND.MANF.CD", "NV.MNF.TECH.ZS.UN"))
    return {
        one: {
            year: (made[one][year] * part[one][year] / 100, made[one][year])
            for year in made[one].keys() & part[one].keys()
        }
        for one in economies(root, vintage) - set(without)
    }


def lost(both, rich, first, last):
    """By what part, in %, the rich share of each side moved; and how many economies are counted."""
    counted = [one for one, years in both.items() if years.keys() >= {*first, *last}]
    parts = []
    for side in (0, 1):

        def share(years, side=side):
            sums = {one: sum(both[one][y][side] for y in years) / len(years) for one in counted}
            return sum(sums[one] for one in counted if one in rich) / sum(sums.values())

        parts.append(100 * (share(last) / share(first) - 1))
    return *parts, len(counted)


@pytest.mark.parametrize("vintage", LAST)
def test_the_rich_shares_of_exports(book_root, vintage):
    rich = classes(book_root, vintage, 1990)[0]
    for check_id, without in (
        ("advanced-less-other", ["HKG"]),
        ("without-china", ["HKG", "CHN"]),
    ):
        both = exports(book_root, vintage, without)
        technology, other, n = lost(both, rich, FIRST, LAST[vintage])
        estimate = stored(check_id, vintage)
        assert estimate["n"] == n >= 50
        assert estimate["value"] == pytest.approx(technology - other, rel=1e-4)
        if vintage == "2019-04":
            name = "-without-china" if "CHN" in without else ""
            assert output()["values"][f"lost-advanced{name}"] == pytest.approx(
                -technology / 100, rel=1e-4
            )
            assert output()["values"][f"lost-other{name}"] == pytest.approx(-other / 100, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "first", "last", "without"),
    [
        ("end-2007-2008", FIRST, [2007, 2008], ["HKG"]),
        ("start-1996-1998", [1996, 1997, 1998], [2012, 2013], ["HKG"]),
        ("leaving_out-the-united-states", FIRST, [2012, 2013], ["HKG", "USA"]),
        ("leaving_out-china-and-korea", FIRST, [2012, 2013], ["HKG", "CHN", "KOR"]),
    ],
)
def test_single_changes(book_root, name, first, last, without):
    rich = classes(book_root, "2019-04", 1990)[0]
    technology, other, n = lost(exports(book_root, "2019-04", without), rich, first, last)
    estimate = variant("advanced-less-other", name)
    assert estimate["n"] == n
    assert estimate["value"] == pytest.approx(technology - other, rel=1e-4)


def kept_and_enrolled(root, vintage):
    """Of rich exporters of a twentieth of a per cent or more: change of share, of enrolment."""
    sold, enrolment = long(root, vintage, TECHNOLOGY), long(root, vintage, "SE.TER.ENRR")
    last, rich = LAST[vintage], classes(root, vintage, 1990)[0]
    counted = [
        one for one in economies(root, vintage) - {"HKG"} if sold[one].keys() >= {*FIRST, *last}
    ]
    before, after = (
        {one: statistics.fmean(sold[one][year] for year in years) for one in counted}
        for years in (FIRST, last)
    )
    wholes = sum(before.values()), sum(after.values())
    kept, enrolled = [], []
    for one in sorted(rich.intersection(counted)):
        students = [[enrolment[one].get(year) for year in years] for years in (FIRST, last)]
        students = [[value for value in window if value is not None] for window in students]
        if before[one] / wholes[0] >= 0.0005 and all(students):
            kept.append(100 * math.log(after[one] / wholes[1] / (before[one] / wholes[0])))
            enrolled.append(statistics.fmean(students[1]) - statistics.fmean(students[0]))
    return np.array(kept), np.array(enrolled) / 10


@pytest.mark.parametrize("vintage", LAST)
def test_the_slope_on_enrolment(book_root, vintage):
    y, x = kept_and_enrolled(book_root, vintage)
    away = x - x.mean()
    slope = (away * y).sum() / (away**2).sum()
    residuals = y - y.mean() - slope * away
    leverage = 1 / len(x) + away**2 / (away**2).sum()
    error = np.sqrt((away**2 * (residuals / (1 - leverage)) ** 2).sum()) / (away**2).sum()
    reach = stats.t.ppf(0.975, len(x) - 2) * error
    estimate = stored("slope-on-enrolment", vintage)
    assert estimate["n"] == len(x)
    assert estimate["value"] == pytest.approx(slope, rel=1e-4)
    assert estimate["low"] == pytest.approx(slope - reach, rel=1e-4)
    assert estimate["high"] == pytest.approx(slope + reach, rel=1e-4)
    if vintage == "2019-04":  # the prose: Canada's enrolment falls, and it weighs most
        values = output()["values"]
        assert values["heaviest"] == "Canada"
        assert values["heaviest-fell"] == pytest.approx(-10 * x.min(), rel=1e-4)
        away, y = np.delete(x, x.argmin()), np.delete(y, x.argmin())
        away = away - away.mean()
        without = (away * y).sum() / (away**2).sum()
        assert values["without-heaviest"] == pytest.approx(without, rel=1e-4)


def made(root, vintage, start, without=()):
    """Technology's value added against all other manufacturing's."""
    both = value_added(root, vintage, without)
    both = {
        one: {year: (technology, whole - technology) for year, (technology, whole) in years.items()}
        for one, years in both.items()
    }
    return lost(both, classes(root, vintage, start)[0], [2004, 2005], [2012, 2013])


def test_by_value_added_technology_held_out_better(book_root):
    now, then = (made(book_root, vintage, 2004) for vintage in ("current", "2019-04"))
    estimate = stored("making", "current")
    assert estimate["n"] == now[2]
    assert estimate["value"] == pytest.approx(now[0] - now[1], rel=1e-4)
    revised = abs(now[0] - now[1] - (then[0] - then[1]))  # how far the two releases differ
    assert estimate["high"] - estimate["value"] == pytest.approx(revised, rel=1e-3)
    assert check("making")["outcome"] == "contradicts"
    without = made(book_root, "current", 2004, ["CHN"])
    assert variant("making", "china-out")["value"] == pytest.approx(
        without[0] - without[1], rel=1e-4
    )
    for name, vintage in (
        ("made-status-1990", "current"),
        ("made-status-1990-in-2019", "2019-04"),
    ):
        technology, other, _ = made(book_root, vintage, 1990)
        assert output()["values"][name] == pytest.approx(technology - other, rel=1e-4)


@pytest.mark.parametrize(
    ("check_id", "first", "last"),
    [("advanced-less-other-since-2010", 2010, 2013), ("since-the-essay", 2013, 2018)],
)
def test_what_todays_release_holds(book_root, check_id, first, last):
    rich = classes(book_root, "current", first)[0]
    technology, other, n = lost(exports(book_root, "current"), rich, [first], [last])
    estimate = stored(check_id, "current")
    assert estimate["n"] == n
    assert estimate["value"] == pytest.approx(technology - other, rel=1e-4)


@pytest.mark.parametrize(
    ("check_id", "code"),
    [("research-spending", "GB.XPD.RSDV.GD.ZS"), ("advanced-unemployment", "SL.UEM.ADVN.ZS")],
)
def test_the_other_traces(book_root, check_id, code):
    series, rich = long(book_root, "current", code), classes(book_root, "current", 1998)[0]
    moved = []
    for one in rich & series.keys():
        windows = [
            [value for year, value in series[one].items() if first <= year <= first + 2]
            for first in (1998, 2010)
        ]
        if all(windows):
            moved.append(statistics.fmean(windows[1]) - statistics.fmean(windows[0]))
    estimate, draws = stored(check_id, "current"), random.Random(1990)
    assert estimate["n"] == len(moved)
    assert estimate["value"] == pytest.approx(statistics.median(moved), rel=1e-4)
    drawn = np.array([statistics.median(draws.choices(moved, k=len(moved))) for _ in range(4000)])
    for end, beyond in (("low", drawn - estimate["low"]), ("high", estimate["high"] - drawn)):
        assert (beyond < -1e-4).mean() < 0.032, end
        assert (beyond < 1e-4).mean() > 0.018, end


def test_the_published_shares(book_root):
    sold = long(book_root, "2019-04", TECHNOLOGY)
    counted = economies(book_root, "2019-04")
    for code, name in (("USA", "america"), ("JPN", "japan"), ("CHN", "china")):
        for year in (1995, 2008):
            whole = sum(sold[one].get(year, 0) for one in counted)
            found = output()["values"][f"{name}-{year}"]
            assert found == pytest.approx(100 * sold[code][year] / whole, rel=1e-4)


def test_with_americas_aircraft_given_back(book_root):
    both = exports(book_root, "2019-04")
    for year in (2012, 2013):
        technology, other = both["USA"][year]
        both["USA"][year] = technology + 96.3e9, other - 96.3e9
    rich = classes(book_root, "2019-04", 1990)[0]
    technology, other, _ = lost(both, rich, FIRST, [2012, 2013])
    assert output()["values"]["worse-with-aircraft"] == pytest.approx(other - technology, rel=1e-4)


def test_the_prose_rests_on_these_signs():
    values = output()["values"]
    assert values["advanced-before"] > values["other-before"]  # the lines cross
    assert values["advanced-after"] < values["other-after"]
    assert values["highest"] < 5
    slope = check("slope-on-enrolment")["estimate"]
    assert slope["low"] < 0 < 5 < slope["value"]  # no line can be told; it leans to a shield
    assert values["made-status-1990-in-2019"] < 5 < values["made-status-1990"]  # near the margin
