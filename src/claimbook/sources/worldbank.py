"""The door to the World Bank's API: wbgapi, with patience, retries and a few requests at a time.

Verified in wbgapi 1.0.14's source: ``data.fetch(["A", "B"], db=2)`` asks
``sources/2/series/A;B/country/all/time/all``; with ``db=57, version="201312"`` it asks the WDI
archives, ``sources/57/series/A;B/country/all/time/all/version/201312``, for any further dimension
of a database is a keyword of the same name. Its caches (concepts, years, groups of economies) are
module globals, filled on first use, that do not know which endpoint they came from: one thread
fills them here before others fetch, and they are emptied before and after.
"""

from __future__ import annotations

import gc
import queue
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import tenacity

from claimbook.errors import ClaimbookError
from claimbook.sources.responses import AnswerFault, Listener

ENDPOINT = "https://api.worldbank.org/v2"
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
PATIENCE = 90.0


class FetchFailed(ClaimbookError):
    """The Bank's server did not serve what was asked for, whole and readable."""

    exit_code = 1


class NotServed(ClaimbookError):
    """The server serves other series, and not one that was asked for."""

    exit_code = 2


class WrongAnswer(ClaimbookError):
    """A sound answer to another question than was asked."""

    exit_code = 2


@dataclass(frozen=True)
class Served:
    """One series as the Bank served it.

    Parameters
    ----------
    code, title : str
        Its code, and the name the Bank gives with it (may be empty).
    cells : list of tuple
        ``(economy, time, value)`` of every row, empty ones included, in the order served: time is
        the year (int), or the served text where that is no year; value is an int,
        :class:`claimbook.sources.responses.Digits`, None, or whatever else was served.
    updated : str
        Date of the server's last update, or an empty string.
    """

    code: str
    title: str
    cells: list[tuple[str, Any, Any]]
    updated: str


@dataclass(frozen=True)
class Progress:
    """How far a fetch has come: series done, of how many, and rows received."""

    done: int
    of: int
    rows: int


@dataclass(frozen=True)
class _Batch:
    served: list[Served]
    rows: int
    per_page: int


