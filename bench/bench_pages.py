"""What a page costs its reader, against the budgets: weight, first screen, first chart, stillness.

Needs the built book (`make book`) and a browser. The site is served with gzip from this machine
and read in headless Chromium, from an empty cache; times are those of the page's own clock, beside
a bare page with the same chart script and the same figure, in the same run. Fails where a budget
is not held.
"""

from __future__ import annotations

import gzip
import http.server
import re
import runpy
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from claimbook import paths
from claimbook.chapters.book import Book

ROOT = paths.root()
SITE = ROOT / "_build" / "html"
BARE = "bare.html"
BUNDLE = re.compile(r'data-plotly="[^"]*?(_static/vendor/plotly-[^"?]+)')
CHART = re.compile(r'<figure class="cb-chart" id="([^"]+)"')
SHEET = re.compile(r'<link rel="stylesheet" href="([^"?]+)')
RUNS = 5
# Kilobytes are thousands of bytes as they are sent.
HTML_CSS, FONTS, COLD, NEXT, TIMES, SHIFT = 130, 80, 700, 60, 1.6, 0.02
# Chromium's own "slow 4G", as its developer tools have it: bytes a second and milliseconds.
SLOW_4G = {"downloadThroughput": 180_000, "uploadThroughput": 84_375, "latency": 562.5}
UNSLOWED = {"downloadThroughput": -1, "uploadThroughput": -1, "latency": 0}
CONDITIONS = {
    "as it is": (UNSLOWED, 1),
    "4 times slower CPU": (UNSLOWED, 4),
    "slow 4G": (SLOW_4G, 1),
    "slow 4G, 4 times slower CPU": (SLOW_4G, 4),
}
WATCH = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
new MutationObserver(() => {
  if (document.querySelector("[data-drawn]")) window.drawn ??= performance.now();
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-drawn"] });
"""
SCROLL = """async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += 600) {
    window.scrollTo({ top: y, behavior: "instant" });
    await new Promise((next) => setTimeout(next, 60));
  }
}"""
FIRST_SCREEN = """() =>
  [".cb-card__answer", ".cb-card__verdict", ".cb-lead__drawing"].every((part) => {
    const box = document.querySelector(part)?.getBoundingClientRect();
    return box && box.height > 0 && box.top < innerHeight;
  })"""
# The figure of the first chart as the page has drawn it, in the colours of its theme.
DRAWN = """() => {
  const { data, layout } = document.querySelector("[data-drawn]");
  return JSON.stringify({ data, layout });
}"""


class Line(NamedTuple):
    """A budget, what was measured, and what it may be at most."""

    what: str
    found: float
    bar: float
    unit: str = ""

    @property
    def held(self) -> bool:
        """Whether the budget is held."""
        return self.found <= self.bar


@cache
def packed(path: Path) -> bytes:
    """A file as it is sent: text with gzip."""
    data = path.read_bytes()
    return data if path.suffix in {".woff2", ".png"} else gzip.compress(data, 6, mtime=0)


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the site with gzip, and at /bare.html a page with one figure and nothing else."""

    protocol_version = "HTTP/1.1"
    bare = b""

    def do_GET(self) -> None:
        """Answer with a file, or the bare page."""
        name = self.path.split("?")[0].removeprefix("/")
        body = self.bare if name == BARE else (SITE / name).is_file() and packed(SITE / name)
        if not body:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(name))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        if body[:2] == b"\x1f\x8b":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


def bare(name: str, figure: str) -> bytes:
    """A page of one figure and the chart script of a page of the site, and nothing else."""
    bundle = BUNDLE.search((SITE / name).read_text(encoding="utf-8"))[1]
    escaped = figure.replace("<", "\\u003c")  # no tag of the figure's texts ends the script
    page = f"""<!DOCTYPE html><meta charset="utf-8"><title>Bare</title><div id="plot"></div>
<script type="application/json" id="figure">{escaped}</script>
<script src="/{bundle}"></script>
<script>
const {{ data, layout }} = JSON.parse(document.getElementById("figure").textContent);
Plotly.newPlot("plot", data, layout).then((plot) => {{ plot.dataset.drawn = "true"; }});
</script>"""
    return gzip.compress(page.encode(), 6)


@contextmanager
def served() -> Iterator[str]:
    """The address of the site on this machine."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def weight(name: str) -> float:
    """Kilobytes of a page and its style sheets, which is all it waits for before it is drawn."""
    page = SITE / name
    sheets = SHEET.findall(page.read_text(encoding="utf-8"))
    return (
        sum(len(packed(one)) for one in [page, *((page.parent / s).resolve() for s in sheets)])
        / 1000
    )


def slowed(page: Page, network: dict[str, float], cpu: int) -> CDPSession:
    """Let a page's network and processor be as slow as is asked."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", {"offline": False, **network})
    session.send("Emulation.setCPUThrottlingRate", {"rate": cpu})
    return session


@contextmanager
def fresh(browser: Browser, width: int = 1280) -> Iterator[BrowserContext]:
    """A reader who has seen nothing yet."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_init_script(WATCH)
    yield context
    context.close()


def first_chart(browser: Browser, address: str, network: dict[str, float], cpu: int) -> float:
    """Milliseconds until the first chart of a page is drawn."""
    with fresh(browser) as context:
        page = context.new_page()
        slowed(page, network, cpu)
        page.goto(address, wait_until="commit")
        page.wait_for_function("window.drawn", timeout=120_000)
        return page.evaluate("window.drawn")


def drawn_figure(browser: Browser, address: str) -> str:
    """The figure of a page's first chart, as it is drawn there."""
    with fresh(browser) as context:
        page = context.new_page()
        page.goto(address)
        page.wait_for_function("window.drawn", timeout=120_000)
        return page.evaluate(DRAWN)


