"""theory-reversed: its headlines and their n recomputed from the CSV files without the library."""

from __future__ import annotations

import csv
import statistics
from collections import Counter, defaultdict

import numpy as np
import pytest

from books import real_book
from plain import classes, least_squares, long, with_dummies

VINTAGES = ["2013-12", "2019-04", "current"]
PERIODS = [(1984, 1988), (1989, 1993), (1994, 1998), (1999, 2003), (2004, 2008), (2009, 2013)]


def middle(years, first, last, average=statistics.fmean):
    inside = [value for year, value in years.items() if first <= year <= last]
    return average(inside) if inside else None


def changes(series, average=statistics.fmean):
    """Economy → change from 1988–95 to 2006–13."""
    found = {}
    for economy, years in series.items():
        before, after = middle(years, 1988, 1995, average), middle(years, 2006, 2013, average)
        if before is not None and after is not None:
            found[economy] = after - before
    return found


def check(check_id):
    checks = real_book().output("theory-reversed")["checks"]
    return next(check for check in checks if check["id"] == check_id)


def stored(check_id, vintage):
    return check(check_id)["vintages"][vintage]["estimate"]


def variant(check_id, name):
    return next(one for one in check(check_id)["variants"] if one["id"] == name)["estimate"]


def assert_estimate(estimate, numbers, n):
    assert estimate["n"] == n
    for name, number in zip(("value", "low", "high"), numbers, strict=True):
        assert estimate[name] == pytest.approx(number, rel=1e-3, abs=1e-5)


