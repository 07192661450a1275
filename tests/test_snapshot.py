"""Snapshots: what they give, and the sentence for each way they can be broken."""

from __future__ import annotations

import csv
import hashlib
import json
import locale
import os

import frictionless
import numpy as np
import pandas as pd
import pytest

import small
from claimbook import status
from claimbook.data import package, snapshot
from claimbook.data.snapshot import SnapshotError, window
from claimbook.data.windows import change, share_change
from claimbook.errors import ClaimbookError

VINTAGES = ["2013-12", "2019-04", "current"]
# Figures for the small book.
FEW = {"X00": {2000: 1, 2001: 2}, "X01": {2000: 3}}


def rewrite(folder, code, text):
    """Change a series and its data package together, as a forger would."""
    path = folder / f"{code}.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        if resource["name"] == code:
            resource["hash"] = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")


def test_the_book_holds_three_vintages():
    assert snapshot.vintages() == VINTAGES


@pytest.mark.parametrize(
    "folder",
    [
        *(pytest.param(name, marks=pytest.mark.slow) for name in VINTAGES),
        ".",
        "history/SI.POV.GINI",
    ],
)
def test_every_data_package_validates(folder, book_root):
    report = frictionless.validate(str(book_root / "data" / folder / "datapackage.json"))
    assert report.valid, report.flatten(["type", "message"])[:5]


def test_a_series_has_an_economy_axis_a_year_axis_and_its_metadata():
    gini = snapshot.read("2013-12")["SI.POV.GINI"]
    assert gini.loc["BRA", 2009] == 54.69
    assert gini.attrs["unit"] == "0-100"
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


NOT_HELD = (
    "The series SI.POV.GNI is not in data/current. Did you mean SI.POV.GINI? To add it, run "
    "`claimbook refresh SI.POV.GNI --vintage current`."
)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda wdi: wdi["SI.POV.GNI"], NOT_HELD),
        (lambda wdi: wdi.cite("SI.POV.GINI", "SI.POV.GNI"), NOT_HELD),
        (
            lambda wdi: wdi["economies"],
            "The series economies is not in data/current. To add it, run `claimbook refresh "
            "economies --vintage current`.",
        ),
        (
            lambda wdi: wdi.series("SI.POV.GINI", ["BRA", "WLD"]),
            'WLD (World) is an aggregate, not an economy: read it with `aggregate(CODE, "WLD")`.',
        ),
        (
            lambda wdi: wdi.series("SI.POV.GINI", ["BRAZ"]),
            "BRAZ is not an economy of data/current/economies.csv. Did you mean BRA?",
        ),
        (
            lambda wdi: wdi.aggregate("SP.POP.TOTL", "WLDS"),
            "WLDS is not an aggregate of data/current/economies.csv. Did you mean WLD?",
        ),
        (
            lambda wdi: wdi.aggregate("SI.POV.GINI", "WLD"),
            "The series SI.POV.GINI in data/current has no figures for WLD.",
        ),
        (
            lambda wdi: snapshot.read("2013-11"),
            "There is no vintage 2013-11 in data: it holds 2013-12, 2019-04, current. "
            "Did you mean 2013-12?",
        ),
        (
            lambda wdi: wdi.limited_to(["SP.POP.TOTL", "NO.SUCH"])["SI.POV.GINI"],
            "The series SI.POV.GINI is read but not declared: add it to `series` in the claim "
            "file (declared are NO.SUCH, SP.POP.TOTL).",
        ),
        (
            lambda wdi: snapshot.table("grups"),
            "data/datapackage.json lists no grups: restore it from git.",
        ),
    ],
)
def test_what_is_not_there_is_a_sentence(ask, sentence):
    with pytest.raises(SnapshotError) as raised:
        ask(snapshot.read())
    assert str(raised.value) == sentence


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("X00,2000,50\nX00,2001,n/a\n", "line 3: the value 'n/a' is not a number"),
        ("X00,2000,nan\n", "line 2: the value 'nan' is not a number"),
        ("X00,2000,1e999\n", "line 2: the value '1e999' is not a number"),
        ("X00,2000,\n", "line 2: the value '' is not a number"),
        ("X00,2000,50\nX00,2000,51\n", "line 3: X00 2000 stands already in line 2"),
        (
            "X00,2000,50\nX01,2000,50\nX00,2001,50\nX00,2000,51\n",
            "line 5: X00 2000 stands already in line 2",
        ),
        ("X00,20x0,50\n", "line 2: the year '20x0' is not a year"),
        ("X00,1000,50\nX00,2200,50\nX00,2201,50\n", "line 4: the year '2201' is not a year"),
        ("X00,0999,50\n", "line 2: the year '0999' is not a year"),
        ("X00," + "9" * 50 + ",50\n", f"line 2: the year '{'9' * 39} is not a year"),
        ('X00,"20\r\n00",50\n', "line 3: the year '20\\r\\n00' is not a year"),
        ("X00,2000,50,7\n", "line 2: 4 cells where there should be three"),
    ],
)
def test_a_broken_line_is_named_with_its_remedy(small_book, rows, sentence):
    assert refused_with(small_book, f"economy,year,value\n{rows}") == (
        f"data/current/AA.BB.csv, {sentence}. Correct that line, or restore the file from git."
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("economy;year;value\nX00;2000;50\n", "the header is 'economy;year;value', not"),
        ("economy,jahr,value\nX00,2000,50\n", "the header is 'economy,jahr,value', not"),
        ("", "the header is '', not"),
    ],
)
def test_a_header_that_is_none_is_told(small_book, text, sentence):
    assert refused_with(small_book, text) == (
        f"data/current/AA.BB.csv, line 1: {sentence} economy,year,value."
    )


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("X000,2000,50", "'X000' is not in economies.csv of this vintage. Did you mean X00?"),
        ("NA,2000,50", "'NA' is not in economies.csv of this vintage."),
        ("999,2000,50", "'999' is not in economies.csv of this vintage."),
    ],
)
def test_an_economy_that_the_vintage_does_not_list_is_named(small_book, row, told):
    assert refused_with(small_book, f"economy,year,value\nX00,2000,50\n{row}\n") == (
        f"data/current/AA.BB.csv, line 3: {told}"
    )


