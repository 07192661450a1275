"""The files of others that the book carries with it, and which chart script a page needs.

`static/vendor/VENDOR.json` lists every such file: npm package, version, file, sha256, source,
licence, and for a plotly bundle the trace types it draws. To add a bundle (maps need
`plotly.js-geo-dist-min`), unpack its `.min.js` beside the others and add its entry; nothing
else has to change.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from claimbook.pages.state import BookError

STATIC = Path(__file__).resolve().parent / "static"
VENDOR = STATIC / "vendor"
PLOTLY_PREFIX = "plotly.js-"


@dataclass(frozen=True)
class Bundle:
    """One plotly.js build: where it lies, what it draws, and what it weighs in bytes."""

    file: str
    version: str
    sha256: str
    traces: frozenset[str]
    size: int


def read_manifest(folder: Path = VENDOR) -> list[dict[str, Any]]:
    """Read `VENDOR.json` of a folder.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    list of dict
        One entry for each file the book carries.

    Raises
    ------
    BookError
        If the list cannot be read.
    """
    path = folder / "VENDOR.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise BookError(
            f"{path} cannot be read ({error}): restore it from the repository."
        ) from error


def check_files(folder: Path = VENDOR) -> None:
    """Refuse a vendored file that is missing or is not the one its hash was written for.

    Parameters
    ----------
    folder : pathlib.Path

    Raises
    ------
    BookError
        Naming the file and the remedy.
    """
    for entry in read_manifest(folder):
        path = folder / entry["file"]
        if not path.is_file():
            raise BookError(
                f"{path} is missing: unpack it from {entry['source']}, or remove its entry."
            )
        if hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
            raise BookError(
                f"{path} is not the file its entry in VENDOR.json describes (sha256 differs): "
                f"unpack it again from {entry['source']}, or write its new version and hash there."
            )


def check_plotly_version(installed: str, folder: Path = VENDOR) -> None:
    """Refuse chart scripts of another version than the plotly that wrote the figures.

    Parameters
    ----------
    installed : str
        The plotly.js version of the Python package: `plotly.offline.get_plotlyjs_version()`.
    folder : pathlib.Path

    Raises
    ------
    BookError
        Naming the file and the version to vendor.
    """
    for entry in read_manifest(folder):
        if entry["package"].startswith(PLOTLY_PREFIX) and entry["version"] != installed:
            raise BookError(
                f"The installed plotly writes figures for plotly.js {installed}, but "
                f"{entry['file']} is {entry['version']}: vendor {entry['package']}@{installed} "
                "and write its hash in VENDOR.json."
            )


@cache
def bundles(folder: Path = VENDOR) -> tuple[Bundle, ...]:
    """Return the vendored plotly.js builds.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    tuple of Bundle
        The lightest first.
    """
    found = [
        Bundle(
            file=entry["file"],
            version=entry["version"],
            sha256=entry["sha256"],
            traces=frozenset(entry["traces"]),
            size=(folder / entry["file"]).stat().st_size,
        )
        for entry in read_manifest(folder)
        if entry["package"].startswith(PLOTLY_PREFIX)
    ]
    return tuple(sorted(found, key=lambda bundle: bundle.size))


def smallest_bundle(traces: Iterable[str], folder: Path = VENDOR) -> Bundle:
    """Return the lightest build that draws all of these trace types.

    Parameters
    ----------
    traces : iterable of str
        Plotly's names, such as ``bar``.
    folder : pathlib.Path

    Returns
    -------
    Bundle

    Raises
    ------
    BookError
        If no single build does: two on one page would both claim `window.Plotly`.
    """
    wanted = frozenset(traces)
    for bundle in bundles(folder):
        if wanted <= bundle.traces:
            return bundle
    known = frozenset().union(*(bundle.traces for bundle in bundles(folder)))
    strange = ", ".join(sorted(wanted - known) or sorted(wanted))
    raise BookError(
        f"no vendored chart script draws {strange} together with the page's other charts: use "
        f"other trace types ({', '.join(sorted(known))}), or vendor a plotly.js build that does."
    )
