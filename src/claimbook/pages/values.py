"""Bound numbers on the page: a `value:` link becomes its text, once that is what was computed."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx

from claimbook.chapters import prose
from claimbook.pages.errors import BookError


def _make_plain(app: Sphinx, doctree: nodes.document) -> None:
    """Replace every `value:` link by its number.

    In a chapter the numbers have been compared before the build began. Elsewhere nothing stands
    behind such a link, so it stops the build.
    """
    for link in list(doctree.findall(nodes.reference)):
        if not link.get("refuri", "").startswith(prose.SCHEME):
            continue
        if app.env.docname not in getattr(app.env, "claimbook_claims", {}):
            raise BookError(
                f"{app.env.docname} binds a number to {link['refuri']}, but only a chapter has "
                "values: use one of the directives of this page, or move the sentence."
            )
        link.replace_self(nodes.inline("", link.astext(), classes=["cb-value"]))


def connect(app: Sphinx) -> None:
    """Make bound numbers plain on every page as it is read."""
    app.connect("doctree-read", _make_plain)
