"""Mutation-test what decides: the rule, the estimates, the status and the snapshot reader.

mutmut changes one operator, constant or argument at a time, in a copy of the book, and runs the
tests that reach it. A change that no test notices is a survivor: ``mutation.md`` explains those
that stay. The score is printed and kept in ``mutation.json``, with the fingerprint of the module
and of its tests: it is out of date when either has changed.

    .venv/bin/python bench/mutation.py [--minutes 60] [rule] [status] [estimates] [snapshot]

With ``--minutes`` a run of one of them ends in time; what was not reached then is counted as
unfinished, and says so. The record is renewed by whole runs only.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "bench" / "mutation.json"
# What each decides with, and the tests that hold it.
MODULES = {
    "rule": ["claims/rule.py"],
    "status": ["status.py"],
    "estimates": [
        "estimates/estimate.py",
        "estimates/regressions.py",
        "estimates/resampled.py",
    ],
    "snapshot": ["data/snapshot.py"],
}
TESTS = {name: [f"tests/test_{name}.py"] for name in MODULES}
# The tests read every series of a vintage in turn: those stand for all that they name, and these.
SERIES = {"SI.POV.GINI", "SP.POP.TOTL", "NY.GNP.PCAP.CD", "NY.GDP.MKTP.CD", "NY.GDP.PCAP.KD"}
# What one test has kept another must make anew: else it seems not to reach a mutant, or never does,
# for mutmut forks from a process that has run the tests.
FORGET = """

def pytest_runtest_setup():
    import functools, gc

    for one in gc.get_objects():
        if isinstance(one, type(functools.cache(repr))):
            one.cache_clear()
"""
# Validating the committed packages reads every file anew and says nothing of the library.
CHOICE = "not data_package_validates"


def sandbox(folder: Path, module: str) -> None:
    """Copy what the tests read, with a configuration for mutmut of its own."""
    for name in ("src", "book", "data", "tests"):
        ignored = shutil.ignore_patterns("__pycache__", "browser")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in ("_config.yml", "_toc.yml", "requirements.txt"):
        shutil.copy(ROOT / name, folder / name)
    for package in (folder / "data").glob("*/datapackage.json"):
        _keep_few_series(package, TESTS[module])
    with (folder / "tests" / "conftest.py").open("a", encoding="utf-8") as conftest:
        conftest.write(FORGET)
    options = ["-q", "-x", "-p", "no:cacheprovider", "-m", "not slow", "--hypothesis-seed=0"]
    only = [str(path.relative_to(folder)) for path in _sources(folder, module)]
    (folder / "pyproject.toml").write_text(
        "[tool.mutmut]\n"
        'source_paths = ["src"]\n'
        f"only_mutate = {json.dumps(only)}\n"
        'also_copy = ["book", "data", "tests", "_config.yml", "_toc.yml", "requirements.txt"]\n'
        f"pytest_add_cli_args = {json.dumps([*options, '-k', CHOICE])}\n"
        f"pytest_add_cli_args_test_selection = {json.dumps(TESTS[module])}\n"
        '[tool.pytest.ini_options]\nmarkers = ["slow: see the book\'s own pyproject.toml"]\n',
        encoding="utf-8",
    )


def _sources(folder: Path, module: str) -> list[Path]:
    """The files that are mutated, in a folder that holds ``src``."""
    return [folder / "src" / "claimbook" / path for path in MODULES[module]]


def _keep_few_series(package: Path, tests: list[str]) -> None:
    """Leave out of a vintage what no test needs by name."""
    described = json.loads(package.read_text(encoding="utf-8"))
    words = "".join((ROOT / test).read_text(encoding="utf-8") for test in tests)
    named = {one["name"] for one in described["resources"] if one["name"] in words}
    kept = SERIES | named | {"economies"}
    for resource in described["resources"]:
        if resource["name"] not in kept:
            (package.parent / resource["path"]).unlink()
    described["resources"] = [one for one in described["resources"] if one["name"] in kept]
    package.write_text(json.dumps(described), encoding="utf-8")


def fingerprint(module: str) -> str:
    """Return a short fingerprint of a module and of the tests that hold it."""
    files = [*_sources(ROOT, module), *(ROOT / test for test in TESTS[module])]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def mutate(module: str, minutes: float) -> tuple[Counter[str], list[str]]:
    """Run mutmut on one module; return how its mutants ended, and which survived."""
    from mutmut.stats import status_by_exit_code

    with tempfile.TemporaryDirectory(prefix="mutation-") as name:
        folder = Path(name)
        sandbox(folder, module)
        command = [sys.executable, "-m", "mutmut", "run", "--max-children", "1"]
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith("CLAIMBOOK_")
        }
        log = folder / "log"
        with log.open("w", encoding="utf-8") as lines:
            try:
                ended = subprocess.run(
                    command,
                    cwd=folder,
                    env=environment,
                    stdout=lines,
                    stderr=subprocess.STDOUT,
                    timeout=minutes * 60,
                ).returncode
            except subprocess.TimeoutExpired:
                ended = 0  # what was not reached is counted as "not checked"
        metas = [
            path.with_name(f"{path.name}.meta") for path in _sources(folder / "mutants", module)
        ]
        if ended or not any(meta.is_file() for meta in metas):
            sys.exit(f"mutmut failed on {module}:\n{log.read_text(encoding='utf-8')[-3000:]}")
        codes = {}
        for meta in filter(Path.is_file, metas):  # a file of which nothing is mutated has none
            codes |= json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
        statuses = {mutant: status_by_exit_code[code] for mutant, code in codes.items()}
        undetected = ("survived", "no tests")
        survivors = [mutant for mutant, status in statuses.items() if status in undetected]
        show = [sys.executable, "-m", "mutmut", "show"]
        diffs = [
            subprocess.run(
                [*show, mutant], cwd=folder, env=environment, capture_output=True, text=True
            ).stdout
            for mutant in survivors
        ]
        told = [_change(name, diff) for name, diff in zip(survivors, diffs, strict=True)]
        return Counter(statuses.values()), told


def _change(mutant: str, diff: str) -> str:
    """Say in a line what a mutant changes: its function, and the line as it reads then."""
    function = re.sub(r"^.*\.x(?:_|ǁ.*ǁ)", "", mutant.rpartition("__mutmut_")[0])
    lines = [line for line in diff.splitlines() if not line.startswith(("+++", "---"))]
    added = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    removed = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
    return f"{function}: {added or f'without {removed}'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=", ".join(TESTS))
    parser.add_argument("--minutes", type=float, default=60, help="limit for each module")
    chosen = parser.parse_args()
    if unknown := sorted({*chosen.modules} - {*TESTS}):
        parser.error(f"there is no module {unknown[0]} here: name {', '.join(TESTS)}")
    os.nice(10)
    for module in chosen.modules or TESTS:
        ended, survivors = mutate(module, chosen.minutes)
        total = sum(ended.values())
        killed = ended["killed"] + ended["timeout"]
        survived = ended["survived"] + ended["no tests"]
        print("\n".join(survivors))
        print(f"{module}: {killed} of {total} mutants killed, {survived} survived", flush=True)
        if unfinished := total - killed - survived:
            print(f"{module}: {unfinished} were not reached in {chosen.minutes:g} minutes.")
            continue
        record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else {}
        record[module] = {
            "killed": killed,
            "survived": survived,
            "unfinished": unfinished,
            "total": total,
            "of": fingerprint(module),
            "survivors": sorted(survivors),
        }
        RECORD.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
