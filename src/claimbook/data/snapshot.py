"""Read and write a snapshot: the copy of one vintage of the World Bank's figures in ``data/``.

A vintage is one folder, whole in itself: a Frictionless Data Package (``datapackage.json``),
``economies.csv`` and one ``<CODE>.csv`` a series in long form (``economy,year,value``).

>>> from claimbook import snapshot
>>> wdi = snapshot.read("2013-12")
>>> wdi["SI.POV.GINI"].loc["BRA", 2009]
54.69
"""

from __future__ import annotations

import copy
import csv
import hashlib
import io
import json
import re
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from claimbook import paths
from claimbook.data import swap
from claimbook.errors import ClaimbookError, nearest

CURRENT = "current"
ECONOMY_COLUMNS = (
    "economy",
    "iso2",
    "name",
    "region",
    "income_group",
    "lending_type",
    "aggregate",
)
LICENCE = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}
WORLD_BANK = {
    "title": "World Bank, World Development Indicators",
    "path": "https://datacatalog.worldbank.org/search/dataset/0037712",
}
_VINTAGE = re.compile(r"current|\d{4}-\d{2}")
_TRIES = 9


class SnapshotError(ClaimbookError):
    """A snapshot is missing, broken, or does not hold what was asked for."""


@dataclass(frozen=True)
class Series:
    """One World Bank indicator as it is written into a snapshot.

    Parameters
    ----------
    code : str
        The Bank's code, such as ``SI.POV.GINI``.
    title, unit, description : str
        The indicator's name, unit of its values, and a short note.
    values : pandas.DataFrame or list of tuple
        Long form, columns or tuples of ``economy`` (iso3), ``year`` (int) and ``value`` (numbers,
        or numbers as text where a copy's own digits are to be kept); aggregates included where the
        Bank publishes them.
    source : mapping
        Where these figures were read: at least ``title``; ``path`` where there is an address.
    retrieved : str
        ISO date on which they were retrieved, or published where a copy names only that.
    how : str
        ``"wbgapi"`` or a sentence that names the copy and its commit.
    extra : mapping
        Further properties for the resource, such as ``vintage`` or ``agreement``.
    """

    code: str
    title: str
    unit: str
    description: str
    values: pd.DataFrame | list[tuple[str, int, Any]]
    source: Mapping[str, str]
    retrieved: str
    how: str
    extra: Mapping[str, Any] = field(default_factory=dict)


