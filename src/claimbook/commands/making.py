"""Sphinx in a process of its own, which keeps the book in mind from one build to the next.

It is set up as ``jupyter-book build`` does it. Each later build is tried in a fork of the process:
one that succeeds takes its place, one that fails is forgotten, with all that it has half read.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
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
        app, fault = _set_up(root, out)
        maker = app and _Maker(app)
        fault = maker.build() if maker else fault
        pipe.send(fault)
        while maker and FORKS and not fault:
            try:
                changed = pipe.recv()
            except EOFError:  # nothing more is asked
                return
            if not maker.knows(changed):
                pipe.send(None)
                return
            pipe.send(maker.build_again())


def _end_with_parent() -> None:
    threading.Thread(target=notebooks.end_with_parent, daemon=True).start()


def _set_up(root: Path, out: Path) -> tuple[Sphinx | None, str]:
    """Set Sphinx up as Jupyter Book does; return it, or else what is wrong."""
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
    return app, ""


def _said(app: Sphinx | None, fault: Exception) -> str:
    """Say what stopped a build; what is not the book's own is printed in Sphinx's way."""
    from sphinx.cmd.build import handle_exception

    if isinstance(fault, ClaimbookError):
        return str(fault)
    handle_exception(app, SimpleNamespace(pdb=False, verbosity=0, traceback=False), fault)
    return UNBUILT


class _Maker:
    """Builds with one Sphinx, again and again.

    What Sphinx has read is kept as bytes: writing pages changes it in memory, and a second writing
    would begin with that. `unsure` are pages that a failed build may have written.
    """

    def __init__(self, app: Sphinx) -> None:
        from sphinx.application import ENV_PICKLE_FILENAME

        self.app, self.file = app, Path(app.doctreedir, ENV_PICKLE_FILENAME)
        self.read, self.unsure = b"", set[str]()

    def build(self) -> str:
        """Build what has changed; return what is wrong, in a sentence or none."""
        try:
            self.app.build()
        except Exception as fault:
            return _said(self.app, fault)
        if self.app.statuscode:
            # Sphinx warns only of pages it reads anew: without this the next build would pass.
            self.file.unlink(missing_ok=True)
            return UNBUILT
        self.read, self.unsure = self.file.read_bytes(), set()
        return ""

    def knows(self, changed: Iterable[Path]) -> bool:
        """Tell whether these are texts, notebooks and claim files of pages that it has read."""
        sources = [Path(self.app.env.doc2path(name)) for name in self.app.env.found_docs]
        known = {*sources, *(path.with_suffix(".yml") for path in sources)}
        return all(path.resolve() in known and path.is_file() for path in changed)

    def build_again(self) -> str:
        """Build in a fork; return in the process that goes on: the fork, unless it has failed."""
        began = time.time()
        mine, its = multiprocessing.Pipe(duplex=False)
        child = os.fork()
        if not child:
            _end_with_parent()
            self._restore()
            fault = self.build()
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
        for name in self.app.env.found_docs:
            page = Path(self.app.builder.get_outfilename(name))
            if not page.is_file() or page.stat().st_mtime >= began - 1:
                self.unsure.add(name)
        return fault

    def _restore(self) -> None:
        env = pickle.loads(self.read)
        env.setup(self.app)
        for name in self.unsure & {*env.all_docs}:
            env.all_docs[name] = 0
        self.app.env = env
        self.app.builder.env = env
