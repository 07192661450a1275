"""Snapshots: what they give, and the sentence for each way they can be broken."""

from __future__ import annotations

import hashlib
import json

import frictionless
import numpy as np
import pandas as pd
import pytest

from claimbook.data import package, snapshot
from claimbook.data.snapshot import SnapshotError, window

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


@pytest.mark.parametrize("folder", [*VINTAGES, ".", "history/SI.POV.GINI"])
def test_every_data_package_validates(folder, book_root):
    report = frictionless.validate(str(book_root / "data" / folder / "datapackage.json"))
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
        (lambda wdi: wdi["economies"], "The series economies is not in"),
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
        (
            "economy,year,value\nBRA,2000,50\nBRA,2001,50\nBRA,2000,51\n",
            "line 4: BRA 2000 stands already in line 2",
        ),
        ("economy;year;value\nBRA;2000;50\n", "line 1: the header is"),
        ("economy,jahr,value\nBRA,2000,50\n", "line 1: the header is 'economy,jahr,value', not"),
        ("", "line 1: the header is ''"),
        ("economy,year,value\nBRA,2000,50\nBRZ,2000,50\n", "line 3: 'BRZ' is not in economies.csv"),
        ("economy,year,value\nNA,2000,50\n", "line 2: 'NA' is not in economies.csv"),
        ("economy,year,value\n076,2000,50\n", "line 2: '076' is not in economies.csv"),
    ],
)
def test_a_broken_file_is_named_with_its_line(copy, text, sentence):
    rewrite(copy / "data" / "current", "SI.POV.GINI", text)
    with pytest.raises(SnapshotError, match=sentence) as raised:
        snapshot.read()["SI.POV.GINI"]
    assert "data/current/SI.POV.GINI.csv" in str(raised.value)


def test_a_broken_line_comes_with_its_remedy(copy):
    rewrite(copy / "data" / "current", "SI.POV.GINI", "economy,year,value\nBRA,2000,much\n")
    with pytest.raises(SnapshotError) as raised:
        snapshot.read()["SI.POV.GINI"]
    assert str(raised.value) == (
        "data/current/SI.POV.GINI.csv, line 2: the value 'much' is not a number. "
        "Correct that line, or restore the file from git."
    )


def test_a_file_that_its_package_does_not_describe_is_refused(copy):
    path = copy / "data" / "current" / "SI.POV.GINI.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    wdi = snapshot.read()
    sentence = (
        r"SI\.POV\.GINI\.csv is not the file .*git checkout -- data/current/SI\.POV\.GINI\.csv`\.$"
    )
    with pytest.raises(SnapshotError, match=sentence):
        wdi["SI.POV.GINI"]
    with pytest.raises(SnapshotError, match=sentence):
        wdi.verify("SI.POV.GINI")
    wdi.verify("SP.POP.TOTL")
    wdi.verify("economies")


def test_a_series_that_is_not_held_cannot_be_verified():
    with pytest.raises(SnapshotError, match=r"Did you mean SI\.POV\.GINI"):
        snapshot.read().verify("SI.POV.GNI")
    with pytest.raises(SnapshotError, match=r"Did you mean SI\.POV\.GINI"):
        snapshot.read().sha256("SI.POV.GNI")


@pytest.mark.parametrize("name", ["SI.POV.GINI", "economies"])
def test_the_fingerprint_stated_is_that_of_the_file(name, book_root):
    content = (book_root / "data" / "2013-12" / f"{name}.csv").read_bytes()
    assert snapshot.read("2013-12").sha256(name) == hashlib.sha256(content).hexdigest()


def test_a_missing_file_is_named(copy):
    (copy / "data" / "current" / "SI.POV.GINI.csv").unlink()
    with pytest.raises(SnapshotError, match=r"SI\.POV\.GINI\.csv is missing"):
        snapshot.read()["SI.POV.GINI"]


@pytest.mark.parametrize("text", ["", "[]", '{"resources": [{"name": "x"}]}', '{"resources": 5}'])
def test_a_broken_package_is_a_sentence(copy, text):
    (copy / "data" / "current" / "datapackage.json").write_text(text, encoding="utf-8")
    with pytest.raises(SnapshotError, match="is not a data package"):
        snapshot.read()


def package_of(folder, **described):
    folder.mkdir()
    (folder / "datapackage.json").write_text(json.dumps(described), encoding="utf-8")