def table(root, name):
    with (root / "data" / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def assert_same(estimate, y, x):
    assert estimate["n"] == len(x)
    for name, number in zip(("value", "low", "high"), least_squares(y, x), strict=True):
        assert estimate[name] == pytest.approx(number, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_slope_on_trade(book_root, vintage):
    widened = changes(long(book_root, vintage, "SI.POV.GINI"))
    opened = changes(long(book_root, vintage, "NE.TRD.GNFS.ZS"))
    economies = sorted(classes(book_root, vintage, 1990)[1] & widened.keys() & opened.keys())
    assert len(economies) >= 60
    y, x = [widened[code] for code in economies], [opened[code] / 10 for code in economies]
    assert_same(stored("trade-slope", vintage), y, x)


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_slope_on_tariff_cuts(book_root, vintage):
    widened = changes(long(book_root, vintage, "SI.POV.GINI"))
    tariffs = changes(long(book_root, vintage, "TM.TAX.MRCH.WM.AR.ZS"), statistics.median)
    economies = sorted(classes(book_root, vintage, 1990)[1] & widened.keys() & tariffs.keys())
    assert len(economies) >= 45
    y, x = [widened[code] for code in economies], [-tariffs[code] / 10 for code in economies]
    assert_same(stored("tariff-slope", vintage), y, x)


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_slope_with_initial_gini_and_growth_held(book_root, vintage):
    gini = long(book_root, vintage, "SI.POV.GINI")
    widened, opened = changes(gini), changes(long(book_root, vintage, "NE.TRD.GNFS.ZS"))
    output = long(book_root, vintage, "NY.GDP.PCAP.KD")
    grown = changes(
        {one: {y: np.log(v) for y, v in years.items()} for one, years in output.items()}
    )
    developing = classes(book_root, vintage, 1990)[1]
    economies = sorted(developing & widened.keys() & opened.keys() & grown.keys())
    assert len(economies) >= 60
    y, x = [widened[one] for one in economies], [opened[one] / 10 for one in economies]
    held = [
        [middle(gini[one], 1988, 1995) for one in economies],
        [grown[one] for one in economies],
    ]
    assert_estimate(stored("slope-held", vintage), least_squares(y, x, *held), len(economies))


def test_the_slope_within_regions_and_on_surveys_of_one_concept(book_root):
    gini = long(book_root, "current", "SI.POV.GINI")
    widened = changes(gini)
    opened = changes(long(book_root, "current", "NE.TRD.GNFS.ZS"))
    developing = classes(book_root, "current", 1990)[1]
    economies = sorted(developing & widened.keys() & opened.keys())
    region = {row["economy"]: row["region"] for row in table(book_root, "current/economies.csv")}
    members = Counter(region[one] for one in economies)
    kept = [one for one in economies if members[region[one]] > 1]
    named = sorted({region[one] for one in kept})[1:]
    held = [[float(region[one] == name) for one in kept] for name in named]
    found = least_squares([widened[one] for one in kept], [opened[one] / 10 for one in kept], *held)
    assert_estimate(variant("trade-slope", "method-regions-held"), found, len(kept))

    concepts = defaultdict(dict)
    for row in table(book_root, "survey-concepts.csv"):
        concepts[row["economy"]][int(row["year"])] = row["concept"]

    def asked(one, *years):
        return {concepts[one].get(y) for y in gini[one] if any(a <= y <= b for a, b in years)}

    same = [one for one in economies if len(asked(one, (1988, 1995), (2006, 2013))) == 1]
    estimate = variant("trade-slope", "surveys-one-concept")
    assert_same(estimate, [widened[one] for one in same], [opened[one] / 10 for one in same])
    whole = [one for one in economies if len(asked(one, (1900, 2100)) - {None}) == 1]
    slope = least_squares([widened[one] for one in whole], [opened[one] / 10 for one in whole])[0]
    assert real_book().output("theory-reversed")["values"]["one-series"] == pytest.approx(
        slope, rel=1e-3
    )


def test_the_witness(book_root):
    widened = changes(long(book_root, "current", "SWIID.GINI.DISP"))
    opened = changes(long(book_root, "current", "NE.TRD.GNFS.ZS"))
    economies = sorted(classes(book_root, "current", 1990)[1] & widened.keys() & opened.keys())
    y, x = [widened[one] for one in economies], [opened[one] / 10 for one in economies]
    assert_same(stored("swiid-witness", "current"), y, x)


def test_bangladesh_holds_the_line_on_tariff_cuts(book_root):
    widened = changes(long(book_root, "current", "SI.POV.GINI"))
    tariffs = changes(long(book_root, "current", "TM.TAX.MRCH.WM.AR.ZS"), statistics.median)
    economies = sorted(classes(book_root, "current", 1990)[1] & widened.keys() & tariffs.keys())
    away = np.array([-tariffs[one] for one in economies])
    away -= away.mean()
    leverage = dict(zip(economies, 1 / len(economies) + away**2 / (away**2).sum(), strict=True))
    values = real_book().output("theory-reversed")["values"]
    assert max(leverage, key=leverage.get) == "BGD"
    assert values["leverage"] == pytest.approx(leverage["BGD"], rel=1e-4)
    others = [one for one in economies if one != "BGD"]
    without = least_squares(
        [widened[one] for one in others], [-tariffs[one] / 10 for one in others]
    )
    stored_without = [values[f"without-heaviest-{end}"] for end in ("value", "low", "high")]
    assert stored_without == pytest.approx(without, rel=1e-3)
    assert check("tariff-slope")["influence"]["without"] == pytest.approx(without[0], rel=1e-3)


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_slope_within_economies_is_that_with_a_dummy_for_each(book_root, vintage):
    gini = long(book_root, vintage, "SI.POV.GINI")
    trade = long(book_root, vintage, "NE.TRD.GNFS.ZS")
    rows = []
    for economy in sorted(classes(book_root, vintage, 1990)[1] & gini.keys() & trade.keys()):
        for period in PERIODS:
            y, x = middle(gini[economy], *period), middle(trade[economy], *period)
            if y is not None and x is not None:
                rows.append((economy, period, y, x / 10))
    (value, low, high), clusters, counted = with_dummies(rows, PERIODS)
    estimate = stored("panel-slope", vintage)
    assert estimate["n"] == clusters >= 60
    assert estimate["value"] == pytest.approx(value, rel=1e-4)
    assert estimate["low"] == pytest.approx(low, rel=1e-3)
    assert estimate["high"] == pytest.approx(high, rel=1e-3)
    if vintage == "current":
        assert real_book().output("theory-reversed")["values"]["panel-rows"] == counted


def test_the_worked_example_by_cramers_rule():
    values = real_book().output("theory-reversed")["values"]
    a, b = values["cloth-low-skilled-hours"], values["cloth-skilled-hours"]
    c, d = values["machines-low-skilled-hours"], values["machines-skilled-hours"]
    for when in ("before", "after"):
        cloth, machine = values[f"cloth-{when}"], values[f"machines-{when}"]
        low_skilled = (cloth * d - b * machine) / (a * d - b * c)
        skilled = (a * machine - cloth * c) / (a * d - b * c)
        assert values[f"low-skilled-{when}"] == pytest.approx(low_skilled, rel=1e-5)
        assert values[f"skilled-{when}"] == pytest.approx(skilled, rel=1e-5)
    # Stolper and Samuelson's point: one wage rises by more than any price, the other falls.
    assert values["low-skilled-change"] > values["cloth-change"] > 0 > values["skilled-change"]


def test_the_prose_rests_on_these_signs():
    """Sentences that a moved number would make false: rewrite them when this fails."""
    output = real_book().output("theory-reversed")
    checks = {check["id"]: check for check in output["checks"]}
    variants = {variant["id"]: variant for variant in checks["trade-slope"]["variants"]}
    whole = checks["trade-slope"]["estimate"]
    others = variants["sample-without-transition-economies"]["estimate"]
    assert whole["low"] < 0 < whole["value"]  # leans the essay's way, a flat line would fit too
    assert checks["trade-slope"]["detectable"] > 2 * 0.25  # what would matter is too faint to see
    slopes = sorted(variant["estimate"]["value"] for variant in variants.values())
    assert slopes.index(whole["value"]) > 0.75 * len(slopes)  # high on its own curve
    assert output["values"]["not-above"] == sum(slope <= 0 for slope in slopes) > len(slopes) / 2
    assert variants["end-2004-2012"]["outcome"] == "supports"  # the one choice that turns it
    assert variants["method-regions-held"]["estimate"]["value"] < 0
    published = checks["published-panel"]["estimate"]
    assert published["low"] < published["value"] < 0 < published["high"]  # sign, no certainty
    assert output["values"]["mexico-1994"] > output["values"]["mexico-1984"]
    assert output["values"]["mexico-1994"] > output["values"]["mexico-2010"]
    assert others["value"] < 0  # the lean hangs on the transition economies
    cuts = {variant["id"]: variant["estimate"] for variant in checks["tariff-slope"]["variants"]}
    assert min(estimate["value"] for estimate in cuts.values()) > 0  # the tariffs' does not
    link = checks["cuts-and-trade"]["estimate"]
    assert link["low"] < 0 < link["high"]  # the two measures barely know each other
    assert checks["later-trade-placebo"]["estimate"]["value"] > 0  # a warning
    assert output["values"]["common-then"] != output["values"]["common-now"]
