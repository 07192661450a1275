"""What a reviewer would ask of a chapter, as `claimbook check` says it: a list, with file and cell.

Each rule is a small function: `RULES` lists those that read a chapter, `SLOW_RULES` those that
execute it.
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
from contextlib import suppress
from functools import cached_property, partial
from typing import Any

from nbformat import NotebookNode

from claimbook import figures, paths
from claimbook.chapters import definitions, freshness, notebooks, prose
from claimbook.chapters.book import Book
from claimbook.chapters.finding import Finding
from claimbook.claims import declared, files, grid, output
from claimbook.claims.essay_words import quoted
from claimbook.data import series, snapshot
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


class Chapter:
    """A chapter under review."""

    def __init__(self, book: Book, claim_id: str) -> None:
        self.book, self.id, self.path = book, claim_id, book.chapters[claim_id]
        self.claim, self.notebook = book.claim(claim_id), book.notebook(claim_id)

    def says(self, message: str, cell: int | None = None, *, warning: bool = False) -> Finding:
        """Return a finding of the notebook."""
        return Finding(self.path, message, cell, warning)

    def declares(self, message: str, *, warning: bool = False) -> Finding:
        """Return a finding of the claim file."""
        return Finding(self.book.claim_paths[self.id], message, warning=warning)

    def cells(self, kind: str) -> list[tuple[int, NotebookNode]]:
        """Return the numbered cells of a kind, ``"markdown"`` or ``"code"``."""
        numbered = enumerate(self.notebook.cells)
        return [(number, cell) for number, cell in numbered if cell.cell_type == kind]

    @cached_property
    def prose(self) -> str:
        """All Markdown of the chapter."""
        return "\n\n".join(cell.source for _, cell in self.cells("markdown"))


Finds = Iterator[Finding]


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
    claims = [partial(book.claim, claim_id) for claim_id in book.claim_paths]
    contents = [lambda: book.pages, lambda: book.essays, lambda: book.references]
    for readers in ([*claims, declared.read, series.known], contents):
        if found := [one for read in readers for one in _unread(book, read)]:
            return found
    pages: list[Finding] = []
    # A chapter that a page names may not have been run.
    faults = _unread(book, lambda: pages.extend(book.stale_pages()))
    return [*_alone(book), *pages, *faults]


def _alone(book: Book) -> Finds:
    """Say which files of the book the table of contents does not name, or names in vain."""
    listed, toc = [book.root / page for page in book.pages], book.root / "_toc.yml"
    for page in listed:
        if not any(page.with_suffix(suffix).is_file() for suffix in (".ipynb", ".md")):
            yield Finding(toc, f"names {paths.shown(page)}, which is gone: take it off.")
    for path in book.chapters.values():
        if path.with_suffix("") not in listed:
            page = paths.shown(path.with_suffix(""))
            yield Finding(toc, f"does not name {page}: add it there.")
    for path in sorted((book.root / "book").glob("[!_]*/*.ipynb")):
        if path.stem not in book.chapters:
            yield Finding(path, f"has no claim file: write {path.stem}.yml beside it.")


def _unread(book: Book, read: Callable[[], object]) -> list[Finding]:
    """Read something; what is wrong with it is a finding of the file that is named first."""
    try:
        read()
    except ClaimbookError as fault:
        named = re.match(r"[\w./-]+", str(fault))
        path = book.root / named[0] if named else book.root
        if not path.is_file():
            return [Finding(book.root / "book", str(fault))]
        return [Finding(path, re.sub(r"^[,:] ", "", str(fault).removeprefix(named[0])))]
    return []


def review(book: Book, claim_id: str, *, quick: bool = False) -> list[Finding]:
    """Say what a reviewer would ask of a chapter; `quick` leaves out the rules that execute it.

    A file of it that cannot be read is the only finding.
    """
    if found := _unread(book, lambda: (Chapter(book, claim_id), book.essays, book.references)):
        return found
    chapter = Chapter(book, claim_id)
    rules = RULES if quick else (*RULES, *SLOW_RULES)
    return [finding for rule in rules for finding in rule(chapter)]


# The claim file


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
    if not low <= count <= high:
        remedy = (
            "add the options a careful person could choose otherwise"
            if count < low
            else "leave out the choices that a critic would not really make"
        )
        told = f"the primary check {primary['id']} has {count} variants, not {low} to {high}"
        yield chapter.declares(f"{told}: {remedy}.")


def _choices(chapter: Chapter) -> Finds:
    checks: list[dict[str, Any]] = []
    with suppress(ClaimbookError):  # what is stale is said elsewhere
        checks = chapter.book.output(chapter.id)["checks"]
    counting = [check for check in checks if check["role"] in files.COUNTING]
    for doubt in grid.doubts({check["id"]: output.grid_of(check) for check in counting}):
        yield chapter.declares(doubt, warning=True)


def _series(chapter: Chapter) -> Finds:
    claim = chapter.claim
    named = {(code, snapshot.CURRENT) for code in claim.get("series", ())}
    named |= {(code, check["vintage"]) for check in claim["checks"] for code in check["series"]}
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


def _finished(chapter: Chapter) -> Finds:
    book = chapter.book
    yield from (*book.to_fill_in(chapter.id), *book.refused(chapter.id))
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
            yield chapter.says(text, number, warning=True)
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
    texts: dict[int | str, str] = {n: cell.source for n, cell in chapter.cells("markdown")}
    texts |= {name: str(chapter.claim.get(name, "")) for name in ("title", "statement", *FIELDS)}
    for place, text in texts.items() if known else ():
        for words in quoted(text, known):
            told = f"quotes the essay, “{words}”: say it in other words."
            if isinstance(place, int):
                yield chapter.says(told, place)
            else:
                yield chapter.declares(f"in {place}, {told}")


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


# The cells, one by one


def _numbers(chapter: Chapter) -> Finds:
    for number, cell in chapter.cells("markdown"):
        for text in _typed(cell.source):
            yield chapter.says(text, number)


def _typed(text: str) -> Iterator[str]:
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


def _links(chapter: Chapter) -> Finds:
    for number, cell in chapter.cells("markdown"):
        for target in _LINK.findall(cell.source):
            name = target.split("#")[0]
            if name and ":" not in name and not (chapter.path.parent / name).exists():
                yield chapter.says(f"the link {target} leads nowhere.", number)


def _compared(chapter: Chapter) -> Finds:
    for number, cell in chapter.cells("code"):
        if reason := uncompared(cell, chapter.id):
            yield chapter.says(reason, number)


def uncompared(cell: NotebookNode, claim_id: str) -> str | None:
    """Say why nbval would compare nothing in a cell that shows something; None where it does."""
    remedy = f"run `claimbook run {claim_id}`."
    if cell.execution_count is None:
        return f"has no execution count, so nbval compares nothing: {remedy}"
    if not _shows(cell.source):
        return None
    if not cell.outputs:
        return f"computes but stores no output for nbval: {remedy}"
    marked = " ".join([cell.source, *cell.metadata.get("tags", [])])
    if marker := freshness.UNCOMPARED.search(marked):
        return f"tells nbval not to compare what it shows: remove {marker[0]}."
    return None


def _shows(source: str) -> bool:
    """Tell whether a cell asks a check, draws a chart, or shows the claim."""
    if re.search(r"\b(check|chart)\(", source):
        return True
    body = definitions.parsed(source)[0].body
    return bool(body) and isinstance(body[-1], ast.Expr) and isinstance(body[-1].value, ast.Name)


RULES: tuple[Callable[[Chapter], Finds], ...] = (
    *(_finished, _words, _grid, _choices, _series, _literature),
    *(_heading, _charts, _length, _quotes, _spelling, _numbers, _links, _compared),
)
SLOW_RULES: tuple[Callable[[Chapter], Finds], ...] = (_runs,)
