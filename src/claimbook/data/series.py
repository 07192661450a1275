"""What ``data/series.yml`` says of the series: limits of their values, breaks, other names.

What is declared of a break is where to look; the figures are read, never typed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pandas as pd

from claimbook import paths
from claimbook.data import yamlfile
from claimbook.data.snapshot import Snapshot
from claimbook.errors import ClaimbookError

NAME = "series.yml"
_BASE = re.compile(r"(?:constant|chained) (\d{4})\b|\b(\d{4}) ?= ?100\b|\b(\d{4}) PPP\b")
# Figures arrive up to this many years late; an economy that ends earlier has stopped reporting.
_LATE = 3


@dataclass(frozen=True)
class Band:
    """Lowest and highest possible value, in the series' unit, and why."""

    low: float
    high: float
    why: str


# Sums in the smallest of currencies reach 1e17; nothing published comes near this.
ANY = Band(-1e20, 1e20, "no published figure is of this magnitude")


@dataclass(frozen=True)
class Break:
    """Where a series of one economy breaks, why, and what a vintage is expected to show of it."""

    series: str
    economy: str
    why: str
    expect: Mapping[str, Any]

    def row(self, wdi: Snapshot) -> pd.Series:
        """Return the economy's figures in a vintage, by year, the empty years left out."""
        return wdi.series(self.series, [self.economy]).iloc[0].dropna()

    def sentence(self, vintages: Sequence[Snapshot]) -> str:
        """Say it in the figures of each vintage that shows it; empty where none does."""
        shown = self.shown(vintages)
        name = vintages[0].economies.loc[self.economy, "name"]
        return f"{name}{shown} ({self.why})." if shown else ""


@dataclass(frozen=True)
class Jump(Break):
    """Two years of one economy between which a series is not comparable."""

    years: Sequence[int]

    def shown(self, vintages: Sequence[Snapshot]) -> str:
        """Name the two figures of each vintage that holds both."""
        pairs = {wdi.vintage: self._pair(wdi) for wdi in vintages}
        full = {name: pair for name, pair in pairs.items() if pair.notna().all()}
        told = [f"{before:.4g} → {after:.4g} in {name}" for name, (before, after) in full.items()]
        return f", {self.years[0]} to {self.years[1]}: {', '.join(told)}" if told else ""

    def mended(self, wdi: Snapshot) -> str:
        """Say how the figures of a vintage differ from what is expected; empty where they agree."""
        before, after = self._pair(wdi)
        above, below = self.expect.get("above", 0), self.expect.get("below", float("inf"))
        if above < after / before < below:
            return ""
        return f"goes from {before:.4g} in {self.years[0]} to {after:.4g} in {self.years[1]}"

    def _pair(self, wdi: Snapshot) -> pd.Series:
        return self.row(wdi).reindex(self.years)


@dataclass(frozen=True)
class Span(Break):
    """An economy whose years differ from vintage to vintage, or end long before the series'."""

    def shown(self, vintages: Sequence[Snapshot]) -> str:
        """Name the years that each vintage holds; empty where all are alike and none ends early."""
        years = {wdi.vintage: self.row(wdi).index for wdi in vintages}
        told = {name: f"{y[0]}–{y[-1]}" if len(y) else "no figures" for name, y in years.items()}
        newest = {wdi.vintage: wdi.series(self.series).columns[-1] for wdi in vintages}
        early = any(len(y) and y[-1] < newest[name] - _LATE for name, y in years.items())
        if len(set(told.values())) < 2 and not early:
            return ""
        return f": {', '.join(f'{years} in {name}' for name, years in told.items())}"

    def mended(self, wdi: Snapshot) -> str:
        """Say how the years of a vintage differ from those expected; empty where they agree."""
        years = self.row(wdi).index
        ends = {"first": years.min(), "last": years.max()}
        wrong = [end for end in ends if self.expect.get(end, ends[end]) != ends[end]]
        return f"has {ends['first']} to {ends['last']}" if wrong else ""


@dataclass(frozen=True)
class Known:
    """All that the file says."""

    limits: Mapping[str, Band]
    breaks: Sequence[Jump | Span]
    renamed: Mapping[str, str]


def known() -> Known:
    """Read the book's ``data/series.yml``, validated; outside a book, that of the library's own."""
    try:
        root = paths.root()
    except ClaimbookError:
        root = Path(__file__).parents[3]
    path = root / "data" / NAME
    found = yamlfile.read(path, "series")
    limits = {one["series"]: Band(one["low"], one["high"], one["why"]) for one in found["limits"]}
    for series, band in limits.items():
        if band.low >= band.high:
            raise yamlfile.YamlFileError(
                f"{paths.shown(path)}: the limits of {series} are no range: low is not lower."
            )
    breaks = [Jump(**one) for one in found["jumps"]] + [Span(**one) for one in found["spans"]]
    return Known(limits, breaks, {one["former"]: one["now"] for one in found["renamed"]})


def band(code: str) -> Band:
    """Return the limits of a series' values: those declared, or :data:`ANY`."""
    limits = known().limits
    return next((found for pattern, found in limits.items() if fnmatchcase(code, pattern)), ANY)


def aliases(code: str) -> list[str]:
    """Return the other codes of a renamed series."""
    pairs = known().renamed.items()
    return [other for pair in pairs if code in pair for other in pair if other != code]


def bases(*texts: str) -> set[str]:
    """Return the base years that titles or units name: "2015 = 100", "constant 2015 US$"."""
    return {year for text in texts for found in _BASE.findall(text) for year in found if year}


def known_breaks(code: str, vintages: Sequence[Snapshot]) -> list[str]:
    """Say where a series breaks, in the figures of each vintage that shows it."""
    holding = [wdi for wdi in vintages if code in wdi.codes]
    breaks = [one for one in known().breaks if holding and one.series == code]
    return list(filter(None, (one.sentence(holding) for one in breaks)))


def mended(vintages: Sequence[Snapshot]) -> list[str]:
    """Say which breaks no longer stand as declared: each is corrected in the file, or taken off."""
    held = {wdi.vintage: wdi for wdi in vintages}
    sentences = []
    for one in known().breaks:
        wdi = held.get(vintage := one.expect["vintage"])
        if wdi and one.series in wdi.codes:
            found = one.mended(wdi)
        else:
            found = f"does not hold {one.series}" if wdi else "is not held"
        if found:
            sentences.append(
                f"data/{NAME} declares a break of {one.series}, {one.economy}, but the vintage "
                f"{vintage} {found}: correct the entry, or take it off if the source has mended it."
            )
    return sentences
