"""Claim and essay files: each fault is one sentence with file, line and field."""

from __future__ import annotations

import inspect

import pandas as pd
import pytest

import small
from claimbook.chapters.book import Book
from claimbook.claims import claim as claims
from claimbook.claims import files
from claimbook.claims.check import CheckError
from claimbook.claims.files import ClaimFileError
from claimbook.data import snapshot
from claimbook.estimates import Estimate

NAME = "book/inequality/inequality-rose.yml"
WITH_A_NAME = inspect.Parameter.POSITIONAL_OR_KEYWORD
FAULTS = [
    (
        "    expects: rise",
        "    expects: up",
        r'line \d+, field checks\[0\]\.expects: "up" is not one',
    ),
    (
        "    role: primary",
        "    role: secondary",
        "field checks: there is one primary check, no more and no less",
    ),
    ("    role: context", "    role: primary", "there is one primary check, no more"),
    ("    role: primary", "    role: primry", r"checks\[0\].role: \"primry\" is not one of"),
    ("    role: context", "    role: secondary", "at most 3 checks are secondary"),
    ("kind: descriptive", "kind: causal", 'line 4, field kind: "causal" is not one of'),
    ("    falsifier: The", "    falsifer: The", r"falsifer is not known \(did you mean falsifier"),
    ("written_for: contradicted\n", "", "the field written_for is missing"),
    ("id: inequality-rose", "id: inequality-fell", "line 1, field id: the file is inequality-rose"),
    ("  - id: the-nineties", "  - id: top-fifth-change", "ids are unique"),
    ("paragraphs: [1, 3]", "paragraphs: [one]", r"line 3, field paragraphs\[0\]"),
    ("title: Did", "title: [Did", "not YAML"),
    ("smallest_effect: 1", "smallest_effect: -1", "smallest_effect"),
    (
        "    role: primary",
        "    role: primary\n    witness: true",
        "a witness never counts: its role",
    ),
    (
        "    role: secondary",
        "    role: secondary\n    of: median-gini",
        r"checks\[1\]\.of: it names a check that has a function of its own \(median-gini-change",
    ),
    (
        "    role: context",
        "    role: context\n    of: median-gini-change\n    options: {starts: [1988-1995]}",
        r"options.starts: median-gini-change has no option starts. Did you mean start",
    ),
    ("kind: descriptive", "kind: descriptive\nsubject: [China]", r"field subject\[0\]"),
    ("series: [SI.POV.GINI", "series: [gini", r"field checks\[0\]\.series\[0\]"),
    ("form: strip", "form: stripe", r'field lead\.form: "stripe" is not one of strip, dumbbell'),
    ("  check: median-gini-change", "", "field lead: it needs either check or checks"),
    ("  check: median-gini-change", "  checks: {}", r"field lead\.checks: {}"),
    (
        "  check: median-gini-change",
        "  checks: {A: median-gini-chang}",
        "field lead: the claim has no check median-gini-chang. Did you mean median-gini-change",
    ),
    (
        "form: strip\n  check: median-gini-change",
        "form: dumbbell\n  checks: {A: median-gini-change}",
        r"field lead\.checks\.A: a row names two checks: then and now",
    ),
    ("form: strip", "form: lines\n  chart: yearly", "field lead: the field unit is missing"),
]


@pytest.mark.parametrize(("before", "after", "sentence"), FAULTS)
def test_a_fault_is_named(copy, before, after, sentence):
    path = copy / NAME
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(ClaimFileError, match=sentence) as raised:
        files.read_claim("inequality-rose")
    assert str(raised.value).startswith(NAME)


def test_every_claim_and_essay_of_the_book_is_valid():
    essays = Book().essays
    for claim_id in files.claim_paths():
        assert files.read_claim(claim_id)["essay"] in essays


