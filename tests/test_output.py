"""The claim output: compact, without words, whole again once the claim file is joined to it."""

from __future__ import annotations

import json
from importlib import resources

import jsonschema
import pytest

import small
from claimbook.chapters import results
from claimbook.claims import claim as claims
from claimbook.claims import declared, files, output
from claimbook.claims.output import OutputError
from claimbook.estimates import Estimate

OPTIONS = {"scale": [1, 2, "none at all"], "turn": ["no", "yes"]}
SECOND = small.check("a-context", role="context", series=[])


def moved(wdi, scale, turn):
    values = wdi[small.CODE]
    if scale == "none at all" or 2001 not in values:
        return None
    change = values[2001] - values[2000]
    value = change.mean() * scale * (-1 if turn == "yes" else 1)
    return Estimate(value, value - 1 / 3, value + 2, len(change.dropna()), "points", change)


@pytest.fixture
def claim(small_book):
    small.write_vintage(small_book, "2013-12", small.changes([2] * 8))
    small.write_vintage(small_book, "2019-04", {"X00": {1999: 1}})
    small.write_vintage(small_book, "current", small.changes([1.5, 4, 2.0001] * 8))
    small.write_claim(small_book, [small.check(options=OPTIONS), SECOND])
    found = claims.claim("it-rose")
    found.check(
        "it-rose",
        lambda wdi, scale, turn: moved(wdi, scale, turn) if 2001 in wdi[small.CODE] else None,
    )
    found.check("a-context", lambda wdi: Estimate(0.5, 0.4, 0.6, 9, "points"))
    found.value("whole", 3.0)
    found.value("third", 1 / 3)
    found.value("word", "contradicts")
    return found


def stored(claim):
    return json.loads(json.dumps(claim._repr_mimebundle_()[output.MIME]))


def test_what_is_stored_and_the_claim_file_are_the_findings_in_full(claim):
    full = output.expanded(stored(claim), claim.declared)
    first, second = full["checks"]
    assert full["switches"]["options"] == "turn"
    labels = {"labels": {"turn": {"label": "Turned round", "values": {"no": "as it is"}}}}
    worded = output.expanded(stored(claim), claim.declared | labels)
    assert worded["switches"]["options"] == "Turned round"
    assert full["claim"]["title"] == "Did it rise?"
    assert full["values"] == {"whole": 3, "third": 0.333333, "word": "contradicts"}
    assert first["falsifier"] == "It did not." and first["outcome"] == "supports"
    value = first["estimate"]["value"]
    assert value == pytest.approx((1.5 + 4 + 2.0001) / 3, abs=1e-5)
    assert first["estimate"]["low"] == pytest.approx(value - 1 / 3, abs=1e-5)
    assert (first["estimate"]["n"], first["estimate"]["unit"]) == (24, "points")
    assert first["vintages"]["2019-04"] == {"outcome": "inconclusive", "estimate": None}
    assert first["vintages"]["2013-12"]["estimate"]["n"] == 8
    assert first["lost"]["2013-12"] == small.NAMES[8:]
    assert [one["id"] for one in first["variants"]][:3] == ["headline", "turn-yes", "scale-2"]
    assert first["variants"][1]["options"] == {"scale": 1, "turn": "yes"}
    assert first["variants"][4] == {
        "id": "scale-none-at-all",
        "options": {"scale": "none at all", "turn": "no"},
        "outcome": "inconclusive",
        "estimate": None,
    }
    assert first["economies"]["X02"] == 2.0001 and len(first["economies"]) == 24
    assert second["estimate"]["high"] == 0.6 and second["economies"] == {}
    assert full == output.joined(claim.as_dict(), claim.declared) | {
        "schema_version": output.SCHEMA_VERSION
    }


