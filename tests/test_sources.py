"""Sources are a seam: a third one, witnesses from files, dissolved economies, histories."""

import csv
import hashlib
import json

import pytest
from click.testing import CliRunner

import api_double as bad
from api_double import ApiDouble, Fault, World
from claimbook.commands import data as commands
from claimbook.data import snapshot
from claimbook.sources import base, refresh
from claimbook.sources.worldbank import WorldBank

CODES = ["SI.POV.GINI", "SP.POP.TOTL"]
RELEASES = ("201312", "201904")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Out of the book, where no chapter is executed, and with little patience."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CLAIMBOOK_ROOT", raising=False)
    monkeypatch.setenv("CLAIMBOOK_PATIENCE", "3")


@pytest.fixture
def world():
    return World.small(CODES)


@pytest.fixture
def data(tmp_path, world):
    """A data folder with a current and a dated vintage."""
    folder = tmp_path / "data"
    folder.mkdir()
    world.releases = {release: dict(world.figures) for release in RELEASES}
    with ApiDouble(world) as double:
        for vintage in ("current", "2013-12"):
            result = run(folder, *CODES, "--vintage", vintage, "--endpoint", double.endpoint)
            assert result.exit_code == 0, result.output
    return folder


def run(data, *arguments):
    return CliRunner().invoke(commands.refresh, [*arguments, "--data", str(data)])


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


def rows(path):
    with path.open(encoding="utf-8", newline="") as lines:
        return [tuple(row) for row in csv.reader(lines)][1:]


# A third source


@base.register
class Toy(base.Source):
    """A publisher of one number a year, known to nothing but this file."""

    name = "Toy Office"
    licence = {"name": "CC0-1.0", "title": "CC0", "path": "https://example.org/licence"}  # noqa: RUF012
    prefixes = ("TOY.",)
    value = 12.5

    def fetch(self, codes, vintage):
        for code in codes:
            cells = [("BRA", 2001, base.Digits(str(self.value))), ("NAM", 2001, 7)]
            yield base.Served(code, cells, "A toy", "pieces", how="by hand", release="first")

    def cite(self, code):
        return {"title": "Toy Office, Yearbook", "path": f"https://example.org/{code}"}


def test_a_third_source_touches_nothing_else(data, world, monkeypatch):
    before = contents(data / "current")
    result = run(data, "TOY.COUNT")
    assert result.exit_code == 0, result.output
    assert result.output.endswith("1 series, 2 cells; data/current is replaced.\n")
    wdi = snapshot.Snapshot(data / "current")
    assert wdi["TOY.COUNT"].loc["BRA", 2001] == 12.5
    meta = wdi.metadata("TOY.COUNT")
    assert (meta["unit"], meta["how"], meta["vintage"]) == ("pieces", "by hand", "first")
    assert meta["licenses"] == [Toy.licence]
    assert wdi.cite("TOY.COUNT") == "Toy Office, Yearbook: A toy (TOY.COUNT); vintage current"
    assert wdi.cite("SI.POV.GINI", "TOY.COUNT").startswith("World Bank, World Development")
    after = contents(data / "current")
    assert {name for name in after if after[name] != before.get(name)} == {
        "TOY.COUNT.csv",
        "datapackage.json",
    }
    # Both sources in one order, and the figures of both renewed.
    monkeypatch.setattr(Toy, "value", 13)
    world.figures["SI.POV.GINI"]["BRA", 2001] = 33.25
    with ApiDouble(world) as double:
        result = run(data, "TOY.COUNT", "SI.POV.GINI", "--endpoint", double.endpoint)
        assert not [asked for asked in double.requests if "TOY" in asked]
    assert result.exit_code == 0, result.output
    wdi = snapshot.Snapshot(data / "current")
    assert wdi["TOY.COUNT"].loc["BRA", 2001] == 13
    assert wdi["SI.POV.GINI"].loc["BRA", 2001] == 33.25


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ([("QQQ", 2001, 1)], "QQQ 2001 is of an economy"),
        ([("BRA", 2001, 1), ("BRA", 2001, 2)], "BRA 2001 stands twice"),
        ([("BRA", 2001, "many")], "'many', which is no number"),
        ([("BRA", 1800, 1)], "outside the years"),
        ([(["BRA"], 2001, 1)], "whose economy or year is no text"),
        ([("BRA", "2001", 1)], "BRA 2001 lies outside the years"),
        ([], "0 rows are served for the series TOY.COUNT"),
        (None, "TOY.COUNT was asked for and left out"),
    ],
)
def test_every_source_keeps_the_same_contract(data, monkeypatch, cells, words):
    before = contents(data)
    served = [] if cells is None else [base.Served("TOY.COUNT", cells)]
    monkeypatch.setattr(Toy, "fetch", lambda *_: iter(served))
    result = run(data, "TOY.COUNT")
    assert (result.exit_code, words in result.output) == (2, True), result.output
    assert contents(data) == before


