"""The commands that fetch the figures again, and that compare two copies of them."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from claimbook import paths
from claimbook.errors import ClaimbookError, nearest

USAGE = 3
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_VINTAGE = re.compile(r"current|\d{4}-(0[1-9]|1[0-2])")
_ENDPOINT = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?/v2")


class Fault(click.ClickException):
    """A sentence for the person at the keyboard, and the code to leave with."""

    def __init__(self, fault: Exception) -> None:
        super().__init__(str(fault))
        self.exit_code = getattr(fault, "exit_code", 1)


class Command(click.Command):
    """A command whose usage errors leave with 3: its 2 says that the data broke the contract."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Parse the arguments."""
        with _usage_errors():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _usage_errors():
            return super().invoke(ctx)


@contextmanager
def _usage_errors() -> Iterator[None]:
    try:
        yield
    except click.UsageError as fault:
        fault.exit_code = USAGE
        raise


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn what a person can mend into one sentence, without a traceback."""
    try:
        yield
    except ClaimbookError as fault:
        raise Fault(fault) from None
    except OSError as fault:
        raise Fault(
            ClaimbookError(
                f"{fault.filename or 'A file'} cannot be read or written ({fault.strerror}): the "
                "figures are as they were; free space or set permissions, then run this again."
            )
        ) from None


def _codes(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not _CODE.fullmatch(value) or value == "economies":
            raise click.BadParameter(
                f"{value!r} is no World Bank series code: one looks like SI.POV.GINI."
            )
    return tuple(dict.fromkeys(values))


def _report_file(_: click.Context, __: click.Parameter, value: Path | None) -> Path | None:
    """Refuse a file that cannot be written before anything is fetched or executed for it."""
    if value and not (value.parent.is_dir() and os.access(value.parent, os.W_OK)):
        raise click.BadParameter(f"{value.parent} is no folder that can be written to.")
    return value


def _vintage(_: click.Context, __: click.Parameter, value: str) -> str:
    if not _VINTAGE.fullmatch(value):
        raise click.BadParameter(f"{value!r} is no vintage: name `current`, or one like 2013-12.")
    return value


def _endpoint(_: click.Context, __: click.Parameter, value: str) -> str:
    value = value.rstrip("/")
    if not _ENDPOINT.fullmatch(value):
        raise click.BadParameter(
            f"{value!r} is no endpoint: it starts with http:// or https:// and ends in /v2."
        )
    return value


@click.command(cls=Command)
@click.argument("codes", nargs=-1, callback=_codes, metavar="[CODE]...")
@click.option("--vintage", default="current", show_default=True, callback=_vintage, metavar="NAME")
@click.option(
    "--endpoint",
    default="https://api.worldbank.org/v2",
    show_default=True,
    callback=_endpoint,
    metavar="URL",
    help="The API to ask, ending in /v2.",
)
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder of the vintages; the book's data/ by default.",
)
@click.option(
    "--accept",
    multiple=True,
    callback=_codes,
    metavar="CODE",
    help="A series that may lose filled cells, or vanish; may be given again.",
)
@click.option("--dry-run", is_flag=True, help="Do everything but replace the vintage.")
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    callback=_report_file,
    metavar="FILE",
    help="Write the report there as JSON.",
)
@click.option("--quiet", is_flag=True, help="Say nothing unless something is wrong.")
def refresh(
    codes: tuple[str, ...],
    vintage: str,
    endpoint: str,
    data: Path | None,
    accept: tuple[str, ...],
    dry_run: bool,
    json_file: Path | None,
    quiet: bool,
) -> None:
    """Fetch the book's figures again from the World Bank's API, all or nothing.

    CODE names a series; without one, every series that the book's claims name is fetched. Exit
    codes: 0 done, 1 the fetch failed, 2 the figures broke the contract, 3 wrong usage.
    """
    with _sentences():
        from claimbook.sources import refresh as fetching

        folder = (data or paths.data()).resolve()
        chosen = codes or _named_by_claims(vintage, folder)
        _require_known_spelling(codes, folder, vintage)
        for code in accept:
            if code not in chosen:
                raise click.UsageError(
                    f"--accept {code}: this refresh does not fetch it.{nearest(code, chosen)}"
                )
        order = fetching.Order(
            codes=chosen,
            data=folder,
            vintage=vintage,
            endpoint=endpoint,
            accepted=accept,
            patience=_patience(),
            dry_run=dry_run,
        )
        _tidy_when_stopped()
        with _progress(quiet) as report:
            found = fetching.refresh(
                order,
                execute=_chapters(),
                report=report,
                announce=lambda found: _announce(found, json_file, quiet),
            )
        if json_file and found["published"]:
            _write_json(found, json_file)
    if not quiet:
        click.echo(_closing(found))


def _tidy_when_stopped() -> None:
    """Leave no staged folder behind when a scheduler or a time limit ends this process."""

    def stop(*_: Any) -> None:
        raise SystemExit(128 + signal.SIGTERM)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop)


def _require_known_spelling(codes: tuple[str, ...], folder: Path, vintage: str) -> None:
    """Refuse a code that differs from one held in its capitals only: the Bank takes it for both."""
    held = {path.stem.lower(): path.stem for path in (folder / vintage).glob("*.csv")}
    for code in codes:
        if held.get(code.lower(), code) != code:
            raise click.UsageError(
                f"{code} is held as {held[code.lower()]}: name it so, capitals included."
            )


def _named_by_claims(vintage: str, folder: Path) -> list[str]:
    from claimbook.chapters.book import Book
    from claimbook.sources import refresh as fetching

    try:
        paths.root()
    except ClaimbookError as fault:
        raise click.UsageError(f"{fault} Or name the series to fetch.") from None
    chosen = fetching.series_of(vintage, Book().series, folder)
    if not chosen:
        raise click.UsageError(
            "No claim of the book names a series to fetch: name one, such as SI.POV.GINI."
        )
    return chosen


def _patience() -> float:
    """Seconds to go on without a complete answer; the environment may say so."""
    from claimbook.sources import worldbank

    text = os.environ.get("CLAIMBOOK_PATIENCE", "")
    try:
        patience = float(text or worldbank.PATIENCE)
    except ValueError:
        patience = 0.0
    if not 0 < patience < 86_400:
        raise click.UsageError(
            f"CLAIMBOOK_PATIENCE is {text!r}, which is no number of seconds: set it to 90, or "
            "unset it."
        )
    return patience


def _chapters() -> Callable[[Path], dict[str, dict[str, Any]]] | None:
    """Return what executes the chapters, or None where there is no book to execute."""
    try:
        paths.root()
    except ClaimbookError:
        return None
    from claimbook.chapters import running

    return running.claims_under


def _announce(found: dict[str, Any], json_file: Path | None, quiet: bool) -> None:
    from claimbook.data import compare

    if json_file:
        _write_json(found, json_file)
    if not quiet:
        click.echo(compare.as_text(found))


def _write_json(found: dict[str, Any], path: Path) -> None:
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _closing(found: dict[str, Any]) -> str:
    cells = sum(found["cells"].values())
    end = (
        f"data/{found['vintage']} is replaced"
        if found["published"]
        else f"a dry run: data/{found['vintage']} is as it was"
    )
    return (
        f"{len(found['cells'])} series, {cells:,} cells, {found['requests']} requests to "
        f"{found['endpoint']}; {end}."
    )


@contextmanager
def _progress(quiet: bool) -> Iterator[Callable[[Any], None]]:
    from rich.console import Console

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    bar = Progress(
        TextColumn("series"),
        MofNCompleteColumn(),
        BarColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        Remaining(),
        TextColumn("left"),
        console=console,
    )
    task = bar.add_task("series", total=None, rows=0)
    bar.start()

    def report(progress: Any) -> None:
        bar.update(task, completed=progress.done, total=progress.of, rows=progress.rows)
        if progress.done == progress.of:
            # What follows prints text of its own.
            bar.stop()

    try:
        yield report
    finally:
        bar.stop()


@click.command()
@click.argument("old", required=False)
@click.argument("new", default="current")
@click.option(
    "--json",
    "json_file",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    callback=_report_file,
    metavar="FILE",
    help="Write the comparison there as JSON.",
)
@click.option(
    "--figures-only", is_flag=True, help="Compare the figures, and do not execute the chapters."
)
def diff(old: str | None, new: str, json_file: Path | None, figures_only: bool) -> None:
    """Compare two copies of the figures: cells, revisions, checks, verdicts.

    OLD and NEW are each a vintage that data/ holds, or a folder like one of them; without them, the
    current vintage as it was last committed is compared with the one in data/. The chapters are
    executed on both, each in the place of the current vintage.
    """
    with _sentences(), _copy(old) as before, _copy(new) as after:
        from claimbook.data import compare

        found = {"old": old or "committed", "new": new} | compare.compare(before, after)
        if not figures_only and compare.any_change(found) and (execute := _chapters()):
            found["claims"] = compare.claims_moved(
                paths.data(), "current", before.folder, after.folder, execute
            )
        if json_file:
            _write_json(found, json_file)
        click.echo(compare.as_text(found))


@contextmanager
def _copy(name: str | None) -> Iterator[Any]:
    """Open the snapshot that an argument names; without a name, the one last committed."""
    from claimbook.data import snapshot

    if name is None:
        with _committed() as folder:
            yield snapshot.Snapshot(folder)
        return
    known = snapshot.vintages()
    if name in known:
        yield snapshot.read(name)
    elif (Path(name) / "datapackage.json").is_file():
        yield snapshot.Snapshot(Path(name).resolve())
    else:
        raise ClaimbookError(
            f"{name} is neither a vintage nor a folder that holds a datapackage.json; data/ holds "
            f"{', '.join(known) or 'no vintage'}.{nearest(name, known)}"
        )


@contextmanager
def _committed() -> Iterator[Path]:
    """Lay out the current vintage as it was last committed."""
    live = paths.data() / "current"
    git = ["git", "-C", str(live.parent), "archive", "HEAD", "current"]
    try:
        archive = subprocess.run(git, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise ClaimbookError(
            f"git holds no committed copy of {paths.shown(live)}: name the two copies to compare, "
            "such as `claimbook diff 2019-04 current`."
        ) from None
    with tempfile.TemporaryDirectory(prefix="claimbook-") as name:
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(name, filter="data")
        yield Path(name) / "current"
