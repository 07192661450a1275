"""What a page waits for before it is drawn: one style sheet, made of what the site's pages use.

The theme brings 90 kB (gzip) of rules, most of them about parts that no page of a book has. Once
the pages are written, each of its rules that names a class or an id found in no page and in no
script is left out, and what stays is joined with the book's own sheets into one file. No script is
waited for but the one that sets light or dark.
"""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from sphinx.application import Sphinx

from claimbook.pages.vendored import STATIC

SHEET = "site.css"
_LINK = re.compile(r'[ \t]*<link\b[^>]*\brel="stylesheet"[^>]*>\n?')
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


def _read(static: Path, name: str) -> str:
    """Return a sheet with those that it imports, all of which stand in the folder above it."""
    text = (static / name).read_text(encoding="utf-8")
    return _IMPORT.sub(lambda match: _read(static, match[1]), text)


def join(app: Sphinx, exception: Exception | None) -> None:
    """Write the one sheet, and let every page written ask for it in the place of the others."""
    site = Path(app.outdir)
    static = site / "_static"
    if exception is not None or app.builder.format != "html":
        return
    pages = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    written = {
        name: path
        for name in sorted(app.env.found_docs | {"search"})
        if (path := site / f"{name}.html") in pages
    }
    asked = {
        name: [_NAME.search(link)[1] for link in _LINK.findall(pages[path])]
        for name, path in written.items()
    }
    names = next((names for names in asked.values() if names != [SHEET]), None)
    if names is None:
        return
    words = {
        word for text in pages.values() for said in _NAMED.findall(text) for word in said.split()
    }
    for script in static.rglob("*.js"):
        if "vendor" not in script.parts:
            words.update(re.findall(r"[\w-]+", script.read_text(encoding="utf-8")))
    sheets = [
        _COMMENT.sub("", _read(static, name))
        if (STATIC / name).is_file()
        else used(_read(static, name), words)
        for name in names
    ]
    text = "\n".join(sheets)
    (static / SHEET).write_text(text, encoding="utf-8", newline="\n")
    version = f"{zlib.crc32(text.encode()):08x}"
    for name, path in written.items():
        up = "../" * name.count("/")
        link = f'<link rel="stylesheet" href="{up}_static/{SHEET}?v={version}">\n'
        html = _in_one(pages[path], link)
        if asked[name] != [SHEET] and name != "search":  # whose scripts count on their order
            html = _WAITED_FOR.sub("<script defer", html)
            if plotly := _PLOTLY.search(html):  # asked for at once where the address names a chart
                html = _MODE.sub(rf"\1 {plotly[0]}", html)
        if html != pages[path]:
            path.write_text(html, encoding="utf-8", newline="\n")


def _in_one(html: str, link: str) -> str:
    """Put one link where a page has the first of its sheets, and take the others out."""
    html = _PRELOAD.sub("", html)
    before, rest = html.split(_LINK.search(html)[0], 1)  # type: ignore[index]
    return before + link + _LINK.sub("", rest)
