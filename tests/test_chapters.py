"""Chapters: a headline recomputed another way, the feed held to the rule, nothing left uncompared.

That each is fresh and runs to the bytes stored is asked where it is executed: ``book/conftest.py``.
"""

from __future__ import annotations

import json
import random
import statistics
from importlib import resources

import jsonschema
import pytest
from nbval.plugin import IPyNbFile

from books import code, opened, real_book
from claimbook import figures
from claimbook.chapters import notebooks, prose, results, review
from claimbook.chapters.book import Book
from claimbook.claims import files, rule
from claimbook.estimates import Estimate
from claimbook.figures import MIME as CHART
from plain import classes, long

CHAPTERS = sorted(Book().chapters)


@pytest.fixture(scope="module")
def feed():
    return results.feed(real_book().outputs)


def window_mean(years, first, last):
    inside = [value for year, value in years.items() if first <= year <= last]
    return statistics.fmean(inside) if inside else None


@pytest.mark.parametrize("vintage", ["2013-12", "2019-04", "current"])
def test_the_headline_of_inequality_rose_without_the_library(book_root, vintage):
    gini = long(book_root, vintage, "SI.POV.GINI")
    _, developing = classes(book_root, vintage, 1990)
    changes = []
    for economy in sorted(developing & gini.keys()):
        before = window_mean(gini[economy], 1988, 1995)
        after = window_mean(gini[economy], 2006, 2013)
        if before is not None and after is not None:
            changes.append(after - before)
    draws = random.Random(5)
    medians = sorted(statistics.median(draws.choices(changes, k=len(changes))) for _ in range(4000))
    output = real_book().output("inequality-rose")
    stored = results.primary(output)["vintages"][vintage]["estimate"]
    assert stored["n"] == len(changes) >= 60
    assert stored["value"] == pytest.approx(statistics.median(changes), rel=1e-5)
    assert stored["low"] == pytest.approx(medians[100], abs=0.35)
    assert stored["high"] == pytest.approx(medians[3899], abs=0.35)


