"""skilled-gain: its headlines and their n recomputed from the CSV files without the library."""

from __future__ import annotations

import csv
import statistics

import numpy as np
import pytest

from books import real_book
from plain import classes, least_squares, long, with_dummies

VINTAGES = ["2013-12", "2019-04", "current"]
TOP, GINI, FDI = "SI.DST.05TH.20", "SI.POV.GINI", "BX.KLT.DINV.WD.GD.ZS"
PERIODS = [(1984, 1988), (1989, 1993), (1994, 1998), (1999, 2003), (2004, 2008), (2009, 2013)]
LATIN = {"ARG", "BOL", "BRA", "CHL", "CRI", "DOM", "ECU", "GTM", "HND"}
LATIN |= {"MEX", "NIC", "PAN", "PER", "PRY", "SLV", "URY", "VEN"}


def inside(years, first, last):
    return [value for year, value in sorted(years.items()) if first <= year <= last]


def middle(years, first, last):
    found = inside(years, first, last)
    return statistics.fmean(found) if found else None


def changes(series, start=(1988, 1995), end=(2006, 2013)):
    ends = {one: (middle(years, *start), middle(years, *end)) for one, years in series.items()}
    return {one: b - a for one, (a, b) in ends.items() if a is not None and b is not None}


def received(series, first=1990, last=2012, least=10):
    found = {one: inside(years, first, last) for one, years in series.items()}
    return {one: statistics.fmean(some) for one, some in found.items() if len(some) >= least}


def check(check_id):
    checks = real_book().output("skilled-gain")["checks"]
    return next(check for check in checks if check["id"] == check_id)


def stored(check_id, vintage="current"):
    return check(check_id)["vintages"][vintage]["estimate"]


def variant(name):
    variants = check("fdi-slope")["variants"]
    return next(one for one in variants if one["id"] == name)["estimate"]


def same(estimate, moved, came, members, *held):
    """Compare a stored slope with that of the economies that have all that is asked."""
    there = sorted(set(members).intersection(moved, came, *held))
    columns = [[one[economy] for economy in there] for one in (moved, came, *held)]
    assert estimate["n"] == len(there)
    found = [estimate[end] for end in ("value", "low", "high")]
    assert found == pytest.approx(least_squares(*columns), rel=1e-3, abs=1e-5)


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_slopes_on_investment_received_and_on_its_change(book_root, vintage):
    top, gini, fdi = (long(book_root, vintage, code) for code in (TOP, GINI, FDI))
    developing = classes(book_root, vintage, 1990)[1]
    assert stored("fdi-slope", vintage)["n"] >= 65
    same(stored("fdi-slope", vintage), changes(top), received(fdi), developing)
    same(stored("gini-slope", vintage), changes(gini), received(fdi), developing)
    same(stored("change-of-investment", vintage), changes(top), changes(fdi), developing)


def test_the_first_level_held_the_extremes_cut_and_the_middle_pair(book_root):
    top, fdi = long(book_root, "current", TOP), long(book_root, "current", FDI)
    developing = classes(book_root, "current", 1990)[1]
    first = {one: middle(years, 1988, 1995) for one, years in top.items()}
    first = {one: value for one, value in first.items() if value is not None}
    same(variant("method-first-level-held"), changes(top), received(fdi), developing, first)
    cut = {one: {y: min(max(v, -5), 15) for y, v in years.items()} for one, years in fdi.items()}
    same(variant("method-investment-clipped"), changes(top), received(cut), developing)
    moved, came = changes(top), received(fdi)
    there = sorted(developing & moved.keys() & came.keys())
    pairs = [
        (moved[one] - moved[other]) / (came[one] - came[other])
        for k, one in enumerate(there)
        for other in there[:k]
    ]
    assert variant("method-median-of-pairs")["value"] == pytest.approx(np.median(pairs), rel=1e-4)


