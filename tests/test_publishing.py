"""What stands around the book: how it is governed, built in public, reviewed and published."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
FORMS = ROOT / ".github" / "ISSUE_TEMPLATE"


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def in_code(cell):
    """The code spans of a table's cell."""
    return set(re.findall(r"`([\w-]+)`", cell))


# How it is governed


def test_the_architecture_page_draws_the_house_that_the_import_rules_hold():
    contracts = tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    page = text("docs/architecture.md")
    assert len(page.splitlines()) <= 45, "it is no longer one screen"
    drawn = re.search(r"```text\n(.*?)```", page, re.DOTALL).group(1).splitlines()
    layers = [layer.replace("claimbook.", "") for layer in contracts[0]["layers"]]
    assert [re.split(r"\s{2,}", line)[0] for line in drawn] == layers
    package = ROOT / "src" / "claimbook"
    rooms = {path.stem for path in package.iterdir() if not path.name.startswith("_")}
    levels = {room for layer in layers for room in layer.split(" | ")}
    assert rooms == levels | {"sources", "models"}
    forbidden = {
        contract["source_modules"][0].removeprefix("claimbook."): {
            name.removeprefix("claimbook.") for name in contract["forbidden_modules"]
        }
        for contract in contracts
        if contract["type"] == "forbidden"
    }
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    apart = {min(in_code(row[0])): in_code(row[2]) for row in rows}
    for room in ("sources", "models"):
        assert apart[room] == rooms - forbidden[room] - {room}
    assert apart["claimbook"] == forbidden["claimbook"]
    (importers,) = (in_code(row[3]) for row in rows if "`sources`" in row[0])
    outside = next(c for c in contracts if c.get("forbidden_modules") == ["claimbook.sources"])
    shut_out = {name.removeprefix("claimbook.") for name in outside["source_modules"]}
    assert importers == rooms - shut_out - {"sources"}


def test_the_forms_offer_what_the_book_holds():
    forms = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in FORMS.glob("*.yml")}
    assert {"new_claim", "dispute_verdict", "data_problem", "config"} == set(forms)
    fields = {
        field["id"]: field["attributes"]
        for form in forms.values()
        for field in form.get("body", ())
        if "id" in field
    }
    held = {path.parent.name for path in ROOT.glob("data/*/datapackage.json")}
    assert {*fields["vintage"]["options"]} == held | {"several"}
    example = fields["claim"]["placeholder"]
    assert list(ROOT.glob(f"book/*/{example}.ipynb"))


def test_no_account_is_invented():
    lines = text(".github/CODEOWNERS").splitlines()
    assert all(not line or line.startswith("#") for line in lines)


@pytest.mark.parametrize("size", [499_999, 500_001])
def test_a_file_that_is_too_large_is_refused_and_named(tmp_path, size):
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / "big name.csv").write_bytes(b"x" * size)
    ended = subprocess.run(
        [sys.executable, ROOT / "tools" / "sizes.py"], cwd=tmp_path, capture_output=True, text=True
    )
    assert ended.returncode == (size > 500_000)
    assert ("big name.csv has 500,001 bytes" in ended.stderr) == (size > 500_000)


def test_no_file_of_the_repository_is_too_large():
    command = [sys.executable, ROOT / "tools" / "sizes.py"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
