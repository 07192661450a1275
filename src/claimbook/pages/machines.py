"""What machines read: descriptions and pictures of pages, sitemap, feed of verdict changes.

Whatever needs an absolute address (`html: baseurl:` in ``_config.yml``) is left out where the book
has none: the addresses of pages and pictures, ``sitemap.xml``, ``robots.txt``, ``feed.xml`` and
``404.html``.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from claimbook.chapters import results
from claimbook.data import snapshot
from claimbook.pages import parts, phrases, state

LONGEST = 200  # letters of a description
PICTURE = "book"  # of a page without a verdict
FEED = "feed.xml"


def base(app: Sphinx) -> str:
    """Return the address of the site, without a slash at its end; empty where there is none."""
    return app.config.html_baseurl.rstrip("/")


def _describe(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Put into the head of a page what is shown where someone shares it."""
    if doctree is None or state.draft(app, pagename):
        return
    output = state.claim_output(app, pagename)
    head = parts.render(
        "sharing",
        title=context.get("title", ""),
        said=phrases.said(output) if output else _opening(doctree),
        is_chapter=output is not None,
        book=app.config.html_title or app.config.project,
        page=f"{pagename}.html",
        picture=output["verdict"] if output else PICTURE,
        base=base(app),
        feed=FEED,
    )
    context["metatags"] = f"{context.get('metatags', '')}{head}"  # a sum would escape the first


def _opening(doctree: nodes.document) -> str:
    """Return the first paragraph of a page, cut at a word; of a page without one its title."""
    first = next(doctree.findall(nodes.paragraph), None) or next(doctree.findall(nodes.title), None)
    text = " ".join(first.astext().split()) if first else ""
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rsplit(' ', 1)[0]} …"


def changes(book: state.Book) -> list[dict[str, Any]]:
    """Return every change of a verdict between one release and the next, the newest first."""
    found = []
    for output in state.in_order(book):
        held = [(name, verdict) for name, verdict in output["vintages"].items() if verdict]
        for (old, before), (new, now) in pairwise(held):
            if before != now and results.primary(output)["series"]:
                change = {"then": old, "release": new, "before": before, "now": now}
                found.append(change | {"output": output, "date": _date(book, output, new)})
    return sorted(found, key=lambda one: one["date"], reverse=True)


def _date(book: state.Book, output: state.Output, vintage: str) -> str:
    """Return the day of a release: of a dated one its month's first, of today's its retrieval."""
    if vintage != snapshot.CURRENT:
        return f"{vintage}-01"
    wdi = book.snapshots[vintage]
    series = [code for code in results.primary(output)["series"] if code in wdi.codes]
    return max(wdi.metadata(code)["retrieved"] for code in series)[:10]


def _write(app: Sphinx, site: Path) -> None:
    """Write what stands beside the pages, all of which needs the site's address."""
    address = base(app)
    if not address:
        return
    book, pages = state.book(app), sorted(app.env.found_docs)
    said = {"base": address, "book": app.config.html_title or app.config.project}
    held = changes(book)
    written = {
        "sitemap.xml": parts.render("sitemap", pages=pages, **said),
        "robots.txt": parts.render("robots", **said),
        FEED: parts.render("feed", changes=held, author=app.config.author, feed=FEED, **said),
        "404.html": parts.render("404", **said),
    }
    for name, text in written.items():
        (site / name).write_text(text.strip() + "\n", encoding="utf-8", newline="\n")


def connect(app: Sphinx) -> None:
    """Describe each page, and write what stands beside them."""
    app.connect("html-page-context", _describe)
    state.when_written(app, _write)
