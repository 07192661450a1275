"""`claimbook refresh` against a double of the World Bank's API, on good days and bad ones."""

import csv
import json
import os
import shutil
import time

import click
import pytest
from click.testing import CliRunner

import api_double as bad
from api_double import ApiDouble, Fault, World
from claimbook.commands import data as commands
from claimbook.data import snapshot, swap
from claimbook.sources import refresh, responses, worldbank

CODES = ["NY.GDP.MKTP.CD", "SI.POV.GINI", "SP.POP.TOTL"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Out of the book, where no chapter is executed, and with little patience."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CLAIMBOOK_ROOT", raising=False)
    monkeypatch.setenv("CLAIMBOOK_PATIENCE", "3")


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def world():
    return World.small(CODES)


def run(double, data, *arguments, codes=tuple(CODES)):
    return CliRunner().invoke(
        commands.refresh,
        [*codes, "--endpoint", double.endpoint, "--data", str(data), *arguments],
    )


@pytest.fixture(scope="module")
def fetched(tmp_path_factory):
    """A data folder with two vintages, fetched from a sound server: to be copied."""
    folder, world = tmp_path_factory.mktemp("fetched") / "data", World.small(CODES)
    folder.mkdir()
    world.releases["201312"] = world.figures
    with pytest.MonkeyPatch.context() as patch, ApiDouble(world) as double:
        patch.delenv("CLAIMBOOK_ROOT", raising=False)
        patch.chdir(folder.parent)
        for vintage in ("current", "2013-12"):
            assert run(double, folder, "--vintage", vintage).exit_code == 0
    return folder


@pytest.fixture
def held(data, world, fetched):
    """A copy of it, and a server that has the same."""
    world.releases["201312"] = world.figures
    shutil.copytree(fetched, data, dirs_exist_ok=True)
    return data


def contents(data):
    return {
        str(path.relative_to(data)): path.read_bytes() if path.is_file() else None
        for path in data.rglob("*")
    }


def rows(path):
    with path.open(encoding="utf-8", newline="") as lines:
        return [tuple(row) for row in csv.reader(lines)][1:]


def expected(figures):
    filled = {cell: value for cell, value in figures.items() if value is not None}
    return sorted((economy, str(year), json.dumps(v)) for (economy, year), v in filled.items())


# A sound server


def test_rows_are_those_served_one_for_one_and_digit_for_digit(data, world):
    world.figures["SI.POV.GINI"] |= {
        ("BRA", 2000): 0,
        ("BRA", 2001): 53.10000000000001,
        ("BRA", 2002): 1.2e-05,
        ("BRA", 2003): 60.0,
        ("NAM", 2004): None,
        ("NAM", 2005): 61,
    }
    with ApiDouble(world) as double:
        result = run(double, data)
    assert result.exit_code == 0, result.output
    for code in CODES:
        assert rows(data / "current" / f"{code}.csv") == expected(world.figures[code])
    assert os.listdir(data) == ["current"]


def test_the_list_of_economies_is_the_banks(data, world):
    with ApiDouble(world) as double:
        run(double, data)
    found = dict((row[0], row[1:]) for row in rows(data / "current" / "economies.csv"))
    assert found["NAM"] == (
        "NA",
        "Namibia",
        "East Asia & Pacific",
        "High income",
        "Not classified",
        "0",
    )
    assert found["WLD"] == ("WL", "World", "", "", "", "1")
    assert set(found) == set(world.economies)


def test_a_group_named_by_its_code_only_has_its_name_from_the_banks_lists(data, world):
    for row in world.economies.values():
        for group in ("region", "incomeLevel", "lendingType"):
            row[group] = {"id": row[group]["id"]}
    with ApiDouble(world) as double:
        assert run(double, data).exit_code == 0
    found = snapshot.Snapshot(data / "current").economies.loc["NAM"]
    assert (found["region"], found["income_group"]) == ("East Asia & Pacific", "High income")
    assert found["lending_type"] == "Not classified"


def test_a_new_vintage_says_where_it_came_from(data, world, monkeypatch):
    world.titles["NY.GDP.MKTP.CD"] = "GDP (BoP, current US$)"
    world.titles["SP.POP.TOTL"] = ""
    world.metadata["NY.GDP.MKTP.CD"] = {"Longdefinition": "All that is made. At market prices."}
    with ApiDouble(world) as double:
        run(double, data)
        endpoint = double.endpoint
    monkeypatch.setenv("CLAIMBOOK_DATA", str(data))
    wdi = snapshot.read()
    gdp = wdi.metadata("NY.GDP.MKTP.CD")
    assert (gdp["title"], gdp["unit"]) == ("GDP", "current US$")
    assert gdp["served_title"] == "GDP (BoP, current US$)"
    assert gdp["description"] == "All that is made."
    assert gdp["how"] == f"wbgapi, from the endpoint {endpoint}"
    assert gdp["vintage"] == world.updated
    assert wdi.metadata("SP.POP.TOTL")["title"] == "SP.POP.TOTL"
    assert wdi["SI.POV.GINI"].loc["BRA"].dropna().to_dict() == {
        year: value
        for (economy, year), value in world.figures["SI.POV.GINI"].items()
        if economy == "BRA"
    }


