"""Jupyter Book in a process of its own, which ends with the command that started it.

What Sphinx says of a fault is printed; a traceback of Jupyter Book's would help no one.
"""

from __future__ import annotations

import os
import sys
import threading


def main(arguments: list[str]) -> int:
    """Run ``jupyter-book`` with some arguments; return its exit status."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from jupyter_book.cli.main import main as jupyter_book

    try:
        jupyter_book(arguments, standalone_mode=False)
    except (Exception, KeyboardInterrupt, SystemExit) as fault:
        # It has printed what is wrong, but for what is not of Sphinx.
        if not isinstance(fault, RuntimeError | KeyboardInterrupt | SystemExit):
            print(f"{type(fault).__name__}: {fault}", file=sys.stderr)
        return 1
    return 0


def _end_with_parent() -> None:
    """End when the other end of the pipe is closed, however that came about."""
    while os.read(0, 1024):  # not through sys.stdin, whose lock would be held at the end
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
