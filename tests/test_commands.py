"""The commands that README and CONTRIBUTING name work as written.

A miniature of the repository stands in a temporary folder: the real Makefile, tools/ and .ci/run,
with a requirement and a ``claimbook`` so small that setting up takes seconds and no network. What
the real ones install is tested by every ``make test``, which starts with that very step.
"""

import ast
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

from claimbook.chapters.book import Book
from claimbook.errors import ClaimbookError
from tiny_backend import write_wheel

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Every line of its shell blocks; those of make also where the prose names one.
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
LINES = list(dict.fromkeys(line for block in BLOCKS for line in block.splitlines()))
SPANS = re.findall(r"`(make [^`]+)`", README)
MAKE = list(dict.fromkeys(line for line in [*LINES, *SPANS] if line.startswith("make ")))
GUIDES = [
    "README.md",
    "CONTRIBUTING.md",
    "book/contribute.md",
    "book/run-it-yourself.md",
    ".github/PULL_REQUEST_TEMPLATE.md",
]

PYPROJECT = """
[build-system]
requires = []
build-backend = "tiny_backend"
backend-path = ["."]
"""


def write_program(path, script):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


class Miniature:
    """A small copy of the repository, with a ``bin`` of its own that stands first on the path."""

    def __init__(self, folder):
        self.root = folder / "repository"
        self.bin = folder / "bin"
        self.wheels = folder / "wheels"
        self.root.mkdir(parents=True)
        self.wheels.mkdir()
        shutil.copy(ROOT / "Makefile", self.root)
        for name in ("tools", ".ci"):
            shutil.copytree(
                ROOT / name, self.root / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        for version in ("1.0", "2.0"):
            write_wheel(self.wheels, "probe", version)
        write_wheel(self.wheels, "probe_dev", "1.0")
        self.write("requirements.txt", "probe==1.0\n-e .\n")
        self.write("requirements-dev.txt", "probe==1.0\nprobe-dev==1.0\n")
        self.write("pyproject.toml", PYPROJECT)
        shutil.copy(ROOT / "tests" / "tiny_backend.py", self.root)
        self.fake_python("")

    def write(self, name, text):
        (self.root / name).write_text(text, encoding="utf-8")

    def fake_python(self, change):
        """Let ``python3`` be this interpreter after a change to what it says of itself."""
        python = shlex.quote(sys.executable)
        if change:
            code = (
                "import sys, runpy; sys.argv.pop(0); runpy.run_path(sys.argv[0], None, '__main__')"
            )
            python += " -c " + shlex.quote(f"{change}; {code}")
        write_program(self.bin / "python3", f'exec {python} "$@"')

    def run(self, command):
        """Run a shell command in the root; returns the finished process, both streams as one."""
        inherited = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("PIP_", "MAKE", "MFLAGS", "PYTHON", "VIRTUAL_ENV", "CI"))
        }
        environment = inherited | {
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
        }
        return subprocess.run(
            ["bash", "-ec", command],
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )

    def installed(self):
        """Return the names and versions in .venv, without what every new environment holds."""
        folders = (self.root / ".venv").glob("lib/python*/site-packages/*.dist-info")
        names = {folder.name.removesuffix(".dist-info") for folder in folders}
        return {name for name in names if not name.startswith(("pip-", "setuptools-"))}

    @property
    def stamp(self):
        return self.root / ".venv" / ".ready"

    def installs(self, *stamps):
        """Return the commands by which make installs what stamps stand for, as one types them."""
        shown = self.run(f"make -Bn {' '.join(f'.venv/{stamp}' for stamp in stamps)}").stdout
        return [
            line.split(" ||")[0].replace("'", "")
            for line in shown.splitlines()
            if line.startswith(".venv/bin/python -m pip")
        ]