def test_the_history_holds_every_release_in_the_order_of_time_and_what_moved_it(small_book):
    small.write_vintage(small_book, "2013-12", small.changes([2] * 12))
    small.write_vintage(small_book, "current", small.changes([4] * 12))
    # Three are withdrawn and two added; of the nine that stay, the second year is another.
    kept = dict(list(small.changes([-9] * 14).items())[3:])
    small.write_release(small_book, "2016-10", kept)
    small.write_claim(small_book, [small.check()])
    asked = files.read_claim("it-rose")
    check = claims.claim("it-rose").check("it-rose", lambda wdi: moved(wdi, 1, "no"))
    found = check.as_dict()
    assert [(one["release"], one["outcome"]) for one in found["history"]] == [
        ("2013-12", "supports"),
        ("2016-10", "contradicts"),
        ("current", "supports"),
    ]
    assert found["history_cells"] == {
        "2016-10": {"revised": 9, "withdrawn": 6, "added": 4},
        "current": {"revised": 9, "withdrawn": 4, "added": 6},
    }
    whole = {"claim": "it-rose", "checks": [found]}
    again = output.expanded(output.compact(whole), asked)["checks"][0]
    assert again["history"][1]["estimate"]["value"] == -9
    assert again["history"][1]["release"] == "2016-10"
    assert again["history_cells"] == found["history_cells"]


def test_no_word_of_the_claim_file_is_stored(claim):
    text = json.dumps(claim._repr_mimebundle_())
    for word in ("Did it rise?", "It rose.", "It did not.", "falsifier", "descriptive", "an-essay"):
        assert word not in text


def test_an_editor_that_writes_whole_numbers_without_a_point_changes_nothing(claim):
    """JavaScript knows one kind of number: it saves 3.0 as 3."""

    def saved(value):
        if isinstance(value, dict):
            return {name: saved(one) for name, one in value.items()}
        if isinstance(value, list):
            return [saved(one) for one in value]
        whole = isinstance(value, float) and value.is_integer()
        return int(value) if whole else value

    before = stored(claim)
    assert json.dumps(saved(before)) == json.dumps(before)


def test_estimates_stand_in_strings_of_one_column_each(claim):
    first = stored(claim)["checks"][0]
    assert first["variants"]["ns"] == "24 24 24 24 - -"
    assert first["variants"]["outcomes"] == "scscii"
    assert first["vintages"]["names"] == "2013-12 2019-04 current"
    assert first["vintages"]["values"] == "2 - 2.50003"
    assert first["economies"]["values"].split()[:3] == ["1.5", "4", "2.0001"]


def test_an_output_of_another_version_or_of_other_checks_is_to_be_run_again(claim):
    with pytest.raises(OutputError, match=r"another version.*claimbook run it-rose"):
        output.expanded(stored(claim) | {"schema_version": 1}, claim.declared)
    renamed = claim.declared | {"checks": claim.declared["checks"][:1]}
    with pytest.raises(OutputError, match="holds the checks it-rose, a-context"):
        output.expanded(stored(claim), renamed)
    wider = small.check(options=OPTIONS | {"scale": [1, 2]})
    with pytest.raises(OutputError, match="has 4 variants, 6 are stored"):
        output.expanded(stored(claim), claim.declared | {"checks": [wider, SECOND]})


def test_the_text_form_says_what_was_found_in_ids_and_figures(claim):
    text = repr(claim)
    assert "claim it-rose: supported" in text
    assert "primary check it-rose: supports" in text
    assert "2013-12  supports: 2 [1.66667, 4], n = 8" in text
    assert "without 16: X08" in text
    assert "2019-04  inconclusive: no estimate" in text
    assert "a model, which reads no data: 0.5 [0.4, 0.6], n = 9" in text
    assert "Did it rise?" not in text


def test_a_check_without_any_estimate_is_undecided_and_says_no_more(small_book):
    small.write_vintage(small_book, "current", small.changes([2] * 12))
    small.write_claim(small_book, [small.check(options=OPTIONS)])
    claim = claims.claim("it-rose")
    claim.check("it-rose", lambda wdi, scale, turn: None)
    full = output.expanded(stored(claim), files.read_claim("it-rose"))
    assert full["verdict"] == "inconclusive"
    assert full["robustness"] == {"agree": 0, "of": 0, "missing": 6}
    assert (full["switches"]["of"], full["switches"]["missing"]) == (0, 3)
    assert full["combinations"] == {"of": 0, "missing": 6}
    assert set(full["verdict_robustness"].values()) == {0}
    check = full["checks"][0]
    assert check["outcome"] == "inconclusive"
    for name in ("estimate", "how", "undecided_because", "flips", "influence", "detectable"):
        assert check[name] is None
    feed = results.feed({"it-rose": declared.joined(full, [])})
    schema = resources.files("claimbook.chapters").joinpath("schemas/results.schema.json")
    jsonschema.Draft202012Validator(json.loads(schema.read_text("utf-8"))).validate(feed)
    assert feed["claims"][0]["answer"] is None