@pytest.mark.parametrize(
    ("served", "held", "title", "unit"),
    [
        ("GDP (BoP, current US$)", "", "GDP", "current US$"),
        ("Gini index (World Bank estimate)", "", "Gini index (World Bank estimate)", ""),
        ("Poverty (2021 PPP) (% of population)", "", "Poverty (2021 PPP)", "% of population"),
        ("Jobs (% of all) (modeled ILO estimate)", "", "Jobs (modeled ILO estimate)", "% of all"),
        ("Prices (2015 = 100)", "2000 = 100", "Prices", "2015 = 100"),
        ("Prices (2015 = 100)", "index, 2015 = 100", "Prices", "index, 2015 = 100"),
        ("GDP (constant 2021 PPP $)", "constant 2017 PPP $", "GDP", "constant 2021 PPP $"),
        ("Gini index", "0-100", "Gini index", "0-100"),
    ],
)
def test_the_unit_is_taken_where_it_is_one(served, held, title, unit):
    assert worldbank.named(served, {"unit": held}) == (title, unit)


def test_a_new_base_year_is_a_new_unit_and_other_words_are_kept(held, world):
    package = held / "current" / "datapackage.json"
    text = json.loads(package.read_text(encoding="utf-8"))
    for resource in text["resources"]:
        if resource["name"] in CODES:
            resource |= {"unit": "constant 2015 US$", "description": "A note of ours."}
    package.write_text(json.dumps(text), encoding="utf-8")
    world.titles["NY.GDP.MKTP.CD"] = "GDP (constant 2021 US$)"
    world.titles["SI.POV.GINI"] = "Gini index"
    with ApiDouble(world) as double:
        result = run(double, held)
    assert "unit was 'constant 2015 US$', is 'constant 2021 US$'" in result.output
    after = snapshot.Snapshot(held / "current")
    assert after.metadata("NY.GDP.MKTP.CD")["unit"] == "constant 2021 US$"
    assert after.metadata("SI.POV.GINI")["unit"] == "constant 2015 US$"
    assert after.metadata("SI.POV.GINI")["description"] == "A note of ours."


def test_a_dated_vintage_is_fetched_from_the_archives(data, world):
    world.releases["201312"] = {
        code: {cell: value + 1 for cell, value in figures.items()}
        for code, figures in world.figures.items()
    }
    with ApiDouble(world) as double:
        result = run(double, data, "--vintage", "2013-12")
        asked = double.asked("data")
    assert result.exit_code == 0, result.output
    assert all("/sources/57/" in one and "/version/201312?" in one for one in asked)
    assert rows(data / "2013-12" / "SI.POV.GINI.csv") == expected(
        world.releases["201312"]["SI.POV.GINI"]
    )


def test_other_series_are_carried_over_byte_for_byte(held, world):
    before = contents(held / "current")
    world.figures["SI.POV.GINI"]["BRA", 2001] = 33.3
    with ApiDouble(world) as double:
        result = run(double, held, codes=["SI.POV.GINI"])
        assert len(double.asked("data")) == 1
    after = contents(held / "current")
    assert result.exit_code == 0, result.output
    assert {name for name in after if after[name] != before[name]} == {
        "SI.POV.GINI.csv",
        "datapackage.json",
    }


def test_an_economy_that_only_carried_figures_name_stays_listed(held, world):
    del world.economies["ZWE"]
    with ApiDouble(world) as double:
        result = run(double, held, "--accept", "SI.POV.GINI", codes=["SI.POV.GINI"])
    assert result.exit_code == 0, result.output
    after = snapshot.Snapshot(held / "current")
    assert "ZWE" in after["SP.POP.TOTL"].index
    assert "ZWE" not in after["SI.POV.GINI"].index


def test_a_damaged_file_is_not_carried_over(held, world):
    path = held / "current" / "SP.POP.TOTL.csv"
    path.write_bytes(path.read_bytes().replace(b"2", b"3", 1))
    before = contents(held)
    with ApiDouble(world) as double:
        result = run(double, held, codes=["SI.POV.GINI"])
    assert result.exit_code == 1
    assert "SP.POP.TOTL.csv is not the file that datapackage.json describes" in result.output
    assert contents(held) == before


def test_few_requests_few_at_a_time(data):
    codes = [f"XX.{at}" for at in range(20)]
    world = World.small(codes)
    with ApiDouble(world, latency=0.03) as double:
        assert run(double, data, codes=codes).exit_code == 0
        # The first alone, nineteen in groups of four; economies, three lists of groups, the titles.
        assert len(double.asked("data")) == 1 + 5
        assert len(double.requests) == 1 + 5 + 1 + 3 + 1
        assert 1 < double.most_at_once <= 6


