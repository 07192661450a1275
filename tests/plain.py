"""The figures read without the library, for tests that recompute a chapter's headlines.

Such a test is worth something only while it shares no code with what it checks.
"""

from __future__ import annotations

import csv
from collections import defaultdict


def _rows(path):
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def long(root, vintage, code):
    """A series: economy → year → value; aggregates included."""
    found = defaultdict(dict)
    for row in _rows(root / "data" / vintage / f"{code}.csv"):
        found[row["economy"]][int(row["year"])] = float(row["value"])
    return found


def economies(root, vintage):
    """The codes of a vintage's economies, without aggregates."""
    rows = _rows(root / "data" / vintage / "economies.csv")
    return {row["economy"] for row in rows if row["aggregate"] == "0"}


def classes(root, vintage, start):
    """Economies high-income and developing, in a year or the nearest year with a figure."""
    rows = _rows(root / "data" / "income-thresholds.csv")
    limits = {int(row["year"]): float(row["upper_middle"]) for row in rows}
    gni = long(root, vintage, "NY.GNP.PCAP.CD")
    rich, developing = set(), set()
    for economy in economies(root, vintage):
        held = [year for year in gni.get(economy, {}) if year in limits]
        if held:
            year = min(held, key=lambda year: (abs(year - start), year))
            (rich if gni[economy][year] > limits[year] else developing).add(economy)
    return rich, developing
