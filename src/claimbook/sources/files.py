"""Witnesses: series of other publishers, brought in once from named files.

``data/witnesses.yml`` describes them: publisher, licence, citation, where each file came from, its
fingerprint, and what each series is. A file that is not, byte for byte, the one described is
refused; an ordinary refresh leaves these series as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from claimbook import paths, reading
from claimbook.data import yamlfile
from claimbook.data.snapshot import read_table, sha256
from claimbook.errors import nearest
from claimbook.sources.base import Digits, NotServed, Order, Served, Source, register

CATALOGUE = "witnesses.yml"
_NUMBER = re.compile(r"-?[0-9]*\.?[0-9]+(?P<power>[eE][-+]?[0-9]+)?")


@register
class Files(Source):
    """The files of a folder that the catalogue describes."""

    name = "named files"
    once = True

    def __init__(self, catalogue: Path, folder: Path | None = None) -> None:
        self._catalogue, self._folder = catalogue, folder
        found = yamlfile.read(catalogue, "witnesses")["witnesses"] if catalogue.is_file() else []
        self._of = {code: one for one in found for code in one["series"]}
        self.prefixes = tuple(self._of)

    @classmethod
    def for_order(cls, order: Order) -> Files:
        """Read the catalogue of the data folder."""
        return cls(order.data / CATALOGUE, order.files)

    def cite(self, code: str) -> dict[str, str]:
        """Name the publication that a series is of, and how to cite it."""
        return {part: str(self._of[code][part]) for part in ("title", "path", "citation")}

    def licence_of(self, code: str) -> Mapping[str, str]:
        """Return the licence of the publication that a series is of."""
        return self._of[code]["licence"]

    def fetch(self, codes: Sequence[str], vintage: str) -> Iterator[Served]:
        """Read the series out of their files."""
        for code in codes:
            if code not in self._of:
                raise NotServed(
                    f"{paths.shown(self._catalogue)} describes no series {code}."
                    f"{nearest(code, self._of)}"
                )
            if self._folder is None:
                raise NotServed(
                    f"{code} is brought in from a file and is not served by the World Bank: run "
                    f"`claimbook refresh {code} --from-files FOLDER` with the folder that holds "
                    f"{self._of[code]['file']}."
                )
            yield self._read(code, self._of[code], self._folder)

    def _read(self, code: str, publication: Mapping[str, Any], folder: Path) -> Served:
        series, path = publication["series"][code], folder / publication["file"]
        if sha256(reading.content(path)) != publication["sha256"]:
            raise NotServed(
                f"{path} is not the file that {paths.shown(self._catalogue)} describes (its sha256 "
                "differs): bring that one, or describe this one."
            )
        table = read_table(path, NotServed, dtype=str)
        columns = ["economy", "year", series["column"]]
        if lacking := set(columns) - set(table):
            raise NotServed(f"{path} has no column {min(lacking)}, which {code} needs.")
        first, left_out = publication.get("from", 0), publication.get("left_out", ())
        cells = [
            (economy, int(year) if re.fullmatch("[0-9]{4}", year) else year, _number(value))
            for economy, year, value in table[columns].itertuples(index=False)
            if economy not in left_out and not year < str(first)
        ]
        words = f"{series.get('description', '')} {publication['doubts']}"
        return Served(
            code=code,
            cells=cells,
            title=series["title"],
            unit=series["unit"],
            description=" ".join(words.split()),
            how=publication["how"],
            release=publication["release"],
            updated=str(publication["date"]),
        )


def _number(text: str) -> int | Digits | str | None:
    """Read a cell: a number digit for digit but for zeros at its end; a text stays one."""
    if not (found := _NUMBER.fullmatch(text)):
        return text or None
    if text.isdigit():
        return int(text)
    plain = "." in text and not found["power"]
    return Digits(text.rstrip("0").rstrip(".") if plain else text)