def test_a_source_without_a_list_of_economies_needs_a_vintage_that_has_one(tmp_path):
    (tmp_path / "data").mkdir()
    result = run(tmp_path / "data", "TOY.COUNT")
    assert result.exit_code == 2
    assert "fetch a series of the World Bank into it first" in result.output


def test_two_databases_of_the_bank_are_two_instances_of_one_class(world):
    world.releases = {"201312": {"SI.POV.GINI": {("BRA", 2000): 31.5}}}
    found = {}
    with ApiDouble(world) as double:
        for bank in (
            WorldBank(db=2, endpoint=double.endpoint),
            WorldBank(db=57, version="201312", endpoint=double.endpoint),
        ):
            with bank:
                bank.economies()
                (one,) = bank.fetch(["SI.POV.GINI"], "2013-12")
            found[bank] = {cell[:2]: float(cell[2]) for cell in one.cells if cell[2] is not None}
    today, then = found.values()
    assert then == {("BRA", 2000): 31.5}
    assert today == {cell: value for cell, value in world.figures["SI.POV.GINI"].items()}


# Witnesses from files

PUBLICATION = """
  - title: Book of Ginis 3
    path: https://example.org/ginis
    citation: A. Author, Ginis, 2020.
    licence: {{name: CC0-1.0, title: CC0, path: https://example.org/licence}}
    file: ginis.csv
    sha256: {sha256}
    release: "3"
    date: 2020-01-02
    from: 2000
    left_out: [TWN]
    how: "a named copy: example.org"
    doubts: A model.
    series:
      GINIS.DISP: {{column: disp, title: Gini of income, unit: points}}
      GINIS.DISP.SE: {{column: disp_se, title: Its standard error, unit: points}}
"""
FULL = "witnesses:" + PUBLICATION.format(sha256="a" * 64)
GINIS = """economy,year,disp,disp_se
BRA,1999,60,2
BRA,2000,59.5000,
BRA,2001,59.25,1.5
TWN,2000,30,1
NAM,2000,61,2.50
"""


def describe(data, folder, text=GINIS):
    folder.mkdir(exist_ok=True)
    (folder / "ginis.csv").write_text(text, encoding="utf-8")
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    catalogue = "witnesses:" + PUBLICATION.format(sha256=sha256)
    (data / "witnesses.yml").write_text(catalogue, encoding="utf-8")


def test_witnesses_are_brought_in_once_and_carried_byte_for_byte(data, world, tmp_path):
    describe(data, tmp_path / "files")
    result = run(data, "--from-files", str(tmp_path / "files"))
    assert result.exit_code == 0, result.output
    assert rows(data / "current" / "GINIS.DISP.csv") == [
        ("BRA", "2000", "59.5"),
        ("BRA", "2001", "59.25"),
        ("NAM", "2000", "61"),
    ]
    assert rows(data / "current" / "GINIS.DISP.SE.csv") == [
        ("BRA", "2001", "1.5"),
        ("NAM", "2000", "2.5"),
    ]
    wdi = snapshot.Snapshot(data / "current")
    meta = wdi.metadata("GINIS.DISP")
    assert meta["sources"] == [
        {
            "title": "Book of Ginis 3",
            "path": "https://example.org/ginis",
            "citation": "A. Author, Ginis, 2020.",
        }
    ]
    assert meta["licenses"][0]["name"] == "CC0-1.0"
    assert (meta["vintage"], meta["how"]) == ("3", "a named copy: example.org")
    assert meta["description"] == "A model."
    assert wdi.cite("GINIS.DISP") == "Book of Ginis 3: Gini of income (GINIS.DISP); vintage current"
    before = contents(data / "current")
    world.figures["SI.POV.GINI"]["BRA", 2001] = 33.25
    with ApiDouble(world) as double:
        assert run(data, *CODES, "--endpoint", double.endpoint).exit_code == 0
        assert not [asked for asked in double.requests if "GINIS" in asked]
    after = contents(data / "current")
    for name in ("GINIS.DISP.csv", "GINIS.DISP.SE.csv"):
        assert after[name] == before[name]
    assert snapshot.Snapshot(data / "current").metadata("GINIS.DISP") == meta


