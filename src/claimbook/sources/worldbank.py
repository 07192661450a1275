"""The World Bank's API through wbgapi, with patience, retries and a few requests at a time.

Everything is asked for through ``wbgapi.fetch``, which pages through any list of the API and keeps
nothing. What ``wbgapi.data`` offers above it is left alone: its caches are module globals that do
not know which endpoint they came from, and that a request which fails leaves half filled.
"""

from __future__ import annotations

import copy
import gc
import multiprocessing
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from multiprocessing.pool import ThreadPool
from typing import Any

import pandas as pd
import tenacity

from claimbook.data.package import LICENCE
from claimbook.data.series import bases
from claimbook.data.snapshot import CURRENT
from claimbook.errors import ClaimbookError
from claimbook.sources import base
from claimbook.sources.base import ENDPOINT, PATIENCE, NotServed, Order, Served
from claimbook.sources.contract import FORMER_CODES, ContractBroken, unreadable
from claimbook.sources.responses import AnswerFault, Listener

WDI = 2
ARCHIVES = 57
# The API serves pages of 32,500 rows; one of 50,000 it answers with an HTML error page.
PER_PAGE = 32_500
# What wbgapi asks for by itself: for a server that refuses the large page.
SMALL_PAGE = 1_000
# Under many parallel requests the Bank's servers begin to answer 502; and each page under way takes
# 60 MB while it is read.
WORKERS = 3
# More series a request would save few requests, and lose more work to each page that fails.
MOST_SERIES_A_REQUEST = 4
ATTEMPTS = 6
MOST_WORDS = 1_000  # characters of a description
_NAMES = {"economy": "id", "iso2": "iso2Code", "name": "name"}
_GROUPS = {"region": "region", "income_group": "incomeLevel", "lending_type": "lendingType"}
_CODES = {"economy": r"[A-Z0-9]{2,3}", "iso2": r"[A-Z0-9]{0,2}"}
NO_REGION = "NA"  # the region that country/all gives an aggregate
_MONTH = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])")
_PARENTHESIS = re.compile(r"\s*\((?:BoP, )?([^()]+)\)")
# What tells a unit, such as "(constant 2015 US$)", from "(modeled ILO estimate)" or "(2017 PPP)".
_UNIT = re.compile(
    r"[%$=]|\b(per|LCU|current|constant|ratio|scale|\d+ to \d+|number|people|persons|births|deaths"
    r"|thousands?|millions?|billions?|years?|months?|days?|hours?|k?g|[kM]t|tons?|k?m|mm|hectares"
    r"|meters|kWh?|TEU|equivalent|points|articles|applications)\b"
)


class FetchFailed(ClaimbookError):
    """The Bank's server did not serve what was asked for, whole and readable."""


class Unknown(FetchFailed):
    """The Bank's server says that it knows nothing of what was asked for."""


_LACKING = (NotServed, Unknown)


