"""What differs between copies of the figures, and what each holds of a series.

A revision is measured, never judged: the Bank may be right today or have been right before.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from claimbook.data import snapshot
from claimbook.data.series import bases, known_breaks
from claimbook.data.snapshot import CURRENT, WORLD_BANK, Snapshot
from claimbook.errors import ClaimbookError

# Executes every chapter on a data folder: by claim id its claim output, or why there is none.
Execute = Callable[[Path], dict[str, dict[str, Any] | ClaimbookError]]

SCHEMA_VERSION = 1
_GROUPS = ["name", "region", "income_group", "lending_type"]
_VERDICT = ""  # stands where the id of a check would
# The Bank's classes, from poor to rich; economies it leaves unclassified stand last.
_INCOMES = ("Low income", "Lower middle income", "Upper middle income", "High income")
_ALL_GROUPS = [*_INCOMES, "Not classified"]


# Two copies


def compare(old: Snapshot | None, new: Snapshot) -> dict[str, Any]:
    """Measure what changed from one snapshot (None: there was none) to another; ready for JSON.

    ``series`` has one entry for each held by both (see :func:`revision`) under its later code;
    ``series_added``, ``series_removed``; ``economies`` has ``added``, ``removed``, ``regrouped``.
    """
    before = old.codes if old else []
    return {
        "schema_version": SCHEMA_VERSION,
        "series": [series_moved(old, new, code) for code in new.codes if old and code in before],
        "series_added": [code for code in new.codes if code not in before],
        "series_removed": [code for code in before if code not in new.codes],
        "economies": _economies(old, new),
    }


def series_moved(
    old: Snapshot, new: Snapshot, code: str, economies: Collection[str] | None = None
) -> dict[str, Any]:
    """Measure how a series differs between two snapshots: its cells, all or of some economies.

    ``title`` and ``unit`` are each ``old`` and ``new``; ``comparable`` tells whether the units, and
    the base years that they or the titles name, are the same. See :func:`revision`.
    """
    metas = old.metadata(code), new.metadata(code)
    name = "served_title" if all("served_title" in meta for meta in metas) else "title"
    told = {
        what: dict(zip(("old", "new"), (meta.get(key, "") for meta in metas), strict=True))
        for what, key in (("title", name), ("unit", "unit"))
    }
    years = [bases(*(meta.get(k, "") for k in ("title", "unit", "served_title"))) for meta in metas]
    same_base = years[0] == years[1] or not all(years)
    told["comparable"] = told["unit"]["old"] == told["unit"]["new"] and same_base
    after = new.long(code)
    # The same file, byte for byte: reading it once tells all there is to tell.
    before = after if old.sha256(code) == new.sha256(code) else old.long(code)
    if economies is not None:
        before, after = (long[long["economy"].isin(economies)] for long in (before, after))
    return {"code": code} | told | revision(before, after)


def revision(before: pd.DataFrame, after: pd.DataFrame) -> dict[str, Any]:
    """Measure how one copy of a series differs from an earlier one.

    Parameters
    ----------
    before, after : pandas.DataFrame
        Columns ``economy``, ``year``, ``value`` in the series' unit; filled cells only.

    Returns
    -------
    dict
        Counts of cells ``added``, ``removed``, ``revised`` and ``unchanged``; ``newest_year``
        (``old``, ``new``); ``largest_absolute`` and ``largest_relative`` (``economy``, ``year``,
        ``old``, ``new``, ``absolute`` in the series' unit, ``relative`` as a share of the old
        value, None where that is 0), and ``median_absolute`` and ``median_relative``, over the
        cells revised; None where none is.
    """
    cells = before.rename(columns={"value": "old"}).merge(
        after.rename(columns={"value": "new"}), "outer", ["economy", "year"], indicator="side"
    )
    sides = cells["side"].value_counts()
    revised = cells[(cells["side"] == "both") & (cells["old"] != cells["new"])].drop(columns="side")
    base = revised["old"].abs()
    revised["absolute"] = (revised["new"] - revised["old"]).abs()
    revised["relative"] = (revised["absolute"] / base).where(base > 0)
    return {
        "added": int(sides["right_only"]),
        "removed": int(sides["left_only"]),
        "revised": len(revised),
        "unchanged": int(sides["both"]) - len(revised),
        "newest_year": {"old": _newest(before), "new": _newest(after)},
        "largest_absolute": _largest(revised, "absolute"),
        "largest_relative": _largest(revised, "relative"),
        "median_absolute": _number(revised["absolute"].median()),
        "median_relative": _number(revised["relative"].median()),
    }


def _newest(long: pd.DataFrame) -> int | None:
    return int(long["year"].max()) if len(long) else None


def _largest(revised: pd.DataFrame, by: str) -> dict[str, Any] | None:
    if revised[by].isna().all():
        return None
    cell = revised.loc[revised[by].idxmax()].to_dict()
    return cell | {"relative": _number(cell["relative"])}


def _number(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _economies(old: Snapshot | None, new: Snapshot) -> dict[str, Any]:
    after = pd.concat([new.economies, new.aggregates])
    before = pd.concat([old.economies, old.aggregates]) if old else after
    common = after.index.intersection(before.index)
    groups = before.loc[common, _GROUPS].compare(
        after.loc[common, _GROUPS], keep_shape=True, result_names=("old", "new")
    )
    regrouped = groups.stack(level=0, future_stack=True).dropna().rename_axis(["economy", "field"])
    return {
        "added": sorted(after.index.difference(before.index)),
        "removed": sorted(before.index.difference(after.index)),
        "regrouped": regrouped.reset_index().to_dict("records"),
    }


def any_change(report: Mapping[str, Any]) -> bool:
    """Tell whether :func:`compare` found anything that a chapter could notice."""
    listed = (report["series_added"], report["series_removed"], *report["economies"].values())
    return any(listed) or any(map(_changed, report["series"]))


def _changed(one: Mapping[str, Any]) -> bool:
    cells = one["added"] or one["removed"] or one["revised"]
    return bool(cells) or any(one[what]["old"] != one[what]["new"] for what in ("title", "unit"))


def claims_moved(
    data: Path, vintage: str, old: Path, new: Path, execute: Execute
) -> dict[str, Any]:
    """Execute the chapters on two copies of a vintage, and find the checks and verdicts that moved.

    Whatever else ``data``, the folder of the vintages, holds is the same for both. The answer says
    ``compared`` (bool); ``why_not`` where no chapter could be executed, otherwise what
    :func:`moves` finds and ``not_compared`` (chapters that failed: ``claim``, ``side``, ``why``).
    """
    outputs: list[dict[str, Any]] = []
    failed: list[dict[str, str]] = []
    for side, folder in (("old", old), ("new", new)):
        outputs.append({})
        try:
            with _arranged(data, vintage, folder) as copy:
                found = execute(copy)
        except ClaimbookError as fault:
            return {"compared": False, "why_not": f"on the {side} figures, {fault}"}
        for claim, output in found.items():
            if isinstance(output, ClaimbookError):
                failed.append({"claim": claim, "side": side, "why": str(output)})
            else:
                outputs[-1][claim] = output
    return {"compared": True, "not_compared": failed} | moves(*outputs)


def moves(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """Compare claim outputs by claim id, verdict by verdict and check by check, in every vintage.

    ``flipped`` lists verdicts (``claim``, ``vintage``, ``old``, ``new``), ``moved`` checks
    (``claim``, ``check``, ``vintage``, ``outcome`` and ``estimate``, each ``old`` and ``new``).
    """
    flipped: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    for claim in sorted(before.keys() & after.keys()):
        old, new = _by_vintage(before[claim]), _by_vintage(after[claim])
        for check, vintage in sorted(old.keys() | new.keys()):
            was, now = old.get((check, vintage)), new.get((check, vintage))
            if was == now:
                continue
            if check == _VERDICT:
                flipped.append({"claim": claim, "vintage": vintage, "old": was, "new": now})
                continue
            parts = {
                part: {"old": (was or {}).get(part), "new": (now or {}).get(part)}
                for part in ("outcome", "estimate")
            }
            moved.append({"claim": claim, "check": check, "vintage": vintage} | parts)
    return {"flipped": flipped, "moved": moved}


def _by_vintage(output: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """Lay out what a claim output says of the verdict, and of each check, in each vintage."""
    found = {(_VERDICT, vintage): one for vintage, one in output.get("vintages", {}).items()}
    found[_VERDICT, CURRENT] = output["verdict"]
    for check in output["checks"]:
        found |= {(check["id"], name): one for name, one in check.get("vintages", {}).items()}
        found[check["id"], CURRENT] = {part: check[part] for part in ("outcome", "estimate")}
    return found


@contextmanager
def _arranged(data: Path, vintage: str, folder: Path) -> Iterator[Path]:
    """Lay out a data folder in which one vintage is another than in the book's own.

    Witnesses stay, where the other lacks them: they are brought in once, for every vintage.
    """
    with tempfile.TemporaryDirectory(prefix="claimbook-") as name:
        for path in data.resolve().glob("[!.]*"):
            if path.name != vintage:
                (Path(name) / path.name).symlink_to(path)
        laid = Path(shutil.copytree(folder, Path(name) / vintage))
        package = snapshot.opened(folder).package
        known = {one["name"] for one in package["resources"]}
        live = data / vintage
        there = snapshot.opened(live).resources.values() if live.is_dir() else ()
        stay = [one for one in there if one["name"] not in known and _is_witness(one)]
        for one in stay:
            shutil.copy(live / one["path"], laid)
        text = json.dumps({**package, "resources": [*package["resources"], *stay]})
        (laid / "datapackage.json").write_text(text, encoding="utf-8")
        yield Path(name)


def _is_witness(resource: Mapping[str, Any]) -> bool:
    named = [one["title"] for one in resource.get("sources", ())]
    return bool(named) and not any(title.startswith(WORLD_BANK) for title in named)


# The same in text


def as_text(report: Mapping[str, Any]) -> str:
    """Say what :func:`compare` found, and ``claims`` where chapters were executed, line by line."""
    changed = [one for one in report["series"] if _changed(one)]
    lines = [_series_line(one) for one in changed]
    lines += [f"{code}: new" for code in report["series_added"]]
    lines += [f"{code}: gone" for code in report["series_removed"]]
    if same := len(report["series"]) - len(changed):
        lines.append(f"{same} series unchanged, cell for cell")
    for word in ("added", "removed"):
        if economies := report["economies"][word]:
            lines.append(f"economies {word}: {', '.join(economies)}")
    lines += [
        f"{one['economy']}: {one['field']} was {one['old']!r}, is {one['new']!r}"
        for one in report["economies"]["regrouped"]
    ]
    return "\n".join(lines + (_claim_lines(report["claims"]) if "claims" in report else []))


def _series_line(one: Mapping[str, Any]) -> str:
    parts = [f"{one[what]} {what}" for what in ("added", "removed", "revised") if one[what]]
    if (largest := one["largest_absolute"]) and one["comparable"]:
        parts.append(f"largest revision {_cell(largest)}")
        relative = one["largest_relative"]
        if relative and relative != largest:
            parts.append(f"relatively {_cell(relative)}")
        parts.append(f"median {_short(one['median_absolute'])}{_share(one['median_relative'])}")
    years = dict.fromkeys(str(year) for year in one["newest_year"].values())
    parts.append(f"newest year {' → '.join(years)}")
    parts += [
        f"{what} was {one[what]['old']!r}, is {one[what]['new']!r}"
        for what in ("title", "unit")
        if one[what]["old"] != one[what]["new"]
    ]
    if not one["comparable"]:
        parts[-1] += ": not comparable"
    return f"{one['code']}: {', '.join(parts)}"


def _cell(cell: Mapping[str, Any]) -> str:
    values = f"{_short(cell['old'])} → {_short(cell['new'])}"
    return f"{cell['economy']} {cell['year']} {values}{_share(cell['relative'])}"


def _short(value: float | None) -> str:
    return "none" if value is None else f"{value:.5g}"


def _share(value: float | None) -> str:
    return "" if value is None else f" (by {100 * value:.3g} %)"


def _claim_lines(claims: Mapping[str, Any]) -> list[str]:
    if not claims["compared"]:
        return [f"verdicts not compared: {claims['why_not']}"]
    lines = [
        f"{one['claim']} / {one['check']} (vintage {one['vintage']}): "
        f"{_finding(one, 'old')} → {_finding(one, 'new')}"
        for one in claims["moved"]
    ]
    lines += [
        f"VERDICT FLIPPED: {one['claim']} (vintage {one['vintage']}): {one['old']} → {one['new']}"
        for one in claims["flipped"]
    ]
    return (lines or ["no check moved, no verdict flipped"]) + [
        f"{one['claim']} is not compared: it cannot be asked on the {one['side']} figures, for "
        f"{one['why']}"
        for one in claims["not_compared"]
    ]


def _finding(one: Mapping[str, Any], side: str) -> str:
    estimate, outcome = one["estimate"][side], one["outcome"][side]
    if not estimate:
        return outcome or "no estimate"
    value, low, high = (_short(estimate[part]) for part in ("value", "low", "high"))
    return f"{outcome} ({value} [{low}, {high}], n {estimate['n']})"


# One series in every vintage


def all_codes(vintages: Sequence[Snapshot]) -> list[str]:
    """List the series that any vintage holds, each once: a renamed one under its newest code."""
    found: list[str] = []
    for place, wdi in enumerate(vintages):
        newer = vintages[place + 1 :]
        found += [code for code in wdi.codes if not any(code in later.codes for later in newer)]
    return sorted(found)


def coverage(wdi: Snapshot, code: str) -> pd.DataFrame:
    """Count the economies that have a value: income groups of today by years, none skipped."""
    filled = wdi.series(code).notna()
    counts = filled.groupby(_income_groups(wdi)).sum()
    years = range(min(filled.columns), max(filled.columns) + 1)
    return counts.reindex(index=_ALL_GROUPS, columns=years, fill_value=0)


def group_sizes(wdi: Snapshot) -> pd.Series:
    """Count the economies of each income group: what full coverage would be."""
    return _income_groups(wdi).value_counts().reindex(_ALL_GROUPS, fill_value=0)


def _income_groups(wdi: Snapshot) -> pd.Series:
    groups = wdi.economies["income_group"]
    return groups.where(groups.isin(_ALL_GROUPS), _ALL_GROUPS[-1])


def holding(wdi: Snapshot, code: str) -> dict[str, Any]:
    """Say where a vintage's copy of a series came from, and what it covers.

    What the data package says of it, and: ``code`` is the vintage's own, for a series may have been
    renamed since; ``economies`` and ``cells`` count economies, and economy-years, with a value;
    aggregates are left out.
    """
    meta, filled = wdi.metadata(code), wdi.series(code).notna()
    years = filled.columns[filled.any()]
    unsaid = dict.fromkeys(("title", "unit", "description", "retrieved", "how"), "")
    return (
        unsaid
        | meta
        | {
            "code": meta["name"],
            "vintage": wdi.vintage,
            "release": meta.get("vintage", ""),
            "first_year": int(years.min()),
            "newest_year": int(years.max()),
            "economies": int(filled.any(axis="columns").sum()),
            "cells": int(filled.to_numpy().sum()),
        }
    )


def between(old: Snapshot, new: Snapshot, code: str) -> dict[str, Any]:
    """Measure how a series was revised between two vintages, over the newer one's economies.

    What :func:`series_moved` finds, and ``common``, the economy-years that both hold; ``largest``
    is its largest revision, None where the units differ: constant prices of another base year are
    another unit.
    """
    found = series_moved(old, new, code, {*old.economies.index, *new.economies.index})
    largest = found["largest_absolute"] if found["comparable"] else None
    if largest:
        largest["name"] = new.economies["name"].get(largest["economy"], largest["economy"])
    common = found["revised"] + found["unchanged"]
    return found | {"old": old.vintage, "new": new.vintage, "common": common, "largest": largest}


def cells_moved(
    old: Snapshot, new: Snapshot, code: str, economies: Iterable[str]
) -> dict[str, int]:
    """Count the cells of some economies that a release revised, withdrew or added in a series."""
    found = series_moved(old, new, code, [*economies])
    return {"revised": found["revised"], "withdrawn": found["removed"], "added": found["added"]}


def series_page(code: str, vintages: Sequence[Snapshot]) -> dict[str, Any]:
    """Gather what the data page says of one series in the vintages held, oldest first.

    ``page`` is the World Bank's; ``holdings`` and ``revisions`` (between each vintage and the next
    that holds the series) are those of :func:`holding` and :func:`between`; ``breaks`` sentences.
    """
    having = [wdi for wdi in vintages if code in wdi.codes]
    return {
        "code": code,
        "page": f"https://data.worldbank.org/indicator/{code}",
        "holdings": [holding(wdi, code) for wdi in having],
        "revisions": [between(old, new, code) for old, new in pairwise(having)],
        "breaks": known_breaks(code, having),
    }
