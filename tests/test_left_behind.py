"""The chapter `left-behind`: its headlines and their n recomputed without the library."""

from __future__ import annotations

import statistics

import pytest

from books import real_book
from claimbook.chapters import notebooks
from claimbook.chapters.book import Book
from plain import classes, economies, long

VINTAGES = {"2013-12": 2012, "2019-04": 2013, "current": 2013}  # and the year each ends the window
Z = statistics.NormalDist().inv_cdf(0.975)


def rich_growth(root, vintage, rich, start, end):
    """All output over all people: from total GDP here, from GDP per head in the chapter."""
    output, people = long(root, vintage, "NY.GDP.MKTP.KD"), long(root, vintage, "SP.POP.TOTL")
    years = range(start, end + 1)
    members = [one for one in rich if all(y in output[one] and y in people[one] for y in years)]
    assert len(members) >= 29

    def per_head(year):
        return sum(output[one][year] for one in members) / sum(people[one][year] for one in members)

    return per_head(end) / per_head(start)


def growth(root, vintage, chosen, start, end):
    per_head = long(root, vintage, "NY.GDP.PCAP.KD")
    return {
        one: per_head[one][end] / per_head[one][start]
        for one in sorted(chosen)
        if start in per_head[one] and end in per_head[one]
    }


def wilson(count, n):
    middle, half = count + Z**2 / 2, Z * (count * (n - count) / n + Z**2 / 4) ** 0.5
    return (middle - half) / (n + Z**2), (middle + half) / (n + Z**2)


def newcombe(count_1, n_1, count_2, n_2):
    one, other = count_1 / n_1, count_2 / n_2
    (low_1, high_1), (low_2, high_2) = wilson(count_1, n_1), wilson(count_2, n_2)
    low = one - other - ((one - low_1) ** 2 + (high_2 - other) ** 2) ** 0.5
    return low, one - other + ((high_1 - one) ** 2 + (other - low_2) ** 2) ** 0.5


def stored(check_id, vintage):
    checks = real_book().output("left-behind")["checks"]
    return next(c for c in checks if c["id"] == check_id)["vintages"][vintage]["estimate"]


def variant(name):
    primary = real_book().output("left-behind")["checks"][0]
    return next(one["estimate"] for one in primary["variants"] if one["id"] == name)


def same(estimate, members, n):
    """Compare a share and its interval."""
    low, high = wilson(members, n)
    assert estimate["n"] == n
    found = [estimate[end] for end in ("value", "low", "high")]
    assert found == pytest.approx([members / n, low, high], rel=1e-5)


@pytest.mark.parametrize(("vintage", "end"), VINTAGES.items())
def test_who_was_left_behind_without_the_library(book_root, vintage, end):
    rich, developing = classes(book_root, vintage, 1990)
    grown = growth(book_root, vintage, developing, 1990, end)
    line = rich_growth(book_root, vintage, rich, 1990, end)
    behind = {one for one, multiple in grown.items() if multiple < line}
    n = len(grown)
    assert n >= 130
    same(stored("share-left-behind", vintage), len(behind), n)
    same(stored("share-poorer", vintage), sum(multiple < 1 for multiple in grown.values()), n)
    people = long(book_root, vintage, "SP.POP.TOTL")
    weight = sum(people[one][1990] for one in behind) / sum(people[one][1990] for one in grown)
    assert stored("people-left-behind", vintage)["value"] == pytest.approx(weight, rel=1e-5)


@pytest.mark.parametrize(("vintage", "end"), VINTAGES.items())
def test_developing_less_rich_without_the_library(book_root, vintage, end):
    groups = classes(book_root, vintage, 1990)
    line = rich_growth(book_root, vintage, groups[0], 1990, end)
    rich, poor = (
        [multiple < line for multiple in growth(book_root, vintage, group, 1990, end).values()]
        for group in groups
    )
    same(stored("high-income-placebo", vintage), sum(rich), len(rich))
    counts = sum(poor), len(poor), sum(rich), len(rich)
    estimate = stored("developing-less-rich", vintage)
    found = [estimate[end] for end in ("value", "low", "high")]
    value = counts[0] / counts[1] - counts[2] / counts[3]
    assert found == pytest.approx([value, *newcombe(*counts)], rel=1e-4)
    assert estimate["n"] == counts[1] + counts[3]


