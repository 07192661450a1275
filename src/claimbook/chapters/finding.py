"""What is to be mended, or to be thought over: the file, where in it, and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from claimbook import paths


@dataclass(frozen=True)
class Finding:
    """One thing to mend, or, as a warning, to think over."""

    path: Path
    message: str
    cell: int | None = None
    warning: bool = False

    def as_text(self) -> str:
        """Return a line for a terminal."""
        where = paths.shown(self.path) + ("" if self.cell is None else f", cell {self.cell}")
        # What a file's reader says of it names the file by itself, and the line.
        return self.message if self.message.startswith(where) else f"{where}: {self.message}"

    def as_github(self) -> str:
        """Return an annotation for a GitHub workflow."""
        place = "" if self.cell is None else f" (cell {self.cell})"
        text = f"{self.message}{place}".replace("%", "%25").replace("\n", "%0A")
        return f"::{'warning' if self.warning else 'error'} file={paths.shown(self.path)}::{text}"
