"""What machines and searchers get: feed, sitemap, pictures, reviews that validate; a search."""

import datetime
import json
import re
import struct
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pages
import pytest

from books import ADDRESS, ROOT

ATOM, SITEMAP = "{http://www.w3.org/2005/Atom}", "{http://www.sitemaps.org/schemas/sitemap/0.9}"
PICTURES = ROOT / "src" / "claimbook" / "pages" / "static" / "pictures"


@pytest.fixture(scope="module")
def addressed(published_tiny):
    """The site of the tiny book with an address."""
    return published_tiny / "_build" / "html"


def here(site, address):
    """The file that an address of the book stands for."""
    assert address.startswith(ADDRESS), address
    return site / (urlsplit(address).path.removeprefix(urlsplit(ADDRESS).path) or "index.html")


def test_the_feed_is_valid_atom_and_leads_to_pages(addressed):
    """What RFC 4287 asks of a feed and of each of its entries."""
    feed = ElementTree.parse(addressed / "feed.xml").getroot()
    assert feed.tag == f"{ATOM}feed" and feed.findtext(f"{ATOM}author/{ATOM}name")
    entries = feed.findall(f"{ATOM}entry")
    ids = [one.findtext(f"{ATOM}id") for one in (feed, *entries)]
    assert len(set(ids)) == len(ids) and all(urlsplit(one).scheme == "https" for one in ids)
    moments = []
    for one in (feed, *entries):
        assert all(len(one.findall(f"{ATOM}{part}")) == 1 for part in ("id", "title", "updated"))
        assert one.findtext(f"{ATOM}title").strip()
        moments.append(datetime.datetime.fromisoformat(one.findtext(f"{ATOM}updated")))
        links = {link.get("rel"): link.get("href") for link in one.findall(f"{ATOM}link")}
        assert here(addressed, links["alternate"]).is_file()
    assert all(moment.tzinfo for moment in moments)
    assert not entries or moments[0] == max(moments[1:])
    assert moments[1:] == sorted(moments[1:], reverse=True)
    assert here(addressed, feed.find(f"{ATOM}link[@rel='self']").get("href")).name == "feed.xml"
    for entry in entries:
        assert entry.findtext(f"{ATOM}summary").strip().endswith(".")


def test_the_sitemap_lists_every_page_once_and_robots_lead_to_it(addressed):
    root = ElementTree.parse(addressed / "sitemap.xml").getroot()
    assert root.tag == f"{SITEMAP}urlset"
    places = [one.text for one in root.findall(f"{SITEMAP}url/{SITEMAP}loc")]
    assert len(set(places)) == len(places) == len(pages.contents("tiny"))
    assert all(here(addressed, place).is_file() for place in places)
    robots = (addressed / "robots.txt").read_text(encoding="utf-8").splitlines()
    assert "User-agent: *" in robots and f"Sitemap: {ADDRESS}sitemap.xml" in robots


def test_a_missing_page_leads_on_from_any_depth(addressed):
    text = (addressed / "404.html").read_text(encoding="utf-8")
    assert "noindex" in text
    links = re.findall(r'(?:href|src)="([^"]+)"', text)
    assert links and all(here(addressed, link).exists() for link in links)


def metas(text):
    return dict(re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)"', text))


@pytest.mark.parametrize("name", pages.contents("tiny"))
def test_a_page_says_what_it_is_where_it_is_shared(addressed, name):
    text = (addressed / f"{name}.html").read_text(encoding="utf-8")
    held = metas(text)
    assert 4 < len(held["description"]) <= 320 and held["og:description"]
    assert held["og:url"] == f"{ADDRESS}{name}.html" and held["og:title"] and held["og:site_name"]
    assert here(addressed, held["og:image"]).is_file()
    assert held["og:type"] == ("article" if name in pages.chapters("tiny") else "website")
    assert len(re.findall(r'<meta name="description"', text)) == 1


def test_without_an_address_what_needs_one_is_left_out(tiny_site):
    for name in ("sitemap.xml", "robots.txt", "feed.xml", "404.html"):
        assert not (tiny_site.folder / name).exists()
    chapter = (tiny_site.folder / "book" / "lands" / "gini-fell.html").read_text(encoding="utf-8")
    assert "og:description" in chapter and "og:image" not in chapter and "og:url" not in chapter


def test_there_is_one_picture_a_verdict_as_large_as_networks_ask():
    names = {path.stem for path in PICTURES.glob("*.png")}
    assert names == {"supported", "contradicted", "mixed", "inconclusive", "book"}
    for path in PICTURES.glob("*.png"):
        width, height = struct.unpack(">II", path.read_bytes()[16:24])
        assert (width, height) == (1200, 630), path.name


