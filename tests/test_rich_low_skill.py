"""rich-low-skill: all that counts, and the placebo, recomputed without the library."""

from __future__ import annotations

import csv
import random
import statistics

import numpy as np
import pytest
from scipy import stats

from books import real_book
from plain import classes, long

VINTAGES = ["2013-12", "2019-04", "current"]
FIRST, LAST = (1991, 1993), (2005, 2007)


def check(check_id):
    return next(c for c in real_book().output("rich-low-skill")["checks"] if c["id"] == check_id)


def stored(check_id, vintage):
    return check(check_id)["vintages"][vintage]["estimate"]


def members(root, *groups):
    with (root / "data" / "groups.csv").open(encoding="utf-8", newline="") as lines:
        return {row["economy"] for row in csv.DictReader(lines) if row["group"] in groups}


def rich(root, vintage, left_out=("entrepot", "oil_exporter"), year=1990):
    return classes(root, vintage, year)[0] - members(root, *left_out)


def changes(series, first=FIRST, last=LAST):
    """Economy → mean of the second window less mean of the first."""
    found = {}
    for one, years in series.items():
        before, after = (
            [value for year, value in years.items() if window[0] <= year <= window[1]]
            for window in (first, last)
        )
        if before and after:
            found[one] = statistics.fmean(after) - statistics.fmean(before)
    return found


def imports(root, vintage):
    """Imports of goods from poorer and from rich economies, in % of GDP."""
    codes = "TM.VAL.MRCH.CD.WT", "TM.VAL.MRCH.HI.ZS", "NY.GDP.MKTP.CD"
    goods, part, output = (long(root, vintage, code) for code in codes)
    poorer, wealthy = {}, {}
    for one in goods.keys() & part.keys() & output.keys():
        years = goods[one].keys() & part[one].keys() & output[one].keys()
        share = {year: goods[one][year] / output[one][year] for year in years}
        poorer[one] = {year: share[year] * (100 - part[one][year]) for year in years}
        wealthy[one] = {year: share[year] * part[one][year] for year in years}
    return poorer, wealthy


def moves(root, vintage, economies, windows=(FIRST, LAST)):
    """Arrays of three changes: industry's share, imports from poorer economies, from rich ones."""
    columns = long(root, vintage, "SL.IND.EMPL.ZS"), *imports(root, vintage)
    moved = [changes(series, *windows) for series in columns]
    kept = sorted(economies.intersection(*moved))
    return [np.array([one[code] for code in kept]) for one in moved]


def contrast(y, columns, weights):
    """A sum of coefficients with its HC3 interval, by the hat matrix."""
    design = np.column_stack([*columns, np.ones(len(y))])
    inverse = np.linalg.inv(design.T @ design)
    residuals = y - design @ (inverse @ design.T @ y)
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    meat = design.T @ (design * ((residuals / (1 - leverage)) ** 2)[:, None])
    chosen = np.array([*weights, 0.0])
    value = chosen @ inverse @ design.T @ y
    error = np.sqrt(chosen @ inverse @ meat @ inverse @ chosen)
    reach = stats.t.ppf(0.975, len(y) - design.shape[1]) * error
    return value, value - reach, value + reach


def assert_estimate(estimate, numbers, n):
    assert estimate["n"] == n
    for end, number in zip(("value", "low", "high"), numbers, strict=True):
        assert estimate[end] == pytest.approx(number, rel=1e-4, abs=1e-5)


def assert_median(estimate, moved):
    """The value exactly; each end where drawing economies has one in forty beyond it."""
    values, draws = sorted(moved), random.Random(1990)
    assert estimate["n"] == len(values)
    assert estimate["value"] == pytest.approx(statistics.median(values), abs=1e-4)
    drawn = np.array([statistics.median(draws.choices(values, k=len(values))) for _ in range(4000)])
    for end, beyond in (("low", drawn - estimate["low"]), ("high", estimate["high"] - drawn)):
        assert (beyond < -1e-4).mean() < 0.032, end
        assert (beyond < 1e-4).mean() > 0.018, end


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_slopes(book_root, vintage):
    industry, poorer, wealthy = moves(book_root, vintage, rich(book_root, vintage))
    n = len(industry)
    assert n >= 22
    headline, placebo = (contrast(industry, [x], [1]) for x in (poorer, wealthy))
    assert_estimate(stored("import-slope", vintage), headline, n)
    assert_estimate(stored("rich-imports-placebo", vintage), placebo, n)
    # Both kinds in one regression: the first coefficient less the second.
    less = contrast(industry, [poorer, wealthy], [1, -1])
    assert_estimate(stored("slope-less-placebo", vintage), less, n)


