"""The errors a reader or contributor can mend: each message is a sentence with a remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ClaimbookError(Exception):
    """Something in the book's files is wrong; the message says what, where and what to do.

    The command line prints the message alone; no traceback would help its reader.
    """

    exit_code = 1


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint with the known word most like a mistyped one.

    Parameters
    ----------
    word : str
        What was asked for.
    known : iterable of str
        What could have been asked for.

    Returns
    -------
    str
        ``" Did you mean X?"``, or an empty string where nothing is close.
    """
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f" Did you mean {close[0]}?" if close else ""