@pytest.mark.parametrize(
    "shown",
    [pytest.param((b, n), id=f"{b}:{n}") for b in pages.BOOKS for n in pages.chapters(b)],
    indirect=True,
)
def test_a_chapter_is_a_claim_review_with_the_verdict_of_the_feed(shown):
    text = shown.file.read_text(encoding="utf-8")
    (told,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text)
    review = json.loads(told)
    feed = json.loads((shown.site.folder / "results.json").read_text(encoding="utf-8"))
    claim = next(one for one in feed["claims"] if one["url"] == f"{shown.name}.html")
    assert (review["@context"], review["@type"]) == ("https://schema.org", "ClaimReview")
    assert review["reviewRating"]["alternateName"] == claim["verdict"]
    assert review["claimReviewed"] == claim["statement"] and review["reviewBody"]
    assert review["itemReviewed"]["author"]["name"] and review["author"]["name"]
    rating = review["reviewRating"].get("ratingValue")
    assert (rating is None) == (claim["verdict"] == "inconclusive")
    assert rating is None or 1 <= rating <= 3
    assert metas(text)["og:type"] == "article"


@pytest.mark.parametrize("book", pages.BOOKS)
def test_the_results_have_a_page_that_says_what_is_in_them(request, book):
    site = request.getfixturevalue(f"{book}_site").folder
    assert (site / "results.json").is_file() and (site / "results.schema.json").is_file()
    linking = {
        name
        for name in pages.contents(book)
        if 'results.json"' in (site / f"{name}.html").read_text(encoding="utf-8")
    }
    assert linking >= {*pages.chapters(book)}
    assert book != "real" or linking & {"book/scorecard", "book/method"}


# ------------------------------------------------------------------------- search


def found(page, site, words):
    """The results of a search: address and what is shown of each."""
    page.goto(f"{site.address}search.html?q={words}")
    page.wait_for_selector("#search-results p.search-summary", timeout=20_000)
    page.wait_for_function(
        "!document.querySelector('#search-results').textContent.includes('Searching')"
    )
    page.wait_for_timeout(500)  # the summaries are fetched
    return page.locator("#search-results ul.search > li").evaluate_all(
        """all => all.map((one) => ({
          page: new URL(one.querySelector("a").href).pathname.slice(1).replace(".html", ""),
          said: one.querySelector("p.context")?.textContent ?? "",
        }))"""
    )


REAL_NAMES = ["Burma", "Ivory Coast", "Holland", "South Korea", "UAE", "Vietnam"]
NAMES = [pytest.param("tiny", "Vietnam")]
NAMES += [pytest.param("real", name, marks=pytest.mark.slow) for name in REAL_NAMES]


@pytest.mark.parametrize(("book", "name"), NAMES)
def test_an_economy_is_found_by_the_name_people_use(page, request, book, name):
    site = request.getfixturevalue(f"{book}_site")
    results = found(page, site, name)
    assert "book/your-country" in [one["page"] for one in results]
    page.goto(f"{site.address}search.html")
    field = page.locator("input[type=search]:visible")
    field.fill(name)
    inner = """one => {
      const { paddingLeft, color, backgroundColor } = getComputedStyle(one);
      const fits = one.scrollWidth <= one.clientWidth;
      return [parseFloat(paddingLeft), color !== backgroundColor, fits];
    }"""
    padding, is_seen, fits = field.evaluate(inner)
    assert padding > 24 and is_seen and fits  # clear of the magnifier


WORDS = [pytest.param("tiny", "inequality")]
WORDS += [
    pytest.param("real", word, marks=pytest.mark.slow)
    for word in ("inequality", "investment", "credit", "know-how", "wages")
]


@pytest.mark.parametrize(("book", "word"), WORDS)
def test_chapters_come_before_lists_and_results_are_sentences(page, request, book, word):
    results = found(page, request.getfixturevalue(f"{book}_site"), word)
    chapters = [one["page"] in pages.chapters(book) for one in results]
    assert True in chapters and chapters == sorted(chapters, reverse=True)
    for one in results:
        assert not one["said"] or re.search(r"[.?!…]$", one["said"].strip()), one
        # Cells of a table glued together have no space before the next capital or sign.
        assert not re.search(
            r"[a-z](supported|contradicted|inconclusive)|\d[A-Z][a-z]{3}", one["said"]
        )
    assert all(one["said"] for one in results if one["page"] in pages.chapters(book))


# ------------------------------------------------------- what charts say under the hand


def test_a_point_of_the_curve_is_told_as_a_sentence(page, tiny_site):
    page.goto(f"{tiny_site.address}book/lands/gini-fell.html#chart-specification-curve")
    page.wait_for_selector("#chart-specification-curve [data-drawn]")
    told = page.evaluate(
        """() => document.querySelector("#chart-specification-curve .cb-chart__plot").data
          .flatMap((trace) => trace.meta === "table" ? trace.hovertext : [])"""
    )
    feed = json.loads((tiny_site.folder / "results.json").read_text(encoding="utf-8"))
    claim = next(one for one in feed["claims"] if one["id"] == "gini-fell")
    held = [v for v in claim["checks"][0]["variants"] if v["estimate"]]
    assert len(told) == len(held)
    outcomes = sorted(variant["outcome"] for variant in held)
    assert sorted(re.search(r": (\w+)\.$", one)[1] for one in told) == outcomes
    for one in told:
        *choices, last = one.split("<br>")
        assert len(choices) == len(held[0]["options"]) and all(": " in choice for choice in choices)
        assert re.fullmatch(r"[−\d.]+ .+, (exact|95 % interval [−\d.]+ to [−\d.]+): \w+\.", last)
