"""The site works where a host allows scripts and styles from itself only (`default-src 'self'`).

The theme writes a few scripts and handlers into its pages. As the pages are written they are
taken out: the reader's light or dark is set by ``mode.js``, and the two buttons by ``shell.js``.
Where the list of a page's parts is still to come, the page says so from its start.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.jinja2glue import BuiltinTemplateLoader

# A script with neither a source nor a type is code in the page; data has a type.
_INLINE = re.compile(r"[ \t]*<script(?![^>]*\b(?:src|type)=)[^>]*>.*?</script>\n?", re.DOTALL)
_STYLE = re.compile(r"[ \t]*<noscript>\s*<style>.*?</style>\s*</noscript>\n?", re.DOTALL)
_MODE = re.compile(r"<script[^>]*>[^<]*dataset\.mode.*?</script>", re.DOTALL)
# The index of the search, and what reads it: elsewhere the field only leads to the search page.
_SEARCH = re.compile(
    r'[ \t]*<script src="[^"]*/(?:searchtools|language_data|searchindex)\.js[^"]*"></script>\n?'
)
# The theme's icons (0.5 MB of script) are drawn by icons.css instead.
_ICONS = re.compile(r'<script[^>]*src="[^"]*/fontawesome\.js[^"]*"[^>]*>\s*</script>')
# Its name has its hash; Sphinx adds another only where an earlier build has left the file.
_HASHED = re.compile(r"(/mystnb\.\w{64}\.css)\?v=\w+")
_PAGES = ("page.html", "search.html")
_CONTENTS = 'id="pst-secondary-sidebar"'
_HANDLERS = {"window.print()": "print", "toggleFullScreen()": "full-screen"}
_HANDLER = re.compile(r'\bonclick="([^"]*)"')


class Templates(BuiltinTemplateLoader):
    """Sphinx's templates, whose pages have no code of their own."""

    def render(self, template: str, context: dict[str, Any]) -> str:
        """Fill a template in."""
        html = super().render(template, context)
        if template not in _PAGES:
            return html
        name = context["pagename"]
        html = allowed(html, "../" * name.count("/"))
        if _CONTENTS in html:  # the list of the page's parts comes last, and has its place before
            html = html.replace("<html ", "<html data-contents ", 1)
        return html if name == "search" else _SEARCH.sub("", html)


def allowed(html: str, up: str) -> str:
    """Return a page without code of its own; `up` is the way from it to the root of the site."""
    html = _HASHED.sub(r"\1", html)
    html = _MODE.sub(f'<script src="{up}_static/mode.js"></script>', html)
    html = _HANDLER.sub(lambda match: f'data-click="{_HANDLERS[match[1]]}"', html)
    return _STYLE.sub("", _INLINE.sub("", _ICONS.sub("", html)))
