"""What a reviewer would ask of a chapter: one readable list, with file and cell.

Each rule is a small function: `RULES` lists those that read a chapter, `SLOW_RULES` those that
execute it, and `CELL_RULES` those that look at one cell and say what is wrong with it.
"""

from __future__ import annotations

import ast
import html
import re
import subprocess
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from claimbook import figures, paths
from claimbook.chapters import definitions, freshness, notebooks, prose
from claimbook.chapters.book import Book
from claimbook.claims import declared, files, grid, output
from claimbook.claims.essay_words import quoted
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
_YEARS = r"(?:1[89]|20)\d\d(?:[–-](?:(?:1[89]|20)\d\d|\d\d))?"
_ALLOWED = re.compile(
    # A formula, as _config.yml has it, of more than a number, and of none with two digits; a role;
    # the target of a link;
    r"(?<!\\)\$(?! )(?![^$]*\d[.,]?\d)[^$]*[A-Za-z=<>][^$]*(?<!\\)\$(?!\d)|\{[\w:]+\}`[^`]*`|"
    r"\]\([^\s)]*|https?://\S+|"
    # and what may be typed: paragraphs, years, the intervals' 95 %.
    rf"¶+\s*\d+(?:[–,]\s*\d+)*|\b{_YEARS}\b|95\s%(?=\s+intervals?\b)"
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z*(“\[])|\n\s*\n")
# A sign or digit at a bound number's side would be read as a part of it.
_TOUCHED = re.compile(r"(?:[\d.,+−]|(?<!\w)-)\[[^\[\]]*\]\(value:[^)]*\)|\]\(value:[^)]*\)\d")
_VERDICT = r"(?:supported|contradicted|mixed|inconclusive)"
_TYPED_VERDICT = re.compile(
    # As the predicate of a sentence that is no condition; in emphasis; of the claim itself.
    r"(?<!\bwhat )\b(?:is|are|was|were|remains?|stands|stays|verdict:)\b\W{0,4}"
    rf"(?:(?:not|now|still|thus|then|clearly|only|\w+ly)\W+)*{_VERDICT}\b"
    rf"|\*(?:{_VERDICT}|supports|contradicts)\*"
    r"|\b(?:figures|data|numbers|evidence)\W+(?:\w+ly\W+)?"
    r"(?:support|contradict)s?\W+(?:the|this|our|it)\b",
    re.IGNORECASE,
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
        # What a file's reader says of it names the file by itself, and the line.
        return self.message if self.message.startswith(where) else f"{where}: {self.message}"

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


def findings(book: Book, claim_ids: Sequence[str] = (), *, quick: bool = False) -> list[Finding]:
    """Say what a reviewer would ask of some chapters, or of the whole book, each thing once.

    Where a file of the book cannot be read, nothing else is asked of the whole.
    """
    found = [] if claim_ids else _of_book(book)
    if all(one.warning for one in found):
        for claim_id in claim_ids or book.chapters:
            found += review(book, claim_id, quick=quick)
    return list(dict.fromkeys(found))


def _of_book(book: Book) -> list[Finding]:
    """Say what is wrong with the book as a whole: files that cannot be read, or that stand alone.

    Where a claim file cannot be read, nothing else can be asked.
    """
    readers = [partial(book.claim, claim_id) for claim_id in book.claim_paths]
    if found := [_of_file(book, fault) for fault in _raised([*readers, declared.read])]:
        return found
    contents = [lambda: book.pages, lambda: book.essays, lambda: book.references]
    if found := [_of_file(book, fault) for fault in _raised(contents)]:
        return found
    listed = [book.root / f"{page}" for page in book.pages]
    toc = book.root / "_toc.yml"
    for page in listed:
        if not any(page.with_suffix(suffix).is_file() for suffix in (".ipynb", ".md")):
            found.append(Finding(toc, f"names {paths.shown(page)}, which is gone: take it off."))
    for path in book.chapters.values():
        if path.with_suffix("") not in listed:
            page = paths.shown(path.with_suffix(""))
            found.append(Finding(toc, f"does not name {page}: add it there."))
    for path in sorted((book.root / "book").glob("[!_]*/*.ipynb")):
        if path.stem not in book.chapters:
            found.append(Finding(path, f"has no claim file: write {path.stem}.yml beside it."))
    try:
        for page, fault in book.stale_pages():
            found.append(Finding(page, f"{fault}: run `claimbook run`."))
    except ClaimbookError as fault:  # a chapter that it names has not been run
        found.append(_of_file(book, fault))
    return found


def _raised(readers: Sequence[Callable[[], object]]) -> Iterator[ClaimbookError]:
    for read in readers:
        try:
            read()
        except ClaimbookError as fault:
            yield fault


def _of_file(book: Book, fault: ClaimbookError) -> Finding:
    """Return a fault as a finding of the file that it names first."""
    named = re.match(r"[\w./-]+", str(fault))
    path = book.root / named[0] if named else book.root
    if not path.is_file():
        return Finding(book.root / "book", str(fault))
    return Finding(path, re.sub(r"^[,:] ", "", str(fault).removeprefix(named[0])))


def review(book: Book, claim_id: str, *, quick: bool = False) -> list[Finding]:
    """Say what a reviewer would ask of a chapter; `quick` leaves out the rules that execute it.

    A claim file that cannot be read is the only finding.
    """
    try:
        chapter = Chapter(book, claim_id)
        _ = book.essays, book.references
    except ClaimbookError as fault:
        return [_of_file(book, fault)]
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
    for name in ("title", "sentence", "answer", "may_write", "may_not_write"):
        for text in _typed(claim.get(name, "")):
            yield chapter.declares(f"in {name}, {text}")
    roles = {check["id"]: check["role"] for check in claim["checks"]}
    told = {match["name"].split(".")[0] for match in prose.LINK.finditer(claim.get("answer", ""))}
    if told and told <= roles.keys() and not any(roles[one] in files.COUNTING for one in told):
        yield chapter.declares("the answer tells no check that counts: bind a value of one.")


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
    for number, text in book.refused(chapter.id):
        yield chapter.says(text, number)
    for fault in (*book.outdated(chapter.id), *book.undeclared(chapter.id)):
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
        for colour in figures.faint(drawn):
            text = f"draws in {colour}, which white or dark paper swallows: use figures.PALETTE."
            yield chapter.says(text, number)
        if empty := sum(_empty(trace) for trace in drawn.get("data", ())):
            text = f"draws {empty} empty values as gaps: tell the reader what is missing there."
            yield Finding(chapter.path, text, number, warning=True)
    metas = [drawn.get("layout", {}).get("meta", {}) for _, drawn in charts]
    ids = Counter(meta.get("claimbook", {}).get("id") for meta in metas)
    for name in sorted(name for name, count in ids.items() if name and count > 1):
        yield chapter.says(f"two charts have the id {name}: rename one.")


def _empty(trace: Mapping[str, Any]) -> int:
    """Count the points of a trace that have no value."""
    ends = (trace.get("x"), trace.get("y"))
    return max(end.count(None) if isinstance(end, list) else 0 for end in ends)


def _heading(chapter: Chapter) -> Finds:
    heading = re.search(r"^# +(.+?) *$", chapter.prose, re.MULTILINE)
    if heading is None or heading[1] != chapter.claim["title"]:
        told = f"“{heading[1]}”" if heading else "none"
        yield chapter.says(
            f"its heading is {told}, its claim file's title “{chapter.claim['title']}”: make them "
            "agree.",
            0,
        )


def _quotes(chapter: Chapter) -> Finds:
    """The essay belongs to its author: its words are known by their hashes alone."""
    known = chapter.book.hashes(chapter.claim["essay"])
    texts = [(number, cell.source) for number, cell in chapter.cells("markdown")] if known else []
    for number, text in texts:
        for words in quoted(text, known):
            yield chapter.says(f"quotes the essay, “{words}”: say it in other words.", number)
    for name in ("title", "statement", *FIELDS) if known else ():
        for words in quoted(str(chapter.claim.get(name, "")), known):
            yield chapter.declares(
                f"in {name}, quotes the essay, “{words}”: say it in other words."
            )


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
    yield from _typed(cell.source)


def _typed(text: str) -> Says:
    """Say which numbers and verdicts of a text are typed, where they should be bound."""
    read = unicodedata.normalize("NFKC", html.unescape(text))  # ½ and &#57; are digits, too
    for sentence in _SENTENCE.split(read):
        if "{cite" in sentence:
            continue  # the findings of others are cited, not computed
        for found in _NUMBER.findall(_ALLOWED.sub(" ", prose.LINK.sub(" ", sentence))):
            yield (
                f"the number {found.strip()} is typed: bind it, as in "
                '[1.2](value:check-id.value ".1f"), or write it in words.'
            )
    for match in _TOUCHED.finditer(text):
        yield f"{match[0]} has a sign or digit at its side: leave a space, or bind it whole."
    for match in _TYPED_VERDICT.finditer(prose.LINK.sub(" ", text)):
        yield f"the verdict is typed ({match[0]}): bind it, as in [](value:verdict)."


def _links(chapter: Chapter, cell: NotebookNode) -> Says:
    for target in _LINK.findall(cell.source):
        name = target.split("#")[0]
        if name and ":" not in name and not (chapter.path.parent / name).exists():
            yield f"the link {target} leads nowhere."


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
    *(_fresh, _heading, _charts, _length, _quotes, _spelling),
)
SLOW_RULES: tuple[Callable[[Chapter], Finds], ...] = (_runs,)
CELL_RULES: dict[str, tuple[Callable[[Chapter, NotebookNode], Says], ...]] = {
    "markdown": (_numbers, _links),
    "code": (_compared,),
}