def test_a_refresh_that_names_no_series_leaves_witnesses_alone(data, tmp_path):
    describe(data, tmp_path / "files")
    named = ["SI.POV.GINI", "GINIS.DISP"]
    assert refresh.series_of("current", named, data) == ["SI.POV.GINI"]
    assert refresh.series_of("2019-04", named, data) == ["SI.POV.GINI"]


@pytest.mark.parametrize(
    ("arguments", "alter", "words"),
    [
        (["GINIS.DISP"], None, "run `claimbook refresh GINIS.DISP --from-files FOLDER`"),
        (["--from-files", "files"], ("59.25", "59.26"), "its sha256 differs"),
        (["--from-files", "files"], ("disp_se", "se"), "has no column disp_se"),
        (["--from-files", "files"], ("NAM", "QQQ"), "QQQ 2000 is of an economy"),
        (["--from-files", "files"], ("61", "n/a"), "'n/a', which is no number"),
        (["--from-files", "files"], ("61", "6_1"), "'6_1', which is no number"),
        (["--from-files", "files"], ("61", "nan"), "'nan', which is no number"),
        (["--from-files", "files"], ("2000,61", "20x0,61"), "NAM 20x0 lies outside the years"),
        (["--from-files", "files"], ("2000,61", "2000,61,1,1,1"), "cannot be read as a table"),
        (["--from-files", "files"], ("NAM", "N\0M"), "line 6: holds a NUL character"),
    ],
)
def test_a_file_that_is_not_as_described_is_refused(data, tmp_path, arguments, alter, words):
    describe(data, tmp_path / "files")
    if alter:
        text = GINIS.replace(*alter)
        if "sha256" in words:
            (tmp_path / "files" / "ginis.csv").write_text(text, encoding="utf-8")
        else:
            describe(data, tmp_path / "files", text)
    before = contents(data)
    result = run(data, *arguments)
    assert (result.exit_code, words in result.output) == (2, True), result.output
    assert len(result.output.splitlines()) == 1
    assert contents(data) == before


def test_a_file_that_is_not_there_is_named(data, tmp_path):
    describe(data, tmp_path / "files")
    (tmp_path / "files" / "ginis.csv").unlink()
    result = run(data, "--from-files", "files")
    assert result.exit_code == 1
    assert "ginis.csv is missing" in result.output


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "describes no file to bring in"),
        ("witnesses: [", "data/witnesses.yml, line 2: not YAML"),
        (FULL.replace("    path: https://example.org/ginis\n", ""), "1: 'path' is a required prop"),
        ("witnesses: 7\n", "witnesses: 7 is not of type 'array'"),
        (
            FULL.replace(", unit: points", "", 1),
            "1 series GINIS.DISP: 'unit' is a required property",
        ),
        (FULL.replace("aaa", "AAA"), "witnesses 1 sha256: 'AAA"),
        (FULL.replace("file: ", "file: ../"), "witnesses 1 file: '../ginis.csv'"),
        (FULL.replace("doubts:", "doubt:"), "'doubt' w"),
    ],
)
def test_a_catalogue_that_cannot_be_read_is_said(data, tmp_path, text, words):
    if text:
        (data / "witnesses.yml").write_text(text, encoding="utf-8")
    result = run(data, "--from-files", str(tmp_path))
    assert (result.exit_code in (1, 2), words in result.output) == (True, True), result.output
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize(
    ("code", "publisher", "licence", "cell", "value"),
    [
        ("SWIID.GINI.DISP", "Standardized World Income", "CC0-1.0", ("AFG", 2007), 31.4),
        ("SWIID.GINI.DISP.SE", "Standardized World Income", "CC0-1.0", ("AFG", 2007), 2.48),
        ("PWT.POP", "Penn World Table 10.01", "CC-BY-4.0", ("ABW", 1980), 0.060096),
    ],
)
def test_the_books_witnesses_name_their_own_source(
    book_root, code, publisher, licence, cell, value
):
    wdi = snapshot.Snapshot(book_root / "data" / "current")
    meta = wdi.metadata(code)
    assert meta["licenses"][0]["name"] == licence
    assert meta["sources"][0]["title"].startswith(publisher)
    assert wdi.cite(code).startswith(publisher)
    assert wdi[code].loc[cell] == value


# A release of the past


