"""One script for the whole site: what every page runs comes with one request, not with twenty.

The theme and the book bring many small scripts. Once the pages are written they are joined, in
their order, and each page asks for the one. What only some pages need finds nothing on the others.
"""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from sphinx.application import Sphinx

SCRIPT = "site.js"
JOINED = (
    *("documentation_options.js", "doctools.js", "sphinx_highlight.js", "address.js", "charts.js"),
    *("clipboard.min.js", "copybutton.js", "scripts/sphinx-book-theme.js", "shell.js", "image.js"),
    *("country.js", "panel.js", "list.js", "notes.js", "values.js"),
    *("scripts/bootstrap.js", "scripts/pydata-sphinx-theme.js"),
)
_ASKED = re.compile(
    r'[ \t]*<script\b[^>]* src="[^"]*_static/('
    + "|".join(map(re.escape, (SCRIPT, *JOINED)))
    + r')(?:\?[^"]*)?"[^>]*></script>\n?'
)


def join(app: Sphinx, exception: Exception | None) -> None:
    """Write the one script, and let every page but the search's ask for it."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    parts = [(site / "_static" / name).read_text(encoding="utf-8") for name in JOINED]
    text = "\n;\n".join(parts)
    (site / "_static" / SCRIPT).write_text(text, encoding="utf-8", newline="\n")
    version = f"{zlib.crc32(text.encode()):08x}"
    for name in app.env.found_docs:
        page = site / f"{name}.html"
        if page.is_file():
            html = page.read_text(encoding="utf-8")
            address = f"{'../' * name.count('/')}_static/{SCRIPT}?v={version}"
            joined = in_one(html, f'<script defer src="{address}"></script>\n')
            if joined != html:
                page.write_text(joined, encoding="utf-8", newline="\n")


def in_one(html: str, script: str) -> str:
    """Put one script where a page has the first of those joined, and take the others out."""
    first = _ASKED.search(html)
    if first is None:
        return html
    return html[: first.start()] + script + _ASKED.sub("", html[first.end() :])
