"""Tables that everyone can read: header cells that say what they head, and a region that scrolls.

A table wider than the page scrolls inside its own region, which the keyboard can reach; pandas'
HTML has empty header cells and no scopes, and is mended on the way into the book.
"""

import re
from collections.abc import Sequence
from html import escape, unescape

from docutils import nodes
from sphinx.application import Sphinx

_FRAME = re.compile(r'<table[^>]*class="[^"]*\bdataframe\b[^"]*"[^>]*>(.*?)</table>', re.S)
_SCOPED_STYLE = re.compile(r"<style scoped>.*?</style>\s*", re.S)
_HEADER_CELL = re.compile(r"<th\b([^>]*)>(.*?)</th>", re.S)
_LINE = re.compile(r"<tr[^>]*>(.*?)</tr>", re.S)
_SPAN = re.compile(r'\b(row|col)span="?(\d+)"?')
_HEADERS_NAMED = 4


def scrolling_table(table: str, label: str) -> str:
    """Wrap a `<table>` in a region that scrolls by itself and can be focused.

    Parameters
    ----------
    table : str
        The table's HTML.
    label : str
        The region's name for screen readers; no other region of the page may have it.

    Returns
    -------
    str
        HTML.
    """
    return (
        f'<div class="cb-table" role="region" tabindex="0" aria-label="{escape(label)}">'
        f"{table}</div>"
    )


def data_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool], caption: str
) -> str:
    """Return a `<table>` with a caption, scoped headers, and the first column heading its row.

    Parameters
    ----------
    columns : sequence of str
        The headings.
    rows : sequence of sequences of str
        The cells as text; each row as long as `columns`.
    numeric : sequence of bool
        For each column, whether it holds numbers and so is set flush right.
    caption : str

    Returns
    -------
    str
        HTML.

    Raises
    ------
    ValueError
        If a row is shorter or longer than the headings.
    """
    # A line for each cell, for Sphinx's search strips the tags and would glue the cells together.
    kinds = [' class="cb-num"' if is_number else "" for is_number in numeric]
    heads = "\n".join(
        f'<th scope="col"{kind}>{escape(name)}</th>'
        for name, kind in zip(columns, kinds, strict=True)
    )
    lines = []
    for row in rows:
        first, *others = row
        cells = "".join(
            f"\n<td{kind}>{escape(cell)}</td>" for cell, kind in zip(others, kinds[1:], strict=True)
        )
        lines.append(f'<tr><th scope="row"{kinds[0]}>{escape(first)}</th>{cells}</tr>')
    body = "\n".join(lines)
    return (
        f"<table><caption>{escape(caption)}</caption>\n<thead><tr>{heads}</tr></thead>\n"
        f"<tbody>{body}</tbody></table>"
    )


def _header_cell(match: re.Match[str], scope: str) -> str:
    spans = "".join(f' {kind}span="{count}"' for kind, count in _SPAN.findall(match[1]))
    text = match[2].strip()
    if not text:
        return f"<td{spans}></td>"
    group = "group" if spans else ""
    return f'<th scope="{scope}{group}"{spans}>{text}</th>'


def _column_names(head: str) -> list[str]:
    texts = (re.sub(r"<[^>]+>", "", match[2]) for match in _HEADER_CELL.finditer(head))
    return [unescape(text).strip() for text in texts if text.strip()]


def _in_one_line(head: str) -> str:
    """Put the index's names, which pandas writes in a line below, beside the columns' names."""
    lines = _LINE.findall(head)
    if len(lines) != 2:
        return head
    columns, index = ([cell[1].strip() for cell in _HEADER_CELL.findall(line)] for line in lines)
    if len(columns) != len(index) or any(a and b for a, b in zip(columns, index, strict=True)):
        return head
    merged = "".join(f"<th>{a or b}</th>" for a, b in zip(columns, index, strict=True))
    return f"<thead><tr>{merged}</tr>"


def mend_dataframe(html: str, number: int) -> str:
    """Return pandas' HTML of a frame with scoped headers, no empty ones, in a scrolling region.

    Parameters
    ----------
    html : str
        An output's HTML; without a frame in it, it comes back as it is.
    number : int
        Which frame of the page it is, so that each region has a name of its own.

    Returns
    -------
    str
        HTML.
    """
    found = _FRAME.search(html)
    if not found:
        return html
    head, _, body = found[1].partition("</thead>")
    head = _in_one_line(head)
    names = _column_names(head)[:_HEADERS_NAMED]
    head = _HEADER_CELL.sub(lambda match: _header_cell(match, "col"), head)
    head = re.sub(r' style="text-align: right;"', "", head)
    body = _HEADER_CELL.sub(lambda match: _header_cell(match, "row"), body)
    table = f'<table class="dataframe">{head}</thead>{body}</table>'
    region = scrolling_table(table, f"Table {number}: {', '.join(names)}")
    return _SCOPED_STYLE.sub("", html[: found.start()] + region + html[found.end() :])


def _mend_page(app: Sphinx, doctree: nodes.document) -> None:
    number = 0
    for node in doctree.findall(nodes.raw):
        text = node.astext()
        if "html" in node.get("format", "").split() and _FRAME.search(text):
            number += 1
            node.children = [nodes.Text(mend_dataframe(text, number))]


def connect(app: Sphinx) -> None:
    """Mend the frames of every page as it is read."""
    app.connect("doctree-read", _mend_page)
