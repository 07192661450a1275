"""Chapters: their headlines recomputed another way, their feed, and when they are stale."""

from __future__ import annotations

import csv
import json
import random
import statistics
from collections import defaultdict
from importlib import resources

import jsonschema
import pytest

from claimbook import figures, notebooks, prose, results, rule
from claimbook.estimates import Estimate
from claimbook.figures import MIME as CHART

CHAPTERS = sorted(notebooks.chapters())


@pytest.fixture(scope="module")
def feed():
    return results.feed(results.outputs())


def long(root, vintage, code):
    """Read a series without the library: economy → year → value."""
    found = defaultdict(dict)
    with (root / "data" / vintage / f"{code}.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            found[row["economy"]][int(row["year"])] = float(row["value"])
    return found


def window_mean(years, first, last):
    inside = [value for year, value in years.items() if first <= year <= last]
    return statistics.fmean(inside) if inside else None


@pytest.mark.parametrize("vintage", ["2013-12", "2019-04", "current"])
def test_the_headline_of_inequality_rose_without_the_library(book_root, vintage):
    gini, gni = long(book_root, vintage, "SI.POV.GINI"), long(book_root, vintage, "NY.GNP.PCAP.CD")
    with (book_root / "data" / "income-thresholds.csv").open() as lines:
        limits = {int(row["year"]): float(row["upper_middle"]) for row in csv.DictReader(lines)}
    changes = []
    for economy in sorted(gini):
        held = [year for year in gni.get(economy, {}) if year in limits]
        if not held:
            continue
        year = min(held, key=lambda year: (abs(year - 1990), year))
        before = window_mean(gini[economy], 1988, 1995)
        after = window_mean(gini[economy], 2006, 2013)
        if gni[economy][year] <= limits[year] and before is not None and after is not None:
            changes.append(after - before)
    draws = random.Random(5)
    medians = sorted(statistics.median(draws.choices(changes, k=len(changes))) for _ in range(4000))
    output = notebooks.stored_output("inequality-rose")
    stored = results.primary(output)["vintages"][vintage]["estimate"]
    assert stored["n"] == len(changes) >= 60
    assert stored["value"] == pytest.approx(statistics.median(changes), rel=1e-5)
    assert stored["low"] == pytest.approx(medians[100], abs=0.35)
    assert stored["high"] == pytest.approx(medians[3899], abs=0.35)


def test_the_feed_fits_its_schema(feed):
    schema = json.loads(
        resources.files("claimbook").joinpath("schemas/results.schema.json").read_text()
    )
    jsonschema.Draft202012Validator(schema).validate(feed)


def estimate_of(plain):
    return None if plain is None else Estimate(**plain)


@pytest.mark.parametrize("claim_id", CHAPTERS)
def test_outcomes_and_verdicts_follow_the_rule_from_their_own_numbers(feed, claim_id):
    claim = next(claim for claim in feed["claims"] if claim["id"] == claim_id)

    def decide(check, plain):
        return rule.outcome(
            estimate_of(plain),
            check["expects"],
            reference=check["reference"],
            smallest_effect=check["smallest_effect"],
        )

    for check in claim["checks"]:
        assert check["outcome"] == decide(check, check["estimate"])
        head = next(variant for variant in check["variants"] if variant["id"] == "headline")
        assert head["estimate"] == check["estimate"]
        assert check["vintages"][check["vintage"]]["estimate"] == check["estimate"]
        for found in [*check["variants"], *filter(None, check["vintages"].values())]:
            assert found["outcome"] == decide(check, found["estimate"])
        ids = [variant["id"] for variant in check["variants"]]
        assert len(ids) == len(set(ids))
    for vintage, verdict in claim["vintages"].items():
        under = {
            check["id"]: (check["vintages"][vintage] or {"outcome": "inconclusive"})["outcome"]
            for check in claim["checks"]
        }
        roles = {check["id"]: check["role"] for check in claim["checks"]}
        first = next(name for name, role in roles.items() if role == "primary")
        if verdict is not None:
            others = [under[name] for name, role in roles.items() if role == "secondary"]
            assert verdict == rule.verdict(under[first], others)
    primary = next(check for check in claim["checks"] if check["role"] == "primary")
    others = [check["outcome"] for check in claim["checks"] if check["role"] == "secondary"]
    assert claim["verdict"] == rule.verdict(primary["outcome"], others) == claim["written_for"]
    if all(check["vintage"] == "current" for check in claim["checks"]):
        assert claim["verdict"] == claim["vintages"]["current"]
    agree = sum(variant["outcome"] == primary["outcome"] for variant in primary["variants"])
    assert claim["robustness"] == {"agree": agree, "of": len(primary["variants"])}


def test_inequality_rose_has_a_grid_and_three_vintages(feed):
    claim = next(claim for claim in feed["claims"] if claim["id"] == "inequality-rose")
    assert len(claim["checks"][0]["variants"]) >= 48
    assert set(claim["vintages"]) == {"2013-12", "2019-04", "current"}


def test_then_and_now_are_joined_by_revision_and_coverage():
    for check in notebooks.stored_output("inequality-rose")["checks"]:
        for vintage, parts in check["decomposition"].items():
            moved = parts["dropped"] + parts["revision"] + parts["added"]
            assert moved == pytest.approx(parts["now"] - parts["then"], abs=1e-4)
            assert parts["now"] == check["estimate"]["value"]
            assert parts["then"] == check["vintages"][vintage]["estimate"]["value"]


@pytest.mark.parametrize("claim_id", CHAPTERS)
def test_nbval_has_something_to_compare_in_every_cell_that_computes(claim_id):
    """nbval compares nothing where an output is missing or a count is null: count what it does."""
    notebook = notebooks.read(notebooks.chapter(claim_id))
    compared = 0
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        assert cell.execution_count is not None, f"cell {number} has no execution count"
        shows = any(word in cell.source for word in ("claim.check(", "figures.chart("))
        if shows or cell.source.strip() == "claim":
            assert cell.outputs, f"cell {number} has a check or chart and no stored output"
            compared += 1
    assert compared >= 4


@pytest.mark.parametrize("claim_id", CHAPTERS)
def test_charts_are_what_their_text_form_says(claim_id):
    notebook = notebooks.read(notebooks.chapter(claim_id))
    drawn = 0
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            chart = output.get("data", {}).get(CHART)
            if chart is not None:
                assert output["data"]["text/plain"] == figures.text_form(chart)
                assert "bdata" not in json.dumps(chart)
                drawn += 1
    assert 2 <= drawn <= 5


@pytest.mark.parametrize("claim_id", CHAPTERS)
def test_every_chapter_is_fresh(claim_id):
    notebooks.require_fresh(claim_id)


# Each fault is planted in a copy; the sentence must say what a contributor has to mend.


def edit(path, before, after, count=1):
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, count), encoding="utf-8")


