"""The files of others that the book carries with it, and the script that draws its charts.

`static/vendor/VENDOR.json` lists every such file: npm package, version, file, sha256, source,
licence, and for the plotly bundle the trace types it draws. One bundle serves every page, so that
a reader's second chapter costs nothing; to draw other types, put another plotly.js build
(`plotly.js-cartesian-dist-min`, `plotly.js-geo-dist-min`) and its entry in its place.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from claimbook.pages.state import BookError

STATIC = Path(__file__).resolve().parent / "static"
VENDOR = STATIC / "vendor"
PLOTLY_PREFIX = "plotly.js-"


def read_manifest(folder: Path = VENDOR) -> list[dict[str, Any]]:
    """Read `VENDOR.json` of a folder: one entry for each file the book carries."""
    path = folder / "VENDOR.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise BookError(
            f"{path} cannot be read ({error}): restore it from the repository."
        ) from error


def check_files(folder: Path = VENDOR) -> None:
    """Refuse a vendored file that is missing or is not the one its hash was written for."""
    for entry in read_manifest(folder):
        path = folder / entry["file"]
        if not path.is_file():
            raise BookError(
                f"{path} is missing: unpack it from {entry['source']}, or remove its entry."
            )
        if hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
            raise BookError(
                f"{path} is not the file its entry in VENDOR.json describes (sha256 differs): "
                f"unpack it again from {entry['source']}, or write its new version and hash there."
            )


def bundle(folder: Path = VENDOR) -> dict[str, Any]:
    """Return the entry of the one plotly.js build."""
    found = [entry for entry in read_manifest(folder) if entry["package"].startswith(PLOTLY_PREFIX)]
    if len(found) != 1:
        raise BookError(f"{folder / 'VENDOR.json'} lists {len(found)} plotly builds: keep one.")
    return found[0]


def check_plotly_version(installed: str, folder: Path = VENDOR) -> None:
    """Refuse a chart script of another version than the plotly that wrote the figures.

    `installed` is what `plotly.offline.get_plotlyjs_version()` says.
    """
    entry = bundle(folder)
    if entry["version"] != installed:
        raise BookError(
            f"The installed plotly writes figures for plotly.js {installed}, but "
            f"{entry['file']} is {entry['version']}: vendor {entry['package']}@{installed} "
            "and write its hash in VENDOR.json."
        )


def require_drawn(traces: set[str]) -> None:
    """Refuse trace types, such as `choropleth`, that the vendored script does not draw."""
    known = bundle()["traces"]
    if strange := sorted(traces - set(known)):
        raise BookError(
            f"no vendored chart script draws {', '.join(strange)}: use other trace types "
            f"({', '.join(known)}), or vendor a plotly.js build that does in place of this one."
        )
