"""Start a chapter or an essay from a template that runs and builds before it is filled in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
import nbformat
from ruamel.yaml import YAML

from claimbook import paths
from claimbook.claims import files
from claimbook.data import snapshot
from claimbook.errors import ClaimbookError, nearest

TEMPLATES = Path(__file__).parent / "templates"
PLACEHOLDER = "FILL IN"
LAST_PART = "How it is made"
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CELL = re.compile(r"^=== (markdown|code) (\S+)(?: (\S+))?\n", re.MULTILINE)


class ScaffoldError(ClaimbookError):
    """A chapter or essay cannot be started as asked."""


def new_chapter(
    claim_id: str,
    part: str,
    series: Sequence[str],
    essay: str | None = None,
    paragraphs: Sequence[int] = (),
) -> list[Path]:
    """Write a claim file and its chapter, and add both to the table of contents.

    The paragraphs are those to which the essay's file maps the claim, and those asked for; where
    there are none, the first paragraph that holds claims, with a mark to fill in. Where anything
    is refused, nothing is written.
    """
    for kind, name in (("claim id", claim_id), ("part", part)):
        _require_slug(kind, name)
    taken = files.claim_paths()
    if claim_id in taken:
        raise ScaffoldError(
            f"{paths.shown(taken[claim_id])} exists already: choose another id, or work on that."
        )
    wdi = snapshot.read()
    if not series:
        raise ScaffoldError("A chapter needs at least one series: name it with --series CODE.")
    meaning = {code: _meaning(wdi.metadata(code)) for code in series}
    essay = _the_essay(essay)
    mapped, placed = _paragraphs(essay, claim_id, paragraphs)
    values = {
        "id": claim_id,
        "essay": essay,
        "paragraphs": mapped,
        "placed": placed,
        "title": f"{claim_id.replace('-', ' ').capitalize()}?",
        "series": list(series),
        "meaning": meaning,
        "part": part,
        "caption": part.replace("-", " ").capitalize(),
    }
    folder = paths.root() / "book" / part
    written = [folder / f"{claim_id}.yml", folder / f"{claim_id}.ipynb"]
    opens_part = not (folder / "index.md").is_file()
    folder.mkdir(exist_ok=True)
    written[0].write_text(_fill("claim.yml", values), encoding="utf-8")
    nbformat.write(_notebook(_fill("chapter.txt", values)), written[1])
    if opens_part:
        written.append(folder / "index.md")
        written[2].write_text(_fill("part.md", values), encoding="utf-8")
    _add_to_contents(part, values["caption"], claim_id, opens_part)
    _map_paragraphs(essay, claim_id, mapped)
    return written


def new_essay(essay_id: str) -> Path:
    """Write the file of a further essay, named such as author and year."""
    _require_slug("essay id", essay_id)
    path = paths.root() / "book" / "essays" / f"{essay_id}.yml"
    if path.exists():
        raise ScaffoldError(f"{paths.shown(path)} exists already: choose another id.")
    year = re.search(r"\d{4}", essay_id)
    then = next(name for name in snapshot.vintages() if name != snapshot.CURRENT)
    values = {"id": essay_id, "year": int(year[0]) if year else 2014, "then": then}
    path.write_text(_fill("essay.yml", values), encoding="utf-8")
    return path


def _require_slug(kind: str, name: str) -> None:
    if not _SLUG.fullmatch(name):
        raise ScaffoldError(
            f"The {kind} {name!r} is not lower case letters and digits joined by hyphens, such as "
            "savings-fell."
        )


def _meaning(metadata: dict[str, Any]) -> str:
    return f"{metadata['title']} ({metadata['unit']})"


def _the_essay(named: str | None) -> str:
    known = sorted(path.stem for path in (paths.root() / "book" / "essays").glob("*.yml"))
    if named is None and len(known) == 1:
        return known[0]
    if named not in known:
        hint = nearest(named, known) if named else ""
        raise ScaffoldError(
            f"Name the essay with --essay: the book has {', '.join(known)}.{hint} "
            "`claimbook new-essay ID` starts another."
        )
    return named


def _paragraphs(essay: str, claim_id: str, asked: Sequence[int]) -> tuple[list[int], bool]:
    """Return the claim's paragraphs, and whether they were only guessed."""
    entries = _yaml().load(_essay_path(essay).read_text(encoding="utf-8"))["paragraphs"]
    unknown = sorted(set(asked) - {entry["paragraph"] for entry in entries})
    if unknown:
        raise ScaffoldError(f"The essay {essay} has no paragraph {unknown[0]}.")
    mapped = [entry["paragraph"] for entry in entries if claim_id in entry.get("claims", ())]
    if asked or mapped:
        return sorted(set(asked) | set(mapped)), False
    with_claims = [entry["paragraph"] for entry in entries if "claims" in entry]
    return [(with_claims or [entries[0]["paragraph"]])[0]], True


def _map_paragraphs(essay: str, claim_id: str, numbers: Sequence[int]) -> None:
    path = _essay_path(essay)
    yaml = _yaml()
    document = yaml.load(path.read_text(encoding="utf-8"))
    changed = False
    for entry in document["paragraphs"]:
        if entry["paragraph"] in numbers and claim_id not in entry.get("claims", ()):
            entry.pop("no_claim_because", None)
            entry.setdefault("claims", []).append(claim_id)
            changed = True
    if changed:
        _dump(yaml, document, path)


def _add_to_contents(part: str, caption: str, claim_id: str, opens_part: bool) -> None:
    path = paths.root() / "_toc.yml"
    yaml = _yaml()
    contents = yaml.load(path.read_text(encoding="utf-8"))
    parts = contents["parts"]
    page = {"file": f"book/{part}/{claim_id}"}
    for entry in parts:
        if any(chapter["file"].startswith(f"book/{part}/") for chapter in entry["chapters"]):
            entry["chapters"].append(page)
            break
    else:
        captions = [entry.get("caption") for entry in parts]
        place = captions.index(LAST_PART) if LAST_PART in captions else len(parts)
        chapters = [{"file": f"book/{part}/index"}, page] if opens_part else [page]
        parts.insert(place, {"caption": caption, "chapters": chapters})
    _dump(yaml, contents, path)


def _notebook(text: str) -> nbformat.NotebookNode:
    """Make a notebook of the template's text, in which ``===`` opens a cell."""
    pieces = _CELL.split(text)[1:]
    notebook = nbformat.v4.new_notebook()
    for kind, name, tag, source in zip(*(pieces[start::4] for start in range(4)), strict=True):
        make = nbformat.v4.new_markdown_cell if kind == "markdown" else nbformat.v4.new_code_cell
        cell = make(source.strip())
        cell["id"] = name
        if tag:
            cell.metadata["tags"] = [tag]
        notebook.cells.append(cell)
    return notebook


def _fill(name: str, values: dict[str, Any]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(name).render(**values)


def _essay_path(essay: str) -> Path:
    return paths.root() / "book" / "essays" / f"{essay}.yml"


def _yaml() -> YAML:
    yaml = YAML()  # keeps comments and quotes
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.preserve_quotes = True
    yaml.width = 4096
    return yaml


def _dump(yaml: YAML, document: Any, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        yaml.dump(document, file)