@pytest.mark.parametrize(
    ("rows", "per_page", "size"), [(14_630, 32_500, 2), (17_556, 32_500, 3), (70, 32_500, 4)]
)
def test_series_are_grouped_for_the_fewest_requests(rows, per_page, size):
    codes = [f"S{at}" for at in range(39)]
    groups = worldbank.packed(codes, rows=rows, per_page=per_page)
    assert [code for group in groups for code in group] == codes
    assert {len(group) for group in groups[:-1]} == {size}


def test_a_server_that_caps_its_pages_and_says_so_is_read_to_the_end(data, world):
    with ApiDouble(world, caps_pages_at=9) as double:
        result = run(double, data)
        assert len(double.asked("data")) == 3 * 8
    assert result.exit_code == 0, result.output
    assert rows(data / "current" / "SI.POV.GINI.csv") == expected(world.figures["SI.POV.GINI"])


def test_a_server_that_refuses_large_pages_is_asked_for_small_ones(data, world):
    def refuse(answer):
        if int(answer.body["per_page"]) > 1000:
            answer.status, answer.raw = 400, bad.HTML

    with ApiDouble(world, Fault(refuse)) as double:
        result = run(double, data)
    assert result.exit_code == 0, result.output
    assert rows(data / "current" / "SI.POV.GINI.csv") == expected(world.figures["SI.POV.GINI"])


def test_a_server_that_takes_one_series_at_a_time_is_asked_so(data, world):
    def refuse(answer):
        if int(answer.body["total"]) > 70:
            answer.body = [{"message": [{"id": "120", "key": "Invalid value", "value": "no"}]}]

    with ApiDouble(world, Fault(refuse)) as double:
        result = run(double, data)
    assert result.exit_code == 0, result.output
    assert set(os.listdir(data / "current")) >= {f"{code}.csv" for code in CODES}


def test_a_server_that_fails_at_several_series_at_once_is_not_asked_for_them_again(data):
    codes = [f"XX.{at}" for at in range(40)]

    def fail(answer):
        if answer.body["total"] > 70:
            answer.status, answer.raw = 500, bad.HTML

    with ApiDouble(World.small(codes), Fault(fail)) as double:
        result = run(double, data, codes=codes)
        groups = {one for one in double.asked("data") if ";" in one}
    assert result.exit_code == 0, result.output
    assert len(groups) == worldbank.WORKERS


# Faults that pass


