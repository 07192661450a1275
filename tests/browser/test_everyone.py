"""The pages for those who read otherwise: other colours, large, still, by ear, by key, on paper.

Each is asked of one chapter of the tiny book, and for `make test-all` of every page of both books.
"""

import itertools
import json
import re

import pages
import pytest
import visiting
from pages import Page

PAPER = 10  # pages that a chapter may take, with its charts
LANDING, CHAPTER, COUNTRY = "book/index", "book/lands/gini-fell", "book/your-country"
# What is laid out for reading: not what is shut, hidden or for the ear alone.
SEEN = """
const seen = (element) => element.checkVisibility({ visibilityProperty: true })
  && element.getBoundingClientRect().width > 1;
"""


def of(book, name):
    """One page as a parameter."""
    return pytest.param((book, name), id=f"{book}:{name}")


def tried_in(names):
    """Try something in the tiny chapter, and for `make test-all` on all pages of both books."""
    found = [
        pytest.param((book, name), id=f"{book}:{name}", marks=pytest.mark.slow)
        for book in ("tiny", "real")
        for name in names(book)
        if (book, name) != ("tiny", CHAPTER)
    ]
    return pytest.mark.parametrize("shown", [of("tiny", CHAPTER), *found], indirect=True)


# ------------------------------------------------------------------ forced colours

LOST_TO_FORCED_COLOURS = f"""() => {{
  {SEEN}
  const paper = getComputedStyle(document.body).backgroundColor;
  const drawn = [
    [".cb-verdict", "::before", "backgroundColor"], [".cb-outcome", "::before", "backgroundColor"],
    [".cb-glyph:not(.cb-glyph--none, .cb-glyph--no-claim)", null, "backgroundColor"],
    [".cb-strip__step--now", "::before", "backgroundColor"],
    [":is(i, span)[class*='fa-']", null, "backgroundColor"],
    [".cb-meter__share", null, "fill"], [".cb-lead__estimate", null, "fill"],
    [".cb-lead__dot:not(.cb-lead__dot--then)", null, "fill"], [".cb-lead__line", null, "stroke"],
    [".cb-lead__interval", null, "stroke"], [".cb-mark path", null, "stroke"],
  ];
  const none = ["rgba(0, 0, 0, 0)", "none", "transparent", paper];
  return drawn.flatMap(([selector, part, look]) => [...document.querySelectorAll(selector)]
    .filter((one) => seen(one.closest("svg") ?? one)
      && none.includes(getComputedStyle(one, part)[look]))
    .map((one) => `${{selector}}${{part ?? ""}} ${{one.outerHTML.slice(0, 90)}}`));
}}"""


@tried_in(pages.contents)
@pytest.mark.parametrize("scheme", [pytest.param("light", marks=pytest.mark.slow), "dark"])
def test_icons_bars_and_dots_stay_in_forced_colours(page, shown, scheme):
    page.emulate_media(forced_colors="active", color_scheme=scheme)
    page.goto(shown.url)
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    assert page.evaluate(LOST_TO_FORCED_COLOURS) == []
    if shown.name in pages.chapters() + pages.chapters("tiny"):
        bar = "(part) => getComputedStyle(document.querySelector(`.cb-meter__${part}`)).fill"
        assert page.evaluate(bar, "share") != page.evaluate(bar, "all")


# --------------------------------------------------------------------------- zoom

