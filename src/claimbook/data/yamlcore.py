"""YAML as its version 1.2 has it: ``no`` is a word, a date is text, and a key stands once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar

import yaml

# Plain values by kind, as in https://yaml.org/spec/1.2.2/#103-core-schema
_PLAIN = {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?",
    "merge": r"<<",
}


class KeyFault(yaml.MarkedYAMLError):
    """A key stands twice, or is no word."""


class Loader(yaml.CSafeLoader):
    """Makes data of a text, of plain values only."""

    yaml_implicit_resolvers: ClassVar[dict[Any, Any]] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuse a key that stands twice, or is none."""
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise KeyFault(problem="a key is no word: write one", problem_mark=key.start_mark)
            if key.value in seen:
                what = f"the key {key.value} stands twice: keep one"
                raise KeyFault(problem=what, problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


for _kind, _pattern in _PLAIN.items():
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(f"(?:{_pattern})$"), None)
Loader.add_constructor("tag:yaml.org,2002:int", lambda _, node: int(node.value))
Loader.add_constructor("tag:yaml.org,2002:float", lambda _, node: float(node.value))


def line_of(text: str, field: Iterable[Any]) -> int:
    """Return the line at which a field stands, or the last part of its path that is there."""
    line, node = 1, yaml.compose(text, Loader)
    for key in field:
        if isinstance(node, yaml.MappingNode):
            places = {str(name.value): (name, value) for name, value in node.value}
        elif isinstance(node, yaml.SequenceNode):
            places = {str(number): (one, one) for number, one in enumerate(node.value)}
        else:
            places = {}
        if str(key) not in places:
            break
        place, node = places[str(key)]
        line = place.start_mark.line + 1
    return line
