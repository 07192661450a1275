"""What a source is: one class that fetches series, cites them, and says which series it owns.

A third source is one more module in this folder (or any class that :func:`register` is told of);
nothing else changes.
"""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

import pandas as pd

from claimbook import sources
from claimbook.data.snapshot import CURRENT
from claimbook.errors import ClaimbookError

ENDPOINT = "https://api.worldbank.org/v2"
PATIENCE = 90.0


class NotServed(ClaimbookError):
    """A source does not have, or not in this way, what was asked for."""

    exit_code = 2


class Digits(str):
    """A number exactly as it was served, digit for digit; a served text is a plain ``str``."""

    __slots__ = ()


@dataclass(frozen=True)
class Served:
    """One series as a source serves it, and what the source says of it.

    ``cells`` are ``(economy, year, value)`` of every row, empty ones included: a value is an int,
    :class:`Digits`, None, or whatever else was served and will be refused.
    """

    code: str
    cells: list[tuple[str, Any, Any]]
    title: str = ""
    unit: str = ""
    description: str = ""
    how: str = ""
    release: str = ""
    updated: str = ""
    named: str = ""  # title and unit as one, where they are served so


@dataclass(frozen=True)
class Order:
    """What to fetch, whence and where to.

    ``codes`` are fetched into ``vintage`` of the folder ``data``, its other series carried over
    byte for byte; series in ``accepted`` may lose filled cells or vanish. ``endpoint`` and
    ``patience`` (seconds without one complete answer) are for sources that go out, ``files`` is the
    folder of those that are brought in. A ``dry_run`` does everything but replace the vintage.
    """

    codes: Sequence[str]
    data: Path
    vintage: str = CURRENT
    endpoint: str = ENDPOINT
    accepted: Collection[str] = ()
    patience: float = PATIENCE
    dry_run: bool = False
    files: Path | None = None


class Source(ABC):
    """Where series come from; used in a ``with`` block, one instance an order."""

    name: str
    licence: Mapping[str, str]
    # How the codes of its series begin; the longest that fits decides whose a series is.
    prefixes: Sequence[str]
    # Brought in once: a refresh that names no series leaves it as it is.
    once: ClassVar[bool] = False
    # What the vintage has of this source: resources by code, told before anything is fetched.
    held: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    requests: int = 0

    @classmethod
    def for_order(cls, order: Order) -> Source:
        """Make the source that an order needs."""
        return cls()

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def economies(self) -> pd.DataFrame | None:
        """Return the source's own list of economies; None where it follows the vintage's."""
        return None

    @abstractmethod
    def fetch(self, codes: Sequence[str], vintage: str) -> Iterator[Served]:
        """Yield the series of a vintage; raise a ClaimbookError where one cannot be had."""

    @abstractmethod
    def cite(self, code: str) -> dict[str, str]:
        """Return title, address and, where there is one, citation of a series."""

    def licence_of(self, code: str) -> Mapping[str, str]:
        """Return the licence of a series: Frictionless name, title and path."""
        return self.licence


S = TypeVar("S", bound=type[Source])
_registered: list[type[Source]] = []


def register(source: S) -> S:
    """Make a class known as a source; it may be used as a decorator."""
    _registered.append(source)
    return source


def known() -> list[type[Source]]:
    """Return every source: those of this folder's modules, and those registered elsewhere."""
    for module in pkgutil.iter_modules(sources.__path__):
        importlib.import_module(f"{sources.__name__}.{module.name}")
    return list(_registered)


def owners(
    order: Order, held: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
) -> dict[Source, list[str]]:
    """Return the sources of an order's series, each with the codes it owns, in the order named."""
    opened = [kind.for_order(order) for kind in known()]
    for source in opened:
        source.held = {code: one for code, one in held.items() if _owner(code, opened) is source}
    found: dict[Source, list[str]] = {}
    for code in order.codes:
        found.setdefault(_owner(code, opened), []).append(code)
    return found


def _owner(code: str, among: Sequence[Source]) -> Source:
    return max(
        among, key=lambda one: max((len(p) for p in one.prefixes if code.startswith(p)), default=-1)
    )
