"""A chapter's page: the claim card under its title, its checks, what its head and its end say."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd
from docutils import nodes
from markupsafe import Markup
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from claimbook import figures
from claimbook.chapters import results
from claimbook.errors import ClaimbookError
from claimbook.pages import charts, citing, country, grounds, panel, parts, phrases, state, values
from claimbook.pages.specification import specification_curve
from claimbook.pages.state import BookError, Output

_SCALE = {"contradicted": 1, "mixed": 2, "supported": 3}


def claim_nodes(
    env: BuildEnvironment, document: nodes.document, stored: Output, cell: int | None
) -> list[nodes.Element]:
    """Return all parts that show a claim output where it stands; its page remembers the claim.

    What is shown is the Book's output, which has joined the claim file's words to what is stored.
    """
    claim_id = state.chapter(env.app, env.docname)
    if claim_id is None:
        raise BookError(f"{env.docname} shows a claim, but no claim file stands beside it.")
    if not state.book(env.app).answers(claim_id):
        return []  # a draft that was run for another claim file, as its banner says
    state.page(env).claim = claim_id
    try:
        return _parts(env, document, claim_id)
    except ClaimbookError as fault:
        state.excuse(env.app, claim_id, fault)
        return []


def _parts(env: BuildEnvironment, document: nodes.document, claim_id: str) -> list[nodes.Element]:
    book, up = state.book(env.app), state.up(env)
    output = book.output(claim_id)
    env.note_dependency(str(book.claim_paths[claim_id]))
    state.depends_on_essays(env)
    first = results.primary(output)
    others = [check for check in output["checks"] if check is not first]
    return [
        grounds.grounds(output, _dated(book, first)),
        *_argued(env, document, output, first),
        nodes.raw("", str(panel.panels(output, others)), format="html"),
        parts.part("checks", output=output, strips=grounds.strips(output), names=book.names),
        *([shown] if (shown := values.values(env, output)) else []),
        parts.part(
            "method",
            up=up,
            claim=claim_id,
            docname=env.docname,
            feed=results.FEED,
            reads_data=any(check["series"] for check in output["checks"]),
            sha=results.data_sha256().get("current", "")[:12],
        ),
    ]


def _argued(
    env: BuildEnvironment, document: nodes.document, output: Output, first: dict[str, Any]
) -> list[nodes.Element]:
    """Return the primary check's panel; it holds the curve, whose node both stand in."""
    curve = specification_curve(first, output["claim"].get("labels"))
    if curve is None:
        return [nodes.raw("", str(panel.panels(output, [first])), format="html")]
    drawn = charts.chart_nodes(env, document, curve.as_dict(), None)
    for node in drawn:
        node[0] = nodes.Text(panel.panels(output, [first], curve=node.astext()))
    return drawn


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
        "reviewBody": phrases.said(output),
        "itemReviewed": {
            "@type": "Claim",
            "author": {"@type": "Person", "name": essay["author"]},
            "datePublished": str(essay["year"]),
        },
        "author": {"@type": "Organization", "name": "Claim by Claim"},
        "reviewRating": rating,
    }


def _dated(book: state.Book, check: dict[str, Any]) -> str | None:
    """Return the month of the newest figures that a check reads."""
    wdi = book.snapshots[check["vintage"]]
    held = [wdi.metadata(code) for code in check["series"] if code in wdi.codes]
    return max((meta["retrieved"][:7] for meta in held if meta.get("retrieved")), default=None)


def _lead(app: Sphinx, output: Output) -> Markup | None:
    """Draw the lead chart that the claim file names, titled by its own words or by the answer."""
    lead, book = output["claim"].get("lead"), state.book(app)
    if lead is None:
        return None
    first = results.primary(output)
    source = "the model of this chapter"
    if first["series"]:
        source = book.snapshots[first["vintage"]].cite(*first["series"])
    title = phrases.bound(lead["title"], output) if "title" in lead else phrases.said(output)
    table = state.page(app.env).files.get(charts.csv_name(app.env.docname, lead.get("chart", "")))
    lines = None if table is None else pd.read_csv(io.StringIO(table), index_col=0)
    labels, names = output["claim"].get("labels"), book.names
    drawn = figures.lead_chart(
        lead, output, title=title, source=source, names=names, lines=lines, labels=labels
    )
    return Markup(drawn)


def _essay(app: Sphinx, output: Output) -> dict[str, Any]:
    claim, essays = output["claim"], state.book(app).essays
    if claim["essay"] not in essays:
        raise BookError(
            f"{claim['id']}.yml names the essay {claim['essay']}, but there is no "
            f"book/essays/{claim['essay']}.yml: write it, or mend the name."
        )
    return essays[claim["essay"]]


def _card(app: Sphinx, output: Output, dated: str | None) -> nodes.raw:
    try:
        lead = _lead(app, output)
    except ClaimbookError as fault:
        state.excuse(app, output["claim"]["id"], fault)
        lead = None
    state.page(app.env).lead = lead and str(lead)
    box = country.box(state.book(app), output, state.up(app.env))
    essay = _essay(app, output)
    return parts.part("card", output=output, essay=essay, dated=dated, lead=lead, country=box)


def _add_card(app: Sphinx, doctree: nodes.document) -> None:
    """Put the card and the switch for the code under a chapter's title, and fold the code."""
    claim_id = state.page(app.env).claim
    if claim_id is None:
        return
    output = state.book(app).output(claim_id)
    dated = _dated(state.book(app), results.primary(output))
    try:
        card = _card(app, output, dated)
    except ClaimbookError as fault:
        state.excuse(app, claim_id, fault)
        return
    title = next(iter(doctree.findall(nodes.title)))
    place = title.parent.index(title) + 1
    title.parent[place:place] = [card, parts.part("code-switch")]
    title.parent.append(citing.about(app, output, dated))
    for node in doctree.findall(nodes.container):
        if node.children and node[0].get("nb_element") == "cell_code_source":
            mode = node.get("hide_mode")
            node["hide_mode"] = "input+output" if mode == "output" else mode or "input"
            node["prompt_show"] = app.config.nb_code_prompt_show
            node["prompt_hide"] = app.config.nb_code_prompt_hide


def _describe(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Put the answer and a schema.org ClaimReview into the head of a chapter's page."""
    output = state.claim_output(app, pagename)
    if output is None or state.draft(app, pagename):
        return
    review = claim_review(output, _essay(app, output))
    head = parts.render("head", review=review)
    context["metatags"] = f"{context.get('metatags', '')}{head}"  # a sum would escape the first


def connect(app: Sphinx) -> None:
    """Put the card on each chapter's page, and its verdict into the page's head."""
    app.connect("doctree-read", _add_card)
    app.connect("html-page-context", _describe)
