"""The lead chart: an inline SVG that is complete in itself, in four forms."""

import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from claimbook import figures
from claimbook.figures.lead import WIDTH
from claimbook.pages.vendored import STATIC

SVG = "{http://www.w3.org/2000/svg}"
WORDS = {"title": "It fell by <2> points", "unit": "Gini points", "source": "World Bank", "n": 74}
STRIP = pd.DataFrame({"value": [-14.15, -2.0, -1.9, 3.2, 9.8]}, index=["Mali", "a", "b", "c", "HR"])
DUMBBELL = pd.DataFrame({"then": [0.8, -1.45], "now": [-2.03, -2.03]}, index=["2013", "2019"])
INTERVALS = pd.DataFrame(
    {"value": [-2.03, 2.1], "low": [-2.95, -0.5], "high": [0.9, 5.0]}, index=["Median", "Mean"]
)
LINES = pd.DataFrame({"with China": [9.8, 47.0, 40.0], "without": [9.0, 26.0, np.nan]})
LINES.index = [1992, 2013, 2022]
FORMS = {"strip": STRIP, "dumbbell": DUMBBELL, "intervals": INTERVALS, "lines": LINES}


def drawn(form, data=None, **changes):
    html = figures.lead_svg(form, FORMS[form] if data is None else data, **(WORDS | changes))
    figure = ElementTree.fromstring(
        html.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
    )
    return html, figure.find(f"{SVG}svg")


def texts(svg):
    return [node.text for node in svg.iter(f"{SVG}text")]


@pytest.mark.parametrize("form", FORMS)
def test_a_lead_chart_is_complete_in_itself(form):
    html, svg = drawn(form)
    assert "<script" not in html and "style=" not in html and "fill=" not in html
    assert svg.get("role") == "img" and svg.get("viewBox").startswith(f"0 0 {WIDTH} ")
    title, told = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert svg.get("aria-labelledby") == f"{title.get('id')} {told.get('id')}"
    assert title.text == "It fell by <2> points" and told.text.endswith(".")
    assert "Gini points · World Bank · n\u00a0=\u00a074" in html


@pytest.mark.parametrize("form", FORMS)
def test_everything_drawn_lies_inside_and_has_a_class_that_the_page_colours(form):
    html, svg = drawn(form)
    height = float(svg.get("viewBox").split()[-1])
    for node in svg.iter():
        for name, end in (
            ("x", WIDTH),
            ("cx", WIDTH),
            ("x1", WIDTH),
            ("y", height),
            ("cy", height),
        ):
            assert node.get(name) is None or 0 <= float(node.get(name)) <= end
    css = (STATIC / "lead.css").read_text(encoding="utf-8") + "cb-lead--"
    classes = {name for names in re.findall(r'class="([^"]+)"', html) for name in names.split()}
    for name in classes - {f"cb-lead--{form}"}:
        base, _, kind = name.partition("--")
        assert base in css and (not kind or f"--{kind}" in css or kind == "1"), name


def test_a_strip_has_a_dot_for_each_economy_its_ends_named_and_the_estimate_under_it():
    _, svg = drawn("strip", estimate=(-2.0, -2.95, 0.9))
    dots = [n for n in svg.iter(f"{SVG}circle")]
    assert len(dots) == 5
    assert sum("fall" in dot.get("class") for dot in dots) == 3
    assert {"Mali −14", "HR 10"} <= set(texts(svg))
    told = svg.find(f"{SVG}desc").text
    assert (
        told
        == "5 dots from −14 (Mali) to 10 (HR); the estimate is −2.0, 95 % interval −3.0 to 0.9."
    )
    assert any("interval" in (n.get("class") or "") for n in svg.iter(f"{SVG}line"))


def test_dots_that_would_lie_on_each_other_are_stacked():
    _, svg = drawn("strip")
    places = {(dot.get("cx"), dot.get("cy")) for dot in svg.iter(f"{SVG}circle")}
    assert len(places) == 5


def test_a_dumbbell_says_then_and_now():
    _, svg = drawn("dumbbell")
    assert "2013: 0.8 → −2.0" in texts(svg)


def test_intervals_keep_zero_unless_told_otherwise():
    far = pd.DataFrame({"value": [40.0], "low": [39.0], "high": [41.0]}, index=["Level"])
    assert "0" in texts(drawn("intervals", far)[1])
    assert "0" not in texts(drawn("intervals", far, zero=False)[1])