def test_a_release_is_judged_by_its_own_list_of_economies(data, world):
    """Dissolved economies are listed where figures name them; the list held stays otherwise."""
    before = contents(data / "2013-12")
    world.releases["201312"]["XX.NEW"] = {("BRA", 2001): 1, ("ANT", 2001): 2, ("SCG", 2002): 3}
    world.economies |= {"ANT": bad.country("ANT", ""), "SCG": bad.country("SCG", "")}
    # Today, Brazil is called otherwise: a past release does not mind.
    world.economies["BRA"] = bad.country("BRA", "Brasil")

    def of_today(answer):
        kept = [row for row in bad.rows_of(answer) if row["id"] not in ("ANT", "SCG")]
        bad.header_of(answer)["total"], answer.body[1] = len(kept), kept

    with ApiDouble(world, Fault(of_today, kind="country")) as double:
        result = run(data, "XX.NEW", "--vintage", "2013-12", "--endpoint", double.endpoint)
    assert result.exit_code == 0, result.output
    assert "economies added: ANT, SCG" in result.output
    assert rows(data / "2013-12" / "XX.NEW.csv") == [
        ("ANT", "2001", "2"),
        ("BRA", "2001", "1"),
        ("SCG", "2002", "3"),
    ]
    wdi = snapshot.Snapshot(data / "2013-12")
    assert wdi.economies.loc["ANT", "name"] == "Netherlands Antilles"
    assert wdi.economies.loc["BRA", "name"] == "Brazil"
    after = contents(data / "2013-12")
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"XX.NEW.csv", "datapackage.json", "economies.csv"}


def test_todays_figures_name_no_dissolved_economy(data, world):
    world.figures["SI.POV.GINI"]["ANT", 2001] = 40
    world.economies["ANT"] = bad.country("ANT", "")

    def of_today(answer):
        kept = [row for row in bad.rows_of(answer) if row["id"] != "ANT"]
        bad.header_of(answer)["total"], answer.body[1] = len(kept), kept

    with ApiDouble(world, Fault(of_today, kind="country")) as double:
        result = run(data, "SI.POV.GINI", "--endpoint", double.endpoint)
    assert (result.exit_code, "ANT 2001 is of an economy" in result.output) == (2, True)


# The history of a series


def history(data, double, *arguments):
    return run(data, "SI.POV.GINI", "--history", "--endpoint", double.endpoint, *arguments)


@pytest.fixture
def releases(world):
    world.releases = {
        "201312": {"SI.POV.GINI": {("BRA", 2000): 31.5, ("ROM", 2001): 30}},
        "201404": {"SP.POP.TOTL": {("BRA", 2000): 7}},
        "201904": {"SI.POV.GINI": {("BRA", 2000): 32.5, ("BRA", 2001): 33.5}},
    }
    world.economies["ROM"] = bad.country("ROM", "Romania")
    world.economies["ROU"] = bad.country("ROU", "Romania")
    return world


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("datapackage.json", '{"resources": [5]}', "resources 1: 5 is not of type 'object'"),
        ("2013-12.csv", "economy,year,value\n", "2013-12.csv is not the file that"),
    ],
)
def test_a_history_that_is_damaged_is_not_carried_over(data, releases, name, text, words):
    with ApiDouble(releases) as double:
        assert history(data, double).exit_code == 0
        (data / "history" / "SI.POV.GINI" / name).write_text(text, encoding="utf-8")
        before = contents(data)
        result = history(data, double)
    assert (result.exit_code, words in result.output) == (1, True), result.output
    assert contents(data) == before


def test_a_list_of_releases_names_months_each_asked_for_once(data, releases):
    def act(answer):
        named = ["201312", "201312", "201399", "999912", "x"]
        answer.body["source"][0]["concept"][0]["variable"] = [{"id": name} for name in named]

    with ApiDouble(releases, Fault(act, kind="version")) as double:
        assert history(data, double).exit_code == 0
        assert len(double.asked("data")) == 1


