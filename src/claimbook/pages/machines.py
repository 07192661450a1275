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
from markupsafe import Markup
from sphinx.application import Sphinx

from claimbook.chapters import results
from claimbook.data import snapshot
from claimbook.pages import parts, phrases, state

LONGEST = 200  # letters of a description
PICTURE = "book"  # of a page without a verdict
FEED = "feed.xml"
_SCALE = {"contradicted": 1, "mixed": 2, "supported": 3}


def base(app: Sphinx) -> str:
    """Return the address of the site, without a slash at its end; empty where there is none."""
    return app.config.html_baseurl.rstrip("/")


def describe(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Put into the head of a page what is shown where someone finds or shares it."""
    if doctree is None:
        return
    drafted = bool(state.draft(app, pagename))  # which search engines are to leave alone
    output = None if drafted else state.claim_output(app, pagename)
    essays = state.book(app).essays
    title, book = context.get("title", ""), app.config.html_title or app.config.project
    opening = _opening(doctree) or f"{Markup(title).striptags()}: a page of {book}"
    head = parts.render(
        "head",
        drafted=drafted,
        review=output and claim_review(output, essays[output["claim"]["essay"]]),
        title=title,
        said=phrases.said(output) if output else opening,
        book=book,
        page=f"{pagename}.html",
        picture=output["verdict"] if output else PICTURE,
        base=base(app),
        feed=FEED,
    )
    context["metatags"] = f"{context.get('metatags', '')}{head}"  # a sum would escape the first


def _opening(doctree: nodes.document) -> str:
    """Return the first paragraph of a page, cut at a word; empty of a page without one."""
    first = next(doctree.findall(nodes.paragraph), None)
    text = " ".join(first.astext().split()) if first else ""
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rsplit(' ', 1)[0]} …"


def claim_review(output: state.Output, essay: dict[str, Any]) -> dict[str, Any]:
    """Return a chapter as a schema.org ClaimReview.

    *Inconclusive* has no place on a scale of truth, so it carries only its name.
    """
    rating: dict[str, Any] = {"@type": "Rating", "alternateName": output["verdict"]}
    if output["verdict"] in _SCALE:
        rating |= {"ratingValue": _SCALE[output["verdict"]], "worstRating": 1, "bestRating": 3}
    return {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "claimReviewed": output["claim"]["statement"],
        "reviewBody": phrases.said(output),
        "itemReviewed": {
            "@type": "Claim",
            "author": {"@type": "Person", "name": essay["author"]},
            "datePublished": str(essay["year"]),
        },
        "author": {"@type": "Organization", "name": "Claim by Claim"},
        "reviewRating": rating,
    }


def changes(book: state.Book) -> list[dict[str, Any]]:
    """Return every change of a verdict between one release and the next, the newest first."""
    found = []
    for output in state.in_order(book):
        held = [(name, verdict) for name, verdict in output["vintages"].items() if verdict]
        for (old, before), (new, now) in pairwise(held):
            if before != now and results.primary(output)["series"]:
                day = f"{new}-01"  # of a dated release its month's first, of today's its retrieval
                if new == snapshot.CURRENT:
                    day = state.retrieved(book, results.primary(output), new)
                change = {"then": old, "release": new, "before": before, "now": now}
                found.append(change | {"output": output, "date": day})
    return sorted(found, key=lambda one: one["date"], reverse=True)


def write(app: Sphinx, site: Path) -> None:
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
