"""Make ``.venv`` where there is none that can be used; ``make`` then installs into it.

Standard library only, and syntax that Python 3.6 can read: to tell an old Python that it is too
old, the file must run there.
"""

import os
import shutil
import subprocess
import sys

MINIMUM = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
SCRIPTS = "Scripts" if os.name == "nt" else "bin"
STAMP = os.path.join(VENV, ".made")
# Of an activated .venv that is to be made anew, the Python that made it: its own goes with it.
PYTHON = getattr(sys, "_base_executable", None) or sys.executable


def dotted(version: tuple) -> str:
    """Write a version as 3.11.7."""
    return ".".join(str(part) for part in version[:3])


def refuse(sentence: str) -> None:
    """End with a sentence for the person at the keyboard."""
    sys.stderr.write(sentence + "\n")
    sys.exit(1)


def check_interpreter() -> None:
    """Refuse a Python that is too old, or that cannot make an environment."""
    wanted, found = dotted(MINIMUM), dotted(sys.version_info)
    if sys.version_info[:2] < MINIMUM:
        refuse(
            f"{PYTHON} is Python {found}, but the book needs {wanted} or newer. Install one "
            "(Debian 12, Ubuntu 24.04 or later: apt install python3 python3-venv; elsewhere: "
            f"https://www.python.org/downloads/) and name it: make book PYTHON=python{wanted}"
        )
    for module in ("venv", "ensurepip"):
        try:
            __import__(module)
        except ImportError:
            refuse(
                f"{PYTHON} (Python {found}) has no {module} module, so it cannot make .venv. "
                "Install it (Debian, Ubuntu: apt install python3-venv, or "
                f"python{dotted(sys.version_info[:2])}-venv for a Python that is not the "
                "system's default) or name another Python: make book PYTHON=/path/to/python3"
            )


def version_of_venv() -> str:
    """Return the version of the Python in .venv, empty if it does not run."""
    code = "import platform; print(platform.python_version())"
    try:
        answer = subprocess.check_output(
            [os.path.join(VENV, SCRIPTS, "python"), "-c", code], stderr=subprocess.DEVNULL
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return answer.decode().strip()


def flaw(named: bool) -> str:
    """Say why .venv cannot be used as it stands; empty where it can."""
    try:
        with open(STAMP, encoding="utf-8") as file:
            folder, version = file.read().splitlines()
    except (OSError, ValueError):
        return "is half made: it has no .made stamp, which is written last"
    if folder != VENV:
        return f"was made in another folder ({folder}), and its scripts point there"
    if version != version_of_venv():
        return f"was made with Python {version}, which is no longer what it runs"
    if named and version != dotted(sys.version_info):
        return f"was made with Python {version}, and you named {dotted(sys.version_info)}"
    return ""


def remove() -> None:
    """Remove .venv, following no link out of the repository."""
    try:
        if os.path.islink(VENV) or not os.path.isdir(VENV):
            os.remove(VENV)
        else:
            shutil.rmtree(VENV)
    except OSError as fault:
        refuse(
            f"{fault.filename or VENV} cannot be removed ({fault.strerror}). "
            f"Remove {VENV} yourself, then run the command again."
        )


def make() -> None:
    """Make an empty .venv, and write its stamp last."""
    print("python3 -m venv .venv", flush=True)
    if subprocess.call([PYTHON, "-m", "venv", VENV]) != 0:
        refuse(
            f"{PYTHON} could not make .venv (its own words stand above). On Debian or Ubuntu "
            "install what it lacks with: apt install python3-venv. Then run the command again."
        )
    with open(STAMP, "w", encoding="utf-8") as file:
        file.write(f"{VENV}\n{version_of_venv()}\n")


def main() -> None:
    """Bring about a sound .venv; ``--named`` says that this Python was asked for by name."""
    named = "--named" in sys.argv[1:]
    if named:
        check_interpreter()
    if os.path.lexists(VENV):
        fault = flaw(named)
        if not fault:
            return
        check_interpreter()
        print(f".venv {fault}. It is removed and made again.", flush=True)
        remove()
    check_interpreter()
    make()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        refuse("Broken off. The next run takes up what is unfinished.")
