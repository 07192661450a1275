"""The rooms of the library and the arrows between them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent


def lint_imports(folder):
    """Hold the imports of a copy of the library against the rules of pyproject.toml."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )


def test_every_action_is_pinned_to_a_commit():
    text = "".join(path.read_text("utf-8") for path in (ROOT / ".github/workflows").glob("*.yml"))
    used = re.findall(r"uses: (\S+)(.*)", text)
    assert used
    for action, comment in used:
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r"\s+# v[\d.]+", comment), comment


def test_the_spelling_hook_reads_no_stored_outputs():
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    (codespell,) = [hook for hook in local["hooks"] if hook["id"] == "codespell"]
    assert codespell["types_or"] == ["markdown", "python", "yaml"]


@pytest.fixture
def house(tmp_path):
    """A copy of the library with the rules it is held to."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    ignored = shutil.ignore_patterns("__pycache__", "static")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=ignored)
    return tmp_path


@pytest.mark.parametrize(
    ("module", "arrow", "contract"),
    [
        ("estimates/__init__.py", "from claimbook import status", "Arrows run one way"),
        ("data/snapshot.py", "import claimbook.sources", "Only commands go out to the sources"),
        ("models/__init__.py", "from claimbook import figures", "Models know estimates alone"),
        ("__init__.py", "from claimbook import chapters", "never reaches the network"),
        ("sources/__init__.py", "from claimbook import claims", "Sources know the data they write"),
    ],
)
def test_an_arrow_upward_is_refused_and_named(house, module, arrow, contract):
    path = house / "src" / "claimbook" / module
    path.write_text(f"{path.read_text('utf-8')}\n{arrow}\n", encoding="utf-8")
    linted = lint_imports(house)
    assert linted.returncode != 0
    broken = [line for line in linted.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(contract in line for line in broken), linted.stdout
