"""Fresh or stale: fingerprints of all that a chapter's stored outputs depend on.

`claimbook run` writes them into the notebook's metadata; the build and the tests compare them.
The library counts as the modules a chapter imports, directly or through others, by their syntax
tree without docstrings: a typo mended in a docstring does not stale sixteen chapters.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import nbformat

import claimbook
from claimbook import paths, status
from claimbook.claims import files
from claimbook.data import snapshot

PACKAGE = Path(claimbook.__file__).parent
THRESHOLDS = "income-thresholds"


def of_chapter(notebook: nbformat.NotebookNode, claim_id: str) -> dict[str, Any]:
    """Return the fingerprints of a chapter as it stands now.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The chapter.
    claim_id : str
        Its claim.

    Returns
    -------
    dict
        ``data`` (vintage → series code → sha256), ``claim``, ``code``, ``library``, ``outputs``.

    Raises
    ------
    ClaimFileError, SnapshotError
        If the claim file, or a snapshot file, is faulty.
    """
    claim = files.read_claim(claim_id)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    # The count belongs to the outputs: nbval compares nothing where it is null.
    outputs = [
        [cell.execution_count, cell.outputs] for cell in notebook.cells if cell.cell_type == "code"
    ]
    return {
        "data": _data(files.claim_series(claim)),
        "claim": _digest(claim),
        "code": _digest(code),
        "library": library("\n".join(_without_magics(source) for source in code)),
        "outputs": _digest(outputs),
    }


def changes(stored: dict[str, Any] | None, now: dict[str, Any]) -> list[str]:
    """Say what has changed since a chapter was run.

    Parameters
    ----------
    stored : dict or None
        Fingerprints in the notebook's metadata.
    now : dict
        From :func:`of_chapter`.

    Returns
    -------
    list of str
        Names of what differs, in the words of a contributor; empty where the chapter is fresh.
    """
    if not stored:
        return ["it has never been run"]
    changed = [
        f"data/{vintage}/{code}.csv" if vintage != "tables" else f"data/{code}.csv"
        for vintage in sorted({*stored.get("data", {}), *now["data"]})
        for code in _differing(stored.get("data", {}).get(vintage, {}), now["data"].get(vintage))
    ]
    words = {
        "claim": "its claim file",
        "code": "its code cells",
        "library": "the library it imports",
        "outputs": "its stored outputs, by hand",
    }
    return changed + [text for name, text in words.items() if stored.get(name) != now[name]]


def _differing(before: dict[str, str], after: dict[str, str] | None) -> list[str]:
    after = after or {}
    return sorted(code for code in {*before, *after} if before.get(code) != after.get(code))


def _data(codes: Iterable[str]) -> dict[str, dict[str, str]]:
    """Fingerprint every file a chapter can read, and check that it is what its package says."""
    prints: dict[str, dict[str, str]] = {}
    for vintage in snapshot.vintages():
        wdi = snapshot.read(vintage)
        held = ["economies", *(code for code in codes if code in wdi.codes)]
        for code in held:
            wdi.verify(code)
        prints[vintage] = {code: wdi.sha256(code) for code in held}
    table = paths.root() / "data" / f"{THRESHOLDS}.csv"
    if status.GNI in codes and table.is_file():
        prints["tables"] = {THRESHOLDS: sha256_of(table)}
    return prints


def library(code: str) -> str:
    """Fingerprint the library's modules that some code imports, directly or through others.

    Parameters
    ----------
    code : str
        Python source.

    Returns
    -------
    str
        SHA-256 of the modules' syntax trees without docstrings.
    """
    todo, seen = _imports(ast.parse(code)), set()
    while todo:
        module = todo.pop()
        if module not in seen:
            seen.add(module)
            todo |= _imports(_tree(module))
    return _digest([[module, ast.dump(_tree(module))] for module in sorted(seen)])


@cache
def _tree(module: str) -> ast.Module:
    tree = ast.parse(_file(module).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and _documented(node):
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def _documented(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> bool:
    first = node.body[0] if node.body else None
    return (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )


def _imports(tree: ast.AST) -> set[str]:
    """Return the library's modules that a syntax tree imports."""
    named: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            named.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            named.update(f"{node.module}.{alias.name}" for alias in node.names)
            named.add(node.module)
    return {name for name in named if name.startswith("claimbook") and _file(name).is_file()}


def _file(module: str) -> Path:
    path = PACKAGE.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _without_magics(source: str) -> str:
    """Leave out IPython's magics, which are not Python."""
    return "\n".join(
        line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))
    )


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file.

    Parameters
    ----------
    path : pathlib.Path
        A file.

    Returns
    -------
    str
        Hexadecimal.
    """
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
