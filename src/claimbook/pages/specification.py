"""The specification curve: every defensible choice of a check, in order of its estimate.

After Simonsohn, Simmons and Nelson, "Specification curve analysis", Nature Human Behaviour 4, 2020:
the estimates above, and under them one row of marks for each value of each option, so that a reader
sees which choice drives the estimate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from claimbook import figures
from claimbook.figures import OUTCOME_COLOURS, Chart, words
from claimbook.figures.forms import whiskers
from claimbook.pages.panel import controls

if TYPE_CHECKING:
    import plotly.graph_objects as go

CURVE = 300  # px
ROW = 36  # px: a line for the value's name and one for its marks
FROM_TABLE = "table"  # the mark of points that charts.js tells by their rows of the table
Labels = Mapping[str, Any]


def specification_curve(check: dict[str, Any], labels: Labels | None = None) -> Chart | None:
    """Draw a check's grid of variants, from a claim output.

    `labels` are the options' names in a reader's words, each with a `label` and its `values`, as
    the claim file holds them. None where fewer than two variants have an estimate.
    """
    held = [variant for variant in check["variants"] if variant["estimate"]]
    if len(held) < 2:
        return None
    digits = words.tooltip_digits(variant["estimate"]["value"] for variant in held)
    table = _table(held, labels or {})
    rows = [  # option and value of each row of marks; an option with one value needs none
        (option["label"], value)
        for option in controls(check, labels or {})
        if table[option["label"]].nunique() > 1
        for value in option["values"]
    ]
    source = "each asked of the model"
    if check["series"]:
        source = f"each computed on the vintage {check['vintage']}"
    agree = sum(variant["outcome"] == check["outcome"] for variant in check["variants"])
    of = len(check["variants"])
    return figures.chart(
        _draw(table, check, rows),
        table.drop(columns="rank"),
        id="specification-curve",
        title=f"{agree} of {of} defensible choices find the same: {check['outcome']}",
        alt=_alt(table, check["unit"], digits),
        unit=check["unit"],
        source=f"the choices this chapter declares, {source}",
        n=of,
        height=CURVE + ROW * len(rows) + 40,
        headings={"variant": "Choice"},
    )


def _table(held: list[dict[str, Any]], labels: Labels) -> pd.DataFrame:
    """Return the variants that have an estimate, the lowest first."""
    rows = []
    for variant in held:
        chosen = {
            words.option(name, labels): words.choice(value, name, labels)
            for name, value in variant["options"].items()
        }
        found = {name: variant["estimate"][name] for name in ("value", "low", "high", "n")}
        rows.append({"variant": variant["id"], **chosen, "outcome": variant["outcome"], **found})
    table = pd.DataFrame(rows).sort_values("value", kind="stable", ignore_index=True)
    return table.assign(rank=range(1, len(table) + 1))


def _draw(table: pd.DataFrame, check: dict[str, Any], rows: list[tuple[str, str]]) -> go.Figure:
    import plotly.graph_objects as go

    figure = go.Figure()
    places = {row: len(rows) - place for place, row in enumerate(rows)}
    for outcome, colour in OUTCOME_COLOURS.items():
        some = table[table["outcome"] == outcome]
        if some.empty:
            continue
        above, below = some["high"] - some["value"], some["value"] - some["low"]
        figure.add_scatter(
            x=some["rank"],
            y=some["value"],
            mode="markers",
            name=outcome,
            marker={"color": colour, "size": 7},
            error_y=whiskers(above, below, colour, thickness=1, width=0),
            meta=FROM_TABLE,
            hovertemplate="%{hovertext}<extra></extra>",
        )
        marks = [
            (rank, place)
            for (option, value), place in places.items()
            for rank in some.loc[some[option] == value, "rank"]
        ]
        figure.add_scatter(
            x=[rank for rank, _ in marks],
            y=[place for _, place in marks],
            yaxis="y2",
            mode="markers",
            showlegend=False,
            marker={"symbol": "line-ns-open", "color": colour, "size": 11, "line_width": 1.5},
            hoverinfo="skip",
        )
    diamond = {"symbol": "diamond-open", "size": 15, "color": figures.PURPLE, "line_width": 2}
    circle = {"symbol": "circle-open", "size": 18, "color": figures.BLUE, "line_width": 3}
    head = table[table["variant"] == "headline"]
    # The panel on the page moves the reader's choice; it must stay the last trace.
    for name, marker, visible in (("the headline", diamond, None), ("your choice", circle, False)):
        figure.add_scatter(
            x=head["rank"],
            y=head["value"],
            mode="markers",
            name=name,
            marker=marker,
            hoverinfo="skip",
            visible=visible,
        )
    figure.add_hline(y=check["reference"], line={"width": 1, "color": figures.GREY})
    # Above its marks, not beside them: on a phone the marks keep the whole width.
    note = {"x": 0, "xref": "paper", "xanchor": "left", "yref": "y2", "showarrow": False}
    for (option, value), place in places.items():
        text = f"{option}: {value}"
        figure.add_annotation(note, y=place + 0.5, text=text, font={"size": 12})
    share = ROW * len(rows) / (CURVE + ROW * len(rows))
    return figure.update_layout(
        xaxis={
            "title": "Choices, lowest estimate first",
            "anchor": "y2" if rows else "y",
            "showgrid": False,
            "zeroline": False,
            "range": [0, len(table) + 1],
        },
        yaxis={"title": check["unit"], "domain": [share, 1]},
        yaxis2={
            "domain": [0, max(share - 0.02, 0.01)],
            "range": [0.4, len(rows) + 0.9],
            "visible": False,
        },
    )


def _alt(table: pd.DataFrame, unit: str, digits: int) -> str:
    counts = table["outcome"].value_counts()
    tally = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    low, high = (words.number(end, digits) for end in table["value"].agg(["min", "max"]))
    return (
        f"{len(table)} estimates with intervals in ascending order, from {low} to {high} {unit}: "
        f"{tally}. Rows of marks below show which choices each one makes."
    )
