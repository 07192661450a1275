"""The error with which the book refuses to be built: a sentence, never a traceback."""

from __future__ import annotations

from sphinx.errors import SphinxError

from claimbook.errors import ClaimbookError


class BookError(ClaimbookError, SphinxError):
    """The book cannot be built as it stands; the message says what is wrong, where, and the remedy.

    Sphinx prints a SphinxError as its category and its sentence, without a traceback.
    """

    category = "The book was not built"
