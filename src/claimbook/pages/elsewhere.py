"""Where a page can be seen or run elsewhere: links, once `_config.yml` has a repository."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
from sphinx.application import Sphinx

from claimbook.chapters import notebooks
from claimbook.pages import parts, state

COLAB = "colab"  # the folder of the site with copies of the chapters that set themselves up
BRANCH = "gh-pages"  # that of the published pages: Colab opens what stands on GitHub
_GITHUB = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?")
_DISPUTE = "/issues/new?template=dispute_verdict.yml"
_SETUP = """\
# Where the book is not there already, as on Colab, a copy of it is fetched and installed first.
import importlib.util
import os
import subprocess
import sys

if importlib.util.find_spec("claimbook") is None:
    subprocess.run(["git", "clone", "--quiet", "--depth=1", "{url}", "book"], check=True)
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "./book"], check=True)
    importlib.invalidate_caches()
    os.environ["CLAIMBOOK_ROOT"] = os.path.abspath("book")
"""


def links(url: str, branch: str, path: str, *, chapter: bool) -> dict[str, str]:
    """Return the links of a file of the book, by what they are; none without a repository."""
    match = _GITHUB.fullmatch(url)
    if not match:
        return {"The repository": url} if url else {}
    name, source = match[1], f"https://github.com/{match[1]}"
    colab = f"https://colab.research.google.com/github/{name}/blob/{BRANCH}/{COLAB}"
    run = {
        "Run it on Binder": f"https://mybinder.org/v2/gh/{name}/{branch}?urlpath=lab/tree/{path}",
        "Run it on Colab": f"{colab}/{path}",
    }
    return {
        **(run if chapter else {}),
        "Source": f"{source}/blob/{branch}/{path}",
        "History": f"{source}/commits/{branch}/{path}",
        **({"Dispute the verdict": f"{source}{_DISPUTE}"} if chapter else {}),
    }


def for_colab(notebook: nbformat.NotebookNode, url: str) -> str:
    """Return a chapter with a first cell that sets up what is missing, and without its outputs."""
    cell = nbformat.v4.new_code_cell(_SETUP.format(url=url), id="set-up")
    copy = nbformat.from_dict({**notebook, "cells": [cell, *notebook.cells], "metadata": {}})
    copy.metadata["kernelspec"] = dict(notebooks.KERNEL)
    for one in copy.cells:
        if one.cell_type == "code":
            one.update(outputs=[], execution_count=None)
    return nbformat.writes(copy) + "\n"


def _repository(app: Sphinx) -> tuple[str, str]:
    options = app.config.html_theme_options
    return options.get("repository_url") or "", options.get("repository_branch") or "main"


def add_links(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Add the links under a page."""
    if doctree is None:
        return
    path = Path(app.env.doc2path(page)).relative_to(state.book(app).root).as_posix()
    found = links(*_repository(app), path, chapter=state.chapter(app, page) is not None)
    if found:
        context["body"] += str(parts.render("elsewhere", links=found))


def write_for_colab(app: Sphinx, site: Path) -> None:
    """Write the copies for Colab."""
    url, _ = _repository(app)
    if not _GITHUB.fullmatch(url):
        return
    for path in state.book(app).chapters.values():
        copy = site / COLAB / path.relative_to(state.book(app).root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(for_colab(notebooks.read(path), url), encoding="utf-8", newline="\n")