def test_a_file_in_another_encoding_is_told_by_its_line(small_book):
    assert refused_with(
        small_book, "economy,year,value\nX00,2000,50\n\xc9,2000,1\n".encode("cp1252")
    ) == (
        "data/current/AA.BB.csv, line 3: is not UTF-8 (the byte 0xC9, which in Windows-1252 is "
        "\xc9): save the file as UTF-8."
    )


def test_a_broken_file_is_read_as_utf_8_whatever_the_machine_reads_by_itself(small_book):
    before = locale.setlocale(locale.LC_CTYPE)
    locale.setlocale(locale.LC_CTYPE, "C")
    try:
        told = refused_with(small_book, "economy,year,value\nX00,2000,50\n\xc9,20x0,50\n")
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    assert told.startswith("data/current/AA.BB.csv, line 3: the year '20x0' is not a year.")


def test_a_file_that_is_no_table_is_told(small_book):
    before = csv.field_size_limit(100)
    try:
        told = refused_with(small_book, 'economy,year,value\n"' + "x" * 200)
    finally:
        csv.field_size_limit(before)
    assert told == (
        "data/current/AA.BB.csv cannot be read as a table of economy,year,value. "
        "Correct that line, or restore the file from git."
    )


def refused_with(small_book, text):
    """Return the sentence with which a series is refused whose file holds this."""
    small.write_vintage(small_book, "current", {})
    rewrite(small_book / "data" / "current", small.CODE, text)
    with pytest.raises(SnapshotError) as raised:
        _ = snapshot.read()[small.CODE]
    return str(raised.value)


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


@pytest.mark.parametrize(
    ("lay", "told"),
    [
        (lambda path: None, "is missing"),
        (lambda path: path.mkdir(), "is no file but a link, a folder or a pipe"),
        (
            lambda path: path.symlink_to("datapackage.json"),
            "is no file but a link, a folder or a pipe",
        ),
        (
            lambda path: path.write_bytes(b"economy,year,value\n"),
            "is not the file that datapackage.json describes (its sha256 differs)",
        ),
    ],
)
def test_what_is_not_the_file_described_is_told(small_book, lay, told):
    small.write_vintage(small_book, "current", FEW)
    wdi, path = snapshot.read(), small_book / "data" / "current" / "AA.BB.csv"
    path.unlink()
    lay(path)
    for read in (wdi.series, wdi.long, wdi.verify):
        with pytest.raises(SnapshotError) as raised:
            read(small.CODE)
        assert str(raised.value) == (
            f"data/current/AA.BB.csv {told}: restore it with "
            "`git checkout -- data/current/AA.BB.csv`."
        )
    wdi.verify("economies")


def test_a_vintage_that_was_replaced_meanwhile_is_told(small_book):
    small.write_vintage(small_book, "current", FEW)
    wdi = snapshot.read()
    small.write_vintage(small_book, "current", small.changes([1, 2, 3]))
    with pytest.raises(SnapshotError) as raised:
        wdi.verify(small.CODE)
    assert str(raised.value) == "data/current was replaced while it was read: run this again."
    snapshot.read().verify(small.CODE)


def test_a_file_is_verified_once_and_again_when_it_has_changed(small_book, monkeypatch):
    verified = []
    digest = snapshot.sha256
    monkeypatch.setattr(snapshot, "sha256", lambda text: verified.append(text) or digest(text))
    small.write_vintage(small_book, "current", FEW)
    path = small_book / "data" / "current" / "AA.BB.csv"
    for _ in range(3):
        _ = snapshot.read()[small.CODE]
        snapshot.read().verify(small.CODE)
    assert verified.count(path.read_bytes()) == 1
    os.utime(path, ns=(0, 0))
    _ = snapshot.read()[small.CODE]
    assert verified.count(path.read_bytes()) == 2
    path.write_bytes(path.read_bytes().replace(b"3", b"4"))
    with pytest.raises(SnapshotError, match="its sha256 differs"):
        _ = snapshot.read()[small.CODE]


@pytest.mark.parametrize("text", ["", "[]", '{"resources": [{"name": "x"}]}', '{"resources": 5}'])
def test_a_broken_package_is_a_sentence(small_book, text):
    (small_book / "data" / "current").mkdir()
    path = small_book / "data" / "current" / "datapackage.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SnapshotError, match=r"is not (a data package|JSON)"):
        snapshot.read()


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("title", {"a": 1}),
        ("unit", ["points"]),
        ("served_title", None),
        ("aliases", 5),
        ("aliases", [["A.B"]]),
        ("sources", "x"),
        ("sources", [5]),
        ("sources", [{"title": None}]),
    ],
)
def test_a_resource_whose_words_are_none_is_named(small_book, part, value):
    resource = {"name": "X.Y", "path": "X.Y.csv", "hash": "sha256:0", part: value}
    package_of(small_book / "data" / "2020-01", resources=[resource])
    with pytest.raises(SnapshotError, match=f"resources 1 {part}.*: .* is not of type"):
        snapshot.read("2020-01")


@pytest.mark.parametrize("created", ["soon", "2020-13-01", 2020, ["2020-01-01"]])
def test_a_package_created_on_no_day_is_refused(small_book, created):
    package_of(small_book / "data" / "2020-01", created=created, resources=[])
    with pytest.raises(SnapshotError, match=r"data package \(created: "):
        snapshot.read("2020-01")


@pytest.mark.parametrize(
    ("alter", "sentence"),
    [
        (lambda text: "", "cannot be read as a table"),
        (lambda text: text + "A,B,C,D,E,F,0,9,9\n", "cannot be read as a table"),
        (lambda text: text + text.splitlines()[1] + "\n", "lists 'X00' twice"),
        (lambda text: text.replace(",0\n", ",2\n"), "has an aggregate that is neither 0 nor 1"),
        (lambda text: text.replace("iso2", "iso"), "lacks the column iso2"),
    ],
)
def test_a_list_of_economies_that_is_none_is_a_sentence(small_book, alter, sentence):
    small.write_vintage(small_book, "current", {})
    path = small_book / "data" / "current" / "economies.csv"
    rewrite(path.parent, "economies", alter(path.read_text(encoding="utf-8")))
    with pytest.raises(SnapshotError, match=f"data/current/economies.csv {sentence}"):
        _ = snapshot.read().economies