def test_every_release_that_holds_a_series_is_fetched(data, releases):
    with ApiDouble(releases) as double:
        result = history(data, double)
        asked = "".join(double.asked("data"))
    assert result.exit_code == 0, result.output
    assert "2 releases, 4 cells" in result.output
    folder = data / "history" / "SI.POV.GINI"
    assert set(contents(folder)) == {"2013-12.csv", "2019-04.csv", "datapackage.json"}
    assert rows(folder / "2013-12.csv") == [("BRA", "2000", "31.5"), ("ROU", "2001", "30")]
    assert rows(folder / "2019-04.csv") == [("BRA", "2000", "32.5"), ("BRA", "2001", "33.5")]
    assert all(f"/version/{release}?" in asked for release in releases.releases)
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    then, later = package["resources"]
    assert (then["name"], later["name"]) == ("2013-12", "2019-04")
    content = (folder / "2013-12.csv").read_bytes()
    assert then["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert then["bytes"] == len(content)
    assert then["how"].startswith("wbgapi")
    assert then["vintage"] == "2013-12, from the WDI archives (source 57)"
    assert then["sources"][0]["title"].startswith("World Bank")


def test_releases_held_from_elsewhere_are_carried_over(data, releases):
    from claimbook.data import package as writing

    folder = data / "history" / "SI.POV.GINI"
    copy = writing.Series(
        "SI.POV.GINI", "Gini", "", "", [("BRA", 2000, "30.5")], {"title": "x"}, "2020-01-01", "copy"
    )
    writing.write_release(folder, "2016-05", copy)
    before = contents(folder)
    with ApiDouble(releases) as double:
        assert history(data, double).exit_code == 0
    after = contents(folder)
    assert set(after) == {"2013-12.csv", "2016-05.csv", "2019-04.csv", "datapackage.json"}
    assert after["2016-05.csv"] == before["2016-05.csv"]


@pytest.mark.parametrize(
    ("fault", "exit_code", "words"),
    [
        (Fault(bad.status(502)), 1, "answered 502"),
        (Fault(bad.cut_rows(3)), 1, "sent 3 rows"),
        (Fault(bad.value("n/a")), 2, "no number"),
        (Fault(bad.value(150)), 2, "outside 0 to 100"),
        (Fault(bad.variable("Version", "209901")), 2, "version 209901 where"),
        (Fault(bad.variable("Country", "QQQ")), 2, "QQQ"),
        (Fault(bad.status(502), kind="version"), 1, "answered 502"),
        (Fault(bad.raw(bad.NOT_FOUND)), 2, "does not serve the series SI.POV.GINI"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_history_is_fetched_all_or_nothing(data, releases, fault, exit_code, words):
    with ApiDouble(releases) as double:
        assert history(data, double).exit_code == 0
    before = contents(data)
    releases.releases["202001"] = {"SI.POV.GINI": {("BRA", 2000): 34.5}}
    with ApiDouble(releases, fault) as double:
        result = history(data, double)
    assert (result.exit_code, words in result.output) == (exit_code, True), result.output
    assert len(result.output.splitlines()) == 1
    assert contents(data) == before


def test_a_release_that_loses_cells_is_refused_until_accepted(data, releases):
    with ApiDouble(releases) as double:
        assert history(data, double).exit_code == 0
        before = contents(data)
        del releases.releases["201904"]["SI.POV.GINI"]["BRA", 2001]
        refused = history(data, double)
        assert contents(data) == before
        rehearsed = history(data, double, "--accept", "SI.POV.GINI", "--dry-run")
        assert contents(data) == before
        accepted = history(data, double, "--accept", "SI.POV.GINI")
    assert refused.exit_code == 2
    assert "SI.POV.GINI has lost 1 filled cell (BRA 2001)" in refused.output
    assert "a dry run: data/history/SI.POV.GINI is as it was" in rehearsed.output
    assert accepted.exit_code == 0
    assert rows(data / "history" / "SI.POV.GINI" / "2019-04.csv") == [("BRA", "2000", "32.5")]


@pytest.mark.parametrize("codes", [[], CODES])
def test_a_history_is_of_one_series(data, codes):
    import click

    group = click.Group("claimbook", commands=[commands.refresh])
    result = CliRunner().invoke(group, ["refresh", *codes, "--history", "--data", str(data)])
    assert (result.exit_code, "takes one CODE" in result.output) == (3, True)


def test_a_renamed_series_is_asked_for_by_the_code_that_the_vintage_holds(data, world):
    """2013-12 holds a series under a former code; the claims name today's."""
    package = data / "2013-12" / "datapackage.json"
    held = json.loads(package.read_text(encoding="utf-8"))
    for resource in held["resources"]:
        if resource["name"] == "SP.POP.TOTL":
            resource["aliases"] = ["SP.POP.NOW"]
    package.write_text(json.dumps(held), encoding="utf-8")
    named = ["SI.POV.GINI", "SP.POP.NOW"]
    assert refresh.series_of("2013-12", named, data) == CODES
    cell = ("BRA", 2001)
    world.releases["201312"]["SP.POP.TOTL"] = world.figures["SP.POP.TOTL"] | {cell: 31.5}
    with ApiDouble(world) as double:
        result = run(data, "SP.POP.NOW", "--vintage", "2013-12", "--endpoint", double.endpoint)
        assert not [asked for asked in double.requests if "SP.POP.NOW" in asked]
    assert result.exit_code == 0, result.output
    wdi = snapshot.Snapshot(data / "2013-12")
    assert list(wdi.codes) == CODES
    assert wdi["SP.POP.NOW"].loc[cell] == wdi["SP.POP.TOTL"].loc[cell] == 31.5
