"""CONTRIBUTING's recipes for data: for a new vintage, followed in the tiny book to its built pages.

The commands are read from the text. The World Bank is a double on 127.0.0.1 that serves the figures
held, with one revised and one added: too little to flip a verdict, so that no prose has to be
rewritten on the way.
"""

import csv
import datetime
import hashlib
import json
import re
import shutil
import subprocess
from collections import defaultdict

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from api_double import ApiDouble, World, country
from books import ROOT
from claimbook.commands.data import refresh

REVISED, ADDED = ("SI.POV.GINI", "BRA"), ("SP.POP.TOTL", "BRA")


def recipe(title="A new vintage of the data"):
    """The commands of the section, in order, and its text."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.split(f"## {title}\n")[1].split("\n## ")[0]
    steps = re.findall(r"^\d+\. (.*?)(?=^\d+\. |\Z)", section, re.MULTILINE | re.DOTALL)
    commands = [re.findall(r"`((?:claimbook|make) [^`]+)`", step) for step in steps]
    return [command for found in commands for command in found[:1]], section


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


def commit(folder):
    """Make a folder a git repository that holds what stands in it: `diff` compares with that."""
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "Before"]):
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", *identity, *command], cwd=folder, check=True)


def bytes_of(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_recipe_for_a_new_vintage_leads_to_a_built_book(tiny_copy, claimbook):
    commands, _ = recipe()
    assert commands == ["claimbook refresh", "claimbook diff", "claimbook run --all", "make test"]

    def follow(command, *more):
        program, *arguments = command.split()
        assert program == "claimbook"
        ended = claimbook(*arguments, *more)
        assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    commit(tiny_copy)
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


# A series for all vintages, and a witness from a file: followed on a copy of the data


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A copy of the book's data, out of the book: no chapter is executed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CLAIMBOOK_ROOT", raising=False)
    shutil.copytree(ROOT / "data", tmp_path / "data")
    return tmp_path / "data"


def follow_in(data, command, code, *more):
    program, name, *arguments = command.replace("CODE", code).split()
    assert (program, name) == ("claimbook", "refresh")
    result = CliRunner().invoke(refresh, [*arguments, *more, "--data", str(data)])
    assert result.exit_code == 0, result.output
    return result.output


def prints(folder):
    """What a chapter's freshness rests on: the fingerprint of every resource of a vintage."""
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    found = {one["name"]: one["hash"] for one in package["resources"]}
    for name, expected in found.items():
        content = (folder / f"{name}.csv").read_bytes()
        assert expected == f"sha256:{hashlib.sha256(content).hexdigest()}"
    return found


def test_the_recipe_for_a_series_leaves_all_others_as_they_are(data):
    commands, _ = recipe("A series for all vintages")
    assert commands == [
        "claimbook refresh CODE --vintage 2013-12",
        "claimbook refresh CODE --vintage 2019-04",
        "claimbook refresh CODE",
        "claimbook check",
    ]
    vintages = ["2013-12", "2019-04", "current"]
    assert {path.parent.name for path in data.glob("*/economies.csv")} == set(vintages)
    code = "XX.NEW.SERIES"
    economies = {
        row["economy"]: country(row["economy"], row["name"], aggregate=row["aggregate"] == "1")
        | {"iso2Code": row["iso2"]}
        | grouped(row)
        for row in rows(data / "current" / "economies.csv")
    }
    # Each release says something else.
    figures = [{("BRA", 2000): at, ("WLD", 2001): at + 0.5} for at in (1, 2, 3)]
    world = World(economies, [2000, 2001], {code: "A new series (%)"}, {code: figures[2]})
    world.releases = {"201312": {code: figures[0]}, "201904": {code: figures[1]}}
    before = {vintage: prints(data / vintage) for vintage in vintages}
    with ApiDouble(world) as double:
        for command in commands[:3]:
            follow_in(data, command, code, "--endpoint", double.endpoint)
    for vintage, served in zip(vintages, figures, strict=True):
        found = {
            (row["economy"], int(row["year"])): float(row["value"])
            for row in rows(data / vintage / f"{code}.csv")
        }
        assert found == served
        after = prints(data / vintage)
        assert after.pop(code)
        assert after == before[vintage]


def test_the_recipe_for_a_witness_leaves_all_others_as_they_are(data, tmp_path):
    commands, text = recipe("A witness from a file")
    assert commands == ["claimbook refresh --from-files FOLDER"]
    assert "`data/witnesses.yml`" in text
    (tmp_path / "files").mkdir()
    content = b"economy,year,wage\nBRA,2000,1.50\n"
    (tmp_path / "files" / "wages.csv").write_bytes(content)
    catalogue, yaml = data / "witnesses.yml", YAML()
    described = yaml.load(catalogue.read_text(encoding="utf-8"))
    described["witnesses"] = [
        described["witnesses"][0]
        | {
            "title": "Wages of the World",
            "file": "wages.csv",
            "sha256": hashlib.sha256(content).hexdigest(),
            "series": {"WAGES.HOUR": {"column": "wage", "title": "Wage", "unit": "US$ an hour"}},
        }
    ]
    with catalogue.open("w", encoding="utf-8") as file:
        yaml.dump(described, file)
    before = prints(data / "current")
    said = follow_in(data, commands[0].replace("FOLDER", str(tmp_path / "files")), "")
    assert "WAGES.HOUR: new" in said
    assert rows(data / "current" / "WAGES.HOUR.csv") == [
        {"economy": "BRA", "year": "2000", "value": "1.5"}
    ]
    after = prints(data / "current")
    assert after.pop("WAGES.HOUR")
    assert after == before
