"""Read every answer of the World Bank's API before wbgapi does, and refuse one that is not whole.

wbgapi believes what it is served: a page cut short, a ``total`` of nought or an answer that counts
to another number than it announced lose rows without a word. So each answer passes a
:class:`Listener`, hung into requests as a response hook, which checks it against what it says of
itself. What cannot be used raises :class:`AnswerFault`, whose text says what the server did.
"""

from __future__ import annotations

import json
import re
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from claimbook.sources.base import Digits

TOO_MANY_REQUESTS = 429
# The largest pages of the Bank hold 7 MB and 400,000 commas; more would only fill the memory.
MOST_BYTES, MOST_PARTS = 16 << 20, 1_000_000
# Four series of 300 economies in 100 years are 120,000; a list that never ends would fill it, too.
MOST_ROWS = 1_000_000
MOST_WORDS = 300
# Statuses that say "not now" rather than "not this".
PASSING = {408, 425, TOO_MANY_REQUESTS}
UNKNOWN = {404, 410}
# Where it knows no such series or release, the API answers in XML even if JSON was asked for.
_XML_MESSAGE = re.compile(rb'<wb:message [^>]*key="([^"]*)"[^>]*>([^<]*)<')


class AnswerFault(Exception):
    """An answer that cannot be used; the text completes the sentence "The server …".

    ``final``: to ask the same again would be pointless; ``unknown``: there is no such thing as was
    asked for; ``wait``: seconds the server asks to be left alone for (Retry-After).
    """

    def __init__(
        self, text: str, *, final: bool = False, unknown: bool = False, wait: float = 0.0
    ) -> None:
        super().__init__(text[:MOST_WORDS])
        self.final = final
        self.unknown = unknown
        self.wait = wait


@dataclass(frozen=True)
class Page:
    """What one answer says of itself, and how many rows it really holds.

    ``number`` is the page asked for where the server states none; ``rows`` is None where the answer
    is a list of concepts, which states no comparable total.
    """

    number: int
    per_page: int
    total: int
    rows: int | None
    updated: str


class Listener:
    """A response hook for requests that checks and counts each answer."""

    def __init__(self) -> None:
        self.requests = 0
        self.stopped = threading.Event()
        self._count = threading.Lock()
        self._local = threading.local()

    @property
    def first(self) -> Page:
        """The first page that the calling thread was last sent."""
        return self._local.first

    def __call__(self, response: Any, **_: Any) -> None:
        """Check an answer, or raise AnswerFault; wbgapi then finds it parsed."""
        if response.is_redirect:
            _check_origin(response)
            self._body(response)  # which requests would read without a limit
            return
        with self._count:
            self.requests += 1
        if self.stopped.is_set():
            raise AnswerFault("was no longer needed", final=True)
        _check_status(response)
        answer = _parsed(self._body(response))
        asked = int(parse_qs(urlsplit(response.url).query).get("page", ["1"])[0])
        page = _page(answer, asked)
        if asked == 1:
            self._local.first = page
        for name, what in (("total", "total"), ("per_page", "page size")):
            before, now = getattr(self.first, name), getattr(page, name)
            if before != now:
                raise AnswerFault(f"changed its {what} from {before} to {now} between two pages")
        _check_rows(page, asked)
        # A body of several megabytes need not be parsed twice, nor its digits be lost to a float.
        response.json = lambda **_: answer

    def _body(self, response: Any) -> bytes:
        # requests reads in pieces of 10 KB, which for pages of 7 MB takes as long as to parse them;
        # and each piece may unpack to a thousand times its size.
        body = bytearray()
        # Packed twice, a piece may unpack to a million times its size.
        if "," in response.headers.get("Content-Encoding", ""):
            raise AnswerFault("sent a page that is packed more than once", final=True)
        for piece in response.iter_content(1 << 16):
            body += piece
            if len(body) > MOST_BYTES or self.stopped.is_set():
                response.close()
                what = f"sent a page of more than {MOST_BYTES >> 20} MB"
                raise AnswerFault(what, final=True)
        response._content = bytes(body)
        return response._content


