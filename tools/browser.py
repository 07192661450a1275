"""Find the browser in which the tests open the book, or install one.

``make test`` runs this file before pytest; the tests ask ``find()`` for the same answer.
A run without a browser proves less, so it is said loudly, and under ``CI=true`` it is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
PLAYWRIGHTS_OWN = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def starts(path: str) -> bool:
    """Tell whether a program answers ``--version``: a stub that only names a package does not."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def playwrights_own() -> str:
    """Return where playwright keeps the Chromium it downloads, whether or not it is there."""
    # In a process of its own: playwright starts once only in one, and the tests have started it.
    command = [sys.executable, "-c", PLAYWRIGHTS_OWN]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def candidates() -> Iterator[str]:
    """Yield the paths at which a browser may stand, the person's own choice first."""
    if named := os.environ.get("CLAIMBOOK_BROWSER"):
        yield named
        return
    for name in NAMES:
        if path := shutil.which(name):
            yield path
    yield playwrights_own()


def find() -> str | None:
    """Find a Chromium or Chrome that starts.

    Returns:
        The path of the program, or None. If ``CLAIMBOOK_BROWSER`` is set, only that is tried.
    """
    return next((path for path in candidates() if starts(path)), None)


def is_debian() -> bool:
    """Tell whether this is Debian itself: Ubuntu's chromium package is a stub for a snap."""
    try:
        return "ID=debian" in Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False


def install_commands() -> list[list[str]]:
    """Return the commands that install a browser here, to be run in turn."""
    if is_debian() and os.geteuid() == 0:
        apt = ["apt-get", "-o", "Acquire::Retries=3"]
        return [
            [*apt, "update", "-q"],
            [*apt, "install", "-q", "-y", "--no-install-recommends", "chromium"],
        ]
    return [[sys.executable, "-m", "playwright", "install", "chromium"]]


def install() -> None:
    """Run the install commands, stopping at the first that fails."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in install_commands():
        print("$", *command, flush=True)
        try:
            if subprocess.run(command, env=quiet, check=False).returncode != 0:
                return
        except OSError as error:
            print(f"{command[0]} does not run: {error.strerror}.", file=sys.stderr)
            return


def main() -> int:
    """Find or install a browser and say which; returns the exit status."""
    path = find()
    if path is None and "CLAIMBOOK_BROWSER" not in os.environ:
        print("No Chromium or Chrome is here: installing one for the tests.", flush=True)
        install()
        path = find()
    if path:
        print(f"The tests open the book in {path}.")
        return 0
    print(
        "\n*** NO BROWSER: no Chromium or Chrome was found that starts, and none could be "
        "installed. The tests that open the book in a browser CANNOT RUN. Install Chromium "
        "(Debian: apt install chromium) or name one: CLAIMBOOK_BROWSER=/path/to/chrome make test. "
        "***\n",
        file=sys.stderr,
    )
    return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