def test_a_package_need_say_no_more_than_what_is_read(copy):
    resource = {"name": "X.Y", "path": "X.Y.csv", "hash": "sha256:0"}
    package_of(copy / "data" / "2020-01", resources=[resource])
    wdi = snapshot.read("2020-01")
    assert (wdi.codes, wdi.description) == (["X.Y"], "")
    with pytest.raises(SnapshotError, match=r"data/2020-01/datapackage\.json lists no economies"):
        _ = wdi.economies


def test_a_resource_without_a_hash_is_named(copy):
    package_of(copy / "data" / "2020-01", resources=[{"name": "X.Y", "path": "X.Y.csv"}])
    with pytest.raises(SnapshotError, match="'a resource without name, path and hash'"):
        snapshot.read("2020-01")


def test_a_folder_without_a_package_is_no_snapshot(copy):
    (copy / "data" / "2020-01").mkdir()
    assert snapshot.vintages() == VINTAGES
    with pytest.raises(SnapshotError, match=r"data/2020-01/datapackage\.json is missing: restore"):
        snapshot.Snapshot(copy / "data" / "2020-01")


def test_a_folder_of_another_name_is_no_vintage(copy):
    package_of(copy / "data" / "copy-of-2019", resources=[])
    assert snapshot.vintages() == VINTAGES


def test_a_data_folder_that_is_not_there_holds_no_vintage(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMBOOK_DATA", str(tmp_path / "nowhere"))
    assert snapshot.vintages() == []
    with pytest.raises(SnapshotError, match=r"it holds none\.$"):
        snapshot.read()


def test_a_snapshot_says_what_it_is(book_root):
    wdi = snapshot.read("2013-12")
    package = json.loads((book_root / "data" / "2013-12" / "datapackage.json").read_text("utf-8"))
    assert wdi.vintage == "2013-12"
    assert wdi.description == package["description"] != ""
    assert repr(wdi) == f"Snapshot 2013-12: {len(package['resources']) - 1} series"
    named = {resource["name"]: resource["title"] for resource in package["resources"]}
    assert wdi.cite("SI.POV.GINI", "SP.POP.TOTL") == (
        f"World Bank, World Development Indicators: {named['SI.POV.GINI']} (SI.POV.GINI), "
        f"{named['SP.POP.TOTL']} (SP.POP.TOTL); vintage 2013-12"
    )


def test_a_snapshot_may_be_opened_on_some_series_only():
    wdi = snapshot.read("2019-04", ["SP.POP.TOTL", "NY.GDP.MKTP.CD"])
    assert wdi["SP.POP.TOTL"].loc["BRA", 2000] > 1e8
    with pytest.raises(SnapshotError, match=r"\(declared are NY\.GDP\.MKTP\.CD, SP\.POP\.TOTL\)"):
        wdi["SI.POV.GINI"]
    with pytest.raises(SnapshotError, match="read but not declared"):
        snapshot.Snapshot(wdi.folder, ["SP.POP.TOTL"])["SI.POV.GINI"]


def test_one_economy_may_be_asked_for_by_its_code():
    wdi = snapshot.read()
    asked = wdi.series("SP.POP.TOTL", "BRA")
    assert list(asked.index) == ["BRA"]
    assert asked.loc["BRA"].equals(wdi["SP.POP.TOTL"].loc["BRA"])


def test_a_vintage_that_is_not_held_comes_with_those_that_are():
    with pytest.raises(SnapshotError, match=r"data: it holds 2013-12, 2019-04, current\. Did you"):
        snapshot.read("2013-11")


def test_what_is_written_is_read_back_as_it_was(copy):
    economies = pd.read_csv(
        copy / "data" / "current" / "economies.csv", dtype=str, keep_default_na=False
    )
    values = pd.DataFrame(
        {"economy": ["BRA", "ALB"], "year": [2001, 2000], "value": [0.1 + 0.2, 7.0]}
    )
    series = package.Series(
        "X.Y.Z", "Title", "unit", "note", values, {"title": "T"}, "2026-01-02", "wbgapi"
    )
    folder = copy / "data" / "2026-01"
    package.write(
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
    assert list(window(frame, "2000-2000").columns) == [2000]
    for wrong in ("2001-2000", "2000", "2000 to 2001"):
        with pytest.raises(ValueError, match="not two years in order"):
            window(frame, wrong)


def test_values_are_numbers():
    for vintage in VINTAGES:
        wdi = snapshot.read(vintage)
        for code in wdi.codes:
            assert wdi[code].dtypes.eq(np.float64).all(), (vintage, code)
