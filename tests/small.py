"""A book of one claim on made-up figures, for what takes no more than that."""

from __future__ import annotations

import json

import nbformat
import pandas as pd

from claimbook.data import package

CODE = "AA.BB"
# Twenty-four economies that do not exist: X00 to X23.
NAMES = [f"X{number:02}" for number in range(24)]


def check(check_id="it-rose", **fields):
    """A check of the small book's claim, as the claim file has it."""
    return {
        "id": check_id,
        "role": "primary",
        "question": "Did it rise?",
        "series": [CODE],
        "unit": "points",
        "expects": "rise",
        "smallest_effect": 1,
        "falsifier": "It did not.",
        **fields,
    }


def write_claim(root, checks, **fields):
    """Write the claim file of the small book; YAML holds JSON."""
    claim = {
        "id": "it-rose",
        "essay": "an-essay",
        "paragraphs": [1],
        "kind": "descriptive",
        "title": "Did it rise?",
        "statement": "It rose.",
        "written_for": "supported",
        "checks": checks,
        "literature": [],
        **fields,
    }
    path = root / "book" / "part" / "it-rose.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(claim, indent=1), encoding="utf-8")


def write_vintage(root, vintage, values):
    """Write a vintage that holds one series: economy to year to value."""
    economies = pd.DataFrame({"economy": NAMES, "iso2": NAMES, "name": NAMES}).assign(
        region="A region", income_group="Low income", lending_type="IDA", aggregate=0
    )
    package.write(
        root / "data" / vintage,
        economies=economies,
        series=[series(values)],
        created="2020-01-01",
        description="Made up.",
    )


def write_release(root, release, values):
    """Write a further release of the series."""
    package.write_release(root / "data" / "history" / CODE, release, series(values))


def series(values):
    """The one series: economy to year to value."""
    rows = [(name, year, value) for name in values for year, value in values[name].items()]
    return package.Series(CODE, "A title", "points", "", rows, {"title": "-"}, "2020-01-01", "-")


def changes(numbers):
    """Figures of two years, so that each economy in turn moved by one of the numbers."""
    return {name: {2000: 0, 2001: moved} for name, moved in zip(NAMES, numbers, strict=False)}


def write_chapter(root, *sources):
    """Write the chapter of the small book's claim: code cells that end by showing it."""
    opening = 'import claimbook\n\nclaim = claimbook.claim("it-rose")'
    cells = [nbformat.v4.new_code_cell(text) for text in (opening, *sources, "claim")]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbformat.write(notebook, root / "book" / "part" / "it-rose.ipynb")
    contents = "format: jb-book\nroot: book/part/it-rose\n"
    (root / "_toc.yml").write_text(contents, encoding="utf-8")