def test_a_gap_in_a_series_is_a_gap_in_its_line():
    years = pd.DataFrame({"a": [1.0, 2.0, np.nan, 3.0]}, index=[2000, 2001, 2002, 2003])
    _, svg = drawn("lines", years)
    (path,) = svg.iter(f"{SVG}path")
    assert path.get("d").count("M") == 2
    assert "2000" in texts(svg) and "2003" in texts(svg)


def test_shares_are_shown_as_per_cent():
    share = pd.DataFrame({"value": [0.353], "low": [0.28], "high": [0.433]}, index=["Behind"])
    assert "Behind: 35" in texts(drawn("intervals", share, unit="%")[1])


def test_a_label_too_long_for_a_phone_is_drawn_narrower():
    long = INTERVALS.rename(index={"Median": "without economies " * 5})
    svg = drawn("intervals", long)[1]
    assert [node.get("textLength") is not None for node in svg.iter(f"{SVG}text")].count(True) == 1


@pytest.mark.parametrize(
    ("form", "data", "sentence"),
    [
        ("strip", STRIP[:0], "lacks any figures"),
        ("strip", STRIP * np.nan, "has no number"),
    ],
)
def test_what_cannot_be_drawn_is_refused(form, data, sentence):
    with pytest.raises(figures.LeadError, match=sentence):
        figures.lead_svg(form, data, **WORDS)


# ---------------------------------------------------------------- from a claim file


def estimate(value):
    return {"value": value, "low": value - 1, "high": value + 1, "n": 12, "unit": "points"}


OUTPUT = {
    "checks": [
        {
            "id": "median-change",
            "role": "primary",
            "unit": "points",
            "estimate": estimate(-2.0),
            "options": {"end": ["2006-2013", "2004-2012"], "status": ["at start", "today"]},
            "economies": {"VNM": -3.0, "FRA": 1.0},
            "vintages": {
                "2013-12": {"outcome": "supports", "estimate": estimate(0.8)},
                "2019-04": None,
                "current": {"outcome": "contradicts", "estimate": estimate(-2.0)},
            },
            "variants": [
                {"options": {"end": end, "status": status}, "estimate": estimate(value)}
                for end, status, value in (
                    ("2006-2013", "at start", -2.0),
                    ("2004-2012", "at start", -1.5),
                    ("2004-2012", "today", -9.0),
                )
            ],
        },
        {"id": "mean-change", "unit": "points", "estimate": estimate(1.5)},
        {"id": "no-figures", "unit": "points", "estimate": None},
    ]
}


def led(lead, **changes):
    words = {"title": "A finding", "source": "us", "names": {"VNM": "Vietnam"}}
    return figures.lead_chart(lead, OUTPUT, **(words | changes))


def test_a_claim_file_names_each_form():
    strip = led({"form": "strip", "check": "median-change"})
    assert "Vietnam −3.0" in strip and "FRA 1.0" in strip and "n\u00a0=\u00a012" in strip
    moved = led({"form": "dumbbell", "check": "median-change"})
    assert "December 2013 → today" in moved and "2019" not in moved
    pair = led({"form": "dumbbell", "checks": {"Median": ["mean-change", "median-change"]}})
    assert "Median: 1.5 → −2.0" in pair
    several = led({"form": "intervals", "checks": {"Mean": "mean-change", "None": "no-figures"}})
    assert "Mean: 1.5" in several and "None" not in several
    single = led({"form": "intervals", "check": "median-change"})
    assert "Headline: −2.0" in single and "End: 2004-2012: −1.5" in single and "−9" not in single
    labels = {"end": {"label": "last years", "values": {"2004-2012": "around 2008"}}}
    spoken = led({"form": "intervals", "check": "median-change"}, labels=labels)
    assert "Last years: around 2008: −1.5" in spoken


def test_lines_come_from_a_chart_of_the_chapter():
    lead = {"form": "lines", "chart": "yearly", "unit": "% of exports"}
    table = pd.DataFrame({"Us": [1.0, None, 2.0], "All": [3, 4, 5]}, index=[1990, 2000, 2013])
    html = led(lead, lines=table)
    assert "n\u00a0=\u00a012" in html  # the economies counted, not the lines
    assert "Us: 1.0 → 2.0" in html and "All: 3.0 → 5.0" in html and "% of exports · us" in html
    with pytest.raises(figures.LeadError, match="'yearly' cannot lead as lines: its table must"):
        led(lead, lines=table.set_axis(["then", "later", "now"]))
    with pytest.raises(figures.LeadError, match="'yearly', which the chapter does not draw"):
        led(lead)