@base.register
class WorldBank(base.Source):
    """One database of the Bank's API: today's figures (2), or one release of the archives (57).

    Codes in ``may_lack`` may be ones that the Bank does not know, or has no rows for.
    """

    name = "World Bank, World Development Indicators"
    licence = LICENCE
    prefixes = ("",)

    def __init__(
        self,
        db: int = WDI,
        version: str | None = None,
        *,
        endpoint: str = ENDPOINT,
        patience: float = PATIENCE,
        may_lack: Iterable[str] = (),
    ) -> None:
        self._db, self._version = db, version
        self._endpoint, self._patience = endpoint, patience
        self._may_lack = frozenset(may_lack)
        self._listener = Listener()
        self._last_good = time.monotonic()
        self._trouble = AnswerFault("did not answer")
        self._quiet_until = 0.0
        self._one_by_one = False

    @classmethod
    def for_order(cls, order: Order) -> WorldBank:
        """Choose the database by the vintage."""
        dated = order.vintage != CURRENT
        return cls(
            ARCHIVES if dated else WDI,
            order.vintage.replace("-", "") if dated else None,
            endpoint=order.endpoint,
            patience=order.patience,
            may_lack=order.accepted,
        )

    @property
    def requests(self) -> int:
        """How many answers the server has given so far."""
        return self._listener.requests

    def cite(self, code: str) -> dict[str, str]:
        """Name the Bank's page of a series."""
        return {"title": self.name, "path": f"https://data.worldbank.org/indicator/{code}"}

    def __enter__(self) -> WorldBank:
        """Point wbgapi at the endpoint."""
        import wbgapi as wb  # takes more than a second: only a refresh pays for it

        self._wb, self._before = wb, (wb.endpoint, wb.get_options, wb.lang)
        # One slow request may take less than half of the patience, so that it is tried twice.
        timeouts = (min(5.0, self._patience / 4), min(40.0, self._patience * 0.45))
        wb.endpoint, wb.lang = self._endpoint, "en"
        wb.get_options = {"timeout": timeouts, "hooks": {"response": [self._listener]}}
        self._last_good = time.monotonic()
        # An answer is a hundred thousand small objects and no cycle: searched for cycles while it
        # is parsed, it takes three times as long.
        self._collecting = gc.isenabled()
        gc.disable()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave wbgapi as it was found; requests under way come to nothing."""
        self._listener.stopped.set()
        if self._collecting:
            gc.enable()
        self._wb.endpoint, self._wb.get_options, self._wb.lang = self._before

    # What is asked for

    def economies(self) -> pd.DataFrame:
        """Fetch the Bank's list of economies and aggregates."""
        groups = [row for kind in _GROUPS.values() for row in self._list(kind.lower())]
        return economy_table(self._list("country/all"), groups)

    def _list(self, path: str) -> list[dict[str, Any]]:
        return self._one(partial(self._try, lambda: [*self._wb.fetch(path)]))

    def fetch(self, codes: Sequence[str], vintage: str) -> Iterator[Served]:
        """Fetch series, a few requests at a time, in the order in which they arrive.

        The first is asked for alone: its answer tells how many rows a series has and how large a
        page may be, and with them how many series are best asked for together. It also tells a
        series that the Bank has withdrawn from a server that refuses whatever it is asked: where
        none of those asked for is served, one that the vintage holds is asked for.
        """
        notes = self._descriptions([code for code in codes if code not in self.held])
        for one in self._served(codes):
            yield self._described(one, notes.get(one.code, {}), vintage)

    def releases(self, code: str) -> Iterator[tuple[str, Served]]:
        """Fetch a series from every release of the archives that holds it, oldest first."""
        found, fault = False, None
        listed = {str(row["id"]) for row in self._list(f"sources/{self._db}/version")}
        for version in sorted(filter(_MONTH.fullmatch, listed)):
            release, name = copy.copy(self), f"{version[:4]}-{version[4:]}"
            release._version = version
            try:
                (one,) = release.fetch([code], name)
            except _LACKING as lacking:
                fault = fault or lacking
                continue
            found = True
            if any(value is not None for _, _, value in one.cells):
                yield name, one
        if not found:
            raise _not_served(code, fault)

    def _descriptions(self, codes: Sequence[str]) -> dict[str, dict[str, str]]:
        """Fetch what the Bank says about series. No figure depends on it, so it is asked once."""

        def ask() -> dict[str, dict[str, str]]:
            path = f"sources/{self._db}/series/{{series}}/metadata"
            found = self._wb.metadata(path, ["series"], series=";".join(codes))
            return {one.id: {k: str(v) for k, v in one.metadata.items()} for one in found}

        self._last_good = time.monotonic()
        try:
            return self._one(partial(self._try, ask, attempts=1)) if codes else {}
        except FetchFailed:
            return {}

    def _described(self, one: Served, notes: Mapping[str, str], vintage: str) -> Served:
        """Add title, unit and provenance to what was served."""
        today = datetime.now(UTC).date().isoformat()
        before = self.held.get(one.code, {})
        title, unit = named(one.title or notes.get("IndicatorName", ""), before)
        short = notes.get("Shortdefinition") or notes.get("Longdefinition") or ""
        short = " ".join("".join(c for c in short if c.isprintable() or c.isspace()).split())
        sentence = re.split(r"(?<=[.!?])\s", short, maxsplit=1)[0][:MOST_WORDS]
        dated = f"{vintage}, from the WDI archives (source {ARCHIVES})"
        elsewhere = "" if self._endpoint == ENDPOINT else f", from the endpoint {self._endpoint}"
        return replace(
            one,
            cells=with_todays_codes(one.cells) if self._version else one.cells,
            title=title or one.code,
            named=one.title,
            unit=unit or notes.get("Unitofmeasure", ""),
            description=before.get("description") or sentence,
            how=f"wbgapi{elsewhere}",
            release=dated if self._version else one.updated or f"as served on {today}",
        )

    # How it is asked for

    def _served(self, codes: Sequence[str]) -> Iterator[Served]:
        certain = [code for code in codes if code not in self._may_lack]
        doubtful = [code for code in codes if code in self._may_lack]
        others = [code for code in self.held if code not in codes]
        lacking: dict[str, ClaimbookError] = {}
        for code in (*certain[:2], *doubtful, *others[:1]):
            try:
                first, per_page = self._one(partial(self._alone, code))
                break
            except _LACKING as fault:
                lacking[code] = fault
        else:
            raise next(iter(lacking.values()))
        for code in filter(lacking.get, certain):
            raise _not_served(code, lacking[code])
        if first.code in codes:
            yield first
        asked = {*lacking, first.code}
        left = [code for code in certain if code not in asked]
        groups = packed(left, rows=len(first.cells), per_page=per_page)
        groups += [[code] for code in doubtful if code not in asked]
        for batch in self._each([partial(self._together, group, per_page) for group in groups]):
            yield from batch

    def _alone(self, code: str) -> tuple[Served, int]:
        """Ask for one series in large pages or else in small ones; also return how large."""
        try:
            per_page = PER_PAGE
            (one,) = self._ask([code], per_page)
        except FetchFailed as fault:
            if not getattr(fault.__cause__, "final", False):
                raise
            per_page = SMALL_PAGE
            (one,) = self._ask([code], per_page)
        return one, min(per_page, self._listener.first.per_page)

    def _together(self, codes: Sequence[str], per_page: int) -> list[Served]:
        """Ask for series together; one by one where that fails, to tell the faulty from the sound.

        A server that has failed to serve several at once, and serves each, is not tried again.
        """
        if len(codes) > 1 and not self._one_by_one:
            try:
                return self._ask(codes, per_page)
            except ClaimbookError:
                if self._listener.stopped.is_set():
                    raise
        found: list[Served] = []
        for code in codes:
            try:
                found += self._ask([code], per_page)
            except _LACKING as fault:
                if code not in self._may_lack:
                    # Another series has been served: it is this one that the Bank does not know.
                    raise _not_served(code, fault) from None
        self._one_by_one |= len(codes) > 1
        return found

    def _ask(self, codes: Sequence[str], per_page: int) -> list[Served]:
        about = codes[0] if len(codes) == 1 else f"{len(codes)} series from {codes[0]}"
        return self._try(partial(self._rows, codes, per_page), about)

    def _rows(self, codes: Sequence[str], per_page: int) -> list[Served]:
        found: dict[str, Served] = {}
        path = f"sources/{self._db}/series/{';'.join(codes)}/country/all/time/all"
        path += f"/version/{self._version}" if self._version else ""
        for row in self._wb.fetch(path, {"per_page": per_page}):
            about = {one["concept"].lower(): one for one in row["variable"]}
            code, economy = about["series"]["id"], about["country"]["id"].strip()
            year = about["time"]["value"].strip()
            # A row may leave out what the address says; it may not say otherwise.
            release = about.get("version", {"id": self._version})["id"]
            if code not in codes:
                raise _wrong(f"the series {code!s:.60}", ", ".join(codes))
            if release != self._version:
                raise _wrong(f"{code} of the version {release!s:.60}", self._version)
            if code not in found:
                title = (about["series"].get("value") or "").strip()
                found[code] = Served(code, [], title, updated=self._listener.first.updated)
            year = int(year) if re.fullmatch("[0-9]{4}", year) else year
            found[code].cells.append((economy, year, row["value"]))
        for code in codes:
            if code not in found:
                raise _not_served(code)
        return [found[code] for code in codes]

    # Patience

    def _try(self, ask: Callable[[], Any], about: str = "", attempts: int = ATTEMPTS) -> Any:
        """Ask again, ever more slowly, while that is of use."""
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda fault: not getattr(fault, "final", True)),
            stop=tenacity.stop_after_attempt(attempts) | self._too_late,
            wait=self._pause,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return retrying(_as_faults(self._wb)(ask))
        except AnswerFault as fault:
            if not fault.final and retrying.statistics["attempt_number"] < attempts:
                raise self._late() from fault
            subject = f" (asked for {about})" if about else ""
            named = "the code and the vintage" if self._version else "the code"
            remedy = f"check {named}, or try" if fault.unknown and about else "try again later, or"
            raise (Unknown if fault.unknown else FetchFailed)(
                f"The fetch failed: the server at {self._endpoint} {fault}{subject}. Nothing was "
                f"changed; {remedy} another --endpoint."
            ) from fault

    def _pause(self, state: tenacity.RetryCallState) -> float:
        # Every scale of time follows from the patience: 0.5 s at first under the 90 s by default.
        scale = self._patience / 180
        growing = tenacity.wait_exponential(multiplier=scale, max=40 * scale)
        self._trouble = state.outcome.exception()
        # A server that asks to be left alone means every request, not only this one.
        asked = self._trouble.wait
        self._quiet_until = max(self._quiet_until, time.monotonic() + asked)
        return asked + (growing + tenacity.wait_random(0, scale))(state)

    def _too_late(self, state: tenacity.RetryCallState) -> bool:
        return time.monotonic() + state.upcoming_sleep > self._last_good + self._patience

    def _late(self) -> FetchFailed:
        return FetchFailed(
            f"The fetch failed: no complete answer from {self._endpoint} in "
            f"{self._patience:.0f} s; the last trouble: the server {self._trouble}. Nothing was "
            "changed; try again later."
        )

    def _sleep(self, seconds: float) -> None:
        until = max(time.monotonic() + seconds, self._quiet_until)
        if self._listener.stopped.wait(max(0.0, until - time.monotonic())):
            raise AnswerFault("was no longer needed", final=True)

    def _one(self, task: Callable[[], Any]) -> Any:
        return next(self._each([task]))

    def _each(self, tasks: Sequence[Callable[[], Any]]) -> Iterator[Any]:
        """Run tasks, a few at a time, and yield what each returns, first come, first served.

        Gives up when none ends for too long. The threads of a pool are daemons, so that a server
        that drips one byte a minute holds no one up at exit; they wait for whoever takes their
        results, for a hundred series do not fit into memory.
        """
        free = threading.Semaphore(2 * WORKERS)

        def work(task: Callable[[], Any]) -> Any:
            free.acquire()
            self._sleep(0.0)
            return task()

        with ThreadPool(WORKERS) as pool:
            results = pool.imap_unordered(work, tasks)
            for _ in tasks:
                left = self._last_good + self._patience - time.monotonic()
                try:
                    result = results.next(max(0.0, left))
                except multiprocessing.TimeoutError:
                    raise self._late() from None
                self._last_good = time.monotonic()
                yield result
                self._last_good = time.monotonic()
                free.release()


