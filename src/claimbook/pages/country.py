"""Your country: the box in which a reader looks one up, and each claim's sentence about it.

What is said is laid down here; ``country.js`` only fills in the name. Each claim's sentence is its
claim file's ``economy``: a text, or one for each value that there can be.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from markupsafe import Markup
from sphinx.application import Sphinx

from claimbook import paths
from claimbook.chapters import results
from claimbook.estimates.words import number
from claimbook.pages import parts, phrases, state
from claimbook.pages.gathering import Gathering
from claimbook.pages.state import Output


class YourCountry(Gathering):
    """What every chapter found of one economy: ``{your-country}``."""

    def found(self, book: state.Book) -> dict[str, Any]:
        """Return what is said of each economy in each chapter."""
        outputs = state.in_order(book)
        told = [told_of(book, output, state.up(self.env)) for output in outputs]
        return {"names": names(book), "told": [one for one in told if one], "alone": True}


def box(book: state.Book, output: Output, up: str) -> Markup | None:
    """Return the box on a chapter's card; None where its primary check knows no economies."""
    told = told_of(book, output, up)
    if told is None:
        return None
    return parts.render("your-country", told=[told], alone=False, up=up)


def names(book: state.Book) -> dict[str, list[str]]:
    """Return of each economy its name, then the others under which readers look for it."""
    with (paths.root() / "data" / "common-names.csv").open(encoding="utf-8", newline="") as lines:
        also = {row["economy"]: (row.get("also") or "").split(";") for row in csv.DictReader(lines)}
    official = [wdi.economies["name"] for wdi in book.snapshots.values()]
    found = {}
    for code, name in sorted(book.names.items(), key=lambda one: one[1]):
        others = [held[code] for held in official if code in held.index]
        others += [*also.get(code, ()), code]
        found[code] = list(dict.fromkeys(other for other in (name, *others) if other))
    return found


def told_of(book: state.Book, output: Output, up: str) -> dict[str, Any] | None:
    """Return what a claim says of each economy; None where its primary check knows none."""
    claim, check = output["claim"], results.primary(output)
    values = {code: value for code, value in check["economies"].items() if value is not None}
    if not values or "economy" not in claim:
        return None
    said = claim["economy"]
    said = {"sentence": said} if isinstance(said, str) else said
    sentences = {number(float(value), 2): text for value, text in said.get("values", {}).items()}
    told = _ranked(values) if "sentence" in said else _alike(values)
    untold = {value for value, _ in told.values()} - {*sentences}
    if untold and "sentence" not in said:
        raise state.BookError(
            f"{claim['id']}.yml: `economy` has no sentence for the value {min(untold)}: add one "
            "under `values`, or write one `sentence` for all values."
        )
    return {
        "title": claim["title"],
        "url": up + results.url(output),
        "verdict": output["verdict"],
        "answer": phrases.answer(output),
        "sentence": said.get("sentence", ""),
        "none": said.get("none", ""),
        "n": len(values),
        "values": sentences,
        "economies": told,
        "lacking": _lacking(book, check),
    }


def _ranked(values: dict[str, float]) -> dict[str, list[Any]]:
    """Return of each economy its value as written, and its rank, from the highest."""
    held = list(values.values())
    sign = min(held) < 0 < max(held)
    return {
        code: [number(value, 3 if abs(value) >= 10 else 2, sign), sum(o > value for o in held) + 1]
        for code, value in values.items()
    }


def _alike(values: dict[str, float]) -> dict[str, list[Any]]:
    """Return of each economy its value as written, and how many have the same."""
    held = list(values.values())
    return {code: [number(value, 2), held.count(value)] for code, value in values.items()}


def _lacking(book: state.Book, check: dict[str, Any]) -> dict[str, Any]:
    """Return which economies the release holds no figure of at all, of the check's main series."""
    wdi, code = book.snapshots[check["vintage"]], check["series"][0]
    return {
        "series": wdi.metadata(code)["title"],
        "economies": sorted({*wdi.economies.index} - {*wdi[code].dropna(how="all").index}),
    }


def write_names(app: Sphinx, site: Path) -> None:
    """Write the names of all economies, which every box offers, once for the whole site."""
    text = f"window.claimbookEconomies = {parts.inline_json(names(state.book(app)))};\n"
    (site / "_static" / "economies.js").write_text(text, encoding="utf-8", newline="\n")
