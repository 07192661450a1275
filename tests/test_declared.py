"""Declared first: a ledger that only grows, and what is not declared is not stored."""

from __future__ import annotations

import subprocess
from datetime import date

import pytest

import small
from claimbook.claims import declared, files
from claimbook.claims.declared import DeclarationError

CODE = "c" * 64
FIRST, LATER = date(2026, 1, 2), date(2026, 3, 4)


@pytest.fixture
def claim(small_book):
    return written(small_book, small.check(), small.check("beside", role="secondary"))


def written(root, *checks):
    small.write_claim(root, list(checks))
    return files.read_claim("it-rose")


def declare(claim, today=FIRST, *, seen=False, reason=""):
    return declared.declare(claim, CODE, seen=seen, reason=reason, today=today)


def test_a_declaration_is_written_once_and_run_once(claim):
    assert declare(claim) == ["it-rose", "beside"]
    assert declare(claim, LATER, reason="nothing changed") == []
    assert declared.record_first_run(claim, CODE, today=LATER) == ["it-rose", "beside"]
    assert declared.record_first_run(claim, CODE, today=LATER) == []
    events = [(row.date, row.check, row.event, row.seen) for row in declared.read()]
    assert events == [
        ("2026-01-02", "it-rose", "declared", "no"),
        ("2026-01-02", "beside", "declared", "no"),
        ("2026-03-04", "it-rose", "first-run", ""),
        ("2026-03-04", "beside", "first-run", ""),
    ]
    assert declared.ledger().read_text("utf-8").splitlines()[0] == (
        "date,claim,check,sha256,code,rule,event,seen,reason"
    )


def test_what_is_not_declared_is_refused_with_the_command(claim):
    with pytest.raises(DeclarationError, match=r"it-rose, beside are not.*declare it-rose --seen"):
        declared.require(claim)
    declare(claim)
    declared.require(claim)


@pytest.mark.parametrize(
    "change",
    [
        {"role": "context"},
        {"series": [small.CODE, "CC.DD"]},
        {"unit": "miles"},
        {"expects": "fall"},
        {"reference": 0.5},
        {"smallest_effect": 0.5},
        {"options": {"start": [1, 2]}},
        {"vintage": "2019-04"},
    ],
)
def test_every_change_of_what_is_declared_needs_a_declaration(claim, small_book, change):
    declare(claim)
    changed = written(
        small_book, small.check(), small.check("beside", **{"role": "secondary", **change})
    )
    with pytest.raises(DeclarationError, match="beside is not declared as it stands"):
        declared.require(changed)
    with pytest.raises(DeclarationError, match="say why"):
        declare(changed)
    assert declare(changed, reason="a better measure") == ["beside"]
    declared.require(changed)
    with pytest.raises(DeclarationError, match="beside is not"):
        declared.require(claim)


def test_a_mended_word_needs_none(claim, small_book):
    declare(claim)
    words = {"question": "Has it risen?", "falsifier": "It fell."}
    declared.require(
        written(small_book, small.check(**words), small.check("beside", role="secondary"))
    )


def output_of(claim, **outcomes):
    checks = [
        {"id": one["id"], "role": one["role"], "outcome": outcomes[one["id"].replace("-", "_")]}
        for one in claim["checks"]
    ]
    return {"claim": {"id": claim["id"]}, "checks": checks}


def test_what_came_after_the_first_run_is_told(claim, small_book):
    declare(claim)
    declared.record_first_run(claim, CODE, today=FIRST)
    more = written(
        small_book, small.check(), small.check("later", role="secondary", smallest_effect=2)
    )
    declare(more, LATER, seen=True, reason="a referee asked")
    found = declared.joined(
        output_of(more, it_rose="supports", later="contradicts"), declared.read()
    )
    first, later = (check["declared"] for check in found["checks"])
    assert first == {
        "date": "2026-01-02",
        "seen": False,
        "changed": None,
        "reason": "",
        "after_first_run": False,
    }
    assert later["after_first_run"] and later["seen"] and later["date"] == "2026-03-04"
    assert later["reason"] == "a referee asked"
    assert found["declared"]["without_later"] == "supported"
    assert found["declared"]["dropped"] == ["beside"]
    assert found["declared"]["after_first_run"] and found["declared"]["date"] == "2026-01-02"


def test_a_primary_changed_after_its_run_leaves_no_verdict_without_it(claim, small_book):
    declare(claim)
    declared.record_first_run(claim, CODE, today=FIRST)
    more = written(
        small_book, small.check(smallest_effect=3), small.check("beside", role="secondary")
    )
    declare(more, LATER, reason="larger effects matter")
    found = declared.joined(output_of(more, it_rose="supports", beside="supports"), declared.read())
    assert found["declared"]["without_later"] is None
    assert found["declared"]["changed"] == "2026-03-04"
    assert found["checks"][0]["declared"]["changed"] == "2026-03-04"


def test_what_was_never_declared_has_no_facts(claim):
    found = declared.joined(output_of(claim, it_rose="supports", beside="supports"), [])
    assert found["declared"] is None and found["checks"][0]["declared"] is None


def edited(change):
    path = declared.ledger()
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join(change(lines)) + "\n", encoding="utf-8")


def cell(line, place, text):
    """A line of the ledger with one cell changed."""
    cells = line.split(",")
    return ",".join([*cells[:place], text, *cells[place + 1 :]])


