"""Words that explain themselves: the first mention of each term of the glossary, and citations.

Both are links whose title is what they say; without a script that is the browser's own tooltip, and
``notes.js`` makes it a note for mouse, keyboard and touch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx

from claimbook.pages import state

GLOSSARY = "book/glossary"
# What is already a link, a heading or code is left alone.
_APART = (nodes.reference, nodes.title, nodes.literal, nodes.literal_block, nodes.raw)


def _anchor(term: str) -> str:
    return f"term-{nodes.make_id(term)}"


def name_terms(app: Sphinx, doctree: nodes.document) -> None:
    """Give each term of the glossary an address; a chapter is written anew when they change."""
    if app.env.docname == GLOSSARY:
        for term in doctree.findall(nodes.term):
            term["ids"].append(_anchor(term.astext()))
    elif state.page(app.env).claim and GLOSSARY in app.env.found_docs:
        app.env.note_dependency(app.env.doc2path(GLOSSARY))


def _terms(app: Sphinx) -> dict[str, str]:
    """Return each term, in small letters, with its definition; the longest first."""
    items = app.env.get_doctree(GLOSSARY).findall(nodes.definition_list_item)
    found = {item[0].astext().lower(): item[1].astext() for item in items}
    return dict(sorted(found.items(), key=lambda one: -len(one[0])))


def link_terms(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Link the first mention of each term in a chapter's paragraphs."""
    if state.claim_output(app, docname) is None or GLOSSARY not in app.env.found_docs:
        return
    terms = _terms(app)
    glossary = app.builder.get_relative_uri(docname, GLOSSARY)
    for text in [text for one in doctree.findall(nodes.paragraph) for text in _texts(one)]:
        if terms:
            text.parent.replace(text, _linked(text.astext(), terms, glossary))


def _texts(node: nodes.Node) -> Iterator[nodes.Text]:
    """Yield what is written in a part of a page and may become a link."""
    if isinstance(node, nodes.Text):
        yield node
    elif not isinstance(node, _APART):
        for child in node.children:
            yield from _texts(child)


def _linked(text: str, terms: dict[str, str], glossary: str) -> list[nodes.Node]:
    """Return a text with links at the terms it mentions, which are taken from `terms`."""
    mention = re.search(rf"\b({'|'.join(map(re.escape, terms))})s?\b", text, re.IGNORECASE)
    if mention is None:
        return [nodes.Text(text)]
    term = mention[1].lower()
    link = nodes.reference(
        "",
        mention[0],
        internal=True,
        refuri=f"{glossary}#{_anchor(term)}",
        reftitle=terms.pop(term),
        classes=["cb-term"],
    )
    before, after = text[: mention.start()], text[mention.end() :]
    return [
        nodes.Text(before),
        link,
        *(_linked(after, terms, glossary) if terms else [nodes.Text(after)]),
    ]