def test_the_feed_fits_its_schema(feed):
    schema = json.loads(
        resources.files("claimbook.chapters").joinpath("schemas/results.schema.json").read_text()
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
    seconds = [check["outcome"] for check in claim["checks"] if check["role"] == "secondary"]
    assert claim["verdict"] == rule.verdict(primary["outcome"], seconds) == claim["written_for"]
    if {check["vintage"] for check in claim["checks"]} == {"current"}:
        assert claim["verdict"] == claim["vintages"]["current"]
    counted = [primary["outcome"], *seconds]
    assert claim["counts"] == {name: counted.count(name) for name in rule.OUTCOMES}
    robustness, held = claim["robustness"], primary["variants"]
    assert robustness["of"] + robustness["missing"] <= len(held)
    agree = sum(variant["outcome"] == primary["outcome"] for variant in held)
    assert 1 <= robustness["agree"] <= agree
    assert sum(claim["verdict_robustness"].values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("claim_id", CHAPTERS)
def test_each_single_change_that_moves_the_verdict_is_one_in_the_feed(feed, claim_id):
    """Recomputed from the outcomes of the variants alone."""
    claim = next(claim for claim in feed["claims"] if claim["id"] == claim_id)
    counting = [one for one in claim["checks"] if one["role"] in ("primary", "secondary")]
    counting.sort(key=lambda check: check["role"] != "primary")

    def verdict(**change):
        outcomes = []
        for check in counting:
            head = check["variants"][0]["options"]
            wanted = head | {name: value for name, value in change.items() if name in head}
            found = [one for one in check["variants"] if one["options"] == wanted]
            outcomes.append((found or check["variants"])[0]["outcome"])
        return rule.verdict(outcomes[0], outcomes[1:])

    assert verdict() == claim["verdict"]
    assert claim["switches"]["move"] == len(claim["switches"]["which"])
    for switch in claim["switches"]["which"]:
        found = verdict(**{switch["option"]: switch["value"]})
        assert found == switch["verdict"] != claim["verdict"]


@pytest.mark.parametrize("claim_id", CHAPTERS)
def test_what_an_estimate_rests_on_agrees_with_it(feed, claim_id):
    claim = next(claim for claim in feed["claims"] if claim["id"] == claim_id)
    for check in claim["checks"]:
        estimate, rests = check["estimate"], check["influence"]
        if rests:
            assert rests["low"] <= rests["without"] <= rests["high"]
            assert check["role"] in ("primary", "secondary")
            assert (rests["tipping"] is None) == (rests["tips_to"] is None)
            assert rests["tips_to"] != check["outcome"]
        if check["detectable"] is not None:
            error = (estimate["high"] - estimate["low"]) / 3.92
            needed = max(2.8 * error, check["smallest_effect"] + 0.84 * error)
            # Student's factors are larger than the normal law's: with ten economies by an eighth.
            assert needed * 0.999 <= check["detectable"] <= needed * (1 + 1.3 / estimate["n"])


def test_inequality_rose_has_a_grid_and_three_vintages(feed):
    claim = next(claim for claim in feed["claims"] if claim["id"] == "inequality-rose")
    assert len(claim["checks"][0]["variants"]) >= 48
    assert set(claim["vintages"]) == {"2013-12", "2019-04", "current"}


@pytest.mark.parametrize("claim_id", CHAPTERS)
def test_then_and_now_are_joined_by_revision_and_coverage(claim_id):
    for check in real_book().output(claim_id)["checks"]:
        for vintage, parts in check["decomposition"].items():
            moved = parts["dropped"] + parts["revision"] + parts["added"]
            size = max(1, *(abs(part) for part in parts.values()))  # each has six digits
            assert moved == pytest.approx(parts["now"] - parts["then"], abs=1e-5 * size)
            assert parts["now"] == check["estimate"]["value"]
            assert parts["then"] == check["vintages"][vintage]["estimate"]["value"]


def compared(request, path):
    """The code cells of which nbval compares something, by nbval's own reckoning."""
    cells = IPyNbFile.from_parent(request.session, path=path).collect()
    return [
        item.cell
        for item in cells
        if item.options["check"]
        and not item.options["skip"]
        and not item.options["check_exception"]
        and item.cell.execution_count is not None
        and not item.compare_outputs([], item.cell.outputs)
    ]


def said(cells):
    """What the outputs of some cells say, as text."""
    outputs = [output for cell in cells for output in cell.outputs]
    return "\n".join(one.get("text") or one["data"]["text/plain"] for one in outputs)


def drawn(cells):
    """The charts among the outputs of some cells."""
    found = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    return [data[CHART] for data in found if CHART in data]


def vacuous(request, path):
    """The checks and charts of a chapter that nbval compares nowhere, and each cell's reason."""
    notebook, cells = notebooks.read(path), compared(request, path)
    words = said(cells)
    checks = [check["id"] for check in files.read_claim(path.stem)["checks"]]
    lacking = [name for name in checks if f"check {name}: " not in words]
    asked = code(notebook.cells)
    calls = "".join(cell.source for cell in asked).count("figures.chart(")
    if (charts := len(drawn(cells))) != max(calls, len(drawn(asked))):
        lacking.append(f"{charts} charts compared of {calls}")
    return lacking + [reason for cell in asked if (reason := review.uncompared(cell, path.stem))]


@pytest.mark.parametrize("claim_id", CHAPTERS)
def test_nbval_compares_every_check_and_every_chart(request, claim_id):
    path = Book().chapters[claim_id]
    assert vacuous(request, path) == []
    assert len(compared(request, path)) >= 4


def strip(cells):
    for cell in cells:
        cell["outputs"], cell["execution_count"] = [], None


def empty_the_charts(cells):
    for cell in cells:
        if any(CHART in output.get("data", {}) for output in cell["outputs"]):
            cell["outputs"] = []


def null_the_counts(cells):
    for cell in cells:
        cell["execution_count"] = None


def tell_nbval_to_skip(cells):
    for cell in cells:
        cell["source"] = ["# NBVAL_SKIP\n", *cell["source"]]


def tag_to_ignore(cells):
    for cell in cells:
        cell["metadata"]["tags"] = ["nbval-ignore-output"]


@pytest.mark.parametrize("name", ["lands/gini-fell", "coins/fair-coin"])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (strip, "has no execution count, so nbval compares nothing: run `claimbook run "),
        (null_the_counts, "has no execution count, so nbval compares nothing: run `claimbook run "),
        (empty_the_charts, "computes but stores no output for nbval: run `claimbook run "),
        (tell_nbval_to_skip, "tells nbval not to compare what it shows: remove NBVAL_SKIP."),
        (tag_to_ignore, "tells nbval not to compare what it shows: remove nbval-ignore-output."),
    ],
)
def test_a_chapter_of_which_nbval_compares_nothing_is_found(
    request, tiny_copy, name, change, reason
):
    path = tiny_copy / "book" / f"{name}.ipynb"
    assert vacuous(request, path) == []
    with opened(path) as cells:
        change(code(cells))
    found = vacuous(request, path)
    assert any(reason in fault for fault in found)
    assert not all(reason in fault for fault in found), "nor are its checks and charts compared"


@pytest.mark.parametrize("claim_id", CHAPTERS)
def test_charts_are_what_their_text_form_says(claim_id):
    notebook = notebooks.read(Book().chapters[claim_id])
    count = 0
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            chart = output.get("data", {}).get(CHART)
            if chart is not None:
                assert output["data"]["text/plain"] == figures.text_form(chart)
                assert "bdata" not in json.dumps(chart)
                count += 1
    assert 2 <= count <= 5


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
    output = real_book().output("inequality-rose")
    assert sentence in prose.stale(text, output)[0]
    with pytest.raises(prose.ProseError, match="value:"):
        prose.bound(text, output)
