"""Charts that a reader steps through: one figure a step, joined by a slider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from claimbook.errors import ClaimbookError

if TYPE_CHECKING:
    import plotly.graph_objects as go


def stepped(steps: Mapping[str, go.Figure], *, label: str, start: str | None = None) -> go.Figure:
    """Join figures into one that a reader steps through, such as a model at several parameters.

    On the page a slider stands under the chart; on paper the first step shown is what is printed,
    and the data table holds every step.

    Parameters
    ----------
    steps : mapping of str to plotly.graph_objects.Figure
        Name of each step, such as ``"1.5"``, to its figure, in order. All have traces of the same
        types in the same order; the layout is the starting step's, so fix the ranges of its axes.
    label : str
        What is stepped through: the slider's label, such as ``"Skill of C"``.
    start : str, optional
        The step shown first; by default the first.

    Returns
    -------
    plotly.graph_objects.Figure
        The starting figure, with a frame for each step.

    Raises
    ------
    ClaimbookError
        If there are fewer than two steps, ``start`` is none of them, or traces differ in type.
    """
    import plotly.graph_objects as go

    if len(steps) < 2:
        raise ClaimbookError(f"The chart of {label!r} has {len(steps)} steps: give at least two.")
    shown = next(iter(steps)) if start is None else start
    if shown not in steps:
        raise ClaimbookError(f"{shown!r} is no step of the chart of {label!r}: name one of them.")
    frames = [go.Frame(name=name, data=step.data) for name, step in steps.items()]
    figure = go.Figure(data=steps[shown].data, layout=steps[shown].layout, frames=frames)
    slider = {"active": list(steps).index(shown), "currentvalue": {"prefix": label}}
    return animated(figure.update_layout(sliders=[slider]))


def animated(figure: go.Figure) -> go.Figure:
    """Turn an animation, such as plotly.express makes, into steps: without buttons, with a slider.

    The slider is plotly's, for JupyterLab; the page has one that the keyboard reaches.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        One with frames, which is changed.

    Returns
    -------
    plotly.graph_objects.Figure
        The same.

    Raises
    ------
    ClaimbookError
        If a frame changes the layout, or has other traces than the first.
    """
    first, names = figure.frames[0], [str(frame.name) for frame in figure.frames]
    told = figure.layout.sliders[0] if figure.layout.sliders else None
    label = ((told and told.currentvalue.prefix) or "Step").strip(" :=")
    kinds = [trace.type for trace in first.data]
    for frame in figure.frames:
        if frame.layout.to_plotly_json():
            raise ClaimbookError(
                f"The step {frame.name!r} of the chart of {label!r} changes its layout: fix the "
                "axes for all steps."
            )
        if (found := [trace.type for trace in frame.data]) != kinds:
            raise ClaimbookError(
                f"The step {frame.name!r} of the chart of {label!r} has the traces {found}, the "
                f"step {first.name!r} has {kinds}: draw the same traces, empty if need be."
            )
    moves = [
        {"label": name, "method": "animate", "args": [[name], {"mode": "immediate"}]}
        for name in names
    ]
    slider = {"active": (told and told.active) or 0, "steps": moves}
    figure.layout.sliders = [slider | {"currentvalue": {"prefix": f"{label}: "}}]
    buttons = [one for menu in figure.layout.updatemenus for one in menu.buttons]
    if all(one.method == "animate" for one in buttons):
        figure.layout.updatemenus = ()
    return figure


def without_repeats(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out of each frame what is the same in all: it stands in the figure's own traces.

    Parameters
    ----------
    frames : list of dict
        Each with ``name`` and ``data``, a list of traces, as plain JSON.

    Returns
    -------
    list of dict
        The frames; an attribute that differs in one of them is kept in every one.
    """
    moving = [_moving(traces) for traces in zip(*(frame["data"] for frame in frames), strict=True)]
    return [
        {
            "name": frame["name"],
            "data": [
                {key: trace.get(key) for key in keys}
                for trace, keys in zip(frame["data"], moving, strict=True)
            ],
        }
        for frame in frames
    ]


def _moving(traces: Sequence[dict[str, Any]]) -> list[str]:
    """Return the attributes that are not the same in all traces."""
    first, *others = traces
    keys = {key: None for trace in traces for key in trace}
    return [key for key in keys if any(trace.get(key) != first.get(key) for trace in others)]
