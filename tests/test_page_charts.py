"""Charts on a page: what is demanded of them, what they become, and which script they need."""

import copy
import csv
import hashlib
import io
import json
import re
import shutil

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from plotly.offline import get_plotlyjs_version

from claimbook import figures
from claimbook.errors import ClaimbookError
from claimbook.pages import charts, vendored
from claimbook.pages.state import BookError

FIGURE = {
    "data": [{"type": "bar", "x": [1.5, -2], "y": ["Albania", "Brazil"]}],
    "layout": {
        "height": 300,
        "title": {"text": "drawn in a notebook only"},
        "template": {"layout": {"font": {"size": 14}}},
        "meta": {
            "claimbook": {
                "id": "gini-changes",
                "title": "Two countries, <two> ways",
                "alt": 'A bar chart: one "up", one down.',
                "unit": "Gini points",
                "source": "World Bank",
                "n": 2,
                "columns": ["economy", "name", "change"],
                "rows": ["ALB,Albania,1.5", 'BRA,"Brazil, </script>",'],
            }
        },
    },
}


def figure(**changes):
    """The figure above with changes to its description; None takes a thing away."""
    changed = copy.deepcopy(FIGURE)
    meta = changed["layout"]["meta"]["claimbook"]
    for name, value in changes.items():
        if value is None:
            del meta[name]
        else:
            meta[name] = value
    return changed


def problems(broken):
    with pytest.raises(figures.ChartError) as caught:
        figures.Chart(broken)
    return caught.value.problems


def test_a_described_figure_is_a_chart():
    chart = figures.Chart(FIGURE)
    assert (charts.anchor(chart), charts.traces(chart)) == ("chart-gini-changes", {"bar"})
    drawn = charts.figure_to_draw(chart)
    assert set(drawn["layout"]) == {"height"}  # title, template, description stay behind


@pytest.mark.parametrize("name", ["id", "alt", "unit", "source", "n", "title", "columns", "rows"])
def test_a_chart_without_one_of_its_particulars_is_refused_by_name(name):
    (problem,) = problems(figure(**{name: None}))
    assert name in problem and "add" in problem
    assert name == "id" or "gini-changes" in problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "Gini changes"),
        ("alt", "  "),
        ("n", 0),
        ("n", True),
        ("n", 2.5),
        ("rows", []),
        ("rows", ["ALB,Albania"]),
        ("rows", [["ALB", "Albania", 1.5]]),
        ("columns", ["economy", "economy", "change"]),
        ("columns", ["economy", "then_common", "change"]),
        ("alt", "Too long. " * 40),
        ("alt", "The median moved by -2.03125 points."),
    ],
)
def test_a_particular_that_says_nothing_is_refused(name, value):
    assert len(problems(figure(**{name: value}))) == 1


def test_every_problem_is_told_at_once():
    assert len(problems(figure(alt=None, unit=None, n=None))) == 3


def test_a_figure_without_description_or_height_is_refused():
    bare = copy.deepcopy(FIGURE)
    del bare["layout"]["meta"]
    assert "claimbook.figures" in problems(bare)[0]
    jumping = copy.deepcopy(FIGURE)
    del jumping["layout"]["height"]
    assert "layout.height" in problems(jumping)[0]


def test_an_alt_text_may_name_years_and_round_numbers():
    alt = "From 1990 to 2013 output rose by 1,234,000 dollars, or 12.34 %."
    assert figures.Chart(figure(alt=alt)).meta["alt"] == alt


def test_csv_holds_the_rows_and_survives_a_reader():
    text = figures.Chart(FIGURE).csv
    assert list(csv.reader(io.StringIO(text))) == [
        ["economy", "name", "change"],
        ["ALB", "Albania", "1.5"],
        ["BRA", "Brazil, </script>", ""],
    ]
    assert "\r" not in text and text.endswith("\n")


