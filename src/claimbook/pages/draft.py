"""An unfinished chapter under its banner: what is missing, and that nothing of it is published."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from claimbook.pages import parts, state

_UNLISTED = '<meta name="robots" content="noindex">'


def _add_banner(app: Sphinx, doctree: nodes.document) -> None:
    """Put the banner under the title of a draft."""
    faults = state.draft(app, app.env.docname)
    if faults:
        title = next(iter(doctree.findall(nodes.title)))
        title.parent.insert(title.parent.index(title) + 1, parts.part("draft", faults=faults))


def _hide(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Tell search engines to leave a draft alone."""
    if doctree is not None and state.draft(app, pagename):
        context["metatags"] = context.get("metatags", "") + _UNLISTED


def _anew(app: Sphinx, *_: object) -> list[str]:
    """Read every chapter anew in a build that shows drafts: what is missing may lie elsewhere."""
    if not state.book(app).drafts:
        return []
    return [name for name in app.env.found_docs if state.chapter(app, name)]


def connect(app: Sphinx) -> None:
    """Mark drafts."""
    app.connect("doctree-read", _add_banner)
    app.connect("html-page-context", _hide)
    app.connect("env-get-outdated", _anew)
