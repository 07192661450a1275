"""american-advantage: its headlines and their n recomputed without the library."""

from __future__ import annotations

import math
import statistics

import pytest

from books import real_book
from plain import classes, economies, long

VINTAGES = ["2013-12", "2019-04", "current"]
WORKER = "SL.GDP.PCAP.EM.KD"


def penn(root, output):
    """Output over persons employed, by the Penn World Table."""
    made, employed = long(root, "current", output), long(root, "current", "PWT.EMP")
    return {
        one: {year: made[one][year] / years[year] for year in years.keys() & made[one].keys()}
        for one, years in employed.items()
    }


def moved(levels, chosen, start, end):
    """By how much America's lead over each of these economies moved, in logarithms."""
    both = sorted(one for one in chosen - {"USA"} if {start, end} <= levels.get(one, {}).keys())
    america = math.log(levels["USA"][end] / levels["USA"][start])
    return [america - math.log(levels[one][end] / levels[one][start]) for one in both]


def check(check_id):
    checks = real_book().output("american-advantage")["checks"]
    return next(check for check in checks if check["id"] == check_id)


def stored(check_id, vintage="current"):
    return check(check_id)["vintages"][vintage]["estimate"]


def variant(check_id, name):
    return next(one["estimate"] for one in check(check_id)["variants"] if one["id"] == name)


def same_mean(estimate, values):
    """Value and n; the interval, of draws, lies near that of the normal law."""
    assert estimate["n"] == len(values)
    assert estimate["value"] == pytest.approx(statistics.fmean(values), rel=1e-5)
    reach = 1.96 * statistics.stdev(values) / math.sqrt(len(values))
    for end, sign in (("low", -1), ("high", 1)):
        assert estimate[end] - estimate["value"] == pytest.approx(sign * reach, rel=0.15)


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_two_leads(book_root, vintage):
    rich, developing = classes(book_root, vintage, 2000)
    levels = long(book_root, vintage, WORKER)
    over_developing = moved(levels, developing, 2000, 2012)
    assert len(over_developing) >= 80
    same_mean(stored("lead-over-developing", vintage), over_developing)
    same_mean(stored("lead-over-rich", vintage), moved(levels, rich, 2000, 2012))


def test_the_choices_that_move_the_verdict(book_root):
    levels = long(book_root, "current", WORKER)
    rich, developing = classes(book_root, "current", 1990)
    same_mean(variant("lead-over-developing", "start-1991"), moved(levels, developing, 1991, 2012))
    same_mean(variant("lead-over-rich", "start-1991"), moved(levels, rich, 1991, 2012))


def test_the_medians(book_root):
    levels = long(book_root, "current", WORKER)
    names = ("lead-over-rich", "lead-over-developing")
    for name, group in zip(names, classes(book_root, "current", 2000), strict=True):
        middle = statistics.median(moved(levels, group, 2000, 2012))
        assert variant(name, "statistic-median")["value"] == pytest.approx(middle, rel=1e-4)


@pytest.mark.parametrize(
    ("check_id", "output", "place"),
    [
        ("penn-rich-national-prices", "PWT.RGDPNA", 0),
        ("penn-national-prices", "PWT.RGDPNA", 1),
        ("penn-rich-output-side", "PWT.RGDPO", 0),
        ("penn-output-side", "PWT.RGDPO", 1),
    ],
)
def test_the_witnesses(book_root, check_id, output, place):
    group = classes(book_root, "current", 2000)[place]
    same_mean(stored(check_id), moved(penn(book_root, output), group, 2000, 2012))


def test_the_years_since_the_essay(book_root):
    levels = long(book_root, "current", WORKER)
    rich, developing = classes(book_root, "current", 2013)
    same_mean(stored("since-the-essay"), moved(levels, developing, 2013, 2023))
    same_mean(stored("rich-since-the-essay"), moved(levels, rich, 2013, 2023))


def share_moved(root, vintage, codes, first, last, without=()):
    """Points that America's share of each total moved, among those that report all of them."""
    series = [long(root, vintage, code) for code in codes]
    counted = [
        one
        for one in economies(root, vintage) - set(without)
        if all({*first, *last} <= each[one].keys() for each in series)
    ]
    shares = [
        [
            100
            * sum(each["USA"][y] for y in years)
            / sum(each[o][y] for o in counted for y in years)
            for years in (first, last)
        ]
        for each in series
    ]
    return len(counted), [after - before for before, after in shares]


@pytest.mark.parametrize("vintage", VINTAGES)
@pytest.mark.parametrize(
    ("check_id", "codes", "first", "last", "without"),
    [
        ("manufacturing-share", ["NV.IND.MANF.CD"], [2004], [2011], []),
        ("manufacturing-without-china", ["NV.IND.MANF.CD"], [2004], [2011], ["CHN"]),
        ("manufacturing-less-gdp", ["NV.IND.MANF.CD", "NY.GDP.MKTP.CD"], [2004], [2011], []),
        ("manufacturing-at-constant-prices", ["NV.IND.MANF.KD"], [2004], [2011], []),
        ("patents", ["IP.PAT.RESD"], [1999, 2000, 2001], [2009, 2010, 2011], []),
        ("patents-without-china", ["IP.PAT.RESD"], [1999, 2000, 2001], [2009, 2010, 2011], ["CHN"]),
    ],
)
def test_the_shares_of_the_world(book_root, vintage, check_id, codes, first, last, without):
    n, points = share_moved(book_root, vintage, codes, first, last, without)
    estimate = stored(check_id, vintage)
    assert estimate["n"] == n
    assert estimate["value"] == pytest.approx(points[0] - sum(points[1:]), rel=1e-4, abs=1e-5)


def test_the_published_levels(book_root):
    values = real_book().output("american-advantage")["values"]
    for vintage in VINTAGES:
        level = long(book_root, vintage, WORKER)
        name = "china-2012" if vintage == "current" else f"china-by-{vintage}"
        assert values[name] == pytest.approx(level["CHN"][2012] / level["USA"][2012], rel=1e-5)
    made = long(book_root, "current", "NV.IND.MANF.CD")
    for year in (2002, 2011, 2016):
        share = made["USA"][year] / made["WLD"][year]
        assert values[f"made-{year}"] == pytest.approx(share, rel=1e-5)
