"""Every page of the book under the strictest policy that a host may set, its pictures included."""

import functools
import http.server
import threading

import pages
import pytest
import visiting
from test_policy import StrictHandler

pytestmark = pytest.mark.slow
EMBEDS = [f"embed/{name.rsplit('/', 1)[-1]}" for name in pages.chapters()]


@pytest.fixture(scope="module")
def strict(real_site):
    """The address of the book's site, served with the policy."""
    handler = functools.partial(StrictHandler, directory=real_site.folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.mark.parametrize("name", [*pages.contents(), "search", *EMBEDS])
def test_a_page_keeps_the_strictest_policy_and_saves_its_pictures(page, strict, name):
    visit = visiting.Visit()
    visiting.listen(page, visit)
    page.goto(f"{strict}{name}.html")
    visiting.scroll_and_wait(page)
    assert all(chart["drawn"] == chart["traces"] > 0 for chart in page.evaluate(visiting.CHARTS))
    buttons = page.locator("[data-image=png]:visible")
    assert buttons.count() or name not in pages.chapters()
    for button in buttons.all():
        with page.expect_download() as caught:
            button.click()
        assert caught.value.path().read_bytes().startswith(b"\x89PNG")
    assert (visit.errors, visit.failed) == ([], [])
