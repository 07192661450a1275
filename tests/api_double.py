"""A double of the World Bank's API on 127.0.0.1: its own figures, and the faults of a bad day.

It answers what wbgapi asks (``sources/…``, ``country/all``, ``region``, ``incomelevel``,
``lendingtype``) and ``country/…/indicator/…``, in the form of the API's version 2.

>>> with ApiDouble(World.small(["SI.POV.GINI"])) as bank:
...     print(bank.endpoint)

``python tests/api_double.py --series 40 --latency 0.05`` serves a large world from a process of its
own, for the benchmark.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

# The API serves pages of 32,500 rows, and one of 50,000 it answers with an HTML error page.
LARGEST_PAGE = 32_767
REGIONS = {"EAS": "East Asia & Pacific", "LCN": "Latin America & Caribbean"}
INCOMES = {"HIC": "High income", "UMC": "Upper middle income"}
LENDING = {"IBD": "IBRD", "LNX": "Not classified"}
HTML = b"<!DOCTYPE html><html><body>Service unavailable</body></html>"
XML = b'<?xml version="1.0"?><wb:error xmlns:wb="http://www.worldbank.org"/>'
# What the advanced API says of a series or release it does not know, whatever format is asked for.
NOT_FOUND = (
    b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><wb:error xmlns:wb="http://www.worldbank.org">'
    b'<wb:message id="160" key="Data not found.">The provided parameter value is not valid or data '
    b"not found.</wb:message></wb:error>"
)


@dataclass
class World:
    """The figures that a double serves."""

    economies: dict[str, dict[str, Any]]
    years: list[int]
    titles: dict[str, str]
    # code → {(economy, year): value}; a cell left out is served as null.
    figures: dict[str, dict[tuple[str, int], Any]]
    # release such as "201312" → figures, for the archives (source 57)
    releases: dict[str, dict[str, dict[tuple[str, int], Any]]] = field(default_factory=dict)
    updated: str = "2026-07-01"
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    # Rows of whole series as text, made ready so that a benchmark does not time the double; a
    # world that a test may alter has none.
    rendered: dict[str, str] = field(default_factory=dict)

    @classmethod
    def small(cls, codes: Iterable[str], years: Iterable[int] = range(2000, 2010)) -> World:
        """Six economies and one aggregate; figures between 20 and 60, with digits and gaps."""
        names = {"BRA": "Brazil", "CHN": "China", "KOR": "Korea, Rep.", "NAM": "Namibia"}
        names |= {"USA": "United States", "ZWE": "Zimbabwe"}
        economies = {code: country(code, name) for code, name in names.items()}
        economies["WLD"] = country("WLD", "World", aggregate=True)
        years = list(years)
        figures = {
            code: {
                (economy, year): 20 + (7 * at + 13 * row + year) % 40 + 0.1234567890123
                for row, economy in enumerate(economies)
                for year in years
                if (row + year) % 5
            }
            for at, code in enumerate(codes)
        }
        return cls(economies, years, {code: f"Series {code} (%)" for code in figures}, figures)


def country(code: str, name: str, *, aggregate: bool = False) -> dict[str, Any]:
    """A row of country/all."""

    def of(groups: dict[str, str], chosen: str) -> dict[str, str]:
        return {"id": chosen, "iso2code": chosen[:2], "value": groups[chosen]}

    nothing = {"id": "", "iso2code": "", "value": ""}
    aggregated = {"id": "NA", "iso2code": "NA", "value": "Aggregates"}
    return {
        "id": code,
        "iso2Code": code[:2],
        "name": name,
        "region": aggregated if aggregate else of(REGIONS, "EAS"),
        "adminregion": nothing,
        "incomeLevel": aggregated if aggregate else of(INCOMES, "HIC"),
        "lendingType": aggregated if aggregate else of(LENDING, "LNX"),
        "capitalCity": "",
        "longitude": "" if aggregate else "1.5",
        "latitude": "" if aggregate else "2.5",
    }


@dataclass
class Answer:
    """What the double is about to send; a fault alters it."""

    kind: str  # data, country, time, concepts, region, incomelevel, lendingtype, metadata, …
    page: int
    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    cut: int | None = None  # bytes after which the connection is dropped
    delay: float = 0.0


@dataclass
class Fault:
    """Something that goes wrong with some answers.

    ``act`` alters the answer; it is called for answers of ``kind`` (any, if empty) on ``page``
    (any, if None), ``times`` times (for ever, if None).
    """

    act: Callable[[Answer], None]
    kind: str = "data"
    page: int | None = None
    times: int | None = None

    def strikes(self, answer: Answer) -> bool:
        if self.kind not in ("", answer.kind) or self.page not in (None, answer.page):
            return False
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0


class ApiDouble:
    """Serves a :class:`World` while its context lasts; ``requests`` lists what was asked."""

    def __init__(
        self,
        world: World,
        *faults: Fault,
        latency: float = 0.0,
        largest_page: int = LARGEST_PAGE,
        caps_pages_at: int | None = None,
        port: int = 0,
    ) -> None:
        self.world = world
        self.faults = list(faults)
        self.latency = latency
        self.largest_page = largest_page
        # Some servers serve a smaller page than was asked for, and say so.
        self.caps_pages_at = caps_pages_at or largest_page
        self.requests: list[str] = []
        self.at_once = 0
        self.most_at_once = 0
        self.over = threading.Event()
        self.lock = threading.Lock()
        self._fragments: dict[tuple[str, int], str] = {}
        double = self

        class Handler(_Handler):
            owner = double

        class Server(ThreadingHTTPServer):
            request_queue_size = 64

            def handle_error(self, *_: Any) -> None:
                """A client that hangs up is part of the day's work."""

        self.server = Server(("127.0.0.1", port), Handler)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/v2"

    def __enter__(self) -> ApiDouble:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    def asked(self, kind: str) -> list[str]:
        """The addresses asked for of one kind."""
        return [address for address in self.requests if _kind(_parts(address)) == kind]

    def answer(self, address: str) -> Answer:
        with self.lock:
            self.requests.append(address)
        if self.latency:
            time.sleep(self.latency)
        answer = self._sound(address)
        with self.lock:
            struck = [fault for fault in self.faults if fault.strikes(answer)]
        for fault in struck:
            if isinstance(answer.body, str):
                answer.body = json.loads(answer.body)
            fault.act(answer)
        return answer

    def _sound(self, address: str) -> Answer:
        parts, query = _parts(address), parse_qs(urlsplit(address).query)
        page = int(query.get("page", ["1"])[0])
        per_page = int(query.get("per_page", ["50"])[0])
        kind = _kind(parts)
        if per_page > self.largest_page:
            return Answer(kind, page, None, raw=HTML)
        per_page = min(per_page, self.caps_pages_at)
        make = getattr(self, f"_{kind}", None)
        if make is None:
            return Answer(kind, page, [{"message": [_message("120", "Invalid value")]}])
        return Answer(kind, page, make(parts, page, per_page))

    # The indicators API: [header, rows]

    def _country(self, _: list[str], page: int, per_page: int) -> Any:
        return _listed(list(self.world.economies.values()), page, per_page)

    def _region(self, _: list[str], page: int, per_page: int) -> Any:
        rows = [{"id": "", "code": c, "iso2code": c[:2], "name": n} for c, n in REGIONS.items()]
        return _listed(rows, page, per_page)

    def _incomelevel(self, _: list[str], page: int, per_page: int) -> Any:
        return _listed(_groups(INCOMES), page, per_page)

    def _lendingtype(self, _: list[str], page: int, per_page: int) -> Any:
        return _listed(_groups(LENDING), page, per_page)

    def _indicator(self, parts: list[str], page: int, per_page: int) -> Any:
        code, world = parts[3], self.world
        if code not in world.figures:
            return [{"message": [_message("120", "Invalid value")]}]
        rows = [
            {
                "indicator": {"id": code, "value": world.titles[code]},
                "country": {"id": one["iso2Code"], "value": one["name"]},
                "countryiso3code": economy,
                "date": str(year),
                "value": world.figures[code].get((economy, year)),
                "unit": "",
                "obs_status": "",
                "decimal": 1,
            }
            for economy, one in world.economies.items()
            for year in reversed(world.years)
        ]
        return _listed(rows, page, per_page, sourceid="2", lastupdated=world.updated)

    # The advanced API: {header, "source": …}

    def _concepts(self, parts: list[str], page: int, per_page: int) -> Any:
        names = ["Country", "Series", "Time"] + (["Version"] if parts[1] == "57" else [])
        concepts = [{"id": name, "value": name} for name in names]
        source = [{"id": parts[1], "name": "WDI", "concept": concepts}]
        return _header(1, per_page, len(concepts)) | {"source": source}

    def _time(self, parts: list[str], page: int, per_page: int) -> Any:
        years = [{"id": f"YR{year}", "value": str(year)} for year in self.world.years]
        return self._variables(parts[1], "Time", years, page, per_page)

    def _version(self, parts: list[str], page: int, per_page: int) -> Any:
        releases = [{"id": name, "value": name} for name in self.world.releases]
        return self._variables(parts[1], "Version", releases, page, per_page)

    def _variables(self, source: str, name: str, rows: list, page: int, per_page: int) -> Any:
        concept = {"id": name, "name": name, "variable": _slice(rows, page, per_page)}
        return _header(page, per_page, len(rows)) | {
            "source": [{"id": source, "name": "WDI", "concept": [concept]}]
        }

    def _metadata(self, parts: list[str], page: int, per_page: int) -> Any:
        found = [code for code in parts[3].split(";") if code in self.world.metadata]
        rows = [
            {
                "id": code,
                "metatype": [{"id": k, "value": v} for k, v in self.world.metadata[code].items()],
            }
            for code in found
        ]
        if not rows:
            return [{"message": [_message("120", "Invalid value")]}]
        return _header(1, per_page, len(rows)) | {
            "source": [
                {"id": parts[1], "name": "WDI", "concept": [{"id": "Series", "variable": rows}]}
            ]
        }

    def _data(self, parts: list[str], page: int, per_page: int) -> Any:
        dimensions = dict(zip(parts[2::2], parts[3::2], strict=False))
        version = dimensions.get("version")
        figures = self.world.figures if version is None else self.world.releases.get(version, {})
        codes = dimensions["series"].split(";")
        if not all(code in figures for code in codes):
            return [{"message": [_message("120", "Invalid value")]}]
        grid = len(self.world.economies) * len(self.world.years)
        total = grid * len(codes)
        start, stop = (page - 1) * per_page, min(page * per_page, total)
        rows = ",".join(
            part
            for at, code in enumerate(codes)
            if (part := self._rows(code, start - at * grid, stop - at * grid, figures, version))
        )
        header = _header(page, per_page, total) | {"lastupdated": self.world.updated}
        # Written by hand: a page of 32,500 rows is 7 MB, and the benchmark asks for many.
        return (
            f'{json.dumps(header)[:-1]}, "source": {{"id": "{parts[1]}", '
            f'"name": "World Development Indicators", "data": [{rows}]}}}}'
        )

    def _rows(self, code: str, start: int, stop: int, figures: dict, version: str | None) -> str:
        """The rows of one series from one place to another, as text."""
        grid = len(self.world.economies) * len(self.world.years)
        start, stop = max(start, 0), min(stop, grid)
        if self.world.rendered and (start, stop) == (0, grid):
            if code not in self.world.rendered:
                self.world.rendered[code] = self.joined(code, range(grid), figures, version)
            return self.world.rendered[code]
        return self.joined(code, range(start, stop), figures, version)

    def joined(self, code: str, places: range, figures: dict, version: str | None) -> str:
        return ",".join(self._row(code, at, figures, version) for at in places)

    def _row(self, code: str, at: int, figures: dict, version: str | None) -> str:
        economies = list(self.world.economies) if not self._fragments else self._order
        if not self._fragments:
            self._order = economies
        economy = economies[at // len(self.world.years)]
        year = self.world.years[at % len(self.world.years)]
        start = self._fragments.get(("country", economy))
        if start is None:
            name = json.dumps(self.world.economies[economy]["name"])
            start = f'{{"variable": [{{"concept": "Country", "id": "{economy}", "value": {name}}}, '
            self._fragments["country", economy] = start
        release = (
            f'{{"concept": "Version", "id": "{version}", "value": "{version}"}}, '
            if version
            else ""
        )
        value = figures[code].get((economy, year))
        return (
            f'{start}{release}{{"concept": "Series", "id": "{code}", '
            f'"value": "{self.world.titles.get(code, "")}"}}, '
            f'{{"concept": "Time", "id": "YR{year}", "value": "{year}"}}], '
            f'"value": {"null" if value is None else json.dumps(value)}}}'
        )


def _parts(address: str) -> list[str]:
    path = [unquote(part) for part in urlsplit(address).path.split("/") if part]
    # The endpoint and the language, which wbgapi adds: /v2/en/…
    path = path[1:]
    return path[1:] if path and re.fullmatch(r"[a-z]{2}", path[0]) else path


def _kind(parts: list[str]) -> str:
    if not parts:
        return "nothing"
    if parts[0] == "sources":
        if parts[-1] == "metadata":
            return "metadata"
        return "data" if len(parts) > 4 else parts[2] if len(parts) > 2 else "source"
    if parts[0] == "country" and "indicator" in parts:
        return "indicator"
    return parts[0]


def _header(page: int, per_page: int, total: int) -> dict[str, int]:
    return {"page": page, "pages": -(-total // per_page), "per_page": per_page, "total": total}


def _slice(rows: list, page: int, per_page: int) -> list:
    return rows[(page - 1) * per_page : page * per_page]


def _listed(rows: list, page: int, per_page: int, **more: str) -> Any:
    # This half of the API states its page size as text.
    header = _header(page, per_page, len(rows)) | {"per_page": str(per_page)} | more
    return [header, _slice(rows, page, per_page)]


def _groups(groups: dict[str, str]) -> list[dict[str, str]]:
    return [{"id": code, "iso2code": code[:2], "value": name} for code, name in groups.items()]


def _message(number: str, key: str) -> dict[str, str]:
    return {"id": number, "key": key, "value": "The provided parameter value is not valid"}


class _Handler(BaseHTTPRequestHandler):
    owner: ApiDouble
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        owner = self.owner
        with owner.lock:
            owner.at_once += 1
            owner.most_at_once = max(owner.most_at_once, owner.at_once)
        try:
            self._send(owner.answer(self.path))
        finally:
            with owner.lock:
                owner.at_once -= 1

    def _send(self, answer: Answer) -> None:
        if answer.delay:
            self.owner.over.wait(answer.delay)
        self.close_connection = True
        if answer.cut == 0:
            return
        body = answer.raw
        if body is None:
            text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
            body = text.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json;charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: answer.cut])


# Faults. Each returns what alters an answer: Fault(short(5), page=2)


def rows_of(answer: Answer) -> list:
    """The rows of an answer, in either form, to be altered in place."""
    return answer.body[1] if isinstance(answer.body, list) else answer.body["source"]["data"]


def header_of(answer: Answer) -> dict:
    """The header of an answer, in either form."""
    return answer.body[0] if isinstance(answer.body, list) else answer.body


def status(code: int, **headers: str) -> Callable[[Answer], None]:
    def act(answer: Answer) -> None:
        answer.status, answer.raw = code, HTML
        answer.headers |= {name.replace("_", "-"): value for name, value in headers.items()}

    return act


def raw(body: bytes) -> Callable[[Answer], None]:
    def act(answer: Answer) -> None:
        answer.raw = body

    return act


def body(content: Any) -> Callable[[Answer], None]:
    def act(answer: Answer) -> None:
        answer.body = content

    return act


def cut_rows(keep: int) -> Callable[[Answer], None]:
    """Send only the first rows of a page, and announce them all."""

    def act(answer: Answer) -> None:
        del rows_of(answer)[keep:]

    return act


def header(**fields: Any) -> Callable[[Answer], None]:
    """State other page, per_page or total; a callable is given what would have been stated."""

    def act(answer: Answer) -> None:
        stated = header_of(answer)
        for name, value in fields.items():
            stated[name] = value(int(stated[name])) if callable(value) else value

    return act


def first_row(alter: Callable[[dict], None]) -> Callable[[Answer], None]:
    """Alter the first row that holds a value."""

    def act(answer: Answer) -> None:
        alter(next(row for row in rows_of(answer) if row["value"] is not None))

    return act


def value(served: Any) -> Callable[[Answer], None]:
    return first_row(lambda row: row.update(value=served))


def variable(concept: str, code: str, label: str | None = None) -> Callable[[Answer], None]:
    """Give the first filled row another country, series or time."""

    def alter(row: dict) -> None:
        one = next(one for one in row["variable"] if one["concept"] == concept)
        one.update(id=code, value=label or code)

    return first_row(alter)


def every_series(code: str) -> Callable[[Answer], None]:
    """Answer with another series than was asked for, in every row."""

    def act(answer: Answer) -> None:
        for row in rows_of(answer):
            for one in row["variable"]:
                if one["concept"] == "Series":
                    one["id"] = code

    return act


def titled(title: str) -> Callable[[Answer], None]:
    """Call every series otherwise, in every row."""

    def act(answer: Answer) -> None:
        for row in rows_of(answer):
            next(one for one in row["variable"] if one["concept"] == "Series")["value"] = title

    return act


def raw_value(written: bytes) -> Callable[[Answer], None]:
    """Write the first value that there is in a way that no JSON library would."""

    def act(answer: Answer) -> None:
        next(row for row in rows_of(answer) if row["value"] is not None)["value"] = "HERE"
        answer.raw = json.dumps(answer.body).encode().replace(b'"HERE"', written)

    return act


def country_row(**fields: str) -> Callable[[Answer], None]:
    """Give the first economy of the list other particulars."""

    def act(answer: Answer) -> None:
        rows_of(answer)[0].update(fields)

    return act


def endless(answer: Answer) -> None:
    """Send a page that is small on its way and large once it is unpacked."""
    answer.raw = gzip.compress(b" " * (8 << 20))
    answer.headers["Content-Encoding"] = "gzip"


def packed_twice(answer: Answer) -> None:
    """Send a page that is small on its way even once it is unpacked."""
    answer.raw = gzip.compress(gzip.compress(b" " * (8 << 20)))
    answer.headers["Content-Encoding"] = "gzip, gzip"


def moved(address: str) -> Callable[[Answer], None]:
    return status(302, Location=address)


def duplicate(answer: Answer) -> None:
    """Send one row twice, in the place of the last."""
    rows = rows_of(answer)
    rows[-1] = json.loads(json.dumps(rows[0]))


def data_null(answer: Answer) -> None:
    answer.body["source"]["data"] = None


def no_aggregates(answer: Answer) -> None:
    kept = [row for row in rows_of(answer) if row["region"]["id"] != "NA"]
    header_of(answer)["total"] = len(kept)
    answer.body[1] = kept


def truncate(answer: Answer) -> None:
    answer.cut = 200


def drop(answer: Answer) -> None:
    answer.cut = 0


def hang(seconds: float) -> Callable[[Answer], None]:
    def act(answer: Answer) -> None:
        answer.delay = seconds

    return act


def large(series: int, economies: int = 266, years: int = 55) -> World:
    """A world for the benchmark, every cell filled, with digits like the Bank's."""
    codes = [f"XX.BIG.{at:04d}" for at in range(series)]
    # 49 of the 266 are aggregates, as in the Bank's own list.
    names = [f"{chr(65 + at // 26)}{chr(65 + at % 26)}0" for at in range(economies)]
    names[0] = "USA"  # wbgapi takes the form of its list of economies from this one
    table = {
        name: country(name, f"Economy {name}", aggregate=at >= economies - 49)
        for at, name in enumerate(names)
    }

    class Filled(dict):
        def __init__(self, at: int) -> None:
            self.at = at

        def get(self, cell: tuple[str, int], _: Any = None) -> float:
            economy, year = cell
            return (
                1e6
                + ((ord(economy[0]) * 97 + ord(economy[1]) * 31 + year * 7 + self.at) % 9973) / 7
            )

    figures: dict[str, Any] = {code: Filled(at) for at, code in enumerate(codes)}
    return World(
        table, list(range(1970, 1970 + years)), {code: f"{code} (US$)" for code in codes}, figures
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve a large world on 127.0.0.1.")
    parser.add_argument("--series", type=int, default=40)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds before each answer")
    parser.add_argument("--port", type=int, default=0)
    chosen = parser.parse_args()
    world = large(chosen.series)
    with ApiDouble(world, latency=chosen.latency, port=chosen.port) as double:
        places = range(len(world.economies) * len(world.years))
        for code in world.figures:
            world.rendered[code] = double.joined(code, places, world.figures, None)
        print(double.endpoint, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
