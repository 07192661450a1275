"""Development status: classes by the limits of their own year, and the two rules."""

from __future__ import annotations

import pandas as pd
import pytest

from claimbook import status
from claimbook.data import snapshot
from claimbook.errors import ClaimbookError


def test_thresholds_decide():
    classes = status.income_classes(snapshot.read(), 1990)
    limits = status.thresholds()
    for code, row in classes.iterrows():
        limit = limits.loc[row["year"]]
        assert (row["class"] == status.HIGH) == (row["gni"] > limit["upper_middle"]), code
        assert (row["class"] == "Low income") == (row["gni"] <= limit["low"]), code
        assert row["class"].startswith("Upper") == (
            limit["lower_middle"] < row["gni"] <= limit["upper_middle"]
        ), code


def test_the_nearest_year_stands_in_and_the_earlier_of_two():
    wdi = snapshot.read()
    years = status.thresholds().index
    gni = wdi["NY.GNP.PCAP.CD"].loc[:, years.min() : years.max()]
    classes = status.income_classes(wdi, 1990)
    for code, row in classes.iterrows():
        held = gni.loc[code].dropna().index
        best = min(held, key=lambda year: (abs(year - 1990), year))
        assert row["year"] == best, code
        assert row["gni"] == gni.loc[code, best], code
    assert (classes["year"] != 1990).sum() > 10


def test_each_year_has_classes_of_its_own_on_one_snapshot():
    wdi = snapshot.read()
    for year in (1990, 2010):
        assert status.income_classes(wdi, year).loc["KOR", "year"] == year
        everyone = status.developing(wdi, year).union(status.high_income(wdi, year))
        assert list(everyone) == list(status.income_classes(wdi, year).index)
    assert "KOR" in status.developing(wdi, 1990) and "KOR" in status.high_income(wdi, 2010)


def test_korea_was_developing_and_is_not_today():
    wdi = snapshot.read()
    assert "KOR" in status.developing(wdi, 1990)
    assert "KOR" in status.high_income(wdi, 1990, "today")
    assert "KOR" not in status.developing(wdi, 1990, "today")


def test_the_start_decides_unless_another_rule_is_asked_for():
    wdi = snapshot.read()
    for members in (status.developing, status.high_income):
        assert members(wdi, 1990).equals(members(wdi, 1990, "at start"))
        assert not members(wdi, 1990).equals(members(wdi, 1990, "today"))
        assert members(wdi, 1990).is_monotonic_increasing


def test_no_economy_is_both():
    wdi = snapshot.read()
    for rule in status.RULES:
        both = status.developing(wdi, 1990, rule).intersection(status.high_income(wdi, 1990, rule))
        assert both.empty


def test_another_rule_is_refused():
    with pytest.raises(ValueError, match="at start, today"):
        status.developing(snapshot.read(), 1990, "tomorrow")


def test_missing_limits_are_a_sentence(copy):
    (copy / "data" / "income-thresholds.csv").unlink()
    with pytest.raises(ClaimbookError, match=r"data/income-thresholds\.csv is missing: restore it"):
        status.thresholds()


def test_an_altered_table_is_a_sentence(copy):
    path = copy / "data" / "groups.csv"
    path.write_text("group,economy,note\ntransition,USA,\n", encoding="utf-8")
    with pytest.raises(ClaimbookError, match=r"data/groups\.csv is not the file that datapackage"):
        _ = status.TRANSITION


# Named groups


def test_transition_is_a_group_of_the_table():
    assert isinstance(status.TRANSITION, pd.Index)
    assert status.TRANSITION.equals(status.group("transition"))
    assert " ".join(status.TRANSITION) == (
        "ALB ARM AZE BGR BIH BLR CZE EST GEO HRV HUN KAZ KGZ LTU LVA MDA MKD MNE POL ROU RUS SRB "
        "SVK SVN TJK TKM UKR UZB XKX"
    )
    with pytest.raises(AttributeError, match="no attribute 'TRANSITIONS'"):
        _ = status.TRANSITIONS


def test_every_member_of_a_group_is_an_economy():
    economies = snapshot.read().economies.index
    names = snapshot.table("groups")["group"].unique()
    assert {"transition", "entrepot", "offshore_centre", "oil_exporter"} <= set(names)
    for name in names:
        members = status.group(name)
        assert members.is_unique
        assert members.is_monotonic_increasing
        assert members.isin(economies).all(), name
    assert list(status.group("entrepot")) == ["HKG", "MAC", "SGP"]


def test_a_group_that_is_not_named_comes_with_those_that_are():
    known = ", ".join(sorted(set(snapshot.table("groups")["group"])))
    with pytest.raises(
        ClaimbookError, match=r"no group 'entrepots'\. Did you mean entrepot\?"
    ) as no:
        status.group("entrepots")
    assert f"It names {known}." in str(no.value)


# What surveys measure


@pytest.mark.parametrize("vintage", ["2013-12", "2019-04", "current"])
def test_survey_concepts_have_the_shape_of_the_gini_and_no_more_cells(vintage):
    wdi = snapshot.read(vintage)
    gini, concepts = wdi["SI.POV.GINI"], status.survey_concepts(wdi)
    assert concepts.index.equals(gini.index)
    assert concepts.columns.equals(gini.columns)
    assert not (concepts.notna() & gini.isna()).any().any()
    assert set(concepts.stack().dropna()) == {"income", "consumption"}
    known = concepts.notna().to_numpy().sum() / gini.notna().to_numpy().sum()
    assert known > {"2013-12": 0.75, "2019-04": 0.9, "current": 0.9}[vintage]


def test_brazil_asks_for_income_and_india_for_consumption():
    concepts = status.survey_concepts(snapshot.read())
    assert set(concepts.loc["BRA"].dropna()) == {"income"}
    assert set(concepts.loc["IND"].dropna()) == {"consumption"}


def test_where_both_were_asked_only_the_figures_of_today_are_known():
    table = snapshot.table("survey-concepts")
    both = table[table["both"] == 1]
    assert len(both) > 90
    old, new = (status.survey_concepts(snapshot.read(name)) for name in ("2013-12", "current"))
    release = status.survey_concepts(snapshot.history("SI.POV.GINI")["2025-07"])
    for economy, year in zip(both["economy"], both["year"], strict=True):
        assert new.loc[economy, year] in ("income", "consumption")
        for other in (old, release):
            if economy in other.index and year in other.columns:
                assert pd.isna(other.loc[economy, year])


def test_survey_concepts_need_the_gini_to_be_declared():
    with pytest.raises(ClaimbookError, match="read but not declared"):
        status.survey_concepts(snapshot.read().limited_to(["SP.POP.TOTL"]))


def test_a_mask_hides_concepts_too():
    then, now = snapshot.read("2013-12"), snapshot.read()
    common = status.survey_concepts(now.common_with(then))
    whole = status.survey_concepts(now)
    assert 0 < common.count().sum() < whole.count().sum()
    assert common.stack().dropna().equals(whole.where(common.notna()).stack().dropna())


def test_an_economy_left_out_keeps_an_empty_row():
    wdi = snapshot.read()
    concepts = status.survey_concepts(wdi.without(["BRA"]))
    assert concepts.index.equals(wdi["SI.POV.GINI"].index)
    assert concepts.loc["BRA"].isna().all() and concepts.loc["IND"].notna().any()
