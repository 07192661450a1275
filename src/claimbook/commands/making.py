"""Sphinx in a process of its own, which keeps the book in mind from one build to the next.

It is set up as ``jupyter-book build`` does it. Each later build is tried in a fork of the process:
one that succeeds takes its place, one that fails is forgotten, with all that it has half read.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Iterable
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from claimbook.chapters import notebooks
from claimbook.chapters.book import DRAFTS
from claimbook.errors import ClaimbookError

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FORKS = hasattr(os, "fork")
UNBUILT = "the book was not built: the messages above say what to mend."


def work(pipe: Connection, root: Path, out: Path, drafts: bool) -> None:
    """Build and answer what is wrong, in a sentence or none; build again for each list of files.

    The answer None says that a fresh process is needed: more has changed than the text of pages.
    """
    _end_with_parent()
    os.environ.pop(DRAFTS, None)
    os.environ.update({DRAFTS: "1"} if drafts else {})
    os.chdir(root)
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    with patch_docutils(), docutils_namespace():
        app, fault = _first(root, out)
        pipe.send(fault)
        while app and FORKS:
            try:
                changed = pipe.recv()
            except EOFError:  # nothing more is asked
                return
            if not _of_pages(app, changed):
                pipe.send(None)
                return
            pipe.send(_again(app))


def _end_with_parent() -> None:
    threading.Thread(target=notebooks.end_with_parent, daemon=True).start()


def _first(root: Path, out: Path) -> tuple[Sphinx | None, str]:
    """Set Sphinx up and build; return it where that went well, else what is wrong."""
    from jupyter_book.config import get_final_config
    from sphinx.application import Sphinx

    app, toc = None, {"external_toc_path": "_toc.yml"}
    try:
        config, _ = get_final_config(
            user_yaml=root / "_config.yml",
            cli_config={**toc, "latex_individualpages": False, "nitpicky": True},
            sourcedir=root,
            use_external_toc=True,
        )
        app = Sphinx(
            srcdir=root,
            confdir=None,
            outdir=out / "html",
            doctreedir=out / ".doctrees",
            buildername="html",
            confoverrides=config,
            status=None,
            warningiserror=True,
            keep_going=True,
        )
    except Exception as fault:
        return None, _said(app, fault)
    fault = _built(app)
    return None if fault else app, fault


def _built(app: Sphinx) -> str:
    """Build what has changed; return what is wrong, in a sentence or none."""
    from sphinx.application import ENV_PICKLE_FILENAME

    try:
        app.build()
    except Exception as fault:
        return _said(app, fault)
    if not app.statuscode:
        return ""
    # Sphinx warns only of pages it reads anew: without this the next build would pass.
    Path(app.doctreedir, ENV_PICKLE_FILENAME).unlink(missing_ok=True)
    return UNBUILT


def _said(app: Sphinx | None, fault: Exception) -> str:
    """Say what stopped a build; what is not the book's own is printed in Sphinx's way."""
    from sphinx.cmd.build import handle_exception

    if isinstance(fault, ClaimbookError):
        return str(fault)
    handle_exception(app, SimpleNamespace(pdb=False, verbosity=0, traceback=False), fault)
    return UNBUILT


def _of_pages(app: Sphinx, changed: Iterable[Path]) -> bool:
    """Tell whether all that changed are texts, notebooks and claim files of pages it knows."""
    sources = [Path(app.env.doc2path(name)) for name in app.env.found_docs]
    known = {*sources, *(path.with_suffix(".yml") for path in sources)}
    return all(path.resolve() in known and path.is_file() for path in changed)


def _again(app: Sphinx) -> str:
    """Build in a fork; return in the process that goes on, the fork unless something is wrong."""
    began = time.time()
    mine, its = multiprocessing.Pipe(duplex=False)
    child = os.fork()
    if not child:
        _end_with_parent()
        fault = _built(app)
        its.send(fault)
        if not fault:
            return fault
        sys.stdout.flush()
        os._exit(1)
    its.close()
    try:
        fault = mine.recv()
    except EOFError:  # it was killed
        fault = UNBUILT
    if not fault:
        os._exit(0)
    os.waitpid(child, 0)
    for name in app.env.found_docs:  # what it has written may not be what this process knows
        page = Path(app.builder.get_outfilename(name))
        if not page.is_file() or page.stat().st_mtime >= began - 1:
            app.env.all_docs[name] = 0
    return fault
