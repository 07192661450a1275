"""What a build knows: the one Book, and of each page its claim, its charts and what it is made of.

Everything that a page part remembers from reading to writing stands here, in one collector, so
that a page read anew is forgotten first and pages read in parallel are merged.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors import EnvironmentCollector
from sphinx.errors import SphinxError

from claimbook import paths
from claimbook.chapters import freshness, prose
from claimbook.chapters.book import DRAFTS, Book
from claimbook.chapters.definitions import digest
from claimbook.errors import ClaimbookError
from claimbook.pages import phrases

Output = dict[str, Any]
CHAPTERS, FRAME = "*chapters", "*frame"  # no claim has such a name
_FRAME = ("book/essays/*.yml", "book/declarations.csv")
_FIGURES = ("*.csv", "*.yml", "*/datapackage.json")


class BookError(ClaimbookError, SphinxError):
    """The book cannot be built as it stands; the message says what is wrong, where, and the remedy.

    Sphinx prints a SphinxError as its category and its sentence, without a traceback.
    """

    category = "The book was not built"


@dataclass
class Page:
    """What the build remembers of a page from reading it to writing it.

    `files` are its charts' tables by name, `problems` what is wrong with them, `lead` its lead
    chart; `made_of` is what it shows beside its own file, by name, as a hash (see :func:`stand`).
    """

    claim: str | None = None
    lead: str | None = None
    files: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    made_of: dict[str, str] = field(default_factory=dict)


class Collector(EnvironmentCollector):
    """Sphinx's way of keeping what pages say, and of merging what parallel readers found."""

    def clear_doc(self, app: Sphinx, env: BuildEnvironment, docname: str) -> None:
        """Forget a page that is read anew or gone."""
        pages(env).pop(docname, None)

    def merge_other(
        self, app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment
    ) -> None:
        """Take over what another process read."""
        pages(env).update({name: page for name, page in pages(other).items() if name in docnames})

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """Show bound numbers plain; they were compared with the figures before the build began."""
        here = page(app.env)
        for link in list(doctree.findall(nodes.reference)):
            if not link.get("refuri", "").startswith(prose.SCHEME):
                continue
            if here.claim is None and draft(app, app.env.docname) is None:
                made_of(app.env, CHAPTERS)
            link.replace_self(nodes.inline("", link.astext(), classes=["cb-value"]))


def pages(env: BuildEnvironment) -> dict[str, Page]:
    """Return what is remembered of each page read so far."""
    if not hasattr(env, "claimbook_pages"):
        env.claimbook_pages = {}
    return env.claimbook_pages


def page(env: BuildEnvironment) -> Page:
    """Return what is remembered of the page that is being read."""
    return pages(env).setdefault(env.docname, Page())


def book(app: Sphinx) -> Book:
    """Return the book, read once a build."""
    return app.claimbook_book  # type: ignore[attr-defined]


def chapter(app: Sphinx, docname: str) -> str | None:
    """Return the claim of a chapter's page; None for a page that is no chapter."""
    return book(app).chapter_of(Path(app.env.doc2path(docname)))


def draft(app: Sphinx, docname: str) -> list[str] | None:
    """Say why a page is a draft; None where it can be published."""
    drafts = book(app).drafts
    return drafts.get(chapter(app, docname) or "") if drafts else None


@contextmanager
def excused(app: Sphinx, claim_id: str) -> Iterator[None]:
    """Let the banner of a draft say what is wrong with it; of any other page it is raised."""
    try:
        yield
    except ClaimbookError as fault:
        faults = book(app).drafts.get(claim_id)
        if faults is None:
            raise
        if str(fault) not in faults:
            faults.append(str(fault))


def claim_output(app: Sphinx, docname: str) -> Output | None:
    """Return the claim output that a page shows; None for a page that is no chapter."""
    remembered = pages(app.env).get(docname)
    return book(app).output(remembered.claim) if remembered and remembered.claim else None


def in_order(book: Book) -> list[Output]:
    """Return every claim output in the order of the table of contents."""
    places = {page.rsplit("/", 1)[-1]: place for place, page in enumerate(book.pages)}
    held = book.outputs.items()
    return [output for _, output in sorted(held, key=lambda one: places.get(one[0], len(places)))]


