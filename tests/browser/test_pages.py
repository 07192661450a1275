"""Every page, in both themes and three widths: drawn, quiet, within its width, and accessible."""

import re

import pages
import pytest
from visiting import LOADED_AT, THEMES, WIDTHS

CONTENTS = [f"{name}.html" for name in pages.contents()] + ["search.html"]


@pytest.fixture(params=CONTENTS)
def visit(request, reader):
    return reader.visit(request.param)


def test_charts_are_drawn_in_every_theme_and_width(visit):
    for (width, theme), view in visit.views.items():
        for chart in view.charts:
            where = f"{chart['id']} at {width} px, {theme}"
            assert chart["drawn"] == chart["traces"] > 0, f"{where} is not drawn"
            assert chart["marks"] > 0, f"{where} shows no marks"
            assert chart["fits"], f"{where} is wider than its place"
            assert chart["themed"], f"{where} keeps the other theme's colours"


def test_theme_follows_the_readers_system(visit):
    assert {key: view.theme for key, view in visit.views.items()} == {
        (width, theme): theme for width in WIDTHS for theme in THEMES
    }


def test_console_has_no_error(visit):
    assert visit.errors == []


def test_no_request_fails_or_leaves_this_machine(visit):
    assert visit.foreign == []
    assert visit.failed == []


def test_page_is_never_wider_than_the_screen(visit):
    wide = {key: view.too_wide for key, view in visit.views.items() if view.overflows}
    assert wide == {}


def test_axe_finds_no_violation(visit):
    found = {key: view.violations for key, view in visit.views.items() if view.violations}
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
    loads = [url for url in visit.requests if "/vendor/plotly-" in url]
    has_charts = bool(visit.views[1280, "light"].charts)
    assert len(loads) == (len(LOADED_AT) if has_charts else 0), loads


def test_pages_outside_the_contents_are_as_good(site, reader):
    """Pages that the build makes without a line in the table of contents."""
    others = [path for path in pages.built(site) if path not in CONTENTS]
    for path in others:
        if path == "index.html":  # sends the reader on to the first page
            continue
        visit = reader.visit(path)
        assert (visit.errors, visit.failed, visit.foreign) == ([], [], []), path
        for view in visit.views.values():
            assert view.violations == [] and not view.overflows, path
            assert all(chart["drawn"] == chart["traces"] for chart in view.charts), path


def test_every_page_of_the_contents_was_built(site):
    assert set(CONTENTS) <= set(pages.built(site))


def test_every_chapter_has_a_chart_to_look_at(reader):
    """Else the tests above would pass on a book whose charts have vanished."""
    assert pages.chapters()
    for name in pages.chapters():
        assert reader.visit(f"{name}.html").views[1280, "light"].charts, name
