"""inequality-rose: each headline that counts, and the witness, recomputed without the library."""

from __future__ import annotations

import csv
import random
import statistics
from collections import defaultdict

import pytest

from books import real_book
from plain import classes, long

VINTAGES = ["2013-12", "2019-04", "current"]
RELEASES = {
    "2016-05": "2013-12",
    "2017-11": "2019-04",
    "2018-11": "2019-04",
    "2024-11": "current",
    "2025-07": "current",
}


def mean_of(years, first, last):
    inside = [value for year, value in years.items() if first <= year <= last]
    return statistics.fmean(inside) if inside else None


def changes(series, economies, first=(1988, 1995), last=(2006, 2013)):
    """Economy → mean of the second window less mean of the first."""
    found = {}
    for one in sorted(economies & series.keys()):
        before, after = mean_of(series[one], *first), mean_of(series[one], *last)
        if before is not None and after is not None:
            found[one] = after - before
    return found


def developing(root, vintage):
    return classes(root, vintage, 1990)[1]


def check(check_id):
    return next(c for c in real_book().output("inequality-rose")["checks"] if c["id"] == check_id)


def stored(check_id, vintage="current"):
    return check(check_id)["vintages"][vintage]["estimate"]


def variant(check_id, name):
    return next(v for v in check(check_id)["variants"] if v["id"] == name)["estimate"]