class Snapshot:
    """One vintage of the data, read lazily and checked against its own data package.

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
        self._only = None if only is None else frozenset(only)
        self._frames: dict[str, pd.DataFrame] = {}
        package = _read_package(folder)
        self.description = str(package.get("description", ""))
        self.created = str(package.get("created", ""))[:10]
        self._resources = {resource["name"]: resource for resource in package["resources"]}

    def __repr__(self) -> str:
        return f"Snapshot {self.vintage}: {len(self.codes)} series"

    @property
    def codes(self) -> list[str]:
        """Codes of the series this vintage holds, sorted."""
        return sorted(name for name in self._resources if name != "economies")

    @cached_property
    def _all_economies(self) -> pd.DataFrame:
        path = self._checked("economies")
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        missing = [column for column in ECONOMY_COLUMNS if column not in table]
        if missing:
            raise SnapshotError(
                f"{paths.shown(path)} lacks the column {missing[0]}: restore it from git."
            )
        table["aggregate"] = table["aggregate"] == "1"
        return table.set_index("economy").sort_index()

    @cached_property
    def _only_economies(self) -> pd.DataFrame:
        table = self._all_economies
        return table[~table["aggregate"]].drop(columns="aggregate")

    @property
    def economies(self) -> pd.DataFrame:
        """Economies, without aggregates: index iso3 ``economy``, columns name, region, …"""
        return self._only_economies.copy()

    @property
    def aggregates(self) -> pd.DataFrame:
        """World, regions and income groups, which are never economies."""
        table = self._all_economies
        return table[table["aggregate"]].drop(columns="aggregate")

    def metadata(self, code: str) -> dict[str, Any]:
        """Return a series' title, unit, description, source and provenance.

        Parameters
        ----------
        code : str
            A World Bank series code.

        Returns
        -------
        dict
            The series' resource in ``datapackage.json``.

        Raises
        ------
        SnapshotError
            If the vintage does not hold the series.
        """
        if code not in self._resources or code == "economies":
            raise SnapshotError(
                f"The series {code} is not in {paths.shown(self.folder)}."
                f"{nearest(code, self.codes)} "
                f"To add it, run `claimbook refresh {code} --vintage {self.vintage}`."
            )
        return dict(self._resources[code])

    def cite(self, *codes: str) -> str:
        """Return the source line of a chart that shows these series.

        Parameters
        ----------
        *codes : str
            World Bank series codes.

        Returns
        -------
        str
            The Bank's database, the series and the vintage.

        Raises
        ------
        SnapshotError
            If the vintage does not hold one of them.
        """
        named: dict[str, list[str]] = {}
        for code in codes:
            meta = self.metadata(code)
            # The Bank's figures by way of a named copy are the Bank's.
            source = (meta.get("sources") or [{}])[0]
            title = str(source.get("title", WORLD_BANK["title"])).split(", by the copy ")[0]
            named.setdefault(title, []).append(f"{meta['title']} ({code})")
        listed = "; ".join(f"{title}: {', '.join(series)}" for title, series in named.items())
        return f"{listed}; vintage {self.vintage}"

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
        """
        resource = self._resources[code] if code == "economies" else self.metadata(code)
        return str(resource["hash"]).removeprefix("sha256:")

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
        if code != "economies":
            self.metadata(code)
        self._checked(code)

    def series(self, code: str, economies: Iterable[str] | None = None) -> pd.DataFrame:
        """Read a series with an economy axis and a year axis.

        Parameters
        ----------
        code : str
            A World Bank series code.
        economies : iterable of str, optional
            Iso3 codes of the economies wanted; all of them by default. Aggregates never count as
            economies; :meth:`aggregate` reads one.

        Returns
        -------
        pandas.DataFrame
            Economies (rows, sorted) by years (columns, int), NaN where nothing was published; the
            unit is ``frame.attrs["unit"]``, and the metadata that are plain text or numbers stand
            beside it.

        Raises
        ------
        SnapshotError
            If the series, or an economy, is unknown; if an aggregate is asked for; or if the file
            is not what the data package describes.
        """
        frame = self._frame(code)
        if economies is None:
            chosen = frame.loc[frame.index.isin(self._only_economies.index)]
        else:
            chosen = frame.reindex(self._known(economies))
        chosen = chosen.copy()
        # Pandas copies these deeply at every step of a computation, so nested ones stay behind.
        plain = {k: v for k, v in self.metadata(code).items() if isinstance(v, str | int | float)}
        chosen.attrs = plain
        return chosen

    __getitem__ = series

    def aggregate(self, code: str, aggregate: str) -> pd.Series:
        """Read one of the Bank's own aggregates, such as ``WLD``, by its code.

        Parameters
        ----------
        code : str
            A World Bank series code.
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
        frame = self._frame(code)
        if aggregate not in self.aggregates.index:
            raise SnapshotError(
                f"{aggregate} is not an aggregate of {paths.shown(self.folder)}/economies.csv."
                f"{nearest(aggregate, self.aggregates.index)}"
            )
        if aggregate not in frame.index:
            raise SnapshotError(
                f"The series {code} in {paths.shown(self.folder)} has no figures for {aggregate}."
            )
        return frame.loc[aggregate].copy()

    def limited_to(self, codes: Iterable[str]) -> Snapshot:
        """Return this snapshot with only some series open to reading.

        Parameters
        ----------
        codes : iterable of str
            The series that may be read.

        Returns
        -------
        Snapshot
            Shares what this one has read already.
        """
        limited = copy.copy(self)
        limited._only = frozenset(codes)
        return limited

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
            The same values where both have one, NaN elsewhere.
        """
        return _CommonSnapshot(self, other)

    def _known(self, economies: Iterable[str]) -> list[str]:
        codes = [economies] if isinstance(economies, str) else list(economies)
        for code in codes:
            if code in self.aggregates.index:
                raise SnapshotError(
                    f"{code} ({self.aggregates.loc[code, 'name']}) is an aggregate, not an "
                    f'economy: read it with `aggregate(CODE, "{code}")`.'
                )
            if code not in self._only_economies.index:
                raise SnapshotError(
                    f"{code} is not an economy of {paths.shown(self.folder)}/economies.csv."
                    f"{nearest(code, self._only_economies.index)}"
                )
        return codes

    def _frame(self, code: str) -> pd.DataFrame:
        if self._only is not None and code not in self._only:
            raise SnapshotError(
                f"The series {code} is read but not declared: add it to `series` in the claim file "
                f"(declared are {', '.join(sorted(self._only))})."
            )
        if code not in self._frames:
            self.metadata(code)
            path = self._checked(code)
            long = read_long(path)
            strangers = long[~long["economy"].isin(self._all_economies.index)]
            if len(strangers):
                raise SnapshotError(
                    f"{paths.shown(path)}, line {strangers.index[0] + 2}: "
                    f"{strangers['economy'].iloc[0]!r} is not in economies.csv of this vintage."
                    f"{nearest(strangers['economy'].iloc[0], self._all_economies.index)}"
                )
            wide = long.pivot(index="economy", columns="year", values="value")
            self._frames[code] = wide.sort_index().sort_index(axis="columns")
        return self._frames[code]

    def _checked(self, name: str) -> Path:
        resource = self._resources.get(name)
        if resource is None:
            raise SnapshotError(
                f"{paths.shown(self.folder)}/datapackage.json lists no {name}: restore it from git."
            )
        path = self.folder / resource["path"]
        if not path.is_file():
            raise SnapshotError(
                f"{paths.shown(path)} is missing though datapackage.json lists it: restore it with "
                f"`git checkout -- {paths.shown(path)}`."
            )
        if f"sha256:{_sha256(path.read_bytes())}" != resource["hash"]:
            raise SnapshotError(
                f"{paths.shown(path)} is not the file that datapackage.json describes (its sha256 "
                f"differs): restore it with `git checkout -- {paths.shown(path)}`."
            )
        return path