@cache
def readme_block(first_words):
    """Return the commands of README's one shell block that follows a sentence."""
    after = README[README.index(first_words) :]
    return re.search(r"```sh\n(.*?)```", after, re.DOTALL).group(1).splitlines()


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    """Return a miniature in which ``make book`` has run once, and what it printed.

    It began on half an environment, as one that was broken off leaves it, which was activated.
    """
    miniature = Miniature(tmp_path_factory.mktemp("ready"))
    miniature.run("python3 -m venv --without-pip .venv && mkdir .venv/lib/half")
    (miniature.bin / "python3").unlink()
    made = miniature.run(". .venv/bin/activate && make book")
    miniature.fake_python("")
    return miniature, made


@pytest.fixture
def fresh(tmp_path):
    return Miniature(tmp_path)


def test_make_book_sets_up_and_builds(ready):
    miniature, made = ready
    assert made.returncode == 0, made.stdout
    assert made.stdout.splitlines()[-1] == "claimbook build"
    assert miniature.installed() == {"probe-1.0", "claimbook-0.1"}
    assert miniature.stamp.exists()


def test_a_second_make_book_only_builds(ready):
    miniature, _ = ready
    again = miniature.run("make book")
    assert again.stdout == "claimbook build\n"


def test_a_changed_requirement_is_installed_without_a_new_environment(ready):
    miniature, _ = ready
    keepsake = miniature.root / ".venv" / "keepsake"
    keepsake.touch()
    miniature.write("requirements.txt", "probe==2.0\n-e .\n")
    changed = miniature.run("make book")
    miniature.write("requirements.txt", "probe==1.0\n-e .\n")
    back = miniature.run("make book")
    assert "Installing requirements.txt" in changed.stdout
    assert "Installing requirements.txt" in back.stdout
    assert miniature.installed() >= {"probe-1.0", "claimbook-0.1"}
    assert keepsake.exists()


def test_the_commands_without_make_do_what_make_book_does(ready, fresh):
    miniature, made = ready
    block = readme_block("`make book` is equal to these commands")
    by_hand = fresh.run("\n".join(block))
    assert by_hand.returncode == 0, by_hand.stdout
    assert by_hand.stdout.splitlines()[-1] == "claimbook build"
    assert fresh.installed() == {"probe-1.0", "claimbook-0.1"}
    assert "python3 -m venv .venv" in made.stdout
    installs = miniature.installs(".ready")
    assert ["python3 -m venv .venv", *installs, ".venv/bin/claimbook build"] == block


def test_the_commands_without_make_are_those_of_make_test(ready):
    miniature, _ = ready
    miniature.run("make .venv/.ready-test")
    steps = miniature.run("make -n test").stdout.splitlines()
    own = [line for line in steps if line.startswith(".venv/bin/") and " -m pip " not in line]
    installs = miniature.installs(".ready-test")
    assert [installs[-1], *own] == readme_block("and `make test` then adds")
    assert "probe_dev-1.0" in miniature.installed()


def test_a_half_made_environment_is_removed_with_a_sentence_and_made_anew(ready):
    """It was active, and its own Python goes with it: the one that made it makes the next."""
    miniature, made = ready
    assert made.returncode == 0, made.stdout
    assert ".venv is half made: it has no .made stamp" in made.stdout
    assert not (miniature.root / ".venv" / "lib" / "half").exists()


def test_an_environment_that_was_moved_is_made_again(ready, tmp_path):
    """Its scripts would run the Python, and import the chapters' library, of the other folder."""
    miniature, _ = ready
    moved = Miniature(tmp_path)
    shutil.copytree(miniature.root / ".venv", moved.root / ".venv", symlinks=True)
    made = moved.run("make book")
    assert f".venv was made in another folder ({miniature.root}/.venv)" in made.stdout
    assert made.returncode == 0, made.stdout
    assert str(moved.root) in (moved.root / ".venv/bin/claimbook").read_text(encoding="utf-8")