def test_an_unknown_claim_is_answered_with_the_nearest():
    with pytest.raises(ClaimFileError, match="Did you mean inequality-rose"):
        files.read_claim("inequality-ros")


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("claims: [inequality-rose, left-behind]", "claims: [left-behind]", "make them agree"),
        ("  - paragraph: 2\n", "  - paragraph: 4\n", "paragraph 2 next"),
        ("    no_claim_because: It introduces", "    because: It introduces", "line"),
    ],
)
def test_an_essay_maps_every_paragraph(copy, before, after, sentence):
    path = copy / "book" / "essays" / "tonelson-2014.yml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(ClaimFileError, match=sentence):
        _ = Book().essays


def answering(claim, check_id, answer):
    """A function that takes the options which a check of the chapter declares, and answers."""

    def function(wdi, **options):
        return answer(wdi, **options)

    (declared,) = [check for check in claim.declared["checks"] if check["id"] == check_id]
    function.__signature__ = inspect.Signature(
        [inspect.Parameter(name, WITH_A_NAME) for name in ("wdi", *declared["options"])]
    )
    return function


def ask(claim, answer, check_id="median-gini-change"):
    """Answer a check of the chapter, whatever its options are."""
    return claim.check(check_id, answering(claim, check_id, answer))


def in_unit(unit):
    return lambda wdi, **options: Estimate(1, 0, 2, 20, unit)


def test_a_variant_of_a_check_is_asked_by_its_function_with_its_own_values(small_book):
    small.write_vintage(small_book, "current", small.changes([1, 2, 3]))
    options = {"scale": [1, 2], "turn": [1, -1]}
    variant = small.check(
        "scaled", role="secondary", of="it-rose", options={"scale": [3]}, smallest_effect=0
    )
    small.write_claim(small_book, [small.check(options=options), variant])
    claim = claims.claim("it-rose")
    claim.check("it-rose", lambda wdi, scale, turn: Estimate(*[scale * turn * 5] * 3, 20, "points"))
    found = claim.checks["scaled"]
    assert found.declared["options"] == {"scale": (3,), "turn": (1, -1)}
    assert found.estimate.value == 15
    assert claim.as_dict()["switches"]["which"] == [
        {"option": "turn", "value": -1, "verdict": "contradicted"}
    ], "both move together"


def test_declarations_are_read_only_and_those_of_the_file(small_book):
    small.write_vintage(small_book, "current", small.changes([1, 2, 3]))
    small.write_claim(small_book, [small.check()])
    claim = claims.claim("it-rose")
    check = claim.check("it-rose", lambda wdi: Estimate(1, 0, 2, 20, "points"))
    for declared in (claim.declared["checks"][0], check.declared):
        with pytest.raises(TypeError, match="does not support item assignment"):
            declared["smallest_effect"] = 0
    assert claim.as_dict()["checks"][0]["outcome"] == check.outcome
    small.write_claim(small_book, [small.check(smallest_effect=9)])
    with pytest.raises(CheckError, match=r"it-rose\.yml is another than when the claim was opened"):
        claim.as_dict()


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_value_that_is_no_number_is_refused(number):
    with pytest.raises(CheckError, match="it must be a finite number"):
        claims.claim("inequality-rose").value("a-value", number)


def test_a_function_that_does_not_take_the_options_is_refused():
    claim = claims.claim("inequality-rose")
    with pytest.raises(CheckError, match="takes the options"):
        claim.check("median-gini-change", lambda wdi, start: None)


def test_a_check_that_is_not_declared_is_refused():
    claim = claims.claim("inequality-rose")
    with pytest.raises(CheckError, match="Did you mean median-gini-change"):
        claim.check("median-gini-chang", lambda wdi: None)


def test_an_estimate_in_another_unit_is_refused():
    claim = claims.claim("inequality-rose")
    with pytest.raises(CheckError, match="declared in 'Gini points', its function returns 'miles'"):
        ask(claim, in_unit("miles"))


def test_a_claim_with_a_check_not_run_is_not_shown():
    claim = claims.claim("inequality-rose")
    ask(claim, in_unit("Gini points"))
    with pytest.raises(CheckError, match="declared but was not run"):
        claim.as_dict()


