"""The Sphinx extension of the book: its state, the site's shell, and one file for each page part.

It executes nothing: pages show what `claimbook run` has stored in the chapters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from docutils import nodes
from myst_nb.core.render import MimeData, MimeRenderPlugin, NbElementRenderer
from sphinx.application import Sphinx

from claimbook.claims.output import MIME as CLAIM
from claimbook.pages import (
    card,
    charts,
    citing,
    country,
    data,
    draft,
    elsewhere,
    gathering,
    machines,
    notes,
    panel,
    policy,
    scripts,
    sheets,
    shell,
    state,
    values,
)

_PARTS = {charts.MIME: charts.chart_nodes, CLAIM: card.claim_nodes}


class Renderer(MimeRenderPlugin):
    """The notebooks' own kinds of output become parts of a page, which myst-nb asks for here."""

    mime_priority_overrides: ClassVar[Sequence[tuple[str, str, int | None]]] = tuple(
        ("html", mime, 1) for mime in _PARTS
    )

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Element] | None:
        """Return the part's nodes, or None for what is another's."""
        if inline or data.mime_type not in _PARTS:
            return None
        document = renderer.renderer.document
        part = _PARTS[data.mime_type]
        return part(document.settings.env, document, data.content, data.cell_index)


def setup(app: Sphinx) -> dict[str, bool | int]:
    """Connect every part of the extension to a build."""
    app.connect("builder-inited", state.open_book)
    metadata = shell.setup(app)
    parts = (card, citing, country, draft, panel, gathering, data)
    for part in (*parts, elsewhere, machines, notes, policy, sheets, values):
        part.connect(app)
    app.connect("build-finished", scripts.join, priority=960)
    return metadata
