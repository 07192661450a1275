"""Charts in a reader's words: tooltips, headings, digits, names; and what importing them costs."""

import json
import re
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
import pytest

from books import ROOT
from claimbook import figures
from claimbook.data import snapshot
from claimbook.errors import ClaimbookError
from claimbook.figures import words
from claimbook.pages.specification import specification_curve

CHANGE = "Change of the Gini index, points"


@pytest.fixture
def table():
    index = pd.Index(["ALB", "BRA"], name="economy")
    return pd.DataFrame({"name": ["Albania", "Brazil"], "change": [-8.93333, 1.5]}, index)


def made(figure, table=None, **changes):
    if table is None:
        table = pd.DataFrame({"value": [1.0, 2.0]})
    particulars = {"id": "a", "title": "A", "alt": "B.", "unit": "points", "source": "us"}
    return figures.chart(figure, table, **(particulars | changes))


def tooltips(figure):
    """What the traces of a chart answer: a template, or that they answer nothing."""
    return [
        trace.get("hovertemplate") or trace["hoverinfo"] for trace in made(figure).drawn["data"]
    ]


def is_raw(template):
    """Whether a template writes a number of an axis as plotly does, with all its digits."""
    return re.search(r"%\{[xy]\}", template) is not None


def test_importing_the_library_imports_no_plotly():
    code = "import sys, claimbook; print({'plotly'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
    assert figures.go is go and figures.px is px
    with pytest.raises(AttributeError, match="no attribute 'gone'"):
        _ = figures.gone


# ---------------------------------------------------------------- tooltips


def test_dots_say_who_what_and_the_unit(table):
    (told,) = tooltips(figures.ranked(table["change"], table["name"], x=CHANGE))
    assert told == "%{y}. Change of the Gini index: %{x:,.1f} points.<extra></extra>"


def test_bars_of_a_distribution_say_from_where_to_where(table):
    fell, rose = tooltips(figures.distribution(table["change"], width=2.5, x=CHANGE))
    between = "Change of the Gini index between %{customdata[0]} and %{customdata[1]} points: "
    assert fell.startswith(between) and rose.startswith(between)


def test_an_interval_is_told_whole():
    rows = pd.DataFrame({"value": [-2.03125], "low": [-2.95], "high": [0.9]}, index=["Median"])
    figure = figures.intervals(rows, x=CHANGE)
    (told,) = tooltips(figure)
    assert "%{x:,.1f} points, 95 % interval %{hovertext}." in told
    assert figure.data[0].hovertext == ("−3.0 to 0.9",)


def test_intervals_of_changes_show_zero_and_those_of_levels_need_not():
    rows = pd.DataFrame({"value": [40.0], "low": [39.0], "high": [41.0]}, index=["1990s"])
    assert figures.intervals(rows, x="Gini index, points").layout.xaxis.rangemode == "tozero"
    level = figures.intervals(rows, x="Gini index, points", zero=False)
    assert level.layout.xaxis.rangemode == "normal"


def test_dots_of_a_scatter_keep_the_code_apart_from_the_name(table):
    both = table.assign(Before=[30.0, 60.0], After=[29.0, 52.5])
    figure = figures.scatter(both, "Before", "After", named=["BRA"], diagonal=True)
    dots, line = tooltips(figure)
    assert dots == "%{hovertext}. Before: %{x:,.1f}; After: %{y:,.1f}.<extra></extra>"
    assert line == "skip"
    drawn = made(figure).drawn["data"][0]
    assert drawn["customdata"] == ["ALB", "BRA"] and drawn["hovertext"] == ["Albania", "Brazil"]
    assert drawn["text"] == ["", "Brazil"]


def test_lines_say_whose_and_when():
    lines = pd.DataFrame(
        {"year": [1990, 1991] * 2, "share": [9.8765, 10.1] * 2, "who": list("aabb")}
    )
    told = tooltips(px.line(lines, x="year", y="share", color="who").update_yaxes(title="Share, %"))
    assert told == [f"{who}, %{{x:.0f}}. Share: %{{y:,.1f}} %.<extra></extra>" for who in "ab"]


