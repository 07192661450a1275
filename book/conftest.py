"""What a contributor sees of a chapter under nbval: whether it is fresh, compared, and what to do.

``pytest --nbval book/PART/CLAIM-ID.ipynb`` executes a chapter and compares each output with the one
stored. Four things are added here. The chapter must be fresh: the sentence is the build's. A cell
that shows a check or a chart and of which nbval compares nothing fails. The outputs of each cell are
those stored byte for byte, pictures too. And each failure begins with a sentence that says where it
is, what is wrong, and what to do.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbval.plugin import IPyNbCell

from claimbook import paths
from claimbook.chapters import freshness, notebooks, review
from claimbook.chapters.book import Book

notebooks.start_warm()  # nbval's kernels start as those of `claimbook run` do


class Uncompared(Exception):
    """nbval has nothing to compare in a cell that shows a check or a chart."""


class OtherBytes(Exception):
    """nbval compares what a cell shows and finds nothing, but its bytes are others."""


class Fresh(pytest.Item):
    """The chapter's stored outputs hold, and its prose fits them."""

    def runtest(self) -> None:
        """Stop with a sentence unless the chapter is fresh."""
        Book().require_fresh(self.path.stem)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:
        """Return the sentence alone."""
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return the heading of the report."""
        return self.path, None, f"{paths.shown(self.path)}::fresh"


class Chapter(pytest.File):
    """A chapter as a whole, beside the cells that nbval collects from it."""

    def collect(self) -> Iterator[Fresh]:
        """Ask one thing of it."""
        yield Fresh.from_parent(self, name="fresh")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Chapter | None:
    """Collect the notebooks: the chapters, and those without a claim."""
    return Chapter.from_parent(parent, path=file_path) if file_path.suffix == ".ipynb" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Let a cell run, then fail it if nbval had nothing to compare, or overlooked something."""
    if not isinstance(item, IPyNbCell):
        yield
        return
    with contextlib.suppress(TypeError):  # nbval cannot say how several JSON outputs differ
        yield
    if review.uncompared(item.cell, item.path.stem):
        raise Uncompared
    if _digest(item.cell, item.cell.outputs) != _digest(item.cell, item.test_outputs):
        raise OtherBytes


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[pytest.TestReport]:
    """Put a sentence before what nbval says of a cell that fails."""
    report = yield
    if report.failed and call.excinfo and isinstance(item, IPyNbCell):
        report.longrepr = f"{_sentence(item, call.excinfo.value)}\n\n{report.longrepr}"
    return report


def _digest(cell: NotebookNode, outputs: list[NotebookNode]) -> str:
    """Fingerprint a cell with some outputs, as the chapter's freshness does."""
    return freshness.outputs(
        nbformat.v4.new_notebook(cells=[NotebookNode({**cell, "outputs": outputs})])
    )


def _sentence(item: IPyNbCell, fault: BaseException) -> str:
    number = next(n for n, cell in enumerate(item.parent.nb.cells) if cell is item.cell)
    where = f"{paths.shown(item.path)}, cell {number}"
    if reason := review.uncompared(item.cell, item.path.stem):
        return f"{where}: {reason}"
    if isinstance(fault, OtherBytes):
        return (
            f"{where}: running it gives other bytes than those stored, in what nbval does not "
            f"compare (a picture, the order of outputs): run `claimbook run {item.path.stem}`."
        )
    if "outputs differ" in str(fault):
        return (
            f"{where}: running it gives another output than the one stored; below stand what "
            f"differs, + stored and - computed. Run `claimbook run {item.path.stem}` and read in "
            "`git diff` what moved. If it differs at every run, the cell depends on a clock, a "
            "network or chance."
        )
    traceback = re.sub(r"\x1b\[[\d;]*m", "", getattr(fault, "inner_traceback", None) or str(fault))
    return f"{where}: it fails with {traceback.strip().splitlines()[-1]}"
