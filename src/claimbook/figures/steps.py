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
    kinds = {name: [trace.type for trace in figure.data] for name, figure in steps.items()}
    for name, found in kinds.items():
        if found != kinds[shown]:
            raise ClaimbookError(
                f"The step {name!r} of the chart of {label!r} has the traces {found}, the step "
                f"{shown!r} has {kinds[shown]}: draw the same traces, empty if need be."
            )
    frames = [go.Frame(name=name, data=step.data) for name, step in steps.items()]
    figure = go.Figure(data=steps[shown].data, layout=steps[shown].layout, frames=frames)
    return figure.update_layout(sliders=[_slider(list(steps), label, list(steps).index(shown))])


def _slider(names: Sequence[str], label: str, active: int) -> dict[str, Any]:
    """Return plotly's slider, for JupyterLab; the page has one that the keyboard reaches."""
    moves = [
        {"label": name, "method": "animate", "args": [[name], {"mode": "immediate"}]}
        for name in names
    ]
    return {"active": active, "currentvalue": {"prefix": f"{label}: "}, "steps": moves}


def animated(figure: go.Figure) -> None:
    """Turn an animation, such as plotly.express makes, into steps: without buttons, with a slider.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        One with frames, which is changed.

    Raises
    ------
    ClaimbookError
        If a frame changes the layout, or has other traces than the first.
    """
    if any(frame.layout.to_plotly_json() for frame in figure.frames):
        raise ClaimbookError("A step of a chart changes its layout: fix the axes for all steps.")
    if len({len(frame.data) for frame in figure.frames}) > 1:
        raise ClaimbookError("The steps of a chart have unlike traces: draw the same in each.")
    told = figure.layout.sliders[0] if figure.layout.sliders else None
    label = (told and told.currentvalue.prefix) or "Step"
    buttons = [one for menu in figure.layout.updatemenus for one in menu.buttons]
    if all(one.method == "animate" for one in buttons):
        figure.layout.updatemenus = ()
    names = [str(frame.name) for frame in figure.frames]
    figure.layout.sliders = [_slider(names, label.strip(" :="), (told and told.active) or 0)]


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
