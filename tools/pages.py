"""Lay the built book, or the preview of a pull request, on the branch that the pages come from.

The branch holds one commit: the book at its root, `preview/<number>/` for each open pull request,
and `verdicts.xml`, a feed of every verdict that changed from one publication to the next. Standard
library only: where this runs a token can write, and nothing is installed.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

BRANCH = "gh-pages"
AUTHOR = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")
PREVIEWS, RESULTS, FEED = "preview", "results.json", "verdicts.xml"
KEPT = (PREVIEWS, "CNAME")  # GitHub keeps there the name of a domain of one's own
# What a build holds. Anything else is refused: the site of a pull request may hold what it likes.
KINDS = {
    *("", ".bib", ".buildinfo", ".css", ".csv", ".gif", ".html", ".ico", ".inv", ".ipynb", ".jpg"),
    *(".js", ".json", ".map", ".md", ".pdf", ".png", ".svg", ".txt", ".webp", ".woff2", ".xml"),
    *(".yml", ".zip"),
}
MOST = 300_000_000
ENTRIES = 100
UNLISTED = b'<meta name="robots" content="noindex">'
ATOM = "http://www.w3.org/2005/Atom"


def require_plain(site: Path) -> None:
    """Refuse a site that is none, is too large, or holds other than plain files of known kinds."""
    if not (site / "index.html").is_file():
        sys.exit(f"{site} holds no built site: it has no index.html. Build one with `make book`.")
    size = 0
    for path in site.rglob("*"):
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            sys.exit(f"{path} is no plain file: nothing was published.")
        if path.is_file():
            size += path.stat().st_size
            if path.suffix.lower() not in KINDS:
                sys.exit(
                    f"{path} is of a kind that no build of the book has: nothing was published. If "
                    "it belongs there, name its suffix in tools/pages.py."
                )
    if size > MOST:
        sys.exit(f"{site} has {size:,} bytes, more than {MOST:,}: nothing was published.")


@contextmanager
def branch(remote: str, what: str) -> Iterator[Path]:
    """Open the files of the branch, to be changed; then push them as its one commit."""
    git = ["git", "-c", f"user.name={AUTHOR[0]}", "-c", f"user.email={AUTHOR[1]}"]
    with tempfile.TemporaryDirectory() as name:
        held, new = Path(name) / "held", Path(name) / "new"
        listed = ["git", "ls-remote", "--heads", remote, f"refs/heads/{BRANCH}"]
        if subprocess.run(listed, check=True, capture_output=True).stdout:
            clone = ["git", "clone", "--quiet", "--depth=1", f"--branch={BRANCH}", remote, held]
            subprocess.run(clone, check=True)
            shutil.rmtree(held / ".git")
        held.mkdir(exist_ok=True)
        yield held
        held.rename(new)
        (new / ".nojekyll").touch()
        for command in (
            ["init", "--quiet", f"--initial-branch={BRANCH}"],
            ["add", "--all", "--force"],
            ["commit", "--quiet", "--message", what],
            ["push", "--quiet", "--force", remote, BRANCH],
        ):
            subprocess.run([*git, *command], cwd=new, check=True)


def publish(remote: str, site: Path, address: str, still_open: set[str]) -> None:
    """Replace the book on the branch; drop the previews of pull requests that are closed."""
    require_plain(site)
    with branch(remote, "The book as published") as held:
        before = read_results(held)
        feed = read_entries(held)
        for path in held.iterdir():
            if path.name not in KEPT:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in (held / PREVIEWS).glob("*"):
            if path.name not in still_open:
                shutil.rmtree(path)
        shutil.copytree(site, held, dirs_exist_ok=True)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        news = changes(before, read_results(site))
        entries = [as_entry(one, address, now) for one in news] + feed
        write_feed(held / FEED, entries[:ENTRIES], address, now)
    print(f"The book is published; {len(news)} verdicts are new or changed.")


def preview(remote: str, site: Path, number: str) -> None:
    """Lay the site of a pull request beside the book; search engines are asked to pass it over."""
    if not re.fullmatch(r"[1-9]\d{0,8}", number):
        sys.exit(f"{number!r} is no number of a pull request: nothing was published.")
    require_plain(site)
    with branch(remote, f"The preview of pull request {number}") as held:
        folder = held / PREVIEWS / number
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(site, folder)
        for path in folder.rglob("*.html"):
            path.write_bytes(path.read_bytes().replace(b"<head>", b"<head>" + UNLISTED))
    print(f"The preview of pull request {number} is published.")


# The feed of verdict changes


def read_results(site: Path) -> dict[str, Mapping[str, Any]]:
    """Return the claims of a site's results by id; there are none before the first publication."""
    path = site / RESULTS
    claims = json.loads(path.read_text("utf-8"))["claims"] if path.is_file() else []
    return {claim["id"]: claim for claim in claims}


