"""The grid of a check's options: every defensible choice, and the id of each."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Any

from claimbook.errors import ClaimbookError

HEADLINE = "headline"
Options = dict[str, Any]


class GridError(ClaimbookError):
    """A grid of options cannot be told apart."""


def variants(options: Mapping[str, list[Any]]) -> dict[str, Options]:
    """Return every point of a grid by its id, the headline (each option's first value) first.

    An id names only the departures from the headline, options in alphabetical order, so that an
    option added later leaves it as it is.
    """
    grid: dict[str, Options] = {}
    for values in itertools.product(*options.values()):
        point = dict(zip(options, values, strict=True))
        name = variant_id(options, point)
        if name in grid:
            raise GridError(f"Two options give the variant id {name}: name them apart.")
        grid[name] = point
    return grid


def variant_id(options: Mapping[str, list[Any]], point: Mapping[str, Any]) -> str:
    """Return the id of one point of a grid."""
    departures = [
        switch_id(name, point[name]) for name in sorted(options) if point[name] != options[name][0]
    ]
    return "+".join(departures) or HEADLINE


def switch_id(option: str, value: object) -> str:
    """Return the id of one option set to one value, such as ``end-2004-2012``."""
    slug = re.sub(r"[^a-z0-9.]+", "-", str(value).lower()).strip("-")
    return f"{option}-{slug}"
