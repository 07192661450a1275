"""The parts of a chapter's page, from a small claim output that holds everything or the least."""

import json
import re
from copy import deepcopy
from xml.etree import ElementTree

import pytest

from claimbook.pages import grounds, machines, panel, parts

NAMES = {"CHN": "China", "BRA": "Brazil"}
ESSAY = {"author": "A. Writer", "year": 2014}


def estimate(value, low=None, high=None, n=74, unit="Gini points"):
    low, high = (value if end is None else end for end in (low, high))
    return {"value": value, "low": low, "high": high, "n": n, "unit": unit}


ABSENT = {"dated": None, "lead": None, "country": None}


def variant(name, start, outcome, found):
    return {"id": name, "options": {"start": start}, "outcome": outcome, "estimate": found}


def check(name, role, outcome, found, **more):
    return {
        "id": name,
        "role": role,
        "kind": "descriptive",
        "question": f"Did {name} rise?",
        "series": ["A.B"],
        "unit": "Gini points",
        "expects": "rise",
        "reference": 0,
        "smallest_effect": 1,
        "falsifier": "It fell.",
        "options": {},
        "vintage": "current",
        "outcome": outcome,
        "estimate": found,
        "robustness": {"agree": 1, "of": 2},
        "vintages": {"2013-12": None, "current": {"outcome": outcome, "estimate": found}},
        "missing": {},
        "lost": {},
        "decomposition": {},
        "variants": [],
        **more,
    }


def least():
    """What every claim output holds."""
    found = estimate(-2.03125, -2.95, 0.9)
    first = check(
        "one",
        "primary",
        "inconclusive",
        found,
        options={"start": ["1988-1995", "1990-1999"], "end": ["2006-2013"]},
        variants=[
            variant("headline", "1988-1995", "inconclusive", found),
            variant("start-1990-1999", "1990-1999", "contradicts", estimate(-3, -4, -1)),
        ],
    )
    for one in first["variants"]:
        one["options"]["end"] = "2006-2013"
    return {
        "claim": {
            "id": "made-up",
            "part": "made",
            "essay": "essay",
            "kind": "descriptive",
            "paragraphs": [1],
            "title": "Did it rise?",
            "statement": "It <rose>.",
            "written_for": "inconclusive",
        },
        "verdict": "inconclusive",
        "robustness": {"agree": 1, "of": 2},
        "vintages": {"2013-12": None, "current": "inconclusive"},
        "values": {},
        "checks": [
            first,
            check("two", "secondary", "supports", estimate(2.0, 1.0, 3.0)),
            check("three", "context", "contradicts", estimate(-1.0, -2.0, -0.5)),
        ],
    }


def everything():
    """The same with all that may be absent."""
    output = least()
    first, second, third = output["checks"]
    output["claim"] |= {
        "answer": 'It moved by [9](value:one.value ".1f") <points>.',
        "sentence": "From {start} to {end} it rose.",
        "labels": {
            "end": "Last years",
            "start": {"label": "First years", "values": {"1988-1995": "1988 to 1995"}},
        },
        "tried": {"count": 6, "otherwise": 2},
        "may_write": 'It moved by [9](value:one.value ".1f").',
        "may_not_write": "That it fell.",
    }
    output |= {
        "counts": {"supports": 1, "contradicts": 0, "inconclusive": 1},
        "switches": {
            "move": 1,
            "of": 3,
            "which": [
                {"check": "one", "option": "start", "value": "1990-1999", "verdict": "mixed"}
            ],
        },
        "verdict_robustness": {"inconclusive": 0.75, "mixed": 0.25, "supported": 0.0},
        "declared": {
            "date": "2026-01-02",
            "seen": "yes",
            "changed": "2026-03-04",
            "after_first_run": False,
            "without_later": "contradicted",
        },
    }
    first |= {
        "undecided_because": "too little data",
        "flips": {"supports_to": 0.35, "contradicts_from": 0.43},
        "influence": {"low": -2.4, "high": -1.9, "most": "CHN", "tipping": ["CHN", "BRA"]},
        "detectable": 2.6,
        "effective_n": 7.2,
        "history": [
            {"release": "2013-12", "outcome": "inconclusive", "estimate": estimate(0.8, -1, 2)},
            {"release": "2016-04", "outcome": "inconclusive", "estimate": None},
            {"release": "2019-04", "outcome": "contradicts", "estimate": estimate(-2, -3, -1)},
            {"release": "current", "outcome": "contradicts", "estimate": estimate(-2, -3, -1)},
        ],
    }
    second |= {"how": "the other way", "influence": {"low": 1.9, "high": 2.2, "most": "BRA"}}
    second["influence"]["tipping"] = None
    third |= {"witness": True}
    return output