def stand(own: Book) -> dict[str, str]:
    """Return what pages are made of beside their own files, by name, as a hash.

    A claim's name stands for its words and what its chapter has stored, ``CHAPTERS`` for those of
    all and the titles of the parts, ``FRAME`` for figures, essays and declarations.
    """
    held = {name: freshness.outputs(own.notebook(name)) for name in own.notebooks}
    for name, path in own.claim_paths.items():
        held[name] += path.read_text(encoding="utf-8")
    parts = sorted({path.parent.name for path in own.claim_paths.values()})
    files = [path for one in _FRAME for path in sorted(own.root.glob(one))]
    files += [path for one in _FIGURES for path in sorted(paths.data().glob(one))]
    return {
        **{name: digest(text) for name, text in held.items()},
        CHAPTERS: digest([held, [phrases.part_title(part) for part in parts]]),
        FRAME: digest([(path.name, path.read_text(encoding="utf-8")) for path in files]),
    }


def made_of(env: BuildEnvironment, *names: str) -> None:
    """Let the page that is being read be read anew when one of these changes, or the frame."""
    now = env.app.claimbook_stand  # type: ignore[attr-defined]
    page(env).made_of |= {name: now[name] for name in (FRAME, *names)}


def retrieved(book: Book, check: dict[str, Any], vintage: str) -> str | None:
    """Return the day of the newest figures that a check reads in a vintage."""
    wdi = book.snapshots[vintage]
    held = [wdi.metadata(code).get("retrieved") for code in check["series"] if code in wdi.codes]
    return max((day[:10] for day in held if day), default=None)


def up(env: BuildEnvironment) -> str:
    """Return the way from the page that is being read to the root of the site."""
    return "../" * env.docname.count("/")


def when_written(app: Sphinx, finish: Callable[[Sphinx, Path], None]) -> None:
    """Call with the folder of the site what is to be done when pages are written.

    A process that builds again does so only if what pages are made of has changed.
    """

    def written(app: Sphinx, exception: Exception | None) -> None:
        stands = getattr(app, "claimbook_stand", None)
        if exception is None and app.builder.format == "html" and stands != _process().written:
            finish(app, Path(app.outdir))

    app.connect("build-finished", written, priority=900)


def all_written(app: Sphinx, exception: Exception | None) -> None:
    """Remember what the whole site was written of."""
    if exception is None:
        _process().written = app.claimbook_stand  # type: ignore[attr-defined]


@cache
def _process() -> SimpleNamespace:
    """Return what is kept from one build of this process to the next."""
    return SimpleNamespace(book=Book(drafts=DRAFTS in os.environ), stamps={}, written={})


def open_book(app: Sphinx) -> None:
    """Open the book, and forget what was read of files that have changed since."""
    kept = _process()
    app.claimbook_book = kept.book  # type: ignore[attr-defined]
    with _stopping():
        for name, path in kept.book.notebooks.items():
            claim = kept.book.claim_paths.get(name, path)
            before, now = kept.stamps.get(name), [_stamp(path), _stamp(claim)]
            if now != before:
                kept.book.forget(name, claim=not before or now[1] != before[1])
                kept.stamps[name] = now


def _stamp(path: Path) -> int | None:
    return path.stat().st_mtime_ns if path.is_file() else None


@contextmanager
def _stopping() -> Iterator[None]:
    """Stop the build at what is wrong with the book, in the kind of error that Sphinx expects."""
    try:
        yield
    except ClaimbookError as fault:
        raise BookError(str(fault)) from None


def outdated(app: Sphinx, env: BuildEnvironment, *_: set[str]) -> list[str]:
    """Name the pages made of what has changed; stop at an unfinished chapter or a faulty file."""
    own = book(app)
    with _stopping():
        _ = own.essays
        if DRAFTS not in os.environ:
            own.require_finished()
    app.claimbook_stand = now = stand(own)  # type: ignore[attr-defined]
    known = pages(env).items()
    anew = [name for name, one in known if one.made_of != {n: now.get(n) for n in one.made_of}]
    if own.drafts:  # what they lack may lie anywhere
        anew += [name for name in env.found_docs if chapter(app, name)]
    return anew


def with_new_headings(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Have every page written when a heading has changed: others show and link to it."""
    headings = {name: contents.pformat() for name, contents in env.tocs.items()}
    before, env.claimbook_headings = getattr(env, "claimbook_headings", headings), headings
    return [] if headings == before else sorted(env.found_docs)
