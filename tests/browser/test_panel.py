"""The panel in which a reader argues with a check."""

import json
from pathlib import Path

import pages
import pytest
import yaml

from claimbook.estimates import words

CHAPTERS = pages.chapters()


def argued():
    """The chapters whose primary check leaves choices open, with that check's id."""
    found = []
    for chapter in CHAPTERS:
        text = Path(pages.ROOT, f"{chapter}.yml").read_text(encoding="utf-8")
        checks = yaml.safe_load(text)["checks"]
        primary = next(check for check in checks if check["role"] == "primary")
        if any(len(values) > 1 for values in primary.get("options", {}).values()):
            found.append((chapter, primary["id"]))
    return found


ARGUED = argued()


def test_some_chapter_can_be_argued_with():
    """Else the tests below would pass on a book whose panels have vanished."""
    assert ARGUED


def shown(form):
    """The estimate, the outcome and the place on the curve, as the reader sees them."""
    return (
        form.locator(".cb-panel__estimate").inner_text(),
        form.locator(".cb-outcome").inner_text(),
        form.locator(".cb-panel__place").inner_text(),
    )


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_choice_shows_what_the_feed_says_of_it(page, site, address, chapter):
    page.goto(f"{address}{chapter}.html")
    feed = json.loads((site / "results.json").read_text(encoding="utf-8"))
    claim = next(claim for claim in feed["claims"] if claim["url"] == f"{chapter}.html")
    declared = yaml.safe_load(Path(pages.ROOT, f"{chapter}.yml").read_text(encoding="utf-8"))
    options = {check["id"]: check.get("options", {}) for check in declared["checks"]}
    forms = page.locator("form.cb-panel")
    checks = [check for check in claim["checks"] if len(check["variants"]) > 1]
    assert forms.count() == len(checks)
    for check in checks:
        form = page.locator(f"#argue-{check['id']}")
        for variant in check["variants"][:: max(1, len(check["variants"]) // 12)]:
            for name, value in variant["options"].items():
                place = str(options[check["id"]][name].index(value))
                form.locator(f"select[name={name}]").select_option(value=place)
            estimate, outcome, _ = shown(form)
            assert outcome == variant["outcome"]
            assert estimate == words.value(variant["estimate"])
        agree = form.locator(".cb-panel__agree").inner_text()
        same = [v for v in check["variants"] if v["outcome"] == check["outcome"]]
        assert agree.startswith(f"{len(same)} of {len(check['variants'])} choices")


@pytest.mark.parametrize(("chapter", "check"), ARGUED)
def test_the_address_carries_the_choice_and_the_keyboard_makes_it(page, address, chapter, check):
    page.goto(f"{address}{chapter}.html")
    form = page.locator(f"#argue-{check}")
    headline = shown(form)
    control = form.locator("select").first
    control.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash.startsWith('#choice:')")
    chosen = shown(form)
    assert chosen != headline
    page.reload()
    assert shown(form) == chosen
    form.locator(".cb-panel__reset").click()
    assert shown(form) == headline
    assert page.evaluate("location.hash") == ""


@pytest.mark.parametrize(("chapter", "check"), ARGUED)
def test_the_choice_moves_on_the_curve(page, address, chapter, check):
    page.goto(f"{address}{chapter}.html")
    form, figure = page.locator(f"#argue-{check}"), page.locator("#chart-specification-curve")
    figure.scroll_into_view_if_needed()
    page.wait_for_selector("#chart-specification-curve [data-drawn]")
    point = "() => { const d = document.querySelector("
    point += "'#chart-specification-curve .cb-chart__plot').data.at(-1); return [d.x[0], d.y[0]]; }"
    before = page.evaluate(point)
    form.locator("select").first.select_option(index=1)
    page.wait_for_function(f"(before) => String(({point})()) !== String(before)", arg=before)
    rank = int(shown(form)[2].split("number ")[1].split(" ")[0])
    assert page.evaluate(point)[0] == rank


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_panels_have_headings_of_their_own_and_only_one_speaks_of_the_curve(page, address, chapter):
    page.goto(f"{address}{chapter}.html")
    forms = page.locator("form.cb-panel").all()
    headings = [form.locator("legend").inner_text() for form in forms]
    assert len(set(headings)) == len(headings)
    curves = [shown(form)[2] for form in forms if "curve" in shown(form)[2]]
    assert len(curves) == page.locator("#chart-specification-curve").count()


@pytest.mark.parametrize(("chapter", "check"), ARGUED)
def test_the_card_shows_the_verdict_of_the_choices_made(page, site, address, chapter, check):
    feed = json.loads((site / "results.json").read_text(encoding="utf-8"))
    claim = next(claim for claim in feed["claims"] if claim["url"] == f"{chapter}.html")
    page.goto(f"{address}{chapter}.html")
    card, form = page.locator(".cb-card__yours"), page.locator(f"#argue-{check}")
    assert not card.is_visible()
    form.locator("select").first.select_option(index=1)
    assert card.is_visible()
    assert (
        card.locator(".cb-verdict").inner_text()
        == form.locator(".cb-panel__verdict .cb-verdict").inner_text()
    )
    form.locator(".cb-panel__reset").click()
    assert not card.is_visible()
    assert card.locator(".cb-verdict").text_content() == claim["verdict"]


def test_an_address_keeps_several_choices_and_says_when_one_is_gone(page, address):
    chapter, check = ARGUED[0]
    page.goto(f"{address}{chapter}.html#choice:{check}:no-such-variant&another:headline")
    form = page.locator(f"#argue-{check}")
    assert form.locator(".cb-panel__gone").is_visible()
    form.locator(".cb-panel__reset").click()
    assert not form.locator(".cb-panel__gone").is_visible()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_one_switch_shows_all_code_and_without_a_script_each_cell_folds(
    browser, page, address, chapter
):
    folds = ".cell > details.hide.above-input"
    page.goto(f"{address}{chapter}.html")
    assert page.locator(folds).count() > 0
    assert page.locator(f"{folds}:visible").count() == 0
    page.locator(".cb-code-switch button").click()
    assert page.locator(f"{folds}[open]:visible").count() == page.locator(folds).count()
    with browser.new_context(java_script_enabled=False) as context:
        plain = context.new_page()
        plain.goto(f"{address}{chapter}.html")
        assert not plain.locator(".cb-code-switch").is_visible()
        assert plain.locator(f"{folds}:visible").count() == plain.locator(folds).count()


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_the_verdict_stands_in_the_first_screen(page, address, chapter, width, height):
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{address}{chapter}.html")
    box = page.locator(".cb-card__verdict .cb-verdict").bounding_box()
    assert box["y"] + box["height"] < height