BROKEN = {
    "the header": (lambda lines: ["a,b,c", *lines[1:]], "line 1: the header is not date,claim"),
    "an empty file": (lambda lines: [], "line 1: the header"),
    "a cell too few": (lambda lines: [*lines[:2], "2026-01-02,it-rose"], "line 3: 2 cells where"),
    "a blank line": (lambda lines: [lines[0], "", *lines[1:]], "line 2: 0 cells"),
    "a date": (
        lambda lines: [lines[0], cell(lines[1], 0, "2026-02-30")],
        "'2026-02-30' is no date",
    ),
    "an older date": (lambda lines: [*lines, cell(lines[1], 0, "2025-01-01")], "before that of"),
    "a hash": (lambda lines: [lines[0], cell(lines[1], 3, "abc")], "'abc' is no sha256"),
    "an event": (lambda lines: [lines[0], cell(lines[1], 6, "denied")], "'denied' is no event"),
    "what was seen": (lambda lines: [lines[0], cell(lines[1], 7, "")], "does not say whether"),
    "a run before it": (
        lambda lines: [lines[0], cell(cell(lines[1], 6, "first-run"), 7, "")],
        "a first run of it-rose that was not declared",
    ),
    "a merge": (
        lambda lines: [lines[0], "<<<<<<< HEAD", *lines[1:]],
        "line 2: holds the marks of a merge",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_ledger_is_named_and_not_added_to(claim, small_book, name):
    change, sentence = BROKEN[name]
    declare(claim)
    edited(change)
    before = declared.ledger().read_bytes()
    with pytest.raises(DeclarationError, match=sentence):
        declared.read()
    with pytest.raises(DeclarationError):
        declare(written(small_book, small.check(smallest_effect=7)), LATER, reason="more")
    assert declared.ledger().read_bytes() == before


def test_a_declaration_dated_before_the_last_is_not_written(claim, small_book):
    declare(claim, LATER)
    before = declared.ledger().read_bytes()
    with pytest.raises(DeclarationError, match="before that of the line above"):
        declare(written(small_book, small.check(smallest_effect=7)), FIRST, reason="more")
    assert declared.ledger().read_bytes() == before


def test_a_hash_changed_by_hand_is_not_what_was_declared(claim):
    declare(claim)
    edited(lambda lines: [lines[0], cell(lines[1], 3, "0" * 64), lines[2]])
    with pytest.raises(DeclarationError, match="it-rose is not declared as it stands"):
        declared.require(claim)


def test_a_last_line_without_an_end_is_kept_whole(claim, small_book):
    declare(claim)
    path = declared.ledger()
    path.write_text(path.read_text("utf-8").rstrip("\n"), encoding="utf-8")
    declare(written(small_book, small.check(smallest_effect=7)), LATER, reason="one, two\nthree")
    rows = declared.read()
    assert len(rows) == 3 and rows[-1].reason == "one, two three"


LOST = {
    "removed": lambda rows: rows[:1],
    "all removed": lambda rows: [],
    "changed": lambda rows: [rows[0]._replace(reason="better"), rows[1]],
    "put in front": lambda rows: [rows[1], *rows],
    "swapped": lambda rows: rows[::-1],
}


@pytest.mark.parametrize("name", LOST)
def test_a_ledger_that_lost_a_row_is_refused(claim, name):
    declare(claim)
    rows = declared.read()
    declared.require_grown(rows, [*rows, rows[0]])
    declared.require_grown([], rows)
    with pytest.raises(DeclarationError, match=r"line \d: the declaration of .* was changed or"):
        declared.require_grown(rows, LOST[name](rows))


def git(root, *arguments):
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)


def test_run_stores_only_what_is_declared_and_check_refuses_a_rewritten_ledger(
    small_book, claimbook
):
    """By the commands, on a chapter."""
    small.write_vintage(small_book, "current", small.changes([3] * 20))
    written(small_book, small.check())
    small.write_chapter(
        small_book,
        "from claimbook import estimates\n\n\ndef rise(wdi):\n"
        f'    values = wdi["{small.CODE}"]\n'
        '    return estimates.exact((values[2001] - values[2000]).mean(), "points", 20)\n\n\n'
        'claim.check("it-rose", rise)',
    )
    chapter = small_book / "book" / "part" / "it-rose.ipynb"
    before = chapter.read_bytes()
    refused = claimbook("run", "it-rose")
    assert refused.returncode == 1 and "claimbook declare it-rose --seen" in refused.stderr
    assert chapter.read_bytes() == before
    assert claimbook("declare", "it-rose").returncode == 2, "it asks what was seen"
    made = claimbook("declare", "it-rose", "--seen", "no")
    assert made.returncode == 0 and "Declared: it-rose." in made.stdout
    ran = claimbook("run", "it-rose")
    assert ran.returncode == 0, ran.stderr
    assert [row.event for row in declared.read()] == ["declared", "first-run"]
    git(small_book, "init", "-q")
    git(small_book, "add", "book/declarations.csv")
    git(small_book, "commit", "-qm", "base")
    edited(lambda lines: lines[:-1])
    checked = ("check", "it-rose", "--quick", "--ledger-base")
    assert "line 3: the declaration of it-rose" in claimbook(*checked, "HEAD").stderr
    unknown = claimbook(*checked, "nowhere")
    assert unknown.returncode == 1 and "git knows no commit nowhere" in unknown.stderr
