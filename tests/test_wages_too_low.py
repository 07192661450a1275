"""wages-too-low: its headlines and their n recomputed from the CSV files without the library."""

from __future__ import annotations

import csv
import statistics

import numpy as np
import pytest

from books import real_book
from plain import classes, least_squares, long

# The release of December 2013 holds household consumption under its former code.
CONSUMED = {"2013-12": "NE.CON.PETC.ZS", "2019-04": "NE.CON.PRVT.ZS", "current": "NE.CON.PRVT.ZS"}
VINTAGES = list(CONSUMED)
START, END = (1988, 1995), (2006, 2013)


def middle(years, first, last):
    found = [value for year, value in sorted(years.items()) if first <= year <= last]
    return statistics.fmean(found) if found else None


def means(series, window):
    found = {one: middle(years, *window) for one, years in series.items()}
    return {one: value for one, value in found.items() if value is not None}


def changes(series, start=START, end=END):
    before, after = means(series, start), means(series, end)
    return {one: after[one] - before[one] for one in before.keys() & after.keys()}


def makers(root, vintage, start=START, end=END, year=1990, limit=50):
    """Makers and the other developing economies, of those whose exports are known."""
    share = long(root, vintage, "TX.VAL.MANF.ZS.UN")
    before, after = means(share, start), means(share, end)
    known = sorted(classes(root, vintage, year)[1] & before.keys() & after.keys())
    some = {one for one in known if (before[one] + after[one]) / 2 >= limit}
    return some, set(known) - some


def consumption(root, vintage):
    return long(root, vintage, CONSUMED[vintage])


def group(name, root):
    with (root / "data" / "groups.csv").open(encoding="utf-8", newline="") as lines:
        return {row["economy"] for row in csv.DictReader(lines) if row["group"] == name}


def drawn_medians(sample, seed, draws=40_000):
    sample = np.array(sorted(sample))
    rows = np.random.default_rng(seed).integers(len(sample), size=(draws, len(sample)))
    return np.median(sample[rows], axis=1)


def check(check_id):
    checks = real_book().output("wages-too-low")["checks"]
    return next(check for check in checks if check["id"] == check_id)


def stored(check_id, vintage="current"):
    return check(check_id)["vintages"][vintage]["estimate"]


def variant(check_id, name):
    return next(one for one in check(check_id)["variants"] if one["id"] == name)["estimate"]


def same(estimate, numbers, n):
    assert estimate["n"] == n
    found = [estimate[end] for end in ("value", "low", "high")]
    assert found == pytest.approx(numbers, rel=1e-3, abs=1e-5)


def some(values, economies):
    return [values[one] for one in sorted(economies & values.keys())]


def same_difference(estimate, first, second):
    """Compare a difference of medians; its interval with a bootstrap by draws."""
    assert estimate["n"] == len(first) + len(second)
    value = statistics.median(first) - statistics.median(second)
    assert estimate["value"] == pytest.approx(value, rel=1e-5)
    away = drawn_medians(first, 1) - drawn_medians(second, 2)
    ends = np.quantile(away, [0.025, 0.975])
    assert [estimate["low"], estimate["high"]] == pytest.approx(ends, abs=0.35)


@pytest.mark.parametrize("vintage", VINTAGES)
def test_makers_less_others(book_root, vintage):
    moved = changes(consumption(book_root, vintage))
    making, others = makers(book_root, vintage)
    first, second = some(moved, making), some(moved, others)
    assert len(first) >= 30
    same_difference(stored("makers-less-others", vintage), first, second)
    assert stored("makers-own-change", vintage)["value"] == pytest.approx(
        statistics.median(first), rel=1e-5
    )
    rich = some(moved, classes(book_root, vintage, 1990)[0])
    placebo = stored("high-income-placebo", vintage)
    assert placebo["n"] == len(rich)
    assert placebo["value"] == pytest.approx(statistics.median(rich), rel=1e-5)


def test_makers_less_others_by_means_and_without_oil(book_root):
    moved = changes(consumption(book_root, "current"))
    making, others = makers(book_root, "current")
    there = sorted((making | others) & moved.keys())
    dummy = [float(one in making) for one in there]
    found = least_squares([moved[one] for one in there], dummy)
    same(variant("makers-less-others", "method-means"), found, len(there))
    oil = group("oil_exporter", book_root)
    without = variant("makers-less-others", "sample-without-oil-exporters")
    same_difference(without, some(moved, making - oil), some(moved, others - oil))


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_level_with_income_held(book_root, vintage):
    level = means(consumption(book_root, vintage), END)
    income = means(long(book_root, vintage, "NY.GDP.PCAP.KD"), END)
    making, others = makers(book_root, vintage)

    def held(economies):
        there = sorted(economies & level.keys() & income.keys())
        columns = [float(one in making) for one in there], [np.log(income[one]) for one in there]
        return least_squares([level[one] for one in there], *columns), len(there)

    same(stored("level-with-income-held", vintage), *held(making | others))
    same_difference(stored("level-difference", vintage), some(level, making), some(level, others))
    if vintage == "current":
        without = held((making | others) - group("oil_exporter", book_root))
        same(variant("level-with-income-held", "sample-without-oil-exporters"), *without)