@pytest.mark.parametrize("door", ["series", "long"])
def test_a_check_may_read_only_what_it_declares(door):
    claim = claims.claim("inequality-rose")
    asked = lambda wdi, **options: getattr(wdi, door)("SP.POP.TOTL")  # noqa: E731
    with pytest.raises(claims.snapshot.SnapshotError, match="read but not declared"):
        ask(claim, asked, "top-fifth-change")


def declared_as(root, before, after):
    path = root / NAME
    path.write_text(path.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")
    return claims.claim("inequality-rose")


def how_many_held(wdi, **options):
    held = len(wdi["SI.POV.GINI"])
    return Estimate(held, held, held, held, "Gini points")


PRIMARY = "    role: primary\n"


def test_a_check_declared_for_an_older_vintage_is_computed_on_it(copy):
    claim = declared_as(copy, PRIMARY, f"{PRIMARY}    vintage: 2019-04\n")
    check = ask(claim, how_many_held)
    held = {name: len(snapshot.read(name)["SI.POV.GINI"]) for name in ("2013-12", "2019-04")}
    assert len(set(held.values())) == 2
    assert {estimate.value for _, estimate in check.variants.values()} == {held["2019-04"]}
    assert check.vintages["2013-12"].value == held["2013-12"]
    found = check.as_dict()
    assert found["vintages"]["current"] is None
    assert (check.declared["vintage"], list(found["decomposition"])) == ("2019-04", ["2013-12"])
    assert "not asked: this vintage does not hold the window" in repr(check)


def test_a_vintage_that_cannot_be_asked_has_no_verdict(copy):
    claim = declared_as(copy, PRIMARY, f"{PRIMARY}    vintage: 2019-04\n")
    ask(claim, how_many_held)
    for check in claim.declared["checks"][1:]:
        ask(claim, lambda wdi, **options: None, check["id"])
    output = claim.as_dict()
    assert output["verdict"] == output["vintages"]["2019-04"] == "supported"
    assert output["vintages"]["current"] is None


def test_a_check_for_a_vintage_not_held_is_refused(copy):
    claim = declared_as(copy, PRIMARY, f"{PRIMARY}    vintage: 2018-04\n")
    with pytest.raises(CheckError, match="vintage 2018-04, which data/ does not hold"):
        ask(claim, how_many_held)


def test_a_check_that_asks_a_model_runs_once_and_holds_under_every_vintage(copy):
    series = "series: [SI.POV.GINI, NY.GNP.PCAP.CD]"
    asked = []

    def model(wdi, **options):
        asked.append(tuple(options.values()))
        return Estimate(0.5, 0.4, 0.6, 100, "Gini points")

    check = ask(declared_as(copy, series, "series: []"), model)
    assert len(asked) == len(set(asked)) == len(check.variants)
    assert {estimate.value for estimate in check.vintages.values()} == {0.5}
    assert check.decomposition == {} and not any(check.lost.values())
    assert "a model, which reads no data: 0.5" in repr(check)


def an_economy_named(label):
    def function(wdi):
        moved = pd.Series(1.0, index=[label, *small.NAMES[1:]])
        return Estimate(1, 0, 2, 20, "points", economies=moved)

    return function


@pytest.mark.parametrize("label", [0, 4.5, None, ("X00", 2000)])
def test_economies_that_are_not_named_by_their_codes_are_refused(small_book, label):
    small.write_vintage(small_book, "current", small.changes([1, 2, 3]))
    small.write_claim(small_book, [small.check()])
    said = r"check it-rose calls an economy .* by an iso3 code as text: give `economies` by code"
    with pytest.raises(CheckError, match=said):
        claims.claim("it-rose").check("it-rose", an_economy_named(label))


def test_economies_named_by_their_codes_are_taken_in_order(small_book):
    small.write_vintage(small_book, "current", small.changes([1, 2, 3]))
    small.write_claim(small_book, [small.check()])
    check = claims.claim("it-rose").check("it-rose", an_economy_named("ZZZ"))
    assert list(check.estimate.economies.index) == [*small.NAMES[1:], "ZZZ"]