def test_a_table_that_is_none_is_told_by_the_fault_asked_for(small_book):
    class Fault(ClaimbookError):
        pass

    path = small_book / "data" / "table.csv"
    path.write_text("a,b\n1,2\n3,4,5\n", encoding="utf-8")
    with pytest.raises(ValueError) as why:
        pd.read_csv(path)
    for fault in (Fault, SnapshotError):
        with pytest.raises(fault) as raised:
            snapshot.read_table(path, fault)
        assert str(raised.value) == (
            f"data/table.csv cannot be read as a table ({' '.join(str(why.value).split())}): "
            "correct it, or restore it from git."
        )
    path.write_text("a,b\n1,2\n", encoding="utf-16")
    with pytest.raises(Fault, match=r"data/table\.csv is written in UTF-16"):
        snapshot.read_table(path, Fault)
    with pytest.raises(SnapshotError, match=r"data/table\.csv is written in UTF-16"):
        snapshot.read_table(path)
    path.write_text("a,b\nNA,\n01,n/a\n", encoding="utf-8")
    assert snapshot.read_table(path, dtype=str).to_dict("list") == {
        "a": ["NA", "01"],
        "b": ["", "n/a"],
    }


def test_a_file_far_too_large_is_refused_before_it_is_read(copy):
    with (copy / "data" / "current" / "SI.POV.GINI.csv").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(SnapshotError, match="more than any file of the book"):
        snapshot.read()["SI.POV.GINI"]


def package_of(folder, **described):
    folder.mkdir()
    (folder / "datapackage.json").write_text(json.dumps(described), encoding="utf-8")


def test_a_package_need_say_no_more_than_what_is_read(small_book):
    resource = {"name": "X.Y", "path": "X.Y.csv", "hash": "sha256:0"}
    package_of(small_book / "data" / "2020-01", resources=[resource])
    wdi = snapshot.read("2020-01")
    assert (wdi.codes, wdi.description) == (["X.Y"], "")
    with pytest.raises(SnapshotError, match=r"data/2020-01/datapackage\.json lists no economies"):
        _ = wdi.economies


def test_a_source_line_is_made_of_what_the_package_says(small_book):
    said = {"X.Y": {}, "X.Z": {"title": "Z", "sources": [{}]}, "X.W": {"title": "W", "sources": []}}
    said["X.V"] = {"title": "V", "sources": [{"title": "Ours"}, {"title": "Not this"}]}
    resources = [
        {"name": name, "path": f"{name}.csv", "hash": "sha256:0", **one}
        for name, one in said.items()
    ]
    package_of(small_book / "data" / "2020-01", resources=resources)
    assert snapshot.read("2020-01").cite("X.Y", "X.V", "X.Z", "X.W") == (
        "World Bank, World Development Indicators: X.Y (X.Y), Z (X.Z), W (X.W); Ours: V (X.V); "
        "vintage 2020-01"
    )


def test_a_series_without_a_unit_is_read_without(small_book):
    small.write_vintage(small_book, "current", FEW)
    assert snapshot.read()[small.CODE].attrs == {"unit": "points"}
    path = small_book / "data" / "current" / "datapackage.json"
    described = json.loads(path.read_text(encoding="utf-8"))
    del described["resources"][1]["unit"]
    path.write_text(json.dumps(described), encoding="utf-8")
    assert snapshot.read()[small.CODE].attrs == {}


def write_named(folder, aliases):
    """Write a vintage of series that may have other names; the figure of each is its place."""
    listed = []
    for place, (code, others) in enumerate(aliases.items()):
        cells, extra = [("X00", 2000, place)], {"aliases": others}
        one = package.Series(code, "", "", "", cells, {"title": "T"}, "2020-01-01", "-", extra)
        listed.append(one)
    economies = pd.DataFrame({name: ["X00"] for name in snapshot.ECONOMY_COLUMNS})
    economies["aggregate"] = 0
    package.write(folder, economies=economies, series=listed, created="2020-01-01", description="d")


def test_a_series_stands_under_its_own_name_before_anothers(small_book):
    write_named(small_book / "data" / "2020-01", {"A.B": ["A.C"], "A.C": ["A.B"]})
    wdi = snapshot.read("2020-01")
    assert [wdi[code].loc["X00", 2000] for code in ("A.B", "A.C")] == [0, 1]


def test_a_former_name_that_one_vintage_alone_knows_is_enough_to_compare_them(small_book):
    write_named(small_book / "data" / "2020-01", {"A.A": [], "A.B": []})
    write_named(small_book / "data" / "current", {"A.C": ["A.Z", "A.B"], "A.D": ["A.A"]})
    then, now = snapshot.read("2020-01", ["A.B"]), snapshot.read("current", ["A.C"])
    assert now.common_with(then)["A.C"].loc["X00", 2000] == 0
    assert then.common_with(now)["A.B"].loc["X00", 2000] == 1
    with pytest.raises(SnapshotError, match=r"\(declared are A\.B\)"):
        then.common_with(now).series("A.A")


def test_a_resource_without_a_hash_is_named(small_book):
    package_of(small_book / "data" / "2020-01", resources=[{"name": "X.Y", "path": "X.Y.csv"}])
    with pytest.raises(SnapshotError, match="resources 1: 'hash' is a required property"):
        snapshot.read("2020-01")


def test_a_folder_without_a_package_is_no_snapshot(small_book):
    small.write_vintage(small_book, "2019-04", FEW)
    (small_book / "data" / "2020-01").mkdir()
    assert snapshot.vintages() == ["2019-04"]
    with pytest.raises(SnapshotError) as raised:
        snapshot.Snapshot(small_book / "data" / "2020-01")
    assert str(raised.value) == "data/2020-01/datapackage.json is missing: restore it from git."


def test_a_folder_of_another_name_is_no_vintage(small_book):
    package_of(small_book / "data" / "copy-of-2019", resources=[])
    package_of(small_book / "data" / "2019-04", resources=[])
    assert snapshot.vintages() == ["2019-04"]