class _CommonSnapshot(Snapshot):
    """A snapshot seen through the economy-years that another vintage holds too."""

    def __init__(self, base: Snapshot, other: Snapshot) -> None:
        self.__dict__.update(base.__dict__)
        self._base, self._other, self._frames = base, other, {}

    def _frame(self, code: str) -> pd.DataFrame:
        if code not in self._frames:
            mine, theirs = self._base._frame(code), self._other._frame(code)
            held = theirs.notna().reindex_like(mine).fillna(False).astype(bool)
            self._frames[code] = mine.where(held)
        return self._frames[code]


def vintages() -> list[str]:
    """Return the vintages that ``data/`` holds, oldest first, ``current`` last.

    Returns
    -------
    list of str
        Folder names such as ``["2013-12", "2019-04", "current"]``.
    """
    folder = paths.data()
    names = swap.at_rest(folder, lambda: _names(folder))
    return sorted(names, key=lambda name: (name == CURRENT, name))


def _names(folder: Path) -> set[str]:
    return {
        path.name
        for path in (folder.iterdir() if folder.is_dir() else ())
        if _VINTAGE.fullmatch(path.name) and (path / "datapackage.json").is_file()
    }


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
    for _ in range(_TRIES):
        # A refresh may have begun to replace it since it was listed: then it is there again soon.
        with suppress(SnapshotError):
            return Snapshot(paths.data() / vintage, only)
        swap.at_rest(paths.data(), lambda: _names(paths.data()))
    return Snapshot(paths.data() / vintage, only)


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


