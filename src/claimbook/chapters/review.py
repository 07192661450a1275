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
from claimbook.chapters import notebooks, prose
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
    rf"`[^`]*`|\]\([^)]*\)|¶+\s*\d+(?:[–,]\s*\d+)*|\b{_YEARS}\b|95\s%|\{{[^}}]*\}}|https?://\S+"
)
_NUMBER = re.compile(r"(?<![\w.])[−+-]?\d+(?:[.,]\d+)*\s?%?")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_BIB_KEY = re.compile(r"^@\w+\{([^,\s]+),", re.MULTILINE)
# What turns nbval's comparison off, as a comment or as a tag of the cell.
_UNCOMPARED = re.compile(
    r"(?:nbval|pytest_validate|pytest-validate)[_-](?:ignore[_-]output|skip|raises[_-]exception)"
    r"|raises-exception",
    re.IGNORECASE,
)
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
    """A chapter under review.

    Parameters
    ----------
    claim_id : str
        Its claim.
    """

    def __init__(self, claim_id: str) -> None:
        self.id = claim_id
        self.claim = files.read_claim(claim_id)
        self.claim_path = files.claim_paths()[claim_id]
        self.path = notebooks.chapter(claim_id)
        self.notebook = notebooks.read(self.path)

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
        """The particulars of every stored chart, with its cell."""
        return [
            (number, output["data"][figures.MIME].get("layout", {}).get("meta", {}))
            for number, cell in self.cells("code")
            for output in cell.outputs
            if figures.MIME in output.get("data", {})
        ]


Rule = Callable[[Chapter], Iterator[Finding]]


def review(claim_id: str, *, quick: bool = False) -> list[Finding]:
    """Say what a reviewer would ask of a chapter.

    Parameters
    ----------
    claim_id : str
        The claim's id.
    quick : bool
        Leave out the rules that execute the chapter.

    Returns
    -------
    list of Finding
        Empty where nothing is to be mended. A claim file that cannot be read is the only finding.
    """
    try:
        chapter = Chapter(claim_id)
        files.essays()
    except ClaimbookError as fault:
        path = files.claim_paths().get(claim_id, paths.root() / "book")
        return [Finding(path, str(fault))]
    rules = RULES if quick else (*RULES, *SLOW_RULES)
    return [finding for rule in rules for finding in rule(chapter)]


def _filled_in(chapter: Chapter) -> Iterator[Finding]:
    for number, line in enumerate(chapter.claim_path.read_text("utf-8").splitlines(), 1):
        if PLACEHOLDER in line:
            yield Finding(chapter.claim_path, f"line {number} is still to be filled in.")
    for number, cell in enumerate(chapter.notebook.cells):
        if PLACEHOLDER in cell.source:
            yield Finding(chapter.path, "is still to be filled in.", number)


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
            yield Finding(
                chapter.claim_path,
                f"the primary check {check['id']} has {count} variants, not {low} to {high}: "
                f"{remedy}.",
            )


def _choices(chapter: Chapter) -> Iterator[Finding]:
    try:
        found = notebooks.claim_output(chapter.notebook, chapter.id)
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
        held = snapshot.read(vintage).codes
        if code not in held:
            yield Finding(
                chapter.claim_path,
                f"the series {code} is not in the snapshot {vintage}.{nearest(code, held)} "
                f"Run `claimbook refresh {code} --vintage {vintage}`, or mend the code.",
            )


def _literature(chapter: Chapter) -> Iterator[Finding]:
    entries = chapter.claim["literature"]
    if not any(entry["stance"] == "against" for entry in entries):
        yield Finding(
            chapter.claim_path, "no literature has the stance against: find the contrary."
        )
    path = paths.root() / "book" / "references.bib"
    held = set(_BIB_KEY.findall(path.read_text("utf-8")))
    cited = {key.strip() for keys in _CITED.findall(chapter.prose) for key in keys.split(",")}
    declared = {entry["key"] for entry in entries}
    for key in sorted((declared | cited) - held):
        yield Finding(chapter.claim_path, f"the key {key} is not in {paths.shown(path)}.")
    for key in sorted(declared - cited):
        yield Finding(chapter.path, f"{key} is declared as literature but never cited.")


def _numbers(chapter: Chapter) -> Iterator[Finding]:
    for number, cell in chapter.cells("markdown"):
        for paragraph in re.split(r"\n\s*\n", cell.source):
            if "{cite" in paragraph:
                continue  # the findings of others are cited, not computed
            for found in _NUMBER.findall(_ALLOWED.sub(" ", prose.LINK.sub(" ", paragraph))):
                yield Finding(
                    chapter.path,
                    f"the number {found.strip()} is typed: bind it, as in "
                    '[1.2](value:check-id.value ".1f"), or write it in words.',
                    number,
                )


