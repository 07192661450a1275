"""Read the claim and essay files; a fault is one sentence with file, line and field."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, lru_cache, partial
from importlib import resources
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from claimbook import paths, reading
from claimbook.data import yamlfile
from claimbook.errors import ClaimbookError, nearest

if TYPE_CHECKING:
    import jsonschema

PRIMARY, SECONDARY = "primary", "secondary"
COUNTING = (PRIMARY, SECONDARY)
MOST_VARIANTS = 2_000
CLAIM = "claim.schema.json"
Fault = tuple[tuple[Any, ...], str]  # the field, as keys into the document, and the rule it breaks


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
    claim = _load(path, CLAIM, _claim_faults)
    declarable = _validator(CLAIM).schema["$defs"]["check"]["properties"]
    defaults = {name: one["default"] for name, one in declarable.items() if "default" in one}
    options = {check["id"]: check.get("options", {}) for check in claim["checks"]}
    claim["checks"] = [
        {"kind": claim["kind"], **defaults, **check}
        | {"options": options.get(check.get("of"), {}) | options[check["id"]]}
        for check in claim["checks"]
    ]
    return claim | {"part": path.parent.name}


def claim_series(claim: Mapping[str, Any]) -> list[str]:
    """Return the codes that a claim's checks and charts read, sorted."""
    named = set(claim.get("series", ()))
    return sorted(named.union(*(check["series"] for check in claim["checks"])))


