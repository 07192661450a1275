"""What differs between two copies of the figures: cells, units, economies, checks and verdicts.

A revision is measured, never judged: the Bank may be right today or have been right before.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from claimbook.data.snapshot import CURRENT, Snapshot, read_long
from claimbook.errors import ClaimbookError

# Executes every chapter on a data folder: by claim id its claim output, or why there is none.
Execute = Callable[[Path], dict[str, dict[str, Any] | ClaimbookError]]

SCHEMA_VERSION = 1
_GROUPS = ("name", "region", "income_group", "lending_type")


def long_form(wdi: Snapshot, code: str) -> pd.DataFrame:
    """Read a series as it is stored, aggregates included.

    Parameters
    ----------
    wdi : Snapshot
        A vintage.
    code : str
        A series it holds.

    Returns
    -------
    pandas.DataFrame
        Columns ``economy``, ``year``, ``value``.
    """
    wdi.verify(code)
    return read_long(wdi.folder / wdi.metadata(code)["path"])


def compare(old: Snapshot | None, new: Snapshot) -> dict[str, Any]:
    """Measure what changed from one snapshot to another.

    Parameters
    ----------
    old : Snapshot or None
        The earlier copy; None where there was none.
    new : Snapshot
        The later copy.

    Returns
    -------
    dict
        Ready for JSON: ``series`` (one entry for each held by both, see :func:`revision`),
        ``series_added``, ``series_removed``, and ``economies`` (``added``, ``removed``,
        ``regrouped``).
    """
    before = old.codes if old else []
    common = [code for code in new.codes if code in before]
    return {
        "schema_version": SCHEMA_VERSION,
        "series": [_series(old, new, code) for code in common if old],
        "series_added": [code for code in new.codes if code not in before],
        "series_removed": [code for code in before if code not in new.codes],
        "economies": _economies(old, new),
    }


def _series(old: Snapshot, new: Snapshot, code: str) -> dict[str, Any]:
    units = {"old": old.metadata(code)["unit"], "new": new.metadata(code)["unit"]}
    if old.sha256(code) == new.sha256(code):
        # The same file, byte for byte: reading it once tells all there is to tell.
        long = long_form(new, code)
        return {"code": code, "unit": units} | revision(long, long)
    return {"code": code, "unit": units} | revision(long_form(old, code), long_form(new, code))


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
    cells = before.merge(
        after, on=["economy", "year"], how="outer", suffixes=("_old", "_new"), indicator="side"
    )
    common = cells[cells["side"] == "both"]
    revised = common[common["value_old"] != common["value_new"]].copy()
    revised["absolute"] = (revised["value_new"] - revised["value_old"]).abs()
    base = revised["value_old"].abs()
    revised["relative"] = (revised["absolute"] / base).where(base > 0)
    return {
        "added": int((cells["side"] == "right_only").sum()),
        "removed": int((cells["side"] == "left_only").sum()),
        "revised": len(revised),
        "unchanged": len(common) - len(revised),
        "newest_year": {"old": _newest(before), "new": _newest(after)},
        "largest_absolute": _largest(revised, "absolute"),
        "largest_relative": _largest(revised, "relative"),
        "median_absolute": _number(revised["absolute"].median()),
        "median_relative": _number(revised["relative"].median()),
    }


def _newest(long: pd.DataFrame) -> int | None:
    return int(long["year"].max()) if len(long) else None


def _largest(revised: pd.DataFrame, by: str) -> dict[str, Any] | None:
    ranked = revised.dropna(subset=[by])
    if ranked.empty:
        return None
    cell = ranked.loc[ranked[by].idxmax()]
    return {
        "economy": str(cell["economy"]),
        "year": int(cell["year"]),
        "old": float(cell["value_old"]),
        "new": float(cell["value_new"]),
        "absolute": float(cell["absolute"]),
        "relative": _number(cell["relative"]),
    }


def _number(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _economies(old: Snapshot | None, new: Snapshot) -> dict[str, Any]:
    after = pd.concat([new.economies, new.aggregates])
    before = pd.concat([old.economies, old.aggregates]) if old else after
    common = after.index.intersection(before.index)
    regrouped = [
        {
            "economy": economy,
            "field": field,
            "old": before.at[economy, field],
            "new": after.at[economy, field],
        }
        for economy in common
        for field in _GROUPS
        if before.at[economy, field] != after.at[economy, field]
    ]
    return {
        "added": sorted(after.index.difference(before.index)),
        "removed": sorted(before.index.difference(after.index)),
        "regrouped": regrouped,
    }


def any_change(report: Mapping[str, Any]) -> bool:
    """Tell whether a comparison found anything that a chapter could notice.

    Parameters
    ----------
    report : mapping
        From :func:`compare`.

    Returns
    -------
    bool
        False if every cell, unit and economy is as before.
    """
    return bool(
        report["series_added"]
        or report["series_removed"]
        or any(report["economies"].values())
        or any(_changed(one) for one in report["series"])
    )


def _changed(one: Mapping[str, Any]) -> bool:
    return bool(
        one["added"] or one["removed"] or one["revised"] or one["unit"]["old"] != one["unit"]["new"]
    )


def claims_moved(
    data: Path, vintage: str, old: Path, new: Path, execute: Execute
) -> dict[str, Any]:
    """Execute the chapters on two copies of a vintage, and find the checks and verdicts that moved.

    Parameters
    ----------
    data : pathlib.Path
        The folder of the vintages: whatever else it holds is the same for both.
    vintage : str
        The vintage whose copies differ.
    old, new : pathlib.Path
        The two copies.
    execute : callable
        Given a data folder, returns claim outputs by claim id.

    Returns
    -------
    dict
        ``compared`` (bool); ``why_not`` where no chapter could be executed; otherwise ``flipped``
        (verdicts: ``claim``, ``vintage``, ``old``, ``new``), ``moved`` (checks: ``claim``,
        ``check``, ``vintage``, ``outcome`` and ``estimate``, each ``old`` and ``new``) and
        ``not_compared`` (chapters that failed: ``claim``, ``side``, ``why``).
    """
    outputs, failed = [], []
    for side, folder in (("old", old), ("new", new)):
        try:
            with arranged(data, {vintage: folder}) as copy:
                found = execute(copy)
        except ClaimbookError as fault:
            return {"compared": False, "why_not": f"on the {side} figures, {fault}"}
        faults = {claim: one for claim, one in found.items() if isinstance(one, ClaimbookError)}
        failed += [
            {"claim": claim, "side": side, "why": str(fault)} for claim, fault in faults.items()
        ]
        outputs.append({claim: one for claim, one in found.items() if claim not in faults})
    return {"compared": True, "not_compared": failed} | moves(*outputs)


def moves(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """Compare claim outputs, verdict by verdict and check by check, under every vintage.

    Parameters
    ----------
    before, after : mapping
        Claim outputs by claim id.

    Returns
    -------
    dict
        ``flipped`` and ``moved``, as in :func:`claims_moved`.
    """
    flipped: list[dict[str, Any]] = []
    moved: list[dict[str, Any]] = []
    for claim in sorted(set(before) & set(after)):
        for vintage, (old, new) in _pairs(before[claim], after[claim], _verdicts):
            if old != new:
                flipped.append({"claim": claim, "vintage": vintage, "old": old, "new": new})
        for (check, vintage), (old, new) in _pairs(before[claim], after[claim], _findings):
            if old != new:
                moved.append(
                    {"claim": claim, "check": check, "vintage": vintage}
                    | {
                        part: {"old": (old or {}).get(part), "new": (new or {}).get(part)}
                        for part in ("outcome", "estimate")
                    }
                )
    return {"flipped": flipped, "moved": moved}


def _pairs(
    before: Mapping[str, Any], after: Mapping[str, Any], parts: Callable[[Any], dict[Any, Any]]
) -> Iterator[tuple[Any, tuple[Any, Any]]]:
    old, new = parts(before), parts(after)
    for key in sorted(set(old) | set(new)):
        yield key, (old.get(key), new.get(key))


def _verdicts(output: Mapping[str, Any]) -> dict[str, str | None]:
    return {**output.get("vintages", {}), CURRENT: output["verdict"]}


def _findings(output: Mapping[str, Any]) -> dict[tuple[str, str], dict[str, Any] | None]:
    found: dict[tuple[str, str], dict[str, Any] | None] = {}
    for check in output["checks"]:
        found |= {(check["id"], name): one for name, one in check.get("vintages", {}).items()}
        found[check["id"], CURRENT] = {
            "outcome": check["outcome"],
            "estimate": check["estimate"],
        }
    return found


@contextmanager
def arranged(data: Path, vintages: Mapping[str, Path]) -> Iterator[Path]:
    """Lay out a data folder in which some vintages are others than in the book's own.

    Parameters
    ----------
    data : pathlib.Path
        The folder of the vintages.
    vintages : mapping of str to pathlib.Path
        Folders to stand in for vintages.

    Yields
    ------
    pathlib.Path
        A temporary folder of links.
    """
    with tempfile.TemporaryDirectory(prefix="claimbook-") as name:
        folder = Path(name)
        for path in data.resolve().iterdir():
            if path.name not in vintages and not path.name.startswith("."):
                (folder / path.name).symlink_to(path)
        for vintage, path in vintages.items():
            (folder / vintage).symlink_to(path.resolve())
        yield folder


def as_text(report: Mapping[str, Any]) -> str:
    """Say what changed, in lines a person reads.

    Parameters
    ----------
    report : mapping
        From :func:`compare`, with the entry ``claims`` of :func:`claims_moved` where chapters were
        executed.

    Returns
    -------
    str
        A line for each series that changed, then economies, checks and verdicts.
    """
    changed = [one for one in report["series"] if _changed(one)]
    lines = [_series_line(one) for one in changed]
    for word, codes in (("new", report["series_added"]), ("gone", report["series_removed"])):
        lines += [f"{code}: {word}" for code in codes]
    same = len(report["series"]) - len(changed)
    if same:
        lines.append(f"{same} series unchanged, cell for cell")
    lines += _economy_lines(report["economies"])
    if "claims" in report:
        lines += _claim_lines(report["claims"])
    return "\n".join(lines)


def _series_line(one: Mapping[str, Any]) -> str:
    parts = [f"{one[what]} {what}" for what in ("added", "removed", "revised") if one[what]]
    largest, relative = one["largest_absolute"], one["largest_relative"]
    if largest:
        parts.append(f"largest revision {_cell(largest)}")
        if relative and (relative["economy"], relative["year"]) != (
            largest["economy"],
            largest["year"],
        ):
            parts.append(f"relatively {_cell(relative)}")
        parts.append(f"median {_short(one['median_absolute'])}{_share(one['median_relative'])}")
    years, units = one["newest_year"], one["unit"]
    parts.append(
        f"newest year {years['new']}"
        if years["old"] == years["new"]
        else f"newest year {years['old']} → {years['new']}"
    )
    if units["old"] != units["new"]:
        parts.append(f"unit was {units['old']!r}, is {units['new']!r}: not comparable")
    return f"{one['code']}: {', '.join(parts)}"


def _cell(cell: Mapping[str, Any]) -> str:
    return (
        f"{cell['economy']} {cell['year']} {_short(cell['old'])} → {_short(cell['new'])}"
        f"{_share(cell['relative'])}"
    )


def _short(value: float | None) -> str:
    return "none" if value is None else f"{value:.5g}"


def _share(value: float | None) -> str:
    return "" if value is None else f" (by {100 * value:.3g} %)"


def _economy_lines(economies: Mapping[str, Any]) -> list[str]:
    lines = []
    for word in ("added", "removed"):
        if economies[word]:
            lines.append(f"economies {word}: {', '.join(economies[word])}")
    lines += [
        f"{one['economy']}: {one['field']} was {one['old']!r}, is {one['new']!r}"
        for one in economies["regrouped"]
    ]
    return lines


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
    if not lines:
        lines = ["no check moved, no verdict flipped"]
    return lines + [
        f"{one['claim']} is not compared: it cannot be asked on the {one['side']} figures, for "
        f"{one['why']}"
        for one in claims["not_compared"]
    ]


def _finding(one: Mapping[str, Any], side: str) -> str:
    estimate, outcome = one["estimate"][side], one["outcome"][side]
    if not estimate:
        return f"{outcome or 'no estimate'}"
    return (
        f"{outcome} ({_short(estimate['value'])} "
        f"[{_short(estimate['low'])}, {_short(estimate['high'])}], n {estimate['n']})"
    )