def test_an_install_that_fails_is_not_taken_for_finished(ready):
    miniature, _ = ready
    miniature.write("requirements.txt", "no-such-package==1.0\n-e .\n")
    failed = miniature.run("make book")
    assert failed.returncode != 0
    assert "pip could not install (its own words stand above)" in failed.stdout
    assert "claimbook build" not in failed.stdout
    assert not miniature.stamp.exists()
    miniature.write("requirements.txt", "probe==1.0\n-e .\n")
    assert miniature.run("make book").returncode == 0
    assert miniature.installed() >= {"probe-1.0", "claimbook-0.1"}


@pytest.mark.parametrize(
    ("change", "sentences"),
    [
        (
            "import sys; sys.version_info = (3, 10, 9, 'final', 0)",
            ["is Python 3.10.9, but the book needs 3.11 or newer", "make book PYTHON=python3.11"],
        ),
        (
            "import sys; sys.modules['venv'] = None",
            ["has no venv module", "apt install python3-venv"],
        ),
        (
            "import sys; sys.modules['ensurepip'] = None",
            ["has no ensurepip module", "apt install python3-venv"],
        ),
    ],
    ids=["too old", "no venv", "no ensurepip"],
)
def test_an_unfit_python_is_told_what_to_install(fresh, change, sentences):
    fresh.fake_python(change)
    refused = fresh.run("make book")
    assert refused.returncode != 0
    for sentence in sentences:
        assert sentence in refused.stdout
    assert "Traceback" not in refused.stdout
    assert not (fresh.root / ".venv").exists()


def test_an_unfit_python_by_default_leaves_a_sound_environment_alone(ready):
    miniature, _ = ready
    miniature.fake_python("import sys; sys.version_info = (3, 10, 9, 'final', 0)")
    by_default = miniature.run("make book")
    by_name = miniature.run("make book PYTHON=python3")
    miniature.fake_python("")
    assert by_default.stdout == "claimbook build\n"
    assert by_name.returncode != 0
    assert "is Python 3.10.9" in by_name.stdout
    assert miniature.stamp.exists()


def test_a_python_that_is_not_there_is_named(fresh):
    refused = fresh.run("make book PYTHON=python3.99")
    assert refused.returncode != 0
    assert "There is no python3.99 here. Install Python 3.11 or newer" in refused.stdout


def test_the_setup_can_be_read_by_an_old_python():
    source = (ROOT / "tools" / "venv.py").read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 6))
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert imported <= sys.stdlib_module_names
    assert "__future__" not in source


def test_ci_runs_make_test_and_prepares_a_bare_debian(fresh):
    write_program(fresh.bin / "make", 'echo "make $* CI=$CI"')
    write_program(fresh.bin / "apt-get", 'echo "apt-get $*"')
    write_program(fresh.bin / "id", "echo 0")
    whole = fresh.run(".ci/run")
    assert whole.stdout == "make test CI=true\n"
    write_program(fresh.bin / "python3", "exit 1")
    bare = fresh.run(".ci/run").stdout.splitlines()
    assert "apt-get install -q -y --no-install-recommends python3-venv" in bare
    assert bare[-1] == "make test CI=true"


# README's lines of make, in which what they call says how it was called

CALLS = {
    "make book": ["claimbook build"],
    "make test": [
        "ruff check .",
        "ruff format --check .",
        "lint-imports",
        "claimbook build",
        "pytest -n 2",
    ],
    "make serve": ["claimbook serve"],
    "make run": ["claimbook run"],
    "make lab": ["jupyter lab book"],
}


@pytest.fixture(scope="module")
def with_stand_ins(ready):
    """The miniature with stand-ins for the programs that its requirements do not install."""
    made, _ = ready
    for name in ("ruff", "lint-imports", "jupyter"):
        write_program(made.root / ".venv" / "bin" / name, f'echo "{name} $*"')
    (packages,) = (made.root / ".venv" / "lib").glob("python*/site-packages")
    (packages / "pytest.py").write_text(
        "import sys\nprint('pytest', *sys.argv[1:])\n", encoding="utf-8"
    )
    return made