# Words that are cut: their box hides what does not fit, and no one can scroll to it.
CUT = f"""() => {{
  {SEEN}
  const held = ".cb-chart__plot, .visually-hidden, .sr-only, svg, select, input, dialog, option";
  return [...document.querySelectorAll("body *")].filter((one) => {{
    if (one.closest(held) || !one.innerText?.trim() || !seen(one)) return false;
    const {{ overflowX, overflowY }} = getComputedStyle(one);
    const hides = (flow) => flow === "hidden" || flow === "clip";
    return (hides(overflowX) && one.scrollWidth > one.clientWidth + 1)
      || (hides(overflowY) && one.scrollHeight > one.clientHeight + 1);
  }}).map((one) => `${{one.tagName}}.${{one.className}}: ${{one.innerText.slice(0, 60)}}`);
}}"""
# What scrolls sideways though it is no table, no code and no formula.
SIDEWAYS = """() => [...document.querySelectorAll("body, body *")].filter((one) =>
  ["auto", "scroll"].includes(getComputedStyle(one).overflowX)
  && one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1 && one.checkVisibility()
  && !one.matches(".cb-table, .pst-scrollable-table-container, pre, .cb-math-block__formula"))
  .map((one) => `${one.tagName}.${one.className}`)"""
# How much of the window stays covered by what does not scroll away.
COVERED = """() => Math.max(0, ...[...document.querySelectorAll("body *")]
  .filter((one) => ["fixed", "sticky"].includes(getComputedStyle(one).position))
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .map((one) => one.getBoundingClientRect())
  .filter((box) => box.width > 0.5 * innerWidth && box.bottom > 0 && box.top < innerHeight)
  .map((box) => Math.min(box.height, innerHeight) / innerHeight))"""