def test_a_cell_that_a_spreadsheet_would_run_is_text():
    cells = ["=1+1", "+x", "@y", "-2.5", "-2 to 1", "plain"]
    drawn = figure(columns=["=name"], rows=cells)
    assert figures.Chart(drawn).csv.splitlines() == [
        *("'=name", "'=1+1", "'+x", "'@y", "-2.5", "'-2 to 1", "plain")
    ]


def test_html_is_complete_and_escaped():
    html = charts.figure_html(figures.Chart(FIGURE), "page.gini-changes.csv")
    region = (
        'role="region" tabindex="0" aria-label="Data of the chart: Two countries, &lt;two&gt; ways"'
    )
    assert (
        region in html
        and "<caption>Two countries, &lt;two&gt; ways (Gini points)</caption>" in html
    )
    assert '<figure class="cb-chart" id="chart-gini-changes">' in html
    assert 'role="img" aria-label="A bar chart: one &#34;up&#34;, one down."' in html
    assert "Gini points · World Bank · n = 2" in html
    assert 'href="page.gini-changes.csv" download' in html
    assert html.count("<script") == html.count("</script>") == 1
    assert '<th scope="row">ALB</th>' in html and '<td class="cb-num">1.5</td>' in html


def test_inline_figure_is_the_figure():
    chart = figures.Chart(FIGURE)
    html = charts.figure_html(chart, "page.csv")
    inline = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', html)[1]
    assert json.loads(inline) == charts.figure_to_draw(chart)


def test_the_one_script_draws_every_trace_type_that_the_forms_use():
    vendored.require_drawn({"bar", "scatter"})
    with pytest.raises(BookError, match="no vendored chart script draws choropleth"):
        vendored.require_drawn({"bar", "choropleth"})


def test_vendored_files_are_those_of_the_manifest_and_fit_plotly():
    vendored.check_files()
    vendored.check_plotly_version(get_plotlyjs_version())
    for entry in vendored.read_manifest():
        assert (vendored.VENDOR / entry["licence_file"]).is_file()
        assert {"package", "version", "source", "licence"} <= set(entry)
    listed = {entry["file"] for entry in vendored.read_manifest()}
    listed |= {entry["licence_file"] for entry in vendored.read_manifest()} | {"VENDOR.json"}
    there = {p.relative_to(vendored.VENDOR).as_posix() for p in vendored.VENDOR.rglob("*.*")}
    assert there == listed


def test_changed_missing_and_outdated_scripts_are_refused(tmp_path):
    folder = tmp_path / "vendor"
    shutil.copytree(vendored.VENDOR, folder)
    script = folder / "plotly-basic.min.js"
    with pytest.raises(BookError, match=r"99\.0\.0.*plotly-basic"):
        vendored.check_plotly_version("99.0.0", folder)
    script.write_bytes(script.read_bytes() + b" ")
    with pytest.raises(BookError, match="sha256"):
        vendored.check_files(folder)
    script.unlink()
    with pytest.raises(BookError, match="missing"):
        vendored.check_files(folder)
    manifest = folder / "VENDOR.json"
    manifest.write_text(json.dumps(vendored.read_manifest(folder) * 2), encoding="utf-8")
    with pytest.raises(BookError, match="lists 2 plotly builds: keep one"):
        vendored.bundle(folder)


def test_script_states_its_version_and_hash():
    bundle = vendored.bundle()
    text = (vendored.VENDOR / bundle["file"]).read_bytes()
    assert f"v{bundle['version']}".encode() in text[:200]
    assert hashlib.sha256(text).hexdigest() == bundle["sha256"]


# ---------------------------------------------------------------- colours

CSS = (vendored.STATIC / "claimbook.css").read_text(encoding="utf-8")
COLOURS = dict(re.findall(r"--cb-([a-z0-9-]+): (#[0-9a-f]{6})", CSS))


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["ink", "muted", "accent", *(f"c{i}" for i in range(1, 7))])
def test_colours_can_be_read_as_text_on_the_page(name, theme):
    assert contrast(COLOURS[f"{name}-{theme}"], COLOURS[f"paper-{theme}"]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["yes", "no", "both", "open"])
