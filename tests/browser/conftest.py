"""The books as sites served on this machine, and a browser to read them with.

``tiny`` is the tiny book, in which everything is tried; ``real`` is the book, each of whose pages
is visited twice. ``CLAIMBOOK_SITE`` names the real book's site (else ``_build/html``, else it is
built once, aside); ``CLAIMBOOK_BROWSER`` a browser (else ``tools/browser.py`` finds one, as it did
for ``make test``). The browser is that of pytest-playwright. All pages stand in one context, so
that what they share is read and compiled once; each test begins with a new page and no memory.
"""

import contextlib
import functools
import http.server
import os
import runpy
import subprocess
import sys
import threading
from pathlib import Path

import playwright.sync_api
import pytest
import visiting
from pages import ROOT, Page, Site

from books import once

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No other machine is reached, whatever a page asks for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
NO_BROWSER = (
    "NO BROWSER, SO THE BOOK WAS NOT LOOKED AT: install Chromium or Chrome (`apt-get install "
    "chromium`, or `playwright install chromium`), or name one in CLAIMBOOK_BROWSER."
)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Cache-Control", "max-age=3600")  # a site does not change while it is read
        super().end_headers()

    def log_message(self, *args):
        pass


@contextlib.contextmanager
def served(folder):
    """Serve a folder on this machine; yields its address, which ends in a slash."""
    handler = functools.partial(QuietHandler, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def build_aside(folder: Path) -> None:
    """Build the book into a folder of its own."""
    program = Path(sys.executable).with_name("jupyter-book")
    command = [program, "build", ROOT, "-W", "--keep-going", "--path-output", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.fail(f"The book cannot be built:\n{done.stdout}\n{done.stderr}")


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The folder of the real book's site."""
    named = os.environ.get("CLAIMBOOK_SITE")
    if named:
        folder = Path(named).resolve()
        assert (folder / "index.html").is_file(), f"CLAIMBOOK_SITE={named} holds no index.html."
        return folder
    if (ROOT / "_build" / "html" / "index.html").is_file():
        return ROOT / "_build" / "html"
    return once(tmp_path_factory, "book", build_aside) / "_build" / "html"


@pytest.fixture(scope="session")
def real_site(site):
    """The real book as a site."""
    with served(site) as address:
        yield Site(ROOT, site, address)


@pytest.fixture(scope="session")
def tiny_site(tiny):
    """The tiny book as a site."""
    folder = tiny / "_build" / "html"
    with served(folder) as address:
        yield Site(tiny, folder, address)


@pytest.fixture
def shown(request) -> Page:
    """The page that a test is about, by its book and its name."""
    book, name = request.param
    return Page(request.getfixturevalue(f"{book}_site"), name)


@functools.cache
def found() -> str | None:
    """Where the browser is, as `make test` found it."""
    return runpy.run_path(str(ROOT / "tools" / "browser.py"))["find"]()


def pytest_runtest_setup(item):
    """Without a browser skip aloud, in one sentence for all tests; under CI=true fail."""
    if "browser" in item.fixturenames and found() is None:
        if os.environ.get("CI") == "true":
            pytest.fail(NO_BROWSER, pytrace=False)
        pytest.skip(NO_BROWSER)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """The Chromium that was found, started as a machine without a screen can start it."""
    return {**browser_type_launch_args, "executable_path": found(), "args": FLAGS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    """A screen of 1280 by 900 pixels."""
    return {**browser_context_args, "viewport": {"width": 1280, "height": 900}}


@pytest.fixture(scope="session")
def opened(browser, browser_context_args):
    """A page that stays open."""
    context = browser.new_context(**browser_context_args)
    yield context.new_page()
    context.close()


@pytest.fixture
def window(opened):
    """The page that stays open, for a test of many pages: a new one costs more than a visit."""
    opened.bring_to_front()  # one that is hidden draws a frame a second
    return opened


@pytest.fixture
def page(opened):
    """A new page, which remembers nothing of those before it."""
    page = opened.context.new_page()
    yield page
    with contextlib.suppress(playwright.sync_api.Error):  # a blank page has no memory
        page.evaluate("localStorage.clear()")
    page.close()


@pytest.fixture(scope="session")
def reader(browser):
    """Visits each page once a plan, and remembers what it saw."""
    with visiting.Reader(browser) as reader:
        yield reader
