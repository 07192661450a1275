"""The headlines of offshore-investment, recomputed from the files without the library."""

from __future__ import annotations

import csv
import statistics

import pytest

from books import real_book
from plain import assert_reaches_as_far_as_releases_differ, classes, economies, long

VINTAGES = ("2013-12", "2019-04", "current")
BEFORE, AFTER = range(1988, 1993), range(2003, 2013)
# UNCTAD's groups of 2012: developed economies, then those in transition.
NOT_DEVELOPING = (
    "AND AUS AUT BEL BGR BMU CAN CHE CYP CZE DEU DNK ESP EST FIN FRA FRO GBR GIB GRC GRL HUN IRL "
    "ISL ISR ITA JPN LIE LTU LUX LVA MCO MLT NLD NOR NZL POL PRT ROU SMR SVK SVN SWE USA "
    "ALB ARM AZE BIH BLR GEO HRV KAZ KGZ MDA MKD MNE RUS SRB TJK TKM UKR UZB XKX"
)
SHARES = ("share-of-investment", "less-output", "without-china")


def the_check(check_id):
    checks = real_book().output("offshore-investment")["checks"]
    return next(one for one in checks if one["id"] == check_id)


def stored(check_id, vintage="current"):
    check = next(
        c for c in real_book().output("offshore-investment")["checks"] if c["id"] == check_id
    )
    return (check["vintages"][vintage] or {"estimate": None})["estimate"]


def variant(check_id, name):
    check = next(
        c for c in real_book().output("offshore-investment")["checks"] if c["id"] == check_id
    )
    return next(one["estimate"] for one in check["variants"] if one["id"] == name)


def developing(root, vintage, start=1990):
    """Developing by an income known up to 2012: a later one is no figure of these windows."""
    gni = long(root, vintage, "NY.GNP.PCAP.CD")
    return {
        one
        for one in classes(root, vintage, start)[1]
        if min(gni[one], key=lambda year: (abs(year - start), year)) <= 2012
    }


def counted(root, vintage, first, last, codes, out=()):
    """The series of the economies that report all of them in every year of both windows."""
    series = [long(root, vintage, code) for code in codes]
    names = [
        one
        for one in economies(root, vintage) - set(out)
        if all({*first, *last} <= set(held.get(one, {})) for held in series)
    ]
    return [{one: held[one] for one in names} for held in series]


def share(values, group, years):
    def mean(one):
        return statistics.fmean(values[one][year] for year in years)

    return 100 * sum(map(mean, group & set(values))) / sum(map(mean, values))


def moved(root, vintage, first=BEFORE, last=AFTER, less=False, out=(), start=1990):
    codes = ["BX.KLT.DINV.CD.WD"] + ["NY.GDP.MKTP.CD"] * less
    group = developing(root, vintage, start)
    found = counted(root, vintage, first, last, codes, out)
    changes = [share(values, group, last) - share(values, group, first) for values in found]
    return changes[0] - sum(changes[1:]), len(found[0])


def asked(check_id):
    return {"less": check_id == "less-output", "out": {"CHN"} if "china" in check_id else ()}


@pytest.mark.parametrize("vintage", VINTAGES)
@pytest.mark.parametrize("check_id", SHARES)
def test_the_share_of_investment(book_root, check_id, vintage):
    change, n = moved(book_root, vintage, **asked(check_id))
    estimate = stored(check_id, vintage)
    assert estimate["n"] == n >= 120
    assert estimate["value"] == pytest.approx(change, rel=1e-4)


@pytest.mark.parametrize("check_id", SHARES)
def test_its_interval_is_how_far_the_releases_differ(book_root, check_id):
    changes = [moved(book_root, vintage, **asked(check_id))[0] for vintage in VINTAGES]
    assert_reaches_as_far_as_releases_differ(stored(check_id), changes)