def test_verdicts_can_be_read_on_their_grounds(name, theme):
    for ground in (f"{name}-bg", "paper", "surface"):
        assert contrast(COLOURS[f"{name}-{theme}"], COLOURS[f"{ground}-{theme}"]) >= 4.5


def test_figures_are_written_in_the_colours_that_the_page_exchanges():
    written = [COLOURS[f"c{i}-figure"] for i in range(1, 7)]
    assert [colour.lower() for colour in figures.PALETTE] == written


def test_an_outcome_has_the_colour_of_its_chip_and_no_other_thing_has_it():
    chips = {"supports": "yes", "contradicts": "no", "inconclusive": "open"}
    exchanged = (vendored.STATIC / "charts.js").read_text(encoding="utf-8")
    for outcome, colour in figures.OUTCOME_COLOURS.items():
        assert colour.lower() == COLOURS[f"{chips[outcome]}-light"]
        assert f'"{chips[outcome]}"' in exchanged, "a dark page needs its own"
        assert colour not in figures.PALETTE
    chip = re.search(r"cb-outcome--contradicts\) \{ --cb-tone: var\(--cb-(\w+)\)", CSS)
    assert chip[1] == chips["contradicts"]
    assert figures.OUTCOME_COLOURS["contradicts"] not in (figures.RISE, figures.FALL)


def line(*values):
    return go.Figure(go.Scatter(x=[1, 2], y=list(values)))


def described(drawn, table=None, **changes):
    if table is None:
        table = pd.DataFrame({"step": ["low", "high"], "value": [1, 2]})
    words = {"id": "moved", "title": "It moves", "alt": "A line.", "unit": "points", "source": "us"}
    return figures.chart(drawn, table, **(words | changes))


def test_a_chart_with_steps_becomes_a_slider_over_all_of_them():
    chart = described(
        figures.stepped({"low": line(1, 1), "high": line(2, 2)}, label="Skill <C>", start="high")
    )
    drawn = charts.figure_to_draw(chart)
    assert [step[0]["y"] for step in drawn["steps"]] == [[1, 1], [2, 2]]
    assert "x" not in drawn["steps"][0][0], "what no step changes is stored once"
    assert drawn["data"][0]["x"] == [1, 2] and drawn["data"][0]["y"] == [2, 2]
    assert "sliders" not in drawn["layout"]
    html = charts.figure_html(chart, "x.csv")
    assert '<label for="chart-moved-step">Skill &lt;C&gt;</label>' in html
    assert 'max="1" value="1" aria-valuetext="high"' in html
    assert "cb-chart__step" not in charts.figure_html(figures.Chart(FIGURE), "x.csv")


def test_a_step_says_again_what_another_step_changes():
    marked = line(1, 1).update_traces(name="marked")
    chart = described(figures.stepped({"low": line(1, 1), "high": marked}, label="C"))
    assert [step["data"][0] for step in chart.drawn["frames"]][1]["name"] == "marked"
    assert chart.drawn["frames"][0]["data"][0]["name"] is None


def test_another_value_in_a_step_shows_in_the_text_form():
    texts = [
        repr(described(figures.stepped({"low": line(1, 1), "high": line(2, y)}, label="C")))
        for y in (2, 3)
    ]
    assert texts[0] != texts[1]


@pytest.mark.parametrize(
    ("steps", "start", "sentence"),
    [
        ({"low": line(1, 1)}, None, "has 1 steps: give at least two"),
        ({"low": line(1, 1), "high": line(2, 2)}, "middle", "'middle' is no step"),
        ({"low": line(1, 1), "high": go.Figure(go.Bar(y=[1]))}, None, "draw the same traces"),
    ],
)
def test_steps_that_do_not_fit_are_refused(steps, start, sentence):
    with pytest.raises(ClaimbookError, match=sentence):
        figures.stepped(steps, label="C", start=start)


