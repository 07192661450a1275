"""What a branch changes, as `claimbook review` says it: words, outputs as text, numbers, verdicts.

Nothing is executed: what a chapter stores now is compared with what it stored in a commit.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from claimbook import paths
from claimbook.chapters import freshness, notebooks, review, scaffold
from claimbook.chapters.book import Book
from claimbook.chapters.finding import Finding
from claimbook.claims import declared, files, output
from claimbook.data import compare
from claimbook.errors import ClaimbookError
from claimbook.estimates import words

# The parts of a chapter, in the order in which they are shown.
PARTS = ("Narrative", "Claim file", "Code", "Outputs")
ROWS, FEW = 100, 5
_SENTENCE = re.compile(r"(?<=[.!?:]) +")


@dataclass(frozen=True)
class Stand:
    """A chapter as it stood at one moment: its parts as text, its claim file, its claim output."""

    parts: Mapping[str, str]
    claim: Mapping[str, Any]
    found: Mapping[str, Any]


# Of a chapter that was not there.
_NONE = Stand(dict.fromkeys(PARTS, ""), {}, {})


def as_markdown(book: Book, base: str) -> str:
    """Say what has changed since a commit, and what a reviewer would ask."""
    listed = (paths.git("diff", "--name-only", "--relative", base) or "").splitlines()
    with paths.committed(book.root / "book", base) as pages_then:
        if pages_then is None:
            raise ClaimbookError(f"git knows no commit {base} of this book: fetch or name another.")
        folder = pages_then.parent
        before = _stands(folder)
        ledger = folder / declared.ledger().relative_to(book.root)
        rows = declared.parse(_read(ledger), base) if ledger.is_file() else []
        pages = {
            name: _diff(*(_sentences(_read(root / name)) for root in (folder, book.root)))
            for name in listed
            if name.startswith("book/") and name.endswith(".md")
        }
    now = _stands(book.root)
    both = {name: (before.get(name, _NONE), now.get(name, _NONE)) for name in {**before, **now}}
    chapters = [
        {"id": name, "new": name not in before, "gone": name not in now}
        | _changed(name, *stands, len(rows))
        for name, stands in both.items()
        if stands[0].parts != stands[1].parts
    ]
    moves = compare.moves(
        *(
            {name: one.found for name, one in stands.items() if one.found}
            for stands in (before, now)
        )
    )
    names = {chapter["id"] for chapter in chapters}
    asked: dict[bool, dict[str, list[Finding]]] = {True: {}, False: {}}
    for finding in review.findings(book, quick=True):
        path = paths.shown(finding.path)
        touched = path in listed or finding.path.stem in names
        asked[touched].setdefault(path, []).append(finding)
    return scaffold.filled(
        "review.md",
        base=base,
        flipped=moves["flipped"],
        moved=[_row(one) for one in moves["moved"][:ROWS]],
        more=len(moves["moved"][ROWS:]),
        chapters=chapters,
        pages=pages,
        others=_gathered(one for one in listed if one not in pages and Path(one).stem not in names),
        asked=asked[True],
        asked_elsewhere=asked[False],
        fenced=_fenced,
    )


def _stands(folder: Path) -> dict[str, Stand]:
    """Read the chapters that stand in a folder, by the names of their files."""
    found = sorted(folder.glob("book/*/*.yml"))
    return {path.stem: _stand(path) for path in found if path.with_suffix(".ipynb").is_file()}


def _stand(claim_path: Path) -> Stand:
    """Read a chapter; what cannot be read is left out, for `check` says why."""
    claim: Mapping[str, Any] = {}
    found: Mapping[str, Any] = {}
    cells: Sequence[Any] = ()
    with suppress(ClaimbookError):
        claim = files.load_claim(claim_path)
        notebook = notebooks.read(claim_path.with_suffix(".ipynb"))
        cells = notebook.cells
        shown = notebooks.claim_shown(notebook, claim["id"])
        found = output.expanded(shown[output.MIME], claim)
    code = [cell for cell in cells if cell.cell_type == "code"]
    parts = (
        _sentences(_joined(cell.source for cell in cells if cell.cell_type == "markdown")),
        _read(claim_path),
        _joined(cell.source for cell in code),
        _joined(_text(one) for cell in code for one in freshness.shown(cell)),
    )
    return Stand(dict(zip(PARTS, parts, strict=True)), claim, found)


def _read(path: Path) -> str:
    """Return the text of a file; it is empty where there was none."""
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _joined(texts: Iterable[str]) -> str:
    return "\n\n".join(filter(None, texts))


def _sentences(text: str) -> str:
    """Cut prose into its sentences, so that a diff shows the one that changed."""
    return _SENTENCE.sub("\n", text)


def _text(shown: Sequence[Any]) -> str:
    """The text form of an output: what it prints, or what it is in words."""
    held = shown[-1]
    return held.get("text/plain", "") if isinstance(held, Mapping) else str(held)


def _diff(before: str, now: str) -> str:
    lines = difflib.unified_diff(before.splitlines(), now.splitlines(), n=2, lineterm="")
    return "\n".join(list(lines)[2:])


def _changed(name: str, before: Stand, now: Stand, declared_before: int) -> dict[str, Any]:
    """Gather what a reviewer sees of one chapter."""
    switches = [stand.found.get("switches") for stand in (before, now)]
    return {
        "verdict": now.found.get("verdict"),
        "switches": [one and output.switches_text(one) for one in switches],
        "asks": list(_asks(before, now)),
        "declared": [
            row
            for row in declared.read()[declared_before:]
            if (row.claim, row.event) == (name, declared.DECLARED)
        ],
        "diffs": {part: _diff(before.parts[part], now.parts[part]) for part in PARTS},
    }


def _asks(before: Stand, now: Stand) -> Iterator[str]:
    """Say in which of its declarations a claim differs, check by check."""
    old, new = (
        {one["id"]: declared.declaration(one) for one in stand.claim.get("checks", ())}
        for stand in (before, now)
    )
    for name in {**old, **new}:
        if name not in old or name not in new:
            yield f"{name}: {'added' if name not in old else 'removed'}"
        elif differ := [field for field in new[name] if old[name][field] != new[name][field]]:
            fields = (f"{field} {old[name][field]} → {new[name][field]}" for field in differ)
            yield f"{name}: {'; '.join(fields)}"


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    """Write a check that moved: what it said, and what it says."""
    row = {name: one[name] for name in ("claim", "check", "vintage")}
    for side, outcome in one["outcome"].items():
        row[side] = f"{outcome}: {words.full(one['estimate'][side])}" if outcome else "not asked"
    return row


def _gathered(names: Iterable[str]) -> list[str]:
    """Name files; of a folder with many, only how many they are."""
    folders: dict[str, list[str]] = {}
    for name in names:
        folders.setdefault(name.rpartition("/")[0], []).append(f"`{name}`")
    return [
        line
        for folder, held in folders.items()
        for line in (held if len(held) <= FEW else [f"`{folder}/`: {len(held)} files"])
    ]


def _fenced(text: str, language: str = "diff") -> str:
    """Return a text as a block in which nothing ends the block."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"
