"""The book of one command: each of its files is read once, when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from nbformat import NotebookNode

from claimbook import paths, reading, status
from claimbook.chapters import allowed, definitions, freshness, notebooks, prose
from claimbook.chapters.finding import Finding
from claimbook.chapters.notebooks import ChapterError
from claimbook.claims import declared, essay_words, files
from claimbook.claims.output import claim_text, expanded
from claimbook.data import snapshot, yamlfile
from claimbook.errors import ClaimbookError, nearest
from claimbook.figures import words
from claimbook.writing import write_all

T = TypeVar("T")
Output = dict[str, Any]
PLACEHOLDER = "FILL IN"
DRAFTS = "CLAIMBOOK_DRAFTS"  # in the environment of a build that shows unfinished chapters


class Book:
    """Claims, essays, notebooks, claim outputs, freshness and table of contents of the book.

    A file that changes afterwards is not read again: open another book. One opened with `drafts`
    knows which chapters are unfinished and keeps them out of `outputs`.
    """

    def __init__(self, *, drafts: bool = False) -> None:
        self.root, self._with_drafts = paths.root(), drafts
        self._library = definitions.library(freshness.PACKAGE)
        self._kept: dict[tuple[str, str], Any] = {}

    # What the book holds

    @cached_property
    def claim_paths(self) -> dict[str, Path]:
        """Claim id to claim file, in the order of the folders."""
        return files.claim_paths()

    @cached_property
    def claims(self) -> dict[str, dict[str, Any]]:
        """Claim id to claim file, as plain data."""
        return {claim_id: self.claim(claim_id) for claim_id in self.claim_paths}

    @cached_property
    def essays(self) -> dict[str, dict[str, Any]]:
        """Essay id to essay file, held against the claims."""
        return files.essays(self.claims)

    @cached_property
    def series(self) -> list[str]:
        """The codes of all series that the claims name, sorted."""
        return sorted({code for one in self.claims.values() for code in files.claim_series(one)})

    @cached_property
    def pages(self) -> list[str]:
        """Every page that the table of contents names, without suffix, the root first."""
        from sphinx_external_toc.parsing import MalformedError, parse_toc_yaml

        path = self.root / "_toc.yml"
        yamlfile.loaded(reading.yaml_text(path, ChapterError), path.name, ChapterError)
        try:
            return list(parse_toc_yaml(path))
        except (MalformedError, TypeError, AttributeError) as fault:
            raise ChapterError(f"_toc.yml is no table of contents ({fault}).") from None

    @cached_property
    def chapters(self) -> dict[str, Path]:
        """Claim id to its notebook; each claim file has one beside it."""
        found = {name: path.with_suffix(".ipynb") for name, path in self.claim_paths.items()}
        for name, path in found.items():
            if not path.is_file():
                raise ChapterError(
                    f"{paths.shown(self.claim_paths[name])} has no chapter: write "
                    f"{paths.shown(path)} beside it, or make both with `claimbook new`."
                )
        return found

    @cached_property
    def notebooks(self) -> dict[str, Path]:
        """Every notebook by name: the chapters, then those of the contents without a claim."""
        listed = [self.root / f"{page}.ipynb" for page in self.pages]
        alone = {path.stem: path for path in listed if path.is_file()}
        return self.chapters | {name: alone[name] for name in alone if name not in self.chapters}

    @cached_property
    def outputs(self) -> dict[str, Output]:
        """Claim id to claim output, of all chapters that are no drafts."""
        return {name: self.output(name) for name in self.chapters if name not in self.drafts}

    @cached_property
    def drafts(self) -> dict[str, list[str]]:
        """Claim id to what keeps its chapter from being published; empty unless asked for."""
        asked = self.chapters if self._with_drafts else {}
        return {name: faults for name in asked if (faults := self.unfinished(name))}

    @cached_property
    def snapshots(self) -> dict[str, snapshot.Snapshot]:
        """Vintage to snapshot, the oldest first."""
        return {vintage: snapshot.read(vintage) for vintage in snapshot.vintages()}

    @cached_property
    def names(self) -> dict[str, str]:
        """Economy code to its name as people say it."""
        return words.names(self.snapshots[snapshot.CURRENT]).to_dict()

    @cached_property
    def references(self) -> set[str]:
        """The keys of the literature."""
        from pybtex.database import parse_string
        from pybtex.exceptions import PybtexError

        path = self.root / "book" / "references.bib"
        try:
            return set(parse_string(reading.text(path, ChapterError), "bibtex").entries)
        except PybtexError as fault:
            raise ChapterError(f"{paths.shown(path)}: {fault}: mend that entry.") from None

    # What it holds of one name

    def known(self, name: str) -> str:
        """Return the name of a notebook, or say which may have been meant."""
        if name not in self.notebooks:
            raise ChapterError(f"The book has no chapter {name!r}.{nearest(name, self.notebooks)}")
        return name

    def chapter_of(self, path: Path) -> str | None:
        """Return the claim of a chapter's path, with or without suffix; None where it has none."""
        name = path.stem
        own = self.chapters.get(name)
        return name if own == (self.root / path).with_name(f"{name}.ipynb") else None

    def hashes(self, essay_id: str) -> set[str]:
        """Return the hashes of an essay's words, nine in a row; empty where it has none."""
        path = essay_words.path(essay_id)
        if not path.is_file():
            return set()
        return self._once("hashes", essay_id, lambda: {*reading.text(path, ChapterError).split()})

    def claim(self, claim_id: str) -> dict[str, Any]:
        """Return a claim file as plain data."""
        path = self.claim_paths[claim_id]
        return self._once("claim", claim_id, lambda: files.load_claim(path))

    def notebook(self, name: str) -> NotebookNode:
        """Return a notebook."""
        path = self.notebooks[self.known(name)]
        return self._once("notebook", name, lambda: notebooks.read(path))

    def output(self, claim_id: str) -> Output:
        """Return the claim output stored in a chapter, with the words of its claim file."""
        notebook = self.notebook(claim_id)
        return self._once("output", claim_id, lambda: self.output_of(notebook, claim_id))

    def output_of(self, notebook: NotebookNode, claim_id: str) -> Output:
        """Return the claim output of a notebook just executed, with the words of its claim file."""
        stored = notebooks.claim_shown(notebook, claim_id)[notebooks.MIME]
        return declared.joined(expanded(stored, self.claim(claim_id)), self._declarations)

    def read_ahead(self, running: Collection[str]) -> None:
        """Read what is asked once these notebooks have run: the library, files, other chapters."""
        for name in self.notebooks:
            with suppress(ClaimbookError):  # it is said where it matters
                if name in running:
                    cells = freshness.code_cells(self.notebook(name))
                    self._library.reached(cell.source for cell in cells)
                    self._claim_of(name)
                elif name in self.chapters:
                    self.output(name)

    def forget(self, name: str, *, claim: bool = False) -> None:
        """Forget what was read of a notebook that has been written anew, and of its claim file."""
        for kind in ("notebook", "output", "stale", "unfinished", *(["claim"] if claim else [])):
            self._kept.pop((kind, name), None)
        for gathered in ("outputs", "drafts", *(["claims", "essays"] if claim else [])):
            self.__dict__.pop(gathered, None)

    # Whether it holds

    def fingerprints(self, name: str, notebook: NotebookNode) -> dict[str, Any]:
        """Return the fingerprints of a notebook as everything stands now."""
        cells = [cell.source for cell in freshness.code_cells(notebook)]
        claim = self._claim_of(name)
        codes = files.claim_series(claim) if claim else self._read_by(cells)
        reached = self._library.reached(cells)
        functions = status.TABLES.items()
        tables = [table for one, table in functions if f"claimbook.status.{one}" in reached]
        return {
            "data": freshness.files(snapshot.fingerprints(codes, tables)),
            **({"claim": freshness.claim(claim)} if claim else {}),
            "code": freshness.code(notebook),
            "library": freshness.library(reached),
            "lock": self._lock,
            "outputs": freshness.outputs(notebook),
        }

    def stale(self, name: str) -> list[str]:
        """Say why a notebook's stored outputs no longer hold; empty where it is fresh."""
        return self._once("stale", name, lambda: self._stale(name))

    def _stale(self, name: str) -> list[str]:
        notebook = self.notebook(name)
        stored = notebook.metadata.get("claimbook")
        changed = freshness.changes(stored, self.fingerprints(name, notebook))
        if changed or name not in self.chapters:
            return changed
        prose_cells = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
        return [fault for text in prose_cells for fault in prose.stale(text, self.output(name))]

    def refused(self, name: str, notebook: NotebookNode | None = None) -> list[Finding]:
        """Say what a notebook does that no chapter may."""
        notebook, path = notebook or self.notebook(name), self.notebooks[name]
        claim_id = name if name in self.chapters else None
        found = allowed.faults(notebook, claim_id, path)
        with suppress(ClaimbookError):  # a chapter that has no claim output yet is stale
            if claim_id and self.answers(name):
                told = notebooks.claim_shown(notebook, name).get("text/plain")
                if told != claim_text(self.output_of(notebook, name)):
                    text = "the text of its claim is not that of its figures"
                    found.append(Finding(path, f"{text}: run `claimbook run {name}`."))
        return found

    def require_allowed(self, name: str, notebook: NotebookNode | None = None) -> None:
        """Stop at a notebook that does what no chapter may."""
        if found := self.refused(name, notebook):
            raise ChapterError("\n".join(one.as_text() for one in found))

    def faults(self, name: str) -> list[str]:
        """Say what stops a notebook from being shown: what it may not do, and what is outdated."""
        return [one.as_text() for one in self.refused(self.known(name))] + self.outdated(name)

    def outdated(self, name: str) -> list[str]:
        """Say what no longer holds of a notebook: its outputs, or the verdict of its prose."""
        if changed := self.stale(self.known(name)):
            return [
                f"chapter {name} is stale: run `claimbook run {name}` "
                f"(changed since its last run: {'; '.join(changed)})."
            ]
        words = self._bound_otherwise(name) if name in self.chapters else ()
        return [*words, *self.rewrite_needed(name)]

    def _bound_otherwise(self, name: str) -> Iterator[str]:
        """Say which numbers of a claim file are bound to no value of its chapter."""
        for field in ("answer", "may_write", "may_not_write"):
            try:
                prose.plain(self.claim(name).get(field, ""), self.output(name))
            except prose.ProseError as fault:
                yield f"{paths.shown(self.claim_paths[name])}, field {field}: {fault}."

    def require_fresh(self, name: str) -> None:
        """Stop unless a notebook's outputs hold and its prose fits its verdict."""
        if faults := self.faults(name):
            raise ChapterError("\n".join(faults))

    def undeclared(self, name: str) -> list[str]:
        """Say which checks of a chapter are not declared as they stand."""
        claim = self._claim_of(name)
        missing = declared.undeclared(claim, self._declarations) if claim else []
        return missing and [
            f"chapter {name} has checks that are not declared as they stand "
            f"({', '.join(missing)}): run `claimbook declare {name} --seen yes` (or no, if the "
            "figures have not been looked at)."
        ]

    def unfinished(self, name: str) -> list[str]:
        """Say what keeps a notebook from being published, a sentence each."""
        return self._once("unfinished", name, lambda: self._unfinished(name))

    def _unfinished(self, name: str) -> list[str]:
        try:
            found = self.faults(name)
        except ClaimbookError as fault:
            found = [str(fault)]
        found += self.undeclared(name)
        if name in self.chapters and self.to_fill_in(name):
            found.append(
                f"chapter {name} has places to fill in: `claimbook check {name}` names them."
            )
        return found

    def answers(self, claim_id: str) -> bool:
        """Tell whether what a chapter has stored answers its claim file as that stands."""
        stored = self.notebook(claim_id).metadata.get("claimbook", {})
        return stored.get("claim") == freshness.claim(self.claim(claim_id))

    def require_finished(self) -> None:
        """Stop unless every notebook can be published."""
        if faults := [fault for name in self.notebooks for fault in self.unfinished(name)]:
            shown = "To look at it before it is finished, run `claimbook build --draft`."
            raise ChapterError("\n".join([*faults, shown]))
        if found := list(self.stale_pages()):
            raise ChapterError("\n".join(one.as_text() for one in found))

    def stale_pages(self) -> Iterator[Finding]:
        """Say which numbers of pages that are no chapters are not what chapters found."""
        for path, text, outputs in self._binding():
            for fault in prose.stale(text, outputs):
                yield Finding(path, f"{fault}: run `claimbook run`.")

    def renew_pages(self) -> list[Path]:
        """Write the numbers of those pages anew, of all or none; return which pages changed."""
        changed = {}
        for path, text, outputs in self._binding():
            try:
                renewed = prose.bound(text, outputs)
            except prose.ProseError as fault:
                raise ChapterError(f"{paths.shown(path)}: {fault}.") from None
            if renewed != text:
                changed[path] = renewed.encode("utf-8")
        write_all(changed)
        return list(changed)

    def to_fill_in(self, claim_id: str) -> list[Finding]:
        """Name the places of a chapter that are still to be filled in.

        They stand in its claim file, its essay's, the opening of its part, its test or notebook.
        """
        own, chapter = self.claim_paths[claim_id], self.chapters[claim_id]
        essay = self.root / "book" / "essays" / f"{self.claim(claim_id)['essay']}.yml"
        test = self.root / "tests" / f"test_{claim_id.replace('-', '_')}.py"
        found = [
            Finding(path, f"line {number} is still to be filled in.")
            for path in (own, essay, own.with_name("index.md"), test)
            if path.is_file()
            for number, line in enumerate(reading.text(path, ChapterError).splitlines(), 1)
            if PLACEHOLDER in line
        ]
        return found + [
            Finding(chapter, "is still to be filled in.", number)
            for number, cell in enumerate(self.notebook(claim_id).cells)
            if PLACEHOLDER in cell.source
        ]

    def rewrite_needed(self, name: str) -> list[str]:
        """Say whether a chapter's prose was written for another verdict than the one computed."""
        claim = self._claim_of(name)
        if claim is None or claim["written_for"] == (verdict := self.output(name)["verdict"]):
            return []
        return [
            f"chapter {name} was written for the verdict {claim['written_for']!r}, the figures now "
            f"say {verdict!r}: rewrite its prose, then set `written_for` in {name}.yml."
        ]

    def _claim_of(self, name: str) -> dict[str, Any] | None:
        return self.claim(name) if name in self.chapters else None

    def _binding(self) -> Iterator[tuple[Path, str, dict[str, Output]]]:
        """Yield each page that is no chapter and binds numbers, its text, and whose they are."""
        written = [self.root / f"{page}.md" for page in self.pages]
        for path in (path for path in written if path.is_file()):
            text = reading.text(path, ChapterError)
            named = {match["name"].partition("/")[0] for match in prose.LINK.finditer(text)}
            yield path, text, {one: self.output(one) for one in named if one in self.chapters}

    def _read_by(self, cells: list[str]) -> list[str]:
        """The series that some cells name, where no claim file declares them."""
        held, text = {code for wdi in self.snapshots.values() for code in wdi.codes}, "".join(cells)
        return sorted(code for code in held if f'"{code}"' in text)

    @cached_property
    def _declarations(self) -> list[declared.Row]:
        return declared.read()

    @cached_property
    def _lock(self) -> str:
        path = self.root / "requirements.txt"
        return freshness.lock(reading.text(path, ChapterError) if path.is_file() else "")

    def _once(self, kind: str, name: str, make: Callable[[], T]) -> T:
        if (kind, name) not in self._kept:
            self._kept[kind, name] = make()
        return self._kept[kind, name]
