"""Every page: drawn, quiet, within its width, and accessible.

`make test` visits each page of the book twice, wide and light, then narrow and dark; one chapter of
the tiny book, and with `make test-all` every page, is read in both themes and three widths.
"""

import re

import pages
import pytest
import visiting
from pages import Page
from visiting import EVERYWHERE, TWICE, WIDTHS

# The build makes pages without a line in the table of contents, too.
REAL = [*pages.contents(), "search", *(f"embed/{name}" for name in pages.claims())]
CHAPTER = "book/lands/gini-fell"
TINY = [name for name in pages.contents("tiny") if name != CHAPTER]
VISITS = [
    *(pytest.param(("real", name, TWICE), id=name) for name in REAL),
    pytest.param(("tiny", CHAPTER, EVERYWHERE), id="tiny:chapter"),
    *(
        pytest.param(
            (book, name, EVERYWHERE), id=f"{book}:{name}-everywhere", marks=pytest.mark.slow
        )
        for book, names in (("tiny", TINY), ("real", REAL))
        for name in names
    ),
]


@pytest.fixture(params=VISITS)
def visit(request, reader):
    book, name, plan = request.param
    site = request.getfixturevalue(f"{book}_site")
    return reader.visit(Page(site, name).url, plan), plan


def test_charts_are_drawn_in_every_theme_and_width(visit):
    for (width, theme), view in visit[0].views.items():
        for chart in view.charts:
            where = f"{chart['id']} at {width} px, {theme}"
            assert chart["drawn"] == chart["traces"] > 0, f"{where} is not drawn"
            assert chart["marks"] > 0, f"{where} shows no marks"
            assert chart["fits"], f"{where} is wider than its place"
            assert chart["themed"], f"{where} keeps the other theme's colours"


def test_theme_follows_the_readers_system(visit):
    """A picture to be embedded stays light, as the pages are that it stands in."""
    found, plan = visit
    kept = "light" if "/embed/" in found.url else None
    assert {key: view.theme for key, view in found.views.items()} == {
        (width, theme): kept or theme for width, theme in plan.views
    }


def test_console_has_no_error(visit):
    assert visit[0].errors == []


def test_no_request_fails_or_leaves_this_machine(visit):
    assert visit[0].foreign == []
    assert visit[0].failed == []


def test_a_request_that_leaves_this_machine_is_noted_and_comes_to_nothing(page, tiny_site):
    """Else the tests of that would pass on any page."""
    visit, elsewhere = visiting.Visit(), "http://example.org/"
    visiting.listen(page, visit)
    page.goto(Page(tiny_site, CHAPTER).url)
    fetched = "(url) => fetch(url, { mode: 'no-cors' }).then(() => true, () => false)"
    assert not page.evaluate(fetched, elsewhere)
    assert visit.foreign == visit.failed == [elsewhere]


def test_page_is_never_wider_than_the_screen(visit):
    wide = {key: view.too_wide for key, view in visit[0].views.items() if view.overflows}
    assert wide == {}


def test_axe_finds_no_violation(visit):
    found = {key: view.violations for key, view in visit[0].views.items() if view.violations}
    assert found == {}


def test_no_style_changes_between_the_two_narrow_widths(site):
    """So that axe need not look at the colours of 320 pixels after those of 390."""
    thresholds = [
        float(number) * {"px": 1, "rem": 16, "em": 16}[unit]
        for sheet in site.rglob("*.css")
        for query in re.findall(r"@media([^{]*)", sheet.read_text(encoding="utf-8"))
        for number, unit in re.findall(r"width:\s*([\d.]+)(px|rem|em)", query)
    ]
    assert len(thresholds) > 10
    low, high = sorted(WIDTHS)[:2]
    assert [limit for limit in thresholds if low <= limit <= high] == []


def test_chart_script_is_loaded_once_and_only_where_there_are_charts(visit):
    found, plan = visit
    loads = [url for url in found.requests if "/vendor/plotly-" in url]
    has_charts = bool(found.views[1280, "light"].charts)
    assert len(loads) == (len(plan.loads) if has_charts else 0), loads


def test_every_page_that_the_build_makes_is_visited(real_site):
    """All but the one that sends the reader on to the first page."""
    assert {f"{name}.html" for name in REAL} == {*pages.built(real_site.folder)} - {"index.html"}


@pytest.mark.parametrize("name", pages.notebooks())
def test_every_chapter_has_a_chart_to_look_at(site, name):
    """Else the tests above would pass on a book whose charts have vanished."""
    assert 'class="cb-chart' in (site / f"{name}.html").read_text(encoding="utf-8")