@pytest.mark.parametrize(
    ("name", "windows"),
    [
        ("end-2005-2007", {"last": range(2005, 2008)}),
        ("end-2008-2012", {"last": range(2008, 2013)}),
        ("end-1998-2000", {"last": range(1998, 2001)}),
        ("start-1993-1997", {"first": range(1993, 1998)}),
        ("leaving_out-the-netherlands-and-luxembourg", {"out": {"NLD", "LUX"}}),
    ],
)
@pytest.mark.parametrize("check_id", ["share-of-investment", "less-output"])
def test_other_windows_and_without_the_shells(book_root, check_id, name, windows):
    change, n = moved(book_root, "current", less=check_id == "less-output", **windows)
    estimate = variant(check_id, name)
    assert estimate["n"] == n
    assert estimate["value"] == pytest.approx(change, rel=1e-4)


def test_without_the_offshore_centres(book_root):
    with (book_root / "data" / "groups.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["group"] == "offshore_centre"]
    out = {row["economy"] for row in rows}
    change, n = moved(book_root, "current", out=out)
    estimate = variant("share-of-investment", "leaving_out-offshore-centres")
    assert (estimate["n"], estimate["value"]) == (n, pytest.approx(change, rel=1e-4))


@pytest.mark.parametrize("vintage", ["2019-04", "current"])
def test_who_sent_it(book_root, vintage):
    (flows,) = counted(book_root, vintage, (), AFTER, ["BM.KLT.DINV.CD.WD"])
    estimate = stored("sent-by-the-rich", vintage)
    assert estimate["n"] == len(flows) >= 150
    rich = classes(book_root, vintage, 2003)[0]
    assert estimate["value"] == pytest.approx(share(flows, rich, AFTER), rel=1e-4)


def test_the_release_of_2013_has_no_outflows_in_dollars(book_root):
    assert not (book_root / "data" / "2013-12" / "BM.KLT.DINV.CD.WD.csv").exists()
    assert stored("sent-by-the-rich", "2013-12") is None


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_placebo(book_root, vintage):
    percent = long(book_root, vintage, "BX.KLT.DINV.WD.GD.ZS")
    rich, poor = classes(book_root, vintage, 1990)

    def median(group):
        windows = [
            [[percent[one][year] for year in years if year in percent[one]] for one in group]
            for years in (BEFORE, AFTER)
        ]
        pairs = zip(*windows, strict=True)
        changes = [statistics.fmean(b) - statistics.fmean(a) for a, b in pairs if a and b]
        return statistics.median(changes), len(changes)

    for check_id, group in (("typical-investment", poor), ("rich-investment", rich)):
        value, n = median(group)
        estimate = stored(check_id, vintage)
        assert (estimate["n"], estimate["value"]) == (n, pytest.approx(value, rel=1e-4))
    value = median(poor)[0] - median(rich)[0]
    assert stored("developing-less-rich", vintage)["value"] == pytest.approx(value, abs=1e-4)


@pytest.mark.parametrize(
    ("check_id", "less"), [("since-the-essay", False), ("since-the-essay-less-output", True)]
)
def test_the_years_since(book_root, check_id, less):
    change, n = moved(book_root, "current", AFTER, range(2014, 2024), less, start=2003)
    estimate = stored(check_id)
    assert (estimate["n"], estimate["value"]) == (n, pytest.approx(change, rel=1e-4))


@pytest.mark.parametrize(("vintage", "name"), [("2013-12", "then"), ("current", "now")])
def test_the_published_share_of_2012(book_root, vintage, name):
    """By UNCTAD's groups: its developing economies are those of no other group."""
    inflows = long(book_root, vintage, "BX.KLT.DINV.CD.WD")
    held = {
        one: inflows[one][2012] for one in economies(book_root, vintage) if 2012 in inflows[one]
    }
    values = real_book().output("offshore-investment")["values"]
    for who, out in (("all", set()), ("plain", {"NLD", "LUX"})):
        total = sum(held[one] for one in held.keys() - out)
        theirs = sum(held[one] for one in held.keys() - set(NOT_DEVELOPING.split()) - out)
        assert values[f"unctad-{who}-{name}"] == pytest.approx(theirs / total, rel=1e-4)
