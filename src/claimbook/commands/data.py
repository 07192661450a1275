"""The commands that fetch the figures again, and that compare two copies of them."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from claimbook import paths
from claimbook.commands.command import Command, plain
from claimbook.errors import ClaimbookError, nearest
from claimbook.writing import write_json


class _Refresh(Command):
    usage_code = 3  # its 2 says that the data broke the contract


def _shaped(pattern: str, refusal: str) -> Callable[[str], str]:
    """Return what takes a text of one shape, without a slash at its end."""

    def text(value: str) -> str:
        if not re.fullmatch(pattern, value := value.rstrip("/")):
            raise click.BadParameter(f"{value!r} {refusal}")
        return value

    return text


_CODE = _shaped(
    r"(?!economies$)[A-Za-z0-9][A-Za-z0-9_.-]*", "is no series code: one looks like SI.POV.GINI."
)
_VINTAGE = _shaped(
    r"current|\d{4}-(0[1-9]|1[0-2])", "is no vintage: name `current`, or one like 2013-12."
)
_ENDPOINT = _shaped(
    r"https?://[^\s/?#]+(/[^\s?#]*)?/v2",
    "is no endpoint: it starts with http:// or https:// and ends in /v2.",
)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def _report_file(_: click.Context, __: click.Parameter, value: Path | None) -> Path | None:
    """Refuse a file that cannot be written before anything is fetched or executed for it."""
    if value and not (value.parent.is_dir() and os.access(value.parent, os.W_OK)):
        raise click.BadParameter(f"{value.parent} is no folder that can be written to.")
    return value


_json_option = click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    callback=_report_file,
    metavar="FILE",
    help="Write the report there as JSON.",
)


@click.command(cls=_Refresh)
@click.argument("codes", nargs=-1, type=_CODE, metavar="[CODE]...")
@click.option("--vintage", type=_VINTAGE, default="current", show_default=True)
@click.option(
    "--endpoint",
    type=_ENDPOINT,
    default="https://api.worldbank.org/v2",
    show_default=True,
    help="The API to ask, ending in /v2.",
)
@click.option(
    "--data", type=_FOLDER, metavar="DIR", help="The folder of the vintages; the book's by default."
)
@click.option(
    "--from-files",
    "files",
    type=_FOLDER,
    metavar="DIR",
    help="Bring in, from the files in this folder, the witnesses of data/witnesses.yml.",
)
@click.option(
    "--history", is_flag=True, help="Fetch every release of CODE from the archives, and no vintage."
)
@click.option(
    "--accept",
    type=_CODE,
    multiple=True,
    help="A series that may lose filled cells, or vanish; may be given again.",
)
@click.option(
    "--patience",
    type=click.FloatRange(0, 86_400, min_open=True, max_open=True),
    default=90,
    show_default=True,
    envvar="CLAIMBOOK_PATIENCE",
    show_envvar=True,
    metavar="SECONDS",
    help="How long to go on without one complete answer.",
)
@click.option("--dry-run", is_flag=True, help="Do everything but replace the vintage.")
@_json_option
@click.option("--quiet", is_flag=True, help="Say nothing unless something is wrong.")
def refresh(
    codes: tuple[str, ...],
    data: Path | None,
    accept: tuple[str, ...],
    history: bool,
    json_file: Path | None,
    quiet: bool,
    **asked: Any,
) -> None:
    """Fetch the book's figures again from their sources, all or nothing.

    CODE names a series; without one, every series that the book's claims name is fetched. Exit
    codes: 0 done, 1 the fetch failed, 2 the figures broke the contract, 3 wrong usage.
    """
    from claimbook.chapters.book import Book
    from claimbook.sources import refresh as fetching

    where = (data or paths.data()).resolve()
    codes = tuple(dict.fromkeys(codes))
    order = fetching.Order(codes=codes, data=where, accepted=accept, **asked)
    if history and len(codes) != 1:
        raise click.UsageError("--history takes one CODE, such as SI.POV.GINI.")
    order = replace(order, codes=codes or _chosen(order))
    _require_known(order)
    _tidy_when_stopped()
    if history:
        found = fetching.refresh_history(order)
    else:
        execute = _chapters()
        with _progress(len(order.codes), quiet) as report:
            found = fetching.refresh(
                order,
                execute=execute,
                read=Book().series if execute else (),
                report=report,
                announce=lambda found: _say(found, json_file, quiet),
            )
    if json_file and found["published"]:
        write_json(json_file, found)
    if not quiet:
        click.echo(_closing(found))


def _tidy_when_stopped() -> None:
    """Leave no staged folder behind when a scheduler or a time limit ends this process."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def _require_known(order: Any) -> None:
    """Refuse to accept losses of what is not fetched, and codes in other capitals than those held.

    The Bank takes a code in any capitals for the same series.
    """
    held = {path.stem.lower(): path.stem for path in (order.data / order.vintage).glob("*.csv")}
    for code in order.codes:
        if held.get(code.lower(), code) != code:
            raise click.UsageError(
                f"{code} is held as {held[code.lower()]}: name it so, capitals included."
            )
    for code in order.accepted:
        if code not in order.codes:
            raise click.UsageError(
                f"--accept {code}: this refresh does not fetch it.{nearest(code, order.codes)}"
            )


