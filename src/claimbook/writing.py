"""Write files all or none: a full disk, a fault or a kill leaves the book as it was."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


def write_all(contents: Mapping[Path, bytes]) -> None:
    """Write each file whole beside its place, then rename all, in the order given.

    Nothing that takes time stands between the renames.
    """
    staged: dict[Path, Path] = {}
    before: dict[Path, bytes | None] = {}
    made: list[Path] = []  # folders
    done: list[Path] = []
    try:
        for path, content in contents.items():
            for folder in reversed((path.parent, *path.parent.parents)):
                if not folder.exists():
                    folder.mkdir()
                    made.append(folder)
            before[path] = path.read_bytes() if path.exists() else None
            with tempfile.NamedTemporaryFile(
                dir=path.parent, prefix=".", suffix=".tmp", delete=False
            ) as part:
                staged[path] = Path(part.name)
                part.write(content)
            staged[path].chmod(0o644)
        for path, part_path in staged.items():
            os.replace(part_path, path)
            done.append(path)
    except BaseException:
        for path in done:
            held = before[path]
            if held is None:
                path.unlink()
            else:
                path.write_bytes(held)
        for part_path in staged.values():
            part_path.unlink(missing_ok=True)
        for folder in reversed(made):
            with suppress(OSError):
                folder.rmdir()
        raise
