"""bubble-risk: its headlines and their n recomputed from the CSV files without the library."""

from __future__ import annotations

import csv
import math
import statistics

import numpy as np
import pytest
from scipy import stats

from books import real_book
from plain import classes, long

VINTAGES = ["2019-04", "current"]  # the release of December 2013 ends before the forecast begins
CREDIT, BANKS, MARKET = "FS.AST.PRVT.GD.ZS", "FD.AST.PRVT.GD.ZS", "CM.MKT.LCAP.GD.ZS"
STARTS = range(1971, 2002, 6)


def means(years, first, last):
    inside = [value for year, value in years.items() if first <= year <= last]
    return statistics.fmean(inside) if inside else None


def rises(root, vintage, code, start):
    """Economy → mean of three years less that of the three that end six years earlier."""
    found = {}
    for economy, years in long(root, vintage, code).items():
        before, after = means(years, start, start + 2), means(years, start + 6, start + 8)
        if before is not None and after is not None:
            found[economy] = after - before
    return found


def rich(root, vintage, year=2001):
    return classes(root, vintage, year)[0]


def leaps(root, vintage, economies, code=CREDIT, earlier=2001, forecast=2011, above=10):
    """Whether each economy had a leap later, and earlier, in the order of their codes."""
    later, before = (rises(root, vintage, code, start) for start in (forecast, earlier))
    both = sorted(economies & later.keys() & before.keys())
    return [(later[one] > above, before[one] > above) for one in both]


def newcombe(pairs):
    """Share of the first answer less that of the second, and Newcombe's tenth interval of 1998."""
    n, z = len(pairs), stats.norm.ppf(0.975)
    a = sum(one and other for one, other in pairs)
    b = sum(one and not other for one, other in pairs)
    c = sum(other and not one for one, other in pairs)
    d = n - a - b - c

    def wilson(count):
        middle = (count + z**2 / 2) / (n + z**2)
        half = z / (n + z**2) * math.sqrt(count * (n - count) / n + z**2 / 4)
        return middle - half, middle + half

    first, second = (a + b) / n, (a + c) / n
    (low_1, high_1), (low_2, high_2) = wilson(a + b), wilson(a + c)
    product, cross = (a + b) * (c + d) * (a + c) * (b + d), a * d - b * c
    cross = max(cross - n / 2, 0) if cross > 0 else cross
    phi = cross / math.sqrt(product) if product else 0

    def apart(one, other):
        return math.sqrt(one**2 - 2 * phi * one * other + other**2)

    value = first - second
    low = value - apart(first - low_1, high_2 - second)
    return value, low, value + apart(high_1 - first, second - low_2)


def check(check_id):
    checks = real_book().output("bubble-risk")["checks"]
    return next(check for check in checks if check["id"] == check_id)


def stored(check_id, vintage):
    return check(check_id)["vintages"][vintage]["estimate"]


def variant(check_id, name):
    return next(one for one in check(check_id)["variants"] if one["id"] == name)["estimate"]


def assert_same(estimate, pairs):
    assert estimate["n"] == len(pairs) >= 10
    for name, number in zip(("value", "low", "high"), newcombe(pairs), strict=True):
        assert estimate[name] == pytest.approx(number, rel=1e-4, abs=1e-5)


def assert_median(estimate, values):
    """The median, and the order statistics that the exact law of its bootstrap picks (even n)."""
    ordered, n = sorted(values), len(values)
    assert estimate["n"] == n
    assert estimate["value"] == pytest.approx(statistics.median(ordered), rel=1e-5)
    drawn = np.random.default_rng(7).choice(ordered, size=(40_000, n))
    low, high = np.quantile(np.median(drawn, axis=1), [0.025, 0.975])
    spread = statistics.pstdev(ordered)
    assert estimate["low"] == pytest.approx(low, abs=0.12 * spread)
    assert estimate["high"] == pytest.approx(high, abs=0.12 * spread)


@pytest.mark.parametrize("vintage", VINTAGES)
def test_leaps_of_credit(book_root, vintage):
    pairs = leaps(book_root, vintage, rich(book_root, vintage))
    assert_same(stored("credit-leaps", vintage), pairs)
    developing = classes(book_root, vintage, 2001)[1]
    assert_same(stored("developing-counter-test", vintage), leaps(book_root, vintage, developing))


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_median_change(book_root, vintage):
    later, before = (rises(book_root, vintage, CREDIT, start) for start in (2011, 2001))
    both = rich(book_root, vintage) & later.keys() & before.keys()
    assert_median(stored("median-change", vintage), [later[one] - before[one] for one in both])


