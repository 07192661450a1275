"""The history of a series: further dated releases of it, in ``data/history/<CODE>``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from claimbook.data import snapshot

FOLDER = "history"


def held(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the resources of a history by release; none where there is no such folder."""
    package = folder / "datapackage.json"
    if not package.is_file():
        return {}
    return {one["name"]: one for one in json.loads(package.read_text("utf-8"))["resources"]}


def write_release(folder: Path, release: str, series: snapshot.Series) -> dict[str, Any]:
    """Write the file of one release, ahead of the data package that will describe it."""
    resource = snapshot.write_series(folder, replace(series, code=release))
    # A release stands alone: no list of economies lies beside it.
    resource["schema"].pop("foreignKeys")
    return resource


def write_history(folder: Path, code: str, releases: Iterable[Mapping[str, Any]]) -> None:
    """Write the data package of a history: one resource a release, named by it."""
    resources = sorted(map(dict, releases), key=lambda one: one["name"])
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": f"history-{code.lower()}",
        "title": f"{code}, by the date of its release",
        "licenses": [snapshot.LICENCE],
        "sources": [snapshot.WORLD_BANK],
        "resources": resources,
    }
    text = json.dumps(package, indent=1, ensure_ascii=False) + "\n"
    (folder / "datapackage.json").write_text(text, encoding="utf-8", newline="\n")
