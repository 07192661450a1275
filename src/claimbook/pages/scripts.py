"""Two scripts for the whole site: the book's own, and after it the theme's many as one.

The theme and the book bring many small scripts. Once the pages are written they are joined, in
their order, and each page asks for the first; that asks for the second once the chart which an
address names is drawn. What only some pages need finds nothing on the others.
"""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from sphinx.application import Sphinx

SCRIPTS = {
    "site.js": (
        *("address.js", "charts.js", "shell.js", "image.js", "country.js", "panel.js", "list.js"),
        *("notes.js", "values.js"),
    ),
    "theme.js": (
        *("documentation_options.js", "doctools.js", "sphinx_highlight.js", "clipboard.min.js"),
        *("copybutton.js", "scripts/sphinx-book-theme.js", "scripts/bootstrap.js"),
        "scripts/pydata-sphinx-theme.js",
    ),
}
_NAMES = (*SCRIPTS, *(name for parts in SCRIPTS.values() for name in parts))
_ASKED = re.compile(
    r'[ \t]*<script\b[^>]* src="[^"]*_static/('
    + "|".join(map(re.escape, _NAMES))
    + r')(?:\?[^"]*)?"[^>]*></script>\n?'
)


def join(app: Sphinx, exception: Exception | None) -> None:
    """Write the two scripts, and let every page but the search's ask for them."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    own, theme = (_joined(site / "_static", name) for name in SCRIPTS)
    for name in app.env.found_docs:
        page = site / f"{name}.html"
        if page.is_file():
            html = page.read_text(encoding="utf-8")
            static = f"{'../' * name.count('/')}_static/"
            asked = f'<script defer src="{static}{own}" data-after="{static}{theme}"></script>\n'
            joined = in_place(html, asked)
            if joined != html:
                page.write_text(joined, encoding="utf-8", newline="\n")


def _joined(static: Path, name: str) -> str:
    """Write one script of its parts; return its address, which changes with what it says."""
    text = "\n;\n".join((static / part).read_text(encoding="utf-8") for part in SCRIPTS[name])
    (static / name).write_text(text, encoding="utf-8", newline="\n")
    return f"{name}?v={zlib.crc32(text.encode()):08x}"


def in_place(html: str, asked: str) -> str:
    """Put what is asked for where a page has the first of the joined, and take the others out."""
    first = _ASKED.search(html)
    if first is None:
        return html
    return html[: first.start()] + asked + _ASKED.sub("", html[first.end() :])
