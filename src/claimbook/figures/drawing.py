"""What every inline SVG of the book is drawn with: straight axes, and templates to fill."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from claimbook.figures.words import number

if TYPE_CHECKING:
    import jinja2


@dataclass(frozen=True)
class Axis:
    """A straight scale: the numbers from ``low`` to ``high`` on the places ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the place of a number, to a tenth."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return round(float(self.start + share * (self.end - self.start)), 1)

    def ticks(self, wanted: int = 5) -> dict[float, str]:
        """Return round numbers inside it, at most so many and one more, as they are written."""
        rough = (self.high - self.low) / wanted
        power = 10 ** np.floor(np.log10(rough))
        step = next(unit * power for unit in (1, 2, 5, 10) if unit * power >= rough * 0.999)
        first, last = np.ceil(self.low / step - 1e-9), np.floor(self.high / step + 1e-9)
        digits = max(0, -int(np.floor(np.log10(step) + 1e-9)))
        found = [float(place * step) for place in np.arange(first, last + 1)]
        return {tick: number(tick, digits if tick else 0) for tick in found}


@cache
def templates(folder: Path) -> jinja2.Environment:
    """Return the templates of a folder: what fills them must be there, and is escaped in HTML."""
    import jinja2  # slow to import

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=jinja2.select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
