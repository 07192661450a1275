"""Build the book with Jupyter Book from stored outputs, and serve it while it is written."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from claimbook import paths
from claimbook.chapters.book import DRAFTS, Book
from claimbook.errors import ClaimbookError

WATCHED = ("book", "data", "src", "_config.yml", "_toc.yml")


class BuildError(ClaimbookError):
    """The book could not be built."""


def build(*, drafts: bool = False) -> Path:
    """Build the book into ``_build/html``, warnings being errors; return its ``index.html``.

    With `drafts` it may have unfinished chapters, and is built into ``_build/draft`` instead.
    """
    book = Book()
    _ = book.essays  # what disagrees with the claims is said here, not from within Sphinx
    if not drafts:
        book.require_finished()
    out = book.root / "_build" / "draft" if drafts else book.root
    # -P: a module of that name in the book's folder is not run in its place.
    command = [sys.executable, "-P", "-m", "claimbook.commands.jupyter", "build", str(book.root)]
    with subprocess.Popen(
        [*command, "-q", "-n", "-W", "--keep-going", "--path-output", str(out)],
        cwd=book.root,
        env=os.environ | ({DRAFTS: "1"} if drafts else {}),
        stdin=subprocess.PIPE,  # it ends when this is closed
        start_new_session=True,  # the keyboard stops this process, which stops that one
    ) as building:
        try:
            building.wait()
        except BaseException:
            building.kill()
            raise
    if building.returncode:
        # Sphinx warns only of pages it reads anew: a second build would pass without them.
        shutil.rmtree(out / "_build" / ".doctrees", ignore_errors=True)
        raise BuildError("the book was not built: the messages above say what to mend.")
    site = out / "_build" / "html"
    for page in ("index", *book.pages):
        if not (site / f"{page}.html").is_file():
            raise BuildError(
                f"the page {page}.html is missing from {paths.shown(site)} although _toc.yml names "
                "it: run `make clean`, then build again."
            )
    return site / "index.html"


def serve(port: int, say: Callable[[str], object], *, drafts: bool = False) -> None:
    """Build, serve on 127.0.0.1 and rebuild whenever a file of the book changes.

    A build that fails is reported and the last good pages stay.
    """
    from watchfiles import watch

    index = build(drafts=drafts)
    handler = functools.partial(_Quiet, directory=str(index.parent))
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as fault:
        raise BuildError(
            f"port {port} cannot be used ({fault.strerror}): name another with --port."
        ) from None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    say(f"The book is at http://127.0.0.1:{server.server_port}/ (Ctrl-C ends)")
    with server:
        for _ in watch(*(paths.root() / name for name in WATCHED), raise_interrupt=False):
            try:
                build(drafts=drafts)
                say("Built anew.")
            except ClaimbookError as fault:
                say(f"claimbook: {fault}")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""