@pytest.mark.parametrize(
    ("left_out", "name"),
    [
        (["oil_exporter"], "leaving_out-oil-exporters"),
        (["entrepot"], "leaving_out-entrepots"),
        ([], "leaving_out-nobody"),
    ],
)
def test_those_who_make_the_slope(book_root, left_out, name):
    industry, poorer, _ = moves(book_root, "current", rich(book_root, "current", left_out))
    variant = next(v for v in check("import-slope")["variants"] if v["id"] == name)
    assert_estimate(variant["estimate"], contrast(industry, [poorer], [1]), len(industry))
    apart = (poorer - poorer.mean()) ** 2
    leverage = (1 / len(poorer) + apart / apart.sum()).max()
    values = real_book().output("rich-low-skill")["values"]
    heaviest = {"oil_exporter": "entrepots-leverage", "entrepot": "oil-leverage"}
    for group in left_out:
        assert values[heaviest[group]] == pytest.approx(leverage, rel=1e-4)


def test_without_the_economy_that_moves_it_most(book_root):
    left = rich(book_root, "current") - {"BHS"}
    industry, poorer, _ = moves(book_root, "current", left)
    influence = check("import-slope")["influence"]
    assert influence["most"] == "BHS"
    assert influence["without"] == pytest.approx(contrast(industry, [poorer], [1])[0], rel=1e-4)


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_fall_of_industry(book_root, vintage):
    fell = changes(long(book_root, vintage, "SL.IND.EMPL.ZS"))
    kept = [fell[one] for one in rich(book_root, vintage) & fell.keys()]
    assert_median(stored("industry-share", vintage), kept)


@pytest.mark.parametrize("vintage", ["2019-04", "current"])
def test_the_unemployment_gap(book_root, vintage):
    basic, advanced = (long(book_root, vintage, f"SL.UEM.{level}.ZS") for level in ("BASC", "ADVN"))
    gap = {
        one: {year: basic[one][year] - advanced[one][year] for year in years & advanced[one].keys()}
        for one, years in ((one, basic[one].keys()) for one in basic.keys() & advanced.keys())
    }
    widened = changes(gap, (1998, 2000), LAST)
    kept = [widened[one] for one in rich(book_root, vintage) & widened.keys()]
    assert_median(stored("unemployment-gap", vintage), kept)


def test_the_gini_of_the_rich(book_root):
    for check_id, code in (
        ("gini-of-the-rich", "SI.POV.GINI"),
        ("swiid-gini-of-the-rich", "SWIID.GINI.DISP"),
    ):
        widened = changes(long(book_root, "current", code), (1988, 1995), (2006, 2013))
        kept = [widened[one] for one in rich(book_root, "current") & widened.keys()]
        assert_median(stored(check_id, "current"), kept)


@pytest.mark.parametrize("vintage", ["2019-04", "current"])
def test_since_the_essay(book_root, vintage):
    economies = rich(book_root, vintage, year=2011)
    windows = (2011, 2013), (2017, 2019)
    industry, poorer, _ = moves(book_root, vintage, economies, windows)
    found = contrast(industry, [poorer], [1])
    assert_estimate(stored("since-the-essay", vintage), found, len(industry))


def test_the_published_figures(book_root):
    """What the slope makes of the fall of industry, and America's imports of 1994."""
    industry, poorer, _ = moves(book_root, "current", rich(book_root, "current"))
    values = real_book().output("rich-low-skill")["values"]
    slope, low, high = contrast(industry, [poorer], [1])
    for name, end in (("value", slope), ("low", high), ("high", low)):
        assert values[f"part-{name}"] == pytest.approx(-end * poorer.mean(), rel=1e-3)
    assert values["mean-fall"] == pytest.approx(-industry.mean(), rel=1e-4)
    america = imports(book_root, "current")[0]["USA"][1994]
    assert values["america-1994"] == pytest.approx(america, rel=1e-4)


def test_the_prose_rests_on_these_signs():
    headline, placebo = (
        check(name)["estimate"] for name in ("import-slope", "rich-imports-placebo")
    )
    assert headline["low"] < 0 < headline["high"]
    # "it leans the same way, and more surely": nearer to its own end than the headline.
    assert placebo["value"] < 0 < placebo["high"]
    sure = [one["value"] / (one["high"] - one["value"]) for one in (placebo, headline)]
    assert sure[0] < sure[1]
    assert len(check("import-slope")["influence"]["tipping"]) == 2
