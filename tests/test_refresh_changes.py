"""What a refresh and `claimbook diff` say of two copies of the figures, and of the verdicts."""

import json
import shutil
import subprocess
from dataclasses import replace

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from api_double import ApiDouble, World
from claimbook.commands import data as commands
from claimbook.data import compare, package, snapshot
from claimbook.errors import ClaimbookError
from claimbook.sources.refresh import Order, refresh


def series(values, code="SI.POV.GINI", unit="points"):
    long = pd.DataFrame(
        [(economy, year, value) for (economy, year), value in values.items()],
        columns=["economy", "year", "value"],
    )
    return package.Series(code, code, unit, "", long, {"title": "x"}, "2026-01-01", "wbgapi")


def vintage(folder, *written, groups=("High income", "Low income")):
    economies = pd.DataFrame(
        [
            ["BRA", "BR", "Brazil", "LCN", groups[0], "IBRD", 0],
            ["NAM", "NA", "Namibia", "SSF", groups[1], "IBRD", 0],
            ["WLD", "1W", "World", "", "", "", 1],
        ],
        columns=snapshot.ECONOMY_COLUMNS,
    )
    package.write(
        folder, economies=economies, series=written, created="2026-01-01", description="A test."
    )
    return snapshot.Snapshot(folder)


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder of two vintages: cells added, removed, revised; a series new, a series gone."""
    folder = tmp_path / "data"
    monkeypatch.setenv("CLAIMBOOK_DATA", str(folder))
    monkeypatch.setattr(commands, "_chapters", lambda: None)
    cells = {("BRA", 2000): 50.0, ("BRA", 2001): 40.0, ("NAM", 2000): 10.0, ("WLD", 2000): 0.0}
    vintage(folder / "2013-12", series(cells), series(cells, "GONE"))
    cells = {("BRA", 2000): 45.0, ("BRA", 2002): 41.0, ("NAM", 2000): 20.0, ("WLD", 2000): 2.0}
    vintage(
        folder / "current",
        series(cells, unit="other points"),
        series(cells, "NEW"),
        groups=("High income", "High income"),
    )
    return folder


def test_every_cell_is_accounted_for(data):
    found = compare.compare(
        snapshot.Snapshot(data / "2013-12"), snapshot.Snapshot(data / "current")
    )
    (one,) = found["series"]
    assert (one["added"], one["removed"], one["revised"], one["unchanged"]) == (1, 1, 3, 0)
    assert one["newest_year"] == {"old": 2001, "new": 2002}
    assert one["unit"] == {"old": "points", "new": "other points"}
    assert one["largest_absolute"] == {
        "economy": "NAM",
        "year": 2000,
        "old": 10.0,
        "new": 20.0,
        "absolute": 10.0,
        "relative": 1.0,
    }
    assert one["median_absolute"] == 5.0
    # World was 0: its revision has no relative size.
    assert one["median_relative"] == pytest.approx((0.1 + 1.0) / 2)
    assert (found["series_added"], found["series_removed"]) == (["NEW"], ["GONE"])
    assert found["economies"]["regrouped"] == [
        {"economy": "NAM", "field": "income_group", "old": "Low income", "new": "High income"}
    ]
    assert compare.any_change(found)


def test_a_copy_compared_with_itself_has_not_changed(data):
    same = snapshot.Snapshot(data / "current")
    found = compare.compare(same, same)
    assert not compare.any_change(found)
    assert compare.as_text(found) == "2 series unchanged, cell for cell"


cells = st.dictionaries(
    st.tuples(st.sampled_from(["BRA", "NAM", "WLD"]), st.integers(2000, 2004)),
    st.floats(-1e6, 1e6),
)


@settings(deadline=None)
@given(cells, cells)
def test_a_comparison_read_backwards_is_its_mirror(before, after):
    def long(values):
        return series(values).values.astype({"economy": str, "year": int, "value": float})

    there = compare.revision(long(before), long(after))
    back = compare.revision(long(after), long(before))
    assert (there["added"], there["removed"]) == (back["removed"], back["added"])
    assert there["added"] + there["revised"] + there["unchanged"] == len(after)
    assert there["removed"] + there["revised"] + there["unchanged"] == len(before)
    assert there["revised"] == sum(before[c] != after[c] for c in before.keys() & after.keys())
    assert there["median_absolute"] == back["median_absolute"]
    sizes = [abs(after[c] - before[c]) for c in before.keys() & after.keys()]
    largest = there["largest_absolute"]
    assert (largest["absolute"] if largest else 0.0) == max(sizes, default=0.0)


def diff(*arguments):
    return CliRunner().invoke(commands.diff, list(arguments))


def test_diff_says_it_in_text_and_json(data, tmp_path):
    result = diff("2013-12", "current", "--json", str(tmp_path / "diff.json"))
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "SI.POV.GINI: 1 added, 1 removed, 3 revised, newest year 2001 → 2002, unit was 'points', "
        "is 'other points': not comparable",
        "NEW: new",
        "GONE: gone",
        "NAM: income_group was 'Low income', is 'High income'",
    ]
    report = json.loads((tmp_path / "diff.json").read_text(encoding="utf-8"))
    assert (report["schema_version"], report["old"], report["new"]) == (1, "2013-12", "current")
    assert report["series"][0]["revised"] == 3


def test_diff_steers_no_terminal(data):
    shutil.rmtree(data / "current")
    vintage(data / "current", series({("BRA", 2000): 1.0}), groups=("\x1b[2J", "Low income"))
    result = diff("2013-12", "current")
    assert "\x1b" not in result.output
    assert r"\x1b" in result.output


def test_diff_takes_folders(data, tmp_path):
    shutil.copytree(data / "current", tmp_path / "copy")
    result = diff(str(tmp_path / "copy"), "current")
    assert (result.exit_code, result.output) == (0, "2 series unchanged, cell for cell\n")


def test_diff_of_what_is_not_there_names_what_is(data):
    result = diff("2013-11", "current")
    assert result.exit_code == 1
    assert "data/ holds 2013-12, current. Did you mean 2013-12?" in result.output


def test_diff_alone_compares_with_what_was_committed(data):
    def git(*arguments):
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", *identity, *arguments], cwd=data.parent, check=True)

    outside = diff()
    git("init", "-q")
    git("add", "data")
    git("commit", "-q", "-m", "as it was")
    shutil.rmtree(data / "current")
    vintage(data / "current", series({("BRA", 2000): 45.5}), series({("BRA", 2000): 1.0}, "NEW"))
    result = diff()
    assert outside.exit_code == 1
    assert "git holds no committed copy" in outside.output
    assert result.exit_code == 0, result.output
    assert "SI.POV.GINI: 3 removed, 1 revised" in result.output


# Checks and verdicts


def output(value, verdict, then="mixed"):
    outcome = "supports" if verdict == "supported" else "inconclusive"
    estimate = {"value": value, "low": value - 1, "high": value + 1, "n": 9, "unit": "points"}
    return {
        "verdict": verdict,
        "vintages": {"2013-12": then, "current": verdict},
        "checks": [
            {
                "id": "rose",
                "outcome": outcome,
                "estimate": estimate,
                "vintages": {
                    "2013-12": None,
                    "current": {"outcome": outcome, "estimate": estimate},
                },
            }
        ],
    }


def executing(monkeypatch, after=None):
    """A stand-in for executing the chapters: its claim is decided by Brazil's Gini of 2001."""

    def execute(folder):
        monkeypatch.setenv("CLAIMBOOK_DATA", str(folder))
        value = float(snapshot.read()["SI.POV.GINI"].loc["BRA", 2001])
        if after == "fails" and value > 50:
            raise ClaimbookError("the chapters cannot be executed.")
        return {"rose": output(value, "supported" if value > 50 else "inconclusive")}

    return execute