def test_panels_share_the_title_of_the_first_axis():
    lines = pd.DataFrame({"year": [1990, 1991] * 2, "share": [1.5, 2.5] * 2, "who": list("aabb")})
    figure = px.line(lines, x="year", y="share", facet_col="who").update_layout(
        yaxis_title="Share, %"
    )
    assert all("Share: %{y:,.1f} %" in told for told in tooltips(figure))
    panels = figures.small_multiples(lines, "year", "share", "who")
    assert all(told == "%{x:.0f}. share: %{y:,.1f}.<extra></extra>" for told in tooltips(panels))


@pytest.mark.parametrize("y", [[0.123456, 0.2], [12.3456, 13.0], [123456.7, 2.0], [1, 2]])
def test_no_number_is_raw_whatever_its_size(y):
    (told,) = tooltips(go.Figure(go.Bar(x=["a", "b"], y=y)))
    assert not is_raw(told.replace("%{x}", ""))  # a name is no number


def test_a_template_of_the_author_keeps_its_words_and_gets_digits():
    figure = go.Figure(go.Bar(x=["a"], y=[1.23456], hovertemplate="%{x} has %{y} of it"))
    assert tooltips(figure) == ["%{x} has %{y:,.1f} of it"]


def test_a_line_and_its_words_have_nothing_to_say():
    figure = go.Figure(go.Scatter(x=[1, 2], y=[1, 2], mode="text", text=["a", "b"]))
    assert tooltips(figure) == ["skip"]


# ---------------------------------------------------------------- tables


def test_heads_are_words(table):
    chart = made(go.Figure(go.Bar(x=[1], y=[1])), table.rename(columns={"change": "then_common"}))
    assert chart.meta["columns"] == ["Code", "Economy", "Then common"]
    named = made(go.Figure(go.Bar(x=[1], y=[1])), table, headings={"change": "Change, points"})
    assert named.meta["columns"] == ["Code", "Economy", "Change, points"]
    assert named.cells[0] == ["ALB", "Albania", "-8.93333"]


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        (["-8.93333", "1.5", ""], ["−8.93", "1.50", ""]),
        (["0.353333", "0.28"], ["0.353", "0.280"]),
        (["1.5", "2.0"], ["1.5", "2.0"]),
        (["1990", "2013"], ["1990", "2013"]),
        (["1234567", "-1"], ["1,234,567", "−1"]),
        (["45123.4", "12.9"], ["45,123", "13"]),
        (["-0.004", "12.5"], ["0.0", "12.5"]),
        (["ALB", "1.5"], ["ALB", "1.5"]),
        (["", ""], ["", ""]),
    ],
)
def test_a_shown_column_has_the_digits_that_a_reader_can_use(cells, shown):
    assert words.shown(cells) == shown


def test_a_row_with_a_line_break_stays_one_row():
    table = pd.DataFrame({"what": ["two\nlines", 'a "quoted", one'], "value": [1, 2]})
    chart = made(go.Figure(go.Bar(x=[1], y=[1])), table)
    assert chart.cells == [["two lines", "1"], ['a "quoted", one', "2"]]


def test_the_text_form_names_the_point_that_moved(table):
    before = repr(made(go.Figure(go.Bar(x=[1], y=[1])), table)).splitlines()
    table.loc["BRA", "change"] = 1.6
    after = repr(made(go.Figure(go.Bar(x=[1], y=[1])), table)).splitlines()
    moved = [line for line in after if line not in before]
    assert "BRA,Brazil,1.6" in moved and len(moved) == 2  # the row, and what is drawn


# ---------------------------------------------------------------- names


def test_economies_are_called_what_people_call_them():
    wdi = snapshot.read()
    names, official = figures.names(wdi), wdi.economies["name"]
    assert names[["VNM", "CIV", "TUR", "FRA"]].tolist() == [
        "Vietnam",
        "Ivory Coast",
        "Turkey",
        "France",
    ]
    assert (names.index == official.index).all() and names.notna().all()
    assert names.is_unique


