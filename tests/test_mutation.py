"""The record of the mutation tests: what survived is explained, and nothing is left unfinished."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parent.parent / "bench"
RECORD = json.loads((BENCH / "mutation.json").read_text(encoding="utf-8"))
WHY = " ".join((BENCH / "mutation.md").read_text(encoding="utf-8").split())


def survivors_of(module):
    """The survivors of a module, with single spaces, as in the explanation."""
    return [" ".join(one.split()) for one in RECORD[module]["survivors"]]


def test_every_module_that_decides_has_a_score():
    modules = set(runpy.run_path(str(BENCH / "mutation.py"))["MODULES"])
    assert set(RECORD) == modules == {"rule", "estimates", "status", "snapshot"}


@pytest.mark.parametrize("module", sorted(RECORD))
def test_every_survivor_is_explained(module):
    found = RECORD[module]
    assert found["unfinished"] == 0
    assert found["killed"] + found["survived"] == found["total"] > 40
    assert len(found["survivors"]) == found["survived"]
    assert [one for one in survivors_of(module) if f"`{one}`" not in WHY] == []


def test_nothing_is_explained_that_no_longer_survives():
    survivors = {one for module in RECORD for one in survivors_of(module)}
    functions = {one.split(":")[0] for one in survivors}
    marks = [part for part in WHY.split("`")[1::2] if part.split(":")[0] in functions]
    assert [mark for mark in marks if ": " in mark and mark not in survivors] == []