def _chosen(order: Any) -> list[str]:
    """Return the series to fetch where none is named."""
    from claimbook.chapters.book import Book
    from claimbook.sources import refresh as fetching

    if order.files:
        return fetching.described(order)
    try:
        paths.root()
    except ClaimbookError as fault:
        raise click.UsageError(f"{fault} Or name the series to fetch.") from None
    chosen = fetching.series_of(order.vintage, Book().series, order.data)
    if not chosen:
        raise click.UsageError(
            "No claim of the book names a series to fetch: name one, such as SI.POV.GINI."
        )
    return chosen


def _chapters() -> Callable[[Path], dict[str, Any]] | None:
    """Return what executes the chapters, or None where there is no book to execute."""
    try:
        paths.root()
    except ClaimbookError:
        return None
    from claimbook.chapters import running

    return running.claims_under


def _say(found: dict[str, Any], json_file: Path | None, quiet: bool = False) -> None:
    from claimbook.data import compare

    if json_file:
        write_json(json_file, found)
    if not quiet:
        click.echo(plain(compare.as_text(found)))


def _closing(found: dict[str, Any]) -> str:
    what = "releases" if "history" in found else "series"
    where = f"data/history/{found['history']}" if "history" in found else f"data/{found['vintage']}"
    asked = f", {found['requests']} requests to {found['endpoint']}" if found["requests"] else ""
    end = f"{where} is replaced" if found["published"] else f"a dry run: {where} is as it was"
    return f"{len(found['cells'])} {what}, {sum(found['cells'].values()):,} cells{asked}; {end}."


@contextmanager
def _progress(series: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Draw a bar of the series on a terminal; what is yielded is told the rows of each."""
    from rich.console import Console
    from rich.progress import Progress

    columns = (*Progress.get_default_columns(), "{task.fields[rows]:,} rows")
    hidden = quiet or not sys.stderr.isatty()
    bar = Progress(*columns, console=Console(stderr=True), disable=hidden, redirect_stdout=False)
    task = bar.add_task("series", total=series, rows=0)

    def report(more: int) -> None:
        bar.update(task, advance=1, rows=bar.tasks[task].fields["rows"] + more)
        if bar.finished:
            bar.stop()  # what follows prints text of its own

    with bar:
        yield report


@click.command(cls=Command)
@click.argument("old", required=False)
@click.argument("new", default="current")
@_json_option
@click.option(
    "--figures-only", is_flag=True, help="Compare the figures, and do not execute the chapters."
)
def diff(old: str | None, new: str, json_file: Path | None, figures_only: bool) -> None:
    """Compare two copies of the figures: cells, revisions, checks, verdicts.

    OLD and NEW are each a vintage that data/ holds, or a folder like one of them; without them, the
    current vintage as it was last committed is compared with the one in data/. The chapters are
    executed on both, each in the place of the current vintage. Exit code 1 where a chapter could
    not be: the others are compared all the same.
    """
    from claimbook.data import compare

    with _copy(old) as before, _copy(new) as after:
        found = {"old": old or "committed", "new": new} | compare.compare(before, after)
        if not figures_only and compare.any_change(found) and (execute := _chapters()):
            found["claims"] = compare.claims_moved(
                paths.data(), "current", before.folder, after.folder, execute
            )
        _say(found, json_file)
    claims = found.get("claims", {"compared": True, "not_compared": []})
    if not claims["compared"] or claims["not_compared"]:
        raise SystemExit(1)


@contextmanager
def _copy(name: str | None) -> Iterator[Any]:
    """Open the snapshot that an argument names; without a name, the one last committed."""
    from claimbook.data import snapshot

    known = snapshot.vintages()
    if name is None:
        with paths.committed(live := paths.data() / snapshot.CURRENT) as folder:
            if folder is None:
                raise ClaimbookError(
                    f"git holds no committed copy of {paths.shown(live)}: name the two copies to "
                    "compare, such as `claimbook diff 2019-04 current`."
                )
            yield snapshot.Snapshot(folder)
    elif name in known:
        yield snapshot.read(name)
    elif (Path(name) / "datapackage.json").is_file():
        yield snapshot.Snapshot(Path(name).resolve())
    else:
        raise ClaimbookError(
            f"{name} is neither a vintage nor a folder that holds a datapackage.json; data/ holds "
            f"{', '.join(known) or 'no vintage'}.{nearest(name, known)}"
        )
