"""Snapshots: what they give, and the sentence for each way they can be broken."""

from __future__ import annotations

import hashlib
import json

import frictionless
import numpy as np
import pandas as pd
import pytest

from claimbook import snapshot
from claimbook.snapshot import SnapshotError, window

VINTAGES = ["2013-12", "2019-04", "current"]


def rewrite(folder, code, text):
    """Change a series and its data package together, as a forger would."""
    path = folder / f"{code}.csv"
    path.write_text(text, encoding="utf-8")
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        if resource["name"] == code:
            resource["hash"] = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")


def test_the_book_holds_three_vintages():
    assert snapshot.vintages() == VINTAGES


@pytest.mark.parametrize("package", [*VINTAGES, "."])
def test_every_data_package_validates(package, book_root):
    report = frictionless.validate(str(book_root / "data" / package / "datapackage.json"))
    assert report.valid, report.flatten(["type", "message"])[:5]


def test_a_series_has_an_economy_axis_a_year_axis_and_its_metadata():
    gini = snapshot.read("2013-12")["SI.POV.GINI"]
    assert gini.loc["BRA", 2009] == 54.69
    assert gini.attrs["unit"] == "0-100"
    assert gini.attrs["how"].startswith("a named copy")
    assert gini.index.is_monotonic_increasing
    assert gini.columns.is_monotonic_increasing


@pytest.mark.parametrize("vintage", VINTAGES)
def test_no_aggregate_slips_into_a_set_of_economies(vintage):
    wdi = snapshot.read(vintage)
    for code in wdi.codes:
        assert not set(wdi[code].index) & set(wdi.aggregates.index), code
    assert "WLD" in wdi.aggregates.index
    assert "WLD" not in wdi.economies.index


def test_namibia_is_not_missing():
    assert snapshot.read().economies.loc["NAM", "iso2"] == "NA"


def test_an_aggregate_is_read_by_asking_for_it():
    world = snapshot.read().aggregate("SP.POP.TOTL", "WLD")
    assert world[2000] > 6e9


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda wdi: wdi["SI.POV.GNI"], r"SI\.POV\.GNI is not in .*Did you mean SI\.POV\.GINI\?"),
        (lambda wdi: wdi.series("SI.POV.GINI", ["WLD"]), r"WLD \(World\) is an aggregate, not"),
        (lambda wdi: wdi.series("SI.POV.GINI", ["BRZ"]), "BRZ is not an economy"),
        (lambda wdi: wdi.aggregate("SP.POP.TOTL", "BRA"), "BRA is not an aggregate"),
        (lambda wdi: wdi.aggregate("SI.POV.GINI", "WLD"), "has no figures for WLD"),
        (lambda wdi: snapshot.read("2013-11"), r"no vintage 2013-11 .* Did you mean 2013-12\?"),
        (lambda wdi: wdi.limited_to(["NY.GDP.MKTP.CD"])["SI.POV.GINI"], "read but not declared"),
        (lambda wdi: wdi.cite("SI.POV.GNI"), "is not in"),
    ],
)
def test_what_is_not_there_is_a_sentence(ask, sentence):
    with pytest.raises(SnapshotError, match=sentence):
        ask(snapshot.read())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("economy,year,value\nBRA,2000,50\nBRA,2001,n/a\n", "line 3: the value 'n/a' is not a num"),
        ("economy,year,value\nBRA,2000,nan\n", "line 2: the value 'nan' is not a number"),
        ("economy,year,value\nBRA,2000,1e999\n", "line 2: the value '1e999' is not a number"),
        ("economy,year,value\nBRA,2000,\n", "line 2: the value '' is not a number"),
        ("economy,year,value\nBRA,2000,50\nBRA,2000,51\n", "line 3: BRA 2000 stands already in li"),
        ("economy,year,value\nBRA,20x0,50\n", "line 2: the year '20x0' is not a year"),
        ("economy,year,value\nBRA,2000,50,7\n", "line 2: 4 cells"),
        ("economy;year;value\nBRA;2000;50\n", "line 1: the header is"),
        ("economy,year,value\nBRA,2000,50\nBRZ,2000,50\n", "line 3: 'BRZ' is not in economies.csv"),
    ],
)
def test_a_broken_file_is_named_with_its_line(copy, text, sentence):
    rewrite(copy / "data" / "current", "SI.POV.GINI", text)
    with pytest.raises(SnapshotError, match=sentence) as raised:
        snapshot.read()["SI.POV.GINI"]
    assert "data/current/SI.POV.GINI.csv" in str(raised.value)


