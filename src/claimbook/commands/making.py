"""Sphinx, set up as ``jupyter-book build`` does it, in a process that stays for the next build.

What takes a build longest is then at hand: all that it imports, and the book that it has read. Each
build has a Sphinx of its own, for writing pages changes what one has read.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace

from claimbook.chapters import kernels
from claimbook.chapters.book import DRAFTS
from claimbook.errors import ClaimbookError

UNBUILT = "the book was not built: the messages above say what to mend."


def work(pipe: Connection, root: Path, out: Path, drafts: bool) -> None:
    """Build and answer what is wrong, in a sentence or none; again for each message."""
    threading.Thread(target=kernels.end_with_parent, daemon=True).start()
    os.environ.pop(DRAFTS, None)
    os.environ.update({DRAFTS: "1"} if drafts else {})
    os.chdir(root)
    while True:
        pipe.send(_built(root, out / "html", out / ".doctrees"))
        try:
            pipe.recv()
        except EOFError:  # nothing more is asked
            return


def _built(root: Path, site: Path, doctrees: Path) -> str:
    """Build what has changed; what a failed build has read and written is done anew by the next."""
    from sphinx.application import ENV_PICKLE_FILENAME

    read, began = doctrees / ENV_PICKLE_FILENAME, time.time()
    held = read.read_bytes() if read.is_file() else None
    fault = _fault(root, site, doctrees)
    if fault:
        read.unlink(missing_ok=True)
        if held:
            read.write_bytes(held)
        for folder, suffix in ((site, "html"), (doctrees, "doctree")):
            for path in folder.rglob(f"*.{suffix}"):
                if path.stat().st_mtime >= began - 1:
                    name = path.relative_to(folder).with_suffix(".doctree")
                    (doctrees / name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            site.rmdir()  # where nothing was written there is no site
    return fault


def _fault(root: Path, site: Path, doctrees: Path) -> str:
    """Build; return what is wrong, in a sentence or none."""
    from jupyter_book.config import get_final_config
    from sphinx.application import Sphinx
    from sphinx.cmd.build import handle_exception
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    app, toc = None, {"external_toc_path": "_toc.yml"}
    try:
        config, _ = get_final_config(
            user_yaml=root / "_config.yml",
            cli_config={**toc, "latex_individualpages": False, "nitpicky": True},
            sourcedir=root,
            use_external_toc=True,
        )
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                srcdir=root,
                confdir=None,
                outdir=site,
                doctreedir=doctrees,
                buildername="html",
                confoverrides=config,
                status=None,
                warningiserror=True,
                keep_going=True,
            )
            app.build()
    except ClaimbookError as fault:
        return str(fault)
    except Exception as fault:  # said in Sphinx's own way
        options = SimpleNamespace(pdb=False, verbosity=0, traceback=False)
        handle_exception(app, options, fault)
        return UNBUILT
    return UNBUILT if app.statuscode else ""