@pytest.mark.parametrize(
    "fault",
    [
        Fault(bad.status(502), times=2),
        Fault(bad.status(502), page=2, times=1),
        Fault(bad.status(429, Retry_After="1"), times=1),
        Fault(bad.status(503, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"), times=1),
        Fault(bad.raw(bad.XML), times=1),
        Fault(bad.truncate, times=1),
        Fault(bad.drop, times=2),
        Fault(bad.cut_rows(5), times=1),
        Fault(bad.status(502), kind="country", times=1),
        Fault(bad.status(502), kind="region", times=1),
        Fault(bad.status(500), kind="metadata"),
        Fault(bad.raw(b"nonsense"), kind="metadata"),
    ],
    ids=lambda fault: fault.kind,
)
def test_a_passing_fault_costs_nothing_but_time(data, world, fault):
    with ApiDouble(world, fault, caps_pages_at=40) as double:
        result = run(double, data)
    assert result.exit_code == 0, result.output
    for code in CODES:
        assert rows(data / "current" / f"{code}.csv") == expected(world.figures[code])
    # wbgapi.data would take World for an economy after country/all had failed once.
    wdi = snapshot.Snapshot(data / "current")
    assert list(wdi.aggregates.index) == ["WLD"]


def test_retry_after_is_waited_for(data, world):
    with ApiDouble(world, Fault(bad.status(429, Retry_After="1"), times=1)) as double:
        started = time.monotonic()
        assert run(double, data).exit_code == 0
        assert time.monotonic() - started > 1


# Faults that stay: the right exit code, one sentence, and the data as they were

FAILED, BROKEN = 1, 2


def message(key="Invalid value"):
    return [{"message": [{"id": "120", "key": key, "value": "The provided value is not valid"}]}]


def listed(**fields):
    """A list of economies whose first row says other things."""
    return Fault(bad.country_row(**fields), kind="country")


def numbers(answer):
    answer.body["source"]["data"] = [1] * len(bad.rows_of(answer))


STAYING = {
    "502": (Fault(bad.status(502)), FAILED, "answered 502 Bad Gateway"),
    "502 on page 2": (Fault(bad.status(502), page=2), FAILED, "answered 502"),
    "404": (Fault(bad.status(404)), FAILED, "answered 404 Not Found"),
    "429": (Fault(bad.status(429, Retry_After="1")), FAILED, "answered 429"),
    "429 for an hour": (Fault(bad.status(429, Retry_After="3600")), FAILED, "answered 429"),
    "XML": (Fault(bad.raw(bad.XML)), FAILED, "XML or HTML"),
    "HTML": (Fault(bad.raw(bad.HTML)), FAILED, "XML or HTML"),
    "no JSON": (Fault(bad.raw(b"")), FAILED, "no JSON"),
    "deep JSON": (Fault(bad.raw(b"[" * 100_000)), FAILED, "no JSON"),
    "another form": (Fault(bad.body({"page": 1})), FAILED, "without page, per_page and total"),
    "a number": (Fault(bad.body(7)), FAILED, "a form that is not the API's"),
    "message": (Fault(bad.body(message())), FAILED, "refused, saying"),
    "passing message": (Fault(bad.body(message("Service unavailable"))), FAILED, "refused"),
    "odd message": (Fault(bad.body([{"message": "no"}])), FAILED, "cannot be read"),
    "null": (Fault(bad.data_null), FAILED, "null where its rows should stand"),
    "truncated": (Fault(bad.truncate), FAILED, "broke off in the middle"),
    "hang": (Fault(bad.hang(30)), FAILED, "no complete answer"),
    "hang on page 2": (Fault(bad.hang(30), page=2), FAILED, "no complete answer"),
    "dropped": (Fault(bad.drop), FAILED, "dropped the connection"),
    "short page": (Fault(bad.cut_rows(31)), FAILED, "sent 31 rows on page 1"),
    "empty page 2": (Fault(bad.cut_rows(0), page=2), FAILED, "sent 0 rows on page 2"),
    "too many rows": (Fault(bad.header(total=3)), FAILED, "sent 40 rows on page 1"),
    "total 0": (Fault(bad.header(total=0)), FAILED, "total of 0"),
    "total grows": (Fault(bad.header(total=lambda n: n + 9), page=2), FAILED, "changed its total"),
    "total shrinks": (Fault(bad.header(total=lambda n: n - 9), page=2), FAILED, "changed its"),
    "total absurd": (Fault(bad.header(total="many")), FAILED, "without page, per_page and total"),
    "no page size": (Fault(bad.header(per_page=0)), FAILED, "in pages of 0"),
    "page 1 again": (Fault(bad.header(page=1), page=2), FAILED, "page 1 where page 2"),
    "no rows": (
        Fault(bad.body({"page": 1, "per_page": 40, "total": 0, "source": {"data": []}})),
        BROKEN,
        "serves no rows",
    ),
    "another series": (Fault(bad.every_series("SP.POP.GROW")), BROKEN, "sent the series SP.POP"),
    "one row astray": (Fault(bad.variable("Series", "X.Y")), BROKEN, "sent the series X.Y"),
    "duplicates": (Fault(bad.duplicate, page=1), BROKEN, "stands twice"),
    "unknown economy": (Fault(bad.variable("Country", "QQQ")), BROKEN, "list lacks"),
    "a text": (Fault(bad.value("n/a")), BROKEN, "'n/a', which is no number"),
    "digits in a text": (Fault(bad.value("12.5")), BROKEN, "'12.5', which is no number"),
    "true": (Fault(bad.value(True)), BROKEN, "no number"),
    "a list": (Fault(bad.value([1])), BROKEN, "no number"),
    "1e300": (Fault(bad.value(1e300)), BROKEN, "1e+300, outside"),
    "1e999": (Fault(bad.value(10**400)), BROKEN, "not finite"),
    "NaN": (Fault(bad.value(float("nan"))), BROKEN, "not finite"),
    "infinity": (Fault(bad.value(float("inf"))), BROKEN, "not finite"),
    "1955": (Fault(bad.variable("Time", "YR1955", "1955")), BROKEN, "outside the years 1960–"),
    "2999": (Fault(bad.variable("Time", "YR2999", "2999")), BROKEN, "outside the years 1960–"),
    "a quarter": (Fault(bad.variable("Time", "YR2000Q1", "2000Q1")), BROKEN, "outside the years"),
    "a year that is a list": (Fault(bad.variable("Time", [1], "x")), BROKEN, "outside the years"),
    "a series that is a list": (Fault(bad.variable("Series", [1])), BROKEN, "sent the series [1]"),
    "a number of 1 MB": (Fault(bad.raw_value(b"1." + b"0" * 2**20)), BROKEN, "digits, more than"),
    "a value twice": (Fault(bad.raw_value(b'1, "value": 2')), FAILED, "says 'value' twice of one"),
    "a page without end": (Fault(bad.endless), FAILED, "a page of more than 4 MB"),
    "a page of brackets": (Fault(bad.raw(b"[[]" + b",[]" * 2**20)), FAILED, "more parts than any"),
    "another server": (Fault(bad.moved("http://localhost:9/v2")), FAILED, "on to another server"),
    "a title with bidi": (Fault(bad.titled("a\u202eb")), BROKEN, "U+202E"),
    "updated in 9999": (Fault(bad.header(lastupdated="9999-12-31")), BROKEN, "no day up to today"),
    "updated in the year 1": (Fault(bad.header(lastupdated="0001-01-01")), BROKEN, "no day up to"),
    "updated never": (Fault(bad.header(lastupdated="soon")), BROKEN, "no day up to today"),
    "a code that is a path": (listed(id="../../x"), BROKEN, "no code"),
    "NUL in a name": (listed(name="a\0b"), BROKEN, "U+0000"),
    "a name of 1 MB": (listed(name="a" * 2**20), BROKEN, "048,576 ch"),
    "a formula": (listed(name="=1+1"), BROKEN, "a spreadsheet would"),
    "no economies": (Fault(bad.status(502), kind="country"), FAILED, "answered 502"),
    "empty list": (Fault(bad.body([{"page": 1, "per_page": 9, "total": 0}, []]), kind="country"),
                   BROKEN, "names no economies"),
    "no aggregates": (Fault(bad.no_aggregates, kind="country"), BROKEN, "names no aggregates"),
    "no regions": (Fault(bad.status(502), kind="region"), FAILED, "answered 502"),
    "regions without codes": (Fault(bad.body([{"page": 1, "per_page": 9, "total": 1}, [{}]]),
                              kind="region"), BROKEN, "has a row without id"),
    "an economy that is a list": (Fault(bad.variable("Country", [1])), FAILED, "not the API's"),
    "rows that are numbers": (Fault(numbers), FAILED, "not the API's"),
    "a message without end": (Fault(bad.body(message("x" * 2**20))), FAILED, "refused, saying 'xx"),
    "rows without end": (Fault(bad.header(total=10**9)), FAILED, "1,000,000,000 rows, more than"),
    "packed twice": (Fault(bad.packed_twice), FAILED, "packed more than once"),
    "a wait for ever": (Fault(bad.status(429, Retry_After="9" * 400)), FAILED, "answered 429"),
    "a terminal's codes": (Fault(bad.variable("Country", "\x1b[2J" * 999)), BROKEN, r"\x1b[2J"),
    "digits of other scripts": (Fault(bad.variable("Time", "YR", "\u0662" * 4)), BROKEN, "outside"),
    "an economy without a name": (listed(name=" "), BROKEN, "has no name for BRA"),
    "an economy that is an aggregate": (listed(region={"id": "NA"}), BROKEN,
                                        "calls BRA an aggregate of late"),
    "everything": (Fault(bad.drop, kind=""), FAILED, "could not be reached"),
}  # fmt: skip


@pytest.mark.parametrize("name", STAYING)
def test_a_staying_fault_changes_nothing_and_is_said_in_a_sentence(
    held, world, name, monkeypatch, capfd
):
    # A server that hangs is given up on when patience ends: little is enough here, but for the one
    # that sends megabytes first.
    patience = "5" if name == "a page without end" else "1.2"
    monkeypatch.setenv("CLAIMBOOK_PATIENCE", patience)
    monkeypatch.setattr(responses, "MOST_BYTES", 4 << 20)
    fault, code, words = STAYING[name]
    world.figures = {
        series: {cell: value + 1 for cell, value in figures.items()}
        for series, figures in world.figures.items()
    }
    before = contents(held)
    again = Fault(fault.act, fault.kind, fault.page)
    with ApiDouble(world, again, caps_pages_at=40) as double:
        result = run(double, held)
    assert (result.exit_code, words in result.output) == (code, True), result.output
    assert isinstance(result.exception, SystemExit)
    assert len(result.output.splitlines()) == 1
    assert result.output.endswith(".\n")
    assert result.output.rstrip().isprintable()
    assert len(result.output) < 1_000
    assert capfd.readouterr() == ("", "")
    assert contents(held) == before


def test_a_server_that_is_not_there(held):
    before = contents(held)
    with ApiDouble(World.small(CODES)) as double:
        pass
    result = run(double, held)
    assert result.exit_code == FAILED
    assert "could not be reached" in result.output
    assert contents(held) == before


def test_a_release_that_is_not_the_one_asked_for_is_refused(data, world):
    world.releases["201312"] = world.figures
    with ApiDouble(world, Fault(bad.variable("Version", "201904"))) as double:
        result = run(double, data, "--vintage", "2013-12")
    assert result.exit_code == BROKEN
    assert "version 201904 where 201312 was asked for" in result.output
    assert os.listdir(data) == []


def test_rows_that_do_not_repeat_the_release_are_taken(data, world):
    world.releases["201312"] = world.figures

    def leave_out(answer):
        for row in bad.rows_of(answer):
            row["variable"] = [one for one in row["variable"] if one["concept"] != "Version"]

    with ApiDouble(world, Fault(leave_out)) as double:
        assert run(double, data, "--vintage", "2013-12").exit_code == 0
    assert rows(data / "2013-12" / "SI.POV.GINI.csv") == expected(world.figures["SI.POV.GINI"])


def test_old_releases_name_economies_by_former_codes_and_aggregates_that_are_gone(data, world):
    """Romania was ROM, and in 2013 there was an aggregate of rich countries outside the OECD."""
    world.economies |= {"ROU": bad.country("ROU", "Romania"), "ROM": bad.country("ROM", "Romania")}
    world.economies |= {"NOC": bad.country("NOC", "High income: nonOECD", aggregate=True)}
    served = {("BRA", 2000): 31.5, ("ROM", 2000): 32.5, ("ROU", 2001): 33.5, ("NOC", 2000): 34.5}
    for release in ("201312", "201504"):
        world.releases[release] = {"SI.POV.GINI": served | {("ROM", 2001): 99.5}}

    def of_today(answer):
        kept = [row for row in bad.rows_of(answer) if row["id"] not in ("ROM", "NOC")]
        bad.header_of(answer)["total"], answer.body[1] = len(kept), kept

    with ApiDouble(world) as double:
        assert run(double, data, "--vintage", "2013-12", codes=["SI.POV.GINI"]).exit_code == 0
        double.faults = [Fault(of_today, kind="country")]
        result = run(double, data, "--vintage", "2015-04", codes=["SI.POV.GINI"])
        unknown = run(double, data.parent, "--vintage", "2015-04", codes=["SI.POV.GINI"])
    assert result.exit_code == 0, result.output
    assert rows(data / "2015-04" / "SI.POV.GINI.csv") == [
        ("BRA", "2000", "31.5"),
        ("NOC", "2000", "34.5"),
        ("ROU", "2000", "32.5"),
        ("ROU", "2001", "33.5"),
    ]
    assert "NOC" in snapshot.Snapshot(data / "2015-04").aggregates.index
    # Whether it is an economy cannot be told where no vintage held lists it.
    assert (unknown.exit_code, "NOC 2000 is of an economy" in unknown.output) == (BROKEN, True)


def test_a_release_that_the_archives_lack_is_not_fetched(data, world):
    with ApiDouble(world) as double:
        result = run(double, data, "--vintage", "1990-01")
    assert result.exit_code == FAILED
    assert "check the code and the vintage" in result.output
    assert os.listdir(data) == []


@pytest.mark.parametrize(("code", "value"), [("SI.POV.GINI", 100.5), ("SP.POP.TOTL", -1)])
def test_a_value_beyond_its_band_is_refused_with_the_reason(data, world, code, value):
    world.figures[code]["BRA", 2001] = value
    with ApiDouble(world) as double:
        result = run(double, data)
    assert result.exit_code == BROKEN
    assert f"{code}: the cell BRA 2001 is {value}, outside 0 to " in result.output


def test_gdp_shares_and_growth_have_no_band(data, world):
    codes = ["NE.TRD.GNFS.ZS", "NY.GDP.MKTP.KD.ZG", "BX.KLT.DINV.WD.GD.ZS"]
    world = World.small(codes)
    world.figures["NE.TRD.GNFS.ZS"]["BRA", 2001] = 420.5
    world.figures["NY.GDP.MKTP.KD.ZG"]["BRA", 2001] = -62.1
    world.figures["BX.KLT.DINV.WD.GD.ZS"]["BRA", 2001] = -1303.1
    with ApiDouble(world) as double:
        assert run(double, data, codes=codes).exit_code == 0


def test_the_figures_held_lie_within_their_bands(book_root):
    from claimbook.data.series import band

    for vintage in sorted(path.parent for path in (book_root / "data").glob("*/economies.csv")):
        for path in sorted(vintage.glob("[!e]*.csv")):
            values, limits = snapshot.read_long(path)["value"], band(path.stem)
            assert limits.low <= values.min() <= values.max() <= limits.high, path


# The contract between vintages


def test_an_emptied_cell_is_refused_until_it_is_accepted(held, world):
    before = contents(held)
    for year in (2001, 2002, 2003):
        world.figures["SP.POP.TOTL"]["BRA", year] = None
    del world.figures["SI.POV.GINI"]["CHN", 2000]
    with ApiDouble(world) as double:
        refused = run(double, held)
        half = run(double, held, "--accept", "SP.POP.TOTL")
        assert contents(held) == before
        accepted = run(double, held, "--accept", "SP.POP.TOTL", "--accept", "SI.POV.GINI")
    assert refused.exit_code == half.exit_code == BROKEN
    assert "SP.POP.TOTL has lost 3 filled cells (BRA 2001, BRA 2002, BRA 2003)" in refused.output
    assert "`--accept SI.POV.GINI --accept SP.POP.TOTL`" in refused.output
    assert "SP.POP.TOTL" not in half.output
    assert accepted.exit_code == 0, accepted.output
    assert "SP.POP.TOTL: 3 removed" in accepted.output


def not_found(code):
    """Answer what asks for a series as the Bank does where it knows no such series."""

    def act(answer):
        if code in json.dumps(answer.body["source"]["data"]):
            answer.raw = bad.NOT_FOUND

    return Fault(act)


def gone(code):
    def act(answer):
        if code in json.dumps(answer.body["source"]["data"]):
            answer.status, answer.raw = 404, bad.HTML

    return Fault(act)


def no_rows(answer):
    answer.body["total"], answer.body["source"]["data"] = 0, []


@pytest.mark.parametrize("codes", [CODES, ["SP.POP.TOTL"], ["SP.POP.TOTL", "SI.POV.GINI"]])
@pytest.mark.parametrize("how", ["refused", "refused in XML", "404", "no rows", "only empty rows"])
def test_a_series_may_vanish_only_if_accepted(held, world, how, codes):
    before = contents(held)
    faults = []
    if how == "refused":
        del world.figures["SP.POP.TOTL"]
    elif how == "only empty rows":
        world.figures["SP.POP.TOTL"] = {}
    else:
        act = {"refused in XML": not_found, "404": gone}.get(how)
        faults = [act("SP.POP.TOTL") if act else Fault(without("SP.POP.TOTL"))]
    with ApiDouble(world, *faults) as double:
        refused = run(double, held, codes=codes)
        assert contents(held) == before
        accepted = run(double, held, "--accept", "SP.POP.TOTL", codes=codes)
    assert refused.exit_code == BROKEN
    assert "SP.POP.TOTL" in refused.output
    assert "`--accept SP.POP.TOTL`" in refused.output
    assert accepted.exit_code == 0, accepted.output
    assert "SP.POP.TOTL: gone" in accepted.output
    assert not (held / "current" / "SP.POP.TOTL.csv").exists()


def without(code):
    def act(answer):
        if code in json.dumps(answer.body["source"]["data"]):
            no_rows(answer)

    return act


REFUSING = {
    "message": bad.body(message()),
    "XML": bad.raw(bad.NOT_FOUND),
    "404": bad.status(404),
    "no rows": no_rows,
}


@pytest.mark.parametrize("how", REFUSING)
@pytest.mark.parametrize("codes", [CODES, CODES[:1]])
def test_accepting_every_loss_does_not_accept_a_server_that_refuses_everything(
    held, world, how, codes
):
    before = contents(held)
    accepted = [part for code in codes for part in ("--accept", code)]
    with ApiDouble(world, Fault(REFUSING[how])) as double:
        result = run(double, held, *accepted, codes=codes)
    assert result.exit_code == (BROKEN if how == "no rows" else FAILED), result.output
    assert contents(held) == before


def test_accepting_a_loss_does_not_accept_the_figures_of_another_series(held, world):
    before = contents(held)
    with ApiDouble(world, Fault(bad.every_series("SP.POP.GROW"))) as double:
        result = run(double, held, "--accept", "SP.POP.TOTL")
    assert result.exit_code == BROKEN
    assert contents(held) == before


def test_accepting_a_loss_does_not_accept_a_failing_server(held, world):
    before = contents(held)
    with ApiDouble(world, Fault(bad.status(502))) as double:
        result = run(double, held, "--accept", "SP.POP.TOTL", codes=["SP.POP.TOTL"])
    assert result.exit_code == FAILED
    assert contents(held) == before


def test_a_revision_is_measured_and_never_refused(held, world, tmp_path):
    gini = world.figures["SI.POV.GINI"]
    old = gini["BRA", 2001]
    gini["BRA", 2001] = old / 4
    gini["BRA", 2000] = 50.5
    with ApiDouble(world) as double:
        result = run(double, held, "--json", str(tmp_path / "report.json"))
    assert result.exit_code == 0, result.output
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    one = next(one for one in report["series"] if one["code"] == "SI.POV.GINI")
    assert (one["added"], one["removed"], one["revised"]) == (1, 0, 1)
    assert one["largest_absolute"]["economy"] == "BRA"
    assert one["largest_absolute"]["relative"] == pytest.approx(0.75)
    assert one["median_absolute"] == pytest.approx(old * 0.75)
    assert report["published"] is True


# Options and usage


def test_a_dry_run_says_all_and_changes_nothing(held, world, tmp_path):
    before = contents(held)
    world.figures["SI.POV.GINI"]["BRA", 2001] = 44.4
    with ApiDouble(world) as double:
        result = run(double, held, "--dry-run", "--json", str(tmp_path / "report.json"))
    assert result.exit_code == 0
    assert "SI.POV.GINI: 1 revised" in result.output
    assert "a dry run: data/current is as it was" in result.output
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["published"] is False
    assert contents(held) == before


def test_a_report_that_cannot_be_written_stops_the_refresh(held, world, tmp_path):
    before = contents(held)
    world.figures["SI.POV.GINI"]["BRA", 2001] = 44.4
    with ApiDouble(world) as double:
        result = run(double, held, "--json", str(tmp_path / "no" / "such" / "folder"))
        assert double.requests == []
    assert result.exit_code == 3
    assert "is no folder that can be written to" in result.output
    assert contents(held) == before


def test_a_report_says_published_only_once_it_is(held, world, tmp_path, monkeypatch):
    before, report = contents(held), tmp_path / "report.json"
    world.figures["SI.POV.GINI"]["BRA", 2001] = 44.4

    def fail(*_):
        raise OSError(28, "No space left on device")

    with ApiDouble(world) as double, monkeypatch.context() as patch:
        patch.setattr(swap, "publish", fail)
        result = run(double, held, "--json", str(report))
    assert result.exit_code == 1
    assert "No space left on device" in result.output
    assert json.loads(report.read_text(encoding="utf-8"))["published"] is False
    assert contents(held) == before


def test_quiet_says_nothing(data, world):
    with ApiDouble(world) as double:
        result = run(double, data, "--quiet")
    assert (result.exit_code, result.output) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["../evil"], "is no series code"),
        (["economies"], "is no series code"),
        (["SI.POV.GINI", "--vintage", "2013-13"], "is no vintage"),
        (["SI.POV.GINI", "--endpoint", "https://api.worldbank.org"], "ends in /v2"),
        (["SI.POV.GINI", "--endpoint", "ftp://api.worldbank.org/v2"], "ends in /v2"),
        (["SI.POV.GINI", "--data", "nowhere"], "does not exist"),
        (["SI.POV.GINI", "--accept", "SI.POV.GINY"], "Did you mean SI.POV.GINI?"),
        (["SI.POV.GINI", "--nonsense"], "No such option"),
        (["si.pov.gini"], "is held as SI.POV.GINI"),
        ([], "Or name the series to fetch"),
    ],
)
def test_wrong_usage_leaves_with_three(held, arguments, words):
    group = click.Group("claimbook", commands=[commands.refresh])
    where = [] if "--data" in arguments else ["--data", str(held)]
    result = CliRunner().invoke(group, ["refresh", *arguments, *where])
    assert (result.exit_code, words in result.output) == (3, True), result.output