def test_every_common_name_is_of_an_economy_and_without_a_comma(book_root):
    rows = pd.read_csv(book_root / "data" / "common-names.csv", keep_default_na=False)
    known = set().union(*(snapshot.read(v).economies.index for v in snapshot.vintages()))
    assert set(rows["economy"]) <= known and rows["economy"].is_unique
    assert not rows["name"].str.contains(",").any() and rows["reason"].str.len().gt(0).all()


def test_a_missing_file_of_names_is_named(copy, monkeypatch):
    wdi = snapshot.read()
    (copy / "data" / "common-names.csv").unlink()
    monkeypatch.setenv("CLAIMBOOK_ROOT", str(copy))
    with pytest.raises(ClaimbookError, match=r"data/common-names\.csv is missing: restore it"):
        figures.names(wdi)


# ---------------------------------------------------------------- specification curve


def check_of(options, values):
    heads = {name: held[0] for name, held in options.items()}
    variants = []
    for place, (chosen, value) in enumerate(values):
        estimate = {"value": value, "low": value - 1, "high": value + 1, "n": 12, "unit": "points"}
        name = "headline" if chosen == heads else f"variant-{place}"
        outcome = "supports" if value > 1 else "inconclusive"
        variants.append({"id": name, "options": chosen, "outcome": outcome, "estimate": estimate})
    return {
        "id": "a",
        "unit": "points",
        "outcome": "inconclusive",
        "reference": 0,
        "series": ["X"],
        "vintage": "current",
        "options": options,
        "variants": variants,
    }


@pytest.fixture
def curve():
    options = {"start": ["1988-1995", "1990-1999"], "status": ["at start"]}
    values = [
        ({"start": "1988-1995", "status": "at start"}, 0.123456),
        ({"start": "1990-1999", "status": "at start"}, 2.5),
    ]
    return check_of(options, values)


def test_the_curve_has_a_row_of_marks_for_each_value_that_is_a_choice(curve):
    drawn = specification_curve(curve).drawn
    rows = [note["text"] for note in drawn["layout"]["annotations"]]
    assert rows == ["Start: 1988-1995", "Start: 1990-1999"]  # one status is no choice
    marks = [trace for trace in drawn["data"] if trace.get("yaxis") == "y2"]
    places = {place for m in marks for place in zip(m["x"], m["y"], strict=True)}
    assert places == {(1, 2), (2, 1)}
    assert drawn["data"][-1]["name"] == "your choice"  # which the panel moves


def test_the_curve_speaks_in_the_labels_of_the_claim_file(curve):
    labels = {
        "status": "developing",
        "start": {"label": "first years", "values": {"1988-1995": "around 1991"}},
    }
    drawn = specification_curve(curve, labels).drawn
    rows = [note["text"] for note in drawn["layout"]["annotations"]]
    assert rows == ["First years: around 1991", "First years: 1990-1999"]


def test_a_point_of_the_curve_is_told_by_its_row_of_the_table(curve):
    chart = specification_curve(curve)
    assert chart.drawn["data"][0]["meta"] == "table"
    assert "hovertext" not in chart.drawn["data"][0]
    heads = ["Choice", "Start", "Status", "Outcome", "Estimate", "Interval from", "Interval to"]
    assert chart.meta["columns"] == [*heads, "n"]
    assert "from 0.1 to 2.5 points" in chart.meta["alt"]


def test_one_estimate_is_no_curve(curve):
    curve["variants"][1]["estimate"] = None
    assert specification_curve(curve) is None


# ---------------------------------------------------------------- what a chart is made of


def test_a_chart_is_plain_lists_of_six_digits():
    figure = go.Figure(go.Scatter(x=np.array([1 / 3, np.nan]), y=pd.Series([1, 2])))
    assert made(figure).drawn["data"][0]["x"] == [0.333333, None]
    assert "bdata" not in str(made(figure).drawn)


def test_a_save_by_jupyterlab_leaves_a_chart_as_it_is():
    """JavaScript writes 2.0 as 2, and so would change every line of the stored chart."""
    figure = go.Figure(go.Scatter(x=[1.0, 2.5], y=np.array([3.0, 1e6])))
    table = pd.DataFrame({"a": [1.0, 2.5]})
    stored = json.dumps(made(figure, table).drawn["data"]) + str(made(figure, table).meta["rows"])
    assert not re.search(r"\d\.0\b", stored)


