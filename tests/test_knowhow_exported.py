"""The headlines of knowhow-exported, recomputed from the files without the library."""

from __future__ import annotations

import csv
import statistics

import pytest

from books import real_book
from plain import assert_reaches_as_far_as_releases_differ, classes, economies, long

VINTAGES = ("2013-12", "2019-04", "current")
PAID, EARNED, OUTPUT = "BM.GSR.ROYL.CD", "BX.GSR.ROYL.CD", "NY.GDP.MKTP.CD"
PATENTS = "IP.PAT.RESD"
THEN, NOW = [2005, 2006], [2011, 2012]
SHARES = ("share-of-payments", "less-output", "without-china")


def check(check_id):
    checks = real_book().output("knowhow-exported")["checks"]
    return next(one for one in checks if one["id"] == check_id)


def stored(check_id, vintage="current"):
    return (check(check_id)["vintages"][vintage] or {"estimate": None})["estimate"]


def variant(check_id, name):
    return next(one["estimate"] for one in check(check_id)["variants"] if one["id"] == name)


def group(root, name):
    with (root / "data" / "groups.csv").open(encoding="utf-8", newline="") as lines:
        return {row["economy"] for row in csv.DictReader(lines) if row["group"] == name}


def share(values, members, years):
    sums = {one: sum(held[year] for year in years) for one, held in values.items()}
    return 100 * sum(sums[one] for one in members & set(sums)) / sum(sums.values())


def moved(root, vintage, codes=(PAID,), first=THEN, last=NOW, out=(), status=2005):
    """Change of the developing share of the first series, less those of any others, and n."""
    series = [long(root, vintage, code) for code in codes]
    names = [
        one
        for one in economies(root, vintage) - set(out)
        if all({*first, *last} <= set(held.get(one, {})) for held in series)
    ]
    developing = classes(root, vintage, status)[1]
    changes = [
        share(values, developing, last) - share(values, developing, first)
        for values in ({one: held[one] for one in names} for held in series)
    ]
    return changes[0] - sum(changes[1:]), len(names)


def asked(root, check_id):
    out = group(root, "tax_planning") | ({"CHN"} if check_id == "without-china" else set())
    return {"codes": (PAID, OUTPUT) if check_id == "less-output" else (PAID,), "out": out}


@pytest.mark.parametrize("vintage", VINTAGES)
@pytest.mark.parametrize("check_id", SHARES)
def test_the_share_of_payments(book_root, check_id, vintage):
    change, n = moved(book_root, vintage, **asked(book_root, check_id))
    estimate = stored(check_id, vintage)
    assert estimate["n"] == n >= 90
    assert estimate["value"] == pytest.approx(change, rel=1e-4)


@pytest.mark.parametrize("check_id", SHARES)
def test_its_interval_is_how_far_the_releases_differ(book_root, check_id):
    changes = [moved(book_root, vintage, **asked(book_root, check_id))[0] for vintage in VINTAGES]
    assert_reaches_as_far_as_releases_differ(stored(check_id), changes)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("leaving_out-nobody", {"out": ()}),
        ("end-2007-2008", {"last": [2007, 2008]}),
        ("start-2000-2001", {"first": [2000, 2001], "status": 2000}),
        ("start-1995-1999", {"first": list(range(1995, 2000)), "status": 1990}),
    ],
)
@pytest.mark.parametrize("check_id", ["share-of-payments", "less-output"])
def test_all_payers_and_other_windows(book_root, check_id, name, changed):
    change, n = moved(book_root, "current", **asked(book_root, check_id) | changed)
    estimate = variant(check_id, name)
    assert estimate["n"] == n
    assert estimate["value"] == pytest.approx(change, rel=1e-4)


