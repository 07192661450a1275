"""Economy by economy: the values behind each check as a chart, a world map, or a table.

All three are drawn by ``values.js`` when a reader comes to them. A page opened from disk may not
fetch, so the values come as a script beside the page, and the map, the vendored ``world.svg``, too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from claimbook.pages import parts, state
from claimbook.pages.state import Output
from claimbook.pages.vendored import VENDOR

SCRIPT = "world.js"


def values(env: BuildEnvironment, output: Output) -> nodes.raw | None:
    """Return the part of a chapter's page that shows its values; None where no check has any."""
    checks = [_shown(check) for check in output["checks"] if any(check["economies"].values())]
    if not checks:
        return None
    codes = {code for check in checks for code in check["economies"]}
    names = state.book(env.app).names
    data = {"names": {code: names[code] for code in names if code in codes}, "checks": checks}
    file = f"{env.docname.rsplit('/', 1)[-1]}.values.js"
    state.page(env).files[file] = f"window.claimbookValues = {parts.inline_json(data)};\n"
    return parts.part("values", checks=checks, file=file)


def _shown(check: dict[str, Any]) -> dict[str, Any]:
    held = {code: value for code, value in check["economies"].items() if value is not None}
    return {
        "id": check["id"],
        "question": check["question"],
        "alike": len({*held.values()}) <= 2,  # yes or no, where a share is made of them
        "economies": held,
    }


def _write_script(app: Sphinx, site: Path) -> None:
    drawing = (VENDOR / "world.svg").read_text(encoding="utf-8")
    text = f"window.claimbookWorld = {parts.inline_json(drawing)};\n"
    (site / "_static" / SCRIPT).write_text(text, encoding="utf-8", newline="\n")


def connect(app: Sphinx) -> None:
    """Bring the script along, and the map beside it."""
    app.add_js_file("values.js", loading_method="defer")
    state.when_written(app, _write_script)
