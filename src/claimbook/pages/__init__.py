"""The Sphinx extension of the book: cards, charts, directives and the site's shell.

It executes nothing: pages show what `claimbook run` has stored in the chapters.
"""

from __future__ import annotations

from sphinx.application import Sphinx

from claimbook.pages import chapters, datapage, directives, feeds, panel, theme, values


def setup(app: Sphinx) -> dict[str, bool]:
    """Connect every part of the extension to a build.

    Parameters
    ----------
    app : sphinx.application.Sphinx

    Returns
    -------
    dict
        Sphinx's metadata of an extension.
    """
    metadata = theme.setup(app)
    for part in (chapters, panel, values, directives, datapage, feeds):
        part.connect(app)
    return metadata
