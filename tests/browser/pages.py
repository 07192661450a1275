"""Which pages the book has: known from its table of contents before it is built."""

from html.parser import HTMLParser
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
THEME_FOLDERS = {"_static", "_sources", "_images", "_downloads"}


def _files(entry) -> list[str]:
    if isinstance(entry, list):
        return [name for item in entry for name in _files(item)]
    if not isinstance(entry, dict):
        return []
    own = [entry[key] for key in ("root", "file") if key in entry]
    return own + [name for value in entry.values() for name in _files(value)]


def contents() -> list[str]:
    """The pages of `_toc.yml` as paths in the site, without ending."""
    return _files(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))


def chapters() -> list[str]:
    """Those of them that are notebooks."""
    return [name for name in contents() if (ROOT / f"{name}.ipynb").is_file()]


def built(site: Path) -> list[str]:
    """Every page of the built site, as a path in it."""
    return sorted(
        path.relative_to(site).as_posix()
        for path in site.rglob("*.html")
        if path.relative_to(site).parts[0] not in THEME_FOLDERS
    )


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "src") and value is not None:
                self.links.append(value)
            elif name == "id" and value:
                self.ids.append(value)


def anchors(path: Path) -> tuple[list[str], list[str]]:
    """The addresses a page points at, and the ids that can be pointed at in it."""
    parser = _Anchors()
    parser.feed(path.read_text(encoding="utf-8"))
    return parser.links, parser.ids