class Bank:
    """An open door to one endpoint and one release of the figures; :func:`opened` makes it.

    Parameters
    ----------
    wb : module
        wbgapi, already pointed at the endpoint.
    listener : Listener
        The hook that checks every answer.
    patience : float
        Seconds to go on without one complete answer.
    version : str, optional
        A release of the archives, such as ``"201312"``; today's figures by default.
    """

    def __init__(
        self, wb: Any, listener: Listener, patience: float, version: str | None = None
    ) -> None:
        self._wb = wb
        self._listener = listener
        self._patience = patience
        self._dimensions = {"version": version} if version else {}
        self._db = ARCHIVES if version else WDI
        self._last_good = time.monotonic()
        self._trouble = AnswerFault("did not answer")
        self._quiet_until = 0.0
        self._one_by_one = False
        self._checking = threading.Lock()

    @property
    def requests(self) -> int:
        """How many answers the server has given so far."""
        return self._listener.requests

    def economies(self) -> list[dict[str, Any]]:
        """Fetch the Bank's list of economies and aggregates, and fill wbgapi's caches.

        Returns
        -------
        list of dict
            The rows of ``country/all`` as served: ``id``, ``iso2Code``, ``name``, ``region``, …; a
            group that is named by its code only has its name from the Bank's list of groups.

        Raises
        ------
        FetchFailed
            If the server does not answer well in time.
        """
        steps = [self._groups, lambda: list(self._wb.fetch("country/all")), self._years]
        _, rows, _ = self._all([self._patiently(step) for step in steps], workers=WORKERS)
        names = self._wb.economy._localized_metadata[self._wb.lang]
        for row in rows:
            for group in (row.get("region"), row.get("incomeLevel"), row.get("lendingType")):
                if isinstance(group, dict):
                    group.setdefault("value", names.get(group.get("id"), ""))
        return rows

    def _years(self) -> None:
        # Each of wbgapi's caches is filled by one thread only; this one needs the concepts first.
        self._wb.source.concepts(self._db)
        self._wb.time.periods(self._db)

    def _groups(self) -> None:
        # wbgapi notes its groups as known before it has them: a second try would find them empty,
        # and World and the regions would pass for economies.
        _forget_groups(self._wb)
        self._wb.economy.aggregates()

    def series(
        self,
        codes: Sequence[str],
        check: Callable[[Served], Any],
        *,
        may_lack: Collection[str] = (),
        witnesses: Sequence[str] = (),
        report: Callable[[Progress], None] = lambda _: None,
    ) -> dict[str, Any]:
        """Fetch series, a few requests at a time.

        The first is asked for alone: its answer tells how many rows a series has and how large a
        page may be, and with them how many series are best asked for together. It also tells a
        series that the Bank has withdrawn from a server that refuses whatever it is asked.

        Parameters
        ----------
        codes : sequence of str
            World Bank series codes.
        check : callable
            Called with each :class:`Served`; what it returns is kept, what it raises ends the
            fetch.
        may_lack : collection of str
            Codes that the Bank may not know, or have no rows for: they are left out of the answer.
        witnesses : sequence of str
            Other series that the Bank has served before: where none of those asked for is served,
            one of them is asked for.
        report : callable
            Told of the :class:`Progress` after each answer, from this thread.

        Returns
        -------
        dict
            What ``check`` returned, by code.

        Raises
        ------
        FetchFailed
            If the server does not answer well in time, or refuses every series.
        NotServed
            If it serves other series, and not one that was asked for.
        WrongAnswer
            If it serves another series or release than was asked for.
        """
        kept: dict[str, Any] = {}
        rows = 0

        def keep(batch: tuple[dict[str, Any], int]) -> None:
            nonlocal rows
            kept.update(batch[0])
            rows += batch[1]
            report(Progress(len(kept), len(codes), rows))

        known = [code for code in codes if code not in may_lack]
        doubtful = [code for code in codes if code in may_lack]
        first, lacking = self._first([*known[:2], *doubtful, *witnesses[:1]])
        for code, fault in lacking.items():
            if code in known:
                raise _not_served(code, fault)
        served = first.served[0]
        if served.code in codes:
            keep(({served.code: self._checked(served, check)}, first.rows))
        done = {served.code, *lacking}
        batches = packed(
            [code for code in known if code not in done], rows=first.rows, per_page=first.per_page
        )
        tasks = [self._task(batch, first.per_page, check) for batch in batches]
        tasks += [
            self._task([code], first.per_page, check, may_lack=True)
            for code in doubtful
            if code not in done
        ]
        self._all(tasks, workers=WORKERS, each=keep)
        return kept

    def _first(self, codes: Sequence[str]) -> tuple[_Batch, dict[str, ClaimbookError]]:
        """Ask for one series after another until one is served; also return those that are not."""
        lacking: dict[str, ClaimbookError] = {}
        for code in codes:
            try:
                return self._all([lambda code=code: self._alone(code)], workers=1)[0], lacking
            except (FetchFailed, NotServed) as fault:
                if not _is_lacking(fault):
                    raise
                lacking[code] = fault
        raise next(iter(lacking.values()))

    def _alone(self, code: str) -> _Batch:
        try:
            return self._ask([code], PER_PAGE)
        except FetchFailed as fault:
            if not _is_refusal(fault):
                raise
        return self._ask([code], SMALL_PAGE)

    def _task(
        self,
        codes: Sequence[str],
        per_page: int,
        check: Callable[[Served], Any],
        may_lack: bool = False,
    ) -> Callable[[], tuple[dict[str, Any], int]]:
        def task() -> tuple[dict[str, Any], int]:
            try:
                batches = self._together(codes, per_page)
            except (FetchFailed, NotServed) as fault:
                if may_lack and _is_lacking(fault):
                    return {}, 0
                raise
            checked = {
                one.code: self._checked(one, check) for batch in batches for one in batch.served
            }
            return checked, sum(batch.rows for batch in batches)

        return task

    def _together(self, codes: Sequence[str], per_page: int) -> list[_Batch]:
        """Ask for series together; one by one where that fails, to tell the faulty from the sound.

        A server that has failed to serve several at once, and serves each, is not tried again.
        """
        if len(codes) > 1 and not self._one_by_one:
            try:
                return [self._ask(codes, per_page)]
            except (FetchFailed, NotServed, WrongAnswer):
                if self._listener.stopped.is_set():
                    raise
        batches = [self._known(code, per_page) for code in codes]
        self._one_by_one |= len(codes) > 1
        return batches

    def _known(self, code: str, per_page: int) -> _Batch:
        try:
            return self._ask([code], per_page)
        except FetchFailed as fault:
            if not _is_lacking(fault):
                raise
            # Another series has been served: it is this one that the Bank does not know.
            raise _not_served(code, fault) from None

    def _checked(self, one: Served, check: Callable[[Served], Any]) -> Any:
        # Once the door is shut nothing is checked any more, for a check may write files.
        with self._checking:
            if self._listener.stopped.is_set():
                raise AnswerFault("was no longer needed", final=True)
            return check(one)

    def close(self) -> None:
        """Shut the door: requests under way come to nothing, and no check is made any more."""
        with self._checking:
            self._listener.stopped.set()

    def _ask(self, codes: Sequence[str], per_page: int) -> _Batch:
        def fetch() -> _Batch:
            cells: dict[str, list[tuple[str, Any, Any]]] = {}
            titles: dict[str, str] = {}
            current, keep = None, [].append
            for row in self._wb.data.fetch(
                list(codes),
                db=self._db,
                labels=True,
                numericTimeKeys=True,
                params={"per_page": per_page},
                **self._dimensions,
            ):
                series = row["series"]
                if series["id"] != current:
                    current = series["id"]
                    self._check_asked(current, codes)
                    keep = cells.setdefault(current, []).append
                    titles.setdefault(current, str(series.get("value") or "").strip())
                if self._dimensions:
                    self._check_release(row)
                keep((row["economy"]["id"], row["time"]["id"], row["value"]))
            pages = self._listener.pages
            served = [
                Served(code, titles.get(code, ""), cells.get(code, []), pages[0].updated)
                for code in codes
            ]
            rows = sum(len(one.cells) for one in served)
            return _Batch(served, rows, min(per_page, pages[0].per_page or per_page))

        about = codes[0] if len(codes) == 1 else f"{len(codes)} series from {codes[0]}"
        batch = self._patiently(fetch, about)()
        empty = [one.code for one in batch.served if not one.cells]
        if empty:
            raise NotServed(_lacks(empty[0], "it serves no rows"))
        return batch

    def _check_asked(self, served: str, codes: Sequence[str]) -> None:
        if served not in codes:
            raise WrongAnswer(
                f"The server sent the series {served} where {', '.join(codes)} was asked for: "
                "nothing it says can be trusted; try again later, or another --endpoint."
            )

    def _check_release(self, row: dict[str, Any]) -> None:
        for name, asked in self._dimensions.items():
            # A row may leave out what the address says; it may not say otherwise.
            said = row[name]["id"] if name in row else asked
            if said != asked:
                raise WrongAnswer(
                    f"The server sent {row['series']['id']} of the {name} {said} where "
                    f"{asked} was asked for: nothing it says can be trusted; try again later."
                )

    def descriptions(self, codes: Sequence[str]) -> dict[str, dict[str, str]]:
        """Fetch what the Bank says about series. No figure depends on it, so it is asked once.

        Parameters
        ----------
        codes : sequence of str
            World Bank series codes.

        Returns
        -------
        dict
            The Bank's metadata fields by code; empty where it serves none.
        """

        def ask() -> dict[str, dict[str, str]]:
            found = self._wb.metadata(
                "sources/{source}/series/{series}/metadata",
                ["series"],
                source=self._db,
                series=";".join(codes),
            )
            return {one.id: {k: str(v) for k, v in one.metadata.items()} for one in found}

        if not codes:
            return {}
        self._last_good = time.monotonic()
        try:
            return self._all([self._patiently(ask, attempts=1)], workers=1)[0]
        except FetchFailed:
            return {}

    def _patiently(
        self, ask: Callable[[], Any], about: str = "", attempts: int = ATTEMPTS
    ) -> Callable[[], Any]:
        """Wrap a request so that it is tried again, ever more slowly, while that is of use."""

        def attempt() -> Any:
            with _as_faults(self._wb):
                return ask()

        def task() -> Any:
            try:
                return tenacity.Retrying(
                    retry=tenacity.retry_if_exception(_worth_another_try),
                    stop=tenacity.stop_any(tenacity.stop_after_attempt(attempts), self._too_late),
                    wait=self._pause,
                    sleep=self._sleep,
                    before_sleep=self._note,
                    reraise=True,
                )(attempt)
            except AnswerFault as fault:
                raise self._failed(fault, about) from fault

        return task

    def _failed(self, fault: AnswerFault, about: str) -> FetchFailed:
        subject = f" (asked for {about})" if about else ""
        named = "the code and the vintage" if self._dimensions else "the code"
        remedy = f"check {named}, or try" if fault.unknown and about else "try again later, or"
        return FetchFailed(
            f"The fetch failed: the server at {self._wb.endpoint} {fault}{subject}. Nothing was "
            f"changed; {remedy} another --endpoint."
        )

    def _note(self, state: tenacity.RetryCallState) -> None:
        fault = state.outcome.exception() if state.outcome else None
        if isinstance(fault, AnswerFault):
            self._trouble = fault

    def _pause(self, state: tenacity.RetryCallState) -> float:
        # Every scale of time follows from the patience: 0.5 s at first under the 90 s by default.
        scale = self._patience / 180
        growing = tenacity.wait_exponential(multiplier=scale, max=40 * scale)
        pause = (growing + tenacity.wait_random(0, scale))(state)
        fault = state.outcome.exception() if state.outcome else None
        asked = getattr(fault, "wait", None)
        if asked is None:
            return pause
        # A server that asks to be left alone means every request, not only this one.
        self._quiet_until = max(self._quiet_until, time.monotonic() + asked)
        return asked + pause

    def _too_late(self, state: tenacity.RetryCallState) -> bool:
        return time.monotonic() + state.upcoming_sleep > self._last_good + self._patience

    def _sleep(self, seconds: float) -> None:
        until = max(time.monotonic() + seconds, self._quiet_until)
        if self._listener.stopped.wait(max(0.0, until - time.monotonic())):
            raise AnswerFault("was no longer needed", final=True)

    def _all(
        self,
        tasks: Sequence[Callable[[], Any]],
        workers: int,
        each: Callable[[Any], None] = lambda _: None,
    ) -> list[Any]:
        """Run tasks on a few threads; give up when none has been completed for too long.

        The threads are daemons: a server that drips one byte a minute holds no one up at exit.
        """
        todo: queue.SimpleQueue[tuple[int, Callable[[], Any]]] = queue.SimpleQueue()
        for numbered in enumerate(tasks):
            todo.put(numbered)
        done: queue.SimpleQueue[tuple[int, Any, BaseException | None]] = queue.SimpleQueue()
        for _ in range(min(workers, len(tasks))):
            threading.Thread(target=self._work, args=(todo, done), daemon=True).start()
        results: list[Any] = [None] * len(tasks)
        for _ in tasks:
            index, result, fault = self._next(done)
            if fault is not None:
                raise fault
            self._last_good = time.monotonic()
            results[index] = result
            each(result)
        return results

    def _next(self, done: queue.SimpleQueue) -> tuple[int, Any, BaseException | None]:
        patience = self._last_good + self._patience - time.monotonic()
        try:
            return done.get(timeout=max(0.0, patience))
        except queue.Empty:
            raise FetchFailed(
                f"The fetch failed: no complete answer from {self._wb.endpoint} in "
                f"{self._patience:.0f} s; the last trouble: the server {self._trouble}. Nothing "
                "was changed; try again later."
            ) from None

    def _work(self, todo: queue.SimpleQueue, done: queue.SimpleQueue) -> None:
        while not self._listener.stopped.is_set():
            try:
                index, task = todo.get_nowait()
            except queue.Empty:
                return
            self._sleep(0.0)
            try:
                done.put((index, task(), None))
            except BaseException as fault:
                # It is raised in the thread that waits for the outcome.
                done.put((index, None, fault))
                return


