"""The site under the strictest policy that a host may set, and with an address of its own."""

import functools
import http.server
import threading
from xml.etree import ElementTree

import pages
import pytest
import visiting

from books import edit

POLICY = "default-src 'self'; img-src 'self' data: blob:"


class StrictHandler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def strict(tiny_site):
    """The address of the tiny book's site, served with the policy."""
    handler = functools.partial(StrictHandler, directory=tiny_site.folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.mark.parametrize("name", [*pages.contents("tiny"), "search", "embed/gini-fell"])
def test_a_page_does_all_it_does_under_the_strictest_policy(page, strict, name):
    visit = visiting.Visit()
    visiting.listen(page, visit)
    page.emulate_media(color_scheme="dark")
    page.goto(f"{strict}{name}.html")
    visiting.scroll_and_wait(page)
    charts = page.evaluate(visiting.CHARTS)
    assert all(chart["drawn"] == chart["traces"] > 0 and chart["themed"] for chart in charts)
    if name == "book/lands/gini-fell":
        assert charts
        with page.expect_download():
            page.locator(".cb-chart [data-image=png]").first.click()
        page.locator("#economy-by-economy").scroll_into_view_if_needed()
        page.get_by_role("radio", name="map").check()
        page.locator(".cb-values__map").wait_for()
        visiting.change_theme(page, "light")
    assert visit.errors == []


def test_no_page_holds_code_or_a_style_of_its_own(tiny_site):
    for name in pages.built(tiny_site.folder):
        text = (tiny_site.folder / name).read_text(encoding="utf-8")
        assert " style=" not in text and "onclick" not in text, name
        scripts = text.split("<script")[1:]
        assert all(" src=" in one[: one.index(">")] or " type=" in one for one in scripts), name


def test_a_site_with_an_address_has_what_needs_one(tiny_copy, claimbook, tiny_site):
    edit(tiny_copy / "_config.yml", "html:\n", "html:\n  baseurl: https://book.example/tiny/\n")
    done = claimbook("build")
    assert done.returncode == 0, done.stderr
    site = tiny_copy / "_build" / "html"
    sitemap = ElementTree.parse(site / "sitemap.xml").getroot()
    listed = {place.text for place in sitemap.findall(".//{*}loc")}
    assert listed == {f"https://book.example/tiny/{name}.html" for name in pages.contents("tiny")}
    assert "https://book.example/tiny/sitemap.xml" in (site / "robots.txt").read_text("utf-8")
    feed = ElementTree.parse(site / "feed.xml").getroot()
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed"
    for entry in [feed, *feed.findall("{*}entry")]:
        assert all(entry.findtext(f"{{*}}{part}") for part in ("id", "title", "updated"))
    assert 'href="https://book.example/tiny/' in (site / "404.html").read_text(encoding="utf-8")
    chapter = (site / "book" / "lands" / "gini-fell.html").read_text(encoding="utf-8")
    picture = chapter.split('og:image" content="https://book.example/tiny/')[1].split('"')[0]
    assert (site / picture).is_file()
    assert not (tiny_site.folder / "sitemap.xml").exists()
    without = (tiny_site.folder / "book" / "lands" / "gini-fell.html").read_text(encoding="utf-8")
    assert "og:description" in without and "og:image" not in without