@pytest.mark.parametrize("vintage", VINTAGES)
def test_catching_up_and_people(book_root, vintage):
    output = long(book_root, vintage, "NY.GDP.PCAP.KD")
    people = long(book_root, vintage, "SP.POP.TOTL")
    developing = classes(book_root, vintage, 1990)[1]

    def yearly(one):
        return np.log(output[one][2012] / output[one][1990]) * 100 / 22

    there = [
        one
        for one in sorted(developing)
        if {1990, 2012} <= output[one].keys() and 1990 in people[one]
    ]
    away = {one: yearly(one) - yearly("USA") for one in there}
    found = least_squares(
        [away[one] for one in there], [np.log10(people[one][1990]) for one in there]
    )
    same(stored("catch-up-on-population", vintage), found, len(there))
    most = sorted(developing, key=lambda one: people[one].get(1990, 0))[-10:]
    ten = [away[one] for one in most]
    assert stored("most-populous", vintage)["value"] == pytest.approx(
        statistics.median(ten), rel=1e-4
    )
    if vintage == "current":
        values = real_book().output("wages-too-low")["values"]
        assert values["ten-ahead"] == sum(one > 0 for one in ten)


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_trade_balance_of_the_middle_maker(book_root, vintage):
    balance = means(long(book_root, vintage, "NE.RSB.GNFS.ZS"), END)
    found = some(balance, makers(book_root, vintage)[0])
    estimate = stored("trade-balance", vintage)
    assert estimate["n"] == len(found)
    assert estimate["value"] == pytest.approx(statistics.median(found), rel=1e-5)
    ends = np.quantile(drawn_medians(found, 3), [0.025, 0.975])
    assert [estimate["low"], estimate["high"]] == pytest.approx(ends, abs=0.35)
    if vintage == "current":
        in_deficit = real_book().output("wages-too-low")["values"]["in-deficit"]
        assert in_deficit == sum(one < 0 for one in found)


@pytest.mark.parametrize("vintage", VINTAGES)
def test_makers_weighted_by_output_with_and_without_china(book_root, vintage):
    moved = changes(consumption(book_root, vintage))
    output = means(long(book_root, vintage, "NY.GDP.MKTP.CD"), END)
    making = makers(book_root, vintage)[0] & moved.keys() & output.keys()
    for name, counted in (
        ("makers-by-output", making),
        ("makers-by-output-without-china", making - {"CHN"}),
    ):
        weight = sum(output[one] for one in counted)
        mean = sum(output[one] * moved[one] for one in counted) / weight
        assert stored(name, vintage)["n"] == len(counted)
        assert stored(name, vintage)["value"] == pytest.approx(mean, rel=1e-5)


def test_the_witness_and_the_years_since(book_root):
    share = changes(long(book_root, "current", "PWT.LABSH"))
    making, others = makers(book_root, "current")
    estimate = stored("labour-share-witness")
    first, second = ([100 * one for one in some(share, side)] for side in (making, others))
    same_difference(estimate, first, second)
    values = real_book().output("wages-too-low")["values"]
    rich = some(share, classes(book_root, "current", 1990)[0])
    assert values["labour-fall-rich"] == pytest.approx(-100 * statistics.median(rich), rel=1e-5)
    since = changes(consumption(book_root, "current"), END, (2014, 2019))
    making, others = makers(book_root, "current", END, (2014, 2019), 2006)
    same_difference(stored("since-the-essay"), some(since, making), some(since, others))


@pytest.mark.parametrize("vintage", ["2013-12", "current"])
def test_china_and_the_published_figure(book_root, vintage):
    china = consumption(book_root, vintage)["CHN"]
    values = real_book().output("wages-too-low")["values"]
    early = statistics.fmean(china[year] for year in (1981, 1982, 1983))
    assert values[f"china-early-{vintage}"] == pytest.approx(early, rel=1e-5)
    assert values[f"china-2008-{vintage}"] == pytest.approx(china[2008], rel=1e-5)


def test_the_prose_rests_on_these_signs():
    """Sentences that a moved number would make false: rewrite them when this fails."""
    output = real_book().output("wages-too-low")
    placebo = check("high-income-placebo")["estimate"]
    assert placebo["high"] < 0  # the rich lost most, and surely lost
    assert placebo["value"] < check("makers-own-change")["estimate"]["value"] < 0
    assert check("makers-by-output")["outcome"] == "supports"
    assert check("makers-by-output-without-china")["outcome"] == "inconclusive"
    assert 0.4 < output["values"]["china-weight"] < 0.5  # nearly as much as all the others
    assert {one["outcome"] for one in check("trade-balance")["variants"]} == {"contradicts"}
    held = check("level-with-income-held")
    assert held["outcome"] == "contradicts"
    assert len({one["outcome"] for one in held["variants"]}) > 1
    populous = {one["id"]: one["outcome"] for one in check("catch-up-on-population")["variants"]}
    assert populous["headline"] == "contradicts"
    assert populous["among-makers"] == populous["to_year-2007"] == "inconclusive"
    assert {one["outcome"] for one in check("makers-less-others")["variants"]} == {"inconclusive"}
    assert output["vintages"] == {
        "2013-12": "contradicted",
        "2019-04": "contradicted",
        "current": "inconclusive",
    }
