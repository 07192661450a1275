"""Read the claim and essay files; a fault is one sentence with file, line and field."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claimbook import paths
from claimbook.data.snapshot import CURRENT
from claimbook.errors import ClaimbookError, nearest

if TYPE_CHECKING:
    import jsonschema

PRIMARY, SECONDARY, CONTEXT, AFTER = "primary", "secondary", "context", "after"
COUNTING = (PRIMARY, SECONDARY)
MOST_SECONDARY = 3


class ClaimFileError(ClaimbookError):
    """A claim or essay file breaks its schema or contradicts another file."""


def claim_paths() -> dict[str, Path]:
    """Return every claim file of the book, sorted by path, by claim id (the stem)."""
    found: dict[str, Path] = {}
    book = paths.root() / "book"
    for path in sorted(book.glob("*/*.yml")):
        if path.parent.name == "essays" or path.parent.name.startswith("_"):
            continue
        if path.stem in found:
            raise ClaimFileError(
                f"{paths.shown(path)} and {paths.shown(found[path.stem])} have the same id: "
                "rename one of them."
            )
        found[path.stem] = path
    return found


def read_claim(claim_id: str) -> dict[str, Any]:
    """Read a claim file, every check's defaults filled in, with ``part``, its folder."""
    known = claim_paths()
    if claim_id not in known:
        raise ClaimFileError(
            f"There is no claim {claim_id!r}: no book/<part>/{claim_id}.yml."
            f"{nearest(claim_id, known)}"
        )
    return load_claim(known[claim_id])


def load_claim(path: Path) -> dict[str, Any]:
    """Read and validate the claim file at a path; see :func:`read_claim`."""
    document = _load(path, "claim.schema.json")
    _require(path, document, ("id",), document["id"] == path.stem, f"the file is {path.name}")
    _check_checks(path, document)
    claim = json.loads(json.dumps(document))
    options = {check["id"]: check.get("options", {}) for check in claim["checks"]}
    for check in claim["checks"]:
        check.setdefault("kind", claim["kind"])
        check.setdefault("reference", 0)
        check.setdefault("vintage", CURRENT)
        check.setdefault("witness", False)
        check["options"] = options.get(check.get("of"), {}) | options[check["id"]]
    return claim | {"part": path.parent.name}


def claim_series(claim: Mapping[str, Any]) -> list[str]:
    """Return the codes that a claim's checks and charts read, sorted."""
    named = set(claim.get("series", ()))
    return sorted(named.union(*(check["series"] for check in claim["checks"])))