@tried_in(pages.contents)
@pytest.mark.parametrize("zoom", [pytest.param(2, marks=pytest.mark.slow), 4])
def test_nothing_is_cut_or_scrolls_two_ways_when_a_page_is_enlarged(browser, shown, zoom):
    """At 400 % a window of 1280 by 1024 is as wide as a phone of 320 pixels."""
    window = {"width": 1280 // zoom, "height": 1024 // zoom}
    context = browser.new_context(viewport=window, device_scale_factor=zoom)
    page = context.new_page()
    page.goto(shown.url)
    visiting.scroll_and_wait(page)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0
    assert page.evaluate(CUT) == []
    assert page.evaluate(SIDEWAYS) == []
    page.evaluate("window.scrollTo({ top: 400, behavior: 'instant' })")
    assert page.evaluate(COVERED) < 0.5
    context.close()


# ---------------------------------------------------------------------- in its place

STILL = 0.02  # of the window, as Chromium counts it
SHIFTS = """() => new Promise((told) => {
  let moved = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) moved += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => told(moved), 500);
})"""


@tried_in(pages.contents)
@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_that_comes_slowly_keeps_its_words_in_their_place(page, shown, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(shown.url, wait_until="networkidle")
    assert page.evaluate(SHIFTS) < STILL


# ------------------------------------------------------------------------- motion

MOVING = """() => [...document.querySelectorAll("*")].filter((one) => {
  const { transitionDuration, animationName, animationDuration, scrollBehavior } =
    getComputedStyle(one);
  const lasts = (times) => times.split(", ").some((time) => parseFloat(time) > 0);
  return lasts(transitionDuration) || scrollBehavior === "smooth"
    || (animationName !== "none" && lasts(animationDuration));
}).map((one) => `${one.tagName}.${one.className?.baseVal ?? one.className}`)"""


@tried_in(lambda book: [LANDING])
def test_nothing_moves_for_a_reader_who_asks_for_stillness(page, shown):
    page.emulate_media(reduced_motion="no-preference")
    page.goto(shown.url)
    assert page.evaluate(MOVING) != []  # what there is to be stilled
    page.emulate_media(reduced_motion="reduce")
    visiting.scroll_and_wait(page)
    assert page.evaluate(MOVING) == []
    assert page.evaluate("document.getAnimations().length") == 0


# ------------------------------------------------------------------ read by the ear

LANDMARKS = ("banner", "navigation", "search", "main", "complementary", "contentinfo", "region")
CONTROLS = ("button", "link", "combobox", "textbox", "searchbox", "slider", "radio", "checkbox")


def heard(page):
    """Role, name and properties of what a screen reader comes to, in its order."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    by_id, found = {node["nodeId"]: node for node in nodes}, []

    def walk(node):
        if not node.get("ignored"):
            values = {one["name"]: one["value"].get("value") for one in node.get("properties", ())}
            role, name = node["role"]["value"], node.get("name", {}).get("value", "")
            found.append((role, name.strip(), values))
        for child in node.get("childIds", ()):
            if child in by_id:
                walk(by_id[child])

    walk(nodes[0])
    return found


def three(book):
    """The landing page, a chapter and the page of countries."""
    return [LANDING, pages.chapters(book)[0], COUNTRY]


@tried_in(three)
def test_a_screen_reader_comes_to_everything_in_order_and_by_name(page, shown):
    page.goto(shown.url)
    visiting.scroll_and_wait(page)
    told = heard(page)
    roles = [role for role, _, _ in told]
    # The way past the frame comes first; the page's own words stand in one main landmark.
    assert next(name for role, name, _ in told if role == "link") == "Skip to main content"
    assert roles.count("main") == 1
    landmarks = [(role, name) for role, name, _ in told if role in LANDMARKS]
    assert len(set(landmarks)) == len(landmarks), landmarks
    assert all(name for role, name in landmarks if role in ("navigation", "region"))
    # Headings: one title, before all others in the main part, and no level left out.
    within = told[roles.index("main") :]
    levels = [values["level"] for role, _, values in within if role == "heading"]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    named = (*CONTROLS, "heading", "image")
    nameless = [one for one in told if one[0] in named and not one[1]]
    assert nameless == []


def test_a_chapter_is_heard_answer_first(page, tiny_site):
    page.goto(Page(tiny_site, CHAPTER).url)
    said = [
        name for role, name, _ in heard(page) if role in ("heading", "StaticText", "image") and name
    ]
    answer = page.locator(".cb-card__answer").inner_text()[-20:]
    places = [
        next(place for place, text in enumerate(said) if sought in text)
        for sought in ("Did inequality fall", answer, "dots from", "Primary check", "Take it along")
    ]
    assert places == sorted(places)


def test_what_changes_under_the_reader_is_said(page, tiny_site):
    """The panel's result, the country's sentence, the count of a list: live regions with words."""
    page.goto(Page(tiny_site, CHAPTER).url)
    form = page.locator("#argue-gini-change")
    live = ("status", "log", "alert")
    before = [name for role, name, values in heard(page) if role in live]
    form.locator("select").first.select_option(index=1)
    assert form.locator("output").inner_text().strip()
    regions = [values for role, _, values in heard(page) if role in live]
    assert len(regions) > len([one for one in before if one]) and all(
        one.get("live") == "polite" for one in regions
    )
    box = page.get_by_role("combobox", name="Your country")
    box.fill("Vietnam")
    page.keyboard.press("Enter")
    assert "Vietnam" in page.locator("[role=status].cb-country__said").inner_text()


# ------------------------------------------------------------------------ by keys

FOCUSED = """() => {
  const one = document.activeElement;
  const box = one.getBoundingClientRect();
  const look = getComputedStyle(one);
  return {
    name: `${one.tagName}.${one.className} ${one.id} ${one.innerText?.slice(0, 30)}`,
    ring: look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2,
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    place: one === document.body ? "end" : "page",
  };
}"""
STOPS = 400  # more than a page has


def walk(page):
    """Where Tab leads from the top of a page to its end."""
    found = []
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        if here["place"] == "end":
            return found
        found.append(here)
    raise AssertionError(f"Tab does not come to an end: {found[-3:]}")


@tried_in(lambda book: [COUNTRY, pages.chapters(book)[0]])
def test_keys_lead_through_a_page_and_the_focus_is_always_seen(page, shown):
    page.emulate_media(reduced_motion="reduce")  # else the link at the top slides in
    page.goto(shown.url)
    stops = walk(page)
    assert len(stops) > 20
    assert [stop["name"] for stop in stops if not stop["ring"]] == []
    assert [stop["name"] for stop in stops if not stop["inside"]] == []
    names = " ".join(stop["name"] for stop in stops)
    assert ("SELECT" in names) == (shown.name != COUNTRY) and "country-sought" in names


def test_keys_choose_argue_and_come_back(page, tiny_site):
    page.goto(Page(tiny_site, CHAPTER).url)
    page.locator(".cb-card__argue a").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('form')?.id") == "argue-gini-change"
    page.keyboard.press("ArrowDown")
    assert page.locator(".cb-card__yours").is_visible()
    reset = page.locator("#argue-gini-change .cb-panel__reset")
    reset.focus()
    page.keyboard.press("Enter")
    assert not page.locator(".cb-card__yours").is_visible()
    page.goto(Page(tiny_site, COUNTRY).url)
    page.locator("#country-sought").focus()
    page.keyboard.type("viet")
    page.keyboard.press("Enter")
    assert page.locator(".cb-country__said a").first.is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # Clear
    assert page.locator(".cb-country__said").inner_text() == ""
    assert page.evaluate("document.activeElement.id") == "country-sought"


# ----------------------------------------------------------- paper, and no script

LONG = "() => [...document.querySelectorAll('table')].filter((one) => one.checkVisibility() \
&& one.closest('.cb-chart__data') && one.tBodies[0].rows.length > 20).length"


@pytest.mark.slow
@tried_in(pages.chapters)
def test_a_chapter_fits_on_ten_pages_with_its_charts_and_without_code(page, shown):
    page.goto(shown.url)
    visiting.scroll_and_wait(page)
    page.emulate_media(media="print")
    page.wait_for_function(visiting.ALL_DRAWN, timeout=visiting.DRAWING_MS)
    visible = (
        "(one) => document.querySelectorAll(one).length && [...document.querySelectorAll(one)]"
    )
    count = f"{visible}.filter((part) => part.checkVisibility()).length"
    charts = page.locator("figure.cb-chart").count()
    assert charts and page.evaluate(f"({count})", "figure.cb-chart svg.main-svg") >= charts
    assert page.evaluate(f"({count})", ".cb-lead__drawing") == page.locator(".cb-lead").count()
    assert page.evaluate(f"({count})", ".highlight pre") == 0
    assert page.evaluate(LONG) == 0
    pdf = page.pdf(
        format="A4", margin={side: "15mm" for side in ("top", "right", "bottom", "left")}
    )
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= PAPER


@tried_in(pages.chapters)
def test_without_a_script_the_verdict_the_lead_chart_and_every_table_are_there(browser, shown):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(shown.url)
    feed = json.loads((shown.site.folder / "results.json").read_text(encoding="utf-8"))
    claim = next(one for one in feed["claims"] if one["url"] == f"{shown.name}.html")
    assert page.locator(".cb-card__verdict .cb-verdict").inner_text() == claim["verdict"]
    for check in claim["checks"]:
        assert page.locator(f"#check-{check['id']} .cb-check__found").is_visible()
    lead = page.locator(".cb-lead__drawing")
    has_lead = "\nlead:" in (shown.site.book / f"{shown.name}.yml").read_text(encoding="utf-8")
    assert lead.count() == has_lead
    if has_lead:
        assert lead.bounding_box()["height"] > 80
        assert page.locator(".cb-lead__source").is_visible()
    tables = page.locator("figure.cb-chart table")
    assert tables.count() == page.locator("figure.cb-chart").count() > 0
    for figure in page.locator("figure.cb-chart").all():
        figure.locator("summary").click()
        assert figure.locator("tbody tr").first.is_visible()
    # Nothing is offered that cannot answer.
    assert page.locator("select:visible, .cb-country:visible, .cb-images:visible").count() == 0
    context.close()