def edit_notebook(path, change):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    change([cell for cell in notebook["cells"] if cell["cell_type"] == "code"])
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def change_a_point(cells):
    chart = next(
        output["data"][CHART]
        for cell in cells
        for output in cell["outputs"]
        if CHART in output.get("data", {})
    )
    chart["data"][0]["y"][0] += 1


def empty_an_output(cells):
    cells[-1]["outputs"] = []


def change_code(cells):
    cells[1]["source"] = ["pass"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (change_a_point, "its stored outputs, by hand"),
        (empty_an_output, "its stored outputs, by hand"),
        (change_code, "its code cells"),
    ],
)
def test_an_edited_notebook_stops_the_build(copy, claimbook, change, sentence):
    edit_notebook(copy / "book/inequality/inequality-rose.ipynb", change)
    ended = claimbook("build")
    assert ended.returncode == 1
    assert "chapter inequality-rose is stale: run `claimbook run inequality-rose`" in ended.stderr
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_changed_value_in_the_data_stops_the_build(copy, claimbook):
    path = copy / "data/current/SI.POV.GINI.csv"
    edit(path, "AGO,2000,51.9", "AGO,2000,52.9")
    ended = claimbook("build")
    assert ended.returncode == 1
    assert "data/current/SI.POV.GINI.csv" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_number_edited_in_the_prose_stops_the_build(copy, claimbook):
    edit(copy / "book/inequality/inequality-rose.ipynb", "[−2.0](value:", "[−3.0](value:")
    ended = claimbook("build")
    assert ended.returncode == 1
    assert "the prose says −3.0 for median-gini-change.value, the figures say −2.0" in ended.stderr