def _charts(chapter: Chapter) -> Iterator[Finding]:
    low, high = CHARTS
    if not low <= len(chapter.charts) <= high:
        yield Finding(chapter.path, f"shows {len(chapter.charts)} charts, not {low} to {high}.")
    for number, meta in chapter.charts:
        described = meta.get("claimbook", {})
        for name in ("id", "title", "alt", "unit", "source", "n"):
            if not described.get(name):
                yield Finding(
                    chapter.path,
                    f"a chart has no {name}: make it with claimbook.figures.chart.",
                    number,
                )
    ids = [meta.get("claimbook", {}).get("id") for _, meta in chapter.charts]
    for name in sorted({name for name in ids if name and ids.count(name) > 1}):
        yield Finding(chapter.path, f"two charts have the id {name}: rename one.")


def _offline(chapter: Chapter) -> Iterator[Finding]:
    for number, cell in chapter.cells("code"):
        for match in _NETWORK.finditer(cell.source):
            yield Finding(
                chapter.path,
                f"{match[0].strip()!r} reaches for the network: a chapter reads only snapshots.",
                number,
            )


def _fresh(chapter: Chapter) -> Iterator[Finding]:
    try:
        notebooks.require_fresh(chapter.id)
    except ClaimbookError as fault:
        yield Finding(chapter.path, str(fault))


def _compared(chapter: Chapter) -> Iterator[Finding]:
    for number, cell in chapter.cells("code"):
        if reason := uncompared(cell, chapter.id):
            yield Finding(chapter.path, reason, number)


def uncompared(cell: nbformat.NotebookNode, claim_id: str) -> str | None:
    """Say why nbval would compare nothing in a code cell although there is something to compare.

    Parameters
    ----------
    cell : nbformat.NotebookNode
        A code cell.
    claim_id : str
        Its chapter's claim, for the message.

    Returns
    -------
    str or None
        The end of a sentence that begins with the cell; None where nbval compares, or where the
        cell shows neither a check nor a chart.
    """
    remedy = f"run `claimbook run {claim_id}`."
    if cell.execution_count is None:
        return f"has no execution count, so nbval compares nothing: {remedy}"
    if not _shows(cell.source):
        return None
    if not cell.outputs:
        return f"computes but stores no output for nbval: {remedy}"
    tags = " ".join(cell.metadata.get("tags", []))
    if marker := _UNCOMPARED.search(cell.source) or _UNCOMPARED.search(tags):
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
        yield Finding(chapter.path, f"has {count} words of prose, not {low} to {high:,}.")


def word_count(markdown: str) -> int:
    """Count the words of a text as a reader sees it.

    Parameters
    ----------
    markdown : str
        Markdown; the targets of links do not count.

    Returns
    -------
    int
        Number of words.
    """
    return len(re.findall(r"[^\W_][\w’'.–%-]*", re.sub(r"\]\([^)]*\)", "]", markdown)))


def _links(chapter: Chapter) -> Iterator[Finding]:
    for number, cell in chapter.cells("markdown"):
        for target in _LINK.findall(cell.source):
            name = target.split("#")[0]
            if not name or ":" in name:
                continue
            if not (chapter.path.parent / name).exists():
                yield Finding(chapter.path, f"the link {target} leads nowhere.", number)


def _spelling(chapter: Chapter) -> Iterator[Finding]:
    known = paths.root() / "book" / "spelling.txt"
    allowed = ["-I", str(known)] if known.is_file() else []
    command = [sys.executable, "-m", "codespell_lib", *allowed, "-"]
    text = prose.LINK.sub(" ", _CITED.sub(" ", chapter.prose))
    answer = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    for line in answer.stdout.splitlines():
        if "==>" in line:
            word = line.split(":", 1)[-1].strip()
            yield Finding(chapter.path, f"a spelling mistake? {word}")


def _runs(chapter: Chapter) -> Iterator[Finding]:
    began = time.monotonic()
    try:
        ran = notebooks.executed(chapter.path)
    except ClaimbookError as fault:
        yield Finding(chapter.path, str(fault))
        return
    if (seconds := time.monotonic() - began) > SECONDS:
        yield Finding(chapter.path, f"takes {seconds:.0f} s to execute, more than {SECONDS}.")
    for number, (before, after) in enumerate(zip(chapter.notebook.cells, ran.cells, strict=True)):
        if before.get("outputs") != after.get("outputs"):
            yield Finding(
                chapter.path,
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
