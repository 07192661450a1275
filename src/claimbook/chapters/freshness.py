"""Fresh or stale: fingerprints of all that a notebook's stored outputs depend on.

`claimbook run` writes them into the notebook's metadata; the build and the tests compare them.
They are the same under every Python, and no word, layout or timing stands in them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from claimbook import paths
from claimbook.chapters.definitions import digest, layout_free

PACKAGE = Path(paths.__file__).parent
# What turns nbval's comparison off, as a comment or as a tag of the cell.
UNCOMPARED = re.compile(
    r"(?:nbval|pytest_validate|pytest-validate)[_-](?:ignore[_-]output|skip|raises[_-]exception)"
    r"|raises-exception",
    re.IGNORECASE,
)
_PIN = re.compile(r"^([\w.-]+)(?:\[[^\]]*\])?\s*==\s*([^\s;#\\]+)", re.MULTILINE)
_ASKED = (
    *("id", "role", "kind", "series", "unit", "expects", "reference", "smallest_effect"),
    *("vintage", "witness"),
)
_METADATA = ("tags", "mystnb")
_DIGITS = 6
_NAMED = 6
_WORDS = {
    "claim": "the checks of its claim file",
    "code": "its code cells",
    "lock": "requirements.txt",
    "outputs": "its stored outputs, by hand",
}


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """Return the code cells of a notebook."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def files(found: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Write the data's fingerprints flat: each file by its path in ``data/``."""
    return {
        f"{'' if folder == 'tables' else f'{folder}/'}{name}.csv": sha
        for folder, held in found.items()
        for name, sha in held.items()
    }


def claim(declared: Mapping[str, Any]) -> str:
    """Fingerprint what a claim file asks; its words count for nothing.

    The order of checks, options and their values counts: the claim output follows it.
    """
    asked = [
        [[name, _plain(check[name])] for name in _ASKED if name in check]
        + [[name, _plain(values)] for name, values in check["options"].items()]
        for check in declared["checks"]
    ]
    return digest([declared["id"], asked])


def code(notebook: NotebookNode) -> str:
    """Fingerprint the code cells without their layout, with their tags and captions."""
    return digest(
        [
            [
                *layout_free(cell.source),
                UNCOMPARED.findall(cell.source),
                {name: cell.metadata[name] for name in _METADATA if cell.metadata.get(name)},
            ]
            for cell in code_cells(notebook)
        ]
    )


def library(reached: Mapping[str, str]) -> dict[str, str]:
    """Write the definitions that a notebook reaches, and the digest of each, in a line a module."""
    found: dict[str, list[str]] = {}
    for name, sha in reached.items():
        module, _, last = name.partition(".")[2].rpartition(".")
        found.setdefault(module, []).append(f"{last}:{sha[:_DIGITS]}")
    return {module: " ".join(names) for module, names in found.items()}


def lock(requirements: str) -> str:
    """Fingerprint the pins of a requirements file: names and versions, no comments."""
    pins = {
        (re.sub(r"[-_.]+", "-", name).lower(), version)
        for name, version in _PIN.findall(requirements)
    }
    return digest(sorted(pins))


def outputs(notebook: NotebookNode) -> str:
    """Fingerprint what the cells show, and whether they were counted: nbval needs the count."""
    return digest([[cell.execution_count is None, shown(cell)] for cell in code_cells(notebook)])


def changes(stored: Mapping[str, Any] | None, now: Mapping[str, Any]) -> list[str]:
    """Say what has changed since a notebook was run, in the words of a contributor."""
    if not stored:
        return ["it has never been run"]
    if not isinstance(stored.get("library"), Mapping):
        return ["it was last run by an older version of the library"]
    changed = [f"data/{name}" for name in _differing(stored.get("data", {}), now["data"])]
    changed += [text for name, text in _WORDS.items() if stored.get(name) != now.get(name)]
    if names := _differing(_names(stored), _names(now)):
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        changed.append(f"the library: {', '.join(names[:_NAMED])}{more}")
    return changed


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def _names(found: Mapping[str, Any]) -> dict[str, str]:
    """Each definition of the library with its fingerprint."""
    lines = found.get("library", {}).items()
    pairs = [(module, *one.split(":")) for module, line in lines for one in line.split()]
    return {f"{module}.{name}".strip("."): sha for module, name, sha in pairs}


def shown(cell: NotebookNode) -> list[Any]:
    """What a code cell shows, in the form that a save by JupyterLab leaves as it is."""
    found: list[Any] = []
    for output in cell.outputs:
        if output.output_type == "stream":
            text = _text(output.text)
            if found and found[-1][:2] == ["stream", output.name]:
                text = found.pop()[2] + text
            found.append(["stream", output.name, text])
        elif output.output_type == "error":
            found.append(["error", output.ename, output.evalue])
        else:
            found.append([output.output_type, _bundle(output.data)])
    return found


def _bundle(shown: Mapping[str, Any]) -> dict[str, Any]:
    """The forms of an output, without the picture that JupyterLab adds to a drawn chart."""
    drawn = any(mime.startswith("application/") for mime in shown)
    return {
        mime: _plain(value) if mime.endswith("json") else _text(value)
        for mime, value in shown.items()
        if not (drawn and mime.startswith("image/"))
    }


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "".join(value)


def _plain(value: Any) -> Any:
    """A JSON value with every number a float: JavaScript writes 1.0 as 1, and YAML has both."""
    if isinstance(value, Mapping):
        return {key: _plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) + 0.0
    return value
