"""What readers do beyond reading: look up a country, ask for a map, keep a chart, sort a list."""

import json
import re

import pages
import pytest
from pages import Page
from playwright.sync_api import expect

CHAPTER = "book/lands/gini-fell"


@pytest.fixture
def chapter(tiny_site):
    return Page(tiny_site, CHAPTER)


def by_economy(site, claim="gini-fell"):
    """The values of a claim's primary check, from the file that the site offers."""
    file = json.loads((site.folder / "economies" / f"{claim}.json").read_text(encoding="utf-8"))
    return next(check for check in file["checks"] if check["role"] == "primary")["economies"]


@pytest.mark.parametrize("sought", ["Vietnam", "viet nam", "VNM"])
def test_a_country_is_found_by_the_names_people_use_and_told_with_its_rank(page, chapter, sought):
    values = by_economy(chapter.site)
    assert "VNM" in values
    page.goto(chapter.url)
    box = page.get_by_role("combobox", name="Your country")
    box.fill(sought)
    assert "Vietnam" in page.get_by_role("option").first.inner_text()
    page.keyboard.press("Enter")
    said = page.locator(".cb-country__said").inner_text()
    rank = sum(other > values["VNM"] for other in values.values()) + 1
    assert said.startswith("In Vietnam it moved by ") and f"Rank {rank} of {len(values)}" in said
    assert page.evaluate("location.search") == "?economy=VNM"
    page.locator("#economy-by-economy").scroll_into_view_if_needed()
    lit = page.locator("circle.cb-lit[data-economy=VNM]")
    expect(lit).to_have_count(2)  # lead chart, and values
    page.reload()
    assert page.locator(".cb-country__said").inner_text() == said
    page.get_by_role("link", name="The same country in every chapter").click()
    page.wait_for_url("**/your-country.html?economy=VNM")
    assert said in page.locator(".cb-country__said").inner_text()


def test_the_list_of_countries_takes_arrows_and_escape_and_says_who_is_not_counted(page, chapter):
    page.goto(chapter.url)
    box = page.get_by_role("combobox", name="Your country")
    box.press_sequentially("united")
    options = page.get_by_role("option")
    names = options.all_inner_texts()
    assert len(names) > 1
    page.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") == options.nth(1).get_attribute("id")
    page.keyboard.press("Escape")
    assert options.count() == 0 or not options.first.is_visible()
    box.fill("usa")
    page.keyboard.press("Enter")
    assert "United States" in page.locator(".cb-country__none").inner_text()
    page.get_by_role("button", name="Clear").click()
    assert page.locator(".cb-country__said").inner_text() == ""
    assert page.evaluate("location.search") == ""


def test_a_country_lights_up_in_the_charts(page, chapter):
    page.goto(f"{chapter.url}?economy=VNM")
    page.locator(".cb-chart").first.scroll_into_view_if_needed()
    page.wait_for_selector(".cb-chart [data-drawn]")
    texts = "() => document.querySelector('.cb-chart [data-drawn]').data.at(-1).text"
    assert page.evaluate(texts) == ["Vietnam"]


def test_the_values_of_a_check_are_a_chart_a_map_and_a_table(page, chapter):
    values = by_economy(chapter.site)
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(chapter.url)
    part = page.locator("#economy-by-economy")
    assert not any("values.js" in url for url in requests if "gini-fell" in url)
    part.scroll_into_view_if_needed()  # fetched when they are come to
    expect(part.locator("circle[data-economy]")).to_have_count(len(values))
    assert not any("world" in url for url in requests)  # fetched when asked for
    part.get_by_role("radio", name="map").check()
    part.locator(".cb-values__map").wait_for()
    shaded = part.locator(".cb-values__map [data-economy]:not(.cb-shade-none)")
    assert {one.get_attribute("data-economy") for one in shaded.all()} == values.keys()
    assert part.locator(".cb-values__map [data-economy]").count() == 217
    assert part.locator(".cb-values__borders").is_visible()
    assert len(part.locator(".cb-values__legend span").all()) > 3
    part.get_by_role("radio", name="table").check()
    assert part.locator("tbody tr").count() == len(values)
    page.reload()
    part.scroll_into_view_if_needed()
    expect(part.locator("tbody tr")).to_have_count(len(values))  # the address keeps the view


