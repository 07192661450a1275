"""What the site gives to programs: the results feed beside the pages."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx

from claimbook.chapters import results
from claimbook.chapters.book import Book


def _write(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.format == "html":
        results.write(Path(app.outdir), Book().outputs)


def connect(app: Sphinx) -> None:
    """Write the feed when the pages are written."""
    app.connect("build-finished", _write)