def read_long(path: Path) -> pd.DataFrame:
    """Read and check one series file.

    Parameters
    ----------
    path : pathlib.Path
        A CSV file with the columns ``economy,year,value``.

    Returns
    -------
    pandas.DataFrame
        Columns ``economy`` (str), ``year`` (int), ``value`` (finite float); one row a line.

    Raises
    ------
    SnapshotError
        If the header differs, a value or year is not a number, or an economy-year stands twice;
        the sentence names file and line.
    """
    try:
        frame = pd.read_csv(
            path,
            dtype={"economy": str, "year": np.int64, "value": np.float64},
            keep_default_na=False,
            na_values=[],
        )
    except (ValueError, pd.errors.ParserError):
        raise SnapshotError(_first_fault(path)) from None
    sound = (
        isinstance(frame.index, pd.RangeIndex)  # a cell too many makes pandas take an index
        and list(frame.columns) == ["economy", "year", "value"]
        and np.isfinite(frame["value"]).all()
        and not frame.duplicated(["economy", "year"]).any()
    )
    if not sound:
        raise SnapshotError(_first_fault(path))
    return frame


def _first_fault(path: Path) -> str:
    """Say what is wrong with a series file, reading it line by line."""
    remedy = "Correct that line, or restore the file from git."
    name = paths.shown(path)
    seen: dict[tuple[str, int], int] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        header = next(rows, [])
        if header != ["economy", "year", "value"]:
            return f"{name}, line 1: the header is {','.join(header)!r}, not economy,year,value."
        for row in rows:
            where = f"{name}, line {rows.line_num}"
            if len(row) != 3:
                return f"{where}: {len(row)} cells where there should be three. {remedy}"
            economy, year, value = row
            if not re.fullmatch(r"\d{4}", year):
                return f"{where}: the year {year!r} is not a year. {remedy}"
            if not _is_finite(value):
                return f"{where}: the value {value!r} is not a number. {remedy}"
            before = seen.setdefault((economy, int(year)), rows.line_num)
            if before != rows.line_num:
                return f"{where}: {economy} {year} stands already in line {before}. {remedy}"
    return f"{name} cannot be read as a table of economy,year,value. {remedy}"


def _is_finite(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def write(
    folder: Path,
    *,
    economies: pd.DataFrame,
    series: Iterable[Series],
    created: str,
    description: str,
    vintage: str | None = None,
    carried: Iterable[tuple[Mapping[str, Any], Path]] = (),
) -> None:
    """Write a vintage as a Frictionless Data Package v2.

    The folder is written as it stands; to replace a vintage that is in use, write beside it and
    swap (:mod:`claimbook.data.swap`).

    Parameters
    ----------
    folder : pathlib.Path
        A new folder.
    economies : pandas.DataFrame
        Columns ``economy, iso2, name, region, income_group, lending_type, aggregate`` (0 or 1).
    series : iterable of Series
        What to write.
    created : str
        ISO date of the newest figures in it.
    description : str
        A sentence on where this vintage comes from.
    vintage : str, optional
        The vintage's name; the folder's by default.
    carried : iterable of (mapping, pathlib.Path)
        Resources with their files, taken over byte for byte: those of an earlier copy, or those
        that :func:`write_series` has already put into the folder.
    """
    vintage = vintage or folder.name
    folder.mkdir(parents=True, exist_ok=True)
    table = economies[list(ECONOMY_COLUMNS)].sort_values("economy")
    resources = [
        _write_csv(folder, "economies", table)
        | {
            "title": "Economies and aggregates",
            "description": "aggregate = 1 are World, regions and income groups: never economies.",
            "schema": _economy_schema(),
        }
    ]
    found = [write_series(folder, one) for one in series]
    for resource, path in carried:
        if path.parent != folder:
            shutil.copyfile(path, folder / resource["path"])
        found.append(dict(resource))
    resources += sorted(found, key=lambda resource: resource["name"])
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": f"wdi-{vintage}",
        "title": f"World Development Indicators, vintage {vintage}",
        "description": description,
        "created": f"{created}T00:00:00Z",
        "licenses": [LICENCE],
        "sources": [WORLD_BANK],
        "resources": resources,
    }
    text = json.dumps(package, indent=1, ensure_ascii=False) + "\n"
    (folder / "datapackage.json").write_text(text, encoding="utf-8", newline="\n")


