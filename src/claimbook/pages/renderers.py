"""What the notebooks' own kinds of output become on the page (myst-nb's mime renderers)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from docutils import nodes
from myst_nb.core.render import MimeData, MimeRenderPlugin, NbElementRenderer

from claimbook.claims import declared, files
from claimbook.claims.output import MIME as CLAIM_MIME
from claimbook.claims.output import expanded
from claimbook.pages import chapters, charts


class ChartRenderer(MimeRenderPlugin):
    """A plotly figure becomes a described chart with its data."""

    mime_priority_overrides: ClassVar[Sequence[tuple[str, str, int | None]]] = (
        ("html", charts.MIME, 1),
    )

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Element] | None:
        """Return the chart's nodes, or None for what is not a chart of a page."""
        if inline or data.mime_type != charts.MIME:
            return None
        document = renderer.renderer.document
        return charts.chart_nodes(document.settings.env, document, data.content, data.cell_index)


class ClaimRenderer(MimeRenderPlugin):
    """A claim output becomes its specification curve, its checks and its method box."""

    mime_priority_overrides: ClassVar[Sequence[tuple[str, str, int | None]]] = (
        ("html", CLAIM_MIME, 1),
    )

    @staticmethod
    def handle_mime(
        renderer: NbElementRenderer, data: MimeData, inline: bool
    ) -> list[nodes.Element] | None:
        """Return the claim's nodes, or None for what is not a claim output of a page."""
        if inline or data.mime_type != CLAIM_MIME:
            return None
        document = renderer.renderer.document
        output = expanded(data.content, files.read_claim(data.content["claim"]))
        output = declared.joined(output, declared.read())
        return chapters.claim_nodes(document.settings.env, document, output)
