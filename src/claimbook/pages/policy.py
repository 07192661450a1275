"""The site works where a host allows scripts and styles from itself only (`default-src 'self'`).

The theme writes a few scripts and handlers into its pages. When the pages are written they are
taken out: the reader's light or dark is set by ``mode.js``, and the two buttons by ``shell.js``.
"""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx

from claimbook.pages import state

# A script with neither a source nor a type is code in the page; data has a type.
_INLINE = re.compile(r"[ \t]*<script(?![^>]*\b(?:src|type)=)[^>]*>.*?</script>\n?", re.DOTALL)
_STYLE = re.compile(r"[ \t]*<noscript>\s*<style>.*?</style>\s*</noscript>\n?", re.DOTALL)
_MODE = re.compile(r"<script[^>]*>[^<]*dataset\.mode.*?</script>", re.DOTALL)
# The index of the search, and what reads it: elsewhere the field only leads to the search page.
_SEARCH = re.compile(
    r'[ \t]*<script src="[^"]*/(?:searchtools|language_data|searchindex)\.js[^"]*"></script>\n?'
)
_HANDLERS = {"window.print()": "print", "toggleFullScreen()": "full-screen"}
_HANDLER = re.compile(r'\bonclick="([^"]*)"')


def allowed(html: str, up: str) -> str:
    """Return a page without code of its own; `up` is the way from it to the root of the site."""
    html = _MODE.sub(f'<script src="{up}_static/mode.js"></script>', html)
    html = _HANDLER.sub(lambda match: f'data-click="{_HANDLERS[match[1]]}"', html)
    return _STYLE.sub("", _INLINE.sub("", html))


def _rewrite(app: Sphinx, site: Path) -> None:
    for name in app.env.found_docs | {"search"}:
        page = site / f"{name}.html"
        if page.is_file():
            html = page.read_text(encoding="utf-8")
            text = allowed(html, "../" * name.count("/"))
            text = text if name == "search" else _SEARCH.sub("", text)
            if text != html:
                page.write_text(text, encoding="utf-8", newline="\n")


def connect(app: Sphinx) -> None:
    """Take the theme's own code out of every page once it is written."""
    state.when_written(app, _rewrite)
