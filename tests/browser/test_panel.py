"""The panel in which a reader argues with a check."""

import json
from pathlib import Path

import pages
import pytest
import yaml

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
    forms = page.locator("form.cb-panel")
    checks = [check for check in claim["checks"] if len(check["variants"]) > 1]
    assert forms.count() == len(checks)
    for check in checks:
        form = page.locator(f"#argue-{check['id']}")
        for variant in check["variants"][:: max(1, len(check["variants"]) // 12)]:
            for name, value in variant["options"].items():
                form.locator(f"select[name={name}]").select_option(label=str(value))
            estimate, outcome, _ = shown(form)
            assert outcome == variant["outcome"]
            if variant["estimate"]:
                number = float(estimate.split(" ")[0].replace("−", "-").replace(",", ""))
                assert number == pytest.approx(variant["estimate"]["value"], rel=0.01, abs=0.01)
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
