"""A site as a whole: search, links, downloads, paper, files opened from disk, no script.

What needs a browser is tried in the tiny book, and for `make test-all` in the real one.
"""

import csv
import json
import re
from urllib.parse import unquote, urlsplit

import pages
import pytest
import visiting

CHART_MIME = "application/vnd.plotly.v1+json"
LEADS = ("tiny", "book/lands/gini-fell")  # a page with a chart of many rows and one beneath it

SHUT_DETAILS = """(count) =>
  document.querySelectorAll(
    ".bd-article details:not([open], .hide, .cb-check__declared)"
  ).length === count"""
SUMMARIES_SHOWN = """() =>
  !document.querySelector("#search-results")?.textContent.includes("Searching")"""


def stored_charts(shown):
    """The descriptions of a chapter's charts, from the notebook that the page was made of."""
    path = shown.site.folder / "_sources" / f"{shown.name}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    figures = [
        output["data"][CHART_MIME]
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if CHART_MIME in output.get("data", {})
    ]
    described = [figure["layout"]["meta"]["claimbook"] for figure in figures]
    return {meta["id"]: meta for meta in described}


def reads_the_same(cell, stored):
    """Whether a cell of the table is that of the file, numbers to the digits that it shows."""
    text = cell.replace("−", "-").replace(",", "")
    try:
        value = float(stored)
    except ValueError:
        return cell == stored
    digits = len(text.partition(".")[2])
    return abs(float(text) - value) <= 0.5 * 10**-digits + 1e-9


def everywhere(names):
    """Pages of both books, for what takes no browser."""
    return pytest.mark.parametrize(
        "shown",
        [
            pytest.param((book, name), id=f"{book}:{name}")
            for book in ("tiny", "real")
            for name in names(book)
        ],
        indirect=True,
    )


@everywhere(pages.notebooks)
def test_csv_is_the_table_and_the_stored_data(shown):
    soup = pages.soup(shown.file)
    stored, figures = stored_charts(shown), soup.select("figure.cb-chart")
    found = {figure["id"].removeprefix("chart-"): figure for figure in figures}
    assert stored and stored.keys() <= found.keys()
    for name, figure in found.items():
        path = shown.file.parent / figure.select_one("a[download]")["href"]
        lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        table = figure.select(".cb-table tr")
        rows = [[cell.get_text() for cell in row.select("th, td")] for row in table]
        assert len(rows[0]) == len(lines[0]) and len(lines) > 1
        for row, line in zip(rows[1:], lines[1:], strict=True):
            assert all(map(reads_the_same, row, line)), (row, line)
        scopes = {cell.get("scope") for cell in figure.select(".cb-table th")}
        assert scopes == {"col", "row"} and figure.select_one("caption").get_text(strip=True)
        if name in stored:  # the others are drawn from the claim's own output
            meta = stored[name]
            assert lines == [meta["columns"], *csv.reader(meta["rows"])]


@pages.tried_in(pages.notebooks)
def test_csv_link_downloads_the_file_of_each_chart(page, shown):
    page.goto(shown.url)
    links = page.locator(".cb-chart a[download]").all()
    assert links
    for link in links:
        with page.expect_download() as caught:
            link.click()
        beside = shown.file.parent / link.get_attribute("href")
        assert caught.value.path().read_bytes() == beside.read_bytes()


def distinctive_words(page):
    """Three long words that follow one another in a paragraph of the page."""
    text = page.locator(".bd-article p").all_inner_texts()
    phrases = [match for part in text for match in re.findall(r"(?:[a-z]{5,} ){2}[a-z]{5,}", part)]
    return max(phrases, key=len)


@pages.tried_in(pages.chapters)
def test_search_finds_a_phrase_of_the_chapter(page, shown):
    page.goto(shown.url)
    phrase = distinctive_words(page)
    page.keyboard.press("Control+k")
    page.locator("#pst-search-dialog input").fill(phrase)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?*")
    page.wait_for_selector("#search-results a", timeout=10_000)
    page.wait_for_function(SUMMARIES_SHOWN)
    found = page.locator("#search-results a").evaluate_all("all => all.map(a => a.pathname)")
    assert any(path.endswith(f"/{shown.name}.html") for path in found), (phrase, found)


@pytest.mark.parametrize("word", ["constructor", "__proto__"])
def test_search_survives_words_that_every_object_knows(page, tiny_site, word):
    thrown = []
    page.on("pageerror", lambda fault: thrown.append(fault))
    page.goto(f"{tiny_site.address}search.html?q={word}")
    page.wait_for_selector("#search-results p.search-summary", timeout=10_000)
    assert not thrown


def test_there_is_one_search_field(page, tiny_site):
    page.goto(tiny_site.address + "book/index.html")
    fields = page.locator(".search-button__button:visible, input[type=search]:visible")
    assert fields.count() == 1


