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
from itertools import chain
from typing import Any

import pandas as pd

from claimbook.errors import nearest
from claimbook.figures import words
from claimbook.figures.lead import LeadError, lead_svg

ENDS = ("value", "low", "high")
Check = Mapping[str, Any]
Asked = dict[str, list[Check]]


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
        If it names a check or a chart in vain, or there is nothing to draw.
    """
    form = lead.get("form", "")
    estimate: Check = {}
    if form == "lines":
        data, unit = _lines(lead, lines), lead["unit"]
        n = _counted(output)
    else:
        asked = _asked(lead, output)
        first = next(iter(asked.values()))[-1]
        estimate = first["estimate"] or {}
        data = _DATA.get(form, _estimates)(asked, names, labels or {})
        unit, n = lead.get("unit") or first["unit"], estimate.get("n", len(data))
    return lead_svg(
        form,
        data,
        title=title,
        unit=unit,
        source=source,
        n=n,
        zero=lead.get("zero", True),
        estimate=[estimate[end] for end in ENDS] if estimate else (),
        codes={name: code for code, name in names.items()},
    )


def _counted(output: Mapping[str, Any]) -> int:
    """Return how many economies stand behind the primary check's headline."""
    primary = next(check for check in output["checks"] if check["role"] == "primary")
    return (primary["estimate"] or {}).get("n", 0)


def _asked(lead: Mapping[str, Any], output: Mapping[str, Any]) -> Asked:
    """Return the checks of each row by its label; a check that stands alone has none."""
    held = {check["id"]: check for check in output["checks"]}
    wanted = {"": lead["check"]} if "check" in lead else lead.get("checks", {})
    if not wanted:
        raise LeadError(f"The lead chart ({lead.get('form')}) names no check: give it one.")
    rows = {label: [ids] if isinstance(ids, str) else ids for label, ids in wanted.items()}
    for one in chain(*rows.values()):
        if one not in held:
            raise LeadError(
                f"The lead chart names the check {one!r}, which the claim does not have."
                + nearest(one, held)
            )
    return {label: [held[one] for one in ids] for label, ids in rows.items()}


def _economies(asked: Asked, names: Mapping[str, str], labels: Mapping[str, Any]) -> pd.DataFrame:
    """Return the values of a check by the names of its economies."""
    values = pd.Series(next(iter(asked.values()))[0]["economies"], dtype=float)
    return values.rename(lambda code: names.get(code, code)).to_frame("value")


def _moves(asked: Asked, names: Mapping[str, str], labels: Mapping[str, Any]) -> pd.DataFrame:
    """Return what stood then and what stands now, of each vintage or of each pair of checks."""
    if "" in asked:
        vintages = dict(asked[""][0]["vintages"])
        today = vintages.pop("current", None)
        pairs = {f"{_month(name)} → today": [then, today] for name, then in vintages.items()}
    else:
        pairs = asked
    if any(len(pair) != 2 for pair in pairs.values()):
        raise LeadError("A row of the lead chart (dumbbell) names two checks: then and now.")
    rows = {
        label: [held["estimate"]["value"] for held in pair]
        for label, pair in pairs.items()
        if all(held and held["estimate"] for held in pair)
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["then", "now"])


def _month(vintage: str) -> str:
    """Return a vintage in words: 2013-12 is December 2013."""
    year, _, month = vintage.partition("-")
    return f"{calendar.month_name[int(month)]} {year}"


def _estimates(asked: Asked, names: Mapping[str, str], labels: Mapping[str, Any]) -> pd.DataFrame:
    """Return the estimates of checks, or of one check's headline and its single changes."""
    found = {label: checks[0]["estimate"] for label, checks in asked.items()}
    if "" in asked:
        found = {"Headline": found[""]} | _single_changes(asked[""][0], labels)
    rows = {label: [one[end] for end in ENDS] for label, one in found.items() if one}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(ENDS))


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


_DATA = {"strip": _economies, "dumbbell": _moves}


def _lines(lead: Mapping[str, Any], lines: pd.DataFrame | None) -> pd.DataFrame:
    """Return the table of the chart that leads, its index the year."""
    chart = lead.get("chart")
    if lines is None:
        raise LeadError(
            f"The lead chart names the chart {chart!r}, which the chapter does not draw: name one "
            "that it does."
        )
    if not lead.get("unit"):
        raise LeadError(f"The lead chart of {chart!r} (lines) has no unit: give it one.")
    try:
        return lines.set_axis(lines.index.astype(float)).astype(float)
    except ValueError:
        raise LeadError(
            f"The chart {chart!r} cannot lead as lines: its table must hold years in the first "
            "column and numbers in all others."
        ) from None
