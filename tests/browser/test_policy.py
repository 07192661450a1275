"""The site under the strictest policy that a host may set."""

import functools
import http.server
import threading
from contextlib import contextmanager

import pages
import pytest
import visiting

POLICY = "default-src 'self'; img-src 'self' data: blob:"


class StrictHandler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *args):
        pass


@contextmanager
def strictly(folder):
    """Serve a site with the policy; yields its address."""
    handler = functools.partial(StrictHandler, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture(scope="module")
def strict(tiny_site):
    """The address of the tiny book's site, served with the policy."""
    with strictly(tiny_site.folder) as address:
        yield address


@pytest.fixture(scope="module")
def strict_real(real_site):
    """That of the real book's."""
    with strictly(real_site.folder) as address:
        yield address


EMBEDS = [f"embed/{name.rsplit('/', 1)[-1]}" for name in pages.chapters()]


@pytest.mark.slow
@pytest.mark.parametrize("name", [*pages.contents(), "search", *EMBEDS])
def test_every_page_of_the_book_keeps_the_strictest_policy(page, strict_real, name):
    visit = visiting.Visit()
    visiting.listen(page, visit)
    page.goto(f"{strict_real}{name}.html")
    visiting.scroll_and_wait(page)
    assert all(chart["drawn"] == chart["traces"] > 0 for chart in page.evaluate(visiting.CHARTS))
    for button in page.locator("[data-image=png]:visible").all():
        with page.expect_download() as caught:
            button.click()
        assert caught.value.path().read_bytes().startswith(b"\x89PNG")
    assert (visit.errors, visit.failed) == ([], [])


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
