"""The panel in which a reader argues with a check: what it holds, and what it does."""

import itertools
import json
import re

import pages
import pytest

from claimbook.estimates import words as in_words


def argued(book):
    """The chapters whose primary check leaves choices open."""
    found = []
    for chapter in pages.chapters(book):
        claim = pages.read(pages.BOOKS[book] / f"{chapter}.yml")
        primary = next(one for one in claim["checks"] if one["role"] == "primary")
        if any(len(values) > 1 for values in primary.get("options", {}).values()):
            found.append(chapter)
    return found


def claim_of(shown):
    """The claim of a chapter in the feed."""
    feed = json.loads((shown.site.folder / "results.json").read_text(encoding="utf-8"))
    return next(claim for claim in feed["claims"] if claim["url"] == f"{shown.name}.html")


def choices(check):
    """The values of each option of a check, in the order in which the panel counts them."""
    names = check["variants"][0]["options"]
    return {
        name: list(dict.fromkeys(variant["options"][name] for variant in check["variants"]))
        for name in names
    }


def everywhere(book):
    return [pytest.param((book, name), id=f"{book}:{name}") for name in pages.chapters(book)]


@pytest.mark.parametrize("shown", everywhere("tiny") + everywhere("real"), indirect=True)
def test_the_panel_holds_what_the_feed_says_of_every_variant(shown):
    panels = pages.soup(shown.file).select("form.cb-panel")
    forms = {form["data-check"]: form for form in panels}
    checks = {c["id"]: c for c in claim_of(shown)["checks"] if len(c["variants"]) > 1}
    assert forms.keys() == checks.keys()
    for name, check in checks.items():
        grid = json.loads(forms[name].select_one(".cb-panel__grid").string)
        controls = forms[name].select("select")
        values = choices(check)
        assert {control["name"] for control in controls} == values.keys()
        found = [v["estimate"] for v in check["variants"] if v["estimate"]]
        # One place a variant, in the order in which the options' values are counted.
        points = itertools.product(*(enumerate(ids) for ids in grid["options"].values()))
        for number, (point, variant) in enumerate(zip(points, check["variants"], strict=True)):
            places = dict(zip(grid["options"], (place for place, _ in point), strict=True))
            assert variant["options"] == {name: values[name][places[name]] for name in values}
            departures = zip(grid["options"], point, strict=True)
            ids = [one for _, (place, one) in sorted(departures) if place]
            assert variant["id"] == ("+".join(ids) or "headline")
            assert grid["outcomes"][number] == variant["outcome"]
            estimate = variant["estimate"]
            assert grid["values"][number] == (estimate and estimate["value"])
            assert grid["estimates"][number] == in_words.value(estimate)
            assert (f"{estimate['n']:,} " if estimate else "too few") in grid["intervals"][number]
        for control in controls:
            labels = [option.get_text() for option in control.select("option")]
            assert len(set(labels)) == len(labels) == len(values[control["name"]])
            places = [option["value"] for option in control.select("option")]
            assert places == [str(place) for place in range(len(labels))]
        agree = forms[name].select_one(".cb-panel__agree").get_text()
        counted = [int(number) for number in re.match(r"(\d+) of (\d+) choices", agree).groups()]
        same = [v for v in check["variants"] if v["outcome"] == check["outcome"]]
        # Near-copies count once, and what has no estimate does not.
        assert 1 <= counted[0] <= len(same) and counted[0] <= counted[1] <= len(found)
        if check["role"] == "primary":
            robustness = claim_of(shown)["robustness"]
            assert counted == [robustness["agree"], robustness["of"]]


@pytest.mark.parametrize("shown", everywhere("tiny") + everywhere("real"), indirect=True)
def test_the_headlines_make_the_verdict_that_the_feed_has(shown):
    """By the table in the page, in which the script looks up what a reader's choices make."""
    claim = claim_of(shown)
    held = json.loads(pages.soup(shown.file).select_one(".cb-verdicts").string)
    counting = {c["id"]: c for c in claim["checks"] if c["role"] in ("primary", "secondary")}
    assert held["outcomes"] == {name: check["outcome"] for name, check in counting.items()}
    assert counting[held["primary"]]["role"] == "primary"
    others = {outcome for name, outcome in held["outcomes"].items() if name != held["primary"]}
    beside = [word for word in ("supports", "contradicts") if word in others]
    key = " ".join([held["outcomes"][held["primary"]], *beside])
    assert held["rule"][key] == claim["verdict"]


def words(form):
    """The estimate, the outcome and the place on the curve, as the reader sees them."""
    return (
        form.locator(".cb-panel__estimate").inner_text(),
        form.locator(".cb-outcome").inner_text(),
        form.locator(".cb-panel__place").inner_text(),
    )