@pytest.mark.parametrize("vintage", VINTAGES)
def test_leaps_of_market_value(book_root, vintage):
    pairs = leaps(book_root, vintage, rich(book_root, vintage), MARKET)
    assert_same(stored("market-leaps", vintage), pairs)


@pytest.mark.parametrize("vintage", VINTAGES)
def test_bad_loans(book_root, vintage):
    moved = rises(book_root, vintage, "FB.AST.NPER.ZS", 2011)
    economies = rich(book_root, vintage) & moved.keys()
    assert_median(stored("bad-loans", vintage), [moved[one] for one in economies])


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_condition_and_the_slope_on_deficits(book_root, vintage):
    moved = rises(book_root, vintage, "SL.IND.EMPL.ZS", 2011)
    economies = rich(book_root, vintage) & moved.keys()
    assert_median(stored("industry-went-on", vintage), [moved[one] for one in economies])
    balance = long(book_root, vintage, "NE.RSB.GNFS.ZS")
    deficit = {one: means(years, 2006, 2010) for one, years in balance.items()}
    later = rises(book_root, vintage, CREDIT, 2011)
    both = rich(book_root, vintage, 2011) & later.keys()
    both = sorted(one for one in both if deficit.get(one) is not None)
    found = stats.linregress([-deficit[one] for one in both], [later[one] for one in both])
    estimate = stored("deficit-slope", vintage)
    assert estimate["n"] == len(both)
    assert estimate["value"] == pytest.approx(found.slope, rel=1e-4)
    assert estimate["low"] < estimate["value"] < estimate["high"] < 0


def test_december_2013_cannot_be_asked():
    for question in ("credit-leaps", "median-change", "market-leaps", "bad-loans"):
        held = check(question)["vintages"].get("2013-12")
        assert not held or held["estimate"] is None


def test_every_other_reference(book_root):
    economies = rich(book_root, "current")
    for start in STARTS[:-1]:
        pairs = leaps(book_root, "current", economies, earlier=start)
        assert_same(variant("credit-leaps", f"earlier-{start}-{start + 2}"), pairs)
    later = rises(book_root, "current", CREDIT, 2011)
    before = [rises(book_root, "current", CREDIT, start) for start in STARTS]
    differences = []
    for one in sorted(economies & later.keys()):
        held = [window[one] > 10 for window in before if one in window]
        if held:
            differences.append((later[one] > 10) - statistics.fmean(held))
    pooled = check("against-all-earlier")["estimate"]
    assert pooled["n"] == len(differences)
    assert pooled["value"] == pytest.approx(statistics.fmean(differences), rel=1e-4)
    error = statistics.stdev(differences) / math.sqrt(len(differences))
    assert pooled["high"] - pooled["low"] == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_choices_that_the_prose_leans_on(book_root):
    economies = rich(book_root, "current")
    with (book_root / "data" / "groups.csv").open(encoding="utf-8", newline="") as lines:
        oil = {row["economy"] for row in csv.DictReader(lines) if row["group"] == "oil_exporter"}
    fewer = leaps(book_root, "current", economies - oil - {"MAC"})
    assert_same(variant("credit-leaps", "sample-without-oil-and-macao"), fewer)
    shifted = leaps(book_root, "current", economies, forecast=2013)
    assert_same(variant("credit-leaps", "forecast-2013-2015"), shifted)
    banks = leaps(book_root, "current", economies, BANKS)
    assert_same(variant("credit-leaps", "lenders-banks"), banks)


