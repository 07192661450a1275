"""Reading a site as a reader does: scrolled down, in both themes, wide and narrow."""

import contextlib
import re
from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, TimeoutError

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
    changes, which a test asks of the style sheets), about everything else at each width.
    """

    name: str
    loads: dict[int, list[tuple[int, str]]]  # width it is loaded at: widths and themes, in turn
    colours: frozenset[tuple[int, str]]
    others: frozenset[tuple[int, str]]

    @property
    def views(self) -> list[tuple[int, str]]:
        """Every width and theme in which the page is looked at."""
        return [view for views in self.loads.values() for view in views]


def _plan(name: str, loads: dict[int, list[tuple[int, str]]], *, spare: bool) -> Plan:
    views = [view for views in loads.values() for view in views]
    return Plan(
        name,
        loads,
        colours=frozenset(view for view in views if view[0] in loads or not spare),
        others=frozenset(view for view in views if view[1] == THEMES[0] or not spare),
    )


TWICE = _plan("twice", {1280: [(1280, "light")], 390: [(390, "dark")]}, spare=False)
# At 320 pixels a page that was read at 390 is made narrower; the theme changes while it is open.
EVERYWHERE = _plan(
    "everywhere",
    {
        1280: [(1280, theme) for theme in THEMES],
        390: [(width, theme) for width in (390, 320) for theme in THEMES],
    },
    spare=True,
)
WIDTHS = (1280, 390, 320)
# A request that the reader's own step to the next page ended.
CUT_SHORT = "net::ERR_ABORTED"

SCROLL_DOWN = """async () => {
  const step = window.innerHeight * 0.8;
  for (let y = 0; y < document.documentElement.scrollHeight; y += step) {
    window.scrollTo({ top: y, behavior: "instant" });
    await new Promise((next) => setTimeout(next, 30));
  }
  window.scrollTo({ top: 0, behavior: "instant" });
}"""

ALL_DRAWN = """() => [...document.querySelectorAll(".cb-chart")].every((figure) =>
  figure.querySelector(".cb-chart__plot[data-drawn]"))"""

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

    errors: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    views: dict[tuple[int, str], View] = field(default_factory=dict)


def keep_at_home(context: BrowserContext, foreign: list[str]) -> None:
    """Block each request to another machine, and note its address in `foreign`."""

    def refuse(route):
        foreign.append(route.request.url)
        route.abort()

    context.route(AWAY, refuse)


def listen(page: Page, visit: Visit) -> None:
    """Note the page's console errors, exceptions, and requests that come to nothing."""

    def on_console(message):
        if message.type == "error":
            visit.errors.append(message.text)

    def on_response(response):
        if response.status >= 400:
            visit.failed.append(f"{response.status} {response.url}")

    def on_failure(request):
        if request.failure != CUT_SHORT:
            visit.failed.append(request.url)

    page.on("console", on_console)
    page.on("pageerror", lambda error: visit.errors.append(str(error)))
    page.on("request", lambda request: visit.requests.append(request.url))
    page.on("requestfailed", on_failure)
    page.on("response", on_response)


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
    """Visits pages, each once a plan: they change theme and become narrower while they are open."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.visits: dict[tuple[str, str], Visit] = {}
        self.contexts: dict[int, BrowserContext] = {}

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for context in self.contexts.values():
            context.close()

    def visit(self, url: str, plan: Plan) -> Visit:
        """Return the visit of a page."""
        if (url, plan.name) not in self.visits:
            self.visits[url, plan.name] = self._read(url, plan)
        return self.visits[url, plan.name]

    def _context(self, width: int) -> BrowserContext:
        if width not in self.contexts:
            self.contexts[width] = self.browser.new_context(
                viewport={"width": width, "height": 900}, reduced_motion="reduce"
            )
        return self.contexts[width]

    def _read(self, url: str, plan: Plan) -> Visit:
        visit = Visit()
        for width, views in plan.loads.items():
            context = self._context(width)
            context.unroute_all()
            keep_at_home(context, visit.foreign)
            page = context.new_page()
            listen(page, visit)
            page.emulate_media(color_scheme=views[0][1])
            page.goto(url)
            scroll_and_wait(page)
            for view in views:
                page.set_viewport_size({"width": view[0], "height": 900})
                change_theme(page, view[1])
                visit.views[view] = look(page, plan, view)
            page.close()
        return visit
