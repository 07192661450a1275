"""Set up ``.venv``, the environment in which the book is built, re-executed and tested.

``make`` calls ``python3 tools/environment.py book`` before it does anything else. Standard library
only, and syntax that Python 3.6 can read: to tell an old Python that it is too old, the file must
run there.
"""

import argparse
import hashlib
import importlib
import json
import os
import shutil
import subprocess
import sys

MINIMUM = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(".venv", "bin", "python")

# What each purpose installs on top of "book": the arguments of pip, and the files that decide
# whether it is still up to date. pyproject.toml is among them because an editable install copies
# its entry points. The build backend is pinned with the rest, hence no isolated build.
LAYERS = {
    "book": (
        [
            ["install", "-r", "requirements.txt"],
            ["install", "--no-deps", "--no-build-isolation", "-e", "."],
        ],
        ["requirements.txt", "pyproject.toml"],
    ),
    "test": ([["install", "-r", "requirements-dev.txt"]], ["requirements-dev.txt"]),
    "lab": (
        [["install", "-c", "requirements.txt", "--no-build-isolation", "-e", ".[lab]"]],
        ["requirements.txt", "pyproject.toml"],
    ),
}


class Refusal(Exception):
    """A sentence for the person at the keyboard: what is wrong and what to do."""


def say(text: str) -> None:
    """Print one line at once, so that it stands before what pip prints."""
    print(text, flush=True)


def dotted(version: tuple) -> str:
    """Write a version tuple as 3.11.7."""
    return ".".join(str(part) for part in version[:3])


def check_interpreter(version: tuple) -> None:
    """Refuse an interpreter that is too old, or that cannot make an environment.

    Parameters: version, the interpreter's (major, minor, micro).
    Raises: Refusal.
    """
    wanted = dotted(MINIMUM)
    if version < MINIMUM:
        raise Refusal(
            f"{sys.executable} is Python {dotted(version)}, but the book needs {wanted} or newer. "
            f"Install one (Debian 12, Ubuntu 24.04 or later: apt install python3 python3-venv; "
            f"elsewhere: https://www.python.org/downloads/) and name it: "
            f"make book PYTHON=python{wanted}"
        )
    for module in ("venv", "ensurepip"):
        try:
            importlib.import_module(module)
        except ImportError:
            raise Refusal(
                f"{sys.executable} (Python {dotted(version)}) has no {module} module, so it cannot "
                f"make .venv. Install it (Debian, Ubuntu: apt install python3-venv, or "
                f"python{dotted(version[:2])}-venv for a Python that is not the system's default) "
                f"or name another Python: make book PYTHON=/path/to/python3"
            ) from None


def stamp_path(layer: str) -> str:
    """Return the path of the file that says a layer is installed."""
    return os.path.join(VENV, ".ready" if layer == "book" else ".ready-" + layer)


def read_stamp(layer: str) -> dict:
    """Read a layer's stamp; an absent or broken one is an empty dict."""
    try:
        with open(stamp_path(layer), encoding="utf-8") as file:
            stamp = json.load(file)
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def inputs_hash(layer: str) -> str:
    """Return the sha256 of the files that decide what a layer installs."""
    digest = hashlib.sha256()
    for name in LAYERS[layer][1]:
        try:
            with open(os.path.join(ROOT, name), "rb") as file:
                digest.update(name.encode() + b"\0" + file.read() + b"\0")
        except OSError as error:
            raise Refusal(
                f"{name} cannot be read ({error.strerror}). It belongs to the repository: "
                f"git checkout {name}"
            ) from None
    return digest.hexdigest()


def venv_version() -> str:
    """Return the version of the Python in .venv, empty if it does not run."""
    command = [
        os.path.join(ROOT, PYTHON),
        "-c",
        "import platform; print(platform.python_version())",
    ]
    try:
        return subprocess.check_output(command, stderr=subprocess.DEVNULL).decode().strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def find_flaw(named: bool) -> str:
    """Say why .venv cannot be used as it stands.

    Parameters: named, whether the person named the interpreter (otherwise a sound .venv is kept
    whatever Python made it).
    Returns: the end of a sentence, empty when .venv is sound.
    """
    stamp = read_stamp("book")
    if not stamp:
        return "is half made: it has no .ready stamp, which is written last"
    if stamp.get("folder") != VENV:
        return f"was made in another folder ({stamp.get('folder')}), and its scripts point there"
    if stamp.get("python") != venv_version():
        return f"was made with Python {stamp.get('python')}, which is no longer what it runs"
    if named and stamp["python"] != dotted(sys.version_info):
        return f"was made with Python {stamp['python']}, and you named {dotted(sys.version_info)}"
    return ""


def remove_venv() -> None:
    """Remove .venv, following no link out of the repository."""
    try:
        if os.path.islink(VENV) or not os.path.isdir(VENV):
            os.remove(VENV)
        else:
            shutil.rmtree(VENV)
    except OSError as error:
        raise Refusal(
            f"{error.filename or VENV} cannot be removed ({error.strerror}). "
            f"Remove {VENV} yourself, then run the command again."
        ) from None


def run(command: list, failure: str) -> None:
    """Show a command and run it in the repository's root; refuse with a sentence if it fails."""
    say("$ " + " ".join(command))
    quiet = dict(os.environ, PIP_QUIET="1", PIP_DISABLE_PIP_VERSION_CHECK="1")
    if subprocess.call(command, cwd=ROOT, env=quiet) != 0:
        raise Refusal(failure)


def make_venv() -> None:
    """Make an empty .venv with the running interpreter."""
    run(
        [sys.executable, "-m", "venv", ".venv"],
        f"{sys.executable} could not make .venv (its own words stand above). On Debian or Ubuntu "
        f"install what it lacks with: apt install python3-venv. Then run the command again.",
    )


def install(layer: str) -> None:
    """Install a layer and write its stamp last; nothing is done if the stamp is up to date."""
    wanted = {"folder": VENV, "python": venv_version(), "inputs": inputs_hash(layer)}
    if read_stamp(layer) == wanted:
        return
    commands, inputs = LAYERS[layer]
    say(f"Installing {' and '.join(inputs)} into .venv. The first time takes a minute or more.")
    # An install that is broken off must not look finished.
    if os.path.exists(stamp_path(layer)):
        os.remove(stamp_path(layer))
    for arguments in commands:
        run(
            [PYTHON, "-m", "pip", *arguments],
            "pip could not install (its own words stand above). If the network failed, run the "
            "same command again.",
        )
    with open(stamp_path(layer), "w", encoding="utf-8") as file:
        json.dump(wanted, file, indent=1)


def set_up(purpose: str, named: bool) -> None:
    """Bring .venv to what a purpose needs.

    Parameters: purpose, one of LAYERS; named, whether the person named the interpreter.
    Raises: Refusal.
    """
    if named:
        check_interpreter(sys.version_info[:3])
    if os.path.lexists(VENV):
        flaw = find_flaw(named)
        if flaw:
            check_interpreter(sys.version_info[:3])
            say(f".venv {flaw}. It is removed and made again.")
            remove_venv()
    if not os.path.lexists(VENV):
        check_interpreter(sys.version_info[:3])
        make_venv()
    install("book")
    if purpose != "book":
        install(purpose)


def main() -> int:
    """Run from the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("purpose", choices=sorted(LAYERS), help="what .venv is needed for")
    parser.add_argument("--named", action="store_true", help="this Python was asked for by name")
    arguments = parser.parse_args()
    try:
        set_up(arguments.purpose, arguments.named)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Broken off. The next run takes up what is unfinished.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
