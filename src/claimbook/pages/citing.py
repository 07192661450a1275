"""What a reader takes along: how to cite the book or a chapter, a lead chart to embed, the way on.

The book's title, authors and licence stand in ``_config.yml``; its version in ``CITATION.cff``
where there is one; its address is known where ``_config.yml`` has one.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from markupsafe import Markup
from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.style import FormattedEntry
from pybtex.style.formatting.alpha import Style as AlphaStyle
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.docutils import SphinxDirective

from claimbook import paths
from claimbook.chapters import results
from claimbook.pages import machines, parts, state
from claimbook.pages.state import Output

EMBED = "embed"  # the folder of the lead charts' own pages


_STYLE = "kept"  # as bibtex_default_style has it
_formatted: dict[tuple[str, str], FormattedEntry] = {}


class Style(AlphaStyle):
    """The usual style of references; a process formats an entry once, and not at each build."""

    def format_entry(self, label: str, entry: Entry, bib_data: Any = None) -> FormattedEntry:
        """Return an entry of the references as text."""
        key = label, repr(entry)
        if key not in _formatted:
            _formatted[key] = super().format_entry(label, entry, bib_data)
        return _formatted[key]


def keep_references(app: Sphinx, config: Config) -> None:
    """Let references be formatted in that style."""
    register_plugin("pybtex.style.formatting", _STYLE, Style, force=True)
    config.bibtex_default_style = _STYLE


class Cite(SphinxDirective):
    """How to cite the whole book: ``{cite-book}``."""

    def run(self) -> list[nodes.Node]:
        """Return the words and the BibTeX."""
        return [parts.part("cite", cited=_cited(self.env.app), here="cite-the-book", dated=None)]


def _cited(app: Sphinx, output: Output | None = None) -> dict[str, Any]:
    """Return what a citation of the book, or of one of its chapters, says."""
    config, file = app.config, paths.root() / "CITATION.cff"
    version = re.search(
        r"^version: *(\S+)", file.read_text("utf-8") if file.is_file() else "", re.M
    )
    year = re.search(r"\d{4}", config.copyright)
    base = machines.base(app)
    return {
        "author": config.author,
        "book": app.config.html_title or config.project,
        "title": output and output["claim"]["title"],
        "key": "claim-by-claim" + (f"-{output['claim']['id']}" if output else ""),
        "year": year[0] if year else None,
        "version": version and version[1],
        "url": base and f"{base}/{results.url(output) if output else ''}",
    }


def about(app: Sphinx, output: Output, dated: str | None) -> nodes.raw:
    """Return the last part of a chapter: cite, share, what changed, the questions beside it."""
    book, own, up = state.book(app), output["claim"]["id"], state.up(app.env)
    order = [None, *state.in_order(book), None]
    beside = {
        way: (up + results.url(one), one)
        for before, here, after in zip(order, order[1:], order[2:], strict=False)
        if here["claim"]["id"] == own
        for way, one in (("Previous", before), ("Next", after))
        if one
    }
    state.made_of(app.env, *(one["claim"]["id"] for _, one in beside.values()))
    check = results.primary(output)
    held = [name for name, under in check["vintages"].items() if under and under["estimate"]]
    return parts.part(
        "about",
        output=output,
        check=check,
        dated=dated,
        steps=held[-2:] if check["series"] and len(held) > 1 else [],
        beside=beside,
        embed=f"{up}{EMBED}/{own}.html" if state.page(app.env).lead else None,
        cited=_cited(app, output),
        here="cite-this-chapter",
    )


def write_embeds(app: Sphinx, site: Path) -> None:
    """Write each lead chart as a page of its own, which others can show in a frame."""
    held = [page for page in state.pages(app.env).values() if page.claim and page.lead]
    folder = site / EMBED
    folder.mkdir(exist_ok=True)
    for page in held:
        output = state.book(app).output(page.claim)
        html = parts.render(
            "embed", output=output, lead=Markup(page.lead), book=_cited(app)["book"]
        )
        (folder / f"{page.claim}.html").write_text(html, encoding="utf-8", newline="\n")
