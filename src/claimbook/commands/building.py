"""Build the book with Jupyter Book from stored outputs, and serve it while it is written."""

from __future__ import annotations

import contextlib
import functools
import http.server
import importlib
import multiprocessing
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from claimbook import paths
from claimbook.chapters import notebooks
from claimbook.chapters.book import DRAFTS, Book
from claimbook.errors import ClaimbookError

# What takes a build most of the time of its imports.
_HEAVY = (
    *("claimbook.pages", "jupyter_book.cli.main", "jupyter_book.sphinx", "myst_nb"),
    *("sphinx.builders.html", "sphinx_book_theme", "sphinxcontrib.bibtex", "scipy.stats"),
    "plotly.graph_objects",
)
FORKS = hasattr(os, "fork")
WATCHED = ("book", "data", "src", "_config.yml", "_toc.yml")


class BuildError(ClaimbookError):
    """The book could not be built."""


def build(*, drafts: bool = False, warm: bool = False) -> Path:
    """Build the book into ``_build/html``, warnings being errors; return its ``index.html``.

    With `drafts` it may have unfinished chapters, and is built into ``_build/draft`` instead. A
    `warm` build is one of several in this process, which then holds all that a build imports.
    """
    book = Book()
    _ = book.essays  # what disagrees with the claims is said here, not from within Sphinx
    if not drafts:
        book.require_finished()
    out = book.root / "_build" / "draft" if drafts else book.root
    arguments = ["build", str(book.root), "-q", "-n", "-W", "--keep-going"]
    environment = {DRAFTS: "1"} if drafts else {}
    run = _forked if warm and FORKS else _started
    with contextlib.chdir(book.root):
        failed = run([*arguments, "--path-output", str(out)], environment)
    if failed:
        # Sphinx warns only of pages it reads anew: a second build would pass without them.
        shutil.rmtree(out / "_build" / ".doctrees", ignore_errors=True)
        raise BuildError("the book was not built: the messages above say what to mend.")
    site = _site(drafts)
    for page in ("index", *book.pages):
        if not (site / f"{page}.html").is_file():
            raise BuildError(
                f"the page {page}.html is missing from {paths.shown(site)} although _toc.yml names "
                "it: run `make clean`, then build again."
            )
    return site / "index.html"


def _site(drafts: bool) -> Path:
    return paths.root() / ("_build/draft/_build/html" if drafts else "_build/html")


def _started(arguments: list[str], environment: dict[str, str]) -> int:
    """Run Jupyter Book in a process of its own; return its exit code."""
    # -P: a module of that name in the book's folder is not run in its place.
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "claimbook.commands.jupyter", *arguments],
        env=os.environ | environment,
        stdin=subprocess.PIPE,  # it ends when this is closed
        start_new_session=True,  # the keyboard stops this process, which stops that one
    ) as building:
        try:
            return building.wait()
        except BaseException:
            building.kill()
            raise


def _forked(arguments: list[str], environment: dict[str, str]) -> int | None:
    """Run Jupyter Book in a fork of this process, which has imported it; return its exit code."""
    for name in _HEAVY:
        importlib.import_module(name)
    process = multiprocessing.get_context("fork").Process
    building = process(target=_jupyter_book, args=(arguments, environment))
    building.start()
    building.join()
    return building.exitcode


def _jupyter_book(arguments: list[str], environment: dict[str, str]) -> None:
    from jupyter_book.cli.main import main

    os.environ.update(environment)
    main(arguments, prog_name="jupyter-book")


def serve(port: int, say: Callable[[str], object], *, drafts: bool = False) -> None:
    """Build, serve on 127.0.0.1 and rebuild what changed whenever a file of the book changes.

    A build that fails is reported and the last good pages stay.
    """
    from watchfiles import watch

    handler = functools.partial(_Quiet, directory=str(_site(drafts)))
    try:  # before anything is built: who waits for a build should not wait in vain
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as fault:
        raise BuildError(
            f"port {port} cannot be used ({fault.strerror}): name another with --port."
        ) from None
    with server:
        build(drafts=drafts)
        _serve_beside(server)
        say(f"The book is at http://127.0.0.1:{server.server_port}/ (Ctrl-C ends)")
        warm = True
        watched = [path for name in WATCHED if (path := paths.root() / name).exists()]
        for changed in watch(*watched, raise_interrupt=False):
            # What this process has imported is no longer the library.
            warm = warm and not any(Path(name).suffix == ".py" for _, name in changed)
            try:
                build(drafts=drafts, warm=warm)
                say("Built anew.")
            except ClaimbookError as fault:
                say(f"claimbook: {fault}")


def _serve_beside(server: http.server.ThreadingHTTPServer) -> None:
    """Answer requests meanwhile: in a process, for one that forks should have no threads."""
    beside = multiprocessing.get_context("fork").Process if FORKS else threading.Thread
    beside(target=_answer, args=(server,), daemon=True).start()


def _answer(server: http.server.ThreadingHTTPServer) -> None:
    threading.Thread(target=notebooks.end_with_parent, daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""
