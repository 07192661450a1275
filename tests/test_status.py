"""Development status: classes by the limits of their own year, and the two rules."""

from __future__ import annotations

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
