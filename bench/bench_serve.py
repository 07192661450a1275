"""What an edit of prose costs under `claimbook serve`, against a cold build of the same book.

One word is added to a paragraph of a chapter, a page and a shared page; the seconds are those
until the page stands anew, the CPU seconds those of every process that took part. Linux only: it
counts processes whose parent has ended.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from claimbook import paths
from claimbook.commands.building import Builder

SUBREAPER = 36  # of prctl(2): what this process has started stays its child
EDITED = ("inequality/left-behind.ipynb", "method.md", "scorecard.md")
WORD = re.compile(r"(?<=[a-z], )(?=[a-z]+ )")  # in the middle of a sentence


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of the book, without what was built."""
    source = paths.root()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for entry in ("_config.yml", "_toc.yml", "requirements.txt", "CITATION.cff"):
            shutil.copy(source / entry, root)
        for folder in ("book", "data"):
            shutil.copytree(source / folder, root / folder)
        os.environ["CLAIMBOOK_ROOT"] = str(root)
        yield root


def cpu_seconds() -> float:
    """CPU seconds of this process and of all it has started, ended or not."""
    own = psutil.Process()
    times = [own.cpu_times(), *(child.cpu_times() for child in own.children(recursive=True))]
    return sum(one.user + one.system + one.children_user + one.children_system for one in times)


def measured(builder: Builder, changed: list[Path]) -> tuple[float, float]:
    """Seconds and CPU seconds of a build."""
    began, before = time.perf_counter(), cpu_seconds()
    builder.build(changed)
    return time.perf_counter() - began, cpu_seconds() - before


def edited(path: Path) -> list[Path]:
    """Add a word to a sentence of a page."""
    text, count = WORD.subn("indeed ", path.read_text(encoding="utf-8"), count=1)
    assert count, path
    path.write_text(text, encoding="utf-8")
    return [path]


def main() -> None:
    ctypes.CDLL(None).prctl(SUBREAPER, 1)
    with copied() as root, Builder(drafts=False) as builder:
        cold = measured(builder, [])
        print(f"{'a cold build':32}{cold[0]:8.2f} s {cold[1]:8.2f} s of CPU")
        for name in EDITED * 2:
            found = measured(builder, edited(root / "book" / name))
            ratios = [one / all_ for one, all_ in zip(found, cold, strict=True)]
            print(
                f"{name:32}{found[0]:8.2f} s {found[1]:8.2f} s of CPU: "
                f"{ratios[0]:.3f} and {ratios[1]:.3f} of it"
            )


if __name__ == "__main__":
    main()
