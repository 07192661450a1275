"""How long a claim takes: its whole grid and all vintages, and reading its series.

The plain way beside it, in the same run, opens the snapshot anew for every variant.
"""

from __future__ import annotations

import io
import time
from contextlib import redirect_stdout

import nbformat

from claimbook.chapters.book import Book
from claimbook.claims import claim as claims
from claimbook.claims import files, grid
from claimbook.data import snapshot

CLAIM = "inequality-rose"


def chapter_code() -> str:
    notebook = nbformat.read(Book().chapters[CLAIM], as_version=4)
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


def seconds(function) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def main() -> None:
    codes = files.claim_series(files.read_claim(CLAIM))

    def read() -> None:
        wdi = snapshot.read()
        for code in codes:
            wdi.series(code)

    read()
    print(f"read {len(codes)} series of a chapter: {1000 * seconds(read):.0f} ms")

    space: dict = {}
    with redirect_stdout(io.StringIO()):
        whole = seconds(lambda: exec(chapter_code(), space))
    print(f"the whole chapter, every check, variant, vintage and chart: {whole:.2f} s")

    function = space["gini_change"]
    ours = seconds(lambda: claims.claim(CLAIM).check("median-gini-change", function))
    checks = {check["id"]: check for check in claims.claim(CLAIM).declared["checks"]}
    variants = grid.variants(checks["median-gini-change"]["options"])

    def plain() -> None:
        for options in variants.values():
            function(snapshot.read(), **options)

    anew = seconds(plain)
    print(f"the primary check, {len(variants)} variants and all vintages: {ours:.2f} s")
    print(f"the same variants, opening the snapshot for each: {anew:.2f} s, {anew / ours:.1f} ×")


if __name__ == "__main__":
    main()
