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
    elsewhere,
    gathering,
    joined,
    machines,
    notes,
    shell,
    state,
    values,
)

_PARTS = {charts.MIME: charts.chart_nodes, CLAIM: card.claim_nodes}
_DIRECTIVES = gathering.DIRECTIVES | {
    "cite-book": citing.Cite,
    "data-page": data.DataPage,
    "your-country": country.YourCountry,
}
_WHEN = (
    ("config-inited", citing.keep_references),
    ("builder-inited", state.open_book),
    ("env-get-outdated", state.outdated),
    ("doctree-read", card.add_card),
    ("doctree-read", notes.name_terms),
    ("env-updated", state.with_new_headings),
    ("doctree-resolved", notes.link_terms),
    ("html-page-context", elsewhere.add_links),
    ("html-page-context", machines.describe),
)
_WHEN_WRITTEN = (
    citing.write_embeds,
    country.write_names,
    gathering.write_feed,
    data.copy_snapshots,
    elsewhere.write_for_colab,
    machines.write,
    values.write_script,
)


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
    metadata = shell.setup(app)
    for event, does in _WHEN:
        app.connect(event, does)
    for finish in _WHEN_WRITTEN:
        state.when_written(app, finish)
    app.connect("build-finished", joined.join, priority=950)
    app.connect("build-finished", state.all_written, priority=901)
    app.add_role("tally", gathering.Tally())
    for name, directive in _DIRECTIVES.items():
        app.add_directive(name, directive)
    for script in ("country", "panel", "list", "notes", "values"):
        app.add_js_file(f"{script}.js", loading_method="defer")
    return metadata
