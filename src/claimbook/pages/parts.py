"""The parts of a page: the templates of ``templates/parts``, and the filters they speak with."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from docutils import nodes
from markupsafe import Markup

from claimbook.chapters import results
from claimbook.chapters.prose import plain
from claimbook.claims import rule
from claimbook.estimates import words
from claimbook.figures.drawing import templates
from claimbook.figures.words import capital, choice, option
from claimbook.pages import phrases

TEMPLATES = Path(__file__).with_name("templates")


def part(name: str, /, **values: Any) -> nodes.raw:
    """Return a part of a page as a node; see :func:`render`."""
    return nodes.raw("", str(render(name, **values)), format="html")


def render(name: str, /, **values: Any) -> Markup:
    """Return a template of ``templates/parts``, filled and escaped."""
    return Markup(_environment().get_template(f"{name}.html").render(**values))


def inline_json(value: Any) -> Markup:
    """Return a value as JSON that can stand in a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # "<" cannot end the script element or open a comment once it is written as an escape.
    return Markup(text.replace("<", "\\u003c"))


@cache
def _environment() -> jinja2.Environment:
    environment = templates(TEMPLATES / "parts")
    environment.filters |= {
        function.__name__: function
        for function in (
            *(words.amount, words.interval, words.number, words.short),
            *(capital, choice, option),
            *(phrases.answer, phrases.full, phrases.part_title, plain, inline_json),
        )
    }
    environment.globals |= {
        "primary": results.primary,
        "reading": rule.reading,
        "url": results.url,
        "moving_options": phrases.moved_by,
    }
    return environment