@pytest.mark.parametrize("group", ["transition", "offshore_centre"])
def test_the_slope_without_a_group(book_root, group):
    with (book_root / "data" / "groups.csv").open(encoding="utf-8", newline="") as lines:
        left = {row["economy"] for row in csv.DictReader(lines) if row["group"] == group}
    top, fdi = long(book_root, "current", TOP), long(book_root, "current", FDI)
    developing = classes(book_root, "current", 1990)[1]
    names = {"transition": "transition-economies", "offshore_centre": "offshore-centres"}
    estimate = variant(f"sample-without-{names[group]}")
    same(estimate, changes(top), received(fdi), developing - left)


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_slope_within_economies_is_that_with_a_dummy_for_each(book_root, vintage):
    top, fdi = long(book_root, vintage, TOP), long(book_root, vintage, FDI)
    rows = []
    for one in sorted(classes(book_root, vintage, 1990)[1] & top.keys() & fdi.keys()):
        cut = {year: min(max(value, -5), 15) for year, value in fdi[one].items()}
        seen = [(one, p, middle(top[one], *p), middle(cut, *p)) for p in PERIODS]
        rows += [row for row in seen if None not in row]
    numbers, clusters, _ = with_dummies(rows, PERIODS)
    estimate = stored("panel-slope", vintage)
    assert estimate["n"] == clusters >= 90
    found = [estimate[end] for end in ("value", "low", "high")]
    assert found == pytest.approx(numbers, rel=1e-3)


def test_the_placebo_the_counter_test_the_witness_and_the_years_since(book_root):
    top, fdi = long(book_root, "current", TOP), long(book_root, "current", FDI)
    rich, developing = classes(book_root, "current", 1990)
    later = received(fdi, 2014, 2022, least=4)
    same(stored("later-investment-placebo"), changes(top), later, developing)
    same(stored("high-income-counter-test"), changes(top), received(fdi), rich)
    swiid = changes(long(book_root, "current", "SWIID.GINI.DISP"))
    same(stored("swiid-witness"), swiid, received(fdi), developing)
    since = changes(top, (2006, 2013), (2014, 2022))
    came = received(fdi, 2006, 2021)
    same(stored("since-the-essay"), since, came, classes(book_root, "current", 2006)[1])


@pytest.mark.parametrize("vintage", VINTAGES)
def test_latin_america_in_the_2000s(book_root, vintage):
    def near(years, wanted, first, last):
        held = [year for year in years if first <= year <= last]
        return years[min(held, key=lambda y: (abs(y - wanted), y))] if held else None

    gini = long(book_root, vintage, GINI)
    ends = [
        (near(gini[one], 2000, 1999, 2002), near(gini[one], 2010, 2008, 2011))
        for one in LATIN & gini.keys()
    ]
    moved = [after - before for before, after in ends if None not in (before, after)]
    values = real_book().output("skilled-gain")["values"]
    assert values[f"latin-of-{vintage}"] == len(moved)
    assert values[f"latin-fell-{vintage}"] == sum(one < 0 for one in moved)
    found = values[f"latin-mean-{vintage}-down"]
    assert found == pytest.approx(-statistics.fmean(moved), rel=1e-5)


def test_mexico_and_the_cell_that_is_wrong(book_root):
    values = real_book().output("skilled-gain")["values"]
    top, fdi = long(book_root, "2013-12", TOP), long(book_root, "2013-12", FDI)
    assert values["mexico-1989-then"] == top["MEX"].pop(1989)
    developing = classes(book_root, "2013-12", 1990)[1]
    moved, came = changes(top), received(fdi)
    there = sorted(developing & moved.keys() & came.keys())
    slope = least_squares([moved[one] for one in there], [came[one] for one in there])[0]
    assert values["then-mended"] == pytest.approx(slope, rel=1e-3)


def test_the_prose_rests_on_these_signs():
    """Sentences that a moved number would make false: rewrite them when this fails."""
    output = real_book().output("skilled-gain")
    primary = check("fdi-slope")
    estimate = primary["estimate"]
    assert estimate["low"] < 0 < 2 * 0.25 <= estimate["high"]  # twice what matters, or the reverse
    assert primary["detectable"] > 2 * 0.25  # the design sees only what is twice as large
    assert primary["undecided_because"] == "too little data"
    assert output["switches"]["move"] == 0
    assert variant("sample-without-transition-economies")["value"] < 0
    assert check("panel-slope")["influence"]["tipping"] == ["JOR"]
    assert check("panel-slope")["estimate"]["high"] > 0.9 * 0.25  # just barely
    assert check("later-investment-placebo")["estimate"]["low"] < 0
    assert stored("since-the-essay")["value"] > estimate["value"]
    values = output["values"]
    assert values["mexico-1994"] > max(values["mexico-1984"], values["mexico-2010"])
    assert values["latin-received"] > values["others-received"]