@pytest.mark.parametrize("line", MAKE)
def test_every_line_of_make_runs(with_stand_ins, line):
    # Another Python is named by way of an example; and a browser is there.
    line = re.sub(r"PYTHON=\S+", f"PYTHON={shlex.quote(sys.executable)}", line)
    done = with_stand_ins.run(f"export CLAIMBOOK_BROWSER=/bin/true; {line}")
    assert done.returncode == 0, done.stdout
    said = iter(done.stdout.splitlines())
    for call in CALLS.get(line, []):
        assert any(one.startswith(call) for one in said), (call, done.stdout)


def test_a_step_that_fails_fails_make_test(with_stand_ins):
    """Each of them: else a green `make test` would say nothing of those after the first."""
    (pytest_module,) = (with_stand_ins.root / ".venv" / "lib").glob(
        "python*/site-packages/pytest.py"
    )
    programs = [with_stand_ins.root / ".venv" / "bin" / name for name in ("ruff", "lint-imports")]
    stand_ins = [pytest_module, *programs]
    for path in stand_ins:
        before = path.read_text(encoding="utf-8")
        fails = "raise SystemExit(1)\n" if path.suffix else "#!/bin/sh\nexit 1\n"
        path.write_text(fails, encoding="utf-8")
        done = with_stand_ins.run("export CLAIMBOOK_BROWSER=/bin/true; make test")
        path.write_text(before, encoding="utf-8")
        assert done.returncode != 0, path.name


# The browser of the tests


@pytest.fixture
def browser(monkeypatch, tmp_path):
    """Return tools/browser.py on a machine without a browser."""
    spec = importlib.util.spec_from_file_location("browser", ROOT / "tools" / "browser.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/nowhere")
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    monkeypatch.delenv("CLAIMBOOK_BROWSER", raising=False)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(
        module, "NAMES", [name for name in module.NAMES if not name.startswith("/")]
    )
    return module


def test_a_stub_is_passed_over_for_a_browser_that_starts(browser, tmp_path):
    write_program(tmp_path / "bin" / "chromium", "echo 'install the snap'; exit 1")
    write_program(tmp_path / "bin" / "google-chrome", "exit 0")
    assert browser.find() == str(tmp_path / "bin" / "google-chrome")


def test_a_browser_is_installed_with_apt_by_root_on_debian(browser, monkeypatch, tmp_path, capfd):
    chromium = tmp_path / "bin" / "chromium"
    write_program(
        tmp_path / "bin" / "apt-get",
        f'case "$*" in *"install"*chromium) /bin/cp /bin/true {shlex.quote(str(chromium))};; esac',
    )
    monkeypatch.setattr(browser, "is_debian", lambda: True)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert browser.main() == 0
    assert f"The tests open the book in {chromium}." in capfd.readouterr().out


def test_elsewhere_playwright_installs_it(browser, monkeypatch):
    monkeypatch.setattr(browser, "is_debian", lambda: False)
    assert browser.install_commands() == [
        [sys.executable, "-m", "playwright", "install", "chromium"]
    ]


@pytest.mark.parametrize(("ci", "status"), [("", 0), ("true", 1)])
def test_no_browser_is_said_loudly_and_fails_under_ci(browser, monkeypatch, capfd, ci, status):
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("CLAIMBOOK_BROWSER", "/bin/false")
    assert browser.main() == status
    assert "*** NO BROWSER: no Chromium or Chrome was found that starts" in capfd.readouterr().err


@pytest.mark.parametrize(("ci", "status", "word"), [("", 0, "SKIPPED"), ("true", 1, "ERROR")])
def test_the_tests_of_the_pages_say_in_one_sentence_that_there_is_no_browser(ci, status, word):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow"]
    ended = subprocess.run(
        [*command, "-k", "keyboard or moves", "tests/browser/test_panel.py"],
        cwd=ROOT,
        env={**os.environ, "CLAIMBOOK_BROWSER": "/bin/false", "CI": ci},
        capture_output=True,
        text=True,
        timeout=120,
    )
    said = [line for line in ended.stdout.splitlines() if "NO BROWSER, SO THE BOOK" in line]
    assert ended.returncode == status, ended.stdout
    assert said[-1].startswith(word)
    if not ci:
        assert len(said) == 1, "one sentence, however many tests are skipped"


