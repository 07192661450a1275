"""What a page weighs before it is drawn, of the built sites: the budgets that need no browser."""

import gzip
import re

import pytest

from books import ROOT
from claimbook.pages import joined

HTML, HTML_AND_CSS, FONTS, BUNDLE = 60_000, 130_000, 80_000, 420_000  # bytes as they are sent
STATIC = ROOT / "src" / "claimbook" / "pages" / "static"


def sent(data):
    return len(gzip.compress(data, 6))


def weights(site):
    """Of each page its own bytes, with those of the sheets that it waits for."""
    found = {}
    for page in site.rglob("*.html"):
        if page.relative_to(site).parts[0] in ("_static", "_sources") or page.stat().st_size < 1000:
            continue
        html = page.read_text(encoding="utf-8")
        links = re.findall(r'<link[^>]*rel="stylesheet"[^>]*>', html)
        names = [re.search(r'href="([^"?]+)', link)[1] for link in links]
        css = sum(sent((page.parent / name).resolve().read_bytes()) for name in names)
        found[page.relative_to(site).as_posix()] = (sent(html.encode()), css, len(links))
    return found


def site_of(tiny):
    """The book's site where it was built, as `make test` does; else the tiny book's."""
    built = ROOT / "_build" / "html"
    return built if (built / "results.json").is_file() else tiny / "_build" / "html"


def test_every_page_is_light_before_it_is_drawn(tiny):
    found = weights(site_of(tiny))
    assert len(found) > 5
    assert {name: one for name, one in found.items() if sum(one[:2]) > HTML_AND_CSS} == {}
    # What a reader of a second page loads: nothing but the page.
    assert {name: one for name, one in found.items() if one[0] > HTML} == {}


def test_every_page_has_one_sheet_and_one_script_and_waits_for_no_other(tiny):
    site = tiny / "_build" / "html"
    pages = [
        site / f"{name}.html" for name in ("book/index", "book/lands/gini-fell", "book/method")
    ]
    for page in filter(lambda one: one.is_file(), pages):
        html = page.read_text(encoding="utf-8")
        assert len(re.findall(r'rel="stylesheet"', html)) == 1, page
        scripts = re.findall(r"<script[^>]* src=[^>]*>", html)
        waited = [one for one in scripts if "defer" not in one]
        assert len(waited) == 1 and "mode.js" in waited[0], page
        assert sum("site.js" in one for one in scripts) == 1 and len(scripts) <= 3, page
        assert "searchindex" not in html and "searchtools" not in html, page


def test_fonts_and_the_chart_script_keep_their_budgets():
    fonts = list((STATIC / "vendor" / "fonts").glob("*.woff2"))
    assert fonts and sum(font.stat().st_size for font in fonts) <= FONTS
    (bundle,) = (STATIC / "vendor").glob("plotly-*.js")
    assert sent(bundle.read_bytes()) <= BUNDLE


CSS = """/* .gone { color: red } */ .kept { color: red } .gone { color: red } p { margin: 0 }
.gone .kept, .kept:not(.gone) > #here { top: 0 } #away { top: 0 } a[href$=".pdf"] { top: 0 }
@media (width < 9px) { .gone { top: 0 } } @media print { .gone { top: 0 } .kept { top: 0 } }
:is(.gone, .kept) b { top: 0 } @font-face { src: url(vendor/fontawesome/x.woff2) }
@font-face { src: url(own.woff2) } @keyframes turn { 50% { top: 0 } }"""


def test_a_rule_stays_that_a_page_could_need_and_no_other():
    kept = re.sub(r"\s+", " ", joined.used(CSS, {"kept", "here"}))
    for rule in (
        ".kept { color: red }",
        "p { margin: 0 }",
        ".gone .kept, .kept:not(.gone) > #here { top: 0 }",
        'a[href$=".pdf"] { top: 0 }',
        ":is(.gone, .kept) b { top: 0 }",
        "@font-face { src: url(own.woff2) }",
        "@keyframes turn { 50% { top: 0 } }",
    ):
        assert rule in kept, rule
    assert re.search(r"@media print \{\s*\.kept \{ top: 0 \} \}", kept)
    for gone in (".gone {", "#away", "width < 9px", "fontawesome", "/*"):
        assert gone not in kept, gone


@pytest.mark.parametrize("name", ["cb-card", "cb-verdict--mixed", "bd-article", "cb-shade-3"])
def test_what_scripts_and_pages_name_stays_in_the_one_sheet(tiny, name):
    sheet = (tiny / "_build" / "html" / "_static" / "site.css").read_text(encoding="utf-8")
    assert f".{name}" in sheet
    assert ".alert-danger" not in sheet  # which no page has
