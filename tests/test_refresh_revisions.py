"""What the data page says of each series is what the snapshots hold."""

import pandas as pd
import pytest

from claimbook.data import compare, snapshot
from claimbook.data import series as known
from claimbook.errors import ClaimbookError
from test_refresh_changes import series, vintage


def held_now():
    """Every vintage of the book, the oldest first."""
    return [snapshot.read(name) for name in snapshot.vintages()]


@pytest.fixture
def held(tmp_path):
    """Three vintages: the second revises the first, the third is in other prices."""
    first = {("BRA", 2000): 50.0, ("BRA", 2001): 40.0, ("NAM", 2000): 10.0, ("WLD", 2000): 1.0}
    second = {("BRA", 2000): 45.0, ("BRA", 2003): 41.0, ("NAM", 2000): 11.0, ("WLD", 2000): 99.0}
    third = {("BRA", 2000): 90.0, ("NAM", 2000): 22.0}
    return [
        vintage(tmp_path / "2013-12", series(first, unit="constant 2010 US$")),
        vintage(tmp_path / "2019-04", series(second, unit="constant 2010 US$")),
        vintage(tmp_path / "current", series(third, unit="constant 2015 US$")),
    ]


def test_coverage_counts_economies_by_group_and_year(held):
    found = compare.coverage(held[1], "SI.POV.GINI")
    assert list(found.columns) == [2000, 2001, 2002, 2003]
    assert list(found.index) == [
        "Low income",
        "Lower middle income",
        "Upper middle income",
        "High income",
        "Not classified",
    ]
    assert found.loc["High income"].tolist() == [1, 0, 0, 1]
    assert found.loc["Low income"].tolist() == [1, 0, 0, 0]
    assert found.to_numpy().sum() == 3
    assert compare.group_sizes(held[1]).tolist() == [1, 0, 0, 1, 0]


def test_the_largest_revision_is_of_economies_in_comparable_units(held):
    page = compare.series_page("SI.POV.GINI", held)
    same, rebased = page["revisions"]
    assert (same["old"], same["new"], same["comparable"]) == ("2013-12", "2019-04", True)
    # World was revised by more, and is no economy.
    assert same["largest"]["name"] == "Brazil"
    assert same["largest"]["absolute"] == 5.0
    assert (same["common"], same["revised"], same["median_absolute"]) == (2, 2, 3.0)
    assert rebased["comparable"] is False
    assert rebased["unit"] == {"old": "constant 2010 US$", "new": "constant 2015 US$"}
    assert rebased["largest"] is None


def test_a_holding_says_where_it_came_from_and_what_it_covers(held):
    first = compare.series_page("SI.POV.GINI", held)["holdings"][0]
    assert (first["first_year"], first["newest_year"]) == (2000, 2001)
    assert (first["economies"], first["cells"]) == (2, 3)
    assert first["sources"] == [{"title": "x"}]
    assert (first["retrieved"], first["how"]) == ("2026-01-01", "wbgapi")


def test_a_series_of_one_vintage_has_no_revision(held, tmp_path):
    lone = vintage(tmp_path / "x" / "current", series({("BRA", 2000): 1.0}, "LONE"))
    page = compare.series_page("LONE", [*held, lone])
    assert len(page["holdings"]) == 1
    assert page["revisions"] == page["breaks"] == []


def test_the_data_page_can_be_made_for_every_series_held():
    held = held_now()
    for wdi in held:
        for code in wdi.codes:
            covered = compare.coverage(wdi, code)
            holding = compare.holding(wdi, code)
            assert covered.to_numpy().sum() == holding["cells"]
            assert (covered.max(axis="columns") <= compare.group_sizes(wdi)).all()


# What data/series.yml says


def every_break():
    return known.known().breaks


@pytest.mark.parametrize("place", range(14))
def test_every_declared_break_shows_in_the_figures(place):
    held = held_now()
    one = every_break()[place]
    name = held[0].economies.loc[one.economy, "name"]
    assert any(text.startswith(name) for text in known.known_breaks(one.series, held))
    if isinstance(one, known.Jump):
        ratios = [
            wdi[one.series].loc[one.economy, one.years[1]]
            / wdi[one.series].loc[one.economy, one.years[0]]
            for wdi in held
            if set(one.years) <= set(wdi[one.series].columns)
        ]
        assert any(not 2 / 3 < ratio < 3 / 2 for ratio in ratios if pd.notna(ratio))


def test_no_declared_break_has_been_mended():
    assert len(every_break()) == 14
    assert known.mended(held_now()) == []


@pytest.fixture
def said(copy):
    """Write another ``data/series.yml``: its four lists, each empty unless given."""

    def write(**lists):
        parts = dict.fromkeys(("limits", "jumps", "spans", "renamed"), "[]") | lists
        text = "".join(f"{name}: {text}\n" for name, text in parts.items())
        (copy / "data" / "series.yml").write_text(text, encoding="utf-8")

    return write