@pytest.mark.parametrize("book", ["tiny", "real"])
def test_every_internal_link_and_fragment_resolves(request, book):
    site = request.getfixturevalue(f"{book}_site").folder
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


@pytest.mark.parametrize("book", ["tiny", "real"])
def test_ids_are_unique_on_each_page(request, book):
    site = request.getfixturevalue(f"{book}_site").folder
    for name in pages.built(site):
        ids = pages.anchors(site / name)[1]
        assert len(ids) == len(set(ids)), (name, sorted({i for i in ids if ids.count(i) > 1}))


SHORT = 20  # rows of a table that is printed; longer ones are in the CSV files
PRINTED = """() => [...document.querySelectorAll(".cb-chart__data")].map((data) =>
  [data.querySelectorAll("tbody tr").length, data.querySelector("table").checkVisibility()])"""


@pages.tried_in(pages.contents)
def test_paper_shows_every_chart_and_short_table_in_light_colours(window, shown):
    page = window
    page.emulate_media(color_scheme="dark", media="screen")
    page.goto(shown.url)
    shut = page.locator(".bd-article details:not([open], .hide, .cb-check__declared)").count()
    assert shut > 0 or shown.name not in pages.chapters() + pages.chapters("tiny")
    page.emulate_media(color_scheme="dark", media="print")
    page.wait_for_function(visiting.ALL_DRAWN, timeout=visiting.DRAWING_MS)
    page.wait_for_function(SHUT_DETAILS, arg=0)
    assert all(visible == (rows <= SHORT) for rows, visible in page.evaluate(PRINTED))
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


@pages.tried_in(pages.contents)
def test_every_page_opens_from_disk(from_disk, shown):
    page, visit = from_disk(shown.file)
    charts = page.evaluate(visiting.CHARTS)
    assert all(chart["drawn"] == chart["traces"] > 0 and chart["marks"] for chart in charts)
    assert charts or shown.name not in pages.notebooks() + pages.notebooks("tiny")
    assert (visit.errors, visit.failed, visit.foreign) == ([], [], [])


@pytest.mark.parametrize("book", ["tiny", pytest.param("real", marks=pytest.mark.slow)])
def test_every_page_can_be_reached_from_disk_by_its_links(request, from_disk, book):
    """From each page to the next, as the contents order them, and back by the side bar."""
    contents, site = pages.contents(book), request.getfixturevalue(f"{book}_site").folder
    page, visit = from_disk(site / f"{contents[0]}.html")
    for name in contents[1:]:
        page.locator(".prev-next-area a.right-next").click()
        page.wait_for_url(f"file://**/{name}.html")
    page.locator(".bd-sidebar-primary .bd-links a").first.click()
    page.wait_for_url("file://**/*.html")
    assert page.url != (site / f"{contents[-1]}.html").as_uri()
    assert (visit.errors, visit.failed, visit.foreign) == ([], [], [])


@pytest.mark.parametrize("shown", [LEADS], indirect=True, ids=["tiny"])
def test_charts_are_complete_without_a_script(browser, shown):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(shown.url)
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


@pytest.mark.parametrize("shown", [LEADS], indirect=True, ids=["tiny"])
def test_theme_button_changes_the_charts(page, shown):
    page.emulate_media(color_scheme="light")
    page.goto(shown.url)
    visiting.scroll_and_wait(page)
    button = page.locator(".theme-switch-button")
    seen = set()
    for _ in range(3):
        button.click()
        page.wait_for_timeout(150)
        seen.add(page.evaluate("document.documentElement.dataset.theme"))
        assert all(chart["themed"] for chart in page.evaluate(visiting.CHARTS))
    assert seen == {"light", "dark"}


@pytest.mark.parametrize("shown", [LEADS], indirect=True, ids=["tiny"])
def test_a_chart_that_never_comes_keeps_nothing_else_of_the_page_away(page, shown):
    page.route("**/plotly-*", lambda route: None)  # never answered
    chart = pages.soup(shown.file).select_one("figure.cb-chart")["id"]
    page.goto(f"{shown.url}#{chart}", wait_until="domcontentloaded")
    page.wait_for_function("window.bootstrap")  # what works the theme's buttons
    assert page.locator("[data-drawn]").count() == 0


@pytest.mark.parametrize("shown", [LEADS], indirect=True, ids=["tiny"])
def test_link_to_a_chart_shows_it_where_it_stays(page, shown):
    """The place of a chart is kept free, so that drawing the ones above does not move it."""
    page.goto(shown.url)
    last = page.locator(".cb-chart").last.get_attribute("id")
    page.goto(f"{shown.url}?again#{last}")
    before = page.locator(f"#{last}").bounding_box()["y"] + page.evaluate("scrollY")
    visiting.scroll_and_wait(page)
    after = page.locator(f"#{last}").bounding_box()["y"] + page.evaluate("scrollY")
    assert before == pytest.approx(after, abs=1)