def changes(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """List the verdicts that differ between two publications, in every vintage; new ones too."""
    found = []
    for claim_id, claim in after.items():
        old, new = verdicts(before.get(claim_id)), verdicts(claim)
        found += [
            {"claim": claim, "vintage": vintage, "old": old.get(vintage), "new": new.get(vintage)}
            for vintage in {**old, **new}
            if old.get(vintage) != new.get(vintage)
        ]
    return found


def verdicts(claim: Mapping[str, Any] | None) -> dict[str, str | None]:
    """Return a claim's verdict under each vintage; a model has only today's."""
    return {**claim["vintages"], "current": claim["verdict"]} if claim else {}


def as_entry(change: Mapping[str, Any], address: str, now: str) -> ElementTree.Element:
    """Return a change as an entry of the feed."""
    claim = change["claim"]
    link = f"{address.rstrip('/')}/{claim['url']}"
    old, new = (change[side] or "not asked" for side in ("old", "new"))
    moved = f"{old} → {new}" if change["old"] else f"{new} (new)"
    entry = ElementTree.Element(f"{{{ATOM}}}entry")
    for tag, words in {
        "id": f"{link}#{change['vintage']}-{now}",
        "title": f"{claim['title']} {moved}",
        "updated": now,
        "summary": f"Data: {change['vintage']}. {moved}. {claim['answer'] or ''}".strip(),
    }.items():
        ElementTree.SubElement(entry, f"{{{ATOM}}}{tag}").text = words
    ElementTree.SubElement(entry, f"{{{ATOM}}}link", href=link)
    return entry


def read_entries(site: Path) -> list[ElementTree.Element]:
    """Return the entries published so far, the newest first."""
    path = site / FEED
    return ElementTree.parse(path).getroot().findall(f"{{{ATOM}}}entry") if path.is_file() else []


def write_feed(path: Path, entries: list[ElementTree.Element], address: str, now: str) -> None:
    """Write the feed, in the form of RFC 4287."""
    ElementTree.register_namespace("", ATOM)
    feed = ElementTree.Element(f"{{{ATOM}}}feed")
    words = {"id": address, "title": "Claim by Claim: verdicts that changed", "updated": now}
    for tag, text in words.items():
        ElementTree.SubElement(feed, f"{{{ATOM}}}{tag}").text = text
    author = ElementTree.SubElement(feed, f"{{{ATOM}}}author")
    ElementTree.SubElement(author, f"{{{ATOM}}}name").text = "The Claim by Claim contributors"
    own = {"rel": "self", "href": f"{address.rstrip('/')}/{FEED}"}
    ElementTree.SubElement(feed, f"{{{ATOM}}}link", own)
    feed.extend(entries)
    ElementTree.indent(feed)
    ElementTree.ElementTree(feed).write(path, encoding="utf-8", xml_declaration=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--remote", help="where the branch is; the origin by default")
    parser.add_argument("--site", type=Path, required=True, help="the folder of the built site")
    kinds = parser.add_subparsers(dest="kind", required=True)
    whole = kinds.add_parser("publish")
    whole.add_argument("--address", required=True, help="of the published book")
    whole.add_argument("--open", default="", help="the numbers of the open pull requests")
    kinds.add_parser("preview").add_argument("number")
    asked = parser.parse_args()
    origin = ["git", "remote", "get-url", "origin"]
    remote = asked.remote or subprocess.check_output(origin, text=True).strip()
    if asked.kind == "preview":
        preview(remote, asked.site, asked.number)
        return
    if not re.match(r"https?://", asked.address):
        sys.exit("The address of the published book is missing: ADDRESS=https://… .")
    publish(remote, asked.site, asked.address, set(asked.open.split()))


if __name__ == "__main__":
    main()
