"""What ``data/series.yml`` says of the series: limits of their values, breaks, other names.

What is declared of a break is where to look; the figures are read, never typed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

from claimbook import paths
from claimbook.data.snapshot import Snapshot
from claimbook.errors import ClaimbookError

NAME = "series.yml"
SCHEMA = Path(__file__).parent / "schemas" / "series.schema.json"
# Figures arrive up to this many years late; an economy that ends earlier has stopped reporting.
_LATE = 3


class SeriesFileError(ClaimbookError):
    """``data/series.yml`` cannot be read, or says what cannot be."""


@dataclass(frozen=True)
class Band:
    """Lowest and highest possible value, in the series' unit, and why."""

    low: float
    high: float
    why: str


# Sums in the smallest of currencies reach 1e17; nothing published comes near this.
ANY = Band(-1e20, 1e20, "no published figure is of this magnitude")


@dataclass(frozen=True)
class Jump:
    """Two years of one economy between which a series is not comparable."""

    series: str
    economy: str
    years: Sequence[int]
    why: str
    expect: Mapping[str, Any]

    def told(self, vintages: Sequence[Snapshot]) -> str:
        """Say it in the figures of each vintage that holds both years; empty where none does."""
        found = {wdi.vintage: self._figures(wdi) for wdi in vintages}
        shown = [f"{two[0]:.4g} → {two[1]:.4g} in {name}" for name, two in found.items() if two]
        if not shown:
            return ""
        years = f"{self.years[0]} to {self.years[1]}"
        return f"{_name(self, vintages)}, {years}: {', '.join(shown)} ({self.why})."

    def _figures(self, wdi: Snapshot) -> list[float]:
        held = wdi.series(self.series, [self.economy]).iloc[0].dropna()
        return [held[year] for year in self.years] if set(self.years) <= set(held.index) else []

    def mended(self, wdi: Snapshot) -> str:
        """Say how the figures of a vintage differ from what is expected; empty where they agree."""
        before, after = self._figures(wdi) or (float("nan"),) * 2
        above, below = self.expect.get("above", 0), self.expect.get("below", float("inf"))
        if above < after / before < below:
            return ""
        return f"goes from {before:.4g} in {self.years[0]} to {after:.4g} in {self.years[1]}"


@dataclass(frozen=True)
class Span:
    """An economy whose years differ from vintage to vintage, or end long before the series'."""

    series: str
    economy: str
    why: str
    expect: Mapping[str, Any]

    def told(self, vintages: Sequence[Snapshot]) -> str:
        """Say which years each vintage holds; empty where all are alike and none ends early."""
        rows = {w.vintage: w.series(self.series, [self.economy]).iloc[0] for w in vintages}
        years = {name: row.dropna().index for name, row in rows.items()}
        early = any(len(years[n]) and years[n][-1] < rows[n].index[-1] - _LATE for n in rows)
        shown = {n: f"{y[0]}–{y[-1]}" if len(y) else "no figures" for n, y in years.items()}
        if len(set(shown.values())) < 2 and not early:
            return ""
        listed = ", ".join(f"{years} in {name}" for name, years in shown.items())
        return f"{_name(self, vintages)}: {listed} ({self.why})."

    def mended(self, wdi: Snapshot) -> str:
        """Say how the years of a vintage differ from those expected; empty where they agree."""
        years = wdi.series(self.series, [self.economy]).iloc[0].dropna().index
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
    try:
        return _parsed(paths.shown(path), path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SeriesFileError(f"{paths.shown(path)} is missing: restore it from git.") from None


@lru_cache(maxsize=4)
def _parsed(name: str, text: str) -> Known:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    try:
        found = YAML(typ="safe").load(text)
    except MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise SeriesFileError(f"{name}, line {line}: not YAML ({fault.problem}).") from None
    validator = Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    if fault := best_match(validator.iter_errors(found)):
        where = " ".join(str(step + 1 if isinstance(step, int) else step) for step in fault.path)
        raise SeriesFileError(f"{name}, {where or 'top'}: {fault.message}. Correct it there.")
    limits = {one["series"]: Band(one["low"], one["high"], one["why"]) for one in found["limits"]}
    for series, band in limits.items():
        if band.low >= band.high:
            raise SeriesFileError(f"{name}: the limits of {series} are no range: low is not lower.")
    breaks = [Jump(**one) for one in found["jumps"]] + [Span(**one) for one in found["spans"]]
    renamed = {one["former"]: one["now"] for one in found["renamed"]}
    return Known(limits, breaks, renamed)


def band(code: str) -> Band:
    """Return the limits of a series' values: those declared, or :data:`ANY`."""
    limits = known().limits
    return next((found for pattern, found in limits.items() if fnmatchcase(code, pattern)), ANY)


def aliases(code: str) -> list[str]:
    """Return the other codes of a renamed series."""
    pairs = known().renamed.items()
    return [now for former, now in pairs if former == code] + [
        former for former, now in pairs if now == code
    ]


def known_breaks(code: str, vintages: Sequence[Snapshot]) -> list[str]:
    """Say where a series breaks, in the figures of each vintage that shows it."""
    holding = [wdi for wdi in vintages if code in wdi.codes]
    breaks = [one for one in known().breaks if holding and one.series == code]
    return [told for one in breaks if (told := one.told(holding))]


def mended(vintages: Sequence[Snapshot]) -> list[str]:
    """Say which breaks no longer stand as declared: each is corrected in the file, or taken off."""
    held = {wdi.vintage: wdi for wdi in vintages}
    sentences = []
    for one in known().breaks:
        vintage = one.expect["vintage"]
        if vintage not in held:
            found = "is not held"
        elif one.series not in held[vintage].codes:
            found = f"does not hold {one.series}"
        else:
            found = one.mended(held[vintage])
        if found:
            sentences.append(
                f"data/{NAME} declares a break of {one.series}, {one.economy}, but the vintage "
                f"{vintage} {found}: correct the entry, or take it off if the source has mended it."
            )
    return sentences


def _name(one: Jump | Span, vintages: Sequence[Snapshot]) -> str:
    return str(vintages[0].economies.loc[one.economy, "name"])