def test_a_data_folder_that_is_not_there_holds_no_vintage(tmp_path, monkeypatch):
    monkeypatch.setenv("CLAIMBOOK_DATA", str(tmp_path / "nowhere"))
    assert snapshot.vintages() == []
    with pytest.raises(SnapshotError) as raised:
        snapshot.read()
    nowhere = tmp_path / "nowhere"
    assert str(raised.value) == f"There is no vintage current in {nowhere}: it holds none."


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
    assert wdi.series("SP.POP.TOTL", ("IND", "BRA")).index.tolist() == ["IND", "BRA"]


def test_a_series_is_read_as_it_is_stored_whatever_the_view_leaves_out(book_root):
    then = snapshot.read("2013-12")
    code = "SP.POP.TOTL"
    stored = pd.read_csv(book_root / "data" / "2013-12" / f"{code}.csv", keep_default_na=False)
    view = then.in_years_of(snapshot.read()).without(["BRA"]).limited_to([code])
    pd.testing.assert_frame_equal(view.long(code), stored, check_dtype=False)
    assert "WLD" in set(stored["economy"])
    with pytest.raises(SnapshotError, match=r"SI\.POV\.GINI is read but not declared"):
        view.long("SI.POV.GINI")
    with pytest.raises(SnapshotError, match="The series economies is not in"):
        then.long("economies")


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


# Views of one store


def spoil(frame):
    """Change what was returned in every way that could reach what others read."""
    for place in range(frame.shape[1]):
        frame.iloc[:, place] = frame.iloc[0, place]
    frame["new"] = frame.iloc[:, 0]
    frame.attrs["unit"] = "spoilt"
    frame.index.name = frame.columns.name = "spoilt"


@pytest.mark.parametrize(
    "returned",
    [
        lambda wdi: wdi["SI.POV.GINI"],
        lambda wdi: wdi.series("SI.POV.GINI", ["BRA", "IND"]),
        lambda wdi: wdi.common_with(snapshot.read("2013-12"))["SI.POV.GINI"],
        lambda wdi: wdi.aggregate("SP.POP.TOTL", "WLD").to_frame(),
        lambda wdi: wdi.economies,
        lambda wdi: wdi.aggregates,
        lambda wdi: status.income_classes(wdi, 1990),
        lambda wdi: status.survey_concepts(wdi),
        lambda wdi: status.thresholds(),
        lambda wdi: snapshot.table("groups"),
        lambda wdi: wdi.without(["BRA"])["SI.POV.GINI"],
    ],
)
def test_what_is_returned_may_be_changed_and_nobody_else_sees_it(returned):
    before = returned(snapshot.read()).copy(deep=True)
    spoil(returned(snapshot.read()))
    after = returned(snapshot.read())
    pd.testing.assert_frame_equal(before, after)
    assert before.attrs == after.attrs


def test_what_is_returned_shares_its_figures_until_it_is_changed():
    wdi = snapshot.read()
    for returned in (
        lambda: wdi["SI.POV.GINI"].to_numpy(),
        lambda: snapshot.table("income-thresholds")["low"].to_numpy(),
    ):
        assert np.shares_memory(returned(), returned())


@pytest.mark.parametrize("part", [lambda f: f.to_numpy(), lambda f: f.index.to_numpy()])
def test_the_figures_behind_a_frame_cannot_be_written_to(part):
    with pytest.raises(ValueError, match="read-only"):
        part(snapshot.read()["SI.POV.GINI"])[0] = 0


def test_a_table_is_parsed_once_for_all_views(copy, monkeypatch):
    parsed = []
    read = snapshot.read_long
    monkeypatch.setattr(snapshot, "read_long", lambda path: parsed.append(path.name) or read(path))
    for _ in range(3):
        then, now = snapshot.read("2013-12", ["SI.POV.GINI", status.GNI]), snapshot.read()
        for wdi in (then, then.limited_to(["SI.POV.GINI"]), then.common_with(now)):
            _ = wdi["SI.POV.GINI"], wdi.economies
        status.developing(then, 1990)
    assert sorted(parsed) == ["NY.GNP.PCAP.CD.csv", "SI.POV.GINI.csv", "SI.POV.GINI.csv"]


def test_income_classes_are_computed_once_for_the_same_figures(copy, monkeypatch):
    asked = []
    limits = status.thresholds()
    monkeypatch.setattr(status, "thresholds", lambda: asked.append(1) or limits)
    then, now = snapshot.read("2013-12"), snapshot.read()
    for wdi in (then, then.limited_to([status.GNI]), snapshot.read("2013-12")):
        plain = status.income_classes(wdi, 1990)
    assert len(asked) == 1
    common = [status.income_classes(then.common_with(now), 1990) for _ in range(2)]
    assert len(asked) == 2
    assert common[0].equals(common[1])
    assert not common[0].equals(plain)


@pytest.mark.parametrize("code", ["SI.POV.GINI", "economies"])
def test_what_is_derived_needs_leave_to_read(code):
    closed = snapshot.read().limited_to(["SP.POP.TOTL"])
    if code == "economies":
        assert closed.derived("size", code, len) == len(closed.economies)
    else:
        with pytest.raises(SnapshotError, match="read but not declared"):
            closed.derived("size", code, len)


def test_permission_and_mask_compose_in_any_order():
    then, now = snapshot.read("2013-12"), snapshot.read()
    code, other = "SI.POV.GINI", "SP.POP.TOTL"
    views = [
        then.common_with(now).limited_to([code]),
        then.limited_to([code]).common_with(now),
        then.common_with(now.limited_to([code])),
        then.common_with(now).limited_to([code, other]).limited_to([code]),
        then.limited_to([code]).limited_to([code, other]).common_with(now),
    ]
    for view in views:
        assert view[code].equals(views[0][code])
        for refused in (view.series, view.common_with(now).series):
            with pytest.raises(SnapshotError, match="read but not declared"):
                refused(other)
        with pytest.raises(SnapshotError, match="read but not declared"):
            view.aggregate(other, "WLD")
    assert then[code].count().sum() > views[0][code].count().sum()
    assert then[other].loc["BRA"].notna().any()


def test_masks_add_up():
    oldest, middle, now = map(snapshot.read, VINTAGES)
    code = "SI.POV.GINI"
    both = oldest.common_with(middle).common_with(now)[code]
    one = oldest[code].where(
        middle[code].reindex_like(oldest[code]).notna()
        & now[code].reindex_like(oldest[code]).notna()
    )
    assert both.equals(one)
    assert oldest.common_with(middle.common_with(now))[code].equals(one)


