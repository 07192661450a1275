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
from claimbook.figures.words import decimals, number

if TYPE_CHECKING:
    import plotly.graph_objects as go

CURVE = 300  # px
ROW = 36  # px: a line for the value's name and one for its marks
Labels = Mapping[str, Any]


def specification_curve(check: dict[str, Any], labels: Labels | None = None) -> Chart | None:
    """Draw a check's grid of variants, from a claim output.

    `labels` are the options' names in a reader's words, each with a `label` and its `values`, as
    the claim file holds them. None where fewer than two variants have an estimate.
    """
    table = _table(check, labels or {})
    if len(table) < 2:
        return None
    agree = sum(variant["outcome"] == check["outcome"] for variant in check["variants"])
    of = len(check["variants"])
    rows = _rows(table, check, labels or {})
    return figures.chart(
        _draw(table, check, rows),
        table.drop(columns=["rank", "told"]),
        id="specification-curve",
        title=f"{agree} of {of} defensible choices find the same: {check['outcome']}",
        alt=_alt(table, check),
        unit=check["unit"],
        source=_source(check),
        n=of,
        height=CURVE + ROW * len(rows) + 40,
        headings={"variant": "Choice"},
    )


def _source(check: dict[str, Any]) -> str:
    if not check["series"]:
        return "the choices this chapter declares, each asked of the model"
    return f"the choices this chapter declares, each computed on the vintage {check['vintage']}"


def _table(check: dict[str, Any], labels: Labels) -> pd.DataFrame:
    """Return the variants that have an estimate, the lowest first."""
    held = [variant for variant in check["variants"] if variant["estimate"]]
    digits = _digits(check)
    rows = [
        {
            "variant": variant["id"],
            **{
                words.option(labels, name): words.choice(labels, name, value)
                for name, value in variant["options"].items()
            },
            "outcome": variant["outcome"],
            **{name: variant["estimate"][name] for name in ("value", "low", "high", "n")},
            "told": _told(variant, check, labels, digits),
        }
        for variant in held
    ]
    if not rows:
        return pd.DataFrame()
    table = pd.DataFrame(rows).sort_values("value", kind="stable", ignore_index=True)
    return table.assign(rank=range(1, len(table) + 1))


def _digits(check: dict[str, Any]) -> int:
    """Return the decimals of the check's estimates in a sentence: one, or what small ones need."""
    held = [variant["estimate"]["value"] for variant in check["variants"] if variant["estimate"]]
    return min(3, max(1, decimals(held, 2)))


def _told(variant: dict[str, Any], check: dict[str, Any], labels: Labels, digits: int) -> str:
    """Return a variant as a sentence, for its tooltip."""
    choices = "<br>".join(
        f"{words.option(labels, name)}: {words.choice(labels, name, value)}"
        for name, value in variant["options"].items()
    )
    found = variant["estimate"]
    value, low, high = (number(found[end], digits) for end in ("value", "low", "high"))
    interval = "exact" if low == high else f"95 % interval {low} to {high}"
    return f"{choices}<br>{value} {check['unit']}, {interval}: {variant['outcome']}."


def _rows(table: pd.DataFrame, check: dict[str, Any], labels: Labels) -> list[tuple[str, str]]:
    """Return option and value of each row of marks; an option with one value needs none."""
    read = [name for name in labels if name in check["options"]]  # in the order of the claim file
    return [
        (words.option(labels, name), words.choice(labels, name, value))
        for name in dict.fromkeys([*read, *check["options"]])
        if table[words.option(labels, name)].nunique() > 1
        for value in check["options"][name]
    ]


def _draw(table: pd.DataFrame, check: dict[str, Any], rows: list[tuple[str, str]]) -> go.Figure:
    import plotly.graph_objects as go

    figure = go.Figure()
    share = ROW * len(rows) / (CURVE + ROW * len(rows))
    for outcome, colour in OUTCOME_COLOURS.items():
        some = table[table["outcome"] == outcome]
        if some.empty:
            continue
        figure.add_scatter(
            x=some["rank"],
            y=some["value"],
            mode="markers",
            name=outcome,
            marker={"color": colour, "size": 7},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": some["high"] - some["value"],
                "arrayminus": some["value"] - some["low"],
                "color": colour,
                "thickness": 1,
                "width": 0,
            },
            hovertext=some["told"],
            hovertemplate="%{hovertext}<extra></extra>",
        )
        marks = [
            (rank, len(rows) - place)
            for place, (option, value) in enumerate(rows)
            for rank in some.loc[some[option] == value, "rank"]
        ]
        figure.add_scatter(
            x=[rank for rank, _ in marks],
            y=[place for _, place in marks],
            yaxis="y2",
            mode="markers",
            showlegend=False,
            marker={"symbol": "line-ns-open", "color": colour, "size": 11, "line": {"width": 1.5}},
            hoverinfo="skip",
        )
    head = table[table["variant"] == "headline"]
    figure.add_scatter(
        x=head["rank"],
        y=head["value"],
        mode="markers",
        name="the headline",
        marker={"symbol": "diamond-open", "size": 15, "color": figures.PURPLE, "line_width": 2},
        hoverinfo="skip",
    )
    # The panel on the page moves this one; it must stay the last trace.
    figure.add_scatter(
        x=head["rank"],
        y=head["value"],
        mode="markers",
        name="your choice",
        marker={"symbol": "circle-open", "size": 18, "color": figures.BLUE, "line_width": 3},
        hoverinfo="skip",
        visible=False,
    )
    figure.add_hline(y=check["reference"], line={"width": 1, "color": figures.GREY})
    for place, (option, value) in enumerate(rows):
        # Above its marks, not beside them: on a phone the marks keep the whole width.
        figure.add_annotation(
            x=0,
            xref="paper",
            xanchor="left",
            y=len(rows) - place + 0.5,
            yref="y2",
            text=f"{option}: {value}",
            showarrow=False,
            font={"size": 12},
        )
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


def _alt(table: pd.DataFrame, check: dict[str, Any]) -> str:
    counts = table["outcome"].value_counts()
    tally = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    low, high = (
        number(end, _digits(check)) for end in (table["value"].min(), table["value"].max())
    )
    return (
        f"{len(table)} estimates with intervals in ascending order, from {low} to {high} "
        f"{check['unit']}: {tally}. Rows of marks below show which choices each one makes."
    )
