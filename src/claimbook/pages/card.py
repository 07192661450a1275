"""A chapter's page: the claim card under its title, its checks, and what the head of it says."""

from __future__ import annotations

from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from claimbook.chapters import results
from claimbook.claims import files, rule
from claimbook.data import snapshot
from claimbook.pages import charts, grounds, panel, phrases, shell, state
from claimbook.pages.specification import specification_curve
from claimbook.pages.state import BookError, Output

METHOD = "book/method.html"
_SCALE = {"contradicted": 1, "mixed": 2, "supported": 3}


def claim_nodes(
    env: BuildEnvironment, document: nodes.document, output: Output, cell: int | None
) -> list[nodes.Element]:
    """Return all parts that show a claim output where it stands; its page remembers the claim.

    The output is that of the Book, which has joined the claim file's words to what is stored.
    """
    book, claim_id, up = state.book(env.app), output["claim"]["id"], state.up(env)
    state.page(env).claim = claim_id
    output = book.outputs[claim_id]
    env.note_dependency(str(files.claim_paths()[claim_id]))
    state.depends_on_essays(env)
    curve = specification_curve(results.primary(output))
    drawn = [] if curve is None else charts.chart_nodes(env, document, curve.as_dict(), None)
    return [
        grounds.grounds(output),
        panel.panels(output),
        *drawn,
        shell.part("checks", output=output, strips=grounds.strips(output), names=book.names),
        shell.part(
            "method",
            method=f"{up}{METHOD}",
            reads_data=any(check["series"] for check in output["checks"]),
            sha=results.data_sha256().get("current", "")[:12],
            notebook=f"{up}_sources/{env.docname}.ipynb",
            feed=f"{up}{results.FEED}",
            economies=f"{up}economies/{claim_id}.json",
        ),
    ]


def claim_review(output: Output, essay: dict[str, Any]) -> dict[str, Any]:
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
        "reviewBody": _said(output),
        "itemReviewed": {
            "@type": "Claim",
            "author": {"@type": "Person", "name": essay["author"]},
            "datePublished": str(essay["year"]),
        },
        "author": {"@type": "Organization", "name": "Claim by Claim"},
        "reviewRating": rating,
    }


def _said(output: Output) -> str:
    """Return what a page says first: the answer, or how its verdict is read."""
    claim = output["claim"]
    return phrases.answer(output) or (
        f"{claim['title']} {phrases.sentence(rule.reading(output['verdict'], claim['kind']))}."
    )


def _dated(check: dict[str, Any]) -> str | None:
    """Return the month of the newest figures that a check reads."""
    wdi = snapshot.read(check["vintage"])
    held = [wdi.metadata(code) for code in check["series"] if code in wdi.codes]
    return max((meta["retrieved"][:7] for meta in held if meta.get("retrieved")), default=None)


def _essay(app: Sphinx, output: Output) -> dict[str, Any]:
    claim, essays = output["claim"], state.book(app).essays
    if claim["essay"] not in essays:
        raise BookError(
            f"{claim['id']}.yml names the essay {claim['essay']}, but there is no "
            f"book/essays/{claim['essay']}.yml: write it, or mend the name."
        )
    return essays[claim["essay"]]


def _add_card(app: Sphinx, doctree: nodes.document) -> None:
    output = state.claim_output(app, app.env.docname)
    if output is None:
        return
    title = next(iter(doctree.findall(nodes.title)))
    card = shell.part(
        "card",
        output=output,
        essay=_essay(app, output),
        dated=_dated(results.primary(output)),
        lead=None,
    )
    title.parent.insert(title.parent.index(title) + 1, card)


def _describe(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Put the answer and a schema.org ClaimReview into the head of a chapter's page."""
    output = state.claim_output(app, pagename)
    if output is None:
        return
    text = shell.inline_json(claim_review(output, _essay(app, output)))
    context["metatags"] = (
        f'{context.get("metatags", "")}<meta name="description" content="{escape(_said(output))}">'
        f'<script type="application/ld+json">{text}</script>'
    )


def connect(app: Sphinx) -> None:
    """Put the card on each chapter's page, and its verdict into the page's head."""
    app.connect("doctree-read", _add_card)
    app.connect("html-page-context", _describe)