def test_an_economy_left_out_has_published_nothing():
    then, now = snapshot.read("2013-12"), snapshot.read()
    code, gone = "SI.POV.GINI", ["BRA", "IND"]
    for view in (now, now.common_with(then), now.in_years_of(then), now.limited_to([code])):
        whole = view[code]
        expected = whole.copy()
        expected.loc[gone] = np.nan
        assert whole.loc["BRA"].notna().any()
        assert whole.loc["IND"].notna().any()
        for left in (view.without(gone), view.without(iter(gone[:1])).without({*gone[1:]})):
            assert left[code].equals(expected)
            assert left[code].attrs == whole.attrs
        assert view[code].equals(whole)
    both = now.common_with(then).without(gone)[code]
    assert now.without(gone).common_with(then)[code].equals(both)
    assert now.common_with(then.without(gone))[code].equals(both)


def test_an_aggregate_is_seen_through_the_masks_too():
    then, now = snapshot.read("2013-12"), snapshot.read()
    whole, common = (wdi.aggregate("SP.POP.TOTL", "WLD") for wdi in (now, now.common_with(then)))
    assert whole.loc[2010:2024].notna().all()
    assert common.loc[:2012].equals(whole.loc[:2012])
    assert common.loc[2013:].isna().all()
    assert now.without(["BRA"]).aggregate("SP.POP.TOTL", "WLD").equals(whole)


def test_the_years_of_another_vintage_are_those_in_which_it_has_any_figure(small_book):
    small.write_vintage(small_book, "2013-12", {"X00": {2000: 1, 2001: 2}, "X01": {2002: 3}})
    small.write_vintage(
        small_book, "current", {"X00": {2000: 4, 2003: 5}, "X02": {2001: 6, 2002: 7}}
    )
    then, now = snapshot.read("2013-12"), snapshot.read()
    whole = now[small.CODE]
    for other, years in (
        (then, [2000, 2001, 2002]),
        (then.limited_to([]), [2000, 2001, 2002]),
        (then.without(["X01"]), [2000, 2001]),
        (then.common_with(now.without(["X02"])), [2000]),
    ):
        assert now.in_years_of(other)[small.CODE].equals(whole[years])


def test_a_series_that_another_vintage_lacks_has_nothing_in_common_with_it(small_book):
    small.write_vintage(small_book, "current", FEW)
    package_of(small_book / "data" / "2020-01", resources=[])
    view = snapshot.read().common_with(snapshot.read("2020-01"))
    with pytest.raises(SnapshotError, match=r"data/2020-01/datapackage\.json lists no AA\.BB"):
        view.series(small.CODE)
    other = snapshot.read("2020-01", ["NO.SUCH"])
    with pytest.raises(SnapshotError, match=r"\(declared are NO\.SUCH\)"):
        snapshot.read().common_with(other).series(small.CODE)


# What one check keeps


def test_what_a_check_has_read_it_keeps_and_nobody_else_does(small_book):
    small.write_vintage(small_book, "current", FEW)
    wdi = snapshot.read()
    check = wdi.limited_to([small.CODE])
    views = (check.without(["X01"]), check.common_with(wdi), check.in_years_of(wdi))
    read = [view[small.CODE] for view in (check, *views)]
    read[0].iloc[:] = 0
    assert all(frame.attrs == {} for frame in read)
    assert all(view[small.CODE].attrs == {"unit": "points"} for view in (wdi, wdi.without([])))
    (small_book / "data" / "current" / "AA.BB.csv").unlink()
    assert check[small.CODE].loc["X00"].tolist() == [1, 2]
    assert check.series(small.CODE, "X01").loc["X01", 2000] == 3
    assert views[0][small.CODE].loc["X01"].isna().all()
    for other in (wdi, wdi.limited_to([small.CODE]), check.without(["X00"])):
        with pytest.raises(SnapshotError, match="is missing"):
            other.series(small.CODE)


def test_a_function_is_computed_once_for_what_a_check_asks_the_same(small_book):
    asked = []

    @snapshot.once
    def total(wdi, year, more=None, *, names=("X00", ("X01",))):
        """Add up."""
        asked.append(year)
        return wdi[small.CODE][int(year)].sum()

    small.write_vintage(small_book, "current", FEW)
    wdi = snapshot.read()
    check = wdi.limited_to([small.CODE])
    assert (total.__name__, total.__doc__) == ("total", "Add up.")
    same = (
        lambda view: total(view, 2000),
        lambda view: total(view, year=2000),
        lambda view: total(view, 2000, None),
        lambda view: total(view, 2000, names=("X00", ("X01",))),
    )
    assert [ask(check) for ask in same] == [4, 4, 4, 4]
    assert len(asked) == 1
    assert total(check, "2000") == 4  # text is no number
    assert [total(check, 2001), total(check, 2000.0), total(check, 2000, more=1.5)] == [2, 4, 4]
    assert total(check, 2000, names=("X00", ("X02",))) == 4
    assert len(asked) == 6
    table = wdi[small.CODE]
    for _ in range(2):  # nothing says whether a table, or what holds one, is the same
        for more in (table, (1, table), ["X00"], {"a": 1}):
            assert total(check, 2000, more) == 4
    assert len(asked) == 14
    assert [total(view, 2000) for view in (check.without(["X01"]), wdi, wdi)] == [1, 4, 4]
    assert total(wdi.limited_to([small.CODE]), 2000) == 4
    assert len(asked) == 18
    assert [ask(check) for ask in same] == [4, 4, 4, 4]
    assert len(asked) == 18
    with pytest.raises(TypeError, match="missing a required argument: 'year'"):
        total(check)


@pytest.mark.parametrize(
    ("made", "alter"),
    [
        (lambda frame: frame, lambda found: found.__setitem__(2000, 0)),
        (lambda frame: frame[2000], lambda found: found.__setitem__("X00", 0)),
        (lambda frame: frame.index, lambda found: found.rename("spoilt", inplace=True)),
        (lambda frame: {"a": [1, frame]}, lambda found: found["a"].pop()),
        (lambda frame: [frame], lambda found: found[0].__setitem__(2000, 0)),
    ],
)
def test_what_is_kept_of_a_function_may_be_changed_where_it_is_returned(small_book, made, alter):
    small.write_vintage(small_book, "current", FEW)
    kept = snapshot.once(lambda wdi: made(wdi[small.CODE]))
    check = snapshot.read().limited_to([small.CODE])
    before = repr(kept(check))
    for _ in range(2):
        alter(kept(check))
        assert repr(kept(check)) == before


