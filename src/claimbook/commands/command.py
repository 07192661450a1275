"""A command: where a person can mend what is wrong, it ends in a sentence and no traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import click

from claimbook import writing
from claimbook.chapters import kernels
from claimbook.errors import ClaimbookError

INTERRUPTED = 130


def plain(text: str) -> str:
    """Return a text in which characters that would steer a terminal are spelled out."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def _end(sentence: str, exit_code: int = 1) -> NoReturn:
    """Say why a command could not do what was asked, and leave."""
    click.echo(f"claimbook: {plain(sentence)}", err=True)
    sys.exit(exit_code)


class Command(click.Command):
    """A command of the book."""

    # What wrong usage leaves with.
    usage_code = click.UsageError.exit_code

    def make_context(self, *arguments: Any, **extra: Any) -> click.Context:
        """Read the arguments."""
        with self._saying():
            return super().make_context(*arguments, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Do what is asked."""
        with self._saying():
            with suppress(ClaimbookError):  # there is no book here
                writing.finish()
            return super().invoke(ctx)

    @contextmanager
    def _saying(self) -> Iterator[None]:
        try:
            yield
        except click.UsageError as fault:
            fault.exit_code = self.usage_code
            raise
        except ClaimbookError as fault:
            _end(str(fault), fault.exit_code)
        except OSError as fault:
            why = fault.strerror or fault
            what = f"{fault.filename or 'a file'} cannot be read or written ({why})"
            remedy = "free space or set permissions, then run this again."
            _end(f"{what}: nothing was left half-written; {remedy}")
        except KeyboardInterrupt:
            kernels.stop()
            click.echo("\nclaimbook: stopped: nothing was left half-written.", err=True)
            sys.stdout.flush()
            os._exit(INTERRUPTED)  # threads may wait for kernels that are no more
