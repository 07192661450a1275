"""The Sphinx extension of the book: its state, the site's shell, and one file for each page part.

It executes nothing: pages show what `claimbook run` has stored in the chapters.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
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
    machines,
    notes,
    sheets,
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
# What each page loads, in this order; what only some need is added as they are written.
_STYLES = {"icons.css": 890, "claimbook.css": 900, "lead.css": 901}
_SCRIPTS = ("shell", "image", "country", "panel", "list", "notes")
_WHEN = (
    ("config-inited", shell.configure),
    ("config-inited", shell.drop_thebe),
    ("builder-inited", state.open_book),
    ("builder-inited", shell.read_no_files),
    ("builder-inited", charts.check_vendored),
    ("env-get-outdated", state.outdated),
    ("doctree-read", charts.link_from_elsewhere),
    ("doctree-read", card.add_card),
    ("doctree-read", notes.name_terms),
    ("env-updated", state.with_new_headings),
    ("env-updated", charts.stop_if_incomplete),
    ("doctree-resolved", shell.check_links),
    ("doctree-resolved", notes.link_terms),
    ("html-page-context", shell.rank_results),
    ("html-page-context", charts.add_scripts),
    ("html-page-context", elsewhere.add_links),
    ("html-page-context", machines.describe),
    ("build-finished", shell.remove_unused),
)
_WHEN_WRITTEN = (
    shell.write_licences,
    charts.write_files,
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
    app.add_env_collector(state.Collector)
    math = (shell.visit_math, None), (shell.visit_math_block, None)
    app.add_html_math_renderer(shell.MATHML, *math)
    citation = (shell.visit_citation, shell.depart_citation)
    app.add_node(nodes.citation, override=True, html=citation)
    app.add_role("tally", gathering.Tally())
    for name, directive in _DIRECTIVES.items():
        app.add_directive(name, directive)
    for event, does in _WHEN:
        app.connect(event, does)
    app.connect("html-page-context", shell.drop_unused, priority=900)
    for finish in _WHEN_WRITTEN:
        state.when_written(app, finish)
    app.connect("build-finished", sheets.join, priority=950)
    app.connect("build-finished", state.all_written, priority=901)
    for style, priority in _STYLES.items():
        app.add_css_file(style, priority=priority)
    app.add_js_file("address.js", priority=400, loading_method="defer")  # before those that use it
    for script in _SCRIPTS:
        app.add_js_file(f"{script}.js", loading_method="defer")
    app.add_js_file("values.js", loading_method="defer", **{"data-world": values.SCRIPT})
    safe = {"parallel_read_safe": True, "parallel_write_safe": True}
    return {**safe, "env_version": shell.version(Path(__file__).parents[1])}