def essays(claims: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Read every essay file, by essay id, each held against the book's claims."""
    folder = paths.root() / "book" / "essays"
    faults = partial(_essay_faults, claims.values())
    paths_of = sorted(folder.glob("*.yml"))
    found = {path.stem: _load(path, "essay.schema.json", faults) for path in paths_of}
    for claim_id, claim in claims.items():
        if (named := claim["essay"]) not in found:
            raise ClaimFileError(
                f"book/{claim['part']}/{claim_id}.yml, field essay: there is no "
                f"book/essays/{named}.yml.{nearest(named, found)}"
            )
    return found


def _essay_faults(claims: Iterable[Mapping[str, Any]], essay: Any) -> Iterator[Fault]:
    """Yield where an essay does not map each claim to the paragraphs which that names."""
    paragraphs = essay["paragraphs"]
    for number, entry in enumerate(paragraphs, 1):
        if entry["paragraph"] != number:
            yield ("paragraphs", number - 1, "paragraph"), f"paragraph {number} next"
    for claim in claims:
        named, own = sorted(claim["paragraphs"]), claim["id"]
        mapped = [one["paragraph"] for one in paragraphs if own in one.get("claims", ())]
        if claim["essay"] == essay["id"] and mapped != named:
            yield (
                ("paragraphs",),
                f"maps {own} to paragraphs {mapped}, its claim file says {named}: make them agree",
            )


def _claim_faults(claim: Any) -> Iterator[Fault]:
    """Yield what a schema cannot say: ids that are unique, and what one place says of another."""
    checks = claim["checks"]
    ids = [check["id"] for check in checks]
    known = {check["id"]: check.get("options", {}) for check in checks if "of" not in check}
    for place, check in enumerate(checks):
        where, own, base = ("checks", place), check.get("options", {}), check.get("of")
        if check["id"] in ids[:place]:
            yield (*where, "id"), "ids are unique in a claim"
        options = known.get(base, {}) | own
        count = math.prod(len(values) for values in options.values())
        if count > MOST_VARIANTS:
            rule = f"{count:,} variants, more than {MOST_VARIANTS:,}: leave out what no critic asks"
            yield (*where, "options"), rule
        if base is not None and base not in known:
            names = ", ".join(known)
            yield (*where, "of"), f"it names a check that has a function of its own ({names})"
        for name in own if base in known else ():
            if name not in known[base]:
                rule = f"{base} has no option {name}.{nearest(name, known[base])}".rstrip(".")
                yield (*where, "options", name), rule
    options = {name for check in checks for name in check.get("options", {})}
    named = [(("labels", name), name) for name in claim.get("labels", {})]
    named += [(("sentence",), name) for name in re.findall(r"{([^}]*)}", claim.get("sentence", ""))]
    for where, name in named:
        if name not in options:
            yield where, f"no check has the option {name:.40}.{nearest(name, options)}".rstrip(".")
    lead = claim.get("lead", {})
    shown = [lead["check"]] if "check" in lead else lead.get("checks", {}).values()
    for one in chain(*([ids] if isinstance(ids, str) else ids for ids in shown)):
        if one not in ids:
            yield ("lead",), f"the claim has no check {one}.{nearest(one, ids)}".rstrip(".")


def _load(path: Path, schema: str, faults: Callable[[Any], Iterator[Fault]]) -> dict[str, Any]:
    """Read a file, and refuse it with the first fault that its schema or ``faults`` finds."""
    text = reading.yaml_text(path, ClaimFileError)
    return json.loads(_checked(path, text, schema, faults))


@lru_cache(maxsize=4)  # a claim is read when it is opened, and again when it is shown
def _checked(path: Path, text: str, schema: str, faults: Callable[[Any], Iterator[Fault]]) -> str:
    # It takes its time to import, and chapters that are only read need it not.
    import jsonschema

    name = paths.shown(path)
    document = yamlfile.loaded(text, name, ClaimFileError)
    broken = list(_validator(schema).iter_errors(document))
    # What a rule says in its own words comes last: it may follow from a misspelt word.
    spelt = [one for one in broken if "says" not in one.schema]
    if found := jsonschema.exceptions.best_match(spelt or broken):
        where, rule = found.absolute_path, found.schema.get("says") or _plain(found)
    elif document["id"] != path.stem:
        where, rule = ("id",), f"the file is {path.name}"
    else:
        where, rule = next(faults(document), ((), ""))
    if rule:
        raise ClaimFileError(
            f"{_where(path, text, where)}: {rule}{'' if rule.endswith('?') else '.'}"
        )
    try:
        return json.dumps(document, default=str, allow_nan=False)
    except (TypeError, ValueError) as fault:
        raise ClaimFileError(f"{name} holds what is no plain field ({fault!s:.80}).") from None


@cache
def _validator(schema: str) -> jsonschema.Draft202012Validator:
    import jsonschema

    text = resources.files("claimbook.claims").joinpath("schemas", schema).read_text("utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))


def _where(path: Path, text: str, field: Iterable[Any]) -> str:
    """Name file, line and field of a place in a text."""
    from claimbook.data import yamlcore  # slow to import

    keys = list(field)
    names = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    name = "".join(names).removeprefix(".")
    line = yamlcore.line_of(text, keys)
    return f"{paths.shown(path)}, line {line}" + (f", field {name}" if name else "")


def _plain(fault: jsonschema.ValidationError) -> str:
    """Put a schema's complaint into words a contributor knows."""
    found = json.dumps(fault.instance, default=str, ensure_ascii=False, skipkeys=True)
    found = found if len(found) <= 60 else found[:57] + "…"
    match fault.validator:
        case "enum":
            return f"{found} is not one of {', '.join(map(str, fault.validator_value))}"
        case "required":
            missing = next(name for name in fault.validator_value if name not in fault.instance)
            return f"the field {missing} is missing"
        case "additionalProperties" if isinstance(fault.instance, Mapping):
            known = fault.schema.get("properties", {})
            strange = next(name for name in fault.instance if name not in known)
            hint = nearest(str(strange), known).strip().replace("Did", "did")
            return f"the field {strange} is not known" + (f" ({hint})" if hint else "")
        case "oneOf" if all("required" in one for one in fault.validator_value):
            names = " or ".join(one["required"][0] for one in fault.validator_value)
            return f"it needs either {names}"
    return f"{found}: {fault.message}" if len(fault.message) < 120 else f"{found} does not fit"