def write_series(folder: Path, one: Series) -> dict[str, Any]:
    """Write the file of one series, ahead of the data package that will describe it.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of a vintage that is being written.
    one : Series
        What to write.

    Returns
    -------
    dict
        The series' resource, for ``carried`` of :func:`write`.
    """
    cells = one.values
    if isinstance(cells, pd.DataFrame):
        cells = list(zip(*(cells[name] for name in ("economy", "year", "value")), strict=True))
    # No economy-year stands twice: an order by economy and year is an order by these first two.
    cells = sorted(cells)
    lines = [f"{economy},{year},{_digits(value)}\n" for economy, year, value in cells]
    return (
        _write_text(folder, one.code, "economy,year,value\n" + "".join(lines))
        | {
            "title": one.title,
            "unit": one.unit,
            "description": one.description,
            "sources": [dict(one.source)],
            "licenses": [LICENCE],
            "retrieved": one.retrieved,
            "how": one.how,
        }
        | dict(one.extra)
        | {"schema": _series_schema(one)}
    )


def _digits(value: object) -> str:
    """Write a number as served: a float by its shortest exact form, a text unchanged."""
    if isinstance(value, str | int):
        return str(value)
    number = float(value)  # type: ignore[arg-type]
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)


def _write_csv(folder: Path, name: str, table: pd.DataFrame) -> dict[str, Any]:
    text = io.StringIO()
    table.to_csv(text, index=False, lineterminator="\n")
    return _write_text(folder, name, text.getvalue())


def _write_text(folder: Path, name: str, text: str) -> dict[str, Any]:
    content = text.encode("utf-8")
    (folder / f"{name}.csv").write_bytes(content)
    return {
        "name": name,
        "type": "table",
        "path": f"{name}.csv",
        "scheme": "file",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{_sha256(content)}",
    }


def _economy_schema() -> dict[str, Any]:
    fields = [{"name": name, "type": "string"} for name in ECONOMY_COLUMNS[:-1]]
    fields.append({"name": "aggregate", "type": "integer", "constraints": {"enum": [0, 1]}})
    # Namibia's iso2 is NA: nothing in these tables stands for a missing value but an empty cell.
    return {"fields": fields, "primaryKey": ["economy"], "missingValues": [""]}


def _series_schema(one: Series) -> dict[str, Any]:
    return {
        "fields": [
            {"name": "economy", "type": "string", "constraints": {"required": True}},
            {
                "name": "year",
                "type": "integer",
                "constraints": {"required": True, "minimum": 1960, "maximum": 2100},
            },
            {
                "name": "value",
                "type": "number",
                "title": one.title,
                "description": one.unit,
                "constraints": {"required": True},
            },
        ],
        "primaryKey": ["economy", "year"],
        "foreignKeys": [
            {
                "fields": ["economy"],
                "reference": {"resource": "economies", "fields": ["economy"]},
            }
        ],
        "missingValues": [""],
    }


def _read_package(folder: Path) -> dict[str, Any]:
    path = folder / "datapackage.json"
    try:
        package = json.loads(path.read_text(encoding="utf-8"))
        resources = package["resources"]
        if not all({"name", "path", "hash"} <= resource.keys() for resource in resources):
            raise KeyError("a resource without name, path and hash")
    except FileNotFoundError:
        raise SnapshotError(f"{paths.shown(path)} is missing: restore it from git.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise SnapshotError(
            f"{paths.shown(path)} is not a data package ({fault}): restore it from git."
        ) from None
    return package


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