def test_a_map_gives_each_region_its_own_colour_and_leaves_out_the_rest():
    grid = pd.DataFrame({"x": [1, 2, 1, 2], "y": [1, 1, 2, 2], "r": ["in", "out", None, "in"]})
    drawn = figures.regions(grid, "x", "y", "r")
    bars = {
        trace.name: list(zip(trace.base, trace.x, trace.y, strict=True)) for trace in drawn.data
    }
    assert bars == {"in": [(0.5, 1, 0.5), (1.5, 1, 1.5)], "out": [(1.5, 1, 0.5)]}
    assert drawn.data[0].marker.color != drawn.data[1].marker.color
    chosen = figures.regions(grid, "x", "y", "r", colours={"out": figures.GREY})
    assert chosen.data[1].marker.color == figures.GREY


def test_the_table_of_a_map_says_from_where_to_where_a_region_reaches():
    row = list(range(6))
    grid = pd.DataFrame(
        {"x": row * 2, "y": [1] * 6 + [2] * 6, "r": list("aaabbb") + list("aabbaa")}
    )
    grid.loc[5, "r"] = None
    assert figures.runs(grid, "x", "y", "r").to_numpy().tolist() == [
        [1, 0, 2, "a"],
        [1, 3, 4, "b"],
        [2, 0, 1, "a"],
        [2, 2, 3, "b"],
        [2, 4, 5, "a"],
    ]


def test_cells_of_an_axis_of_equal_ratios_touch_on_that_axis():
    grid = pd.DataFrame({"x": [1] * 4, "y": [1.0, 10.0, 100.0, 1000.0], "r": list("abab")})
    drawn = figures.regions(grid, "x", "y", "r")
    low = np.sort(np.concatenate([bar.y for bar in drawn.data]))
    high = np.sort(np.concatenate([np.add(bar.y, bar.width) for bar in drawn.data]))
    assert np.allclose(low, 10.0 ** np.array([-0.5, 0.5, 1.5, 2.5]))
    assert np.allclose(high[:-1], low[1:])


def test_a_region_is_stored_for_the_part_of_the_map_it_reaches():
    grid = pd.DataFrame([(x, y) for y in range(9) for x in range(9)], columns=["x", "y"])
    grid["r"] = np.where((grid["x"] == 4) & grid["y"].isin([2, 3]), "in", "out")
    small, large = figures.regions(grid, "x", "y", "r").data
    assert list(zip(small.base, small.y, strict=True)) == [(3.5, 1.5), (3.5, 2.5)]
    assert np.dot(small.x, small.width) == 2 and np.dot(large.x, large.width) == 79
    assert sorted(set(large.y)) == [row - 0.5 for row in range(9)]


def test_a_category_without_points_keeps_its_colour_so_that_maps_can_be_steps():
    grid = pd.DataFrame({"x": [1, 2], "y": [1, 1], "r": ["in", "out"]})
    maps = {
        name: figures.regions(grid.assign(r=pd.Categorical(r, ["in", "on", "out"])), "x", "y", "r")
        for name, r in {"both": ["in", "out"], "all": ["on", "on"]}.items()
    }
    assert [trace.showlegend for trace in maps["both"].data] == [True, False, True]
    assert [trace.showlegend for trace in maps["all"].data] == [False, True, False]
    colours = [[trace.marker.color for trace in drawn.data] for drawn in maps.values()]
    assert colours[0] == colours[1]
    described(figures.stepped(maps, label="Numbers"))


def test_a_map_of_too_many_regions_is_refused():
    grid = pd.DataFrame({"x": range(7), "y": [1] * 7, "r": list("abcdefg")})
    with pytest.raises(ClaimbookError, match="7 regions, more than the 6 colours"):
        figures.regions(grid, "x", "y", "r")


def test_a_signed_number_has_a_plus_or_a_true_minus():
    assert figures.signed(2.04, 1) == "+2.0"
    assert figures.signed(-0.126, 2) == "−0.13"
