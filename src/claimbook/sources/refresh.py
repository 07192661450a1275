"""Fetch series again: everything is checked before anything is replaced."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from claimbook.data import compare, package, snapshot, swap
from claimbook.data.package import Series
from claimbook.data.snapshot import CURRENT, Snapshot
from claimbook.sources import base, contract
from claimbook.sources.base import Order, Served, Source
from claimbook.sources.files import CATALOGUE, Files
from claimbook.sources.worldbank import ARCHIVES, WorldBank

__all__ = ["Order", "refresh", "refresh_history", "series_of"]


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
        live, new = order.data / order.vintage, swap.staged(order.data, order.vintage)
        old = Snapshot(live) if live.is_dir() and any(live.iterdir()) else None
        if old:
            # A renamed series is asked for by the code under which this vintage holds it.
            codes = dict.fromkeys(map(old.store.own, order.codes))
            order = replace(order, codes=[*codes], accepted=[*map(old.store.own, order.accepted)])
        new.mkdir()
        fetched = _Fetched(order, old, new)
        fetched.fetch(report)
        contract.require_kept(fetched.losses, order.accepted)
        fetched.write()
        found = compare.compare(old, Snapshot(new)) | {
            "vintage": order.vintage,
            "endpoint": order.endpoint,
            "retrieved": _today(),
            "requests": fetched.requests,
            "cells": fetched.cells,
            "published": False,
        }
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


@dataclass
class _Fetched:
    """What has been fetched so far: resources in the staged folder, cells and losses by code."""

    order: Order
    old: Snapshot | None
    folder: Path
    economies: pd.DataFrame = field(default_factory=lambda: contract.DISSOLVED.iloc[:0])
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    cells: dict[str, int] = field(default_factory=dict)
    losses: list[contract.Loss] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    updates: list[str] = field(default_factory=list)
    requests: int = 0

    def fetch(self, report: Callable[[int], None]) -> None:
        """Fetch every series of the order, and settle which economies the vintage lists."""
        order, old = self.order, self.old
        if old:
            self.economies = _table(old)
        others = self.economies.iloc[:0]
        by_source = base.owners(
            order, {code: old.metadata(code) for code in old.codes} if old else {}
        )
        # Whoever has a list of economies comes first: the others are judged by it.
        for source in sorted(by_source, key=lambda one: type(one).economies is Source.economies):
            with source:
                listed = source.economies()
                if listed is not None and (order.vintage == CURRENT or old is None):
                    contract.require_kinds(self.economies, listed)
                    self.economies = listed
                if order.vintage != CURRENT:
                    others = _unlisted(_of_releases(listed, order.data), self.economies)
                if self.economies.empty:
                    raise contract.ContractBroken(
                        f"{order.vintage} holds no list of economies to judge "
                        f"{by_source[source][0]} by: fetch a series of the World Bank into it "
                        "first."
                    )
                known = {*self.economies["economy"], *others["economy"]}
                for one in source.fetch(by_source[source], order.vintage):
                    self._keep(one, source, known)
                    report(len(one.cells))
                self.requests += source.requests
        for code in order.codes:
            if code not in self.resources and code not in order.accepted:
                raise contract.ContractBroken(
                    f"{code} was asked for and left out. Nothing was changed."
                )
        if old and order.vintage == CURRENT:
            others = _unlisted(_table(old), self.economies)
            if len(others):
                self.named.update(*(old.long(code)["economy"] for code in self._carried()))
        others = others[others["economy"].isin(self.named)]
        if len(others):
            self.economies = pd.concat([self.economies, others], ignore_index=True)

    def _keep(self, one: Served, source: Source, known: Collection[str]) -> None:
        """Check a series and put it to disk at once: a hundred do not fit into memory."""
        code, old = one.code, self.old
        if code in self.order.accepted and all(value is None for _, _, value in one.cells):
            return
        cells = contract.cells(one, known)
        before: Mapping[str, Any] = {}
        if old and code in old.codes:
            before = old.metadata(code)
            self.losses.append(contract.loss(code, old.long(code), cells))
        resource = package.write_series(self.folder, _series(one, cells, source))
        # What the vintage says of a series stays, but not how an earlier copy agreed with others.
        stays = {k: v for k, v in before.items() if k not in resource and k != "agreement"}
        self.resources[code] = resource | stays
        self.cells[code] = len(cells)
        self.named |= {economy for economy, _, _ in cells}
        self.updates.append(one.updated)

    def _carried(self) -> list[str]:
        """The series that the vintage keeps as they are."""
        return [code for code in self.old.codes if code not in self.order.codes] if self.old else []

    def write(self) -> None:
        """Complete the staged vintage: other series byte for byte, and the data package."""
        old, vintage = self.old, self.order.vintage
        carried = [(one, self.folder / one["path"]) for one in self.resources.values()]
        for code in self._carried():
            old.verify(code)
            carried.append((old.metadata(code), old.folder / old.metadata(code)["path"]))
        if vintage == CURRENT:
            description = f"One vintage a series: see each resource. Last fetched on {_today()}."
            dates = [*self.updates, old.created if old else ""]
            newest = pd.to_datetime(dates, format="%Y-%m-%d", errors="coerce").max()
            created = _today() if pd.isna(newest) else newest.date().isoformat()
        else:
            description = (
                f"The release of {vintage}, from the WDI archives of the World Bank's API."
            )
            created = f"{vintage}-01"
        if old and (vintage != CURRENT or not self.requests):
            description = old.description or description
        package.write(
            self.folder,
            vintage=vintage,
            economies=self.economies,
            created=created,
            description=description,
            carried=carried,
        )


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _series(one: Served, cells: list[contract.Cell], source: Source) -> Series:
    return Series(
        code=one.code,
        title=one.title or one.code,
        unit=one.unit,
        description=one.description,
        values=cells,
        source=source.cite(one.code),
        retrieved=_today(),
        how=one.how,
        extra={
            "licenses": [dict(source.licence_of(one.code))],
            "vintage": one.release,
            **({"served_title": one.named} if one.named else {}),
        },
    )


def _held(data: Path) -> dict[str, Snapshot]:
    return {path.parent.name: Snapshot(path.parent) for path in data.glob("[!.]*/datapackage.json")}


def _table(wdi: Snapshot) -> pd.DataFrame:
    return wdi.store.everything.reset_index()


def _of_releases(listed: pd.DataFrame | None, data: Path) -> pd.DataFrame:
    """Return who may be named by figures of a past release: it had aggregates that are gone."""
    vintages = map(_table, _held(data).values())
    return pd.concat([listed, *vintages, contract.DISSOLVED]).drop_duplicates("economy")


def _unlisted(table: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    return table[~table["economy"].isin(listed["economy"])]


def series_of(vintage: str, named: Iterable[str], data: Path) -> list[str]:
    """Return the series that a refresh of a vintage fetches when none is named.

    All that the claims name for a vintage not held yet. In one that is held, without the series
    that only other vintages hold: releases name some series differently, and each keeps its own.
    What is brought in from files is never fetched.
    """
    sources = base.owners(Order([*named], data, vintage))
    named = [code for source, codes in sources.items() if not source.once for code in codes]
    held = _held(data)
    if vintage not in held:
        return sorted(named)
    ours = held.pop(vintage).store
    elsewhere = {code for wdi in held.values() for code in named if code in wdi.codes}
    return sorted({ours.own(code) for code in named if code in ours.codes or code not in elsewhere})


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
    bank = WorldBank(ARCHIVES, endpoint=order.endpoint, patience=order.patience)
    with swap.exclusive(order.data), bank:
        new.mkdir(parents=True)
        if live.is_dir():
            held = snapshot.opened(live)
            # What its package lists, and nothing else that may lie or be linked there.
            for path in (live / "datapackage.json", *map(held.checked, held.resources)):
                shutil.copyfile(path, new / path.name)
        known = set(_of_releases(bank.economies(), order.data)["economy"])
        for release, one in bank.releases(code):
            found = contract.cells(one, known)
            if (before := new / f"{release}.csv").is_file():
                losses.append(contract.loss(code, snapshot.read_long(before), found))
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
