"""Which pages the books have: known from their tables of contents before they are built."""

import functools
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
BOOKS = {"real": ROOT, "tiny": ROOT / "tests" / "tiny"}
THEME_FOLDERS = {"_static", "_sources", "_images", "_downloads"}


class Site(NamedTuple):
    """A built book: the book, the folder of its site, and the address it is served at."""

    book: Path
    folder: Path
    address: str


class Page(NamedTuple):
    """A page of a site, by its name without ending."""

    site: Site
    name: str

    @property
    def url(self) -> str:
        """Its address on this machine."""
        return f"{self.site.address}{self.name}.html"

    @property
    def file(self) -> Path:
        """Its file."""
        return self.site.folder / f"{self.name}.html"


def _files(entry) -> list[str]:
    if isinstance(entry, list):
        return [name for item in entry for name in _files(item)]
    if not isinstance(entry, dict):
        return []
    own = [entry[key] for key in ("root", "file") if key in entry]
    return own + [name for value in entry.values() for name in _files(value)]


@functools.cache
def read(path: Path) -> Any:
    """A YAML file, read once: the tests of every page are listed by each of pytest's workers."""
    return yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)


def contents(book: str = "real") -> list[str]:
    """The pages of a book's `_toc.yml` as paths in the site, without ending."""
    return _files(read(BOOKS[book] / "_toc.yml"))


def notebooks(book: str = "real") -> list[str]:
    """Those of them that are notebooks: the chapters, and the gallery."""
    return [name for name in contents(book) if (BOOKS[book] / f"{name}.ipynb").is_file()]


def chapters(book: str = "real") -> list[str]:
    """Those of them that are chapters: notebooks beside a claim file."""
    return [name for name in notebooks(book) if (BOOKS[book] / f"{name}.yml").is_file()]


def claims() -> list[str]:
    """The ids of the book's claims."""
    return [Path(name).name for name in chapters()]


def tried_in(names) -> pytest.MarkDecorator:
    """Try something on pages of the tiny book, and for `make test-all` on those of the real one.

    `names` gives the pages of a book ("tiny", "real") and is asked for both.
    """
    tiny = [pytest.param(("tiny", name), id=f"tiny:{name}") for name in names("tiny")]
    real = [pytest.param(("real", name), id=name, marks=pytest.mark.slow) for name in names("real")]
    assert tiny and real
    return pytest.mark.parametrize("shown", [*tiny, *real], indirect=True)


def built(site: Path) -> list[str]:
    """Every page of a built site, as a path in it."""
    return sorted(
        path.relative_to(site).as_posix()
        for path in site.rglob("*.html")
        if path.relative_to(site).parts[0] not in THEME_FOLDERS
    )


@functools.lru_cache(maxsize=2)
def soup(path: Path) -> BeautifulSoup:
    """What a page holds, parsed once for the tests of the same page, which follow each other."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


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
