"""The history of a series: further dated releases of it, in ``data/history/<CODE>``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from claimbook.data import snapshot

FOLDER = "history"


def write_release(folder: Path, release: str, one: snapshot.Series) -> None:
    """Add a release of a single series to the folder of its history, or replace it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "datapackage.json"
    held = json.loads(path.read_bytes())["resources"] if path.is_file() else []
    resource = snapshot.write_series(folder, replace(one, code=release))
    # The economies stand in the vintages, each with its own list.
    del resource["schema"]["foreignKeys"]
    resources = [other for other in held if other["name"] != release] + [resource]
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": f"history-{one.code.lower()}",
        "title": f"{one.title} ({one.code}): further releases",
        "description": "Dated releases of one series, one file each, for its history.",
        "licenses": [snapshot.LICENCE],
        "sources": [snapshot.WORLD_BANK],
        "resources": sorted(resources, key=lambda resource: resource["name"]),
    }
    text = json.dumps(package, indent=1, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