def primary(shown):
    """The id of a chapter's primary check."""
    return next(check["id"] for check in claim_of(shown)["checks"] if check["role"] == "primary")


@pages.tried_in(pages.chapters)
def test_every_choice_shows_what_the_feed_says_of_it(page, shown):
    page.goto(shown.url)
    checks = [check for check in claim_of(shown)["checks"] if len(check["variants"]) > 1]
    assert page.locator("form.cb-panel").count() == len(checks) > 0
    for check in checks:
        form, values = page.locator(f"#argue-{check['id']}"), choices(check)
        for variant in check["variants"][:: max(1, len(check["variants"]) // 12)]:
            for name, value in variant["options"].items():
                form.locator(f"select[name={name}]").select_option(index=values[name].index(value))
            estimate, outcome, _ = words(form)
            assert outcome == variant["outcome"]
            assert estimate == in_words.value(variant["estimate"])


@pages.tried_in(argued)
def test_the_address_carries_the_choice_and_the_keyboard_makes_it(page, shown):
    page.goto(shown.url)
    form = page.locator(f"#argue-{primary(shown)}")
    headline = words(form)
    control = form.locator("select").first
    control.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function("location.search.startsWith('?choice=')")
    chosen = words(form)
    assert chosen != headline
    page.reload()
    assert words(form) == chosen
    form.locator(".cb-panel__reset").click()
    assert words(form) == headline
    assert page.evaluate("location.search") == ""


@pages.tried_in(argued)
def test_an_address_that_means_nothing_leaves_the_panels_alone(page, shown):
    thrown = []
    page.on("pageerror", lambda fault: thrown.append(fault))
    page.goto(f"{shown.url}#50%-growth")
    assert words(page.locator(f"#argue-{primary(shown)}")) and not thrown


@pages.tried_in(argued)
def test_the_choice_moves_on_the_curve(page, shown):
    page.goto(shown.url)
    form = page.locator(f"#argue-{primary(shown)}")
    page.locator("#chart-specification-curve").scroll_into_view_if_needed()
    page.wait_for_selector("#chart-specification-curve [data-drawn]")
    point = "() => { const d = document.querySelector("
    point += "'#chart-specification-curve .cb-chart__plot').data.at(-1); return [d.x[0], d.y[0]]; }"
    before = page.evaluate(point)
    form.locator("select").first.select_option(index=1)
    page.wait_for_function(f"(before) => String(({point})()) !== String(before)", arg=before)
    rank = int(words(form)[2].split("number ")[1].split(" ")[0])
    assert page.evaluate(point)[0] == rank


LANDS = pytest.mark.parametrize("shown", [("tiny", "book/lands/gini-fell")], indirect=True)


@LANDS
def test_the_words_of_the_sentence_are_the_controls_and_the_card_follows(page, shown):
    page.goto(shown.url)
    form = page.locator("#argue-gini-change")
    sentence = form.locator(".cb-panel__sentence")
    names = sentence.locator("select").evaluate_all("all => all.map((one) => one.name)")
    assert names == ["statistic", "start", "end", "status"]
    assert form.locator(".cb-panel__option").count() == 0
    assert sentence.get_by_label("Which middle").is_visible()
    card, numbers = page.locator(".cb-card__yours"), page.locator(".cb-value").first
    line = "one => getComputedStyle(one).textDecorationLine"
    assert not card.is_visible() and "underline" not in numbers.evaluate(line)
    sentence.get_by_label("Which middle").select_option(label="mean")
    assert words(form)[0] in card.inner_text()
    assert "underline" in numbers.evaluate(line)
    form.locator(".cb-chart__source").scroll_into_view_if_needed()
    found = form.locator(".cb-panel__found").bounding_box()
    assert 0 <= found["y"] < 900 - found["height"]
    card.get_by_role("button").click()
    assert not card.is_visible() and sentence.get_by_label("Which middle").input_value() == "0"


@LANDS
@pytest.mark.parametrize(
    ("address", "end", "gone"),
    [
        ("#50%-growth", "0", False),
        ("#choice:gini-change:end-2004-2012", "1", False),  # as addresses once were
        ("#choice:%E0%A4%A", "0", True),
        ("?choice=gini-change:end-1066", "0", True),
        ("?choice=no-such-check:end-2004-2012&choice=gini-change:end-2004-2012", "1", True),
        ("?choice&economy=%&choice=gini-change:end-2004-2012#what-moves-it", "1", True),
    ],
)
def test_any_address_opens_and_a_choice_that_is_gone_is_said(page, shown, address, end, gone):
    faults = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.goto(shown.url + address)
    page.wait_for_function("document.querySelector('#argue-gini-change:not([hidden])')")
    assert page.locator("#argue-gini-change select[name=end]").input_value() == end
    assert page.locator(".cb-card__gone").is_visible() == gone
    assert faults == []