def transfers(context: BrowserContext, address: str) -> dict[str, float]:
    """Kilobytes that a visit to a page's first chart takes, by address."""
    page, found, names = context.new_page(), {}, {}
    session = slowed(page, UNSLOWED, 1)
    session.on(
        "Network.requestWillBeSent", lambda e: names.update({e["requestId"]: e["request"]["url"]})
    )
    session.on(
        "Network.loadingFinished",
        lambda e: found.update({names[e["requestId"]]: e["encodedDataLength"] / 1000}),
    )
    page.goto(address)
    page.wait_for_function("window.drawn", timeout=60_000)
    page.wait_for_load_state("networkidle")
    page.close()
    return found


def shift(browser: Browser, address: str, width: int, network: dict[str, float]) -> float:
    """How far a page moves under its reader, from its first paint to its end."""
    with fresh(browser, width) as context:
        page = context.new_page()
        slowed(page, network, 1)
        page.goto(address)
        page.wait_for_load_state("networkidle")
        page.evaluate(SCROLL)
        page.wait_for_timeout(500)
        return page.evaluate("window.shift")


def first_screen(browser: Browser, address: str) -> float:
    """1 where text, card and lead chart do not stand in the first screen without plotly, else 0."""
    with fresh(browser) as context:
        page = context.new_page()
        page.route("**/plotly-*", lambda route: route.abort())
        page.goto(address)
        return 0 if page.evaluate(FIRST_SCREEN) else 1


def measured(browser: Browser, site: str) -> Iterator[Line]:
    """Every budget, from the cheapest to measure to the dearest."""
    book = Book()
    chapters = [f"{name}.html" for name in book.pages if name.rsplit("/", 1)[-1] in book.outputs]
    pages = [f"{name}.html" for name in book.pages]
    heaviest = max(chapters, key=weight)
    other = max((name for name in chapters if name != heaviest), key=weight)
    heaviest_page = max(pages, key=weight)
    yield Line(f"HTML and CSS, {heaviest_page}", weight(heaviest_page), HTML_CSS, "kB")
    without = [first_screen(browser, site + name) for name in chapters]
    yield Line("chapters whose first screen needs plotly", sum(without), 0)
    chart = {name: CHART.search((SITE / name).read_text("utf-8"))[1] for name in (heaviest, other)}
    with fresh(browser) as context:
        cold = transfers(context, f"{site}{heaviest}#{chart[heaviest]}")
        warm = transfers(context, f"{site}{other}#{chart[other]}")
    fonts = sum(size for address, size in cold.items() if ".woff2" in address)
    yield Line("fonts", fonts, FONTS, "kB")
    yield Line("search indices that were not asked for", sum("searchindex" in a for a in cold), 0)
    yield Line(f"cold, with its first chart, {heaviest}", sum(cold.values()), COLD, "kB")
    yield Line(f"the next, with its first chart, {other}", sum(warm.values()), NEXT, "kB")
    address = f"{site}{heaviest}#{chart[heaviest]}"
    Handler.bare = bare(heaviest, drawn_figure(browser, address))
    for name, (network, cpu) in CONDITIONS.items():
        # In turn, so that both meet the same machine; of the pairs the one in the middle.
        visits = [
            [first_chart(browser, one, network, cpu) for one in (address, site + BARE)]
            for _ in range(RUNS)
        ]
        ours, theirs = sorted(visits, key=lambda pair: pair[0] / pair[1])[RUNS // 2]
        what = f"first chart, {name}: {ours:.0f} ms against {theirs:.0f} ms"
        yield Line(what, ours / theirs, TIMES, "times")
    shifts = {
        (name, width): shift(browser, site + name, width, UNSLOWED)
        for name in pages
        for width in (1280, 390)
    }
    worst = max(shifts, key=shifts.__getitem__)
    yield Line(f"layout shift, {worst[0]} at {worst[1]} px", shifts[worst], SHIFT)
    slow = {width: shift(browser, site + heaviest, width, SLOW_4G) for width in (1280, 390)}
    worst_slow = max(slow, key=slow.__getitem__)
    yield Line(f"layout shift, slow 4G, {heaviest} at {worst_slow} px", slow[worst_slow], SHIFT)


def main() -> int:
    """Print what was measured beside the budgets; return how many are not held."""
    found = runpy.run_path(str(ROOT / "tools" / "browser.py"))["find"]()
    for there, remedy in ((found, "a browser"), ((SITE / "index.html").is_file(), "`make book`")):
        if not there:
            print(f"The pages cannot be measured: this needs {remedy} first.", file=sys.stderr)
            return 1
    broken = 0
    with served() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu"]
        )
        for line in measured(browser, site):
            broken += not line.held
            held = "held" if line.held else "NOT HELD"
            print(
                f"{line.found:9.3g} of {line.bar:g} {line.unit:6} {held:9} {line.what}", flush=True
            )
        browser.close()
    return broken


if __name__ == "__main__":
    sys.exit(main())