def test_an_edited_claim_file_stops_the_build(copy, claimbook):
    edit(copy / "book/inequality/inequality-rose.yml", "smallest_effect: 1", "smallest_effect: 2")
    ended = claimbook("build")
    assert ended.returncode == 1
    assert "its claim file" in ended.stderr


def test_a_verdict_that_no_longer_fits_is_said_by_run(copy, claimbook):
    edit(
        copy / "book/inequality/inequality-rose.yml", "written_for: mixed", "written_for: supported"
    )
    ended = claimbook("run", "inequality-rose")
    assert ended.returncode == 1
    assert "was written for the verdict 'supported', the figures now say 'mixed'" in ended.stderr
    assert "Traceback" not in ended.stderr
    again = claimbook("build")
    assert again.returncode == 1
    assert "was written for the verdict" in again.stderr


def test_a_changed_library_function_makes_a_chapter_stale(monkeypatch, tmp_path):
    from claimbook import fingerprints

    code = "from claimbook import estimates"
    before = fingerprints.library(code)
    package = tmp_path / "claimbook"
    package.mkdir()
    for path in fingerprints.PACKAGE.glob("*.py"):
        (package / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(fingerprints, "PACKAGE", package)
    fingerprints._tree.cache_clear()
    assert fingerprints.library(code) == before
    edit(package / "estimates.py", '"""Estimates: a value', '"""Estimate: a value')
    fingerprints._tree.cache_clear()
    assert fingerprints.library(code) == before, "a docstring counts for nothing"
    edit(package / "estimates.py", "DRAWS = 9_999", "DRAWS = 99")
    fingerprints._tree.cache_clear()
    assert fingerprints.library(code) != before
    fingerprints._tree.cache_clear()


def test_running_in_another_folder_changes_not_a_byte(copy, claimbook):
    path = copy / "book/inequality/inequality-rose.ipynb"
    before = path.read_bytes()
    ended = claimbook("run", "--all", cwd=copy / "book" / "essays")
    assert ended.returncode == 0, ended.stderr
    assert "nothing changed" in ended.stdout
    assert path.read_bytes() == before


def test_a_failing_cell_is_named_and_the_chapter_left_as_it_was(copy, claimbook):
    path = copy / "book/inequality/inequality-rose.ipynb"
    edit(path, "wdi = claim.snapshot()", 'wdi = claim.snapshot(\\"2013-11\\")')
    before = path.read_bytes()
    ended = claimbook("run", "inequality-rose")
    assert ended.returncode == 1
    assert (
        "inequality-rose.ipynb, cell 3: SnapshotError: There is no vintage 2013-11" in ended.stderr
    )
    assert "Traceback" not in ended.stderr
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[1](value:median-gini-chang.value)", "Did you mean median-gini-change"),
        ("[1](value:median-gini-change)", "a group"),
        ('[1](value:median-gini-change.outcome ".1f")', "does not fit"),
        ("[1](value:values.nothing)", "names no value"),
    ],
)
def test_a_number_bound_to_nothing_is_a_sentence(text, sentence):
    output = notebooks.stored_output("inequality-rose")
    assert sentence in prose.stale(text, output)[0]
    with pytest.raises(prose.ProseError, match="value:"):
        prose.bound(text, output)


def test_a_warning_fails_the_second_build_as_it_failed_the_first(copy, claimbook):
    with (copy / "book" / "glossary.md").open("a", encoding="utf-8") as page:
        page.write("\nSee [nothing](nowhere.md).\n")
    for _ in range(2):
        ended = claimbook("build")
        assert ended.returncode == 1
        assert "nowhere.md" in ended.stdout + ended.stderr
