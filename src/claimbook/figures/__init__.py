"""Charts for chapters: forms to choose by the question, the particulars each needs, the colours.

plotly is imported when a chart is drawn: ``figures.go`` and ``figures.px`` are its two doors.
"""

# ruff: noqa: F401 (these names are what chapters reach as figures.…)

from importlib import import_module
from typing import Any

from claimbook.figures.chart import HEIGHT, MIME, Chart, ChartError, chart, problems, text_form
from claimbook.figures.contrast import faint
from claimbook.figures.forms import (
    bins,
    distribution,
    intervals,
    ranked,
    regions,
    runs,
    scatter,
    slope,
    small_multiples,
)
from claimbook.figures.lead import LeadError, lead_svg
from claimbook.figures.leading import lead_chart
from claimbook.figures.palette import (
    BLUE,
    FALL,
    GREEN,
    GREY,
    INK,
    NEUTRAL,
    ORANGE,
    OUTCOME_COLOURS,
    PALETTE,
    PAPER,
    PURPLE,
    RISE,
    TEMPLATE,
    VERMILION,
)
from claimbook.figures.steps import stepped
from claimbook.figures.words import listed, names, signed

_DOORS = {"go": "plotly.graph_objects", "px": "plotly.express"}


def __getattr__(name: str) -> Any:
    """Import plotly when a chapter reaches for it."""
    if name in _DOORS:
        return import_module(_DOORS[name])
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