def html(node):
    return re.sub(r"\s+", " ", node.astext())


def text(node):
    return " ".join(re.sub(r"<[^>]*>", " ", node.astext()).split())


def the_card(output, **more):
    return parts.part("card", output=output, essay=ESSAY, **(ABSENT | more))


def the_checks(output):
    return parts.part("checks", output=output, strips=grounds.strips(output), names=NAMES)


def the_panels(output):
    return panel.panels(output, output["checks"])


def test_the_card_says_answer_then_verdict_then_what_counts_and_moves():
    said = text(the_card(everything(), dated="2026-05"))
    order = [
        "It moved by −2.0 &lt;points&gt;.",
        "inconclusive the figures do not decide",
        "Of 2 checks that count, 1 supports, 0 contradict, 1 undecided.",
        "1 of 3 single changes moves the verdict: first years.",
        "It &lt;rose&gt;.",
        "−2.0 Gini points (−3.0 to 0.9), 74 economies",
        "A witness, not counted contradicts",
        "now (2026-05)",
        "Declared on 2026-01-02. Changed: 2026-03-04. Declared after looking",
        "Without the checks that came later the verdict is contradicted",
        "chosen after 6 were tried on these figures; 2 of them would have given another verdict",
    ]
    places = [said.find(words) for words in order]
    assert -1 not in places and places == sorted(places), (places, said)


def test_a_card_without_answer_or_counts_leaves_them_out():
    said = text(the_card(least()))
    assert said.startswith("inconclusive the figures do not decide")
    for words in ("that count", "single changes", "witness", "Declared"):
        assert words not in said
    assert "cb-card__lead" not in html(the_card(least()))
    assert "<svg/>" in html(the_card(least(), lead=parts.Markup("<svg/>")))


def test_what_moves_the_verdict_is_named_and_where_it_flips():
    said = text(grounds.grounds(everything()))
    assert "First years: 1990-1999 → mixed" in said
    assert "It supports for any smallest effect up to 0.35 Gini points." in said
    assert "It would contradict for any smallest effect above 0.43 Gini points." in said
    assert "75 % inconclusive, 25 % mixed; a share of choices, not a probability" in said
    assert text(grounds.grounds(least())) == ""


def test_a_check_says_what_it_rests_on():
    said = text(the_checks(everything()))
    assert "Undecided because: too little data." in said
    assert "lies at −2.4 to −1.9; China moves it most." in said
    assert "Removing these 2 is enough to change the outcome: China, Brazil." in said
    assert "Removing up to five, in order of influence, does not change the outcome." in said
    assert "It finds an effect of 2.6 Gini points four times in five." in said
    assert "By weight it counts about 7 economies." in said
    assert "(the other way)" in said and "A witness: another source" in said
    assert "2013-12 : not asked: this release lacks the years." in said


def test_drawings_are_told_in_words_have_no_style_and_stay_in_their_frame():
    output = everything()
    drawings = [*grounds.strips(output).values(), grounds.curve(output["checks"][0])]
    assert len(drawings) == 3
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        width, height = map(float, root.get("viewBox").split()[2:])
        assert root.get("role") == "img" and len(root.get("aria-label")) > 30
        for element in root.iter():
            assert "style" not in element.attrib
            if element.get("cx"):
                assert 0 <= float(element.get("cx")) <= width
                assert 0 <= float(element.get("cy")) <= height
    curve = str(drawings[-1])
    assert re.findall(r"<text[^>]*>([^<]*)<", curve) == ["2013-12", "now"]
    assert curve.count("<circle") == 3  # a release without an estimate has no point
    assert curve.count("cb-history__flip") == 1 and "the outcome changes 1 time" in curve


def test_the_release_of_today_is_called_by_its_month():
    made = grounds.grounds(everything(), "2026-05")
    assert re.findall(r"<text[^>]*>([^<]*)<", html(made)) == ["2013-12", "now (2026-05)"]
    assert '<th scope="row">now (2026-05)</th>' in html(made)
    assert "4 releases" not in html(made) and "3 releases from 2013-12 to now (2026-05)" in html(
        made
    )


def test_a_history_of_one_release_is_no_curve():
    output = everything()
    output["checks"][0]["history"] = output["checks"][0]["history"][:1]
    assert "cb-history" not in html(grounds.grounds(output))


