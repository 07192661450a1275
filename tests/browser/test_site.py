"""The site as a whole: search, links, downloads, paper, files opened from disk, no script."""

import csv
import json
import re
from urllib.parse import unquote, urlsplit

import pages
import pytest
import visiting

CHAPTERS = pages.chapters()
CONTENTS = pages.contents()
CHART_MIME = "application/vnd.plotly.v1+json"

SHUT_DETAILS = """(count) =>
  document.querySelectorAll(".bd-article details:not([open], .hide)").length === count"""
SUMMARIES_SHOWN = """() =>
  !document.querySelector("#search-results")?.textContent.includes("Searching")"""

TABLES = """() => [...document.querySelectorAll(".cb-chart")].map((figure) => ({
  id: figure.id.replace(/^chart-/, ""),
  csv: figure.querySelector("a[download]").getAttribute("href"),
  table: [...figure.querySelectorAll(".cb-table tr")].map((line) =>
    [...line.cells].map((cell) => cell.textContent)),
  scopes: [...figure.querySelectorAll(".cb-table th")].map((cell) => cell.scope),
  caption: figure.querySelector("caption").textContent,
}))"""


def stored_charts(site, chapter):
    """The descriptions of a chapter's charts, from the notebook that the page was made of."""
    notebook = json.loads((site / "_sources" / f"{chapter}.ipynb").read_text(encoding="utf-8"))
    figures = [
        output["data"][CHART_MIME]
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if CHART_MIME in output.get("data", {})
    ]
    described = [figure["layout"]["meta"]["claimbook"] for figure in figures]
    return {meta["id"]: meta for meta in described}


def reads_the_same(shown, stored):
    """Whether a cell of the table is that of the file, numbers to the digits that it shows."""
    text = shown.replace("−", "-").replace(",", "")
    try:
        value = float(stored)
    except ValueError:
        return shown == stored
    digits = len(text.partition(".")[2])
    return abs(float(text) - value) <= 0.5 * 10**-digits + 1e-9


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_csv_is_the_table_and_the_stored_data(page, site, address, chapter):
    page.goto(f"{address}{chapter}.html")
    charts = page.evaluate(TABLES)
    stored = stored_charts(site, chapter)
    assert set(stored) <= {chart["id"] for chart in charts}
    for chart in charts:
        path = (site / chapter).parent / chart["csv"]
        lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        assert chart["table"][0] == lines[0] and len(lines) > 1
        for shown, line in zip(chart["table"], lines, strict=True):
            assert all(map(reads_the_same, shown, line)), (shown, line)
        assert set(chart["scopes"]) == {"col", "row"} and chart["caption"]
        if chart["id"] in stored:  # the others are drawn from the claim's own output
            meta = stored[chart["id"]]
            assert lines == [meta["columns"], *csv.reader(meta["rows"])]


@pytest.mark.parametrize("name", [*CHAPTERS, "book/gallery"])
def test_csv_link_downloads_the_file_of_each_chart(page, site, address, name):
    page.goto(f"{address}{name}.html")
    links = page.locator(".cb-chart a[download]").all()
    assert links
    for link in links:
        with page.expect_download() as caught:
            link.click()
        beside = (site / name).parent / link.get_attribute("href")
        assert caught.value.path().read_bytes() == beside.read_bytes()


def distinctive_words(page):
    """Three long words that follow one another in a paragraph of the page."""
    text = page.locator(".bd-article p").all_inner_texts()
    phrases = [match for part in text for match in re.findall(r"(?:[a-z]{5,} ){2}[a-z]{5,}", part)]
    return max(phrases, key=len)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_search_finds_a_phrase_of_the_chapter(page, address, chapter):
    page.goto(f"{address}{chapter}.html")
    phrase = distinctive_words(page)
    page.keyboard.press("Control+k")
    page.locator("#pst-search-dialog input").fill(phrase)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?*")
    page.wait_for_selector("#search-results a", timeout=10_000)
    page.wait_for_function(SUMMARIES_SHOWN)
    found = page.locator("#search-results a").evaluate_all("all => all.map(a => a.pathname)")
    assert any(path.endswith(f"/{chapter}.html") for path in found), (phrase, found)


def test_there_is_one_search_field(page, address):
    page.goto(address + "book/index.html")
    shown = page.locator(".search-button__button:visible, input[type=search]:visible")
    assert shown.count() == 1


def test_every_internal_link_and_fragment_resolves(site):
    broken = []
    ids = {}

    def ids_of(path):
        if path not in ids:
            ids[path] = set(pages.anchors(path)[1])
        return ids[path]

    checked = 0
    for name in pages.built(site):
        here = site / name
        for link in pages.anchors(here)[0]:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link == "#":
                continue
            target = (here.parent / unquote(parts.path)).resolve() if parts.path else here
            checked += 1
            if not target.is_file():
                broken.append(f"{name}: {link}")
                continue
            is_page = parts.fragment and target.suffix == ".html"
            if is_page and unquote(parts.fragment) not in ids_of(target):
                broken.append(f"{name}: {link}")
    assert broken == []
    assert checked > 10 * len(pages.built(site))