def packed(codes: Sequence[str], *, rows: int, per_page: int) -> list[list[str]]:
    """Group series so that the fewest requests fetch them.

    Parameters
    ----------
    codes : sequence of str
        Series codes.
    rows : int
        Rows a series has.
    per_page : int
        Rows a page may have.

    Returns
    -------
    list of list of str
        Groups of at most :data:`MOST_SERIES_A_REQUEST` codes, in order.
    """

    def requests(size: int) -> int:
        whole, left = divmod(len(codes), size)
        return whole * -(-size * rows // per_page) + -(-left * rows // per_page)

    size = min(range(1, MOST_SERIES_A_REQUEST + 1), key=requests)
    return [list(codes[at : at + size]) for at in range(0, len(codes), size)]


@contextmanager
def opened(
    endpoint: str = ENDPOINT, *, version: str | None = None, patience: float = PATIENCE
) -> Iterator[Bank]:
    """Point wbgapi at an endpoint, and leave it as it was found.

    Parameters
    ----------
    endpoint : str
        What ``wbgapi.endpoint`` takes, ending in ``/v2``.
    version : str, optional
        A release in the WDI archives, such as ``"201312"``; today's figures by default.
    patience : float
        Seconds to go on without one complete answer.

    Yields
    ------
    Bank
        The open door.
    """
    import wbgapi as wb  # takes more than a second: only a refresh pays for it

    listener = Listener()
    before = wb.endpoint, wb.get_options, wb.lang
    # One slow request may take less than half of the patience, so that it is tried twice.
    timeouts = (min(5.0, patience / 4), min(40.0, patience * 0.45))
    wb.endpoint, wb.lang = endpoint, "en"
    wb.get_options = {"timeout": timeouts, "hooks": {"response": [listener]}}
    _forget(wb)
    bank = Bank(wb, listener, patience, version)
    # An answer is a hundred thousand small objects and no cycle: searched for cycles while it is
    # parsed, it takes three times as long.
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield bank
    finally:
        bank.close()
        if collecting:
            gc.enable()
        wb.endpoint, wb.get_options, wb.lang = before
        _forget(wb)


def _forget(wb: Any) -> None:
    wb.source._concepts.clear()
    wb.time._time_values.clear()
    _forget_groups(wb)


def _forget_groups(wb: Any) -> None:
    wb.economy._localized_metadata.clear()
    wb.economy._class_data = None
    wb.economy._aggs = None


def _is_refusal(fault: BaseException) -> bool:
    return isinstance(fault.__cause__, AnswerFault) and fault.__cause__.final


def _is_lacking(fault: BaseException) -> bool:
    """Tell whether the server says that it has no such series."""
    cause = fault.__cause__
    return isinstance(fault, NotServed) or (isinstance(cause, AnswerFault) and cause.unknown)


def _not_served(code: str, fault: ClaimbookError) -> NotServed:
    if isinstance(fault, NotServed):
        return fault
    return NotServed(_lacks(code, f"it {fault.__cause__}"))


def _lacks(code: str, how: str) -> str:
    return (
        f"The World Bank does not serve the series {code} ({how}). Nothing was changed; check its "
        "code at https://data.worldbank.org/indicator; to go on without a series that the Bank has "
        f"withdrawn, run again with `--accept {code}`."
    )


def _worth_another_try(fault: BaseException) -> bool:
    return isinstance(fault, AnswerFault) and not fault.final


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
    except wb.APIError as fault:
        raise AnswerFault(f"answered with an error: {fault.msg}") from None
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as fault:
        # wbgapi takes the form of an answer on trust, and trips over another one.
        raise AnswerFault(f"answered in a form that is not the API's ({fault!r})") from None
