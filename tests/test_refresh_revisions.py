"""What the data page says of each series is what the snapshots hold."""

import pandas as pd
import pytest

from claimbook.data import breaks, revisions, snapshot
from test_refresh_changes import series, vintage


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
    found = revisions.coverage(held[1], "SI.POV.GINI")
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
    assert revisions.group_sizes(held[1]).tolist() == [1, 0, 0, 1, 0]


def test_the_largest_revision_is_of_economies_in_comparable_units(held):
    page = revisions.series_page("SI.POV.GINI", held)
    same, rebased = page["revisions"]
    assert (same["old"], same["new"], same["comparable"]) == ("2013-12", "2019-04", True)
    # World was revised by more, and is no economy.
    assert same["largest"]["name"] == "Brazil"
    assert same["largest"]["absolute"] == 5.0
    assert (same["common"], same["revised"], same["median"]) == (2, 2, 3.0)
    assert rebased["comparable"] is False
    assert rebased["units"] == ("constant 2010 US$", "constant 2015 US$")
    assert rebased["largest"] is rebased["median"] is None


def test_a_holding_says_where_it_came_from_and_what_it_covers(held):
    first = revisions.series_page("SI.POV.GINI", held)["holdings"][0]
    assert (first["first_year"], first["newest_year"]) == (2000, 2001)
    assert (first["economies"], first["cells"]) == (2, 3)
    assert (first["source"], first["retrieved"], first["how"]) == ("x", "2026-01-01", "wbgapi")


def test_a_series_of_one_vintage_has_no_revision(held, tmp_path):
    lone = vintage(tmp_path / "x" / "current", series({("BRA", 2000): 1.0}, "LONE"))
    page = revisions.series_page("LONE", [*held, lone])
    assert len(page["holdings"]) == 1
    assert page["revisions"] == page["breaks"] == []


def test_the_data_page_can_be_made_for_every_series_held():
    held = revisions.all_held()
    for wdi in held:
        for code in wdi.codes:
            covered = revisions.coverage(wdi, code)
            holding = revisions.holding(wdi, code)
            assert covered.to_numpy().sum() == holding.cells
            assert (covered.max(axis="columns") <= revisions.group_sizes(wdi)).all()


@pytest.mark.parametrize("one", breaks.BREAKS, ids=str)
def test_every_declared_break_shows_in_the_figures(one):
    """A break that a new vintage has mended is taken off the list."""
    held = revisions.all_held()
    name = held[0].economies.loc[one.economy, "name"]
    found = [text for text in breaks.known_breaks(one.code, held) if text.startswith(name)]
    assert found
    if isinstance(one, breaks.Jump):
        ratios = [
            wdi[one.code].loc[one.economy, one.after] / wdi[one.code].loc[one.economy, one.before]
            for wdi in held
            if {one.before, one.after} <= set(wdi[one.code].columns)
        ]
        assert any(not 2 / 3 < ratio < 3 / 2 for ratio in ratios if pd.notna(ratio))


def test_a_break_is_told_in_the_figures_of_each_vintage(tmp_path):
    cells = {("BRA", 2005): 100.0, ("BRA", 2006): 150.0}
    old = vintage(tmp_path / "2013-12", series(cells))
    new = vintage(tmp_path / "current", series({("BRA", 2006): 7.0}))
    jump, span = breaks.Jump("SI.POV.GINI", "BRA", 2005, 2006), breaks.Span("SI.POV.GINI", "BRA")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(breaks, "BREAKS", (jump, span))
        assert breaks.known_breaks("SI.POV.GINI", [old, new]) == [
            "Brazil, 2005 to 2006: 100 → 150 in 2013-12.",
            "Brazil: 2005–2006 in 2013-12, 2006–2006 in current.",
        ]
        assert breaks.known_breaks("SI.POV.GINI", [new]) == []
        assert isinstance(old, snapshot.Snapshot)
