"""What a page asks for before it is drawn: one style sheet and one script for the whole site.

The theme brings 90 kB (gzip) of rules, most of them about parts that no page of a book has, and
with the book many small scripts. Once the pages are written, each of the theme's rules that names a
class or an id found in no page and in no script is left out, and what stays is joined with the
book's own sheets into one file; the book's scripts are joined, in their order, into another, where
what only some pages need finds nothing on the others. It asks for the theme's scripts, joined too,
once the chart that an address names is drawn. No script is waited for but the one that sets light
or dark.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from sphinx.application import Sphinx

from claimbook.pages.vendored import STATIC

SHEET = "site.css"
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
_LINK = re.compile(r'[ \t]*<link\b[^>]*\brel="stylesheet"[^>]*>\n?')
_SCRIPT = re.compile(
    r'[ \t]*<script\b[^>]* src="[^"]*_static/('
    + "|".join(map(re.escape, (*SCRIPTS, *(name for parts in SCRIPTS.values() for name in parts))))
    + r')(?:\?[^"]*)?"[^>]*></script>\n?'
)
_NAME = re.compile(r'href="[^"]*?_static/([^"?]+)')
_NAMED = re.compile(r'\b(?:class|id)="([^"]*)"')
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_IMPORT = re.compile(r'@import "\.\./([^"]+)";')
_RULE = re.compile(r"([^{};]*)\{([^{}]*)\}")  # an innermost one: selectors, and what they set
_EMPTY = re.compile(r"@(?:media|supports)[^{};]*\{\s*\}")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\]]*\]")  # what a selector says beside its own classes
_NAMES = re.compile(r"[.#]([\w-]+)")
_PRELOAD = re.compile(r'[ \t]*<link\b[^>]*\brel="preload"[^>]*>\n?')
_WAITED_FOR = re.compile(r'<script(?=[^>]* src=)(?![^>]*(?:\bdefer\b|/mode\.js"))')
_MODE = re.compile(r'(<script src="[^"]*/mode\.js")[^>]*(?=>)')
_PLOTLY = re.compile(r'\bdata-plotly="[^"]*"')
_ICONS = "fontawesome"  # the fonts that shell.py removes


def join(app: Sphinx, exception: Exception | None) -> None:
    """Write the one sheet and the scripts, and let every page ask for them alone."""
    site = Path(app.outdir)
    static = site / "_static"
    if exception is not None or app.builder.format != "html":
        return
    pages = {path: _text(path) for path in site.rglob("*.html")}
    written = {
        name: path
        for name in sorted(app.env.found_docs | {"search"})
        if (path := site / f"{name}.html") in pages
    }
    asked = {
        name: [_NAME.search(link)[1] for link in _LINK.findall(pages[path])]
        for name, path in written.items()
    }
    # A page that an earlier build has written asks for the one sheet already.
    names = next((names for names in asked.values() if names != [SHEET]), None)
    if names is not None:
        sheet = _put(static, SHEET, "\n".join(_sheets(static, names, pages.values())))
    own, theme = (
        _put(static, name, "\n;\n".join(_text(static / part) for part in parts))
        for name, parts in SCRIPTS.items()
    )
    for name, path in written.items():
        html, up = pages[path], f"{'../' * name.count('/')}_static/"
        if names is not None:
            link = f'<link rel="stylesheet" href="{up}{sheet}">\n'
            html = _in_one(_PRELOAD.sub("", html), _LINK, link)
            if asked[name] != [SHEET] and name != "search":
                html = _WAITED_FOR.sub("<script defer", html)
                if plotly := _PLOTLY.search(html):  # for an address that names a chart
                    html = _MODE.sub(rf"\1 {plotly[0]}", html)
        if name != "search":  # whose scripts count on their order
            script = f'<script defer src="{up}{own}" data-after="{up}{theme}"></script>\n'
            html = _in_one(html, _SCRIPT, script)
        if html != pages[path]:
            path.write_text(html, encoding="utf-8", newline="\n")


def _put(static: Path, name: str, text: str) -> str:
    """Write what is joined; return its name with the version that an address asks for."""
    (static / name).write_text(text, encoding="utf-8", newline="\n")
    return f"{name}?v={zlib.crc32(text.encode()):08x}"


def _in_one(html: str, pattern: re.Pattern[str], tag: str) -> str:
    """Put one tag where a page has the first of those that match, and take the others out."""
    first = pattern.search(html)
    if first is None:
        return html
    return html[: first.start()] + tag + pattern.sub("", html[first.end() :])


def _sheets(static: Path, names: Iterable[str], pages: Iterable[str]) -> Iterator[str]:
    """Yield the text of each sheet: the book's own, and what the pages use of the theme's."""
    words = {word for html in pages for said in _NAMED.findall(html) for word in said.split()}
    for script in static.rglob("*.js"):
        if "vendor" not in script.parts:
            words.update(re.findall(r"[\w-]+", _text(script)))
    for name in names:
        text = _with_imports(static, name)
        yield _COMMENT.sub("", text) if (STATIC / name).is_file() else used(text, words)


def used(css: str, words: set[str]) -> str:
    """Return the rules of a sheet that can apply where only these classes and ids stand."""

    def kept(rule: re.Match[str]) -> str:
        selectors, declared = rule[1].strip(), rule[2]
        if selectors.startswith("@"):
            return "" if _ICONS in declared else rule[0]
        while _BRACKETS.search(selectors):
            selectors = _BRACKETS.sub("", selectors)
        named = [_NAMES.findall(one) for one in selectors.split(",")]
        return rule[0] if any(map(words.issuperset, named)) else ""

    css = _RULE.sub(kept, _COMMENT.sub("", css))
    while _EMPTY.search(css):
        css = _EMPTY.sub("", css)
    return css


def _with_imports(static: Path, name: str) -> str:
    """Return a sheet with those that it imports, all of which stand in the folder above it."""
    return _IMPORT.sub(lambda match: _with_imports(static, match[1]), _text(static / name))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
