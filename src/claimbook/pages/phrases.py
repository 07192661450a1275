"""What pages say of a finding in words, beyond what their templates say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claimbook import paths
from claimbook.chapters import prose
from claimbook.claims import rule
from claimbook.estimates import words
from claimbook.figures.words import capital, option

Found = Mapping[str, Any]


def answer(output: Found) -> str | None:
    """Return a claim's answer as plain text, its numbers as the figures now have them."""
    text = output["claim"].get("answer")
    return prose.plain(text, output) if text else None


def said(output: Found) -> str:
    """Return what a page says first: the answer, or how its verdict is read."""
    claim = output["claim"]
    reading = capital(rule.reading(output["verdict"], claim["kind"]))
    return answer(output) or f"{claim['title']} {reading}."


def full(estimate: Found | None, check: Found) -> str:
    """Write an estimate of a check with its interval and what it counts."""
    return words.full(estimate and {"unit": check["unit"], **estimate}, counts(check))


def counts(check: Found) -> str:
    """Return what a check counts: a model has cases where figures have economies."""
    return "economies" if check["series"] else "cases"


def part_title(part: str) -> str:
    """Return the title of a part of the book: the heading of the page that opens its folder."""
    page = paths.root() / "book" / part / "index.md"
    lines = page.read_text(encoding="utf-8").splitlines() if page.is_file() else []
    heads = (line.removeprefix("# ").strip() for line in lines if line.startswith("# "))
    return next(heads, capital(part))


def moved_by(output: Found) -> list[str]:
    """Return which options move a claim's verdict, each once, in the claim file's words."""
    switches, labels = output.get("switches") or {}, output["claim"].get("labels", {})
    moving = [option(switch["option"], labels) for switch in switches.get("which", ())]
    return list(dict.fromkeys(moving)) or ["nothing"]
