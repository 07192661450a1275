"""Pages that gather what the chapters found, and the feed that gives it to programs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from claimbook.chapters import results
from claimbook.claims import files, noise, rule
from claimbook.data import snapshot
from claimbook.errors import nearest
from claimbook.pages import grounds, movement, parts, phrases, state


class Gathering(SphinxDirective):
    """A directive that shows something of every chapter; its page changes with any of them.

    The template that it fills in has its name.
    """

    made_of: tuple[str, ...] = (state.CHAPTERS,)

    def run(self) -> list[nodes.Node]:
        """Return the filled template."""
        state.made_of(self.env, *self.made_of)
        up = state.up(self.env)
        found = self.found(state.book(self.env.app))
        return [parts.part(self.name, up=up, address=lambda one: up + results.url(one), **found)]

    def found(self, book: state.Book) -> dict[str, Any]:
        """Return every claim, how many the essays hold, and the vintages held."""
        return {
            "outputs": state.in_order(book),
            "planned": len(_planned(book)),
            "vintages": snapshot.vintages(),
        }


class Scorecard(Gathering):
    """Every claim with its verdict: ``{scorecard}``."""

    def found(self, book: state.Book) -> dict[str, Any]:
        """Return also every option that moves a verdict."""
        found = super().found(book)
        moving = {name for output in found["outputs"] for name in phrases.moved_by(output)}
        return found | {"moving": sorted(moving)}


class Movement(Gathering):
    """How verdicts moved from what the author could see to today: ``{movement}``."""

    short = True

    def found(self, book: state.Book) -> dict[str, Any]:
        """Return the drawing, without estimates, and how many claims ask a model."""
        outputs = state.in_order(book)
        then = min((essay["then"] for essay in book.essays.values()), default="")
        models = sum(not results.primary(output)["series"] for output in outputs)
        width = movement.SHORT if self.short else movement.WIDTH
        drawn = movement.movement(outputs, then, width=width)
        return {"figure": drawn, "models": models, "short": self.short}


class ThenAndNow(Movement):
    """Every claim under every vintage, told and as a table: ``{then-and-now}``."""

    short = False

    def found(self, book: state.Book) -> dict[str, Any]:
        """Return also the curves over all releases held, and the names of economies."""
        outputs = state.in_order(book)
        curves = {one["claim"]["id"]: grounds.curve(results.primary(one)) for one in outputs}
        found = Gathering.found(self, book) | super().found(book)
        return found | {"curves": curves, "names": book.names}


class Conclusion(Gathering):
    """What each chapter means for the argument, part by part: ``{conclusion}``."""

    def found(self, book: state.Book) -> dict[str, Any]:
        """Return also the questions of the claims that are not examined yet."""
        planned = [essay.get("planned", {}) for essay in book.essays.values()]
        questions = {name: asked for one in planned for name, asked in one.items()}
        still = [asked for name, asked in questions.items() if name not in book.outputs]
        return super().found(book) | {"verdicts": rule.VERDICTS, "open": still}


class Reading(Gathering):
    """How to read a verdict, in three lines: ``{reading}``."""


class ClaimList(Gathering):
    """The claims of one part, by its folder: ``{claim-list} inequality``."""

    required_arguments = 1

    def found(self, book: state.Book) -> dict[str, Any]:
        """Return the part's claims."""
        part, outputs = self.arguments[0], state.in_order(book)
        known = {claim["part"] for claim in book.claims.values()}
        if part not in known:
            raise self.error(f"No claim stands in book/{part}.{nearest(part, known)}")
        return {"outputs": [output for output in outputs if output["claim"]["part"] == part]}


class EssayMap(Gathering):
    """An essay's paragraphs and the claims found in each: ``{essay-map} tonelson-2014``."""

    required_arguments = 1

    def found(self, book: state.Book) -> dict[str, Any]:
        """Return the essay and every claim."""
        essays, name = book.essays, self.arguments[0]
        if name not in essays:
            raise self.error(f"There is no book/essays/{name}.yml.{nearest(name, essays)}")
        return {"name": name, "essay": essays[name], "found": book.outputs}


class WorkedExamples(Gathering):
    """The rule applied to one primary check for each outcome and way: ``{worked-examples}``."""

    def found(self, book: state.Book) -> dict[str, Any]:
        """Return the first claim whose primary check ends in each way."""
        firsts: dict[tuple[str, str | None], dict[str, Any]] = {}
        for output in book.outputs.values():
            check = results.primary(output)
            if check["estimate"]:
                firsts.setdefault((check["outcome"], check.get("how")), output)
        return {"outputs": list(firsts.values())}


class Noise(Gathering):
    """How often the rule decides where there is nothing to find: ``{noise}``."""

    made_of = ()

    def found(self, book: state.Book) -> dict[str, Any]:
        """Return the shares of the verdicts, by the smallest effect in standard errors."""
        shares = {size: _of_noise(size) for size in (0.5, 1, 2, 3)}
        return {"shares": shares, "draws": noise.DRAWS, "verdicts": rule.VERDICTS}


_of_noise = cache(noise.verdicts)


def _planned(book: state.Book) -> set[str]:
    """Return the claims that the essays' paragraphs hold, examined or not."""
    mapped = [entry.get("claims", ()) for e in book.essays.values() for entry in e["paragraphs"]]
    return set(book.outputs).union(*mapped)


def _checks(book: state.Book) -> list[dict[str, Any]]:
    return [check for output in book.outputs.values() for check in output["checks"]]


class Tally(SphinxRole):
    """A count over the whole book, inside a sentence: ``{tally}`variants```."""

    counts: ClassVar[dict[str, Callable[[state.Book], int]]] = {
        "claims": lambda book: len(book.outputs),
        "planned claims": lambda book: len(_planned(book)),
        "checks": lambda book: len(_checks(book)),
        "variants": lambda book: sum(len(check["variants"]) for check in _checks(book)),
        "deciding checks": lambda book: sum(
            check["role"] in files.COUNTING for check in _checks(book)
        ),
        "series": lambda book: len(book.series),
        "vintages": lambda book: len(snapshot.vintages()),
    }

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the number."""
        if self.text not in self.counts:
            message = self.inliner.reporter.error(
                f"{{tally}} counts {', '.join(self.counts)}, not {self.text}.", line=self.lineno
            )
            return [], [message]
        state.made_of(self.env, state.CHAPTERS)
        count = self.counts[self.text](state.book(self.env.app))
        return [nodes.inline("", f"{count:,}")], []


def write_feed(app: Sphinx, site: Path) -> None:
    """Write what the chapters found for programs to read."""
    results.write(site, state.book(app).outputs)


DIRECTIVES: dict[str, type[Gathering]] = {
    "scorecard": Scorecard,
    "movement": Movement,
    "then-and-now": ThenAndNow,
    "conclusion": Conclusion,
    "reading": Reading,
    "claim-list": ClaimList,
    "essay-map": EssayMap,
    "worked-examples": WorkedExamples,
    "noise": Noise,
}
