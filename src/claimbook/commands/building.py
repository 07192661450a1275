"""Build the book with Jupyter Book from stored outputs, and serve it while it is written."""

from __future__ import annotations

import functools
import http.server
import multiprocessing
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from claimbook import paths
from claimbook.chapters import kernels
from claimbook.chapters.book import Book
from claimbook.commands import making
from claimbook.errors import ClaimbookError

WATCHED = ("book", "data", "src", "_config.yml", "_toc.yml")
POLL = 200  # milliseconds between two looks at what has changed


class BuildError(ClaimbookError):
    """The book could not be built."""


class Builder(AbstractContextManager["Builder"]):
    """Builds the book into a folder, as often as it is asked to; see :mod:`.making`."""

    def __init__(self, *, drafts: bool) -> None:
        self.root, self.drafts = paths.root(), drafts
        self.out = self.root / ("_build/draft/_build" if drafts else "_build")
        self.site = self.out / "html"
        self._process: Any = None
        self._sources: set[Path] = set()

    def build(self, changed: Iterable[Path] = ()) -> Path:
        """Build, or build anew what `changed` files ask for; return the site's ``index.html``."""
        # A process that stays looks again at texts, notebooks and claim files of the pages, alone.
        known = all(path in self._sources and path.is_file() for path in changed)
        fault = self._answer(again=True) if self._process and known else None
        if fault is None:
            fault = self._fresh()
        if fault:
            raise BuildError(fault)
        return self.site / "index.html"

    def _fresh(self) -> str:
        """Build in a process of its own; return what is wrong."""
        self.__exit__()
        pages = ["index", *Book().pages]
        suffixes = (".md", ".ipynb", ".yml")
        self._sources = {self.root / f"{page}{suffix}" for page in pages for suffix in suffixes}
        context = multiprocessing.get_context("spawn")
        self._pipe, its = context.Pipe()
        asked = (its, self.root, self.out, self.drafts)
        process = context.Process(target=making.work, args=asked, daemon=True)
        kernels.unheard(process.start)
        self._process = process  # once it is there: a Ctrl-C before leaves nothing to end
        its.close()
        fault = self._answer()
        return making.UNBUILT if fault is None else fault or self._missing(pages)

    def _answer(self, *, again: bool = False) -> str | None:
        """Return what the process finds wrong; None where it has ended."""
        try:
            if again:
                self._pipe.send(None)
            return self._pipe.recv()
        except (EOFError, OSError):
            return None

    def _missing(self, pages: Iterable[str]) -> str:
        missing = [page for page in pages if not (self.site / f"{page}.html").is_file()]
        if not missing:
            return ""
        return (
            f"the page {missing[0]}.html is missing from {paths.shown(self.site)} although "
            "_toc.yml names it: run `make clean`, then build again."
        )

    def __exit__(self, *_: object) -> None:
        """End the process that builds."""
        if self._process:
            self._pipe.close()
            self._process.kill()
            self._process.join()
            self._process = None


def build(*, drafts: bool = False) -> Path:
    """Build the book into ``_build/html``, warnings being errors; return its ``index.html``.

    With `drafts` it may have unfinished chapters, and is built into ``_build/draft`` instead.
    """
    with Builder(drafts=drafts) as builder:
        return builder.build()


def serve(port: int, say: Callable[[str], object], *, drafts: bool = False) -> None:
    """Build, serve on 127.0.0.1 and rebuild what changed whenever a file of the book changes.

    What is wrong with a change is said, and serving goes on.
    """
    from watchfiles import Change, watch

    builder = Builder(drafts=drafts)
    handler = functools.partial(_Quiet, directory=str(builder.site))
    try:  # before anything is built: who waits for a build should not wait in vain
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as fault:
        raise BuildError(
            f"port {port} cannot be used ({fault.strerror}): name another with --port."
        ) from None
    watched = [path for name in WATCHED if (path := builder.root / name).exists()]
    watching = watch(*watched, raise_interrupt=False, rust_timeout=POLL, yield_on_timeout=True)
    next(watching)  # from here on: what changes during the first build is not missed
    with server, builder:
        builder.build()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        say(f"The book is at http://127.0.0.1:{server.server_port}/ (Ctrl-C ends)")
        for changes in watching:
            # What came and is gone is an editor's, as it saves another file.
            came = {Path(name) for change, name in changes if change == Change.added}
            changed = {Path(name) for _, name in changes} - {
                one for one in came if not one.exists()
            }
            if not changed:
                continue
            try:
                builder.build(changed)
                say("Built anew.")
            except ClaimbookError as fault:
                say(f"claimbook: {fault}")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""
