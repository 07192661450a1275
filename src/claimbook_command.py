"""The command `claimbook`, which Ctrl-C stops in a sentence while pandas is still imported, too.

It stands outside the package, for whatever imports that imports pandas.
"""

import os
import signal


def main() -> None:
    """Run the command that was typed."""
    before = signal.signal(signal.SIGINT, _stop)
    from claimbook.commands import cli

    signal.signal(signal.SIGINT, before)
    cli.main()


def _stop(*_: object) -> None:
    os.write(2, b"\nclaimbook: stopped: nothing was left half-written.\n")
    os._exit(130)