@pytest.mark.parametrize(("value", "flips"), [(41.5, False), (55.5, True)])
def test_a_refresh_says_what_moves_before_it_publishes(tmp_path, monkeypatch, value, flips):
    data = tmp_path / "data"
    data.mkdir()
    world = World.small(["SI.POV.GINI"])
    world.figures["SI.POV.GINI"]["BRA", 2001] = 30.5
    announced = []

    def announce(report):
        at = snapshot.Snapshot(data / "current")["SI.POV.GINI"].loc["BRA", 2001]
        announced.append((float(at), report))

    with ApiDouble(world) as double:
        order = Order(["SI.POV.GINI"], data, endpoint=double.endpoint)
        refresh(order, execute=executing(monkeypatch))
        world.figures["SI.POV.GINI"]["BRA", 2001] = value
        found = refresh(order, execute=executing(monkeypatch), announce=announce)
    (before, report), text = announced[0], compare.as_text(found)
    assert before == 30.5
    assert report == found
    moved = found["claims"]["moved"]
    assert [(one["check"], one["vintage"]) for one in moved] == [("rose", "current")]
    assert moved[0]["estimate"]["new"]["value"] == value
    assert "rose / rose (vintage current): inconclusive (30.5 [29.5, 31.5], n 9) → " in text
    assert ("VERDICT FLIPPED: rose (vintage current): inconclusive → supported" in text) is flips
    assert len(found["claims"]["flipped"]) == flips