def test_what_is_derived_leaves_out_whom_the_view_leaves_out(small_book):
    small.write_vintage(small_book, "current", FEW)
    small.write_vintage(small_book, "2013-12", {"X00": {2000: 9}, "X01": {2000: 9}})
    then, now = snapshot.read("2013-12"), snapshot.read()
    asked = []

    def most(frame):
        asked.append(frame.attrs)
        return frame.max(axis="columns").rename("most")

    for _ in range(2):
        for view, found in (
            (now, {"X00": 2, "X01": 3}),
            (now.without(["X01"]), {"X00": 2}),
            (now.without(["X00"]).without(["X02"]), {"X01": 3}),
            (now.common_with(then), {"X00": 1, "X01": 3}),
            (now.without(["X01"]).common_with(then), {"X00": 1}),
        ):
            assert view.derived("most", small.CODE, most).to_dict() == found
    assert asked == [{"unit": "points"}] * 2
    without = now.without(["X00"])
    assert without.derived("names", small.CODE, lambda frame: frame.index).tolist() == ["X01"]
    named = without.derived("names", "economies", lambda table: table[["name"]])
    assert named.index.tolist() == small.NAMES[1:]
    assert now.derived("least", small.CODE, lambda frame: frame.min(axis="columns"))["X00"] == 1


# Renamed codes

FORMER, NOW = "NE.CON.PETC.ZS", "NE.CON.PRVT.ZS"


@pytest.mark.parametrize("vintage", VINTAGES)
def test_a_renamed_series_is_found_under_either_code(vintage):
    wdi = snapshot.read(vintage)
    assert FORMER in wdi.codes
    assert NOW in wdi.codes
    assert FORMER in wdi
    assert NOW in wdi
    assert sum(code in wdi.codes for code in (FORMER, NOW)) == 2
    assert len({FORMER, NOW} & set(wdi.codes)) == 1
    assert wdi[FORMER].equals(wdi[NOW])
    assert wdi.metadata(FORMER) == wdi.metadata(NOW)
    assert wdi.sha256(FORMER) == wdi.sha256(NOW)
    if vintage != "current":  # whose copy of it holds no aggregates
        assert wdi.aggregate(FORMER, "WLD").equals(wdi.aggregate(NOW, "WLD"))
    wdi.verify(FORMER)
    for declared in (FORMER, NOW):
        for limited in (wdi.limited_to([declared]), snapshot.read(vintage, [declared])):
            assert limited[FORMER].equals(limited[NOW])


@pytest.mark.parametrize("declared", [FORMER, NOW])
def test_vintages_that_name_a_series_differently_are_compared(declared):
    then, now = snapshot.read("2013-12", [declared]), snapshot.read("current", [declared])
    old, new = then.common_with(now)[declared], now.common_with(then)[declared]
    assert old.stack().dropna().index.equals(new.stack().dropna().index)
    assert old.count().sum() > 1000


def test_the_source_line_names_the_code_of_the_vintage():
    assert f"({FORMER}); vintage 2013-12" in snapshot.read("2013-12").cite(NOW)
    assert f"({NOW}); vintage 2019-04" in snapshot.read("2019-04").cite(FORMER)


def test_a_source_other_than_the_world_bank_is_cited_as_itself(copy):
    economies = pd.read_csv(
        copy / "data" / "current" / "economies.csv", dtype=str, keep_default_na=False
    )
    cells = [("BRA", 2000, 1)]
    written = [
        package.Series("X.Y", "Ours", "", "", cells, {"title": "A table"}, "2026-01-02", "named"),
        package.Series("X.Z", "Theirs", "", "", cells, {"title": package.WORLD_BANK + ", by the "
                       "copy a/b"}, "2026-01-02", "a named copy"),
    ]  # fmt: skip
    folder = copy / "data" / "2026-01"
    package.write(
        folder, economies=economies, series=written, created="2026-01-02", description="d"
    )
    assert snapshot.read("2026-01").cite("X.Z", "X.Y") == (
        "World Bank, World Development Indicators: Theirs (X.Z); A table: Ours (X.Y); "
        "vintage 2026-01"
    )


# An old release is judged by its own list of economies


def test_an_economy_dissolved_since_stands_in_a_release_that_lists_it(copy):
    folder = copy / "data" / "2005-04"
    economies = pd.DataFrame(
        [["ANT", "AN", "Netherlands Antilles", "LCN", "High income", "", 0]],
        columns=snapshot.ECONOMY_COLUMNS,
    )
    one = package.Series(
        "SP.POP.TOTL", "Population", "", "", [("ANT", 2000, 180_000)], {"title": "T"}, "2005-04-01",
        "wbgapi",
    )  # fmt: skip
    package.write(folder, economies=economies, series=[one], created="2005-04-01", description="d")
    assert "ANT" not in snapshot.read().economies.index
    old = snapshot.read("2005-04")
    assert old["SP.POP.TOTL"].loc["ANT", 2000] == 180_000
    assert old.economies.loc["ANT", "name"] == "Netherlands Antilles"
    assert frictionless.validate(str(folder / "datapackage.json")).valid


# Base years

DOLLARS, PEOPLE = "NY.GDP.MKTP.CD", "SP.POP.TOTL"


def in_current_dollars(wdi, code):
    """The same quantity of the United States in current dollars, by year."""
    us = {name: wdi[name].loc["USA"] for name in (DOLLARS, PEOPLE, NOW)}
    if code == "NY.GDP.MKTP.KD":
        return us[DOLLARS]
    if code == "NE.CON.PRVT.PC.KD":
        return us[DOLLARS] * us[NOW] / 100 / us[PEOPLE]
    if code == "NV.IND.MANF.KD":
        return wdi["NV.IND.MANF.CD"].loc["USA"]
    return us[DOLLARS] / us[PEOPLE]


