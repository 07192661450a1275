"""What a chapter costs as the book grows: `check --quick`, and what a build reads before it writes.

Each of a few chapters is copied under other names into a book of 6, 22 and 70. The time is CPU time
of the process and of what it starts; the last column is the cost of a chapter against that at 6.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ruamel.yaml import YAML

from claimbook import paths
from claimbook.chapters.book import Book

SIZES = (6, 22, 70)
READ = """
from claimbook.chapters.book import Book

book = Book()
[book.stale(name) for name in book.notebooks]
book.essays, book.outputs, book.series, book.pages
"""
START = "from claimbook.chapters import review; from claimbook.chapters.book import Book"
COSTS = {
    "start and import only": [sys.executable, "-c", START],
    "claimbook check --quick": [
        str(Path(sys.executable).with_name("claimbook")),
        "check",
        "--quick",
    ],
    "all that a build reads": [sys.executable, "-c", READ],
}


@contextmanager
def grown(size: int) -> Iterator[Path]:
    """A book of so many chapters, copies of the real ones under other names."""
    source, chapters = paths.root(), Book().chapters
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for entry in ("_config.yml", "_toc.yml", "requirements.txt"):
            shutil.copy(source / entry, root)
        (root / "data").symlink_to(source / "data")
        shutil.copytree(source / "book", root / "book")
        for number in range(size - len(chapters)):
            claim_id, path = list(chapters.items())[number % len(chapters)]
            add(root, claim_id, path.relative_to(source), f"{claim_id}-{number}")
        yield root


def add(root: Path, claim_id: str, path: Path, copied: str) -> None:
    """Copy a chapter under another name, and map it in its essay."""
    for suffix in (".yml", ".ipynb"):
        text = (root / path.with_suffix(suffix)).read_text(encoding="utf-8")
        text = text.replace(f"id: {claim_id}\n", f"id: {copied}\n", 1)
        (root / path.with_name(copied + suffix)).write_text(text, encoding="utf-8")
    for essay in (root / "book" / "essays").glob("*.yml"):
        document = YAML(typ="safe").load(essay.read_text(encoding="utf-8"))
        for entry in document["paragraphs"]:
            if claim_id in entry.get("claims", ()):
                entry["claims"].append(copied)
        YAML(typ="safe").dump(document, essay)


def cpu_seconds(run: Callable[[], object]) -> float:
    """CPU seconds of what a function starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    table: dict[str, dict[int, float]] = {name: {} for name in COSTS}
    for size in SIZES:
        with grown(size) as root:
            environment = os.environ | {"CLAIMBOOK_ROOT": str(root)}
            for name, command in COSTS.items():

                def run(command: list[str] = command) -> None:
                    subprocess.run(command, cwd=root, env=environment, capture_output=True)  # noqa: B023

                table[name][size] = min(cpu_seconds(run) for _ in range(2))
    print(f"{'CPU seconds':24}" + "".join(f"{size:>9}" for size in SIZES) + "   a chapter, 70 to 6")
    for name, found in table.items():
        ratio = (found[SIZES[-1]] / SIZES[-1]) / (found[SIZES[0]] / SIZES[0])
        own = f"{ratio:>12.2f}" if name.startswith(("claimbook", "all")) else ""
        print(f"{name:24}" + "".join(f"{found[size]:9.2f}" for size in SIZES) + own)


if __name__ == "__main__":
    main()
