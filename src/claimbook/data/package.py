"""Write a vintage, or a release of a single series, as a Frictionless Data Package v2."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any

import pandas as pd

from claimbook.data import series as known
from claimbook.data import snapshot
from claimbook.data.snapshot import ECONOMY_COLUMNS, WORLD_BANK, sha256
from claimbook.data.yamlfile import SCHEMAS
from claimbook.writing import write_json

LICENCE = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}
SOURCE = {"title": WORLD_BANK, "path": "https://datacatalog.worldbank.org/search/dataset/0037712"}


@dataclass(frozen=True)
class Series:
    """One indicator as it is written into a snapshot.

    Parameters
    ----------
    code : str
        Its code, such as ``SI.POV.GINI``.
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


def write(
    folder: Path,
    *,
    economies: pd.DataFrame,
    created: str,
    description: str,
    series: Iterable[Series] = (),
    vintage: str | None = None,
    carried: Iterable[tuple[Mapping[str, Any], Path]] = (),
) -> None:
    """Write a vintage as it stands, judged by its own list of economies.

    To replace a vintage that is in use, write beside it and swap (:mod:`claimbook.data.swap`).

    Parameters
    ----------
    folder : pathlib.Path
        A new folder.
    economies : pandas.DataFrame
        Columns ``economy, iso2, name, region, income_group, lending_type, aggregate`` (0 or 1):
        those of this vintage, among them any that have been dissolved since.
    created : str
        ISO date of the newest figures in it.
    description : str
        A sentence on where this vintage comes from.
    series : iterable of Series, optional
        What to write.
    vintage : str, optional
        The vintage's name; the folder's by default.
    carried : iterable of (mapping, pathlib.Path)
        Resources with their files, taken over byte for byte: those of an earlier copy, or those
        that :func:`write_series` has already put into the folder.
    """
    vintage = vintage or folder.name
    folder.mkdir(parents=True, exist_ok=True)
    table = economies[list(ECONOMY_COLUMNS)].sort_values("economy")
    table = table.to_csv(index=False, lineterminator="\n")
    listed = _resource(folder, "economies", "economies", table)
    resources = [write_series(folder, one) for one in series]
    for resource, path in carried:
        if path.parent != folder:
            shutil.copyfile(path, folder / resource["path"])
        resources.append(dict(resource))
    _write_package(
        folder,
        [listed, *sorted(resources, key=itemgetter("name"))],
        name=f"wdi-{vintage}",
        title=f"World Development Indicators, vintage {vintage}",
        description=description,
        created=f"{created}T00:00:00Z",
    )


def write_release(folder: Path, release: str, one: Series) -> None:
    """Add a release of a single series to the folder of its history, or replace it.

    Parameters
    ----------
    folder : pathlib.Path
        ``data/history/<CODE>``.
    release : str
        ``YYYY-MM``.
    one : Series
        Its figures and provenance.
    """
    folder.mkdir(parents=True, exist_ok=True)
    held = []
    if (folder / "datapackage.json").is_file():
        held = snapshot.opened(folder).package["resources"]
    resource = write_series(folder, one, release)
    # The economies stand in the vintages, each with its own list.
    del resource["schema"]["foreignKeys"]
    resources = [other for other in held if other["name"] != release] + [resource]
    _write_package(
        folder,
        sorted(resources, key=itemgetter("name")),
        name=f"history-{one.code.lower()}",
        title=f"{one.title} ({one.code}): further releases",
        description="Dated releases of one series, one file each, for its history.",
    )


def _write_package(folder: Path, resources: list[dict[str, Any]], **described: str) -> None:
    package = {"$schema": "https://datapackage.org/profiles/2.0/datapackage.json"} | described
    package |= {"licenses": [LICENCE], "sources": [SOURCE], "resources": resources}
    write_json(folder / "datapackage.json", package)


def write_series(folder: Path, one: Series, name: str | None = None) -> dict[str, Any]:
    """Write the file of one series, ahead of the data package that will describe it.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of a vintage that is being written.
    one : Series
        What to write.
    name : str, optional
        The name of its resource and file; the series' code by default.

    Returns
    -------
    dict
        The series' resource, for ``carried`` of :func:`write`.
    """
    cells = one.values
    if isinstance(cells, pd.DataFrame):
        cells = list(cells[["economy", "year", "value"]].itertuples(index=False, name=None))
    # No economy-year stands twice: an order by economy and year is an order by these first two.
    lines = [f"{economy},{year},{_digits(value)}\n" for economy, year, value in sorted(cells)]
    text = "economy,year,value\n" + "".join(lines)
    resource = _resource(folder, "series", name or one.code, text)
    for part in ("title", "unit", "description", "retrieved", "how"):
        resource[part] = getattr(one, part)
    schema = resource.pop("schema")
    schema["fields"][-1] |= {"title": one.title, "description": one.unit}
    resource |= {"sources": [dict(one.source)], **one.extra}
    if aliases := known.aliases(one.code):
        resource["aliases"] = aliases
    return resource | {"schema": schema}


def _digits(value: object) -> str:
    """Write a number as served: a float by its shortest exact form, a text unchanged."""
    if isinstance(value, str | int):
        return str(value)
    number = float(value)  # type: ignore[arg-type]
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)


def _resource(folder: Path, kind: str, name: str, text: str) -> dict[str, Any]:
    """Write a file, and return its resource as far as its kind and its content make it."""
    content = text.encode("utf-8")
    path = folder / f"{name}.csv"
    path.write_bytes(content)
    of_its_kind = json.loads((SCHEMAS / f"{kind}.resource.json").read_text(encoding="utf-8"))
    made = {"name": name, "path": path.name, "bytes": len(content)}
    return of_its_kind | made | {"hash": f"sha256:{sha256(content)}"}
