"""Build the book with Jupyter Book from stored outputs, and serve it while it is written."""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from ruamel.yaml import YAML

from claimbook import paths
from claimbook.chapters import notebooks
from claimbook.errors import ClaimbookError

WATCHED = ("book", "data", "src", "_config.yml", "_toc.yml")


class BuildError(ClaimbookError):
    """The book could not be built."""


def build() -> Path:
    """Build the book into ``_build/html``, warnings being errors.

    Returns
    -------
    pathlib.Path
        The site's ``index.html``.

    Raises
    ------
    ClaimbookError
        If a chapter is stale, Jupyter Book fails, or a page of ``_toc.yml`` is missing afterwards.
    """
    root = paths.root()
    for claim_id in notebooks.chapters():
        notebooks.require_fresh(claim_id)
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(root), "-q"]
    ended = subprocess.run([*command, "-n", "-W", "--keep-going"], cwd=root, check=False)
    if ended.returncode:
        # Sphinx warns only of pages it reads anew: a second build would pass without them.
        shutil.rmtree(root / "_build" / ".doctrees", ignore_errors=True)
        raise BuildError("the book was not built: the messages above say what to mend.")
    return _complete(root)


def _complete(root: Path) -> Path:
    """Check that every page that the table of contents names was written."""
    site = root / "_build" / "html"
    for page in ("index", *pages(root / "_toc.yml")):
        if not (site / f"{page}.html").is_file():
            raise BuildError(
                f"the page {page}.html is missing from {paths.shown(site)} although _toc.yml names "
                "it: run `make clean`, then build again."
            )
    return site / "index.html"


def pages(toc: Path) -> list[str]:
    """Return every page that a table of contents names.

    Parameters
    ----------
    toc : pathlib.Path
        A Jupyter Book ``_toc.yml``.

    Returns
    -------
    list of str
        Paths without suffix, the root first.
    """
    contents = YAML(typ="safe").load(toc.read_text(encoding="utf-8"))
    return [contents["root"], *_files(contents.get("parts", [])), *_files(contents)]


def _files(node: object) -> list[str]:
    if isinstance(node, list):
        return [name for part in node for name in _files(part)]
    if not isinstance(node, dict):
        return []
    own = [node["file"]] if "file" in node else []
    return own + [name for key in ("chapters", "sections") for name in _files(node.get(key, []))]


def serve(port: int, say: Callable[[str], object]) -> None:
    """Build, serve on 127.0.0.1 and rebuild whenever a file of the book changes.

    A build that fails is reported and the last good pages stay.

    Parameters
    ----------
    port : int
        Port to listen on.
    say : callable
        Prints a line.

    Raises
    ------
    BuildError
        If the port is taken.
    """
    from watchfiles import watch

    index = build()
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
                build()
                say("Built anew.")
            except ClaimbookError as fault:
                say(f"claimbook: {fault}")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""
