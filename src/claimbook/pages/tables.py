"""Tables that everyone can read: header cells that say what they head, and a region that scrolls.

A table wider than the page scrolls inside its own region, which the keyboard can reach.
"""

from collections.abc import Sequence
from html import escape


def scrolling_table(table: str, label: str) -> str:
    """Wrap a `<table>` in a region of its own name that scrolls by itself and can be focused."""
    return (
        f'<div class="cb-table" role="region" tabindex="0" aria-label="{escape(label)}">'
        f"{table}</div>"
    )


def data_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool], caption: str
) -> str:
    """Return a `<table>` with a caption, scoped headers, and the first column heading its row.

    `numeric` says of each column whether it is set flush right. A row of another length than the
    headings is a ValueError.
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
