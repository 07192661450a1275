"""The data page: of each series where it came from, what it covers, what revision did to it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
from docutils import nodes
from markupsafe import Markup, escape
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from claimbook import paths
from claimbook.chapters import results
from claimbook.claims import files
from claimbook.data import compare, snapshot
from claimbook.pages import shell, state
from claimbook.pages.state import Output

_CELL, _ROW = 8, 14
_LABEL = 150
_MARGIN = 20  # a year's label is wider than the square it stands under


class DataPage(SphinxDirective):
    """Every series that the book's snapshots hold: ``{data-page}``."""

    def run(self) -> list[nodes.Node]:
        """Return one article a series."""
        # A vintage that comes or goes changes the folder, and no file the page was made from.
        self.env.note_dependency(str(paths.data()))
        for vintage in snapshot.vintages():
            self.env.note_dependency(str(paths.data() / vintage / "datapackage.json"))
        state.depends_on_chapters(self.env)
        book, held, up = state.book(self.env.app), compare.all_held(), state.up(self.env)
        using: dict[str, list[Output]] = {code: [] for code in compare.all_codes(held)}
        for name, output in book.outputs.items():
            for code in files.claim_series(book.claims[name]):
                using.setdefault(code, []).append(output)
        return [
            shell.part(
                "data",
                pages=[_series(code, held, using[code]) for code in sorted(using)],
                up=up,
                address=lambda output: up + results.url(output),
            )
        ]


def _series(code: str, held: list[snapshot.Snapshot], using: list[Output]) -> dict[str, Any]:
    newest = [wdi for wdi in held if code in wdi.codes][-1]
    chart = coverage_map(
        compare.coverage(newest, code), compare.group_sizes(newest), f"{code}, {newest.vintage}"
    )
    return compare.series_page(code, held) | {"map": chart, "claims": using}


def coverage_map(counts: pd.DataFrame, sizes: pd.Series, name: str) -> Markup:
    """Draw coverage as a heat map in SVG, without a script.

    `counts` are economies with a value, income groups by years, and `sizes` those of each group;
    five shades run from a value for some of them to one for all.
    """
    years = list(counts.columns)
    squares: dict[int, list[str]] = {shade: [] for shade in range(1, 6)}
    for row, group in enumerate(counts.index):
        for column, year in enumerate(years):
            share = counts.loc[group, year] / max(sizes[group], 1)
            if share > 0:
                shade = min(5, int(share * 5) + 1)
                x, y = _LABEL + column * _CELL, row * _ROW
                squares[shade].append(f"M{x} {y}h{_CELL - 1}v{_ROW - 1}h-{_CELL - 1}z")
    width, height = _LABEL + len(years) * _CELL + _MARGIN, len(counts) * _ROW + 16
    drawn = [
        f'<path class="cb-heat--{shade}" d="{"".join(found)}"/>'
        for shade, found in squares.items()
        if found
    ]
    drawn += [
        f'<text x="0" y="{row * _ROW + 10}">{escape(group)}</text>'
        for row, group in enumerate(counts.index)
    ]
    drawn += [
        f'<text x="{_LABEL + column * _CELL}" y="{height - 3}">{year}</text>'
        for column, year in enumerate(years)
        if year % 10 == 0
    ]
    return Markup(
        f'<div class="cb-table" role="region" tabindex="0" aria-label="{escape(name)}: coverage">'
        f'<svg class="cb-heat" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="Coverage of {escape(name)}: {_described(counts)}">'
        f"{''.join(drawn)}</svg></div>"
    )


def _described(counts: pd.DataFrame) -> str:
    total = counts.sum()
    return (
        f"economies with a value by year and income group, {counts.columns[0]} to "
        f"{counts.columns[-1]}; most are {total.max()}, in {total.idxmax()}"
    )


def _copy_snapshots(app: Sphinx, exception: Exception | None) -> None:
    """Put the snapshots beside the pages, so that every figure can be downloaded."""
    if exception is not None or app.builder.format != "html":
        return
    copies = Path(app.outdir) / "data"
    # What an earlier build has copied may have been withdrawn since.
    shutil.rmtree(copies, ignore_errors=True)
    for vintage in snapshot.vintages():
        shutil.copytree(paths.data() / vintage, copies / vintage)


def connect(app: Sphinx) -> None:
    """Make the directive known, and copy the snapshots when the pages are written."""
    app.add_directive("data-page", DataPage)
    app.connect("build-finished", _copy_snapshots)
