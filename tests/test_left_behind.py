"""The chapter `left-behind`: its headlines and their n recomputed without the library."""

from __future__ import annotations

import random

import pytest

from claimbook.chapters import notebooks
from claimbook.chapters.book import Book
from plain import classes, economies, long

VINTAGES = {"2013-12": 2012, "2019-04": 2013, "current": 2013}  # and the year each ends the window


def rich_growth(root, vintage, rich, start, end):
    """All output over all people: from total GDP here, from GDP per head in the chapter."""
    output, people = long(root, vintage, "NY.GDP.MKTP.KD"), long(root, vintage, "SP.POP.TOTL")
    years = range(start, end + 1)
    members = [one for one in rich if all(y in output[one] and y in people[one] for y in years)]
    assert len(members) >= 30

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


def stored(check_id, vintage):
    checks = Book().output("left-behind")["checks"]
    return next(c for c in checks if c["id"] == check_id)["vintages"][vintage]["estimate"]


def same(estimate, members, n):
    assert estimate["n"] == n
    assert estimate["value"] == pytest.approx(members / n, rel=1e-5)


@pytest.mark.parametrize(("vintage", "end"), VINTAGES.items())
def test_who_was_left_behind_without_the_library(book_root, vintage, end):
    rich, developing = classes(book_root, vintage, 1990)
    grown = growth(book_root, vintage, developing, 1990, end)
    line = rich_growth(book_root, vintage, rich, 1990, end)
    behind = {one for one, multiple in grown.items() if multiple < line}
    n = len(grown)
    assert n >= 130
    headline = stored("share-left-behind", vintage)
    same(headline, len(behind), n)
    draws = random.Random(7)
    flags = [one in behind for one in grown]
    shares = sorted(sum(draws.choices(flags, k=n)) / n for _ in range(4000))
    assert headline["low"] == pytest.approx(shares[100], abs=0.02)
    assert headline["high"] == pytest.approx(shares[3899], abs=0.02)
    same(stored("share-poorer", vintage), sum(multiple < 1 for multiple in grown.values()), n)
    people = long(book_root, vintage, "SP.POP.TOTL")
    weight = sum(people[one][1990] for one in behind) / sum(people[one][1990] for one in grown)
    assert stored("people-left-behind", vintage)["value"] == pytest.approx(weight, rel=1e-5)


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
    values = Book().output("left-behind")["values"]
    assert len(pairs) == values["ppp-compared"]
    apart = [abs(one ** (1 / 23) - other ** (1 / 23)) * 100 for one, other in pairs]
    assert sum(gap > 0.001 for gap in apart) == values["ppp-differ"]


def test_the_names_in_the_chart_are_those_left_behind(book_root):
    rich, developing = classes(book_root, "current", 1990)
    line = rich_growth(book_root, "current", rich, 1990, 2013)
    grown = growth(book_root, "current", developing, 1990, 2013)
    notebook = notebooks.read(Book().chapters["left-behind"])
    chart = next(cell for cell in notebook.cells if cell["id"] == "names").outputs[0]
    text = chart["data"]["text/plain"].splitlines()
    drawn = {row.split(",")[0] for row in text[4:]}
    assert drawn == {one for one, multiple in grown.items() if multiple < line}