def test_ids_are_unique_on_each_page(site):
    for name in pages.built(site):
        ids = pages.anchors(site / name)[1]
        assert len(ids) == len(set(ids)), (name, sorted({i for i in ids if ids.count(i) > 1}))


@pytest.mark.parametrize("name", CONTENTS)
def test_paper_shows_every_chart_and_short_table_in_light_colours(page, address, name):
    page.emulate_media(color_scheme="dark")
    page.goto(f"{address}{name}.html")
    shut = page.locator(".bd-article details:not([open], .hide)").count()
    assert shut > 0 or name not in CHAPTERS
    page.emulate_media(color_scheme="dark", media="print")
    page.wait_for_function(visiting.ALL_DRAWN, timeout=visiting.DRAWING_MS)
    page.wait_for_function(SHUT_DETAILS, arg=0)
    for table in page.locator(".cb-chart table").all():
        # Long tables would fill pages: they are in the CSV files.
        assert table.is_visible() == (table.locator("tbody tr").count() <= 20)
    page.wait_for_timeout(150)
    assert all(chart["themed"] for chart in page.evaluate(visiting.CHARTS))
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.emulate_media(color_scheme="dark", media="screen")
    page.wait_for_function(SHUT_DETAILS, arg=shut)


@pytest.fixture(scope="module")
def from_disk(browser):
    """Open a page as a file, scroll down it, and return it with what it did meanwhile."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visit = visiting.Visit()
    visiting.keep_at_home(context, visit.foreign)
    page = context.new_page()
    visiting.listen(page, visit)

    def open_file(path):
        for noted in (visit.errors, visit.failed, visit.foreign):
            noted.clear()
        page.goto(path.as_uri())
        visiting.scroll_and_wait(page)
        return page, visit

    yield open_file
    context.close()


@pytest.mark.parametrize("name", CONTENTS)
def test_every_page_opens_from_disk(from_disk, site, name):
    page, visit = from_disk(site / f"{name}.html")
    charts = page.evaluate(visiting.CHARTS)
    assert all(chart["drawn"] == chart["traces"] > 0 and chart["marks"] for chart in charts)
    assert charts or name not in CHAPTERS
    assert (visit.errors, visit.failed, visit.foreign) == ([], [], [])


def test_every_page_can_be_reached_from_disk_by_its_links(from_disk, site):
    """From each page to the next, as the contents order them, and back by the side bar."""
    page, visit = from_disk(site / f"{CONTENTS[0]}.html")
    for name in CONTENTS[1:]:
        page.locator(".prev-next-area a.right-next").click()
        page.wait_for_url(f"file://**/{name}.html")
    page.locator(".bd-sidebar-primary .bd-links a").first.click()
    page.wait_for_url("file://**/*.html")
    assert page.url != (site / f"{CONTENTS[-1]}.html").as_uri()
    assert (visit.errors, visit.failed, visit.foreign) == ([], [], [])


def test_charts_are_complete_without_a_script(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}{CHAPTERS[0]}.html")
    figures = page.locator(".cb-chart")
    assert figures.count() > 0
    for figure in figures.all():
        assert figure.locator("figcaption").is_visible()
        assert "n = " in figure.locator(".cb-chart__source").inner_text()
        assert figure.locator(".cb-chart__note").is_visible()
        figure.locator("summary").click()
        assert figure.locator("table").is_visible()
        assert figure.locator("a[download]").is_visible()
    context.close()


def test_theme_button_changes_the_charts(page, address):
    page.emulate_media(color_scheme="light")
    page.goto(f"{address}{CHAPTERS[0]}.html")
    visiting.scroll_and_wait(page)
    button = page.locator(".theme-switch-button")
    seen = set()
    for _ in range(3):
        button.click()
        page.wait_for_timeout(150)
        seen.add(page.evaluate("document.documentElement.dataset.theme"))
        assert all(chart["themed"] for chart in page.evaluate(visiting.CHARTS))
    assert seen == {"light", "dark"}


def test_link_to_a_chart_shows_it_where_it_stays(page, address):
    """The place of a chart is kept free, so that drawing the ones above does not move it."""
    page.goto(f"{address}{CHAPTERS[0]}.html")
    last = page.locator(".cb-chart").last.get_attribute("id")
    page.goto(f"{address}{CHAPTERS[0]}.html?again#{last}")
    before = page.locator(f"#{last}").bounding_box()["y"] + page.evaluate("scrollY")
    visiting.scroll_and_wait(page)
    after = page.locator(f"#{last}").bounding_box()["y"] + page.evaluate("scrollY")
    assert before == pytest.approx(after, abs=1)
