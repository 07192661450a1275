"""Read a YAML file of ``data/`` that keeps a schema; what is wrong is said in a sentence."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from claimbook import paths, reading
from claimbook.errors import ClaimbookError

SCHEMAS = Path(__file__).parent / "schemas"


class YamlFileError(ClaimbookError):
    """A file cannot be read, or says what cannot be."""


def read(path: Path, schema: str) -> Any:
    """Return what a file says, which is not to be changed; the same text is read once."""
    return _valid(paths.shown(path), reading.yaml_text(path, YamlFileError), schema)


def loaded(text: str, name: str, fault: reading.Fault) -> Any:
    """Return a text in YAML as data."""
    import yaml  # slow to import

    from claimbook.data import yamlcore

    try:
        return yaml.load(text, yamlcore.Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        said = isinstance(error, yamlcore.KeyFault)
        what = error.problem if said else f"not YAML ({error.problem})"
        raise fault(f"{name}, line {line}: {what}.") from None
    except (ValueError, TypeError, RecursionError) as error:
        raise fault(f"{name} cannot be read as YAML ({error!s:.80}).") from None


@lru_cache(maxsize=8)
def _valid(name: str, text: str, schema: str) -> Any:
    found = loaded(text, name, YamlFileError)
    if fault := broken(found, schema):
        raise YamlFileError(f"{name}, {fault}. Correct it there.")
    return found


def broken(found: Any, schema: str) -> str | None:
    """Say where, and how, something breaks a schema of this room."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    rules = json.loads((SCHEMAS / f"{schema}.schema.json").read_text(encoding="utf-8"))
    if not (fault := best_match(Draft202012Validator(rules).iter_errors(found))):
        return None
    where = " ".join(str(step + 1 if isinstance(step, int) else step) for step in fault.path)
    return f"{where or 'top'}: {fault.message:.200}"
