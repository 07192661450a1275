"""CONTRIBUTING's recipe for a new vintage, followed in the tiny book to its built pages.

The commands are read from the text. The World Bank is a double on 127.0.0.1 that serves the figures
held, with one revised and one added: too little to flip a verdict, so that no prose has to be
rewritten on the way.
"""

import csv
import datetime
import json
import re
from collections import defaultdict

from api_double import ApiDouble, World, country
from books import ROOT

REVISED, ADDED = ("SI.POV.GINI", "BRA"), ("SP.POP.TOTL", "BRA")


def recipe():
    """The commands of the section, in order."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.split("## A new vintage of the data")[1].split("\n## ")[0]
    steps = re.findall(r"^\d+\. (.*?)(?=^\d+\. |\Z)", section, re.MULTILINE | re.DOTALL)
    commands = [re.findall(r"`((?:claimbook|make) [^`]+)`", step) for step in steps]
    return [command for found in commands for command in found[:1]]


def rows(path):
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def served(held):
    """The figures held, digit for digit; with one cell revised and one added."""
    economies = {
        row["economy"]: country(row["economy"], row["name"], aggregate=row["aggregate"] == "1")
        | {"iso2Code": row["iso2"]}
        | grouped(row)
        for row in rows(held / "economies.csv")
    }
    figures = defaultdict(dict)
    for path in sorted(held.glob("*.*.csv")):
        for row in rows(path):
            figures[path.stem][row["economy"], int(row["year"])] = json.loads(row["value"])
    years = sorted({year for cells in figures.values() for _, year in cells})
    cell = max(cell for cell in figures[REVISED[0]] if cell[0] == REVISED[1])
    figures[REVISED[0]][cell] = round(figures[REVISED[0]][cell] + 0.1, 2)
    newest = max(year for economy, year in figures[ADDED[0]] if economy == ADDED[1])
    figures[ADDED[0]][ADDED[1], newest + 1] = figures[ADDED[0]][ADDED[1], newest]
    years = sorted({*years, newest + 1})
    return World(economies, years, {code: "" for code in figures}, dict(figures))


def grouped(row):
    if row["aggregate"] == "1":
        return {}
    ours = {"region": "region", "income_group": "incomeLevel", "lending_type": "lendingType"}
    return {theirs: {"id": "X", "value": row[name]} for name, theirs in ours.items()}


def bytes_of(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_recipe_for_a_new_vintage_leads_to_a_built_book(tiny_copy, claimbook):
    commands = recipe()
    assert commands == ["claimbook refresh", "claimbook diff", "claimbook run --all", "make test"]

    def follow(command, *more):
        program, *arguments = command.split()
        assert program == "claimbook"
        ended = claimbook(*arguments, *more)
        assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    older = bytes_of(tiny_copy / "data" / "2013-12")
    with ApiDouble(served(tiny_copy / "data" / "current")) as double:
        refreshed = follow(commands[0], "--endpoint", double.endpoint)
    compared = follow(commands[1])
    for said in (refreshed, compared):
        assert f"{REVISED[0]}: 1 revised" in said
        assert f"{ADDED[0]}: 1 added" in said
        assert "not compared" not in said
        assert "VERDICT FLIPPED" not in said
    assert "written anew" in follow(commands[2])
    # `make test` builds, and then tests the book: this is one of its tests.
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "claimbook build" in makefile.split("\ntest:")[1].split("\n\n")[0]
    follow("claimbook build")
    assert bytes_of(tiny_copy / "data" / "2013-12") == older
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    assert today in (tiny_copy / "_build/html/book/data.html").read_text(encoding="utf-8")
