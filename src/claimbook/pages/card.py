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
from claimbook.chapters import prose, results
from claimbook.pages import charts, citing, country, grounds, panel, parts, phrases, state, values
from claimbook.pages.specification import specification_curve
from claimbook.pages.state import BookError, Output


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
    state.made_of(env, claim_id)
    with state.excused(env.app, claim_id):
        return _parts(env, document, claim_id)
    return []


def _parts(env: BuildEnvironment, document: nodes.document, claim_id: str) -> list[nodes.Element]:
    book, up = state.book(env.app), state.up(env)
    output = book.output(claim_id)
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


def _dated(book: state.Book, check: dict[str, Any]) -> str | None:
    day = state.retrieved(book, check, check["vintage"])
    return day and day[:7]


def _lead(app: Sphinx, output: Output) -> str | None:
    """Draw the lead chart that the claim file names, titled by its own words or by the answer."""
    lead, book = output["claim"].get("lead"), state.book(app)
    if lead is None:
        return None
    first = results.primary(output)
    source = "the model of this chapter"
    if first["series"]:
        source = book.snapshots[first["vintage"]].cite(*first["series"])
    title = prose.plain(lead["title"], output) if "title" in lead else phrases.said(output)
    table = state.page(app.env).files.get(charts.csv_name(app.env.docname, lead.get("chart", "")))
    lines = None if table is None else pd.read_csv(io.StringIO(table), index_col=0)
    labels, names = output["claim"].get("labels"), book.names
    return figures.lead_chart(
        lead, output, title=title, source=source, names=names, lines=lines, labels=labels
    )


def _shown(app: Sphinx, claim_id: str) -> tuple[nodes.raw, nodes.raw]:
    """Return a chapter's card and its last part."""
    book, page = state.book(app), state.page(app.env)
    output = book.output(claim_id)
    dated = _dated(book, results.primary(output))
    with state.excused(app, claim_id):
        page.lead = _lead(app, output)
    card = parts.part(
        "card",
        output=output,
        essay=book.essays[output["claim"]["essay"]],
        dated=dated,
        lead=page.lead and Markup(page.lead),
        country=country.box(book, output, state.up(app.env)),
    )
    return card, citing.about(app, output, dated)


def add_card(app: Sphinx, doctree: nodes.document) -> None:
    """Put the card and the switch for the code under a chapter's title, and fold the code.

    A draft has its banner there, which says all that is missing.
    """
    claim_id, title = state.page(app.env).claim, next(iter(doctree.findall(nodes.title)))
    place = title.parent.index(title) + 1
    if claim_id is not None:
        with state.excused(app, claim_id):
            card, about = _shown(app, claim_id)
            title.parent[place:place] = [card, parts.part("code-switch")]
            title.parent.append(about)
            _fold(app, doctree)
    if faults := state.draft(app, app.env.docname):
        title.parent.insert(place, parts.part("draft", faults=faults))


def _fold(app: Sphinx, doctree: nodes.document) -> None:
    for node in doctree.findall(nodes.container):
        if node.children and node[0].get("nb_element") == "cell_code_source":
            mode = node.get("hide_mode")
            node["hide_mode"] = "input+output" if mode == "output" else mode or "input"
            node["prompt_show"] = app.config.nb_code_prompt_show
            node["prompt_hide"] = app.config.nb_code_prompt_hide