def test_the_words_of_the_sentence_are_controls_and_the_other_choices_follow_in_order():
    made = the_panels(everything())
    assert made.count("<form") == 1
    assert "<label" not in made
    told = made[made.index("cb-panel__sentence") : made.index("it rose.")]
    assert re.findall(r'aria-label="([^"]*)"', told) == ["First years", "Last years"]
    assert re.findall(r">([^<]+)</option>", told) == ["1988 to 1995", "1990-1999", "2006-2013"]
    other = everything()
    other["claim"]["sentence"] = "From {start} it rose."
    assert re.findall(r"<label [^>]*>([^<]*)<", the_panels(other)) == ["Last years"]
    assert re.findall(r"<label [^>]*>([^<]*)<", the_panels(least())) == ["Start", "End"]


def test_the_grid_follows_the_controls_and_the_verdict_follows_the_rule():
    output = everything()
    first = output["checks"][0]
    held = panel.grid(first)
    assert held["options"] == {
        name: [f"{name}-{v}" for v in vs] for name, vs in first["options"].items()
    }
    assert held["values"] == [one["estimate"]["value"] for one in first["variants"]]
    table = panel.verdicts(output["checks"])
    assert table["outcomes"] == {"one": "inconclusive", "two": "supports"}
    assert table["rule"]["supports"] == table["rule"]["supports supports"] == "supported"
    assert table["rule"]["contradicts supports"] == "mixed"


@pytest.mark.parametrize("output", [least(), everything()], ids=["least", "everything"])
@pytest.mark.parametrize("part", ["scorecard", "then-and-now", "claim-list"])
def test_lists_give_the_answer_before_the_question(output, part):
    values = {"vintages": ["2013-12", "current"], "planned": 16, "moving": ["nothing"]}
    values |= {"figure": None, "short": False, "models": 0, "curves": {}, "names": {}}
    made = parts.part(part, outputs=[output], address=lambda one: "made-up.html", **values)
    said = text(made)
    assert '<a href="made-up.html">Did it rise?</a>' in made.astext()
    if "answer" in output["claim"]:
        assert said.index("It moved by −2.0") < said.index("Did it rise?")
    assert part != "scorecard" or said.startswith("1 of 16 claims are examined so far.")


def test_an_essay_names_what_is_planned_by_its_question():
    entry = {"paragraph": 1, "gist": "A gist.", "claims": ["made-up", "later", "not-titled"]}
    essay = {"about": "An essay.", "paragraphs": [entry], "planned": {"later": "Will it fall?"}}
    made = parts.part(
        "essay-map",
        name="an-essay",
        essay=essay,
        found={"made-up": least()},
        address=lambda one: "made-up.html",
    )
    assert 'id="an-essay-paragraph-' in made.astext()
    assert "Will it fall? not examined yet Not titled? not examined yet" in text(made)


@pytest.mark.parametrize(
    ("verdict", "rating"),
    [("supported", 3), ("mixed", 2), ("contradicted", 1), ("inconclusive", None)],
)
def test_the_claim_review_follows_the_verdict_and_carries_the_answer(verdict, rating):
    review = machines.claim_review(everything() | {"verdict": verdict}, ESSAY)
    assert review["reviewRating"].get("ratingValue") == rating
    assert review["reviewRating"]["alternateName"] == verdict
    assert review["reviewBody"] == "It moved by −2.0 <points>."
    plain = machines.claim_review(least(), ESSAY)
    assert plain["reviewBody"] == "Did it rise? The figures do not decide."


def test_the_head_of_a_page_holds_the_answer_and_the_review():
    review = machines.claim_review(everything(), ESSAY)
    page = {"title": "Did it rise?", "said": review["reviewBody"], "book": "A book", "base": ""}
    head = parts.render("head", drafted=False, review=review, **page)
    assert head.startswith('<meta name="description" content="It moved by −2.0 &lt;points&gt;.">')
    told = re.search(r'<script type="application/ld\+json">(.*)</script>$', head, re.MULTILINE)[1]
    assert json.loads(told) == review and "<" not in told
    assert "ld+json" not in parts.render("head", drafted=False, review=None, **page)
    assert parts.render("head", drafted=True) == '<meta name="robots" content="noindex">\n'


def test_json_in_a_page_cannot_end_its_script():
    assert "<" not in parts.inline_json({"a": "</script>"})
    assert json.loads(parts.inline_json({"a": "</script>"})) == {"a": "</script>"}


def test_the_made_outputs_are_not_changed_by_showing_them():
    output = everything()
    before = deepcopy(output)
    for show in (the_card, the_checks, grounds.grounds, the_panels):
        show(output)
    assert output == before
