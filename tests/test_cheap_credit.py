"""cheap-credit: its headlines and their n recomputed from the CSV files without the library."""

from __future__ import annotations

import csv
import statistics

import pytest

from books import real_book
from plain import classes, least_squares, long

VINTAGES = ["2013-12", "2019-04", "current"]
CREDIT, BALANCE, ACCOUNT = "FS.AST.PRVT.GD.ZS", "NE.RSB.GNFS.ZS", "BN.CAB.XOKA.GD.ZS"
START, END = (2001, 2003), (2006, 2008)


def means(root, vintage, code, first, last):
    """Economy → mean of the years of a window that have a figure."""
    found = {}
    for economy, years in long(root, vintage, code).items():
        inside = [value for year, value in years.items() if first <= year <= last]
        if inside:
            found[economy] = statistics.fmean(inside)
    return found


def changes(root, vintage, code, start=START, end=END):
    before, after = (means(root, vintage, code, *years) for years in (start, end))
    return {one: after[one] - before[one] for one in before.keys() & after.keys()}


def deficits(root, vintage, first, last, code=BALANCE):
    return {one: -value for one, value in means(root, vintage, code, first, last).items()}


def growths(root, vintage, start, end):
    before = means(root, vintage, "NY.GDP.PCAP.KD", *start)
    after = means(root, vintage, "NY.GDP.PCAP.KD", *end)
    return {one: 100 * (after[one] / before[one] - 1) for one in before.keys() & after.keys()}


def fitted(y, x, economies):
    """Slope of y on x with its interval, and how many economies stand behind it."""
    counted = sorted(economies & y.keys() & x.keys())
    columns = ([one[code] for code in counted] for one in (y, x))
    return least_squares(*columns), len(counted)


def rich(root, vintage, year=2001):
    return classes(root, vintage, year)[0]


def group(root, name):
    with (root / "data" / "groups.csv").open(encoding="utf-8", newline="") as lines:
        return {row["economy"] for row in csv.DictReader(lines) if row["group"] == name}


def check(check_id):
    checks = real_book().output("cheap-credit")["checks"]
    return next(check for check in checks if check["id"] == check_id)


def stored(check_id, vintage):
    return check(check_id)["vintages"][vintage]["estimate"]


def variant(check_id, name):
    return next(one for one in check(check_id)["variants"] if one["id"] == name)["estimate"]


