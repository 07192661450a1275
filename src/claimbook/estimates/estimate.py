"""What an estimate is, and which numbers one may be made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from typing import Any

import numpy as np
import pandas as pd

from claimbook.errors import ClaimbookError

CONFIDENCE = 0.95
MIN_ECONOMIES = 10
DIGITS = 6


class EstimateError(ClaimbookError):
    """Numbers of which no honest estimate can be made."""


def rounded(number: float) -> float:
    """Round to six significant digits, so that last-bit differences between platforms vanish.

    Parameters
    ----------
    number : float
        Any finite number, in any unit.

    Returns
    -------
    float
        The number with six significant digits; never negative zero.
    """
    return float(f"{number:.{DIGITS}g}") + 0.0


class ValueWithout:
    """Tells the value of some samples without the rows of some economies."""

    def __init__(
        self, value: Callable[..., float | None], *samples: pd.Series | pd.DataFrame
    ) -> None:
        self._value, self._samples = value, samples

    def __call__(self, codes: Collection[str]) -> float | None:
        """Return the value without these economies; None where too few are left."""
        left = []
        for sample, rows in self._parts:
            # A tenth of the time that pandas takes to look for a few among some hundred.
            stays = [economy not in codes for economy in rows]
            if len(set(compress(rows, stays))) < MIN_ECONOMIES:
                return None
            left.append(sample[stays])
        found = self._value(*left)
        return None if found is None else rounded(found)

    def samples(self) -> Iterator[set[str]]:
        """Yield the economies of each sample that no earlier one has."""
        seen: set[str] = set()
        for _, rows in self._parts:
            yield set(rows) - seen
            seen.update(rows)

    @cached_property
    def _parts(self) -> list[tuple[pd.Series | pd.DataFrame, list[str]]]:
        """Each sample, and the economy of each of its rows."""
        return [(one, list(one.index.get_level_values(0))) for one in self._samples]


@dataclass(frozen=True)
class Estimate:
    """A value with its interval.

    Parameters
    ----------
    value, low, high : float
        The estimate and the ends of its 95 % interval, in ``unit``: low ≤ value ≤ high.
    n : int
        Number of economies (or economy-windows) behind it.
    unit : str
        Unit of the three numbers.
    economies : pandas.Series
        What each economy contributes, by iso3 code; may be empty.
    exact : bool
        Whether it is a quantity without sampling, such as a share of a world total.
    effective_n : float, optional
        As how many equally weighted economies the weighted ones count.
    value_without : callable, optional
        Given iso3 codes: the value, were the rows of these economies not in the samples; None where
        too few are left.

    Raises
    ------
    EstimateError
        If a number is not finite or the value lies outside its interval.
    """

    value: float
    low: float
    high: float
    n: int
    unit: str
    economies: pd.Series = field(default_factory=lambda: pd.Series(dtype=float), compare=False)
    exact: bool = False
    effective_n: float | None = None
    value_without: Callable[[Collection[str]], float | None] | None = field(
        default=None, compare=False, repr=False
    )

    def __post_init__(self) -> None:
        for name in ("value", "low", "high", "effective_n"):
            number = getattr(self, name)
            if number is None:
                continue
            if not math.isfinite(number):
                raise EstimateError(
                    f"An estimate's {name} is {number}: it must be a finite number."
                )
            object.__setattr__(self, name, rounded(number))
        if not self.low <= self.value <= self.high:
            raise EstimateError(
                f"An estimate's value is {self.value:g} and its interval runs from {self.low:g} to "
                f"{self.high:g}: the value must lie in the interval, the lower end first."
            )

    def as_dict(self) -> dict[str, Any]:
        """Return the estimate as plain JSON.

        Returns
        -------
        dict
            value, low, high, n and unit; ``exact`` and ``effective_n`` only where they are set;
            the values by economy never.
        """
        plain = {name: getattr(self, name) for name in ("value", "low", "high", "n", "unit")}
        more = {"exact": self.exact or None, "effective_n": self.effective_n}
        return plain | {name: known for name, known in more.items() if known is not None}

    def __str__(self) -> str:
        interval = f"95 % interval {self.low:g} to {self.high:g}"
        return f"{self.value:g} {self.unit} [{interval}], n = {self.n}"


def exact(
    value: float,
    unit: str,
    n: int,
    economies: pd.Series | None = None,
    value_without: Callable[[Collection[str]], float | None] | None = None,
) -> Estimate:
    """An exact quantity, such as a share of a world total: its interval is the value itself.

    Nothing was sampled, so no interval from sampling is honest. What is not sure of such a figure
    is how far the source will revise it: a check widens the interval by the revisions it has seen.

    Parameters
    ----------
    value : float
        The quantity, in ``unit``.
    unit : str
        Its unit.
    n : int
        Number of economies in the total.
    economies : pandas.Series, optional
        What each contributes.
    value_without : callable, optional
        What it is without the rows of some economies.

    Returns
    -------
    Estimate
        With ``low == high == value`` and ``exact`` set.
    """
    parts = pd.Series(dtype=float) if economies is None else economies.sort_index()
    return Estimate(value, value, value, n, unit, parts, True, value_without=value_without)


def numbers(values: pd.Series, what: str) -> pd.Series:
    """Return what is there as floats in the order of the index; an infinite one is refused."""
    there = values.dropna().astype(float)
    if not there.index.is_monotonic_increasing:
        there = there.sort_index()
    infinite = there.index[np.isinf(there.to_numpy())]
    if len(infinite):
        raise EstimateError(
            f"{what} of {_listed(infinite)} is infinite: mend what made it so (a division by zero, "
            "a logarithm of zero), or leave it out as missing."
        )
    return there


def _listed(labels: pd.Index) -> str:
    shown = ", ".join(map(str, labels[:5]))
    return shown if len(labels) <= 5 else f"{shown} and {len(labels) - 5} more"
