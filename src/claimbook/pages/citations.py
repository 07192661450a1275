"""The list of references as HTML that says what it is: a list with its items.

docutils gives each entry the role `doc-biblioentry`, which ARIA has withdrawn in favour of plain
list items.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator


def visit_citation(translator: HTML5Translator, node: nodes.citation) -> None:
    """Open an entry, and before the first one the list."""
    if not isinstance(node.previous_sibling(), nodes.citation):
        translator.body.append('<div role="list" class="citation-list">\n')
    translator.body.append(translator.starttag(node, "div", CLASS="citation", role="listitem"))


def depart_citation(translator: HTML5Translator, node: nodes.citation) -> None:
    """Close an entry, and after the last one the list."""
    translator.body.append("</div>\n")
    if not isinstance(node.next_node(descend=False, siblings=True), nodes.citation):
        translator.body.append("</div>\n")


def connect(app: Sphinx) -> None:
    """Write citations in this way."""
    app.add_node(nodes.citation, override=True, html=(visit_citation, depart_citation))