def assert_same(estimate, found):
    numbers, n = found
    assert estimate["n"] == n >= 15
    for name, number in zip(("value", "low", "high"), numbers, strict=True):
        assert estimate[name] == pytest.approx(number, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_slope_on_deficits_before_the_boom(book_root, vintage):
    rise, before = changes(book_root, vintage, CREDIT), deficits(book_root, vintage, 1996, 2000)
    assert_same(stored("deficit-slope", vintage), fitted(rise, before, rich(book_root, vintage)))


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_slope_on_what_industry_lost(book_root, vintage):
    rise, moved = (changes(book_root, vintage, code) for code in (CREDIT, "SL.IND.EMPL.ZS"))
    lost = {one: -value for one, value in moved.items()}
    assert_same(stored("industry-slope", vintage), fitted(rise, lost, rich(book_root, vintage)))


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_rival_accounts(book_root, vintage):
    rise, economies = changes(book_root, vintage, CREDIT), rich(book_root, vintage)
    rates = changes(book_root, vintage, "FR.INR.RINR", (1996, 2000), (2001, 2005))
    fell = {one: -value for one, value in rates.items()}
    for question, x in {
        "same-years-deficit": deficits(book_root, vintage, 2001, 2008),
        "capital-inflow": deficits(book_root, vintage, 2005, 2007, ACCOUNT),
        "falling-rates": fell,
        "earlier-expansion": growths(book_root, vintage, (1996, 2000), START),
        "same-years-expansion": growths(book_root, vintage, START, END),
    }.items():
        assert_same(stored(question, vintage), fitted(rise, x, economies))
    link = fitted(fell, deficits(book_root, vintage, 1996, 2000), economies)
    assert_same(stored("cheaper-where-deficits", vintage), link)
    developing = classes(book_root, vintage, 2001)[1]
    counter = fitted(rise, deficits(book_root, vintage, 1996, 2000), developing)
    assert_same(stored("developing-counter-test", vintage), counter)


@pytest.mark.parametrize("vintage", ["2019-04", "current"])
def test_placebo_banks_and_the_years_since(book_root, vintage):
    rise, economies = changes(book_root, vintage, CREDIT), rich(book_root, vintage)
    later = deficits(book_root, vintage, 2013, 2017)
    assert_same(stored("later-deficit-placebo", vintage), fitted(rise, later, economies))
    banks = changes(book_root, vintage, "FD.AST.PRVT.GD.ZS")
    before = deficits(book_root, vintage, 1996, 2000)
    assert_same(stored("banks-only", vintage), fitted(banks, before, economies))
    since = changes(book_root, vintage, CREDIT, (2011, 2013), (2017, 2019))
    crisis = deficits(book_root, vintage, 2006, 2010)
    found = fitted(since, crisis, rich(book_root, vintage, 2011))
    assert_same(stored("since-the-essay", vintage), found)
    assert check("since-the-essay")["vintages"]["2013-12"]["estimate"] is None


def test_choices_that_the_prose_leans_on(book_root):
    rise, before = changes(book_root, "current", CREDIT), deficits(book_root, "current", 1996, 2000)
    economies = rich(book_root, "current")
    values = real_book().output("cheap-credit")["values"]
    for name, codes in (("ireland", {"IRL"}), ("both", {"IRL", "ISL"})):
        (value, low, high), _ = fitted(rise, before, economies - codes)
        kept = [values[f"without-{name}-{end}"] for end in ("value", "low", "high")]
        assert kept == pytest.approx([value, low, high], rel=1e-4)
    for name, codes in (
        ("iceland", {"ISL"}),
        ("oil-exporters", group(book_root, "oil_exporter")),
        ("offshore-centres", group(book_root, "offshore_centre")),
    ):
        found = fitted(rise, before, economies - codes)
        assert_same(variant("deficit-slope", f"sample-without-{name}"), found)
    inflows = deficits(book_root, "current", 1996, 2000, ACCOUNT)
    found = fitted(rise, inflows, economies)
    assert_same(variant("deficit-slope", "deficit-current-account"), found)
    moved = changes(book_root, "current", "SL.IND.EMPL.ZS", (1991, 1993), START)
    found = fitted(rise, {one: -value for one, value in moved.items()}, economies)
    assert_same(variant("industry-slope", "fall-before-the-boom"), found)
    fewer = growths(book_root, "current", (1996, 2000), START)
    (value, low, high), _ = fitted(rise, fewer, economies - {"IRL", "ISL"})
    kept = [values[f"growth-fewer-{end}"] for end in ("value", "low", "high")]
    assert kept == pytest.approx([value, low, high], rel=1e-4)


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_median_rise(book_root, vintage):
    rise = changes(book_root, vintage, CREDIT)
    grown = [rise[one] for one in sorted(rich(book_root, vintage) & rise.keys())]
    estimate = stored("median-rise", vintage)
    assert estimate["n"] == len(grown)
    assert estimate["value"] == pytest.approx(statistics.median(grown), rel=1e-5)
    assert estimate["low"] < estimate["value"] < estimate["high"]


def test_a_published_figure_and_who_was_lost(book_root):
    values = real_book().output("cheap-credit")["values"]
    account = long(book_root, "current", ACCOUNT)["USA"]
    output = long(book_root, "current", "NY.GDP.MKTP.CD")["USA"][2000] / 1e9
    for year in (1996, 2000):
        assert values[f"american-{year}"] == pytest.approx(-account[year], rel=1e-5)
    deficit = -account[2000] / 100 * output
    assert values["american-deficit"] == pytest.approx(deficit, rel=1e-5)
    assert values["american-output"] == pytest.approx(output, rel=1e-5)
    assert output > values["implied-output"] and deficit < 414  # one revised up, one down
    # "The release of December 2013 still held …, whose credit now begins in 2004 or later."
    credit = long(book_root, "current", CREDIT)
    held = changes(book_root, "2013-12", CREDIT).keys() & rich(book_root, "2013-12")
    held &= deficits(book_root, "2013-12", 1996, 2000).keys()
    lost = held - changes(book_root, "current", CREDIT).keys()
    assert lost == {"BRN", "MLT", "NZL", "SVN"}
    assert all(min(credit[one]) >= 2004 for one in lost)
    assert {min(credit[one]) for one in ("DEU", "FRA", "ITA")} == {2001}


def test_the_prose_rests_on_these_signs():
    """Sentences that a moved number would make false: rewrite them when this fails."""
    output = real_book().output("cheap-credit")
    checks = {check["id"]: check for check in output["checks"]}
    values, primary = output["values"], checks["deficit-slope"]
    assert primary["influence"]["most"] == "ISL"
    assert primary["influence"]["tipping"] == ["IRL"]  # the best case for the essay
    assert values["without-ireland-outcome"] == values["without-both-outcome"] == "supports"
    supporting = [one for one in primary["variants"] if one["outcome"] == "supports"]
    assert {one["options"]["deficit"] for one in supporting} == {"current account"}
    assert not [one for one in primary["variants"] if one["outcome"] == "contradicts"]
    assert primary["detectable"] > 4 * 0.25
    assert checks["industry-slope"]["estimate"]["value"] < 0  # no lean the essay's way
    rivals = {one: checks[one]["estimate"] for one in checks}
    assert rivals["earlier-expansion"]["low"] > 0  # of those before the boom, this alone
    assert values["growth-fewer-low"] > 0
    for before in ("deficit-slope", "industry-slope", "falling-rates"):
        assert rivals[before]["low"] < 0 < rivals[before]["high"]
    assert min(rivals["same-years-deficit"]["low"], rivals["capital-inflow"]["low"]) > 0
    assert rivals["same-years-expansion"]["value"] < 0
    assert rivals["cheaper-where-deficits"]["value"] < 0 < rivals["cheaper-where-deficits"]["high"]
    assert values["link-then"] == "contradicts"
    placebo = rivals["later-deficit-placebo"]
    assert placebo["low"] < 0 and placebo["high"] > rivals["deficit-slope"]["value"]
    assert rivals["developing-counter-test"]["high"] < 0.25
    assert checks["since-the-essay"]["estimate"]["high"] < 0  # the sign turned
    assert rivals["banks-only"]["value"] == pytest.approx(primary["estimate"]["value"], abs=0.1)
