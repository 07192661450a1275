"""The command line: `claimbook build`, `run`, `check`, `new`, `refresh`, `diff`, `serve`."""

from __future__ import annotations

import sys
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from claimbook.errors import ClaimbookError


class _Commands(click.Group):
    """A group that prints the book's own errors as sentences, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ClaimbookError as fault:
            click.echo(f"claimbook: {fault}", err=True)
            ctx.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="claimbook")
def main() -> None:
    """Claim by Claim: an essay's claims beside World Bank data."""


@main.command()
def build() -> None:
    """Build the book from stored outputs into _build/html."""
    from claimbook import building

    click.echo(f"The book is at {building.build()}")


@main.command()
@click.option("--port", default=8000, show_default=True, help="Port on 127.0.0.1.")
def serve(port: int) -> None:
    """Build, serve on 127.0.0.1, and rebuild on every change."""
    from claimbook import building

    building.serve(port, say=click.echo)


@main.command()
@click.argument("claim_ids", nargs=-1, metavar="[CLAIM-ID]...")
@click.option("--all", "everything", is_flag=True, help="Run chapters that are fresh, too.")
@click.option("--jobs", default=2, show_default=True, help="Chapters executed at a time.")
def run(claim_ids: tuple[str, ...], everything: bool, jobs: int) -> None:
    """Execute chapters in place: those named, or all that are stale."""
    from claimbook import notebooks

    known = list(notebooks.chapters())
    chosen = [notebooks.chapter(claim_id).stem for claim_id in claim_ids]
    if not chosen:
        chosen = known if everything else [name for name in known if notebooks.stale(name)]
    if not chosen:
        click.echo("Every chapter is fresh.")
        return
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task("running chapters", total=len(chosen))
        changed = notebooks.run(chosen, workers=jobs, done=lambda *_: bar.advance(task))
    for name in chosen:
        click.echo(f"{name}: {'written anew' if changed[name] else 'ran, nothing changed'}")
    _judge(chosen)


def _judge(claim_ids: list[str]) -> None:
    """Say which chapters were written for another verdict; that ends the command with 1."""
    from claimbook import notebooks

    faults = [
        fault
        for name in claim_ids
        if (fault := notebooks.rewrite_needed(notebooks.stored_output(name)))
    ]
    if faults:
        raise ClaimbookError("\n".join(faults))