def test_every_chart_is_a_picture_in_two_formats(page, chapter):
    page.goto(chapter.url)
    for place in (".cb-card__lead", ".cb-chart"):
        for format_, start in (("svg", b"<svg"), ("png", b"\x89PNG")):
            button = page.locator(f"{place} [data-image={format_}]").first
            with page.expect_download() as caught:
                button.click()
            assert caught.value.suggested_filename.endswith(f".{format_}")
            assert caught.value.path().read_bytes().startswith(start)


def test_terms_and_citations_explain_themselves(browser, page, chapter):
    page.goto(chapter.url)
    term, note = page.locator("a.cb-term").first, page.locator("#cb-note")
    assert not note.is_visible()
    term.hover()
    assert "Gini" in note.inner_text() or "country" in note.inner_text()
    page.keyboard.press("Escape")
    assert not note.is_visible()
    citation = page.locator(".bd-article a[href*='references.html#']").first
    page.keyboard.press("Tab")  # as a reader who uses the keyboard
    citation.focus()
    assert note.is_visible() and citation.get_attribute("aria-describedby") == "cb-note"
    context = browser.new_context(has_touch=True, viewport={"width": 390, "height": 844})
    phone = context.new_page()
    phone.goto(chapter.url)
    phone.locator("a.cb-term").first.tap()
    assert phone.locator("#cb-note").is_visible() and phone.url == chapter.url
    phone.locator("#cb-note a").tap()
    phone.wait_for_url("**/glossary.html#term-*")
    context.close()


def test_the_scorecard_filters_and_sorts_and_the_address_keeps_it(page, tiny_site):
    page.goto(f"{tiny_site.address}book/scorecard.html")
    rows = page.locator("#every-claim tbody tr")
    assert rows.count() == 2
    page.get_by_label("Part").select_option("Coins")
    assert [row.is_visible() for row in rows.all()].count(True) == 1
    assert page.locator(".cb-list output").inner_text() == "1 of 2 claims"
    page.reload()
    assert [row.is_visible() for row in rows.all()].count(True) == 1
    page.get_by_label("Part").select_option("")
    page.get_by_label("Sort by").select_option("count")
    counts = [int(row.get_attribute("data-count")) for row in rows.all()]
    assert counts == sorted(counts, reverse=True)
    page.goto(f"{tiny_site.address}book/scorecard.html?sort=nonsense&part=%E0%A4%A")
    assert [row.is_visible() for row in rows.all()] == [True, True]


def test_a_chapter_says_how_to_cite_it_what_changed_and_what_comes_next(tiny_site):
    page = (tiny_site.folder / f"{CHAPTER}.html").read_text(encoding="utf-8")
    bibtex = re.search(r'id="cite-this-chapter-bibtex"[^>]*>(.*?)</pre>', page, re.DOTALL)[1]
    assert "title = {{Did inequality fall inside developing countries?}}" in bibtex
    assert bibtex.count("{") == bibtex.count("}")
    assert "Next question" in page and "What changed" in page
    embedded = tiny_site.folder / "embed" / "gini-fell.html"
    assert "cb-lead" in embedded.read_text(encoding="utf-8") and "../../embed/gini-fell" in page


def test_the_map_has_a_shape_for_each_economy_once(tiny_site):
    drawn = (tiny_site.folder / "_static" / "vendor" / "world.svg").read_text(encoding="utf-8")
    codes = re.findall(r'\bid="([A-Z]{3})"', drawn)
    lines = (pages.ROOT / "data" / "current" / "economies.csv").read_text(encoding="utf-8")
    economies = {line.split(",")[0] for line in lines.splitlines()[1:] if line.endswith(",0")}
    assert len(codes) == len(set(codes)) and set(codes) == economies
