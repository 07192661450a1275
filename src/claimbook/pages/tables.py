"""Tables that everyone can read: header cells that say what they head, a region that scrolls."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from claimbook.pages import parts


def scrolling_table(table: str, label: str) -> Markup:
    """Wrap a `<table>` in a region of its own name that scrolls by itself and can be focused."""
    return parts.render("scrolling", table=Markup(table), label=label)


def data_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool], caption: str
) -> Markup:
    """Return a `<table>` with a caption, scoped headers, and the first column heading its row.

    `numeric` says of each column whether it is set flush right. A row of another length than the
    headings is a ValueError.
    """
    heads, *cells = (list(zip(row, numeric, strict=True)) for row in (columns, *rows))
    return parts.render("table", heads=heads, rows=cells, caption=caption)