def packed(codes: Sequence[str], *, rows: int, per_page: int) -> list[list[str]]:
    """Group series of so many rows so that the fewest requests, of pages so large, fetch them."""

    def requests(size: int) -> int:
        whole, left = divmod(len(codes), size)
        return whole * -(-size * rows // per_page) + -(-left * rows // per_page)

    size = min(range(1, MOST_SERIES_A_REQUEST + 1), key=requests)
    return [list(codes[at : at + size]) for at in range(0, len(codes), size)]


def economy_table(rows: Iterable[dict[str, Any]], groups: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Turn rows of ``country/all`` into the table of a snapshot, or raise ContractBroken.

    A group that a row names by its code only is called as in the lists of groups. Without
    aggregates, World would be counted as an economy: a list without them is refused.
    """

    def broken(what: str) -> ContractBroken:
        return ContractBroken(
            f"The Bank's list of economies (country/all) {what}. Nothing was changed; report it to "
            "the World Bank, or try again later."
        )

    try:
        names = {one.get("code") or one["id"]: one.get("name") or one["value"] for one in groups}
        table = pd.DataFrame([_economy(row, names) for row in rows])
    except (KeyError, TypeError, AttributeError):
        what = "has a row without id, iso2Code, name, region, incomeLevel or lendingType"
        raise broken(what) from None
    for flag, kind in enumerate(("economies", "aggregates")):
        if table.empty or not (table["aggregate"] == flag).any():
            raise broken(f"names no {kind}: economies could not be told from aggregates")
    for code in table.loc[table["economy"].duplicated(), "economy"]:
        raise broken(f"names {code} twice")
    for column, form in _CODES.items():
        for code in table.loc[~table[column].str.fullmatch(form), column]:
            raise broken(f"calls one {code!r:.40}, which is no code")
    for code in table.loc[table["name"] == "", "economy"]:
        raise broken(f"has no name for {code}")
    for name in table.drop(columns="aggregate").to_numpy().ravel():
        if fault := unreadable(name):
            raise broken(f"has the name {name!r:.40}, which {fault}")
    return table.sort_values("economy", ignore_index=True)


def _economy(row: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    aggregate = row["region"]["id"] == NO_REGION
    if not row["id"].strip():
        raise KeyError("id")
    found = {ours: row[theirs].strip() for ours, theirs in _NAMES.items()}
    for ours, theirs in _GROUPS.items():
        # An aggregate belongs to no region, class or lending type of its own.
        group = {"value": ""} if aggregate else row[theirs]
        found[ours] = group.get("value", names.get(group.get("id"), "")).strip()
    return found | {"aggregate": int(aggregate)}


def with_todays_codes(cells: list[tuple[str, Any, Any]]) -> list[tuple[str, Any, Any]]:
    """Give the economies of an old release the codes they have today.

    A value under a former code is left out where today's has one, too.
    """
    filled = {(economy, year) for economy, year, value in cells if value is not None}
    moved = [
        (FORMER_CODES[economy], year, value)
        for economy, year, value in cells
        if economy in FORMER_CODES
        and value is not None
        and (FORMER_CODES[economy], year) not in filled
    ]
    taken = {cell[:2] for cell in moved}
    return [one for one in cells if one[0] not in FORMER_CODES and one[:2] not in taken] + moved


def named(served: str, before: Mapping[str, Any]) -> tuple[str, str]:
    """Split the Bank's name of a series, such as ``GDP (constant 2015 US$)``, into title and unit.

    The last parenthesis that is a unit is the unit. One already held stays, for it may say more
    than the Bank's; unless the Bank now names another base year: that is another unit.
    """
    unit, title = "", served
    for found in _PARENTHESIS.finditer(served):
        if _UNIT.search(found[1]):
            unit, title = found[1], served[: found.start()] + served[found.end() :]
    held = before.get("unit", "")
    if held and not bases(unit) - bases(held):
        unit = held
    return title.strip() or before.get("title", ""), unit


def _not_served(code: str, fault: ClaimbookError | None = None) -> NotServed:
    if isinstance(fault, NotServed):
        return fault
    how = f"it {fault.__cause__}" if fault else "it serves no rows"
    return NotServed(
        f"The World Bank does not serve the series {code} ({how}). Nothing was changed; check its "
        "code at https://data.worldbank.org/indicator; to go on without a series that the Bank has "
        f"withdrawn, run again with `--accept {code}`."
    )


def _wrong(sent: str, asked: str | None) -> ContractBroken:
    return ContractBroken(
        f"The server sent {sent} where {asked} was asked for: nothing it says can be trusted; try "
        "again later, or another --endpoint."
    )


@contextmanager
def _as_faults(wb: Any) -> Iterator[None]:
    """Turn whatever requests and wbgapi raise at a bad answer into an AnswerFault."""
    import requests

    try:
        yield
    except requests.Timeout:
        raise AnswerFault("did not answer in time") from None
    except requests.exceptions.ChunkedEncodingError:
        raise AnswerFault("broke off in the middle of an answer") from None
    except requests.ConnectionError:
        raise AnswerFault("could not be reached, or dropped the connection") from None
    except requests.RequestException as fault:
        raise AnswerFault(f"gave an answer that could not be read ({fault})") from None
    except (wb.APIError, KeyError, TypeError, ValueError, IndexError, AttributeError) as fault:
        # wbgapi takes the form of an answer on trust, and trips over another one.
        raise AnswerFault(f"answered in a form that is not the API's ({fault!r:.80})") from None