def test_no_chapter_is_executed_where_no_figure_changed(tmp_path):
    data = tmp_path / "data"
    data.mkdir()

    def execute(_):
        raise AssertionError("nothing changed")

    with ApiDouble(World.small(["SI.POV.GINI"])) as double:
        order = Order(["SI.POV.GINI"], data, endpoint=double.endpoint)
        refresh(order, execute=execute)
        assert "claims" not in refresh(order, execute=execute)


def test_chapters_that_cannot_be_executed_are_said_and_stop_nothing(tmp_path, monkeypatch):
    data = tmp_path / "data"
    data.mkdir()
    world = World.small(["SI.POV.GINI"])
    with ApiDouble(world) as double:
        order = Order(["SI.POV.GINI"], data, endpoint=double.endpoint)
        refresh(order)
        world.figures["SI.POV.GINI"]["BRA", 2001] = 55.5
        found = refresh(order, execute=executing(monkeypatch, after="fails"))
    assert found["claims"]["compared"] is False
    text = compare.as_text(found)
    assert "verdicts not compared: on the new figures, the chapters cannot be executed." in text


def test_a_verdict_of_an_older_vintage_counts_too():
    found = compare.moves(
        {"rose": output(1.0, "mixed", then="mixed")},
        {"rose": output(1.0, "mixed", then="supported"), "new": output(1.0, "mixed")},
    )
    assert found == {
        "flipped": [{"claim": "rose", "vintage": "2013-12", "old": "mixed", "new": "supported"}],
        "moved": [],
    }


def test_diff_executes_both_copies_in_the_place_of_the_current_one(data, monkeypatch):
    """A witness, which no release of the Bank has, stays; a series of the Bank is not borrowed."""
    banks = {"title": f"{snapshot.WORLD_BANK}, by a copy"}
    newer = {("BRA", 2000): 45.0}
    written = [series(newer), replace(series(newer, "BANK"), source=banks), series(newer, "SEEN")]
    shutil.rmtree(data / "current")
    vintage(data / "current", *written)
    found = []

    def execute(folder):
        current = snapshot.Snapshot(folder / "current")
        found.append((current["SI.POV.GINI"].loc["BRA", 2000], sorted(current.codes)))
        assert (folder / "2013-12").resolve() == data / "2013-12"
        return {"rose": output(len(found), "mixed")}

    (data / "income-thresholds.csv").write_text("year,low\n", encoding="utf-8")
    monkeypatch.setattr(commands, "_chapters", lambda: execute)
    result = diff("2013-12", "current")
    assert found == [
        (50.0, ["GONE", "SEEN", "SI.POV.GINI"]),
        (45.0, ["BANK", "SEEN", "SI.POV.GINI"]),
    ]
    assert "rose / rose (vintage current): inconclusive (1 [0, 2], n 9) → " in result.output
    assert result.output.endswith("n 9)\n")