def test_a_patience_that_is_no_number_is_wrong_usage(data, monkeypatch):
    monkeypatch.setenv("CLAIMBOOK_PATIENCE", "long")
    result = CliRunner().invoke(commands.refresh, ["SI.POV.GINI", "--data", str(data)])
    assert (result.exit_code, "CLAIMBOOK_PATIENCE" in result.output) == (3, True)


def test_a_second_refresh_says_so_and_stops(held, world):
    before = contents(held)
    with ApiDouble(world) as double, swap.exclusive(held):
        result = run(double, held)
        assert double.requests == []
    assert result.exit_code == 1
    assert "Another `claimbook refresh` is at work" in result.output
    assert contents(held) == before


def test_without_codes_the_series_of_the_claims_are_fetched(held, world):
    """In a vintage held, less those that only another vintage holds under that name."""
    named = ["SI.POV.GINI", "XX.NEW", "XX.OLD"]
    world.figures["XX.OLD"] = world.figures["SI.POV.GINI"]
    world.titles["XX.OLD"] = ""
    world.releases["201312"] = world.figures
    with ApiDouble(world) as double:
        assert run(double, held, "--vintage", "2013-12", codes=["XX.OLD"]).exit_code == 0
    assert refresh.series_of("current", named, held) == ["SI.POV.GINI", "XX.NEW"]
    assert refresh.series_of("2013-12", named, held) == ["SI.POV.GINI", "XX.NEW", "XX.OLD"]
    assert refresh.series_of("2019-04", named, held) == named


def test_wbgapi_is_left_as_it_was_found(data, world):
    import wbgapi

    before = wbgapi.endpoint, wbgapi.get_options
    with ApiDouble(world) as double:
        run(double, data)
    assert (wbgapi.endpoint, wbgapi.get_options) == before


@pytest.mark.parametrize(
    ("fault", "kept"),
    [
        (Fault(bad.cut_rows(31), page=1), 61),
        (Fault(bad.cut_rows(0), page=2), 40),
        (Fault(bad.cut_rows(30)), 60),
    ],
)
def test_wbgapi_alone_loses_rows_on_this_double(world, fault, kept):
    """The faults are real: without the checks above it, wbgapi takes a torn answer for whole."""
    import wbgapi

    bank = worldbank.WorldBank(endpoint="http://127.0.0.1:9/v2", patience=3)
    with ApiDouble(world, fault, caps_pages_at=40) as double, bank:
        wbgapi.endpoint = double.endpoint
        wbgapi.get_options = {}
        rows = wbgapi.fetch("sources/2/series/SI.POV.GINI/country/all/time/all", {"per_page": 40})
        served = list(rows)
    assert len(served) == kept < 70
