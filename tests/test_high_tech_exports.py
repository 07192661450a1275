"""The headlines of high-tech-exports, recomputed from the files without the library."""

from __future__ import annotations

import statistics

import pytest

from books import real_book
from plain import classes, economies, long


def share_change(values, group, first, last):
    """Change of a group's share, in points, and how many economies report in every year."""
    every = [name for name, years in values.items() if set(first + last) <= set(years)]

    def share(years):
        total = sum(values[name][year] for name in every for year in years) / len(years)
        part = sum(values[name][year] for name in every for year in years if name in group)
        return 100 * part / len(years) / total

    return share(last) - share(first), len(every)


def stored(check_id, vintage):
    output = real_book().output("high-tech-exports")
    check = next(check for check in output["checks"] if check["id"] == check_id)
    return (check["vintages"][vintage] or {"estimate": None})["estimate"]


@pytest.mark.parametrize(
    ("check_id", "vintage", "last", "out"),
    [
        ("high-tech-share", "2013-12", [2010, 2011], {"HKG"}),
        ("high-tech-share", "2019-04", [2012, 2013], {"HKG"}),
        ("without-china", "2013-12", [2010, 2011], {"HKG", "CHN"}),
        ("without-china", "2019-04", [2012, 2013], {"HKG", "CHN"}),
    ],
)
def test_the_share_of_exports(book_root, check_id, vintage, last, out):
    exports = long(book_root, vintage, "TX.VAL.TECH.CD")
    values = {
        name: exports[name] for name in economies(book_root, vintage) - out if name in exports
    }
    change, n = share_change(values, classes(book_root, vintage, 1990)[1], [1992, 1993, 1994], last)
    estimate = stored(check_id, vintage)
    assert estimate["n"] == n >= 50
    assert estimate["value"] == pytest.approx(change, rel=1e-5)
    assert estimate["low"] == estimate["high"] == estimate["value"]


@pytest.mark.parametrize(
    ("vintage", "last", "out"),
    [
        ("2013-12", [2010, 2011], {"HKG"}),
        ("2019-04", [2012, 2013], {"HKG"}),
        ("2019-04", [2012, 2013], {"HKG", "CHN"}),
    ],
)
def test_the_share_of_exports_less_that_of_output(book_root, vintage, last, out):
    exports = long(book_root, vintage, "TX.VAL.TECH.CD")
    output = long(book_root, vintage, "NY.GDP.MKTP.CD")
    first = [1992, 1993, 1994]
    both = {
        name
        for name in (economies(book_root, vintage) - out) & set(exports) & set(output)
        if {*first, *last} <= exports[name].keys() & output[name].keys()
    }
    developing = classes(book_root, vintage, 1990)[1]
    sold, made = (
        share_change({name: series[name] for name in both}, developing, first, last)[0]
        for series in (exports, output)
    )
    if out == {"HKG"}:
        estimate = stored("less-gdp", vintage)
        assert estimate["n"] == len(both) >= 50
    else:
        checks = real_book().output("high-tech-exports")["checks"]
        less = next(check for check in checks if check["id"] == "less-gdp")
        found = (one for one in less["variants"] if one["id"] == "leaving_out-china")
        estimate = next(found)["estimate"]
    assert estimate["value"] == pytest.approx(sold - made, rel=1e-4)


@pytest.mark.parametrize(
    ("check_id", "out"),
    [("other-manufactured-exports", {"HKG"}), ("other-without-china", {"HKG", "CHN"})],
)
def test_the_share_of_other_manufactures(book_root, check_id, out):
    codes = ("TX.VAL.TECH.CD", "TX.VAL.MANF.ZS.UN", "TX.VAL.MRCH.CD.WT")
    high_tech, percent, goods = (long(book_root, "2019-04", code) for code in codes)
    values = {
        name: {
            year: goods[name][year] * percent[name][year] / 100 - high_tech[name][year]
            for year in goods[name].keys() & percent[name].keys() & high_tech[name].keys()
        }
        for name in economies(book_root, "2019-04") - out
    }
    developing = classes(book_root, "2019-04", 1990)[1]
    change, n = share_change(values, developing, [1992, 1993, 1994], [2012, 2013])
    estimate = stored(check_id, "2019-04")
    assert estimate["n"] == n >= 50
    assert estimate["value"] == pytest.approx(change, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "year", "besides"),
    [("mani-1988", 1988, set()), ("mani-1997", 1997, set()),
     ("mani-with-ports", 1997, {"HKG", "SGP"})],
)  # fmt: skip
def test_the_published_shares_tried_again(book_root, name, year, besides):
    exports = long(book_root, "2019-04", "TX.VAL.TECH.CD")
    sellers = [one for one in economies(book_root, "2019-04") if year in exports.get(one, {})]
    group = classes(book_root, "2019-04", 1990)[1] | besides
    total = sum(exports[one][year] for one in sellers)
    share = sum(exports[one][year] for one in sellers if one in group) / total
    values = real_book().output("high-tech-exports")["values"]
    assert values[name] == pytest.approx(share, rel=1e-4)


