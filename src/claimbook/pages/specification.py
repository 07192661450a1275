"""The specification curve: every defensible choice of a check, in order of its estimate.

After Simonsohn, Simmons and Nelson, "Specification curve analysis", Nature Human Behaviour 4, 2020.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from claimbook import figures
from claimbook.figures import OUTCOME_COLOURS, Chart


def specification_curve(check: dict[str, Any]) -> Chart | None:
    """Draw a check's grid of variants.

    Parameters
    ----------
    check : dict
        A check of a claim output.

    Returns
    -------
    Chart or None
        None where fewer than two variants have an estimate.
    """
    table = _table(check)
    if len(table) < 2:
        return None
    agree = sum(variant["outcome"] == check["outcome"] for variant in check["variants"])
    of = len(check["variants"])
    return figures.chart(
        _draw(table, check),
        table.drop(columns="rank"),
        id="specification-curve",
        title=f"{agree} of {of} defensible choices find the same: {check['outcome']}",
        alt=_alt(table, check),
        unit=check["unit"],
        source=_source(check),
        n=of,
    )


def _source(check: dict[str, Any]) -> str:
    if not check["series"]:
        return "the choices this chapter declares, each asked of the model"
    return f"the choices this chapter declares, each computed on the vintage {check['vintage']}"


def _table(check: dict[str, Any]) -> pd.DataFrame:
    rows = [
        {
            "variant": variant["id"],
            **{name: str(value) for name, value in variant["options"].items()},
            "outcome": variant["outcome"],
            **{name: variant["estimate"][name] for name in ("value", "low", "high", "n")},
        }
        for variant in check["variants"]
        if variant["estimate"]
    ]
    if not rows:
        return pd.DataFrame()
    table = pd.DataFrame(rows).sort_values("value", kind="stable", ignore_index=True)
    return table.assign(rank=range(1, len(table) + 1))


def _draw(table: pd.DataFrame, check: dict[str, Any]) -> go.Figure:
    figure = go.Figure()
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
            customdata=some[["variant"]],
            hovertemplate="%{customdata[0]}: %{y}<extra></extra>",
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
    return figure.update_layout(
        xaxis_title="Choices, lowest estimate first", yaxis_title=check["unit"]
    )


def _alt(table: pd.DataFrame, check: dict[str, Any]) -> str:
    counts = table["outcome"].value_counts()
    words = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    return (
        f"{len(table)} estimates with intervals in ascending order, from "
        f"{table['value'].min():.2g} to {table['value'].max():.2g} {check['unit']}: {words}."
    )
