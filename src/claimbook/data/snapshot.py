"""Read a snapshot: the copy of one vintage of the figures in ``data/``. Nothing here writes.

A vintage is one folder, whole in itself: a Frictionless Data Package (``datapackage.json``),
``economies.csv`` and one ``<CODE>.csv`` a series in long form (``economy,year,value``). Each is
read, verified and parsed once a process, by its :class:`Store`; a :class:`Snapshot` is a thin view.

>>> from claimbook.data import snapshot
>>> wdi = snapshot.read("2013-12")
>>> wdi["SI.POV.GINI"].loc["BRA", 2009]
54.69
"""

from __future__ import annotations

import copy
import csv
import hashlib
import inspect
import io
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache, wraps
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from claimbook import paths, reading
from claimbook.data import swap, yamlfile
from claimbook.data.swap import HISTORY
from claimbook.errors import ClaimbookError, nearest

T = TypeVar("T")

CURRENT = "current"
ECONOMIES = "economies"
ECONOMY_COLUMNS = ("economy", "iso2", "name", "region", "income_group", "lending_type", "aggregate")
MOST_BYTES = 4 << 20  # of a data package; that of a hundred series holds 120 KB
_YEARS = (1000, 2200)
_LONG = ["economy", "year", "value"]
WORLD_BANK = "World Bank, World Development Indicators"


class SnapshotError(ClaimbookError):
    """A snapshot is missing, broken, or does not hold what was asked for."""


class Codes(list[str]):
    """The codes of a vintage's series as it names them; ``in`` finds a renamed one by either."""

    def __init__(self, named: Iterable[str], others: Iterable[str]) -> None:
        super().__init__(named)
        self._others = frozenset(others)

    def __contains__(self, code: object) -> bool:
        return super().__contains__(code) or code in self._others


