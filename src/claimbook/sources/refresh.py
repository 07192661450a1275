"""Fetch the book's figures again: everything is checked before anything is replaced."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from claimbook.data import compare, package, swap
from claimbook.data.package import Series
from claimbook.data.snapshot import CURRENT, Snapshot
from claimbook.sources import contract, worldbank

# A unit that names the prices it is measured in, in a title such as "GDP (constant 2015 US$)".
_PRICES = re.compile(r"\((constant \d{4} [^()]+)\)")
_PARENTHESIS = re.compile(r"\s*\((?:BoP, )?([^()]+)\)")


@dataclass(frozen=True)
class Order:
    """What to fetch, whence and where to.

    Parameters
    ----------
    codes : sequence of str
        Series to fetch; the vintage's other series are carried over byte for byte.
    data : pathlib.Path
        A folder with one folder a vintage.
    vintage : str
        ``current`` or ``YYYY-MM``.
    endpoint : str
        What ``wbgapi.endpoint`` takes, ending in ``/v2``.
    accepted : collection of str
        Series that may lose filled cells, or vanish.
    patience : float
        Seconds to go on without one complete answer.
    dry_run : bool
        Do everything but replace the vintage.
    """

    codes: Sequence[str]
    data: Path
    vintage: str = CURRENT
    endpoint: str = worldbank.ENDPOINT
    accepted: Collection[str] = ()
    patience: float = worldbank.PATIENCE
    dry_run: bool = False


@dataclass(frozen=True)
class _Written:
    """A fetched series that stands in the staged folder."""

    resource: dict[str, Any]
    cells: int
    updated: str
    loss: contract.Loss | None


@dataclass(frozen=True)
class _Fetched:
    economies: pd.DataFrame
    written: dict[str, _Written]
    requests: int


def refresh(
    order: Order,
    *,
    execute: compare.Execute | None = None,
    report: Callable[[worldbank.Progress], None] = lambda _: None,
    announce: Callable[[dict[str, Any]], None] = lambda _: None,
) -> dict[str, Any]:
    """Fetch series into a vintage, all or nothing.

    Parameters
    ----------
    order : Order
        What to fetch.
    execute : callable, optional
        Executes the chapters on a data folder, to tell which checks and verdicts move.
    report : callable
        Told of the progress of the fetch.
    announce : callable
        Given the report once everything is checked, before the vintage is replaced; what it
        raises leaves the old vintage as it was.

    Returns
    -------
    dict
        What changed (see :func:`claimbook.data.compare.compare`), with ``vintage``, ``endpoint``,
        ``retrieved``, ``requests``, ``cells`` fetched by series, and ``published``.

    Raises
    ------
    FetchFailed
        If the server does not serve everything, whole and readable.
    NotServed, ContractBroken
        If what it serves cannot be true, or loses what the vintage holds.
    Busy
        If another refresh is at work on the same folder.
    """
    with swap.exclusive(order.data):
        live = order.data / order.vintage
        old = Snapshot(live) if live.is_dir() and any(live.iterdir()) else None
        new = swap.staged(order.data, order.vintage)
        new.mkdir()
        fetched = _fetch(order, old, new, report)
        losses = [one.loss for one in fetched.written.values() if one.loss]
        contract.require_kept(losses, order.accepted)
        _write(new, order, old, fetched)
        found = _report(order, old, Snapshot(new), fetched, execute)
        announce(found)
        if not order.dry_run:
            swap.publish(order.data, order.vintage)
            found["published"] = True
        return found


def _fetch(
    order: Order, old: Snapshot | None, new: Path, report: Callable[[worldbank.Progress], None]
) -> _Fetched:
    version = None if order.vintage == CURRENT else order.vintage.replace("-", "")
    with worldbank.opened(order.endpoint, version=version, patience=order.patience) as door:
        economies = contract.economies(door.economies())
        if order.vintage == CURRENT:
            economies = _with_former(economies, old, order.codes)
        else:
            economies = _with_those_of_releases(economies, order.data)
        known = set(economies.loc[~economies["former"], "economy"])
        held = old.codes if old else []
        notes = door.descriptions([code for code in order.codes if code not in held])

        def check(one: worldbank.Served) -> _Written | None:
            """Check a series and put it to disk at once: a hundred do not fit into memory."""
            if version:
                one = contract.with_todays_codes(one)
            if one.code in order.accepted and all(value is None for _, _, value in one.cells):
                return None
            cells = contract.cells(one, known)
            loss = None
            if old and one.code in held:
                loss = contract.loss(one.code, old.long(one.code), cells)
            series = _described(one, cells, order, old, notes.get(one.code, {}))
            return _Written(package.write_series(new, series), len(cells), one.updated, loss)

        kept = door.series(
            order.codes,
            check,
            may_lack=order.accepted,
            witnesses=[code for code in held if code not in order.codes],
            report=report,
        )
        written = {code: kept[code] for code in order.codes if kept.get(code)}
        return _Fetched(economies.drop(columns="former"), written, door.requests)


def _with_former(table: pd.DataFrame, old: Snapshot | None, fetched: Sequence[str]) -> pd.DataFrame:
    """Add the economies that only series carried over still name: no figure fetched may."""
    table = table.assign(former=False)
    if old is None:
        return table
    carried = [code for code in old.codes if code not in fetched]
    named = {name for code in carried for name in old.long(code)["economy"]}
    former = _unlisted(old, table)
    former = former[former["economy"].isin(named)].assign(former=True)
    return pd.concat([table, former], ignore_index=True)


def _with_those_of_releases(table: pd.DataFrame, data: Path) -> pd.DataFrame:
    """Add what the vintages held list and the Bank no longer does.

    Figures of a past release may name them: in 2013 there were aggregates that are gone today.
    """
    for path in sorted(data.glob("[!.]*/datapackage.json")):
        table = pd.concat([table, _unlisted(Snapshot(path.parent), table)], ignore_index=True)
    return table.assign(former=False)


def _unlisted(wdi: Snapshot, table: pd.DataFrame) -> pd.DataFrame:
    listed = pd.concat(
        [wdi.economies.assign(aggregate=0), wdi.aggregates.assign(aggregate=1)]
    ).reset_index()
    return listed[~listed["economy"].isin(table["economy"])]


def _write(folder: Path, order: Order, old: Snapshot | None, fetched: _Fetched) -> None:
    today = datetime.now(UTC).date()
    updates = [one.updated for one in fetched.written.values() if _is_date(one.updated)]
    carried = [(one.resource, folder / one.resource["path"]) for one in fetched.written.values()]
    carried += [_carried(old, code) for code in old.codes if code not in order.codes] if old else []
    package.write(
        folder,
        vintage=order.vintage,
        economies=fetched.economies,
        series=[],
        created=_created(order, old, updates, today),
        description=_description(order, old, today),
        carried=carried,
    )


def _carried(old: Snapshot, code: str) -> tuple[dict[str, Any], Path]:
    old.verify(code)
    resource = old.metadata(code)
    return resource, old.folder / resource["path"]


def _created(order: Order, old: Snapshot | None, updates: Sequence[str], today: date) -> str:
    if order.vintage != CURRENT:
        return f"{order.vintage}-01"
    return max(updates, default=today.isoformat())


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _description(order: Order, old: Snapshot | None, today: date) -> str:
    if order.vintage == CURRENT:
        return f"One vintage a series: see each resource. Last fetched on {today}."
    if old is not None and old.description:
        return old.description
    return f"The release of {order.vintage}, from the WDI archives of the World Bank's API."


def _described(
    one: worldbank.Served,
    cells: list[contract.Cell],
    order: Order,
    old: Snapshot | None,
    notes: Mapping[str, str],
) -> Series:
    today = datetime.now(UTC).date().isoformat()
    before = old.metadata(one.code) if old and one.code in old.codes else {}
    title, unit = named(one.title or notes.get("IndicatorName", ""), before)
    origin = "" if order.endpoint == worldbank.ENDPOINT else f", from the endpoint {order.endpoint}"
    if order.vintage != CURRENT:
        release = f"{order.vintage}, from the WDI archives (source {worldbank.ARCHIVES})"
    elif one.updated:
        release = one.updated
    else:
        release = f"as served on {today}"
    return Series(
        code=one.code,
        title=title or one.code,
        unit=unit or notes.get("Unitofmeasure", ""),
        description=before.get("description") or _first_sentence(notes),
        values=cells,
        source={
            "title": "World Bank, World Development Indicators",
            "path": f"https://data.worldbank.org/indicator/{one.code}",
        },
        retrieved=today,
        how=f"wbgapi{origin}",
        extra={"vintage": release},
    )


def named(served: str, before: Mapping[str, Any]) -> tuple[str, str]:
    """Split the Bank's name of a series into title and unit.

    A unit already held stays, for it may say more than the Bank's; unless the Bank now names other
    prices: a new base year is another unit.

    Parameters
    ----------
    served : str
        A name such as ``"GDP (constant 2015 US$)"``; may be empty.
    before : mapping
        ``title`` and ``unit`` as held so far; may be empty.

    Returns
    -------
    tuple of (str, str)
        Title and unit; empty where neither the Bank nor the snapshot names one.
    """
    parenthesis, prices = _PARENTHESIS.search(served), _PRICES.search(served)
    unit = parenthesis[1] if parenthesis else ""
    title = _PARENTHESIS.sub("", served, count=1).strip() if parenthesis else served.strip()
    if before.get("unit"):
        unit = prices[1] if prices else before["unit"]
    return title or before.get("title", ""), unit


def _first_sentence(notes: Mapping[str, str]) -> str:
    text = " ".join((notes.get("Shortdefinition") or notes.get("Longdefinition") or "").split())
    return re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0]


def _report(
    order: Order,
    old: Snapshot | None,
    new: Snapshot,
    fetched: _Fetched,
    execute: compare.Execute | None,
) -> dict[str, Any]:
    found = compare.compare(old, new) | {
        "vintage": order.vintage,
        "endpoint": order.endpoint,
        "retrieved": datetime.now(UTC).date().isoformat(),
        "requests": fetched.requests,
        "cells": {code: one.cells for code, one in fetched.written.items()},
        "published": False,
    }
    if execute is not None and old is not None and compare.any_change(found):
        found["claims"] = compare.claims_moved(
            order.data, order.vintage, old.folder, new.folder, execute
        )
    return found


def series_of(vintage: str, named: Sequence[str], data: Path) -> list[str]:
    """Return the series that a refresh of a vintage fetches when none is named.

    Parameters
    ----------
    vintage : str
        ``current`` or ``YYYY-MM``.
    named : sequence of str
        The series that the book's claims name.
    data : pathlib.Path
        The folder of the vintages.

    Returns
    -------
    list of str
        All of them for a vintage not held yet. In one that is held, without the series that only
        other vintages hold: releases name some series differently, and each keeps its own.
    """
    held = {
        path.parent.name: set(Snapshot(path.parent).codes)
        for path in data.glob("*/datapackage.json")
    }
    ours = held.pop(vintage, None)
    if ours is None:
        return sorted(named)
    elsewhere = set().union(*held.values())
    return sorted(code for code in named if code in ours or code not in elsewhere)
