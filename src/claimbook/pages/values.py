"""Economy by economy: the values behind each check as a chart, a world map, or a table.

All three are drawn by ``values.js`` from the numbers that stand in the page. The map is the
vendored ``world.svg``; a page opened from disk may not fetch, so it comes as a script when asked.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from claimbook.pages import parts, state
from claimbook.pages.state import Output
from claimbook.pages.vendored import VENDOR

SCRIPT = "world.js"


def values(book: state.Book, output: Output) -> nodes.raw | None:
    """Return the part of a chapter's page that shows its values; None where no check has any."""
    checks = [_shown(check) for check in output["checks"] if any(check["economies"].values())]
    if not checks:
        return None
    codes = {code for check in checks for code in check["economies"]}
    names = {code: name for code, name in book.names.items() if code in codes}
    return parts.part(
        "values", data={"names": names, "checks": checks}, claim=output["claim"]["id"]
    )


def _shown(check: dict[str, Any]) -> dict[str, Any]:
    held = {code: value for code, value in check["economies"].items() if value is not None}
    return {
        "id": check["id"],
        "question": check["question"],
        "alike": len({*held.values()}) <= 2,  # yes or no, where a share is made of them
        "economies": held,
    }


def write_script(app: Sphinx, site: Path) -> None:
    """Write the map as the script that is asked for it."""
    drawing = (VENDOR / "world.svg").read_text(encoding="utf-8")
    text = f"window.claimbookWorld = {parts.inline_json(drawing)};\n"
    (site / "_static" / SCRIPT).write_text(text, encoding="utf-8", newline="\n")