def test_the_share_of_output_in_the_answer(book_root):
    out = group(book_root, "tax_planning")
    less, _ = moved(book_root, "current", (PAID, OUTPUT), out=out)
    paid, output = (long(book_root, "current", code) for code in (PAID, OUTPUT))
    both = {
        one: output[one]
        for one in economies(book_root, "current") - out
        if all({*THEN, *NOW} <= set(held.get(one, {})) for held in (paid, output))
    }
    developing = classes(book_root, "current", 2005)[1]
    grown = share(both, developing, NOW) - share(both, developing, THEN)
    values = real_book().output("knowhow-exported")["values"]
    assert values["output-gained"] == pytest.approx(grown, rel=1e-4)
    payments = {one: paid[one] for one in both}
    gained = share(payments, developing, NOW) - share(payments, developing, THEN)
    assert gained - grown == pytest.approx(less, rel=1e-4)


def median_change(values, members, first, last):
    def mean(one, years):
        held = [values[one][year] for year in years if year in values.get(one, {})]
        return statistics.fmean(held) if held else None

    pairs = [(mean(one, first), mean(one, last)) for one in members]
    changes = [b - a for a, b in pairs if a is not None and b is not None]
    return statistics.median(changes), len(changes)


@pytest.mark.parametrize("vintage", VINTAGES)
@pytest.mark.parametrize(
    ("check_id", "first", "status", "rich"),
    [
        ("typical-payment", THEN, 2005, False),
        ("rich-payment", THEN, 2005, True),
        ("typical-payment-from-1995", range(1995, 2000), 1990, False),
        ("rich-payment-from-1995", range(1995, 2000), 1990, True),
    ],
)
def test_the_median_payment_and_its_placebo(book_root, check_id, vintage, first, status, rich):
    if vintage == "2013-12" and first != THEN:
        assert stored(check_id, vintage) is None  # its charges begin in 2005
        return
    paid, output = (long(book_root, vintage, code) for code in (PAID, OUTPUT))
    percent = {
        one: {year: 100 * held[year] / output[one][year] for year in held if year in output[one]}
        for one, held in paid.items()
        if one in output
    }
    members = classes(book_root, vintage, status)[0 if rich else 1]
    value, n = median_change(percent, members, first, NOW)
    estimate = stored(check_id, vintage)
    assert (estimate["n"], estimate["value"]) == (n, pytest.approx(value, rel=1e-4))


@pytest.mark.parametrize(
    ("check_id", "code"),
    [("research-spending", "GB.XPD.RSDV.GD.ZS"), ("researchers", "SP.POP.SCIE.RD.P6")],
)
def test_research(book_root, check_id, code):
    members = classes(book_root, "current", 2005)[1]
    value, n = median_change(long(book_root, "current", code), members, THEN, NOW)
    estimate = stored(check_id)
    assert (estimate["n"], estimate["value"]) == (n, pytest.approx(value, rel=1e-4))


@pytest.mark.parametrize(
    ("check_id", "code"),
    [("share-of-receipts", EARNED), ("patents", PATENTS), ("patents-without-china", PATENTS)],
)
def test_receipts_and_patents(book_root, check_id, code):
    out = group(book_root, "tax_planning") if code == EARNED else set()
    out |= {"CHN"} if "china" in check_id else set()
    change, n = moved(book_root, "current", (code,), out=out)
    estimate = stored(check_id)
    assert (estimate["n"], estimate["value"]) == (n, pytest.approx(change, rel=1e-4))


@pytest.mark.parametrize(
    ("check_id", "codes"),
    [("since-the-essay", (PAID,)), ("since-the-essay-less-output", (PAID, OUTPUT))],
)
def test_the_years_since(book_root, check_id, codes):
    out = group(book_root, "tax_planning")
    change, n = moved(book_root, "current", codes, NOW, [2022, 2023], out, 2011)
    estimate = stored(check_id)
    assert (estimate["n"], estimate["value"]) == (n, pytest.approx(change, rel=1e-4))


def test_the_published_sums(book_root):
    values = real_book().output("knowhow-exported")["values"]
    for year, vintage, name in ((1990, "current", "now"), (2009, "2013-12", "then")):
        earned = long(book_root, vintage, EARNED)
        total = sum(earned[one].get(year, 0) for one in economies(book_root, vintage) & set(earned))
        assert values[f"wipo-{year}-{name}"] == pytest.approx(total / 1e9, rel=1e-4)
