"""Tell on GitHub what the monthly refresh found: a pull request for what moved, or one issue.

Standard library only, and the programs `git` and `gh`: where this runs a token can write, and
nothing is installed.
"""

from __future__ import annotations

import argparse
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

MOST = 25_000  # characters of each part: GitHub takes 65,536 in all
BROKEN = "The monthly refresh fails: a source broke"
AUTHOR = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")

MOVED = """The monthly refresh brought figures that moved. Below stand what was revised, which
numbers and verdicts moved with it, and what the chapters said when they were run on the new
figures.

## Revisions and verdicts

{said}

## The chapters, run again

{ran}

## Before this is merged

Where a verdict flipped, the prose is to be rewritten, and only then `written_for` changed. Close
this pull request and open it again to start its checks: GitHub starts none for what a workflow
opens.
"""


def fenced(path: Path) -> str:
    """Return a file as a block in which nothing is a link, a mention or an end of the block."""
    text = path.read_text("utf-8", errors="replace").strip() if path.is_file() else ""
    if len(text) > MOST:
        text = f"{text[:MOST]}\n… cut here; the whole stands in the run's artifact."
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}text\n{text or '(nothing was said)'}\n{fence}"


def called(*command: str | Path) -> str:
    """Run a program, and return what it says."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def propose(found: Path) -> None:
    """Push what is staged as this month's branch, and open its pull request or renew its text."""
    month = f"{datetime.now(UTC):%Y-%m}"
    name, title = f"refresh/{month}", f"Figures as of {month}"
    body = found / "body.md"
    body.write_text(MOVED.format(said=fenced(found / "said.txt"), ran=fenced(found / "ran.txt")))
    git = ["git", "-c", f"user.name={AUTHOR[0]}", "-c", f"user.email={AUTHOR[1]}"]
    called("git", "switch", "--quiet", "--create", name)
    called(*git, "commit", "--quiet", "--message", title)
    called("git", "push", "--quiet", "--force", "origin", name)
    number = called(
        *("gh", "pr", "list", "--state", "open", "--head", name),
        *("--json", "number", "--jq", ".[0].number // empty"),
    )
    if number:
        called("gh", "pr", "edit", number, "--body-file", body)
    else:
        called("gh", "pr", "create", "--head", name, "--title", title, "--body-file", body)


def broken(found: Path) -> None:
    """Open the one issue that says the source broke, or add to it while it is open."""
    body = found / "body.md"
    body.write_text(f"No figure was changed. The refresh said:\n\n{fenced(found / 'said.txt')}\n")
    number = called(
        *("gh", "issue", "list", "--state", "open", "--search", f'in:title "{BROKEN}"'),
        *("--json", "number", "--jq", ".[0].number // empty"),
    )
    if number:
        called("gh", "issue", "comment", number, "--body-file", body)
    else:
        called("gh", "issue", "create", "--title", BROKEN, "--body-file", body)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["propose", "broken"])
    parser.add_argument("found", type=Path, help="the folder of said.txt and ran.txt")
    asked = parser.parse_args()
    (propose if asked.what == "propose" else broken)(asked.found.resolve())


if __name__ == "__main__":
    main()