@pytest.mark.parametrize("vintage", VINTAGES)
def test_the_base_year_that_a_unit_names_is_that_of_its_figures(vintage):
    wdi = snapshot.read(vintage)
    constant = {code: wdi.metadata(code)["unit"] for code in wdi.codes}
    constant = {code: unit for code, unit in constant.items() if unit.startswith("constant")}
    per_worker = constant.pop("SL.GDP.PCAP.EM.KD")
    assert len(constant) == 5
    for code, unit in constant.items():
        schema = wdi.metadata(code)["schema"]
        assert schema["fields"][2]["description"] == unit
        ratio = (wdi[code].loc["USA"] / in_current_dollars(wdi, code)).dropna()
        base = (ratio - 1).abs().idxmin()
        # The series of today come from releases of several dates, with revisions in between.
        near = 0.02 if vintage == "current" else 0.005
        assert ratio[base] == pytest.approx(1, abs=near), (code, base)
        named = int(unit.split()[1])
        # Two releases of one month apart may differ by as much as two years do.
        assert abs(ratio[named] - 1) <= abs(ratio[base] - 1) + 0.001, (code, base)
    if vintage != "2013-12":  # then per worker in dollars of 1990, by another source
        # Employment is not held, but output per worker over output per head is people per worker.
        assert per_worker[:13] == constant["NY.GDP.PCAP.PP.KD"][:13]
        heads = wdi["SL.GDP.PCAP.EM.KD"].loc["USA"] / wdi["NY.GDP.PCAP.PP.KD"].loc["USA"]
        assert heads.dropna().between(1.9, 2.4).all()


# Further releases of one series


def test_the_history_of_a_series_stands_beside_the_vintage_nearest_in_time():
    found = snapshot.history("SI.POV.GINI")
    assert {release: wdi.vintage for release, wdi in found.items()} == {
        "2016-05": "2013-12",
        "2017-11": "2019-04",
        "2018-11": "2019-04",
        "2024-11": "current",
        "2025-07": "current",
    }
    for release, wdi in found.items():
        whole = snapshot.read(wdi.vintage)
        assert wdi.release == release
        assert whole.release is None
        assert not wdi["SI.POV.GINI"].equals(whole["SI.POV.GINI"])
        assert wdi["SP.POP.TOTL"].equals(whole["SP.POP.TOTL"])
        assert wdi.codes == whole.codes
        assert wdi["SI.POV.GINI"].index.isin(whole.economies.index).all()
    assert found["2016-05"]["SI.POV.GINI"].loc["PER", 1985] == 99.91
    assert snapshot.read()["SI.POV.GINI"].loc["BRA", 2009] != 54.69


@pytest.mark.parametrize("release", ["2016-05", "2017-11", "2018-11", "2024-11", "2025-07"])
def test_a_release_is_cited_fingerprinted_and_has_provenance(release, book_root):
    wdi = snapshot.history("SI.POV.GINI")[release]
    content = (book_root / "data/history/SI.POV.GINI" / f"{release}.csv").read_bytes()
    assert wdi.sha256("SI.POV.GINI") == hashlib.sha256(content).hexdigest()
    assert wdi["SI.POV.GINI"].attrs["unit"] == "0-100"
    assert "datasets/gini-index" in wdi.metadata("SI.POV.GINI")["how"]
    assert wdi.cite("SI.POV.GINI", "SP.POP.TOTL") == (
        "World Bank, World Development Indicators: Gini index "
        f"(SI.POV.GINI, {release}), {wdi.metadata('SP.POP.TOTL')['title']} (SP.POP.TOTL); "
        f"vintage {wdi.vintage}"
    )


def test_views_of_a_release_compose_too():
    wdi = snapshot.history("SI.POV.GINI", ["SI.POV.GINI"])["2016-05"]
    with pytest.raises(SnapshotError, match="read but not declared"):
        wdi["SP.POP.TOTL"]
    now = snapshot.read()
    common = wdi.common_with(now)["SI.POV.GINI"].stack().dropna()
    assert common.index.equals(now.common_with(wdi)["SI.POV.GINI"].stack().dropna().index)
    assert len(common) == 1205


def test_a_series_without_further_releases_has_no_history(copy):
    assert snapshot.history("SP.POP.TOTL") == {}
    for code, held in (
        ("SI.POV.GINI", "2016-05, 2017-11, 2018-11, 2024-11, 2025-07"),
        ("SP.POP.TOTL", "none"),
    ):
        with pytest.raises(SnapshotError) as raised:
            snapshot.read().with_release(code, "2001-01")
        assert str(raised.value) == (
            f"data/history holds no release 2001-01 of {code}; it holds {held}."
        )


def test_what_is_as_near_to_either_vintage_stands_beside_the_older(small_book):
    for vintage in ("2010-02", "2011-12", "current"):  # made in 2020-01
        small.write_vintage(small_book, vintage, FEW)
    for release in ("2011-01", "2011-02", "2019-12"):
        small.write_release(small_book, release, FEW)

    def beside():
        return [wdi.vintage for wdi in snapshot.history(small.CODE).values()]

    assert beside() == ["2010-02", "2011-12", "current"]
    path = small_book / "data" / "current" / "datapackage.json"
    described = json.loads(path.read_text(encoding="utf-8"))
    del described["created"]  # then nobody knows how new its figures are
    path.write_text(json.dumps(described), encoding="utf-8")
    assert beside() == ["2010-02", "2011-12", "2011-12"]


def test_a_history_lists_releases_alone(copy):
    folder = copy / "data" / "history" / "A.B"
    folder.mkdir()
    resource = {"name": "lately", "path": "lately.csv", "hash": "sha256:0"}
    (folder / "datapackage.json").write_text(json.dumps({"resources": [resource]}))
    with pytest.raises(SnapshotError) as raised:
        snapshot.history("A.B")
    assert str(raised.value) == "data/history/A.B lists lately, which is no release: remove it."


def test_a_broken_release_is_named(copy):
    path = copy / "data" / "history" / "SI.POV.GINI" / "2016-05.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(SnapshotError, match=r"history/SI\.POV\.GINI/2016-05\.csv is not the file"):
        snapshot.history("SI.POV.GINI")["2016-05"]["SI.POV.GINI"]


