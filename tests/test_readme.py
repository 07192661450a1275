"""README's commands work as written: every line of its shell blocks is run.

Lines of ``make`` run in the miniature of the repository, in ``test_commands.py``; lines of
``claimbook`` run on the tiny book, in the place of whose chapter they name one of the real. A line
that is added to README is run without being named here.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from test_commands import LINES, MAKE, README, ROOT

OURS = [line for line in LINES if line.startswith(".venv/bin/claimbook ")]
# Run elsewhere: by `make test` itself, and in test_reproducible.py.
ELSEWHERE = {".venv/bin/claimbook build", ".venv/bin/claimbook run --all"}


@pytest.mark.parametrize("line", [line for line in OURS if line not in ELSEWHERE])
def test_every_line_of_claimbook_runs_on_a_book(tiny_copy, line):
    named = {path.stem for path in ROOT.glob("book/*/*.ipynb")} & {*line.split()}
    for chapter in named:
        line = line.replace(chapter, "gini-fell")
    programs = tiny_copy / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "claimbook").symlink_to(Path(sys.executable).with_name("claimbook"))
    done = subprocess.run(
        ["bash", "-ec", line], cwd=tiny_copy, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert "nothing changed" in done.stdout


def test_no_line_of_readme_is_left_out():
    """Those of the section without make are run, and compared, in test_commands.py."""
    assert set(OURS) >= ELSEWHERE
    section = README.split("## Without make")[1].split("\n## ")[0]
    by_hand = {line for line in LINES if line in section}
    assert {*LINES} == {*by_hand, *OURS, *(line for line in MAKE if line in LINES)}
