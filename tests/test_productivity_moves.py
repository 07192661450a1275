"""productivity-moves: its headlines and their n recomputed without the library."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest

from books import real_book
from plain import classes, least_squares, long

VINTAGES = ["2013-12", "2019-04", "current"]
WORKER = "SL.GDP.PCAP.EM.KD"


def received(root, vintage, first, last, least=5):
    """Economy → mean investment over the years with figures, where there are enough."""
    found = {}
    for economy, years in long(root, vintage, "BX.KLT.DINV.WD.GD.ZS").items():
        inside = [value for year, value in years.items() if first <= year <= last]
        if len(inside) >= least:
            found[economy] = statistics.fmean(inside)
    return found


def penn(root, output):
    """Output over persons employed, by the Penn World Table."""
    made, employed = long(root, "current", output), long(root, "current", "PWT.EMP")
    return {
        one: {
            year: years[year] / employed[one][year] for year in years.keys() & employed[one].keys()
        }
        for one, years in made.items()
    }


def held(levels, developing, years, *investments):
    """Economies with figures; growth after the middle year, the level in it and growth before."""
    before, start, end = years
    economies = sorted(
        one
        for one in developing
        if {before, start, end} <= levels[one].keys() and all(one in each for each in investments)
    )
    after = [math.log(levels[one][end] / levels[one][start]) for one in economies]
    level = [math.log(levels[one][start]) for one in economies]
    earlier = [math.log(levels[one][start] / levels[one][before]) for one in economies]
    return economies, np.array(after), [level, earlier]


def upper(investment, economies):
    values = [investment[one] for one in economies]
    return [float(value > statistics.median(values)) for value in values]


def check(check_id):
    checks = real_book().output("productivity-moves")["checks"]
    return next(check for check in checks if check["id"] == check_id)


def stored(check_id, vintage="current"):
    return check(check_id)["vintages"][vintage]["estimate"]


def variant(name):
    variants = check("growth-gap")["variants"]
    return next(one["estimate"] for one in variants if one["id"] == name)


def same(estimate, numbers, n):
    assert estimate["n"] == n
    found = [estimate[end] for end in ("value", "low", "high")]
    assert found == pytest.approx(numbers, rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_lead_of_the_upper_half(book_root, vintage):
    developing = classes(book_root, vintage, 1990)[1]
    investment = received(book_root, vintage, 1990, 2000)
    levels = long(book_root, vintage, WORKER)
    economies, growth, before = held(levels, developing, (1991, 2000, 2012), investment)
    assert len(economies) >= 80
    half = upper(investment, economies)
    same(stored("growth-gap", vintage), least_squares(growth, half, *before), len(economies))
    same(stored("raw-means", vintage), least_squares(growth, half), len(economies))
    same(stored("while-it-came", vintage), least_squares(np.array(before[1]), half), len(economies))
    much = [grown for grown, one in zip(growth, half, strict=True) if one]
    little = [grown for grown, one in zip(growth, half, strict=True) if not one]
    apart = statistics.median(much) - statistics.median(little)
    assert stored("raw-medians", vintage)["value"] == pytest.approx(apart, rel=1e-4)


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_lead_with_later_investment_held(book_root, vintage):
    developing = classes(book_root, vintage, 1990)[1]
    first, later = (received(book_root, vintage, *years) for years in ((1990, 2000), (2013, 2020)))
    if not later:  # the release of December 2013 ends before
        assert stored("later-investment-held", vintage) is None
        return
    levels, years = long(book_root, vintage, WORKER), (1991, 2000, 2012)
    economies, growth, before = held(levels, developing, years, first, later)
    halves = upper(first, economies), upper(later, economies)
    same(
        stored("later-investment-held", vintage),
        least_squares(growth, *halves, *before),
        len(economies),
    )
    economies, growth, before = held(levels, developing, years, later)
    alone = least_squares(growth, upper(later, economies), *before)
    same(stored("later-investment-alone", vintage), alone, len(economies))


def test_the_choice_that_every_year_be_reported(book_root):
    developing = classes(book_root, "current", 1990)[1]
    investment = received(book_root, "current", 1990, 2000, least=11)
    levels = long(book_root, "current", WORKER)
    economies, growth, before = held(levels, developing, (1991, 2000, 2012), investment)
    found = least_squares(growth, upper(investment, economies), *before)
    same(variant("coverage-every-year"), found, len(economies))


@pytest.mark.parametrize(
    ("check_id", "output"),
    [("penn-national-prices", "PWT.RGDPNA"), ("penn-output-side", "PWT.RGDPO")],
)
def test_the_witnesses(book_root, check_id, output):
    developing = classes(book_root, "current", 1990)[1]
    investment, levels = received(book_root, "current", 1990, 2000), penn(book_root, output)
    developing &= levels.keys()
    economies, growth, before = held(levels, developing, (1991, 2000, 2012), investment)
    found = least_squares(growth, upper(investment, economies), *before)
    same(stored(check_id), found, len(economies))


def test_the_years_since_the_essay(book_root):
    developing = classes(book_root, "current", 2000)[1]
    investment = received(book_root, "current", 2000, 2012)
    levels = long(book_root, "current", WORKER)
    economies, growth, before = held(levels, developing, (2000, 2013, 2023), investment)
    found = least_squares(growth, upper(investment, economies), *before)
    same(stored("since-the-essay"), found, len(economies))


def test_the_published_slope(book_root):
    developing = classes(book_root, "current", 1990)[1]
    investment = received(book_root, "current", 1990, 2000)
    levels = long(book_root, "current", WORKER)
    economies, growth, before = held(levels, developing, (1991, 1991, 2012), investment)
    half_points = [2 * investment[one] for one in economies]
    found = least_squares(100 / 21 * growth, half_points, before[0])
    same(stored("published-slope"), found, len(economies))


@pytest.mark.parametrize("vintage", ["2019-04", "current"])
def test_how_far_the_median_economy_caught_up(book_root, vintage):
    levels = long(book_root, vintage, WORKER)
    nearer = [
        math.log(levels[one][2013] / levels[one][1991] * levels["USA"][1991] / levels["USA"][2013])
        for one in classes(book_root, vintage, 1990)[1]
        if {1991, 2013} <= levels[one].keys()
    ]
    estimate = stored("catch-up", vintage)
    assert estimate["n"] == len(nearer)
    assert estimate["value"] == pytest.approx(statistics.median(nearer), rel=1e-4)
