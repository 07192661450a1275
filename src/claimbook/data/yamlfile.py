"""Read a YAML file of ``data/`` that keeps a schema; what is wrong is said in a sentence."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from claimbook import paths
from claimbook.errors import ClaimbookError

SCHEMAS = Path(__file__).parent / "schemas"


class YamlFileError(ClaimbookError):
    """A file cannot be read, or says what cannot be."""


def read(path: Path, schema: str) -> Any:
    """Return what a file says, which is not to be changed; the same text is read once."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise YamlFileError(f"{paths.shown(path)} is missing: restore it from git.") from None
    return _valid(paths.shown(path), text, schema)


@lru_cache(maxsize=8)
def _valid(name: str, text: str, schema: str) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    try:
        found = YAML(typ="safe").load(text)
    except MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise YamlFileError(f"{name}, line {line}: not YAML ({fault.problem}).") from None
    rules = json.loads((SCHEMAS / f"{schema}.schema.json").read_text(encoding="utf-8"))
    if fault := best_match(Draft202012Validator(rules).iter_errors(found)):
        where = " ".join(str(step + 1 if isinstance(step, int) else step) for step in fault.path)
        raise YamlFileError(f"{name}, {where or 'top'}: {fault.message}. Correct it there.")
    return found
