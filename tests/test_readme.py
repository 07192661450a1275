"""README's commands work as written: every line of its shell blocks is run.

Lines of ``make`` run in the miniature of the repository (see ``test_commands.py``), in which what
they call says how it was called; lines of ``claimbook`` run on the tiny book, in the place of whose
chapter they name one of the real. A line that is added to README is run without being named here.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from test_commands import ROOT, Miniature, write_program

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
LINES = list(dict.fromkeys(line for block in BLOCKS for line in block.splitlines()))
SPANS = re.findall(r"`(make [^`]+)`", README)
MAKE = list(dict.fromkeys(line for line in [*LINES, *SPANS] if line.startswith("make ")))
OURS = [line for line in LINES if line.startswith(".venv/bin/claimbook ")]
# Run elsewhere: by `make test` itself, and in test_reproducible.py.
ELSEWHERE = {".venv/bin/claimbook build", ".venv/bin/claimbook run --all"}
CALLS = {
    "make book": ["claimbook build"],
    "make test": [
        "ruff check .",
        "ruff format --check .",
        "lint-imports",
        "claimbook build",
        "pytest -n 2",
    ],
    "make serve": ["claimbook serve"],
    "make run": ["claimbook run"],
    "make lab": ["jupyter lab book"],
}


@pytest.fixture(scope="module")
def miniature(tmp_path_factory):
    """A miniature with stand-ins for the programs that its requirements do not install."""
    made = Miniature(tmp_path_factory.mktemp("readme"))
    assert made.run("make book").returncode == 0
    for name in ("ruff", "lint-imports", "jupyter"):
        write_program(made.root / ".venv" / "bin" / name, f'echo "{name} $*"')
    (packages,) = (made.root / ".venv" / "lib").glob("python*/site-packages")
    (packages / "pytest.py").write_text(
        "import sys\nprint('pytest', *sys.argv[1:])\n", encoding="utf-8"
    )
    return made


@pytest.mark.parametrize("line", MAKE)
def test_every_line_of_make_runs(miniature, line):
    # Another Python is named by way of an example; and a browser is there.
    line = re.sub(r"PYTHON=\S+", f"PYTHON={shlex.quote(sys.executable)}", line)
    done = miniature.run(f"export CLAIMBOOK_BROWSER=/bin/true; {line}")
    assert done.returncode == 0, done.stdout
    said = iter(done.stdout.splitlines())
    for call in CALLS.get(line, []):
        assert any(one.startswith(call) for one in said), (call, done.stdout)


def test_a_step_that_fails_fails_make_test(miniature):
    """Each of them: else a green `make test` would say nothing of those after the first."""
    (pytest_module,) = (miniature.root / ".venv" / "lib").glob("python*/site-packages/pytest.py")
    programs = [miniature.root / ".venv" / "bin" / name for name in ("ruff", "lint-imports")]
    stand_ins = [pytest_module, *programs]
    for path in stand_ins:
        before = path.read_text(encoding="utf-8")
        fails = "raise SystemExit(1)\n" if path.suffix else "#!/bin/sh\nexit 1\n"
        path.write_text(fails, encoding="utf-8")
        done = miniature.run("export CLAIMBOOK_BROWSER=/bin/true; make test")
        path.write_text(before, encoding="utf-8")
        assert done.returncode != 0, path.name


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
