"""The figures read without the library, for tests that recompute a chapter's headlines.

Such a test is worth something only while it shares no code with what it checks. Each file is read
once; what is returned is to be read, never changed.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache

import numpy as np
import pytest
from scipy import stats


def _rows(path):
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def long(root, vintage, code):
    """A series: economy → year → value; aggregates included."""
    return defaultdict(dict, _series(root, vintage, code))


@cache
def _series(root, vintage, code):
    found = defaultdict(dict)
    for row in _rows(root / "data" / vintage / f"{code}.csv"):
        found[row["economy"]][int(row["year"])] = float(row["value"])
    return found


@cache
def economies(root, vintage):
    """The codes of a vintage's economies, without aggregates."""
    rows = _rows(root / "data" / vintage / "economies.csv")
    return {row["economy"] for row in rows if row["aggregate"] == "0"}


@cache
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


def least_squares(y, *x):
    """Slope of y on the first of x, the others and a constant held, with its HC3 interval."""
    y, design = np.array(y), np.column_stack([*x, np.ones(len(y))])
    inverse = np.linalg.inv(design.T @ design)
    effects = inverse @ design.T @ y
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    away = (y - design @ effects) / (1 - leverage)
    error = np.sqrt((inverse @ (design.T @ (design * away[:, None] ** 2)) @ inverse)[0, 0])
    reach = stats.t.ppf(0.975, len(y) - design.shape[1]) * error
    return effects[0], effects[0] - reach, effects[0] + reach


def assert_reaches_as_far_as_releases_differ(estimate, changes):
    """The interval of an exact share: how far what the releases say lies apart, to both sides."""
    widest = max(changes) - min(changes)
    ends = [estimate["value"] - widest, estimate["value"] + widest]
    assert [estimate["low"], estimate["high"]] == pytest.approx(ends, abs=1e-4 * widest)


def with_dummies(rows, periods):
    """Slope of y on x with a dummy for each economy and period, and its clustered interval.

    A row is economy, period, y, x; economies with one period are left out. Returns the slope, its
    ends, and how many economies and rows stand behind it.
    """
    seen = [row[0] for row in rows]
    rows = [row for row in rows if seen.count(row[0]) > 1]
    members = sorted({row[0] for row in rows})
    design = np.array(
        [
            [x, *(one == e for e in members), *(period == p for p in periods[1:])]
            for one, period, _, x in rows
        ],
        dtype=float,
    )
    y = np.array([row[2] for row in rows])
    effects = np.linalg.lstsq(design, y, rcond=None)[0]
    # The clustered error of the first coefficient, through what the dummies leave of x.
    others = design[:, 1:]
    left = design[:, 0] - others @ np.linalg.lstsq(others, design[:, 0], rcond=None)[0]
    place = np.array([members.index(row[0]) for row in rows])
    scores = np.bincount(place, weights=left * (y - design @ effects))
    clusters, parameters = len(members), 2 + len(periods) - 1
    factor = clusters / (clusters - 1) * (len(y) - 1) / (len(y) - parameters)
    error = np.sqrt(factor * (scores**2).sum()) / (left**2).sum()
    reach = stats.t.ppf(0.975, clusters - 1) * error
    return (effects[0], effects[0] - reach, effects[0] + reach), clusters, len(rows)
