"""What a reviewer would ask of a chapter: one readable list, with file and cell.

Each rule is a small function: `RULES` lists those that read a chapter, `SLOW_RULES` those that
execute it, and `CELL_RULES` those that look at one cell and say what is wrong with it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from nbformat import NotebookNode

from claimbook import figures, paths
from claimbook.chapters import definitions, freshness, notebooks, prose
from claimbook.chapters.book import Book
from claimbook.claims import declared, files, grid, output
from claimbook.data import snapshot
from claimbook.errors import ClaimbookError, nearest

WORDS = (600, 1_200)
CHARTS = (2, 5)
VARIANTS = (24, 400)
SECONDS = 60
ANSWER_WORDS = 30
FIELDS = {
    "answer": "one sentence that answers the title, its numbers bound",
    "sentence": "the headline as a sentence, with {option} where a choice stands",
    "labels": "the options and their values in a reader's words",
    "economy": "the sentence about one economy",
    "may_write": "what these figures allow one to write, its numbers bound",
    "may_not_write": "what they do not allow one to write",
    "lead": "the chart that stands with the card",
}
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

    def cells(self, kind: str) -> list[tuple[int, NotebookNode]]:
        """Return the numbered cells of a kind, ``"markdown"`` or ``"code"``."""
        numbered = enumerate(self.notebook.cells)
        return [(number, cell) for number, cell in numbered if cell.cell_type == kind]

    @cached_property
    def prose(self) -> str:
        """All Markdown of the chapter."""
        return "\n\n".join(cell.source for _, cell in self.cells("markdown"))


Finds = Iterator[Finding]
Says = Iterator[str]


def findings(book: Book, claim_ids: Iterable[str], *, quick: bool = False) -> list[Finding]:
    """Say what a reviewer would ask of some chapters, each thing once and under its own file.

    A claim file, an essay's file or the ledger that cannot be read is said first; of a chapter
    whose files cannot be read nothing else is.
    """
    found = list(_unreadable(book))
    broken = {one.path for one in found}
    for claim_id in claim_ids:
        if not broken & {book.claim_paths[claim_id], declared.ledger()}:
            found += review(book, claim_id, quick=quick)
    return list(dict.fromkeys(found))


def _unreadable(book: Book) -> Finds:
    """Read by itself every file that a chapter rests on; an essay is held against all claims."""
    readers = {path: partial(book.claim, name) for name, path in book.claim_paths.items()}
    found = list(_faults({**readers, declared.ledger(): declared.read}))
    yield from found
    if not readers.keys() & {one.path for one in found}:
        essays = sorted((book.root / "book" / "essays").glob("*.yml"))
        yield from _faults({path: partial(files.load_essay, path, book.claims) for path in essays})


def _faults(readers: Mapping[Path, Callable[[], object]]) -> Finds:
    for path, read in readers.items():
        try:
            read()
        except ClaimbookError as fault:
            yield Finding(path, str(fault).removeprefix(f"{paths.shown(path)}, "))


def review(book: Book, claim_id: str, *, quick: bool = False) -> list[Finding]:
    """Say what a reviewer would ask of a chapter; `quick` leaves out the rules that execute it."""
    chapter = Chapter(book, claim_id)
    rules = RULES if quick else (*RULES, *SLOW_RULES)
    found = [finding for rule in rules for finding in rule(chapter)]
    for kind, asked in CELL_RULES.items():
        for number, cell in chapter.cells(kind):
            found += [chapter.says(text, number) for rule in asked for text in rule(chapter, cell)]
    return found


# The claim file


def _filled_in(chapter: Chapter) -> Finds:
    for path, place, number in chapter.book.to_fill_in(chapter.id):
        if place == "cell":
            yield chapter.says("is still to be filled in.", number)
        else:
            yield Finding(path, f"line {number} is still to be filled in.")


def _words(chapter: Chapter) -> Finds:
    claim = chapter.claim
    reads = any(check["series"] for check in claim["checks"])
    for name, meant in FIELDS.items():
        if name not in claim and (reads or name != "economy"):
            yield chapter.declares(f"the field {name} is missing: {meant}.")
    count = word_count(claim.get("answer", ""))
    if count > ANSWER_WORDS:
        yield chapter.declares(f"the answer has {count} words, more than {ANSWER_WORDS}.")


def _grid(chapter: Chapter) -> Finds:
    low, high = VARIANTS
    primary = next(one for one in chapter.claim["checks"] if one["role"] == files.PRIMARY)
    count = len(grid.variants(primary["options"]))
    remedy = "add the options a careful person could choose otherwise"
    if count > high:
        remedy = "leave out the choices that a critic would not really make"
    if not low <= count <= high:
        yield chapter.declares(
            f"the primary check {primary['id']} has {count} variants, not {low} to {high}: "
            f"{remedy}."
        )


def _choices(chapter: Chapter) -> Finds:
    try:
        found = chapter.book.output(chapter.id)
    except ClaimbookError:
        return  # what is stale is said elsewhere
    counting = [check for check in found["checks"] if check["role"] in files.COUNTING]
    for doubt in grid.doubts({check["id"]: output.grid_of(check) for check in counting}):
        yield Finding(chapter.claim_path, doubt, warning=True)


def _series(chapter: Chapter) -> Finds:
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


def _literature(chapter: Chapter) -> Finds:
    entries = chapter.claim["literature"]
    if not any(entry["stance"] == "against" for entry in entries):
        yield chapter.declares("no literature has the stance against: find the contrary.")
    cited = {key.strip() for keys in _CITED.findall(chapter.prose) for key in keys.split(",")}
    declared = {entry["key"] for entry in entries}
    for key in sorted((declared | cited) - chapter.book.references):
        yield chapter.declares(f"the key {key} is not in book/references.bib.")
    for key in sorted(declared - cited):
        yield chapter.says(f"{key} is declared as literature but never cited.")


# The notebook as a whole


def _fresh(chapter: Chapter) -> Finds:
    book = chapter.book
    for fault in (*book.faults(chapter.id), *book.undeclared(chapter.id)):
        yield chapter.says(fault)


def _charts(chapter: Chapter) -> Finds:
    low, high = CHARTS
    charts = [
        (number, shown["data"][figures.MIME])
        for number, cell in chapter.cells("code")
        for shown in cell.outputs
        if figures.MIME in shown.get("data", {})
    ]
    if not low <= len(charts) <= high:
        yield chapter.says(f"shows {len(charts)} charts, not {low} to {high}.")
    for number, drawn in charts:
        for problem in figures.problems(drawn):
            yield chapter.says(problem, number)
    metas = [drawn.get("layout", {}).get("meta", {}) for _, drawn in charts]
    ids = Counter(meta.get("claimbook", {}).get("id") for meta in metas)
    for name in sorted(name for name, count in ids.items() if name and count > 1):
        yield chapter.says(f"two charts have the id {name}: rename one.")


def _length(chapter: Chapter) -> Finds:
    low, high = WORDS
    count = word_count(chapter.prose)
    if not low <= count <= high:
        yield chapter.says(f"has {count} words of prose, not {low} to {high:,}.")


def word_count(markdown: str) -> int:
    """Count the words of a Markdown text as a reader sees it, without the targets of links."""
    return len(re.findall(r"[^\W_][\w’'.–%-]*", re.sub(r"\]\([^)]*\)", "]", markdown)))


def _spelling(chapter: Chapter) -> Finds:
    known = paths.root() / "book" / "spelling.txt"
    allowed = ["-I", str(known)] if known.is_file() else []
    command = [sys.executable, "-m", "codespell_lib", *allowed, "-"]
    text = prose.LINK.sub(" ", _CITED.sub(" ", chapter.prose))
    answer = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    for line in answer.stdout.splitlines():
        if "==>" in line:
            word = line.split(":", 1)[-1].strip()
            yield chapter.says(f"a spelling mistake? {word}")


def _runs(chapter: Chapter) -> Finds:
    began = time.monotonic()
    try:
        ran = notebooks.executed(chapter.path)
    except ClaimbookError as fault:
        yield chapter.says(str(fault))
        return
    if (seconds := time.monotonic() - began) > SECONDS:
        yield chapter.says(f"takes {seconds:.0f} s to execute, more than {SECONDS}.")
    for number, cell in chapter.cells("code"):
        if freshness.shown(cell) != freshness.shown(ran.cells[number]):
            yield chapter.says(
                f"gives another output when it is run again: run `claimbook run {chapter.id}`; if "
                "it differs every time, the cell depends on a clock, a network or chance.",
                number,
            )


# One cell


def _numbers(_: Chapter, cell: NotebookNode) -> Says:
    for paragraph in re.split(r"\n\s*\n", cell.source):
        if "{cite" in paragraph:
            continue  # the findings of others are cited, not computed
        for found in _NUMBER.findall(_ALLOWED.sub(" ", prose.LINK.sub(" ", paragraph))):
            yield (
                f"the number {found.strip()} is typed: bind it, as in "
                '[1.2](value:check-id.value ".1f"), or write it in words.'
            )


def _links(chapter: Chapter, cell: NotebookNode) -> Says:
    for target in _LINK.findall(cell.source):
        name = target.split("#")[0]
        if name and ":" not in name and not (chapter.path.parent / name).exists():
            yield f"the link {target} leads nowhere."


def _offline(_: Chapter, cell: NotebookNode) -> Says:
    for match in _NETWORK.finditer(cell.source):
        yield f"{match[0].strip()!r} reaches for the network: a chapter reads only snapshots."


def _compared(chapter: Chapter, cell: NotebookNode) -> Says:
    if reason := uncompared(cell, chapter.id):
        yield reason


def uncompared(cell: NotebookNode, claim_id: str) -> str | None:
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
    if re.search(r"\b(check|chart)\(", source):
        return True
    body = definitions.parsed(source)[0].body
    return bool(body) and isinstance(body[-1], ast.Expr) and isinstance(body[-1].value, ast.Name)


RULES: tuple[Callable[[Chapter], Finds], ...] = (
    *(_filled_in, _words, _grid, _choices, _series, _literature),
    *(_fresh, _charts, _length, _spelling),
)
SLOW_RULES: tuple[Callable[[Chapter], Finds], ...] = (_runs,)
CELL_RULES: dict[str, tuple[Callable[[Chapter, NotebookNode], Says], ...]] = {
    "markdown": (_numbers, _links),
    "code": (_offline, _compared),
}