@pytest.mark.parametrize(
    ("words", "text"),
    [([], ""), (["Chile"], "Chile"), (["Chile", "Peru", "Ghana"], "Chile, Peru and Ghana")],
)
def test_words_in_a_row_are_read_aloud(words, text):
    assert figures.listed(iter(words)) == text


def test_a_table_keeps_every_level_of_its_index():
    index = pd.MultiIndex.from_tuples([("ALB", 2000), ("BRA", 2001)], names=["economy", "year"])
    chart = made(go.Figure(go.Scatter(y=[1, 2])), pd.DataFrame({"value": [1.5, 2]}, index))
    assert chart.csv == "Economy,Year,Estimate\nALB,2000,1.5\nBRA,2001,2\n"
    with pytest.raises(figures.ChartError, match="headings have levels"):
        made(go.Figure(), pd.DataFrame({("a", "b"): [1]}))


def test_an_animation_of_plotly_becomes_steps():
    frame = pd.DataFrame({"year": [2000, 2001], "x": [1, 2], "y": [1, 2]})
    drawn = made(px.scatter(frame, x="x", y="y", animation_frame="year")).drawn
    (slider,) = drawn["layout"]["sliders"]
    assert (slider["active"], slider["currentvalue"]["prefix"]) == (0, "year: ")
    assert [one["name"] for one in drawn["frames"]] == ["2000", "2001"]
    assert not drawn["layout"].get("updatemenus")


@pytest.mark.parametrize(
    "layout",
    [
        {"updatemenus": [{"buttons": [{"method": "restyle", "label": "log"}]}]},
        {"sliders": [{"steps": [{"method": "restyle", "label": "log"}]}]},
    ],
)
def test_what_the_page_cannot_move_is_refused(layout):
    with pytest.raises(figures.ChartError, match=r"cannot move: join the states with figures\.ste"):
        made(go.Figure(go.Scatter(y=[1, 2]), layout=layout))


@pytest.mark.parametrize(
    ("value", "words"),
    [(np.inf, "infinite value"), (3j, "a complex"), ({1}, "a set"), (Decimal(1), "a Decimal")],
)
def test_a_value_that_no_chart_can_hold_is_refused_in_a_sentence(value, words):
    with pytest.raises(figures.ChartError, match=words):
        made(go.Figure(go.Scatter(y=[1, 2])), pd.DataFrame({"value": [value, 1]}, dtype=object))


def test_a_date_and_a_gap_are_written():
    table = pd.DataFrame({"day": [pd.Timestamp("2020-01-02"), pd.NaT], "n": [1, pd.NA]})
    assert made(go.Figure(go.Scatter(y=[1])), table).meta["rows"] == ["2020-01-02T00:00:00,1", ","]


@pytest.mark.parametrize(
    ("colour", "drawn"),
    [("black", figures.INK), ("#111", figures.INK), ("White", figures.PAPER), ("#0072B2", None)],
)
def test_ink_and_paper_follow_the_theme(colour, drawn):
    chart = made(go.Figure(go.Scatter(y=[1], line_color=colour, name="black")))
    (trace,) = chart.drawn["data"]
    assert trace["line"]["color"] == (drawn or colour) and trace["name"] == "black"
    css = (ROOT / "src/claimbook/pages/static/claimbook.css").read_text(encoding="utf-8")
    assert not drawn or re.search(rf"--cb-(ink|paper)-light: {drawn};", css)


@pytest.mark.parametrize(
    ("colour", "faint"),
    [("#ffee00", True), ("#202080", True), ("rgb(0, 0, 90)", True), ("#0072B2", False)],
)
def test_a_colour_that_paper_swallows_is_named(colour, faint):
    drawn = made(go.Figure(go.Scatter(y=[1], marker_color=colour))).drawn
    assert figures.faint(drawn) == ([colour] if faint else [])
