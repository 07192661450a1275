"""The command line: `claimbook build`, `declare`, `run`, `check`, `new`, `refresh`, and so on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from claimbook import paths
from claimbook.commands import data
from claimbook.commands.command import Command
from claimbook.errors import ClaimbookError

if TYPE_CHECKING:
    from claimbook.chapters.book import Book


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="claimbook")
def main() -> None:
    """Claim by Claim: an essay's claims beside World Bank data."""


main.command_class = Command


_draft = click.option(
    "--draft", is_flag=True, help="With unfinished chapters, under a banner; into _build/draft."
)


@main.command()
@_draft
def build(draft: bool) -> None:
    """Build the book from stored outputs into _build/html."""
    from claimbook.commands import building

    click.echo(f"The book is at {building.build(drafts=draft)}")


@main.command()
@click.option("--port", default=8000, show_default=True, help="Port on 127.0.0.1.")
@_draft
def serve(port: int, draft: bool) -> None:
    """Build, serve on 127.0.0.1, and rebuild on every change."""
    from claimbook.commands import building

    building.serve(port, click.echo, drafts=draft)


@main.command()
@click.argument("claim_ids", nargs=-1, metavar="[CLAIM-ID]...")
@click.option("--all", "everything", is_flag=True, help="Run chapters that are fresh, too.")
@click.option("--jobs", default=3, show_default=True, help="Chapters executed at a time.")
def run(claim_ids: tuple[str, ...], everything: bool, jobs: int) -> None:
    """Execute chapters in place: those named, or all that are stale."""
    from claimbook.chapters import kernels

    if claim_ids or everything:
        kernels.warm_up()  # while this imports and reads the book

    from claimbook.chapters import running
    from claimbook.chapters.book import Book

    book = Book()
    chosen = [book.known(name) for name in dict.fromkeys(claim_ids)]
    if not chosen:
        chosen = [name for name in book.notebooks if everything or book.stale(name)]
    if not chosen:
        _say_renewed(book)
        click.echo("Every chapter is fresh.")
        return
    kernels.warm_up()
    book.read_ahead(chosen)  # while the first kernel is still being made
    with click.progressbar(
        length=len(chosen), label="running chapters", file=sys.stderr, show_pos=True
    ) as bar:
        changed = running.run(book, chosen, workers=jobs, done=lambda _: bar.update(1))
    for name in chosen:
        what = "written anew" if changed[name] else "ran, nothing changed"
        click.echo("; ".join([f"{name}: {what}", *_found(book, name)]))
    _say_renewed(book)
    if faults := [fault for name in chosen for fault in book.rewrite_needed(name)]:
        raise ClaimbookError("\n".join(faults))


def _say_renewed(book: Book) -> None:
    for path in book.renew_pages():
        click.echo(f"{paths.shown(path)}: its numbers are written anew")


def _found(book: Book, name: str) -> list[str]:
    """Say what a chapter has found: its verdict, and what moves it."""
    from claimbook.claims import output

    if name not in book.chapters:
        return []
    found = book.output(name)
    return [found["verdict"], output.switches_text(found["switches"])]


@main.command()
@click.argument("claim_id", metavar="CLAIM-ID")
@click.option("--reason", default="", help="Why; needed once the claim was declared before.")
@click.option(
    "--seen",
    type=click.Choice(["yes", "no"]),
    required=True,
    help="Whether the figures that answer it have been looked at.",
)
def declare(claim_id: str, reason: str, seen: str) -> None:
    """Write what each check of a claim declares into the ledger, before its figures are stored."""
    from claimbook.chapters import freshness
    from claimbook.chapters.book import Book
    from claimbook.claims import declared

    book = Book()
    code = freshness.code(book.notebook(claim_id))
    anew = declared.declare(book.claim(claim_id), code, seen=seen == declared.YES, reason=reason)
    click.echo(f"Declared: {', '.join(anew)}." if anew else "Every check is declared as it stands.")


def _require_grown(base: str) -> None:
    """Refuse a ledger that has lost or changed what it held in a commit."""
    from claimbook.claims import declared

    if paths.git("rev-parse", "--verify", "--quiet", f"{base}^{{commit}}") is None:
        raise ClaimbookError(f"git knows no commit {base}: fetch it, or name another base.")
    name = f"{base}:./{declared.ledger().relative_to(paths.root()).as_posix()}"
    held = paths.git("show", name)
    declared.require_grown(declared.parse(held, name) if held else [], declared.read())


@main.command()
@click.argument("claim_ids", nargs=-1, metavar="[CLAIM-ID]...")
@click.option("--format", "form", type=click.Choice(["text", "github"]), default="text")
@click.option("--quick", is_flag=True, help="Read only; do not execute the chapters.")
@click.option("--ledger-base", metavar="COMMIT", help="Refuse declarations changed since then.")
def check(claim_ids: tuple[str, ...], form: str, quick: bool, ledger_base: str | None) -> None:
    """Say what a reviewer would ask of the chapters: those named, or all."""
    from claimbook.chapters import review
    from claimbook.chapters.book import Book

    book = Book()
    if ledger_base:
        _require_grown(ledger_base)
    found = review.findings(book, [book.known(name) for name in claim_ids], quick=quick)
    for finding in found:
        click.echo(finding.as_github() if form == "github" else finding.as_text())
    if count := sum(not finding.warning for finding in found):
        things = "thing" if count == 1 else "things"
        raise ClaimbookError(f"{count} {things} to mend.")
    click.echo("Nothing to mend.")


@main.command()
@click.argument("base", metavar="COMMIT", default="HEAD")
def review(base: str) -> None:
    """Say what has changed since a commit, in Markdown, for a reviewer to read."""
    from claimbook.chapters import changes
    from claimbook.chapters.book import Book

    click.echo(changes.as_markdown(Book(), base), nl=False)


@main.command()
@click.argument("claim_id", metavar="CLAIM-ID")
@click.option("--part", required=True, metavar="PART", help="Folder of book/; made if it is new.")
@click.option(
    "--series",
    required=True,
    metavar="CODE",
    multiple=True,
    help="What the claim reads; may be repeated.",
)
@click.argument("more_series", nargs=-1, metavar="[CODE]...")
@click.option("--essay", metavar="ID", help="Needed once the book has several essays.")
@click.option(
    "--paragraph",
    "paragraphs",
    type=int,
    multiple=True,
    help="One that makes the claim, by its number in the essay's file; may be repeated.",
)
def new(
    claim_id: str,
    part: str,
    series: tuple[str, ...],
    more_series: tuple[str, ...],
    essay: str | None,
    paragraphs: tuple[int, ...],
) -> None:
    """Write a claim file and a chapter from the template."""
    from claimbook.chapters import scaffold

    for path in scaffold.new_chapter(claim_id, part, [*series, *more_series], essay, paragraphs):
        click.echo(f"wrote {paths.shown(path)}")
    click.echo(
        f"Fill in the places that say so, run `claimbook declare {claim_id} --seen no` (or yes, if "
        f"you have looked at the figures), and only then `claimbook run {claim_id}`. `claimbook "
        "serve --draft` shows it meanwhile."
    )


@main.command("new-essay")
@click.argument("essay_id", metavar="ID")
@click.option(
    "--text",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The essay itself: its words are kept as hashes, so that a quotation is noticed.",
)
def new_essay(essay_id: str, text: Path | None) -> None:
    """Write the file of a further essay."""
    from claimbook.chapters import scaffold

    written = scaffold.new_essay(essay_id, text)
    click.echo(f"wrote {paths.shown(written)}: fill in what it asks for.")


main.add_command(data.refresh)
main.add_command(data.diff)
