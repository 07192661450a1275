"""A chapter's page: the claim card under its title, its checks, its specification curve."""

from __future__ import annotations

import json
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from claimbook.chapters import results
from claimbook.chapters.book import Book
from claimbook.errors import ClaimbookError
from claimbook.pages import charts, parts
from claimbook.pages.errors import BookError
from claimbook.pages.panel import panel_html
from claimbook.pages.specification import specification_curve

METHOD = "book/method"


def claim_nodes(
    env: BuildEnvironment, document: nodes.document, output: dict[str, Any]
) -> list[nodes.Element]:
    """Return the nodes of a claim output, and remember it for its page.

    Parameters
    ----------
    env : sphinx.environment.BuildEnvironment
        The build, at the chapter.
    document : docutils.nodes.document
        The chapter.
    output : dict
        The claim output.

    Returns
    -------
    list of docutils.nodes.Element
        The specification curve, the checks and the method box.
    """
    remembered(env)[env.docname] = output
    curve = specification_curve(results.primary(output))
    drawn = [] if curve is None else charts.chart_nodes(env, document, curve.as_dict(), None)
    up = "../" * env.docname.count("/")
    sha = results.data_sha256().get("current", "")
    box = parts.render(
        "method",
        method=f"{up}{METHOD}.html",
        reads_data=any(check["series"] for check in output["checks"]),
        sha=sha[:12],
        notebook=f"{up}_sources/{env.docname}.ipynb",
        feed=f"{up}{results.FEED}",
        economies=f"{up}economies/{output['claim']['id']}.json",
    )
    argue = _raw(panel_html(output))
    return [*drawn, argue, _raw(parts.render("checks", output=output)), _raw(box)]


def remembered(env: BuildEnvironment) -> dict[str, dict[str, Any]]:
    """Return the claim outputs of the chapters read so far.

    Parameters
    ----------
    env : sphinx.environment.BuildEnvironment

    Returns
    -------
    dict of str to dict
        Page to claim output.
    """
    if not hasattr(env, "claimbook_claims"):
        env.claimbook_claims = {}
    return env.claimbook_claims


def _raw(html: str) -> nodes.raw:
    return nodes.raw("", html, format="html")


def _require_fresh(app: Sphinx) -> None:
    """Stop the build at a stale chapter or a faulty file, before a page is read."""
    try:
        # Kept for the pages: to read an essay is to read every claim file.
        book = Book()
        app.claimbook_essays = book.essays  # type: ignore[attr-defined]
        book.require_fresh()
    except ClaimbookError as fault:
        raise BookError(str(fault)) from None


def _add_card(app: Sphinx, doctree: nodes.document) -> None:
    output = remembered(app.env).get(app.env.docname)
    if output is None:
        return
    essay = app.claimbook_essays.get(output["claim"]["essay"])  # type: ignore[attr-defined]
    if essay is None:
        raise BookError(
            f"{output['claim']['id']}.yml names the essay {output['claim']['essay']}, but there is "
            f"no book/essays/{output['claim']['essay']}.yml: write it, or mend the name."
        )
    title = next(iter(doctree.findall(nodes.title)))
    card = _raw(parts.render("card", output=output, essay=essay))
    title.parent.insert(title.parent.index(title) + 1, card)


def _add_claim_review(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Put a schema.org ClaimReview into the head of a chapter's page."""
    output = remembered(app.env).get(pagename)
    if output is None:
        return
    essay = app.claimbook_essays[output["claim"]["essay"]]  # type: ignore[attr-defined]
    text = json.dumps(claim_review(output, essay), ensure_ascii=False).replace("<", "\\u003c")
    script = f'<script type="application/ld+json">{text}</script>'
    context["metatags"] = context.get("metatags", "") + script


def claim_review(output: dict[str, Any], essay: dict[str, Any]) -> dict[str, Any]:
    """Return a chapter as a schema.org ClaimReview.

    Parameters
    ----------
    output : dict
        The claim output.
    essay : dict
        The essay's file.

    Returns
    -------
    dict
        JSON-LD. *Inconclusive* has no place on a scale of truth, so it carries only its name.
    """
    scale = {"contradicted": 1, "mixed": 2, "supported": 3}
    rating: dict[str, Any] = {"@type": "Rating", "alternateName": output["verdict"]}
    if output["verdict"] in scale:
        rating |= {"ratingValue": scale[output["verdict"]], "worstRating": 1, "bestRating": 3}
    return {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "claimReviewed": output["claim"]["statement"],
        "itemReviewed": {
            "@type": "Claim",
            "author": {"@type": "Person", "name": essay["author"]},
            "datePublished": str(essay["year"]),
        },
        "author": {"@type": "Organization", "name": "Claim by Claim"},
        "reviewRating": rating,
    }


def _forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    remembered(env).pop(docname, None)


def connect(app: Sphinx) -> None:
    """Connect the chapters' parts to a build."""
    app.connect("builder-inited", _require_fresh)
    app.connect("env-purge-doc", _forget)
    app.connect("doctree-read", _add_card)
    app.connect("html-page-context", _add_claim_review)
