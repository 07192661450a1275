"""The lead chart that a claim file names, drawn from what its chapter has stored.

A claim file says, for instance::

    lead: {form: strip, check: median-gini-change}
    lead: {form: dumbbell, check: median-gini-change}         # each vintage against today's
    lead: {form: dumbbell, checks: {Exports: [then, now]}}    # two checks a row
    lead: {form: intervals, check: median-gini-change}        # headline and single changes
    lead: {form: intervals, checks: {Median: a-check, Mean: another}}
    lead: {form: lines, chart: through-the-years, unit: "% of exports"}   # a chart of the chapter

with ``unit`` (``"%"`` for shares) and ``zero: false`` where the check's unit and a zero do not
serve.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from typing import Any

import pandas as pd

from claimbook.figures import words
from claimbook.figures.lead import LeadError, lead_svg

ENDS = ("value", "low", "high")
Check = Mapping[str, Any]
Rows = dict[str, list[Check | None]]  # what each row of the chart shows, by its label
Labels = Mapping[str, Any]
Found = dict[str, list[float]]  # the numbers of each row


def lead_chart(
    lead: Mapping[str, Any],
    output: Mapping[str, Any],
    *,
    title: str,
    source: str,
    names: Mapping[str, str],
    lines: pd.DataFrame | None = None,
    labels: Mapping[str, Any] | None = None,
) -> str:
    """Draw the lead chart that a claim file names.

    Parameters
    ----------
    lead : mapping
        ``form`` and what it shows; see the examples of this module.
    output : mapping
        The expanded claim output: ``checks`` with ``unit``, ``estimate``, ``vintages``,
        ``economies``, ``options`` and ``variants``.
    title : str
        The finding, in a sentence, with its numbers filled in.
    source : str
        Where the figures come from.
    names : mapping of str to str
        Economies' names by iso3 code.
    lines : pandas.DataFrame, optional
        The table of the chart that ``lead`` names, for the form *lines*: index year, one column a
        series.
    labels : mapping, optional
        The claim file's words for options and their values.

    Returns
    -------
    str
        HTML, as :func:`lead_svg` returns it.

    Raises
    ------
    LeadError
        If it names a chart in vain, or there is nothing to draw.
    """
    form, held = lead["form"], {check["id"]: check for check in output["checks"]}
    rows = {
        label: [held[one] for one in ([ids] if isinstance(ids, str) else ids)]
        for label, ids in lead.get("checks", {}).items()
    }
    if form == "lines":
        told = next(check for check in output["checks"] if check["role"] == "primary")
        data = _lines(lead["chart"], lines)
    else:
        told = held[lead["check"]] if "check" in lead else next(iter(rows.values()))[-1]
        columns, found = _DATA[form]
        data = pd.DataFrame.from_dict(
            found(rows, told, names, labels or {}), orient="index", columns=columns
        )
    estimate = told["estimate"] or {}
    return lead_svg(
        form,
        data,
        title=title,
        unit=lead.get("unit") or told["unit"],
        source=source,
        n=estimate.get("n", 0),
        zero=lead.get("zero", True),
        estimate=[estimate[end] for end in ENDS] if form == "strip" and estimate else (),
        codes={name: code for code, name in names.items()},
    )


def _economies(rows: Rows, told: Check, names: Mapping[str, str], labels: Labels) -> Found:
    """Return the values of a check by the names of its economies."""
    return {names.get(code, code): [value] for code, value in told["economies"].items()}


def _moves(rows: Rows, told: Check, names: Mapping[str, str], labels: Labels) -> Found:
    """Return what stood then and what stands now, of each pair of checks or of each vintage."""
    today = told["vintages"].get("current")
    earlier = {_month(name): then for name, then in told["vintages"].items() if name != "current"}
    pairs = rows or {f"{month} → today": [then, today] for month, then in earlier.items()}
    return {
        label: [one["estimate"]["value"] for one in pair]
        for label, pair in pairs.items()
        if all(one and one["estimate"] for one in pair)
    }


def _month(vintage: str) -> str:
    """Return a vintage in words: 2013-12 is December 2013."""
    year, _, month = vintage.partition("-")
    return f"{calendar.month_name[int(month)]} {year}"


def _estimates(rows: Rows, told: Check, names: Mapping[str, str], labels: Labels) -> Found:
    """Return the estimates of checks, or of one check's headline and its single changes."""
    found = {label: one["estimate"] for label, (one,) in rows.items()}
    found = found or {"Headline": told["estimate"]} | _single_changes(told, labels)
    return {label: [one[end] for end in ENDS] for label, one in found.items() if one}


def _single_changes(check: Check, labels: Mapping[str, Any]) -> dict[str, Check | None]:
    """Return the estimates of every variant of a check with one choice changed."""
    head = {name: values[0] for name, values in check["options"].items()}
    found = {}
    for variant in check["variants"]:
        changed = [(name, v) for name, v in variant["options"].items() if v != head[name]]
        if len(changed) == 1:
            name, value = changed[0]
            label = f"{words.option(name, labels)}: {words.choice(value, name, labels)}"
            found[label] = variant["estimate"]
    return found


_DATA = {
    "strip": (["value"], _economies),
    "dumbbell": (["then", "now"], _moves),
    "intervals": (list(ENDS), _estimates),
}


def _lines(chart: str, lines: pd.DataFrame | None) -> pd.DataFrame:
    """Return the table of the chart that leads, its index the year."""
    if lines is None:
        raise LeadError(
            f"The lead chart names the chart {chart!r}, which the chapter does not draw: name one "
            "that it does."
        )
    try:
        return lines.set_axis(lines.index.astype(float)).astype(float)
    except ValueError:
        raise LeadError(
            f"The chart {chart!r} cannot lead as lines: its table must hold years in the first "
            "column and numbers in all others."
        ) from None