# What the guides name


def code_fragments(name):
    """Return the lines of a guide's shell blocks and the code spans of its prose."""
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [line for block in blocks for line in block.splitlines()] + re.findall(
        r"`([^`]+)`", prose
    )


def named_after(word):
    """Return what follows a program's name in the guides' code: the arguments, once each."""
    found = set()
    for guide in GUIDES:
        for fragment in code_fragments(guide):
            if match := re.match(rf"(?:\.venv/bin/)?{word} (.+)", fragment):
                found.add(match.group(1))
    return sorted(found)


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {arguments.split()[0] for arguments in named_after("make")}
    assert named >= {"book", "test", "run", "serve"}
    assert named <= targets


def test_make_help_lists_every_target():
    text = (ROOT / "Makefile").read_text("utf-8")
    phony = set(re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE).group(1).split())
    listing = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert set(re.findall(r"^  make (\S+)", listing.stdout, re.MULTILINE)) == phony


def hook_arguments():
    """Return what follows ``claimbook`` in the entries of the pre-commit hooks."""
    settings = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    entries = [hook["entry"].split() for repo in settings["repos"] for hook in repo["hooks"]]
    return [" ".join(entry[1:]) for entry in entries if Path(entry[0]).name == "claimbook"]


def test_every_claimbook_command_and_option_that_is_named_exists(claimbook):
    named = {*named_after("claimbook"), *hook_arguments()}
    commands = {arguments.split()[0] for arguments in named}
    assert commands >= {"build", "declare", "run", "check", "new", "new-essay", "refresh", "diff"}
    for command in sorted(commands):
        answer = claimbook(command, "--help")
        assert answer.returncode == 0, answer.stderr
        options = {
            word
            for arguments in named
            if arguments.split()[0] == command
            for word in arguments.split()
            if word.startswith("--")
        }
        for option in options:
            assert option in answer.stdout, f"claimbook {command} has no {option}"


def test_every_program_that_is_named_is_installed():
    programs = {
        match.group(1)
        for guide in GUIDES
        for fragment in code_fragments(guide)
        if (match := re.match(r"\.venv/bin/([\w-]+) ", fragment))
    }
    assert programs >= {"python", "ruff", "claimbook", "pre-commit"}
    for program in programs:
        assert Path(sys.executable).with_name(program).exists(), program


@pytest.mark.parametrize("guide", GUIDES[:2])
def test_every_file_that_is_linked_exists(guide):
    targets = re.findall(r"\]\(([^)\s]+)", (ROOT / guide).read_text(encoding="utf-8"))
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert "LICENSE" in local
    for target in local:
        assert (ROOT / target).exists(), f"{guide} links {target}, which is not there"


def test_numbers_of_a_page_that_is_no_chapter_are_written_and_held(tiny_copy, claimbook):
    page = tiny_copy / "book" / "index.md"
    text = page.read_text("utf-8")
    page.write_text(text + "\nIt is [9](value:gini-fell/verdict).\n", "utf-8")
    said = "book/index.md: the prose says 9 for gini-fell/verdict, the figures say"
    with pytest.raises(ClaimbookError, match=re.escape(said)):
        Book().require_finished()  # as every build does first
    assert said in claimbook("check", "--quick").stdout
    assert "book/index.md: its numbers are written anew" in claimbook("run").stdout
    assert "[9]" not in page.read_text("utf-8")
    page.write_text(text + "\nIt is [9](value:gini-fall/verdict).\n", "utf-8")
    refused = claimbook("run")
    assert refused.returncode == 1
    assert "value:gini-fall/verdict names no claim of the book" in refused.stderr
    assert page.read_text("utf-8").endswith("[9](value:gini-fall/verdict).\n")