@pytest.mark.parametrize("side", ["old", "new"])
def test_a_chapter_that_cannot_be_asked_silences_no_other(data, monkeypatch, tmp_path, side):
    asked = []

    def execute(_):
        asked.append("new" if asked else "old")
        failing = asked[-1] == side
        return {
            "fell": ClaimbookError("fell.ipynb, cell 4: KeyError: 2023")
            if failing
            else output(1.0, "mixed"),
            "rose": output(len(asked), "supported" if len(asked) > 1 else "mixed"),
        }

    monkeypatch.setattr(commands, "_chapters", lambda: execute)
    result = diff("2013-12", "current", "--json", str(tmp_path / "diff.json"))
    assert result.exit_code == 1
    assert "VERDICT FLIPPED: rose (vintage current): mixed → supported" in result.output
    assert (
        f"fell is not compared: it cannot be asked on the {side} figures, for fell.ipynb, cell 4: "
        "KeyError: 2023" in result.output
    )
    claims = json.loads((tmp_path / "diff.json").read_text(encoding="utf-8"))["claims"]
    assert claims["compared"] is True
    assert claims["not_compared"] == [
        {"claim": "fell", "side": side, "why": "fell.ipynb, cell 4: KeyError: 2023"}
    ]


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("old", "new"), [("2013-12", "2019-04"), ("2013-12", "current"), ("2019-04", "current")]
)
def test_every_chapter_is_compared_or_said_not_to_be_on_every_pair_of_vintages(
    book_root, monkeypatch, tmp_path, old, new
):
    from claimbook.chapters.book import Book

    monkeypatch.chdir(book_root)
    monkeypatch.delenv("CLAIMBOOK_DATA", raising=False)
    result = diff(old, new, "--json", str(tmp_path / "diff.json"))
    claims = json.loads((tmp_path / "diff.json").read_text(encoding="utf-8"))["claims"]
    assert claims["compared"] is True, claims
    failed = {one["claim"] for one in claims["not_compared"]}
    assert result.exit_code == (1 if failed else 0), result.output
    assert failed < set(Book().chapters)
    for claim in failed:
        assert f"{claim} is not compared: it cannot be asked on the" in result.output
    # The figures of years apart move the checks of those that could be asked.
    assert {one["claim"] for one in claims["moved"]} - failed


@pytest.mark.parametrize(
    ("before", "after", "comparable"),
    [
        ("Consumer price index (2000 = 100)", "Consumer price index (2015 = 100)", False),
        ("Poverty at $2.15 a day (2017 PPP)", "Poverty at $3.00 a day (2021 PPP)", False),
        ("GDP, constant 2010 US$", "GDP, constant 2015 US$", False),
        ("Gini index", "Gini index (World Bank estimate)", True),
        ("Gini index", "Gini index", True),
    ],
)
def test_a_change_of_title_is_reported_and_a_base_year_is_not_comparable(
    tmp_path, before, after, comparable
):
    folders = []
    for number, title in enumerate((before, after)):
        one = series({("BRA", 2000): 10.0 * (number + 1)})
        folders.append(vintage(tmp_path / str(number), replace(one, title=title)))
    found = compare.compare(*folders)
    assert found["series"][0]["comparable"] is comparable
    text = compare.as_text(found)
    assert (f"title was {before!r}, is {after!r}" in text) is (before != after)
    assert ("not comparable" in text) is not comparable
    assert ("largest revision" in text) is comparable
    assert compare.between(*folders, "SI.POV.GINI")["comparable"] is comparable