@pytest.mark.parametrize(("without", "value"), [("USA", "variant"), ("JPN", "without-japan")])
def test_the_line_without_one_of_the_rich(book_root, without, value):
    rich, developing = classes(book_root, "current", 1990)
    grown = growth(book_root, "current", developing, 1990, 2013)
    line = rich_growth(book_root, "current", rich - {without}, 1990, 2013)
    behind = sum(multiple < line for multiple in grown.values())
    if value == "variant":
        same(variant("benchmark-without-the-united-states"), behind, len(grown))
    else:
        found = real_book().output("left-behind")["values"][value]
        assert found == pytest.approx(behind / len(grown), rel=1e-5)


def test_the_penn_world_table_without_the_library(book_root):
    output, people = (long(book_root, "current", f"PWT.{name}") for name in ("RGDPNA", "POP"))
    rich, developing = classes(book_root, "current", 1990)
    years = range(1990, 2014)
    members = [one for one in rich if all(y in output[one] and y in people[one] for y in years)]

    def per_head(group, year):
        return sum(output[one][year] for one in group) / sum(people[one][year] for one in group)

    line = per_head(members, 2013) / per_head(members, 1990)
    grown = [
        per_head([one], 2013) / per_head([one], 1990)
        for one in developing
        if {1990, 2013} <= output[one].keys() & people[one].keys()
    ]
    same(stored("penn-left-behind", "current"), sum(one < line for one in grown), len(grown))


@pytest.mark.parametrize(
    ("name", "vintage"), [("easterly", "current"), ("easterly-then", "2013-12")]
)
def test_the_published_median_without_the_library(book_root, name, vintage):
    developing = classes(book_root, vintage, 1980)[1]
    grown = growth(book_root, vintage, developing, 1980, 1998).values()
    median = (statistics.median(grown) ** (1 / 18) - 1) * 100
    values = real_book().output("left-behind")["values"]
    assert values[f"{name}-n"] == len(grown)
    # The middle two of an even number are averaged before the root here, after it there.
    assert values[f"{name}-value"] == pytest.approx(median, rel=0.01)


@pytest.mark.parametrize(
    ("check_id", "start", "end"),
    [
        ("the-nineties", 1990, 2000),
        ("the-new-century", 2000, 2013),
        ("since-the-essay", 2013, 2023),
    ],
)
def test_the_three_worlds_without_the_library(book_root, check_id, start, end):
    rich, developing = classes(book_root, "current", start)
    grown = growth(book_root, "current", developing, start, end)
    line = rich_growth(book_root, "current", rich, start, end)
    behind = sum(multiple < line for multiple in grown.values())
    same(stored(check_id, "current"), behind, len(grown))


def test_growth_at_ppp_is_growth_in_dollars(book_root):
    """The page says that PPP is no second witness: the same growth, economy by economy."""
    dollars = long(book_root, "current", "NY.GDP.PCAP.KD")
    ppp = long(book_root, "current", "NY.GDP.PCAP.PP.KD")
    pairs = [
        [series[one][2013] / series[one][1990] for series in (dollars, ppp)]
        for one in economies(book_root, "current")
        if all({1990, 2013} <= series[one].keys() for series in (dollars, ppp))
    ]
    values = real_book().output("left-behind")["values"]
    assert len(pairs) == values["ppp-compared"]
    apart = [abs(one ** (1 / 23) - other ** (1 / 23)) * 100 for one, other in pairs]
    assert sum(gap < 0.001 for gap in apart) == values["ppp-same"]


def test_the_names_in_the_chart_are_those_left_behind(book_root):
    rich, developing = classes(book_root, "current", 1990)
    line = rich_growth(book_root, "current", rich, 1990, 2013)
    grown = growth(book_root, "current", developing, 1990, 2013)
    notebook = notebooks.read(Book().chapters["left-behind"])
    chart = next(cell for cell in notebook.cells if cell["id"] == "names").outputs[0]
    text = chart["data"]["text/plain"].splitlines()
    drawn = {row.split(",")[0] for row in text[4:]}
    assert drawn == {one for one, multiple in grown.items() if multiple < line}