def essays(claims: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Read every essay file, by essay id, each held against the book's claims."""
    folder = paths.root() / "book" / "essays"
    return {path.stem: load_essay(path, claims) for path in sorted(folder.glob("*.yml"))}


def load_essay(path: Path, claims: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Read and validate an essay file; it maps each claim to the paragraphs which that names."""
    essay = _load(path, "essay.schema.json")
    _require(path, essay, ("id",), essay["id"] == path.stem, f"the file is {path.name}")
    for place, entry in enumerate(essay["paragraphs"]):
        where = ("paragraphs", place, "paragraph")
        _require(path, essay, where, entry["paragraph"] == place + 1, f"paragraph {place + 1} next")
    for claim in claims.values():
        if claim["essay"] == essay["id"]:
            _agree(path, essay, claim)
    return json.loads(json.dumps(essay))


def _agree(path: Path, essay: Any, claim: Mapping[str, Any]) -> None:
    """Check that an essay maps to a claim exactly the paragraphs which that claim names."""
    mapped = [
        entry["paragraph"]
        for entry in essay["paragraphs"]
        if claim["id"] in entry.get("claims", ())
    ]
    if mapped != sorted(claim["paragraphs"]):
        raise ClaimFileError(
            f"{_where(path, essay, ('paragraphs',))}: maps {claim['id']} to paragraphs {mapped}, "
            f"its claim file says {sorted(claim['paragraphs'])}: make them agree."
        )


def _check_checks(path: Path, document: Any) -> None:
    """Check what a schema cannot say: ids that are unique, one primary, few secondaries."""
    checks = document["checks"]
    ids = [check["id"] for check in checks]
    for place, check in enumerate(checks):
        where = ("checks", place)
        _require(
            path,
            document,
            (*where, "id"),
            ids.index(check["id"]) == place,
            "ids are unique in a claim",
        )
        if check.get("witness"):
            rule = f"a witness never counts: its role is {CONTEXT}"
            _require(path, document, (*where, "witness"), check["role"] == CONTEXT, rule)
        if "of" in check:
            _check_variant(path, document, place)
    roles = [check["role"] for check in checks]
    rule = f"there is one {PRIMARY} check, here {roles.count(PRIMARY)}"
    _require(path, document, ("checks",), roles.count(PRIMARY) == 1, rule)
    rule = f"at most {MOST_SECONDARY} checks are {SECONDARY}, here {roles.count(SECONDARY)}"
    _require(path, document, ("checks",), roles.count(SECONDARY) <= MOST_SECONDARY, rule)


def _check_variant(path: Path, document: Any, place: int) -> None:
    """Check that a check which asks another's function names one, and only options of its own."""
    check, where = document["checks"][place], ("checks", place)
    bases = {one["id"]: one for one in document["checks"] if "of" not in one}
    rule = f"it names a check that has a function of its own ({', '.join(bases)})"
    _require(path, document, (*where, "of"), check["of"] in bases, rule)
    known = bases[check["of"]].get("options", {})
    for name in check.get("options", {}):
        rule = f"{check['of']} has no option {name}.{nearest(name, known)}".rstrip(".")
        _require(path, document, (*where, "options", name), name in known, rule)


def _require(path: Path, document: Any, field: Iterable[Any], holds: bool, rule: str) -> None:
    if not holds:
        raise ClaimFileError(f"{_where(path, document, field)}: {rule}.")


def _load(path: Path, schema: str) -> Any:
    # Both take their time to import, and chapters that are only read need neither.
    import jsonschema
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    try:
        document = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise ClaimFileError(
            f"{paths.shown(path)}, line {line}: not YAML ({fault.problem}). Look at the "
            "indentation and colons of that line and the one before."
        ) from None
    except FileNotFoundError:
        raise ClaimFileError(f"{paths.shown(path)} is missing: restore it from git.") from None
    validator = _validator(schema)
    fault = jsonschema.exceptions.best_match(validator.iter_errors(document))
    if fault is not None:
        raise ClaimFileError(f"{_where(path, document, fault.absolute_path)}: {_plain(fault)}.")
    return document


@cache
def _validator(schema: str) -> jsonschema.Draft202012Validator:
    import jsonschema

    text = (
        resources.files("claimbook.claims").joinpath("schemas", schema).read_text(encoding="utf-8")
    )
    return jsonschema.Draft202012Validator(json.loads(text))


def _where(path: Path, document: Any, field: Iterable[Any]) -> str:
    """Name file, line and field of a place in a document read with its line numbers."""
    line, node, names = 1, document, []
    for key in field:
        names.append(f"[{key}]" if isinstance(key, int) else f".{key}")
        marks = getattr(node, "lc", None)
        if marks is not None and marks.data and key in marks.data:
            line = marks.data[key][0] + 1
        node = node[key]
    name = "".join(names).removeprefix(".")
    return f"{paths.shown(path)}, line {line}" + (f", field {name}" if name else "")


def _plain(fault: jsonschema.ValidationError) -> str:
    """Put a schema's complaint into words a contributor knows."""
    found = json.dumps(fault.instance, default=str, ensure_ascii=False)
    found = found if len(found) <= 60 else found[:57] + "…"
    if fault.validator == "enum":
        return f"{found} is not one of {', '.join(map(str, fault.validator_value))}"
    if fault.validator == "required":
        missing = [name for name in fault.validator_value if name not in fault.instance]
        return f"the field {missing[0]} is missing"
    if fault.validator == "additionalProperties" and isinstance(fault.instance, Mapping):
        known = fault.schema.get("properties", {})
        strange = next(name for name in fault.instance if name not in known)
        hint = nearest(strange, known).strip().replace("Did", "did")
        return f"the field {strange} is not known" + (f" ({hint})" if hint else "")
    if fault.validator == "oneOf":
        return "it needs either claims or no_claim_because"
    return f"{found}: {fault.message}" if len(fault.message) < 120 else f"{found} does not fit"