def quantiles(values):
    values = sorted(values)
    return values[len(values) // 40], values[-len(values) // 40 - 1]


def assert_median(estimate, moved):
    """The value exactly; the interval by drawing economies, within what draws differ by."""
    values, draws = sorted(moved.values()), random.Random(1990)
    assert estimate["n"] == len(values)
    assert estimate["value"] == pytest.approx(statistics.median(values), abs=1e-4)
    drawn = [statistics.median(draws.choices(values, k=len(values))) for _ in range(4000)]
    low, high = quantiles(drawn)
    assert estimate["low"] == pytest.approx(low, abs=0.3)
    assert estimate["high"] == pytest.approx(high, abs=0.3)


@pytest.mark.parametrize("vintage", VINTAGES)
@pytest.mark.parametrize(
    ("check_id", "code"),
    [("median-gini-change", "SI.POV.GINI"), ("top-fifth-change", "SI.DST.05TH.20")],
)
def test_the_medians(book_root, vintage, check_id, code):
    moved = changes(long(book_root, vintage, code), developing(book_root, vintage))
    assert len(moved) >= 60
    assert_median(stored(check_id, vintage), moved)


@pytest.mark.parametrize("vintage", VINTAGES)
def test_weighted_by_people(book_root, vintage):
    moved = changes(long(book_root, vintage, "SI.POV.GINI"), developing(book_root, vintage))
    people = long(book_root, vintage, "SP.POP.TOTL")
    weights = {one: mean_of(people[one], 1988, 1995) for one in moved}

    def mean(economies):
        total = sum(weights[one] for one in economies)
        return sum(weights[one] * moved[one] for one in economies) / total

    estimate = stored("people-weighted-change", vintage)
    assert estimate["n"] == len(moved)
    assert estimate["value"] == pytest.approx(mean(moved), rel=1e-4)
    draws = random.Random(1990)
    low, high = quantiles([mean(draws.choices(list(moved), k=len(moved))) for _ in range(3000)])
    assert estimate["low"] == pytest.approx(low, abs=0.5)
    assert estimate["high"] == pytest.approx(high, abs=0.5)
    if vintage == "current":
        effective = sum(weights.values()) ** 2 / sum(one**2 for one in weights.values())
        assert check("people-weighted-change")["effective_n"] == pytest.approx(effective, rel=1e-4)


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_share_that_rose(book_root, vintage):
    moved = changes(long(book_root, vintage, "SI.POV.GINI"), developing(book_root, vintage))
    n, rose = len(moved), sum(change > 1 for change in moved.values())
    estimate, z = stored("share-that-rose", vintage), 1.959964
    assert estimate["n"] == n
    assert estimate["value"] == pytest.approx(rose / n, rel=1e-5)
    # Wilson: the shares that lie z of their own standard errors from the one that was found.
    for end in ("low", "high"):
        p = estimate[end]
        assert (rose / n - p) ** 2 == pytest.approx(z**2 * p * (1 - p) / n, rel=1e-3)


def test_the_witness(book_root):
    moved = changes(long(book_root, "current", "SWIID.GINI.DISP"), developing(book_root, "current"))
    assert_median(stored("swiid-witness"), moved)
    bank = changes(long(book_root, "current", "SI.POV.GINI"), developing(book_root, "current"))
    common = statistics.median(moved[one] for one in bank)
    assert real_book().output("inequality-rose")["values"]["witness-common"] == pytest.approx(
        common, rel=1e-4
    )
    assert check("swiid-witness")["vintages"]["2013-12"] is None  # it knows no older release


def surveys(root):
    """Economy → year → what the survey measured; and economy → year → its comparable run."""
    concepts, runs = defaultdict(dict), defaultdict(dict)
    with (root / "data" / "survey-concepts.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            concepts[row["economy"]][int(row["year"])] = row["concept"]
            runs[row["economy"]][int(row["year"])] = row["spell"]
    return concepts, runs


def in_window(years, first, last):
    return {what for year, what in years.items() if first <= year <= last}


def test_surveys_of_one_concept_only(book_root):
    gini = long(book_root, "current", "SI.POV.GINI")
    every = changes(gini, developing(book_root, "current"))
    concepts, runs = surveys(book_root)
    asked = {one: {year: concepts[one].get(year) for year in gini[one]} for one in every}
    same = {
        one: change
        for one, change in every.items()
        if len(in_window(asked[one], 1988, 1995) | in_window(asked[one], 2006, 2013)) == 1
    }
    assert_median(variant("median-gini-change", "surveys-one-concept"), same)
    values = real_book().output("inequality-rose")["values"]
    switched = [change for one, change in every.items() if one not in same]
    assert values["switched"] == len(switched)
    assert values["switched-change"] == pytest.approx(statistics.median(switched), rel=1e-4)
    for concept, name in (("income", "income-only"), ("consumption", "spending-only")):
        of_it = [c for one, c in same.items() if concept in in_window(asked[one], 1988, 1995)]
        assert values[name] == pytest.approx(statistics.median(of_it), rel=1e-4)
    both = [one for one, years in gini.items() if len(known(concepts[one], years)) == 2]
    assert values["two-concepts"] == len(both)
    # "Hardly any" comparable run of surveys spans both windows.
    span = [
        one for one in every if in_window(runs[one], 1988, 1995) & in_window(runs[one], 2006, 2013)
    ]
    assert len(span) < 12


def known(concepts, years):
    return {concepts[year] for year in years if year in concepts}


def test_the_history_of_the_gini(book_root):
    """Each further release by the status of its time, which the nearest vintage gives."""
    found = {}
    for vintage in VINTAGES:
        gini = long(book_root, vintage, "SI.POV.GINI")
        found[vintage] = changes(gini, developing(book_root, vintage))
    for release, beside in RELEASES.items():
        gini = long(book_root, "history/SI.POV.GINI", release)
        found[release] = changes(gini, developing(book_root, beside))
    history = {one["release"]: one["estimate"] for one in check("median-gini-change")["history"]}
    assert history.keys() == found.keys()
    for release, moved in found.items():
        assert history[release]["n"] == len(moved)
        middle = statistics.median(moved.values())
        assert history[release]["value"] == pytest.approx(middle, abs=1e-4)
    later = [moved for release, moved in found.items() if release != "2013-12"]
    common = set.intersection(*(set(moved) for moved in later))
    medians = [statistics.median(moved[one] for one in common) for moved in later]
    values = real_book().output("inequality-rose")["values"]
    assert values["common"] == len(common)
    assert values["common-most"] == pytest.approx(min(medians), abs=1e-4)
    assert values["common-least"] == pytest.approx(max(medians), abs=1e-4)


@pytest.mark.parametrize(("vintage", "label"), [("2013-12", "then"), ("current", "now")])
def test_the_economists_two_figures(book_root, vintage, label):
    gini = long(book_root, vintage, "SI.POV.GINI")
    values = real_book().output("inequality-rose")["values"]
    last = max(year for year in gini["CHN"] if year <= 2010)
    rise = gini["CHN"][last] / gini["CHN"][1990] - 1
    assert values[f"china-rise-{label}"] == pytest.approx(rise, rel=1e-4)
    with (book_root / "data" / vintage / "economies.csv").open(encoding="utf-8") as lines:
        african = {
            row["economy"] for row in csv.DictReader(lines) if "Sub-Saharan" in row["region"]
        }
    before = {one: mean_of(gini[one], 1990, 1996) for one in african & gini.keys()}
    after = {one: mean_of(gini[one], 2005, 2011) for one in african & gini.keys()}
    held = [one for one in before if before[one] is not None and after[one] is not None]
    assert values[f"africa-n-{label}"] == len(held) >= 20
    moved = sum(after[one] for one in held) / sum(before[one] for one in held) - 1
    assert values[f"africa-change-{label}"] == pytest.approx(moved, rel=1e-4)


def test_the_prose_rests_on_these_signs():
    """Sentences that a moved number would make false: rewrite them when this fails."""
    output = real_book().output("inequality-rose")
    checks = {one["id"]: one for one in output["checks"]}
    values = output["values"]
    whole = checks["median-gini-change"]["estimate"]
    assert whole["low"] < 0 < whole["high"] < 1  # no change fits, a rise of a point does not
    assert values["sign-test"] > 0.2 > 0.05 > values["rank-test"]
    people = checks["people-weighted-change"]["estimate"]
    assert people["low"] < 0 < people["value"]
    assert checks["people-weighted-without-giants"]["estimate"]["value"] < 0  # two decide it
    assert checks["people-weighted-change"]["effective_n"] < 10
    assert values["switched-change"] > 0 > values["income-only"] > values["spending-only"]
    witness = checks["swiid-witness"]["estimate"]
    assert witness["low"] < 0 < witness["high"]  # no rise, and no fall
    assert values["africa-change-then"] < 0 and values["africa-change-now"] < 0
    assert checks["the-nineties"]["outcome"] == "supports"
    assert output["vintages"]["2013-12"] == "inconclusive"
    releases = {
        one["release"]: one["estimate"]["n"] for one in checks["median-gini-change"]["history"]
    }
    assert min(releases, key=releases.get) == "2024-11"  # the thinnest