def _check_origin(response: Any) -> None:
    """Refuse to follow a server to another: what that says would be credited to this one."""
    here, there = (urlsplit(urljoin(response.url, to)) for to in ("", response.headers["location"]))
    if here[:2] != there[:2]:
        place = f"{there.scheme}://{there.netloc}"
        raise AnswerFault(f"sends us on to another server, {place:.80}", final=True)


def _check_status(response: Any) -> None:
    status = response.status_code
    if status == 200:
        return
    raise AnswerFault(
        f"answered {status} {response.reason or ''}".rstrip(),
        final=400 <= status < 500 and status not in PASSING,
        unknown=status in UNKNOWN,
        wait=_retry_after(response.headers.get("Retry-After", "")),
    )


def _retry_after(header: str) -> float:
    """Read Retry-After, which is a number of seconds or a date."""
    with suppress(InvalidHeader):
        return Retry().parse_retry_after(header)
    return 0.0


def _parsed(body: bytes) -> Any:
    if sum(map(body.count, (b",", b"[", b"{"))) > MOST_PARTS:
        raise AnswerFault("sent a page of more parts than any page has", final=True)
    try:
        return json.loads(
            body, parse_float=Digits, parse_constant=Digits, object_pairs_hook=_object
        )
    except (ValueError, RecursionError):
        pass
    if message := _XML_MESSAGE.search(body):
        raise _refusal(*(part.decode("utf-8", "replace") for part in message.groups()))
    kind = "XML or HTML" if body.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") else "no JSON"
    raise AnswerFault(f"answered with {kind} where JSON was asked for")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise AnswerFault(f"says {twice!r:.40} twice of one thing")
    return found


def _page(answer: Any, asked: int) -> Page:
    header = answer[0] if isinstance(answer, list) and answer else answer
    if not isinstance(header, dict):
        raise AnswerFault("answered in a form that is not the API's")
    if message := header.get("message"):
        try:
            raise _refusal(str(message[0]["key"]), str(message[0]["value"]))
        except (KeyError, TypeError, IndexError):
            raise AnswerFault("answered with an error message that cannot be read") from None
    try:
        number, per_page = int(header.get("page", asked)), int(header["per_page"])
        total = int(header["total"])
    except (KeyError, TypeError, ValueError):
        raise AnswerFault("answered without page, per_page and total") from None
    return Page(number, per_page, total, _row_count(answer), str(header.get("lastupdated") or ""))


def _refusal(key: str, value: str) -> AnswerFault:
    text = " ".join(f"{key.strip().rstrip('.')}: {value}".split())
    final = re.match("invalid|data not found", key.strip(), re.IGNORECASE) is not None
    return AnswerFault(f"refused, saying {text!r}", final=final, unknown=final)


def _row_count(answer: Any) -> int | None:
    if isinstance(answer, list):
        rows = answer[1] if len(answer) > 1 else None
    elif isinstance(source := answer.get("source"), list):
        return None
    else:
        rows = source.get("data") if isinstance(source, dict) else None
    if not isinstance(rows, list):
        raise AnswerFault("answered with null where its rows should stand")
    return len(rows)


def _check_rows(page: Page, asked: int) -> None:
    if page.total < 0 or (page.total and page.per_page < 1):
        raise AnswerFault(f"announced {page.total} rows in pages of {page.per_page}")
    if page.total > MOST_ROWS:
        raise AnswerFault(f"announced {page.total:,} rows, more than any answer has", final=True)
    if page.rows is None:
        return
    if page.total and page.number != asked:
        raise AnswerFault(f"sent page {page.number} where page {asked} was asked for")
    expected = min(page.per_page, max(0, page.total - (asked - 1) * page.per_page))
    if page.rows != expected:
        raise AnswerFault(
            f"sent {page.rows} rows on page {asked} where its total of {page.total} in pages of "
            f"{page.per_page} makes {expected}"
        )
