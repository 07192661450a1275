"""A build backend small enough for a test: it makes wheels of one module, without setuptools.

The miniature repository of ``test_commands.py`` installs its ``claimbook`` with it, offline.
"""

import zipfile
from pathlib import Path

MODULE = """
import sys

def main():
    print("claimbook", *sys.argv[1:])
"""


def write_wheel(folder, name, version, script=""):
    """Write a wheel whose one module can serve as a command; returns its file name."""
    info = f"{name}-{version}.dist-info"
    members = {
        f"{name}.py": MODULE,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {script}\n" if script else "",
    }
    members[f"{info}/RECORD"] = "".join(f"{member},,\n" for member in [*members, f"{info}/RECORD"])
    file = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(Path(folder) / file, "w") as wheel:
        for member, text in members.items():
            wheel.writestr(member, text)
    return file


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """The hook that ``pip install -e .`` calls (PEP 660)."""
    return write_wheel(wheel_directory, "claimbook", "0.1", script="claimbook:main")
