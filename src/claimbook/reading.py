"""Read a file that may be anything: what it is instead is said in a sentence, with its line."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import Any

from claimbook import paths
from claimbook.errors import ClaimbookError

MOST_BYTES = 64 << 20
MOST_YAML = 1 << 20
MOST_ALIASES = 50
DEEPEST = 30
_KINDS = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISLNK, "a link"))
# Controls, and what turns the order of letters about; in JSON and YAML they may be written out.
_UNSEEN = re.compile(
    r"[\0-\x08\x0b\x0e-\x1f\x7f\u200b\u202a-\u202e\u2060\u2066-\u2069]|\\u20(?:0b|2[a-e]|6[06-9])",
    re.IGNORECASE,
)
_CONFLICT = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)
Fault = type[ClaimbookError]


def content(path: Path, fault: Fault = ClaimbookError) -> bytes:
    """Return what a file holds; what is no file, or far too large, is refused before it is read."""
    name = paths.shown(path)
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode):
            kind = next((text for test, text in _KINDS if test(found.st_mode)), "a device")
            raise fault(f"{name} is {kind}, where a file should be: restore the file from git.")
        if found.st_size > MOST_BYTES:
            raise fault(f"{name} holds {found.st_size >> 20} MB, more than any file of the book.")
        return path.read_bytes()
    except FileNotFoundError:
        raise fault(f"{name} is missing: restore it from git.") from None
    except (OSError, ValueError) as error:
        raise fault(f"{name} cannot be read ({error}).") from None


def text(path: Path, fault: Fault = ClaimbookError) -> str:
    """Return the text of a file in UTF-8; other encodings and unfinished merges are named."""
    return decoded(content(path, fault), paths.shown(path), fault)


def decoded(found: bytes, name: str, fault: Fault = ClaimbookError) -> str:
    """Return bytes as text; ``name`` says where they stand."""
    try:
        read = found.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        if found.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise fault(f"{name} is written in UTF-16 or 32: save it as UTF-8.") from None
        line, byte = _line(found, error.start), found[error.start : error.start + 1]
        meant = byte.decode("cp1252", "replace")
        raise fault(
            f"{name}, line {line}: is not UTF-8 (the byte 0x{byte.hex().upper()}, which in "
            f"Windows-1252 is {meant}): save the file as UTF-8."
        ) from None
    if unseen := _UNSEEN.search(read):
        what = "NUL" if unseen[0] == "\0" else ascii(unseen[0]).strip("'")
        line = _line(read, unseen.start())
        raise fault(f"{name}, line {line}: holds a {what} character, which is not seen: remove it.")
    if marks := _CONFLICT.search(read):
        raise fault(
            f"{name}, line {_line(read, marks.start())}: holds the marks of a merge that was not "
            "finished: choose a side, and remove them."
        )
    return read


def parsed(found: str, name: str, fault: Fault = ClaimbookError) -> Any:
    """Return a text in JSON as plain data; a key that stands twice is refused."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        held = dict(pairs)
        if len(held) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            last = [at.end() for at in re.finditer(rf'"{re.escape(twice)}"\s*:', found)][-1:]
            where = f", line {_line(found, last[0])}" if last else ""
            raise fault(f"{name}{where}: the key {twice!r:.40} stands twice: keep one.")
        return held

    try:
        return json.loads(found, object_pairs_hook=once)
    except RecursionError:
        raise fault(f"{name} is nested too deeply: restore it from git.") from None
    except json.JSONDecodeError as error:
        raise fault(f"{name}, line {error.lineno}: is not JSON ({error.msg}).") from None
    except ValueError as error:
        raise fault(f"{name} holds a number that cannot be read ({error!s:.60}).") from None


def yaml_text(path: Path, fault: Fault = ClaimbookError) -> str:
    """Return a text in YAML that is plain: few aliases, no tags, depths or numbers that are none.

    An alias within what another stands for would make a few lines billions.
    """
    import yaml

    name, read = paths.shown(path), text(path, fault)
    if len(read) > MOST_YAML:
        raise fault(f"{name} holds {len(read):,} characters, more than any file of the book.")
    anchors: list[str | None] = []  # of the collections that an event stands in
    aliases = 0
    try:
        for event in yaml.parse(read, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                anchors.append(event.anchor)
            elif isinstance(event, yaml.CollectionEndEvent):
                anchors.pop()
            aliases += isinstance(event, yaml.AliasEvent)
            if what := _strange(event, anchors, aliases):
                line = event.start_mark.line + 1
                raise fault(f"{name}, line {line}: {what}")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise fault(
            f"{name}, line {line}: not YAML ({error.problem}). Look at the indentation and colons "
            "of that line and the one before."
        ) from None
    except yaml.YAMLError as error:
        raise fault(f"{name}: not YAML ({' '.join(str(error).split()):.120}).") from None
    return read


def _strange(event: Any, anchors: list[str | None], aliases: int) -> str | None:
    import yaml

    if isinstance(event, yaml.AliasEvent) and (any(anchors) or aliases > MOST_ALIASES):
        return f"the alias *{event.anchor:.20} is one too many: write out what it stands for."
    if getattr(event, "tag", None):
        return f"the tag {event.tag:.30} is not for these files: write a plain value."
    if len(anchors) > DEEPEST:
        return f"is nested more than {DEEPEST} deep: write it flat."
    if isinstance(event, yaml.ScalarEvent) and not event.style:
        if re.fullmatch(r"[-+]?\.(?:nan|inf)", event.value, re.IGNORECASE):
            return f"{event.value} is no number: write one."
        if re.fullmatch(r"[-+]?[\d_.]{40,}", event.value):
            return f"a number of {len(event.value):,} digits is none of this book: write fewer."
    return None


def _line(found: str | bytes, place: int) -> int:
    newline = b"\n" if isinstance(found, bytes) else "\n"
    return found.count(newline, 0, place) + 1  # type: ignore[arg-type]
