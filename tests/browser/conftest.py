"""The built book, served on this machine, and a browser to read it with.

`CLAIMBOOK_SITE` names the built site (else `_build/html`, else the book is built once, aside);
`CLAIMBOOK_BROWSER` a browser (else `tools/browser.py` finds one, as it did for `make test`).
"""

import fcntl
import functools
import http.server
import os
import runpy
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import visiting
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NO_BROWSER = (
    "NO BROWSER, SO THE BOOK WAS NOT LOOKED AT: install Chromium or Chrome (`apt-get install "
    "chromium`, or `playwright install chromium`), or name one in CLAIMBOOK_BROWSER."
)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def build_once(folder: Path) -> Path:
    """Build the book into a folder shared by all of pytest's workers; return its site."""
    site = folder / "_build" / "html"
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "built").exists():
            program = Path(sys.executable).with_name("jupyter-book")
            command = [program, "build", ROOT, "-W", "--keep-going", "--path-output", folder]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            if done.returncode:
                pytest.fail(f"The book cannot be built:\n{done.stdout}\n{done.stderr}")
            (folder / "built").touch()
    return site


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Path:
    """The folder of the built site."""
    named = os.environ.get("CLAIMBOOK_SITE")
    if named:
        folder = Path(named).resolve()
        assert (folder / "index.html").is_file(), f"CLAIMBOOK_SITE={named} holds no index.html."
        return folder
    if (ROOT / "_build" / "html" / "index.html").is_file():
        return ROOT / "_build" / "html"
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "book"
    shared.mkdir(exist_ok=True)
    return build_once(shared)


@pytest.fixture(scope="session")
def address(site):
    """The address at which the site is served, ending in a slash."""
    handler = functools.partial(QuietHandler, directory=site)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


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
def browser():
    """The Chromium in which the book is opened."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found(), args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def reader(browser, address):
    """Reads each page of the site once, in both themes and three widths, and remembers it."""
    with visiting.Reader(browser, address) as reader:
        yield reader


@pytest.fixture
def page(browser):
    """A fresh page of 1280 by 900 pixels that can reach this machine only."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visiting.keep_at_home(context, [])
    yield context.new_page()
    context.close()
