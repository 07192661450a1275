"""Refuse a file that is too large to be committed: the history of a repository keeps it for ever.

Run by the hooks before a commit, and by the tests. Standard library only.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

MOST = 500_000
# Larger, and looked at: each with its own limit.
EXEMPT = {"src/claimbook/pages/static/vendor/plotly-basic.min.js": 1_300_000}


def tracked() -> list[str]:
    """Return the files that git tracks, or would track with the next `git add`."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return [name for name in answer.stdout.split("\0") if Path(name).is_file()]


def main() -> int:
    """Name every file that is too large; return the exit status."""
    sizes = {name: Path(name).stat().st_size for name in tracked()}
    found = {name: size for name, size in sizes.items() if size > EXEMPT.get(name, MOST)}
    for name, size in found.items():
        print(
            f"{name} has {size:,} bytes, more than {EXEMPT.get(name, MOST):,}: leave it out of the "
            "commit, make it smaller, or name it in tools/sizes.py with the reason.",
            file=sys.stderr,
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
