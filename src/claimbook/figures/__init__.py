"""Charts for chapters: forms to choose by the question, the particulars each needs, the colours.

plotly is imported when a chart is drawn: ``figures.go`` and ``figures.px`` are its two doors.
"""

# ruff: noqa: F401 (these names are what chapters reach as figures.…)

from typing import Any

from claimbook.figures.chart import HEIGHT, MIME, Chart, ChartError, chart, problems, text_form
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
    NEUTRAL,
    ORANGE,
    OUTCOME_COLOURS,
    PALETTE,
    PURPLE,
    RISE,
    TEMPLATE,
    VERMILION,
)
from claimbook.figures.steps import stepped
from claimbook.figures.words import listed, names, signed


def __getattr__(name: str) -> Any:
    """Import plotly when a chapter reaches for it."""
    if name == "go":
        import plotly.graph_objects as go

        return go
    if name == "px":
        import plotly.express as px

        return px
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
