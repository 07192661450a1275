"""The data page: of each series where it came from, what it covers, what revision did to it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from sphinx.application import Sphinx

from claimbook.claims import files
from claimbook.data import compare, snapshot
from claimbook.pages import parts, state
from claimbook.pages.gathering import Gathering
from claimbook.pages.state import Output


class DataPage(Gathering):
    """Every series that the book's snapshots hold: ``{data-page}``."""

    def found(self, book: state.Book) -> dict[str, Any]:
        """Return what is known of each series, and the claims that read it."""
        held = [*book.snapshots.values()]
        using: dict[str, list[Output]] = {code: [] for code in compare.all_codes(held)}
        for name, output in book.outputs.items():
            for code in files.claim_series(book.claims[name]):
                using.setdefault(code, []).append(output)
        return {"pages": [_series(code, held, using[code]) for code in sorted(using)]}


def _series(code: str, held: list[snapshot.Snapshot], using: list[Output]) -> dict[str, Any]:
    newest = [wdi for wdi in held if code in wdi.codes][-1]
    counts, sizes = compare.coverage(newest, code), compare.group_sizes(newest)
    drawn = coverage_map(counts, sizes, f"{code}, {newest.vintage}")
    return compare.series_page(code, held) | {"map": drawn, "claims": using}


def coverage_map(counts: pd.DataFrame, sizes: pd.Series, name: str) -> Markup:
    """Draw coverage as a heat map in SVG, without a script.

    `counts` are economies with a value, income groups by years, and `sizes` those of each group;
    five shades run from a value for some of them to one for all.
    """
    shares = counts.div(sizes.reindex(counts.index).clip(lower=1), axis="index").to_numpy()
    shades = np.minimum(5, (shares * 5).astype(int) + 1)
    squares = {
        shade: np.argwhere((shades == shade) & (shares > 0)).tolist() for shade in range(1, 6)
    }
    return parts.render("coverage", name=name, counts=counts, squares=squares, total=counts.sum())


def copy_snapshots(app: Sphinx, site: Path) -> None:
    """Put the snapshots beside the pages, so that every figure can be downloaded."""
    copies = site / "data"
    # What an earlier build has copied may have been withdrawn since.
    shutil.rmtree(copies, ignore_errors=True)
    for wdi in map(snapshot.read, snapshot.vintages()):
        folder = copies / wdi.vintage
        folder.mkdir(parents=True)
        # What a package lists, and nothing else that may lie or be linked there.
        for path in (wdi.folder / "datapackage.json", *map(wdi.store.checked, wdi.store.resources)):
            shutil.copyfile(path, folder / path.name)