@dataclass(frozen=True)
class HeldBy:
    """A mask: the economy-years that another view holds too, or all of a year that it holds."""

    store: Store
    masks: tuple[Any, ...]
    whole_years: bool = False

    def on(self, frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
        """Return the frame of a series, which has had these names, as the mask shows it."""
        code = next((name for name in names if name in self.store.codes), names[0])
        held = self.store.frame(code, self.masks).notna()
        if self.whole_years:
            return frame.loc[:, frame.columns.isin(held.columns[held.any()])]
        return frame.where(held.reindex(index=frame.index, columns=frame.columns, fill_value=False))


@dataclass(frozen=True)
class Without:
    """A mask: some economies as if they had published nothing."""

    economies: frozenset[str]

    def on(self, frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
        """Return the frame of a series with their rows empty."""
        values = frame.to_numpy(copy=True)
        values[frame.index.isin(self.economies)] = np.nan
        return pd.DataFrame(values, frame.index, frame.columns)


class Store:
    """The files of one data package: each is verified, and parsed once for all views of it."""

    def __init__(self, folder: Path, text: bytes, package: Mapping[str, Any]) -> None:
        self.folder = folder
        self.package = package
        self.resources = {one["name"]: one for one in package["resources"]}
        others = {name: one.get("aliases", ()) for name, one in self.resources.items()}
        self._own = {alias: name for name, aliases in others.items() for alias in aliases}
        self.codes = Codes(sorted(self.resources.keys() - {ECONOMIES}), self._own)
        self._text = text
        self.sound: dict[str, tuple[int, int]] = {}
        self._made: dict[Any, Any] = {}

    def own(self, code: str) -> str:
        """Return the name under which a series stands here; an unknown one unchanged."""
        return code if code in self.resources else self._own.get(code, code)

    def resource(self, code: str) -> dict[str, Any]:
        """Return a series' resource in ``datapackage.json``."""
        if code not in self.codes:
            raise SnapshotError(
                f"The series {code} is not in {paths.shown(self.folder)}."
                f"{nearest(code, self.codes)} "
                f"To add it, run `claimbook refresh {code} --vintage {self.folder.name}`."
            )
        return self.resources[self.own(code)]

    def sha256(self, name: str) -> str:
        """Return the fingerprint that the data package states for a file."""
        resource = self._listed(name) if name == ECONOMIES else self.resource(name)
        return str(resource["hash"]).removeprefix("sha256:")

    def _listed(self, name: str) -> dict[str, Any]:
        if name not in self.resources:
            raise SnapshotError(
                f"{paths.shown(self.folder)}/datapackage.json lists no {name}: restore it from git."
            )
        return self.resources[name]

    def checked(self, name: str) -> Path:
        """Return a file that is, byte for byte, the one the data package describes."""
        resource = self._listed(self.own(name))
        path = self.folder / resource["path"]
        try:
            found = path.lstat()
        except FileNotFoundError:
            raise self._fault(path, "is missing") from None
        if not stat.S_ISREG(found.st_mode):
            raise self._fault(path, "is no file but a link, a folder or a pipe")
        mark = found.st_mtime_ns, found.st_size
        if self.sound.get(name) != mark:
            if f"sha256:{sha256(reading.content(path, SnapshotError))}" != resource["hash"]:
                what = "is not the file that datapackage.json describes (its sha256 differs)"
                raise self._fault(path, what)
            self.sound[name] = mark
        return path

    def _fault(self, path: Path, what: str) -> SnapshotError:
        name, package = paths.shown(path), self.folder / "datapackage.json"
        if package.is_file() and package.read_bytes() != self._text:
            return SnapshotError(
                f"{paths.shown(self.folder)} was replaced while it was read: run this again."
            )
        return SnapshotError(f"{name} {what}: restore it with `git checkout -- {name}`.")

    def once(self, what: Any, name: str, masks: tuple[Any, ...], make: Callable[[], T]) -> T:
        """Return what is made of a file as masks show it, made once; ``what`` names the making."""
        if any(isinstance(mask, Without) for mask in masks):
            return make()  # one view an economy: they would fill the memory
        key = what, self.sha256(name), masks
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    @cached_property
    def everything(self) -> pd.DataFrame:
        """Economies and aggregates, by code."""
        path = self.checked(ECONOMIES)
        table = read_table(path, dtype=str)
        lacking = [column for column in ECONOMY_COLUMNS if column not in table]
        if lacking:
            fault = f"lacks the column {lacking[0]}"
        elif not table["economy"].is_unique:
            fault = f"lists {table['economy'][table['economy'].duplicated()].iloc[0]!r:.20} twice"
        elif not table["aggregate"].isin(["0", "1"]).all():
            fault = "has an aggregate that is neither 0 nor 1"
        else:
            return table.set_index("economy").sort_index()
        raise SnapshotError(f"{paths.shown(path)} {fault}: restore it from git.")

    @cached_property
    def economies(self) -> pd.DataFrame:
        """Economies, without aggregates."""
        return self.everything[self.everything["aggregate"] != "1"].drop(columns="aggregate")

    @cached_property
    def aggregates(self) -> pd.DataFrame:
        """World, regions and income groups."""
        return self.everything[self.everything["aggregate"] == "1"].drop(columns="aggregate")

    def frame(self, code: str, masks: tuple[Any, ...] = ()) -> pd.DataFrame:
        """Return a series, aggregates included, where every mask has a value, too."""
        path = self.checked(code)

        def make() -> pd.DataFrame:
            if not masks:
                return self._parsed(path)
            return masks[-1].on(self.frame(code, masks[:-1]), self.names(code))

        return self.once("frame", code, masks, make)

    def names(self, code: str) -> list[str]:
        """Return the codes that a series has had: its own here, then others."""
        own = self.own(code)
        return [own, *self.resources.get(own, {}).get("aliases", ())]

    def _parsed(self, path: Path) -> pd.DataFrame:
        long = read_long(path)
        strangers = long[~long["economy"].isin(self.everything.index)]
        # A release out of the history may name economies that the vintage beside it lacks.
        if len(strangers) and path.is_relative_to(self.folder):
            raise SnapshotError(
                f"{paths.shown(path)}, line {strangers.index[0] + 2}: "
                f"{strangers['economy'].iloc[0]!r:.40} is not in economies.csv of this vintage."
                f"{nearest(strangers['economy'].iloc[0], self.everything.index)}"
            )
        wide = long.pivot(index="economy", columns="year", values="value")
        return wide.sort_index().sort_index(axis="columns")

    def series(self, code: str, masks: tuple[Any, ...] = ()) -> pd.DataFrame:
        """Return a series for economies."""
        self.checked(code)

        def make() -> pd.DataFrame:
            if masks and isinstance(masks[-1], Without):
                return masks[-1].on(self.series(code, masks[:-1]), self.names(code))
            frame = self.frame(code, masks)
            return frame.loc[frame.index.isin(self.economies.index)]

        return self.once("series", code, masks, make)

    def with_release(self, code: str, release: Mapping[str, Any], folder: Path) -> Store:
        """Return this store with one series as a release of its history has it."""
        own, store = self.resource(code), copy.copy(self)
        changed = own | release | {"name": own["name"], "path": str(folder / release["path"])}
        store.resources = self.resources | {own["name"]: changed}
        store.sound = {}
        return store


def opened(folder: Path) -> Store:
    """Open a folder with a ``datapackage.json``; the same content is the same store."""
    return _store(folder.resolve(), reading.content(folder / "datapackage.json", SnapshotError))


@lru_cache(maxsize=32)
def _store(folder: Path, text: bytes) -> Store:
    name = paths.shown(folder / "datapackage.json")
    if len(text) > MOST_BYTES:
        raise SnapshotError(f"{name} holds {len(text):,} bytes, more than any data package.")
    package = reading.parsed(reading.decoded(text, name, SnapshotError), name, SnapshotError)
    fault = yamlfile.broken(package, "package")
    names = Counter() if fault else Counter(one["name"] for one in package["resources"])
    for one in names - Counter(names.keys()):
        fault = f"it lists {one} twice"
    if fault:
        raise SnapshotError(f"{name} is not a data package ({fault}): restore it from git.")
    return Store(folder, text, package)


class Snapshot:
    """One vintage of the data, seen with a permission and through the cells other vintages hold.

    What it returns may be changed freely: pandas copies on write, so that its store stays as it is.

    Parameters
    ----------
    folder : pathlib.Path
        The vintage's folder.
    only : iterable of str, optional
        The series that may be read: what a claim file declares. Everything by default.

    Raises
    ------
    SnapshotError
        If the folder holds no readable ``datapackage.json``.
    """

    def __init__(self, folder: Path, only: Iterable[str] | None = None) -> None:
        self.folder = folder
        self.vintage = folder.name
        self.release: str | None = None
        self.store = opened(folder)
        self.masks: tuple[Any, ...] = ()
        self.memory: dict[Any, Any] | None = None  # of one check; see :func:`once`
        self.only: frozenset[str] | None = None
        if only is not None:
            self.only = frozenset(map(self.store.own, only))

    def __repr__(self) -> str:
        return f"Snapshot {self.vintage}: {len(self.codes)} series"

    def __contains__(self, code: str) -> bool:
        return code in self.codes

    @property
    def description(self) -> str:
        """What the data package says of the vintage."""
        return str(self.store.package.get("description", ""))

    @property
    def created(self) -> str:
        """ISO date of its newest figures."""
        return str(self.store.package.get("created", ""))[:10]

    @property
    def codes(self) -> Codes:
        """Codes of the series this vintage holds, sorted; ``in`` finds a renamed one by either."""
        return self.store.codes

    @property
    def economies(self) -> pd.DataFrame:
        """Economies, without aggregates: index iso3 ``economy``, columns name, region, …"""
        return self.store.economies.copy(deep=False)

    @property
    def aggregates(self) -> pd.DataFrame:
        """World, regions and income groups, which are never economies."""
        return self.store.aggregates.copy(deep=False)

    def metadata(self, code: str) -> dict[str, Any]:
        """Return a series' title, unit, description, source and provenance.

        Parameters
        ----------
        code : str
            A series code, or one that the series had in another vintage.

        Returns
        -------
        dict
            The series' resource in ``datapackage.json``; ``name`` is its code in this vintage.

        Raises
        ------
        SnapshotError
            If the vintage does not hold the series.
        """
        return dict(self.store.resource(code))

    def cite(self, *codes: str) -> str:
        """Return the source line of a chart that shows these series.

        Parameters
        ----------
        *codes : str
            Series codes.

        Returns
        -------
        str
            The source of each, the series, and the vintage.

        Raises
        ------
        SnapshotError
            If the vintage does not hold one of them.
        """
        named: dict[str, list[str]] = {}
        for meta in map(self.metadata, codes):
            source = (meta.get("sources") or [{}])[0].get("title", WORLD_BANK)
            # A copy's own name stands in the metadata; the figures are the Bank's.
            source = WORLD_BANK if source.startswith(WORLD_BANK) else source
            code = meta["name"] if "release" not in meta else f"{meta['name']}, {meta['release']}"
            named.setdefault(source, []).append(f"{meta.get('title', meta['name'])} ({code})")
        parts = [f"{source}: {', '.join(series)}" for source, series in named.items()]
        return "; ".join([*parts, f"vintage {self.vintage}"])

    def sha256(self, code: str) -> str:
        """Return the fingerprint that the data package states for a series.

        Parameters
        ----------
        code : str
            A series code, or ``"economies"``.

        Returns
        -------
        str
            Hexadecimal SHA-256 of the file.

        Raises
        ------
        SnapshotError
            If the vintage does not hold the series.
        """
        return self.store.sha256(code)

    def verify(self, code: str) -> None:
        """Check that a series' file is, byte for byte, the one its data package describes.

        Parameters
        ----------
        code : str
            A series code, or ``"economies"``.

        Raises
        ------
        SnapshotError
            If the file is missing or differs, naming it.
        """
        self._file(code)

    def long(self, code: str) -> pd.DataFrame:
        """Read a series as it is stored, aggregates included, whatever the view leaves out.

        Parameters
        ----------
        code : str
            A series code.

        Returns
        -------
        pandas.DataFrame
            Columns ``economy``, ``year``, ``value``.

        Raises
        ------
        SnapshotError
            As for :meth:`series`.
        """
        self._permit(code)
        return read_long(self._file(code))

    def _file(self, code: str) -> Path:
        if code != ECONOMIES:
            self.store.resource(code)
        return self.store.checked(code)

    def series(self, code: str, economies: Iterable[str] | None = None) -> pd.DataFrame:
        """Read a series with an economy axis and a year axis.

        Parameters
        ----------
        code : str
            A series code, or one that the series had in another vintage.
        economies : iterable of str, optional
            Iso3 codes of the economies wanted; all of them by default. Aggregates never count as
            economies; :meth:`aggregate` reads one.

        Returns
        -------
        pandas.DataFrame
            Economies (rows, sorted) by years (columns, int), NaN where nothing was published; the
            unit is ``frame.attrs["unit"]``, but in a check, where it would take a third of the
            time: pandas copies it at every step.

        Raises
        ------
        SnapshotError
            If the series, or an economy, is unknown or undeclared; if an aggregate is asked for; or
            if the file is not what the data package describes.
        """
        self._permit(code)
        memory = {} if self.memory is None else self.memory
        if (frame := memory.get(code)) is None:
            frame = memory[code] = self.store.series(code, self.masks)
        if economies is None:
            found = frame.copy(deep=False)
        else:
            found = frame.reindex(self._known(economies))
        meta = self.store.resource(code)
        if self.memory is None and "unit" in meta:
            found.attrs["unit"] = meta["unit"]
        return found

    __getitem__ = series

    def aggregate(self, code: str, aggregate: str) -> pd.Series:
        """Read one of the Bank's own aggregates, such as ``WLD``, by its code.

        Parameters
        ----------
        code : str
            A series code.
        aggregate : str
            Code of the aggregate.

        Returns
        -------
        pandas.Series
            Values by year; empty years are NaN.

        Raises
        ------
        SnapshotError
            If it is no aggregate, or the series does not hold it.
        """
        self._permit(code)
        frame = self.store.frame(code, self.masks)
        self._require(aggregate, "aggregate", self.store.aggregates)
        if aggregate not in frame.index:
            raise SnapshotError(
                f"The series {code} in {paths.shown(self.folder)} has no figures for {aggregate}."
            )
        return frame.loc[aggregate]

    def derived(self, name: Any, code: str, make: Callable[[pd.DataFrame], T]) -> T:
        """Return what is computed of each economy by itself, once for all views that see the same.

        A view without some economies takes what was computed with them, and leaves them out.

        Parameters
        ----------
        name : hashable
            What is computed: the same name, the same computation.
        code : str
            A series code, or ``"economies"``.
        make : callable
            Given the series as :meth:`series` returns it, or the economies; returns a table or
            index by economy, no row of which hangs on another economy.

        Returns
        -------
        pandas.DataFrame or pandas.Index
            What ``make`` returned the first time: not to be changed.
        """
        if code != ECONOMIES:
            self._permit(code)
        gone = {one for mask in self.masks if isinstance(mask, Without) for one in mask.economies}
        whole = copy.copy(self)
        whole.masks = kept = tuple(m for m in self.masks if not isinstance(m, Without))
        read = (lambda: whole.economies) if code == ECONOMIES else (lambda: whole.series(code))
        found = self.store.once(name, code, kept, lambda: make(read()))
        if not gone:
            return found
        economies = found if isinstance(found, pd.Index) else found.index
        return found[~economies.isin(gone)]

    def limited_to(self, codes: Iterable[str]) -> Snapshot:
        """Return this snapshot, for one check, with only some of the series open to reading.

        Parameters
        ----------
        codes : iterable of str
            The series that may be read, as far as this snapshot may read them.

        Returns
        -------
        Snapshot
            Shares what this one has read already; keeps what functions find :func:`once`.
        """
        view = self._seen(only=map(self.store.own, codes))
        view.memory = {}
        return view

    def common_with(self, other: Snapshot) -> Snapshot:
        """Return this snapshot with only the economy-years that another vintage holds too.

        Comparing the two on what both hold separates revision of figures from their coverage.

        Parameters
        ----------
        other : Snapshot
            The vintage to compare with.

        Returns
        -------
        Snapshot
            The same values where both have one, NaN elsewhere; open to what both may read.
        """
        only = other.only
        if only is not None:
            only = {self.store.own(name) for code in only for name in other.store.names(code)}
        return self._seen(HeldBy(other.store, other.masks), only=only)

    def in_years_of(self, other: Snapshot) -> Snapshot:
        """Return this snapshot with only the years in which another vintage has any figure.

        An estimate that this leaves as it was reads no year that the other vintage lacks.

        Parameters
        ----------
        other : Snapshot
            The vintage whose years count.

        Returns
        -------
        Snapshot
            The same values; the other years have no column.
        """
        return self._seen(HeldBy(other.store, other.masks, whole_years=True))

    def without(self, economies: Iterable[str]) -> Snapshot:
        """Return this snapshot as if some economies had published nothing.

        Parameters
        ----------
        economies : iterable of str
            Iso3 codes.

        Returns
        -------
        Snapshot
            Their rows are empty in every series.
        """
        return self._seen(Without(frozenset(economies)))

    def _seen(self, *masks: HeldBy | Without, only: Iterable[str] | None = None) -> Snapshot:
        view = copy.copy(self)
        view.masks = self.masks + masks
        view.memory = None if self.memory is None else {}
        if only is not None:
            only = frozenset(only)
            view.only = only if self.only is None else only & self.only
        return view

    def with_release(self, code: str, release: str) -> Snapshot:
        """Return this snapshot with one series as a release of its history has it.

        Parameters
        ----------
        code : str
            The series.
        release : str
            ``YYYY-MM``, a file in ``data/history/<CODE>/``.

        Returns
        -------
        Snapshot
            Its ``release`` names the release; ``vintage`` names that of all other series.
        """
        store = _history(code)
        if store is None or release not in store.resources:
            held = ", ".join(sorted(store.resources)) if store else "none"
            raise SnapshotError(
                f"{paths.shown(paths.data())}/{HISTORY} holds no release {release} of {code}; it "
                f"holds {held}."
            )
        view = self._seen()
        view.release = release
        described = store.resource(release) | {"release": release}
        view.store = self.store.with_release(code, described, store.folder)
        return view

    def _known(self, economies: Iterable[str]) -> list[str]:
        codes = [economies] if isinstance(economies, str) else list(economies)
        for code in codes:
            if code in self.store.aggregates.index:
                raise SnapshotError(
                    f"{code} ({self.store.aggregates.loc[code, 'name']}) is an aggregate, not an "
                    f'economy: read it with `aggregate(CODE, "{code}")`.'
                )
            self._require(code, "economy", self.store.economies)
        return codes

    def _require(self, code: str, kind: str, among: pd.DataFrame) -> None:
        if code not in among.index:
            raise SnapshotError(
                f"{code} is not an {kind} of {paths.shown(self.folder)}/economies.csv."
                f"{nearest(code, among.index)}"
            )

    def _permit(self, code: str) -> None:
        if self.only is not None and self.store.own(code) not in self.only:
            raise SnapshotError(
                f"The series {code} is read but not declared: add it to `series` in the claim file "
                f"(declared are {', '.join(sorted(self.only))})."
            )
        self.store.resource(code)


def vintages() -> list[str]:
    """Return the vintages that ``data/`` holds, oldest first, ``current`` last.

    Returns
    -------
    list of str
        Folder names such as ``["2013-12", "2019-04", "current"]``.
    """
    folder = paths.data()
    names = swap.steady(
        folder,
        lambda: [
            name for name in swap.named(folder) if (folder / name / "datapackage.json").is_file()
        ],
    )
    return sorted(names, key=lambda name: (name == CURRENT, name))


def read(vintage: str = CURRENT, only: Iterable[str] | None = None) -> Snapshot:
    """Open the snapshot of a vintage.

    Parameters
    ----------
    vintage : str, default ``"current"``
        Name of a folder in ``data/``.
    only : iterable of str, optional
        The series that may be read; everything by default.

    Returns
    -------
    Snapshot
        Reads its series when they are asked for.

    Raises
    ------
    SnapshotError
        If there is no such vintage.
    """
    known = vintages()
    if vintage not in known:
        raise SnapshotError(
            f"There is no vintage {vintage} in {paths.shown(paths.data())}: it holds "
            f"{', '.join(known) or 'none'}.{nearest(vintage, known)}"
        )
    only = None if only is None else frozenset(only)
    return swap.steady(paths.data(), lambda: Snapshot(paths.data() / vintage, only))


def history(code: str, only: Iterable[str] | None = None) -> dict[str, Snapshot]:
    """Open the further releases of a series, each beside the other series of its time.

    Parameters
    ----------
    code : str
        A series code.
    only : iterable of str, optional
        The series that may be read; everything by default.

    Returns
    -------
    dict of str to Snapshot
        By release (``YYYY-MM``), oldest first: the series as that release has it, all others from
        the vintage nearest in time, which ``vintage`` names. Empty where no release is held.
    """
    store = _history(code)
    held = [wdi for vintage in vintages() if code in (wdi := read(vintage, only)).codes]

    def beside(release: str) -> Snapshot:
        return min(held, key=lambda wdi: abs(_month(wdi) - _months(release)))

    releases = sorted(store.resources) if store else []
    return {release: beside(release).with_release(code, release) for release in releases}


def _history(code: str) -> Store | None:
    folder = paths.data() / HISTORY
    held = folder / code
    store = swap.steady(folder, lambda: opened(held) if held.is_dir() else None)
    for name in store.resources if store else ():
        if not re.fullmatch(r"\d{4}-\d{2}", name):
            raise SnapshotError(
                f"{paths.shown(held)} lists {name}, which is no release: remove it."
            )
    return store


def _month(wdi: Snapshot) -> int:
    return _months(wdi.created or "9999-12" if wdi.vintage == CURRENT else wdi.vintage)


def _months(date: str) -> int:
    return int(date[:4]) * 12 + int(date[5:7])


def table(name: str) -> pd.DataFrame:
    """Read a table that all vintages share, such as ``groups``, checked against its package.

    Parameters
    ----------
    name : str
        A resource of ``data/datapackage.json``.

    Returns
    -------
    pandas.DataFrame
        Its columns, as text but for numbers.
    """
    store = opened(paths.root() / "data")
    path = store.checked(name)
    return store.once("table", name, (), lambda: read_table(path)).copy(deep=False)


def read_table(path: Path, fault: reading.Fault = SnapshotError, **options: Any) -> pd.DataFrame:
    """Read a table in which nothing stands for an empty cell; what is none is a sentence."""
    text = io.StringIO(reading.text(path, fault))
    try:
        return pd.read_csv(text, keep_default_na=False, na_values=[], **options)
    except (ValueError, OverflowError) as error:  # a ParserError is one
        what = f"cannot be read as a table ({' '.join(str(error).split()):.80})"
        raise fault(f"{paths.shown(path)} {what}: correct it, or restore it from git.") from None


def fingerprints(codes: Iterable[str], tables: Iterable[str] = ()) -> dict[str, dict[str, str]]:
    """Fingerprint every file that reading some series depends on, each verified.

    Parameters
    ----------
    codes : iterable of str
        Series codes; those that a vintage lacks are left out there.
    tables : iterable of str
        Tables that all vintages share, such as ``groups``.

    Returns
    -------
    dict
        By vintage, file name → sha256, the list of economies included; under ``"tables"`` and
        ``"history"`` (``CODE/YYYY-MM``) likewise, where there are any.
    """
    codes, tables, found = sorted(set(codes)), sorted(tables), {}
    for wdi in map(read, vintages()):
        held = {wdi.store.own(code) for code in codes if code in wdi.codes}
        found[wdi.vintage] = _verified(wdi.store, [ECONOMIES, *sorted(held)])
    found["tables"] = _verified(opened(paths.root() / "data"), tables) if tables else {}
    found[HISTORY] = {
        f"{code}/{release}": digest
        for code in codes
        if (store := _history(code))
        for release, digest in _verified(store, sorted(store.resources)).items()
    }
    return {part: prints for part, prints in found.items() if prints}


def _verified(store: Store, names: Iterable[str]) -> dict[str, str]:
    return {name: store.sha256(name) for name in names if store.checked(name)}


def window(frame: pd.DataFrame, years: str) -> pd.DataFrame:
    """Return the years of a window.

    Parameters
    ----------
    frame : pandas.DataFrame
        Economies by years, as :meth:`Snapshot.series` returns.
    years : str
        First and last year, both inside the window: ``"1988-1995"``.

    Returns
    -------
    pandas.DataFrame
        The same economies, the window's columns only.

    Raises
    ------
    ValueError
        If ``years`` is not two years in order.
    """
    match = re.fullmatch(r"(\d{4})-(\d{4})", str(years))
    if not match or match[1] > match[2]:
        raise ValueError(f"The window {years!r} is not two years in order, such as 1988-1995.")
    return frame.loc[:, int(match[1]) : int(match[2])]


def once(function: Callable[..., T]) -> Callable[..., T]:
    """Have a chapter's function computed once for all variants of a check that ask it the same.

    >>> @claimbook.once
    ... def opened(wdi, start, end):
    ...     return claimbook.change(wdi["NE.TRD.GNFS.ZS"], start, end)

    Parameters
    ----------
    function : callable
        ``function(wdi, *values)``: what it returns hangs on nothing but a snapshot and text or
        numbers. Given anything else, such as a table, it is computed anew.

    Returns
    -------
    callable
        The same function. Within one check, the same view of the figures and the same values, it
        returns a copy of what it returned before.
    """

    taken = inspect.signature(function)

    @wraps(function)
    def asked(wdi: Snapshot, *values: Any, **named: Any) -> T:
        bound = taken.bind(wdi, *values, **named)
        bound.apply_defaults()
        _, *given = bound.arguments.values()
        memory = getattr(wdi, "memory", None)
        if memory is None or not all(map(_plain, given)):
            return function(wdi, *values, **named)
        key = function, repr(given)
        if key not in memory:
            memory[key] = function(wdi, *values, **named)
        found = memory[key]
        # Pandas copies on write: nothing that a caller changes reaches what is kept.
        tables = pd.DataFrame | pd.Series | pd.Index
        return found.copy(deep=False) if isinstance(found, tables) else copy.deepcopy(found)

    return asked


def _plain(value: Any) -> bool:
    """Tell whether a value is text or a number, nothing, or several of them."""
    if isinstance(value, tuple):
        return all(map(_plain, value))
    return value is None or isinstance(value, str | int | float)


def read_long(path: Path) -> pd.DataFrame:
    """Read and check one series file: columns ``economy``, ``year``, ``value``, one row a line.

    What is wrong with a file (header, a value or year that is no number, an economy-year that
    stands twice) is said in a sentence that names file and line.
    """
    types = dict(zip(_LONG, (str, np.int64, np.float64), strict=True))
    try:
        frame = pd.read_csv(path, dtype=types, keep_default_na=False, na_values=[])
    except (ValueError, OverflowError):  # a ParserError is one
        raise SnapshotError(_first_fault(path)) from None
    sound = (
        isinstance(frame.index, pd.RangeIndex)  # a cell too many makes pandas take an index
        and list(frame.columns) == _LONG
        and np.isfinite(frame["value"]).all()
        and frame["year"].between(*_YEARS).all()
        and not frame.duplicated(["economy", "year"]).any()
    )
    if not sound:
        raise SnapshotError(_first_fault(path))
    return frame


def _first_fault(path: Path) -> str:
    """Say what is wrong with a series file, reading it line by line."""
    name, remedy = paths.shown(path), "Correct that line, or restore the file from git."
    reading.text(path, SnapshotError)
    seen: dict[tuple[str, str], int] = {}
    with path.open(encoding="utf-8", newline="") as lines, suppress(csv.Error):
        rows = csv.reader(lines)
        header = next(rows, [])
        if header != _LONG:
            header = ",".join(header)
            return f"{name}, line 1: the header is {header!r:.60}, not economy,year,value."
        for row in rows:
            if len(row) != 3:
                what = f"{len(row)} cells where there should be three"
            elif not re.fullmatch(r"\d{4}", row[1]) or not _YEARS[0] <= int(row[1]) <= _YEARS[1]:
                what = f"the year {row[1]!r:.40} is not a year"
            elif not np.isfinite(pd.to_numeric(row[2], errors="coerce")):
                what = f"the value {row[2]!r:.40} is not a number"
            elif (before := seen.setdefault((row[0], row[1]), rows.line_num)) < rows.line_num:
                what = f"{row[0]:.40} {row[1]} stands already in line {before}"
            else:
                continue
            return f"{name}, line {rows.line_num}: {what}. {remedy}"
    return f"{name} cannot be read as a table of economy,year,value. {remedy}"


def sha256(content: bytes) -> str:
    """Return the fingerprint of a file's content, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
