"""The words of an essay, known by their hashes alone: enough to tell a quotation, not to read it.

An essay belongs to its author. ``book/essays/<essay-id>.hashes`` holds, sorted, a hash for each
nine of its words in a row.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from claimbook import paths

IN_A_ROW = 9
_DIGITS = 12


def path(essay_id: str) -> Path:
    """Return the file of an essay's hashes."""
    return paths.root() / "book" / "essays" / f"{essay_id}.hashes"


def hashes(text: str) -> list[str]:
    """Return the hashes of a text's words, nine in a row, sorted."""
    return sorted({sha for sha, _ in _rows(text)})


def quoted(text: str, known: Collection[str]) -> Iterator[str]:
    """Yield each nine words in a row of a text that stand in the essay of these hashes."""
    for sha, words in _rows(text):
        if sha in known:
            yield words


def _rows(text: str) -> Iterator[tuple[str, str]]:
    words = re.findall(r"[^\W_]+", text.lower().replace("’", "").replace("'", ""))
    for place in range(len(words) - IN_A_ROW + 1):
        row = " ".join(words[place : place + IN_A_ROW])
        yield hashlib.sha256(row.encode()).hexdigest()[:_DIGITS], row
