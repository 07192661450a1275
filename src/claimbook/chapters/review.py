"""What a reviewer would ask of a chapter: one readable list, with file and cell.

Each rule is a small function that yields findings; `RULES` lists those that read, `SLOW_RULES`
those that execute the chapter.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat

from claimbook import figures, paths
from claimbook.chapters import freshness, notebooks, prose
from claimbook.chapters.book import Book
from claimbook.chapters.scaffold import PLACEHOLDER
from claimbook.claims import files, grid, output
from claimbook.data import snapshot
from claimbook.errors import ClaimbookError, nearest

WORDS = (600, 1_200)
CHARTS = (2, 5)
VARIANTS = (24, 400)
SECONDS = 60
_NETWORK = re.compile(
    r"^\s*(?:import|from)\s+(requests|urllib|http|socket|httpx|aiohttp|wbgapi)\b|^\s*[!%]\s*pip",
    re.MULTILINE,
)
_YEARS = r"(?:1[89]|20)\d\d(?:[–-](?:(?:1[89]|20)\d\d|\d\d))?"
_ALLOWED = re.compile(
    r"(?<!\\)\$(?! )[^$]+(?<!\\)\$(?!\d)|"  # a formula, as _config.yml has it
    rf"`[^`]*`|\]\([^)]*\)|¶+\s*\d+(?:[–,]\s*\d+)*|\b{_YEARS}\b|95\s%|\{{[^}}]*\}}|https?://\S+"
)
_NUMBER = re.compile(r"(?<![\w.])[−+-]?\d+(?:[.,]\d+)*\s?%?")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CITED = re.compile(r"\{cite(?::\w+)?\}`([^`]+)`")


@dataclass(frozen=True)
class Finding:
    """One thing to mend, or to think over: the file, where in it, and a sentence."""

    path: Path
    message: str
    cell: int | None = None
    warning: bool = False

    def as_text(self) -> str:
        """Return a line for a terminal."""
        where = paths.shown(self.path) + ("" if self.cell is None else f", cell {self.cell}")
        return f"{where}: {self.message}"

    def as_github(self) -> str:
        """Return an annotation for a GitHub workflow."""
        place = "" if self.cell is None else f" (cell {self.cell})"
        text = f"{self.message}{place}".replace("%", "%25").replace("\n", "%0A")
        return f"::{'warning' if self.warning else 'error'} file={paths.shown(self.path)}::{text}"


class Chapter:
    """A chapter under review."""

    def __init__(self, book: Book, claim_id: str) -> None:
        self.book = book
        self.id = claim_id
        self.claim = book.claim(claim_id)
        self.claim_path = book.claim_paths[claim_id]
        self.path = book.chapters[claim_id]
        self.notebook = book.notebook(claim_id)

    def says(self, message: str, cell: int | None = None) -> Finding:
        """Return a finding of the notebook."""
        return Finding(self.path, message, cell)

    def declares(self, message: str) -> Finding:
        """Return a finding of the claim file."""
        return Finding(self.claim_path, message)

    def cells(self, kind: str) -> list[tuple[int, nbformat.NotebookNode]]:
        """Return the numbered cells of a kind, ``"markdown"`` or ``"code"``."""
        numbered = enumerate(self.notebook.cells)
        return [(number, cell) for number, cell in numbered if cell.cell_type == kind]

    @cached_property
    def prose(self) -> str:
        """All Markdown of the chapter."""
        return "\n\n".join(cell.source for _, cell in self.cells("markdown"))

    @cached_property
    def charts(self) -> list[tuple[int, dict[str, Any]]]:
        """Every stored chart, with its cell."""
        return [
            (number, output["data"][figures.MIME])
            for number, cell in self.cells("code")
            for output in cell.outputs
            if figures.MIME in output.get("data", {})
        ]


Rule = Callable[[Chapter], Iterator[Finding]]


def review(book: Book, claim_id: str, *, quick: bool = False) -> list[Finding]:
    """Say what a reviewer would ask of a chapter; `quick` leaves out the rules that execute it.

    A claim file that cannot be read is the only finding.
    """
    try:
        chapter = Chapter(book, claim_id)
        _ = book.essays
    except ClaimbookError as fault:
        return [Finding(book.claim_paths.get(claim_id, book.root / "book"), str(fault))]
    rules = RULES if quick else (*RULES, *SLOW_RULES)
    return [finding for rule in rules for finding in rule(chapter)]


def _filled_in(chapter: Chapter) -> Iterator[Finding]:
    for number, line in enumerate(chapter.claim_path.read_text("utf-8").splitlines(), 1):
        if PLACEHOLDER in line:
            yield chapter.declares(f"line {number} is still to be filled in.")
    for number, cell in enumerate(chapter.notebook.cells):
        if PLACEHOLDER in cell.source:
            yield chapter.says("is still to be filled in.", number)


def _grid(chapter: Chapter) -> Iterator[Finding]:
    low, high = VARIANTS
    for check in chapter.claim["checks"]:
        count = len(grid.variants(check["options"]))
        if check["role"] == files.PRIMARY and not low <= count <= high:
            remedy = (
                "add the options a careful person could choose otherwise"
                if count < low
                else "leave out the choices that a critic would not really make"
            )
            yield chapter.declares(
                f"the primary check {check['id']} has {count} variants, not {low} to {high}: "
                f"{remedy}."
            )


def _choices(chapter: Chapter) -> Iterator[Finding]:
    try:
        found = chapter.book.output(chapter.id)
    except ClaimbookError:
        return  # what is stale is said elsewhere
    counting = [check for check in found["checks"] if check["role"] in files.COUNTING]
    for doubt in grid.doubts({check["id"]: output.grid_of(check) for check in counting}):
        yield Finding(chapter.claim_path, doubt, warning=True)


def _series(chapter: Chapter) -> Iterator[Finding]:
    named = {(code, snapshot.CURRENT) for code in chapter.claim.get("series", ())}
    for check in chapter.claim["checks"]:
        named |= {(code, check["vintage"]) for code in check["series"]}
    for code, vintage in sorted(named):
        wdi = chapter.book.snapshots.get(vintage)
        held = wdi.codes if wdi else []
        if code not in held:
            yield chapter.declares(
                f"the series {code} is not in the snapshot {vintage}.{nearest(code, held)} "
                f"Run `claimbook refresh {code} --vintage {vintage}`, or mend the code."
            )


def _literature(chapter: Chapter) -> Iterator[Finding]:
    entries = chapter.claim["literature"]
    if not any(entry["stance"] == "against" for entry in entries):
        yield chapter.declares("no literature has the stance against: find the contrary.")
    cited = {key.strip() for keys in _CITED.findall(chapter.prose) for key in keys.split(",")}
    declared = {entry["key"] for entry in entries}
    for key in sorted((declared | cited) - chapter.book.references):
        yield chapter.declares(f"the key {key} is not in book/references.bib.")
    for key in sorted(declared - cited):
        yield chapter.says(f"{key} is declared as literature but never cited.")


def _numbers(chapter: Chapter) -> Iterator[Finding]:
    for number, cell in chapter.cells("markdown"):
        for paragraph in re.split(r"\n\s*\n", cell.source):
            if "{cite" in paragraph:
                continue  # the findings of others are cited, not computed
            for found in _NUMBER.findall(_ALLOWED.sub(" ", prose.LINK.sub(" ", paragraph))):
                yield chapter.says(
                    f"the number {found.strip()} is typed: bind it, as in "
                    '[1.2](value:check-id.value ".1f"), or write it in words.',
                    number,
                )


def _charts(chapter: Chapter) -> Iterator[Finding]:
    low, high = CHARTS
    if not low <= len(chapter.charts) <= high:
        yield chapter.says(f"shows {len(chapter.charts)} charts, not {low} to {high}.")
    for number, drawn in chapter.charts:
        for problem in figures.problems(drawn):
            yield chapter.says(problem, number)
    metas = [drawn.get("layout", {}).get("meta", {}) for _, drawn in chapter.charts]
    ids = [meta.get("claimbook", {}).get("id") for meta in metas]
    for name in sorted({name for name in ids if name and ids.count(name) > 1}):
        yield chapter.says(f"two charts have the id {name}: rename one.")


def _offline(chapter: Chapter) -> Iterator[Finding]:
    for number, cell in chapter.cells("code"):
        for match in _NETWORK.finditer(cell.source):
            yield chapter.says(
                f"{match[0].strip()!r} reaches for the network: a chapter reads only snapshots.",
                number,
            )


def _fresh(chapter: Chapter) -> Iterator[Finding]:
    try:
        chapter.book.require_fresh(chapter.id)
    except ClaimbookError as fault:
        yield chapter.says(str(fault))


def _compared(chapter: Chapter) -> Iterator[Finding]:
    for number, cell in chapter.cells("code"):
        if reason := uncompared(cell, chapter.id):
            yield chapter.says(reason, number)


def uncompared(cell: nbformat.NotebookNode, claim_id: str) -> str | None:
    """Say why nbval would compare nothing in a cell that shows something; None where it does."""
    remedy = f"run `claimbook run {claim_id}`."
    if cell.execution_count is None:
        return f"has no execution count, so nbval compares nothing: {remedy}"
    if not _shows(cell.source):
        return None
    if not cell.outputs:
        return f"computes but stores no output for nbval: {remedy}"
    tags = " ".join(cell.metadata.get("tags", []))
    if marker := freshness.UNCOMPARED.search(cell.source) or freshness.UNCOMPARED.search(tags):
        return f"tells nbval not to compare what it shows: remove {marker[0]}."
    return None


def _shows(source: str) -> bool:
    """Tell whether a cell asks a check, draws a chart, or shows the claim."""
    try:
        body = ast.parse(source).body
    except SyntaxError:  # a magic: look at what it says
        return bool(re.search(r"\b(check|chart)\(", source))
    names = {
        call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        for part in body
        for call in ast.walk(part)
        if isinstance(call, ast.Call)
    }
    shown = body[-1].value if body and isinstance(body[-1], ast.Expr) else None
    return bool(names & {"check", "chart"}) or isinstance(shown, ast.Name)


def _length(chapter: Chapter) -> Iterator[Finding]:
    low, high = WORDS
    count = word_count(chapter.prose)
    if not low <= count <= high:
        yield chapter.says(f"has {count} words of prose, not {low} to {high:,}.")


def word_count(markdown: str) -> int:
    """Count the words of a Markdown text as a reader sees it, without the targets of links."""
    return len(re.findall(r"[^\W_][\w’'.–%-]*", re.sub(r"\]\([^)]*\)", "]", markdown)))


def _links(chapter: Chapter) -> Iterator[Finding]:
    for number, cell in chapter.cells("markdown"):
        for target in _LINK.findall(cell.source):
            name = target.split("#")[0]
            if not name or ":" in name:
                continue
            if not (chapter.path.parent / name).exists():
                yield chapter.says(f"the link {target} leads nowhere.", number)


def _spelling(chapter: Chapter) -> Iterator[Finding]:
    known = paths.root() / "book" / "spelling.txt"
    allowed = ["-I", str(known)] if known.is_file() else []
    command = [sys.executable, "-m", "codespell_lib", *allowed, "-"]
    text = prose.LINK.sub(" ", _CITED.sub(" ", chapter.prose))
    answer = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    for line in answer.stdout.splitlines():
        if "==>" in line:
            word = line.split(":", 1)[-1].strip()
            yield chapter.says(f"a spelling mistake? {word}")


def _runs(chapter: Chapter) -> Iterator[Finding]:
    began = time.monotonic()
    try:
        ran = notebooks.executed(chapter.path)
    except ClaimbookError as fault:
        yield chapter.says(str(fault))
        return
    if (seconds := time.monotonic() - began) > SECONDS:
        yield chapter.says(f"takes {seconds:.0f} s to execute, more than {SECONDS}.")
    for number, (before, after) in enumerate(zip(chapter.notebook.cells, ran.cells, strict=True)):
        if before.cell_type == "code" and freshness.shown(before) != freshness.shown(after):
            yield chapter.says(
                f"gives another output when it is run again: run `claimbook run {chapter.id}`; if "
                "it differs every time, the cell depends on a clock, a network or chance.",
                number,
            )


RULES: tuple[Rule, ...] = (
    _filled_in,
    _grid,
    _choices,
    _series,
    _literature,
    _numbers,
    _charts,
    _offline,
    _fresh,
    _compared,
    _length,
    _links,
    _spelling,
)
SLOW_RULES: tuple[Rule, ...] = (_runs,)
