"""Collect what the chapters found and write the feed that others can read."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Any

from claimbook import paths
from claimbook.chapters import prose
from claimbook.claims.files import PRIMARY
from claimbook.data import snapshot
from claimbook.writing import write_json

SCHEMA_VERSION = 1
FEED = "results.json"
FEED_SCHEMA = "results.schema.json"
# What the feed takes over as it stands: a claim's words, what was found of it, and of each check.
_WORDS = ("id", "essay", "part", "kind", "title", "statement", "paragraphs", "written_for")
_FOUND = (
    *("verdict", "counts", "switches", "verdict_robustness", "combinations", "robustness"),
    *("vintages", "declared"),
)
_CHECK = (
    *("id", "role", "kind", "witness", "question", "vintage", "expects", "reference"),
    *("smallest_effect", "outcome", "how", "undecided_because", "flips", "estimate"),
    *("influence", "detectable", "effective_n", "declared", "history", "vintages", "variants"),
)
_BY_ECONOMY = ("id", "role", "question", "unit", "estimate", "economies")


def primary(output: dict[str, Any]) -> dict[str, Any]:
    """Return the primary check of a claim output."""
    return next(check for check in output["checks"] if check["role"] == PRIMARY)


def url(output: dict[str, Any]) -> str:
    """Return a chapter's address, relative to the root of the site."""
    return f"book/{output['claim']['part']}/{output['claim']['id']}.html"


def feed(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the results feed of some claim outputs, as ``results.schema.json`` has it."""
    commit = paths.git("rev-parse", "HEAD")  # None outside a checkout
    return {
        "schema_version": SCHEMA_VERSION,
        "generated_from": {"data_sha256": data_sha256(), "commit": commit and commit.strip()},
        "claims": [_claim(output) for output in found.values()],
    }


def write(folder: Path, found: dict[str, dict[str, Any]]) -> None:
    """Write the feed, its schema, and the values by economy of every claim."""
    write_json(folder / FEED, feed(found))
    shutil.copyfile(Path(__file__).parent / "schemas" / FEED_SCHEMA, folder / FEED_SCHEMA)
    values = folder / "economies"
    values.mkdir(exist_ok=True)
    for claim_id, output in found.items():
        write_json(values / f"{claim_id}.json", by_economy(output))


def by_economy(output: dict[str, Any]) -> dict[str, Any]:
    """Return what each economy contributes to each check's headline."""
    return {
        "claim": output["claim"]["id"],
        "title": output["claim"]["title"],
        "url": url(output),
        "verdict": output["verdict"],
        "checks": [_taken(check, _BY_ECONOMY) for check in output["checks"] if check["economies"]],
    }


def data_sha256() -> dict[str, str]:
    """Return of every vintage the SHA-256 of its data package, which holds those of its files."""
    packages = {name: paths.data() / name / "datapackage.json" for name in snapshot.vintages()}
    return {
        vintage: hashlib.sha256(path.read_bytes()).hexdigest() for vintage, path in packages.items()
    }


def _claim(output: dict[str, Any]) -> dict[str, Any]:
    claim = output["claim"]
    return {
        **_taken(claim, _WORDS),
        "answer": prose.plain(claim["answer"], output) if "answer" in claim else None,
        "url": url(output),
        **_taken(output, _FOUND),
        "checks": [_taken(check, _CHECK) for check in output["checks"]],
    }


def _taken(found: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: found[name] for name in names}
