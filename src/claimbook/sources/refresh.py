"""Fetch series again: everything is checked before anything is replaced."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from claimbook.data import compare, package, snapshot, swap
from claimbook.data.package import Series
from claimbook.data.snapshot import CURRENT, Snapshot
from claimbook.sources import base, contract
from claimbook.sources.base import Order, Served, Source
from claimbook.sources.files import CATALOGUE, Files
from claimbook.sources.worldbank import ARCHIVES, ENDPOINT, WorldBank

__all__ = ["Order", "refresh", "refresh_history", "series_of"]


@dataclass
class _Fetched:
    """What has been fetched: resources in the staged folder and cells by code, and the losses."""

    economies: pd.DataFrame
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    cells: dict[str, int] = field(default_factory=dict)
    losses: list[contract.Loss] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    updates: list[str] = field(default_factory=list)
    requests: int = 0


def refresh(
    order: Order,
    *,
    execute: compare.Execute | None = None,
    read: Collection[str] = (),
    report: Callable[[int], None] = lambda _: None,
    announce: Callable[[dict[str, Any]], None] = lambda _: None,
) -> dict[str, Any]:
    """Fetch series into a vintage, all or nothing, and return what changed.

    ``execute`` runs the chapters on a data folder, to tell which checks and verdicts move: not for
    new series alone that are not among those ``read`` by any claim. ``report`` is told the rows of
    each series as it arrives; ``announce`` is given the report once everything is checked, before
    the vintage is replaced: what it raises leaves the old vintage as it was.
    """
    with swap.exclusive(order.data):
        live = order.data / order.vintage
        old = Snapshot(live) if live.is_dir() and any(live.iterdir()) else None
        # A renamed series is asked for by the code under which this vintage holds it.
        order = replace(
            order,
            codes=list(dict.fromkeys(_own(old, code) for code in order.codes)),
            accepted=[_own(old, code) for code in order.accepted],
        )
        new = swap.staged(order.data, order.vintage)
        new.mkdir()
        fetched = _fetch(order, old, new, report)
        contract.require_kept(fetched.losses, order.accepted)
        _write(new, order, old, fetched)
        found = _report(order, old, Snapshot(new), fetched)
        read_too = [code for code in found["series_added"] if code in read]
        if execute and old and compare.any_change(found | {"series_added": read_too}):
            found["claims"] = compare.claims_moved(
                order.data, order.vintage, old.folder, new, execute
            )
        announce(found)
        if not order.dry_run:
            swap.publish(order.data, order.vintage)
            found["published"] = True
        return found


def _fetch(
    order: Order, old: Snapshot | None, new: Path, report: Callable[[int], None]
) -> _Fetched:
    held = {code: old.metadata(code) for code in old.codes} if old else {}
    fetched = _Fetched(_table(old) if old else pd.DataFrame({"economy": []}))
    others = fetched.economies.iloc[:0]
    by_source = base.owners(order, held)
    # Whoever has a list of economies comes first: the others are judged by it.
    for source in sorted(by_source, key=lambda one: type(one).economies is Source.economies):
        with source:
            listed = source.economies()
            if listed is not None and (order.vintage == CURRENT or old is None):
                fetched.economies = listed
            if order.vintage != CURRENT:
                others = _unlisted(_of_releases(listed, order.data), fetched.economies)
            if fetched.economies.empty:
                raise contract.ContractBroken(
                    f"{order.vintage} holds no list of economies to judge {by_source[source][0]} "
                    "by: fetch a series of the World Bank into it first."
                )
            known = {*fetched.economies["economy"], *others["economy"]}
            for one in source.fetch(by_source[source], order.vintage):
                _keep(one, source, known, order, old, new, fetched)
                report(len(one.cells))
            fetched.requests += source.requests
    for code in order.codes:
        if code not in fetched.resources and code not in order.accepted:
            raise contract.ContractBroken(
                f"{code} was asked for and left out. Nothing was changed."
            )
    if old and order.vintage == CURRENT:
        others = _unlisted(_table(old), fetched.economies)
        if len(others):
            carried = (old.long(code) for code in old.codes if code not in order.codes)
            fetched.named.update(*(one["economy"] for one in carried))
    others = others[others["economy"].isin(fetched.named)]
    if len(others):
        fetched.economies = pd.concat([fetched.economies, others], ignore_index=True)
    return fetched


def _keep(
    one: Served,
    source: Source,
    known: Collection[str],
    order: Order,
    old: Snapshot | None,
    new: Path,
    fetched: _Fetched,
) -> None:
    """Check a series and put it to disk at once: a hundred do not fit into memory."""
    if one.code in order.accepted and all(value is None for _, _, value in one.cells):
        return
    cells = contract.cells(one, known)
    before: Mapping[str, Any] = {}
    if old and one.code in old.codes:
        before = old.metadata(one.code)
        fetched.losses.append(contract.loss(one.code, old.long(one.code), cells))
    resource = package.write_series(new, _series(one, cells, source))
    # What the vintage says of a series stays, but not how an earlier copy agreed with others.
    stays = {k: v for k, v in before.items() if k not in resource and k != "agreement"}
    fetched.resources[one.code] = resource | stays
    fetched.cells[one.code] = len(cells)
    fetched.named |= {economy for economy, _, _ in cells}
    fetched.updates.append(one.updated)


def _series(one: Served, cells: list[contract.Cell], source: Source) -> Series:
    return Series(
        code=one.code,
        title=one.title or one.code,
        unit=one.unit,
        description=one.description,
        values=cells,
        source=source.cite(one.code),
        retrieved=datetime.now(UTC).date().isoformat(),
        how=one.how,
        extra={"licenses": [dict(source.licence_of(one.code))], "vintage": one.release},
    )


def _own(wdi: Snapshot | None, code: str) -> str:
    return wdi.metadata(code)["name"] if wdi and code in wdi.codes else code


def _table(wdi: Snapshot) -> pd.DataFrame:
    both = [wdi.economies.assign(aggregate=0), wdi.aggregates.assign(aggregate=1)]
    return pd.concat(both).reset_index()


def _of_releases(listed: pd.DataFrame | None, data: Path) -> pd.DataFrame:
    """Return who may be named by figures of a past release: it had aggregates that are gone."""
    vintages = [_table(Snapshot(path.parent)) for path in data.glob("[!.]*/datapackage.json")]
    return pd.concat([listed, *vintages, contract.DISSOLVED]).drop_duplicates("economy")


def _unlisted(table: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    return table[~table["economy"].isin(listed["economy"])]


def _write(folder: Path, order: Order, old: Snapshot | None, fetched: _Fetched) -> None:
    carried = [(one, folder / one["path"]) for one in fetched.resources.values()]
    carried += [_carried(old, code) for code in old.codes if code not in order.codes] if old else []
    today, dated = datetime.now(UTC).date().isoformat(), order.vintage != CURRENT
    updates = [text for text in fetched.updates if _is_date(text)] + ([old.created] if old else [])
    description = (
        f"The release of {order.vintage}, from the WDI archives of the World Bank's API."
        if dated
        else f"One vintage a series: see each resource. Last fetched on {today}."
    )
    if old and (dated or not fetched.requests):
        description = old.description or description
    package.write(
        folder,
        vintage=order.vintage,
        economies=fetched.economies,
        series=[],
        created=f"{order.vintage}-01" if dated else max(updates, default=today),
        description=description,
        carried=carried,
    )


def _carried(old: Snapshot, code: str) -> tuple[dict[str, Any], Path]:
    old.verify(code)
    resource = old.metadata(code)
    return resource, old.folder / resource["path"]


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _report(order: Order, old: Snapshot | None, new: Snapshot, fetched: _Fetched) -> dict[str, Any]:
    return compare.compare(old, new) | {
        "vintage": order.vintage,
        "endpoint": order.endpoint,
        "retrieved": datetime.now(UTC).date().isoformat(),
        "requests": fetched.requests,
        "cells": fetched.cells,
        "published": False,
    }


def series_of(vintage: str, named: Sequence[str], data: Path) -> list[str]:
    """Return the series that a refresh of a vintage fetches when none is named.

    All that the claims name for a vintage not held yet. In one that is held, without the series
    that only other vintages hold: releases name some series differently, and each keeps its own.
    What is brought in from files is never fetched.
    """
    sources = base.owners(Order(named, data, vintage))
    named = [code for source, codes in sources.items() if not source.once for code in codes]
    held = {path.parent.name: Snapshot(path.parent) for path in data.glob("[!.]*/datapackage.json")}
    ours = held.pop(vintage, None)
    if ours is None:
        return sorted(named)
    elsewhere = {code for wdi in held.values() for code in named if code in wdi.codes}
    return sorted(
        {_own(ours, code) for code in named if code in ours.codes or code not in elsewhere}
    )


def described(order: Order) -> list[str]:
    """Return the series that can be brought in from files: those that the data folder describes."""
    codes = sorted(Files.for_order(order).prefixes)
    if not codes:
        raise base.NotServed(f"{order.data / CATALOGUE} describes no file to bring in: write it.")
    return codes


def refresh_history(order: Order) -> dict[str, Any]:
    """Fetch every release of one series that the archives hold, all or nothing.

    Releases held that the archives do not serve are carried over byte for byte.
    """
    (code,) = order.codes
    folder = order.data / swap.HISTORY
    live, new = folder / code, swap.staged(folder, code)
    cells: dict[str, int] = {}
    losses = []
    bank = WorldBank(ARCHIVES, endpoint=order.endpoint or ENDPOINT, patience=order.patience)
    with swap.exclusive(order.data), bank:
        folder.mkdir(exist_ok=True)
        if live.is_dir():
            shutil.copytree(live, new)
        known = set(_of_releases(bank.economies(), order.data)["economy"])
        for release, one in bank.releases(code):
            found = contract.cells(one, known)
            if (held := live / f"{release}.csv").is_file():
                losses.append(contract.loss(code, snapshot.read_long(held), found))
            package.write_release(new, release, _series(one, found, bank))
            cells[release] = len(found)
        contract.require_kept(losses, order.accepted)
        if not order.dry_run:
            swap.publish(folder, code)
    return {
        "history": code,
        "endpoint": order.endpoint,
        "requests": bank.requests,
        "cells": cells,
        "published": not order.dry_run,
    }
