"""Reading a site as a reader does: scrolled down, in both themes, wide and narrow."""

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, TimeoutError

REDRAWING_MS = 150
THEMES = ("light", "dark")
# Everything that is not a request to this machine.
AWAY = re.compile(r"^(?!http://127\.0\.0\.1:|file:|data:|blob:)")
# With `preload`, axe would fetch the style sheets again and resolve their imports wrongly.
AXE_OPTIONS = {"resultTypes": ["violations"], "preload": False, "selectors": False}
COLOURS = ["color-contrast", "link-in-text-block"]
DRAWING_MS = 15_000


@dataclass(frozen=True)
class Plan:
    """How a page is visited: the widths it is loaded at, and what is looked at there.

    Axe takes most of the time that a page takes, so each rule is asked wherever its answer may
    differ, and nowhere twice: about colours in each theme (between 390 and 320 pixels no style
    changes, which a test asks of the style sheets), about everything else at each width. What no
    reader sees takes axe as long as what is seen, though it has next to nothing to say of it, and a
    word that looks as its sentence does as long as that: so the tiny book's chapter is read with
    them, and the pages of the book for `make test-all`.
    """

    name: str
    loads: dict[int, list[tuple[int, str]]]  # width it is loaded at: widths and themes, in turn
    colours: frozenset[tuple[int, str]]
    others: frozenset[tuple[int, str]]
    whole: bool  # whether axe also reads what is shut, plotly's marks, and each word by itself

    @property
    def views(self) -> list[tuple[int, str]]:
        """Every width and theme in which the page is looked at."""
        return [view for views in self.loads.values() for view in views]


WIDE, NARROW = (1280, "light"), (390, "dark")
BOTH = frozenset({WIDE, NARROW})
TWICE = Plan("twice", {1280: [WIDE], 390: [NARROW]}, colours=BOTH, others=BOTH, whole=False)
# At 320 pixels a page that was read at 390 is made narrower; the theme changes while it is open.
EVERYWHERE = Plan(
    "everywhere",
    {
        1280: [(1280, theme) for theme in THEMES],
        390: [(width, theme) for width in (390, 320) for theme in THEMES],
    },
    colours=frozenset((width, theme) for width in (1280, 390) for theme in THEMES),
    others=frozenset((width, THEMES[0]) for width in (1280, 390, 320)),
    whole=True,
)
WIDTHS = (1280, 390, 320)
# What browsers ask for by themselves, of a page that names no icon.
ICON = "/favicon.ico"
# A request that the reader's own step to the next page ended.
CUT_SHORT = "net::ERR_ABORTED"

SCROLL_DOWN = """async () => {
  const step = window.innerHeight * 0.8;
  for (let y = 0; y < document.documentElement.scrollHeight; y += step) {
    window.scrollTo({ top: y, behavior: "instant" });
    await new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
  }
  window.scrollTo({ top: 0, behavior: "instant" });
}"""

ALL_DRAWN = """() => [...document.querySelectorAll(".cb-chart")].every((figure) =>
  figure.querySelector(".cb-chart__plot[data-drawn]"))"""

# What no reader sees or axe can judge: what is shut, and the marks inside plotly's drawings. And a
# span that looks in all as the words around it becomes one with them, to be judged with them.
TAKE_AWAY_UNSEEN = """() => {
  const unseen = "details:not([open]) > :not(summary), .main-svg > *";
  for (const part of document.querySelectorAll(unseen)) part.remove();
  const bare = {
    backgroundColor: "rgba(0, 0, 0, 0)", backgroundImage: "none", display: "inline",
    opacity: "1", position: "static", textShadow: "none",
  };
  const alike = [...document.querySelectorAll("span[class]:not(:has(*))")].filter((span) => {
    const [own, around] = [span, span.parentElement].map((one) => getComputedStyle(one));
    return span.getAttributeNames().length === 1
      && Object.entries(bare).every(([name, value]) => own[name] === value)
      && ["color", "fontSize", "fontWeight"].every((name) => own[name] === around[name])
      && ["::before", "::after"].every((part) => getComputedStyle(span, part).content === "none");
  });
  for (const span of alike) span.replaceWith(span.textContent);
}"""

# A chart counts as drawn when plotly holds every trace of its figure and has painted marks,
# no wider than the chart's place on the page, in the colours of the theme.
CHARTS = """() => {
  const colour = (name) => {
    const probe = document.createElement("i");
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };
  const muted = colour("--cb-muted");
  return [...document.querySelectorAll(".cb-chart")].map((figure) => {
    const plot = figure.querySelector(".cb-chart__plot");
    const written = JSON.parse(figure.querySelector(".cb-chart__figure").textContent);
    const ticks = [...(plot?.querySelectorAll(".xtick text, .ytick text") ?? [])];
    const svg = plot?.querySelector("svg.main-svg");
    return {
      id: figure.id,
      traces: written.data.length,
      drawn: plot?.data?.length ?? 0,
      marks: plot?.querySelectorAll(".mlayer path, .mlayer image, .pielayer path").length ?? 0,
      fits: Boolean(svg) && svg.getBoundingClientRect().width <= plot.clientWidth + 1,
      themed: ticks.length === 0 || ticks.every((text) => getComputedStyle(text).fill === muted),
    };
  });
}"""