@pytest.mark.parametrize("check_id", ["high-tech-share", "less-gdp", "without-china"])
def test_todays_exports_begin_too_late_to_be_asked(book_root, check_id):
    exports = long(book_root, "current", "TX.VAL.TECH.CD")
    assert min(min(years) for years in exports.values()) == 2007
    assert stored(check_id, "current") is None


@pytest.mark.parametrize("vintage", ["2019-04", "current"])
@pytest.mark.parametrize(
    ("check_id", "out"),
    [("value-added-share", {"HKG"}), ("value-added-without-china", {"HKG", "CHN"})],
)
def test_the_share_of_value_added(book_root, check_id, out, vintage):
    dollars = long(book_root, vintage, "NV.IND.MANF.CD")
    weight = long(book_root, vintage, "NV.MNF.TECH.ZS.UN")
    values = {
        name: {
            year: dollars[name][year] * weight[name][year]
            for year in dollars[name].keys() & weight[name].keys()
        }
        for name in economies(book_root, vintage) - out
    }
    group = classes(book_root, vintage, 2004)[1]
    change, n = share_change(values, group, [2004, 2005], [2012, 2013])
    estimate = stored(check_id, vintage)
    assert estimate["n"] == n >= 100
    assert estimate["value"] == pytest.approx(change, rel=1e-5)
    # Both releases hold these years, so the interval reaches as far as they differ.
    revision = abs(stored(check_id, "current")["value"] - stored(check_id, "2019-04")["value"])
    ends = [estimate[end] - estimate["value"] for end in ("low", "high")]
    assert ends == pytest.approx([-revision, revision], abs=1e-4)


def moved(weights, name):
    """Change of a weight, or None where the figure stands still early or late."""

    def held(*years):
        return [weights[name][year] for year in years if year in weights[name]]

    early, late, end = held(1992, 1993, 1994), held(2010, 2011, 2012, 2013), held(2012, 2013)
    for figures in (early, late):
        if not figures or max(figures) - min(figures) < 1e-6:
            return None
    return statistics.fmean(end) - statistics.fmean(early) if end else None


@pytest.mark.parametrize("vintage", ["2019-04", "current"])
@pytest.mark.parametrize(
    ("check_id", "code"),
    [("value-added-mix", "NV.MNF.TECH.ZS.UN"), ("export-mix", "TX.MNF.TECH.ZS.UN")],
)
def test_the_weight_of_technology(book_root, check_id, code, vintage):
    weights = long(book_root, vintage, code)
    names = classes(book_root, vintage, 1990)[1] & set(weights)
    changes = [change for name in names if (change := moved(weights, name)) is not None]
    estimate = stored(check_id, vintage)
    assert estimate["n"] == len(changes) >= 40
    assert estimate["value"] == pytest.approx(statistics.median(changes), rel=1e-4)


def test_exports_ran_ahead_of_making(book_root):
    sold = long(book_root, "current", "TX.MNF.TECH.ZS.UN")
    made = long(book_root, "current", "NV.MNF.TECH.ZS.UN")
    names = classes(book_root, "current", 1990)[1] & set(sold) & set(made)
    pairs = [(moved(sold, name), moved(made, name)) for name in names]
    ahead = [there - here for there, here in pairs if there is not None and here is not None]
    estimate = stored("exports-ahead-of-making", "current")
    assert estimate["n"] == len(ahead) >= 30
    assert estimate["value"] == pytest.approx(statistics.median(ahead), rel=1e-4)


@pytest.mark.parametrize(
    ("check_id", "vintage", "first", "last"),
    [
        ("high-tech-since-2010", "2019-04", 2010, 2013),
        ("high-tech-since-2010", "current", 2010, 2013),
        ("since-the-essay", "current", 2013, 2022),
    ],
)
def test_the_years_since(book_root, check_id, vintage, first, last):
    exports = long(book_root, vintage, "TX.VAL.TECH.CD")
    values = {
        name: exports[name] for name in economies(book_root, vintage) - {"HKG"} if name in exports
    }
    change, n = share_change(values, classes(book_root, vintage, first)[1], [first], [last])
    estimate = stored(check_id, vintage)
    assert estimate["n"] == n
    assert estimate["value"] == pytest.approx(change, rel=1e-5)