def test_a_release_that_is_written_is_read_back(copy):
    folder = copy / "data" / "history" / "SP.POP.TOTL"
    for release, value in (("2015-01", 1), ("2014-01", 2), ("2015-01", 3)):
        # ZZZ was dissolved: the vintage beside it does not list it.
        cells = [("BRA", 2000, value), ("ZZZ", 2000, 9)]
        one = package.Series("SP.POP.TOTL", "People", "", "", cells, {"title": "T"}, release, "h")
        package.write_release(folder, release, one)
    found = snapshot.history("SP.POP.TOTL")
    assert {name: wdi["SP.POP.TOTL"].loc["BRA", 2000] for name, wdi in found.items()} == {
        "2014-01": 2,
        "2015-01": 3,
    }
    assert list(found["2015-01"]["SP.POP.TOTL"].index) == ["BRA"]
    assert frictionless.validate(str(folder / "datapackage.json")).valid


# What a chapter depends on


def test_fingerprints_name_every_file_that_reading_depends_on(book_root):
    found = snapshot.fingerprints(["SI.POV.GINI", NOW, "NO.SUCH"], ["groups"])
    data = book_root / "data"
    files = {
        ("2013-12", FORMER): data / "2013-12" / f"{FORMER}.csv",
        ("current", NOW): data / "current" / f"{NOW}.csv",
        ("current", "economies"): data / "current" / "economies.csv",
        ("tables", "groups"): data / "groups.csv",
        ("history", "SI.POV.GINI/2018-11"): data / "history" / "SI.POV.GINI" / "2018-11.csv",
    }
    for (part, name), path in files.items():
        assert found[part][name] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert {part: len(prints) for part, prints in found.items()} == {
        **dict.fromkeys(VINTAGES, 3),
        "tables": 1,
        "history": 5,
    }
    assert set(snapshot.fingerprints(["SP.POP.TOTL"])) == set(VINTAGES)


def test_a_book_without_shared_tables_is_fingerprinted(small_book):
    small.write_vintage(small_book, "current", FEW)
    wdi = snapshot.read()
    prints = {name: wdi.sha256(name) for name in ("economies", small.CODE)}
    assert snapshot.fingerprints([small.CODE, small.CODE]) == {"current": prints}


@pytest.mark.parametrize(
    "name",
    ["current/SI.POV.GINI", "2013-12/economies", "groups", "history/SI.POV.GINI/2016-05"],
)
def test_fingerprints_are_verified(copy, name):
    path = copy / "data" / f"{name}.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(SnapshotError, match=f"data/{name}.csv is not the file"):
        snapshot.fingerprints(["SI.POV.GINI"], ["groups"])


def test_a_window_holds_both_its_ends():
    frame = pd.DataFrame([[1, 2, 3, 4]], columns=[1999, 2000, 2001, 2002])
    assert list(window(frame, "2000-2001").columns) == [2000, 2001]
    assert list(window(frame, "2000-2000").columns) == [2000]
    for wrong in ("2001-2000", "2000", "2000 to 2001"):
        with pytest.raises(ValueError, match="not two years in order") as raised:
            window(frame, wrong)
        assert str(raised.value) == (
            f"The window {wrong!r} is not two years in order, such as 1988-1995."
        )


def test_values_are_numbers():
    for vintage in VINTAGES:
        wdi = snapshot.read(vintage)
        for code in wdi.codes:
            assert wdi[code].dtypes.eq(np.float64).all(), (vintage, code)


def test_a_change_is_that_of_the_economies_with_figures_in_both_windows():
    frame = pd.DataFrame(
        {2000: [1.0, 2, None], 2001: [3.0, None, 4], 2002: [None, 9, 9], 2003: [7.0, 1, None]},
        index=["AAA", "BBB", "CCC"],
    )
    assert change(frame, "2000-2001", "2002-2003").to_dict() == {"AAA": 5, "BBB": 3, "CCC": 5}
    assert change(frame, "2000-2000", "2002-2003", "max").to_dict() == {"AAA": 6, "BBB": 7}
    with pytest.raises(ValueError, match="not two years in order"):
        change(frame, "2000-2001", "2003-2002")


def test_a_share_of_a_total_counts_those_that_report_in_both_windows():
    def frame(*rows):
        years = [2000, 2001, 2002, 2003]
        return pd.DataFrame(rows, columns=years, index=["AAA", "BBB", "CCC"], dtype=float)

    sold = frame([1, 1, 3, 3], [3, 3, 3, 3], [None, 4, 6, None])
    start, end, group = "2000-2001", "2002-2003", ["AAA", "CCC"]
    points = "points of the world total"
    moved = share_change(sold, group, start, end)
    assert (moved.value, moved.n, moved.unit, moved.exact) == (25, 2, points, True)
    assert moved.economies.to_dict() == {"AAA": 25, "BBB": -25}
    assert share_change(sold, group, start, end, reporters="any year").value == 12.5
    gone = frame([1, 1, 3, 3], [3, 3, 3, 3], [4, 4, None, None])
    assert share_change(gone, group, start, end, reporters="whoever reports").value == -12.5
    assert share_change(sold, group, start, end, without=["AAA"]).value == 0

    output = frame([2, 2, 4, 4], [2, 2, 4, 4], [1, 1, 1, 1])
    assert share_change(sold, group, start, end, less=output).value == 25
    output = frame([2, 2, 12, 12], [2, 2, 4, 4], [1, 1, 1, 1])
    assert share_change(sold, group, start, end, less=output).value == 0

    assert share_change(sold, group, start, "2002-2004") is None
    assert share_change(sold, group, start, end, without=["AAA", "BBB"]) is None
    with pytest.raises(ValueError, match="reporters is 'every window'; it is one of every year"):
        share_change(sold, group, start, end, reporters="every window")


def test_a_share_of_a_total_is_told_without_some_economies():
    names = [f"X{place:02}" for place in range(12)]
    values = pd.DataFrame({2000: range(1, 13), 2001: range(3, 27, 2)}, names, dtype=float)
    years, group = ("2000-2000", "2001-2001"), names[:4]
    whole = share_change(values, group, *years)
    left = share_change(values.drop(names[2]), group, *years)
    assert whole.value_without([names[2]]) == left.value != whole.value
    assert whole.value_without(names[:3]) is None  # nine are too few