TOO_WIDE = """() => {
  const page = document.documentElement;
  if (page.scrollWidth <= page.clientWidth) return [];
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > page.clientWidth + 0.5)
    .map((element) => `${element.tagName.toLowerCase()}.${element.className}`)
    .slice(0, 5);
}"""


@dataclass
class View:
    """What a page looks like in one theme and width."""

    theme: str
    charts: list[dict]
    overflows: bool
    too_wide: list[str]
    violations: list[str]


@dataclass
class Visit:
    """Everything one page did while it was read, and its views by (width, theme)."""

    url: str = ""
    errors: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    views: dict[tuple[int, str], View] = field(default_factory=dict)


def listen(page: Page, visit: Visit) -> Callable[[], None]:
    """Note the page's errors and requests, and those that come to nothing or go to another machine.

    What is returned ends it.
    """

    def on_console(message):
        if message.type == "error" and not message.location["url"].endswith(ICON):
            visit.errors.append(message.text)

    def on_request(request):
        visit.requests.append(request.url)
        if AWAY.match(request.url):
            visit.foreign.append(request.url)

    def on_response(response):
        if response.status >= 400 and not response.url.endswith(ICON):
            visit.failed.append(f"{response.status} {response.url}")

    def on_failure(request):
        if request.failure != CUT_SHORT:
            visit.failed.append(request.url)

    heard = {
        "console": on_console,
        "pageerror": lambda error: visit.errors.append(str(error)),
        "request": on_request,
        "requestfailed": on_failure,
        "response": on_response,
    }
    for event, note in heard.items():
        page.on(event, note)

    def stop() -> None:
        for event, note in heard.items():
            page.remove_listener(event, note)

    return stop


def scroll_and_wait(page: Page) -> None:
    """Scroll down the page and wait until its charts say that they are drawn (or time runs out)."""
    for _ in range(3):  # a busy machine may scroll past a chart unseen
        page.evaluate(SCROLL_DOWN)
        with contextlib.suppress(TimeoutError):  # the test that counts charts says which failed
            page.wait_for_function(ALL_DRAWN, timeout=DRAWING_MS / 3)
            return


def change_theme(page: Page, theme: str) -> None:
    """Change the system's theme and wait until the page has followed (or time runs out)."""
    page.emulate_media(color_scheme=theme)
    with contextlib.suppress(TimeoutError):  # the test that asks for the theme says which failed
        page.wait_for_function(
            "theme => document.documentElement.dataset.theme === theme", arg=theme, timeout=2_000
        )
    if page.locator(".cb-chart").count():
        page.wait_for_timeout(REDRAWING_MS)


def axe_violations(page: Page, plan: Plan, view: tuple[int, str]) -> list[str]:
    """Return what axe-core finds wrong, one line each, with the element concerned."""
    if view not in plan.colours | plan.others:
        return []
    options: dict[str, object] = dict(AXE_OPTIONS)
    if view not in plan.others:
        options["runOnly"] = {"type": "rule", "values": COLOURS}
    elif view not in plan.colours:
        options["rules"] = {rule: {"enabled": False} for rule in COLOURS}
    if not plan.whole:
        page.evaluate(TAKE_AWAY_UNSEEN)
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate("(options) => axe.run(options)", options)["violations"]
    return [
        f"{rule['id']}: {rule['help']} {node['html'][:160]}"
        for rule in found
        for node in rule["nodes"]
    ]


def look(page: Page, plan: Plan, view: tuple[int, str]) -> View:
    """Look at a page as it stands."""
    return View(
        theme=page.evaluate("document.documentElement.dataset.theme"),
        charts=page.evaluate(CHARTS),
        overflows=page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        ),
        too_wide=page.evaluate(TOO_WIDE),
        violations=axe_violations(page, plan, view),
    )


class Reader:
    """Visits pages, each once a plan: they change theme and become narrower while they are open.

    A window of each width stays open, and goes from page to page as a reader does.
    """

    def __init__(self, browser: Browser) -> None:
        self.context = browser.new_context(reduced_motion="reduce")
        self.visits: dict[tuple[str, str], Visit] = {}
        self.windows: dict[int, Page] = {}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.context.close()

    def visit(self, url: str, plan: Plan) -> Visit:
        """Return the visit of a page."""
        if (url, plan.name) not in self.visits:
            self.visits[url, plan.name] = self._read(url, plan)
        return self.visits[url, plan.name]

    def _window(self, width: int) -> Page:
        if width not in self.windows:
            self.windows[width] = self.context.new_page()
        return self.windows[width]

    def _read(self, url: str, plan: Plan) -> Visit:
        visit = Visit(url)
        for width, (first, *others) in plan.loads.items():
            page = self._window(width)
            page.bring_to_front()  # one that is hidden draws a frame a second
            stop_listening = listen(page, visit)
            page.emulate_media(color_scheme=first[1])
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(url)
            scroll_and_wait(page)
            visit.views[first] = look(page, plan, first)
            for view in others:
                page.set_viewport_size({"width": view[0], "height": 900})
                change_theme(page, view[1])
                visit.views[view] = look(page, plan, view)
            stop_listening()
        return visit