JUMP = (
    "[{series: SI.POV.GINI, economy: BRA, years: [2005, 2006], why: another survey, "
    "expect: {vintage: 2013-12, above: 1.4}}]"
)
SPAN = (
    "[{series: SI.POV.GINI, economy: BRA, why: withdrawn since, "
    "expect: {vintage: current, first: 2006}}]"
)


def test_a_break_is_told_in_the_figures_of_each_vintage(tmp_path, said):
    cells = {("BRA", 2005): 100.0, ("BRA", 2006): 150.0}
    old = vintage(tmp_path / "2013-12", series(cells))
    new = vintage(tmp_path / "current", series({("BRA", 2006): 7.0}))
    said(jumps=JUMP, spans=SPAN)
    assert known.known_breaks("SI.POV.GINI", [old, new]) == [
        "Brazil, 2005 to 2006: 100 → 150 in 2013-12 (another survey).",
        "Brazil: 2005–2006 in 2013-12, 2006–2006 in current (withdrawn since).",
    ]
    assert known.known_breaks("SI.POV.GINI", [new]) == []
    assert known.mended([old, new]) == []


def test_a_break_that_the_source_has_mended_is_said_to_be(tmp_path, said):
    cells = {("BRA", 2005): 100.0, ("BRA", 2006): 101.0}
    held = [vintage(tmp_path / name, series(cells)) for name in ("2013-12", "current")]
    said(jumps=JUMP, spans=SPAN)
    jump, span = known.mended(held)
    assert jump == (
        "data/series.yml declares a break of SI.POV.GINI, BRA, but the vintage 2013-12 goes from "
        "100 in 2005 to 101 in 2006: correct the entry, or take it off if the source has mended it."
    )
    assert "the vintage current has 2005 to 2006: correct the entry" in span
    assert "the vintage 2013-12 is not held" in known.mended(held[1:])[0]
    lacking = vintage(tmp_path / "x" / "current", series(cells, "LONE"))
    assert "current does not hold SI.POV.GINI" in known.mended([held[0], lacking])[1]


@pytest.mark.parametrize(
    ("part", "text", "sentence"),
    [
        (
            "limits",
            "[{series: A.B, low: 0, why: never negative}]",
            "limits 1: 'high' is a required",
        ),
        (
            "limits",
            "[{series: A.B, low: 9, high: 1, why: never negative}]",
            "the limits of A.B are no range",
        ),
        ("limits", "[{series: A.B, low: 0, high: 1, why: x}]", "limits 1 why: 'x' is too short"),
        ("limits", "[{series: A.B", "line 2: not YAML "),
        ("jumps", JUMP.replace("above", "over"), "jumps 1 expect: .*'over'"),
        ("jumps", JUMP.replace(", 2006", ""), "jumps 1 years: "),
        ("spans", SPAN.replace("current", "recent"), "spans 1 expect vintage: 'recent'"),
        ("renamed", "[{former: A.B}]", "renamed 1: 'now' is a required"),
        ("breaks", "[]", "top: .*'breaks'"),
    ],
)
def test_a_fault_in_what_is_known_of_the_series_is_a_sentence(said, part, text, sentence):
    said(**{part: text})
    with pytest.raises(ClaimbookError, match=rf"data/series\.yml.*{sentence}"):
        known.band("A.B")


def test_without_its_file_nothing_passes_unjudged(copy):
    (copy / "data" / "series.yml").unlink()
    with pytest.raises(ClaimbookError, match=r"data/series\.yml is missing: restore it from git"):
        known.band("SI.POV.GINI")


def test_the_first_limit_that_fits_decides(said):
    said(limits="[{series: A.B, low: 1, high: 2, why: narrow limits}, "
         "{series: A.*, low: 0, high: 9, why: wider limits}]")  # fmt: skip
    assert (known.band("A.B").high, known.band("A.C").high) == (2, 9)
    assert known.band("B") == known.ANY


def test_the_witnesses_have_limits_too():
    assert (known.band("SWIID.GINI.MKT.SE").low, known.band("SWIID.GINI.DISP").high) == (0, 100)
    assert known.band("PWT.RGDPO").low == 0


def test_the_packages_know_a_renamed_series_by_both_codes():
    for former, now in known.known().renamed.items():
        for wdi in held_now():
            meta = wdi.metadata(now)
            assert {meta["name"], *meta["aliases"]} == {former, now}, (wdi, now)


def test_the_data_page_shows_a_renamed_series_once():
    codes = compare.all_codes(held := held_now())
    assert "NE.CON.PRVT.ZS" in codes
    assert "NE.CON.PETC.ZS" not in codes
    assert {code for wdi in held for code in wdi.codes} - set(codes) == set(known.known().renamed)
    page = compare.series_page("NE.CON.PRVT.ZS", held)
    assert [one["vintage"] for one in page["holdings"]] == ["2013-12", "2019-04", "current"]