def test_a_file_that_its_package_does_not_describe_is_refused(copy):
    path = copy / "data" / "current" / "SI.POV.GINI.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(SnapshotError, match=r"SI\.POV\.GINI\.csv is not the file .*git checkout"):
        snapshot.read()["SI.POV.GINI"]


def test_a_missing_file_is_named(copy):
    (copy / "data" / "current" / "SI.POV.GINI.csv").unlink()
    with pytest.raises(SnapshotError, match=r"SI\.POV\.GINI\.csv is missing"):
        snapshot.read()["SI.POV.GINI"]


@pytest.mark.parametrize("text", ["", "[]", '{"resources": [{"name": "x"}]}', '{"resources": 5}'])
def test_a_broken_package_is_a_sentence(copy, text):
    (copy / "data" / "current" / "datapackage.json").write_text(text, encoding="utf-8")
    with pytest.raises(SnapshotError, match="is not a data package"):
        snapshot.read()


def test_what_is_written_is_read_back_as_it_was(copy):
    economies = pd.read_csv(
        copy / "data" / "current" / "economies.csv", dtype=str, keep_default_na=False
    )
    values = pd.DataFrame(
        {"economy": ["BRA", "ALB"], "year": [2001, 2000], "value": [0.1 + 0.2, 7.0]}
    )
    series = snapshot.Series(
        "X.Y.Z", "Title", "unit", "note", values, {"title": "T"}, "2026-01-02", "wbgapi"
    )
    folder = copy / "data" / "2026-01"
    snapshot.write(
        folder, economies=economies, series=[series], created="2026-01-02", description="d"
    )
    assert (folder / "X.Y.Z.csv").read_text() == (
        "economy,year,value\nALB,2000,7\nBRA,2001,0.30000000000000004\n"
    )
    assert snapshot.read("2026-01")["X.Y.Z"].loc["BRA", 2001] == 0.1 + 0.2
    assert frictionless.validate(str(folder / "datapackage.json")).valid


def test_common_economy_years_are_those_both_vintages_hold():
    then, now = snapshot.read("2013-12"), snapshot.read()
    code = "SI.POV.GINI"
    old, new = then.common_with(now)[code], now.common_with(then)[code]
    old, new = old.stack().dropna(), new.stack().dropna()
    assert old.index.equals(new.index)
    assert 0 < len(old) < min(then[code].count().sum(), now[code].count().sum())
    assert then[code].stack().loc[old.index].equals(old)


def test_reading_gives_a_copy():
    wdi = snapshot.read()
    gini = wdi["SI.POV.GINI"]
    gini.iloc[:] = 0
    assert wdi["SI.POV.GINI"].max().max() > 0


def test_a_window_holds_both_its_ends():
    frame = pd.DataFrame([[1, 2, 3, 4]], columns=[1999, 2000, 2001, 2002])
    assert list(window(frame, "2000-2001").columns) == [2000, 2001]
    for wrong in ("2001-2000", "2000", "2000 to 2001"):
        with pytest.raises(ValueError, match="not two years in order"):
            window(frame, wrong)


def test_values_are_numbers():
    for vintage in VINTAGES:
        wdi = snapshot.read(vintage)
        for code in wdi.codes:
            assert wdi[code].dtypes.eq(np.float64).all(), (vintage, code)
