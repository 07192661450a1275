"""Directives over the chapters' stored outputs: pages that gather claims run nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from claimbook import paths
from claimbook.chapters import results
from claimbook.chapters.book import Book
from claimbook.claims import files
from claimbook.data import snapshot
from claimbook.errors import nearest
from claimbook.pages import parts


class _Gathering(SphinxDirective):
    """A directive that shows something of every chapter."""

    def outputs(self) -> dict[str, dict[str, Any]]:
        book = Book()
        for path in book.chapters.values():
            self.env.note_dependency(str(path))
        return book.outputs

    def address(self, output: dict[str, Any]) -> str:
        return "../" * self.env.docname.count("/") + results.url(output)

    def shown(self, template: str, **values: Any) -> list[nodes.Node]:
        html = parts.render(template, address=self.address, **values)
        return [nodes.raw("", html, format="html")]


class Scorecard(_Gathering):
    """Every claim with its verdict: ``{scorecard}``."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        return self.shown("scorecard", outputs=list(self.outputs().values()))


class ThenAndNow(_Gathering):
    """Every claim under every vintage: ``{then-and-now}``."""

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        outputs = list(self.outputs().values())
        return self.shown("then-and-now", outputs=outputs, vintages=snapshot.vintages())


class ClaimList(_Gathering):
    """The claims of one part, by its folder: ``{claim-list} inequality``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the list."""
        part = self.arguments[0]
        found = [output for output in self.outputs().values() if output["claim"]["part"] == part]
        if not found:
            known = {path.parent.name for path in files.claim_paths().values()}
            raise self.error(f"No claim stands in book/{part}.{nearest(part, known)}")
        return self.shown("claim-list", outputs=found)


class EssayMap(_Gathering):
    """An essay's paragraphs and the claims found in each: ``{essay-map} tonelson-2014``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the list."""
        essays, name = Book().essays, self.arguments[0]
        if name not in essays:
            raise self.error(f"There is no book/essays/{name}.yml.{nearest(name, essays)}")
        self.env.note_dependency(str(paths.root() / "book" / "essays" / f"{name}.yml"))
        return self.shown("essay", essay=essays[name], found=self.outputs())


class Tally(SphinxRole):
    """A count over the whole book, inside a sentence: ``{tally}`variants```."""

    counts: ClassVar[dict[str, Callable[[list[dict[str, Any]]], int]]] = {
        "claims": len,
        "checks": lambda found: sum(len(output["checks"]) for output in found),
        "variants": lambda found: sum(
            len(check["variants"]) for output in found for check in output["checks"]
        ),
        "deciding checks": lambda found: sum(
            check["role"] in (files.PRIMARY, files.SECONDARY)
            for output in found
            for check in output["checks"]
        ),
        "series": lambda found: len(Book().series),
        "vintages": lambda found: len(snapshot.vintages()),
    }

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the number."""
        if self.text not in self.counts:
            message = self.inliner.reporter.error(
                f"{{tally}} counts {', '.join(self.counts)}, not {self.text}.", line=self.lineno
            )
            return [], [message]
        book = Book()
        for path in book.chapters.values():
            self.env.note_dependency(str(path))
        count = self.counts[self.text](list(book.outputs.values()))
        return [nodes.inline("", f"{count:,}")], []


def connect(app: Sphinx) -> None:
    """Make the directives known to a build."""
    app.add_directive("scorecard", Scorecard)
    app.add_directive("then-and-now", ThenAndNow)
    app.add_directive("claim-list", ClaimList)
    app.add_directive("essay-map", EssayMap)
    app.add_role("tally", Tally())