def test_had_nothing_changed(book_root):
    """Deal each economy's two answers at random: how often does the rule decide?"""
    pairs = leaps(book_root, "current", rich(book_root, "current"))
    apart = [pair for pair in pairs if pair[0] != pair[1]]
    alike = [pair for pair in pairs if pair[0] == pair[1]]
    supports = inconclusive = 0.0
    for many in range(len(apart) + 1):
        dealt = alike + [(True, False)] * many + [(False, True)] * (len(apart) - many)
        _, low, high = newcombe(dealt)
        chance = stats.binom.pmf(many, len(apart), 0.5)
        supports += chance * (low > -0.1)
        inconclusive += chance * (low <= -0.1 <= high)
    values = real_book().output("bubble-risk")["values"]
    assert values["chance-of-support"] == pytest.approx(supports, rel=1e-4)
    assert values["chance-undecided"] == pytest.approx(inconclusive, rel=1e-4)
    assert round(values["chance-of-support"], 2) == 0.12


def test_what_forecasters_would_have_scored(book_root):
    values = real_book().output("bubble-risk")["values"]
    pairs = leaps(book_root, "current", rich(book_root, "current"))
    later, before = ([pair[k] for pair in pairs] for k in (0, 1))
    assert (values["leaps-later"], values["leaps-earlier"]) == (sum(later), sum(before))
    assert values["right-as-before"] == sum(one == other for one, other in pairs)
    assert values["right-never"] == len(pairs) - sum(later)

    def score(said):
        return statistics.fmean((one - said) ** 2 for one in later)

    share = statistics.fmean(before)
    assert values["score-share-as-before"] == pytest.approx(score(share), rel=1e-4)
    assert values["score-coin"] == score(0.5)
    assert values["score-hindsight"] == pytest.approx(score(statistics.fmean(later)), rel=1e-4)
    assert abs(values["score-usual"] - 0.25) < 0.02  # no simple rule beat the coin by much


def test_a_published_figure(book_root):
    values = real_book().output("bubble-risk")["values"]
    credit = long(book_root, "current", CREDIT)
    held = [one for one in rich(book_root, "current", 1990) if {2007, 2014} <= credit[one].keys()]
    assert values["followed-to-2014"] == len(held)
    assert values["rose-to-2014"] == sum(credit[one][2014] > credit[one][2007] for one in held)


def test_shares_through_the_years(book_root):
    values = real_book().output("bubble-risk")["values"]
    later, before = (rises(book_root, "current", CREDIT, start) for start in (2011, 2001))
    counted = rich(book_root, "current") & later.keys() & before.keys()
    shares = []
    for start in range(1971, 2006):  # windows whose last year is 2013 or earlier
        found = rises(book_root, "current", CREDIT, start)
        held = [found[one] > 10 for one in counted & found.keys()]
        shares += [statistics.fmean(held)] if len(held) >= 10 else []
    assert values["least-leaps"] == pytest.approx(min(shares), rel=1e-4)
    assert values["most-leaps"] == pytest.approx(max(shares), rel=1e-4)


def test_the_prose_rests_on_these_signs(book_root):
    """Sentences that a moved number would make false: rewrite them when this fails."""
    output = real_book().output("bubble-risk")
    checks = {check["id"]: check for check in output["checks"]}
    values, primary = output["values"], checks["credit-leaps"]
    counting = ("credit-leaps", "median-change", "market-leaps", "bad-loans")
    assert {checks[one]["outcome"] for one in counting} == {"inconclusive"}
    assert [one["value"] for one in output["switches"]["which"]] == ["1971-1973"]
    supporting = {
        v["options"]["earlier"] for v in primary["variants"] if v["outcome"] == "supports"
    }
    against = {
        v["options"]["earlier"] for v in primary["variants"] if v["outcome"] == "contradicts"
    }
    assert supporting and against and not supporting & against  # the reference chooses the answer
    assert checks["deficit-slope"]["estimate"]["high"] < 0
    assert checks["industry-went-on"]["outcome"] == "supports"  # the condition held
    assert values["denominators"] == 5
    assert values["american-rise"] > 10  # the best case for the essay
    assert checks["market-leaps"]["estimate"]["value"] == pytest.approx(0, abs=0.1)  # as before
    early = [v for v in primary["variants"] if v["id"] == "earlier-1971-1973"]
    assert early[0]["outcome"] == "supports" and values["median-2019"] == "contradicts"
    credit = long(book_root, "current", CREDIT)
    assert max(credit["CAN"]) == 2008 and "CHN" not in rich(book_root, "current")
    april = long(book_root, "2019-04", CREDIT)
    assert max(max(years) for years in april.values()) == 2017  # its 2017–19 is 2017 alone
