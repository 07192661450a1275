"""Start a chapter or an essay from a template that runs before it is filled in."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from ruamel.yaml import YAML

from claimbook import paths, reading, status
from claimbook.claims import essay_words, files
from claimbook.data import snapshot
from claimbook.errors import ClaimbookError, nearest
from claimbook.figures.drawing import templates
from claimbook.writing import write_all

TEMPLATES = Path(__file__).parent / "templates"
LAST_PART = "How it is made"
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class ScaffoldError(ClaimbookError):
    """A chapter or essay cannot be started as asked."""


def new_chapter(
    claim_id: str,
    part: str,
    series: Sequence[str],
    essay: str | None = None,
    paragraphs: Sequence[int] = (),
) -> list[Path]:
    """Write a claim file, its chapter and its test; add the chapter to contents and essay.

    The paragraphs are those to which the essay's file maps the claim, and those asked for; where
    there are none, the first paragraph that holds claims, with a mark to fill in. Where anything
    is refused, nothing is written.
    """
    for kind, name in (("claim id", claim_id), ("part", part)):
        _require_slug(kind, name)
    if not series:
        raise ScaffoldError("A chapter needs at least one series: name it with --series CODE.")
    wdi, folder = snapshot.read(), paths.root() / "book" / part
    described = {code: wdi.metadata(code) for code in series}
    essay_path, toc = _the_essay(essay), paths.root() / "_toc.yml"
    document = _load(essay_path)
    mapped, placed = _paragraphs(document, claim_id, paragraphs)
    values = {
        "id": claim_id,
        "essay": essay_path.stem,
        "cut_off": document["cut_off"],
        "paragraphs": mapped,
        "placed": placed,
        "title": f"{claim_id.replace('-', ' ').capitalize()}?",
        "series": {code: f"{meta['title']} ({meta['unit']})" for code, meta in described.items()},
        "reads": list(dict.fromkeys([*series, status.GNI])),
        "caption": part.replace("-", " ").capitalize(),
    }
    claim_path = folder / f"{claim_id}.yml"
    test = paths.root() / "tests" / f"test_{claim_id.replace('-', '_')}.py"
    written = {
        claim_path: filled("claim.yml", **values),
        folder / f"{claim_id}.ipynb": _notebook(filled("chapter.yml", **values)),
        test: filled("test.txt", **values, test=test.name),
    }
    held = [path for path in (files.claim_paths().get(claim_id), *written) if path]
    if taken := [path for path in held if path.exists()]:
        raise ScaffoldError(
            f"{paths.shown(taken[0])} exists already: choose another id, or work on that."
        )
    if opens_part := not (folder / "index.md").is_file():
        written[folder / "index.md"] = filled("part.md", **values, part=part)
    written[toc] = _added_to_contents(toc, part, values["caption"], claim_id, opens_part)
    written[essay_path] = _mapped(essay_path, document, claim_id, mapped)
    told = list(written)
    # The claim file comes last: with it the book has a chapter more.
    written[claim_path] = written.pop(claim_path)
    _write(written)
    return told


def new_essay(essay_id: str, text: Path | None = None) -> Path:
    """Write the file of a further essay, named such as author and year, and its words' hashes."""
    _require_slug("essay id", essay_id)
    path = paths.root() / "book" / "essays" / f"{essay_id}.yml"
    if path.exists():
        raise ScaffoldError(f"{paths.shown(path)} exists already: choose another id.")
    year = re.search(r"\d{4}", essay_id)
    then = next(name for name in snapshot.vintages() if name != snapshot.CURRENT)
    values = {"id": essay_id, "year": int(year[0]) if year else 2014, "then": then}
    written = {path: filled("essay.yml", **values)}
    if text:
        hashes = essay_words.hashes(reading.text(text, ScaffoldError))
        written[essay_words.path(essay_id)] = "\n".join([*hashes, ""])
    _write(written)
    return path


def _write(texts: Mapping[Path, str]) -> None:
    write_all({path: text.encode("utf-8") for path, text in texts.items()})


def _require_slug(kind: str, name: str) -> None:
    if not _SLUG.fullmatch(name):
        raise ScaffoldError(
            f"The {kind} {name!r} is not lower case letters and digits joined by hyphens, such as "
            "savings-fell."
        )


def _the_essay(named: str | None) -> Path:
    known = {path.stem: path for path in (paths.root() / "book" / "essays").glob("*.yml")}
    if named is None and len(known) == 1:
        (named,) = known
    if named not in known:
        hint = nearest(named, known) if named else ""
        raise ScaffoldError(
            f"Name the essay with --essay: the book has {', '.join(sorted(known))}.{hint} "
            "`claimbook new-essay ID` starts another."
        )
    return known[named]


def _paragraphs(essay: Any, claim_id: str, asked: Sequence[int]) -> tuple[list[int], bool]:
    """Return the claim's paragraphs, and whether they were only guessed."""
    entries = {entry["paragraph"]: entry.get("claims", ()) for entry in essay["paragraphs"]}
    if unknown := sorted(set(asked) - set(entries)):
        raise ScaffoldError(f"The essay {essay['id']} has no paragraph {unknown[0]}.")
    mapped = {number for number, claims in entries.items() if claim_id in claims}.union(asked)
    first = next((number for number, claims in entries.items() if claims), next(iter(entries)))
    return sorted(mapped or {first}), not mapped


def _mapped(path: Path, essay: Any, claim_id: str, numbers: Sequence[int]) -> str:
    """Return the text of an essay's file with a claim added to some paragraphs."""
    lacking = [
        entry
        for entry in essay["paragraphs"]
        if entry["paragraph"] in numbers and claim_id not in entry.get("claims", ())
    ]
    for entry in lacking:
        entry.pop("no_claim_because", None)
        entry.setdefault("claims", []).append(claim_id)
    return _dumped(essay) if lacking else path.read_text(encoding="utf-8")


def _added_to_contents(path: Path, part: str, caption: str, claim_id: str, opens_part: bool) -> str:
    contents = _load(path)
    parts, page = contents["parts"], {"file": f"book/{part}/{claim_id}"}
    for entry in parts:
        if any(chapter["file"].startswith(f"book/{part}/") for chapter in entry["chapters"]):
            entry["chapters"].append(page)
            break
    else:
        captions = [entry.get("caption") for entry in parts]
        place = captions.index(LAST_PART) if LAST_PART in captions else len(parts)
        chapters = [{"file": f"book/{part}/index"}, page] if opens_part else [page]
        parts.insert(place, {"caption": caption, "chapters": chapters})
    return _dumped(contents)


def _notebook(template: str) -> str:
    """Return the text of a notebook whose cells a template lists."""
    made = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
    cells = [made[cell.pop("kind")](**cell) for cell in YAML(typ="safe").load(template)]
    return f"{nbformat.writes(nbformat.v4.new_notebook(cells=cells))}\n"


def filled(name: str, **values: Any) -> str:
    """Return a template of this room, filled in; what it asks for must be there."""
    return f"{templates(TEMPLATES).get_template(name).render(**values).rstrip()}\n"


def _yaml() -> YAML:
    yaml = YAML()  # keeps comments and quotes
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.preserve_quotes = True
    yaml.width = 4096
    return yaml


def _load(path: Path) -> Any:
    return _yaml().load(reading.yaml_text(path, ScaffoldError))


def _dumped(document: Any) -> str:
    text = io.StringIO()
    _yaml().dump(document, text)
    return text.getvalue()
