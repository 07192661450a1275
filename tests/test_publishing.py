"""What stands around the book: how it is governed, built in public, reviewed and published."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from books import REPOSITORY, edit
from claimbook.pages import elsewhere

ROOT = Path(__file__).resolve().parent.parent
FORMS = ROOT / ".github" / "ISSUE_TEMPLATE"


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def in_code(cell):
    """The code spans of a table's cell."""
    return set(re.findall(r"`([\w-]+)`", cell))


# How it is governed


def test_the_architecture_page_draws_the_house_that_the_import_rules_hold():
    contracts = tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    page = text("docs/architecture.md")
    assert len(page.splitlines()) <= 45, "it is no longer one screen"
    drawn = re.search(r"```text\n(.*?)```", page, re.DOTALL).group(1).splitlines()
    layers = [layer.replace("claimbook.", "") for layer in contracts[0]["layers"]]
    assert [re.split(r"\s{2,}", line)[0] for line in drawn] == layers
    package = ROOT / "src" / "claimbook"
    rooms = {path.stem for path in package.iterdir() if not path.name.startswith("_")}
    levels = {room for layer in layers for room in layer.split(" | ")}
    assert rooms == levels | {"sources", "models"}
    forbidden = {
        contract["source_modules"][0].removeprefix("claimbook."): {
            name.removeprefix("claimbook.") for name in contract["forbidden_modules"]
        }
        for contract in contracts
        if contract["type"] == "forbidden"
    }
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    apart = {min(in_code(row[0])): in_code(row[2]) for row in rows}
    for room in ("sources", "models"):
        assert apart[room] == rooms - forbidden[room] - {room}
    assert apart["claimbook"] == forbidden["claimbook"]
    (importers,) = (in_code(row[3]) for row in rows if "`sources`" in row[0])
    outside = next(c for c in contracts if c.get("forbidden_modules") == ["claimbook.sources"])
    shut_out = {name.removeprefix("claimbook.") for name in outside["source_modules"]}
    assert importers == rooms - shut_out - {"sources"}


def test_the_forms_offer_what_the_book_holds():
    forms = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in FORMS.glob("*.yml")}
    assert {"new_claim", "dispute_verdict", "data_problem", "config"} == set(forms)
    fields = {
        field["id"]: field["attributes"]
        for form in forms.values()
        for field in form.get("body", ())
        if "id" in field
    }
    held = {path.parent.name for path in ROOT.glob("data/*/datapackage.json")}
    assert {*fields["vintage"]["options"]} == held | {"several"}
    example = fields["claim"]["placeholder"]
    assert list(ROOT.glob(f"book/*/{example}.ipynb"))


def test_no_account_is_invented():
    lines = text(".github/CODEOWNERS").splitlines()
    assert all(not line or line.startswith("#") for line in lines)


@pytest.mark.parametrize("size", [499_999, 500_001])
def test_a_file_that_is_too_large_is_refused_and_named(tmp_path, size):
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / "big name.csv").write_bytes(b"x" * size)
    ended = subprocess.run(
        [sys.executable, ROOT / "tools" / "sizes.py"], cwd=tmp_path, capture_output=True, text=True
    )
    assert ended.returncode == (size > 500_000)
    assert ("big name.csv has 500,001 bytes" in ended.stderr) == (size > 500_000)


def test_no_file_of_the_repository_is_too_large():
    command = [sys.executable, ROOT / "tools" / "sizes.py"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr


# How it is published

WORKFLOWS = {path.stem: path for path in (ROOT / ".github" / "workflows").glob("*.yml")}
JOBS = {
    f"{name}.{job}": body
    for name, path in WORKFLOWS.items()
    for job, body in yaml.safe_load(path.read_text("utf-8"))["jobs"].items()
}
STEPS = [(job, step) for job, body in JOBS.items() for step in body["steps"]]
ACTION = re.compile(r"uses: (actions/[\w-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$")
# They need no environment: nothing is installed where a token can write.
BARE = {"publish", "preview", "propose", "broken"}
SCHEMAS = {
    "vendor.github-workflows": ".github/workflows/*.yml",
    "custom.github-workflows-require-timeout": ".github/workflows/*.yml",
    "vendor.dependabot": ".github/dependabot.yml",
    "vendor.github-issue-forms": ".github/ISSUE_TEMPLATE/[!c]*.yml",
    "vendor.github-issue-config": ".github/ISSUE_TEMPLATE/config.yml",
    "vendor.citation-file-format": "CITATION.cff",
}


def program(name, *arguments, cwd=ROOT):
    path = Path(sys.executable).with_name(name)
    return subprocess.run([path, *arguments], cwd=cwd, capture_output=True, text=True)


def zizmor(folder):
    return program("zizmor", "--offline", "--no-progress", "--min-severity=medium", folder)


def test_zizmor_finds_nothing_of_medium_severity_or_above():
    ended = zizmor(ROOT / ".github")
    assert ended.returncode == 0, ended.stdout


def test_zizmor_would_find_an_action_by_its_tag(tmp_path):
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    by_tag = re.sub(r"@[0-9a-f]{40} # v6\.0\.2", "@v6", text(".github/workflows/links.yml"))
    (folder / "links.yml").write_text(by_tag, encoding="utf-8")
    ended = zizmor(tmp_path / ".github")
    assert ended.returncode != 0
    assert "unpinned-uses" in ended.stdout


@pytest.mark.parametrize("schema", SCHEMAS)
def test_what_github_reads_fits_its_schema(schema):
    files = sorted(ROOT.glob(SCHEMAS[schema]))
    assert files
    ended = program("check-jsonschema", "--builtin-schema", schema, *files)
    assert ended.returncode == 0, ended.stdout


def test_an_action_is_pinned_by_one_hash_with_its_version():
    lines = [
        line.strip("- ")
        for path in WORKFLOWS.values()
        for line in path.read_text("utf-8").splitlines()
        if "uses:" in line
    ]
    found = [ACTION.match(line) for line in lines]
    assert all(found), lines
    assert len({match[1] for match in found}) == len({match.groups() for match in found})


def test_every_right_is_given_job_by_job_and_no_credentials_are_left_in_a_checkout():
    for path in WORKFLOWS.values():
        assert yaml.safe_load(path.read_text("utf-8"))["permissions"] == {}, path.name
    assert all("permissions" in body for body in JOBS.values())
    checkouts = [step for _, step in STEPS if "actions/checkout" in step.get("uses", "")]
    assert len(checkouts) == len(JOBS)
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def targets(body):
    runs = " ; ".join(step.get("run", "") for step in body["steps"])
    return set(re.findall(r"\bmake (?:--silent )?(?:-C \S+ )?([a-z-]+)", runs))


def test_what_can_write_installs_nothing_and_checks_out_only_its_own_branch():
    known = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    for name, body in JOBS.items():
        assert targets(body) <= known, name
        if "write" in body["permissions"].values():
            uses = [step["uses"].split("@")[0] for step in body["steps"] if "uses" in step]
            assert uses == ["actions/checkout"], name
            assert "ref" not in body["steps"][0]["with"]
            assert targets(body) and targets(body) <= BARE, name
        else:
            assert targets(body) and not targets(body) & BARE, name
    assert {name for name, body in JOBS.items() if "write" in body["permissions"].values()} == {
        "preview-deploy.deploy",
        "publish.deploy",
        "refresh.tell",
    }


def test_no_step_lets_github_write_what_others_said_into_its_commands():
    assert not [step["run"] for _, step in STEPS if "${{" in step.get("run", "")]


def test_the_page_on_publishing_names_every_workflow_and_what_it_calls():
    page = text("docs/publishing.md")
    rows = {row.split("`")[1]: row for row in page.splitlines() if row.startswith("| `")}
    assert set(rows) == set(WORKFLOWS)
    for name, row in rows.items():
        called = set().union(
            *(targets(body) for job, body in JOBS.items() if job.split(".")[0] == name)
        )
        assert set(re.findall(r"`make ([a-z-]+)`", row)) <= called | {"publish"}, name


class Runner:
    """A machine of GitHub's in small: `make`, `gh` and `git` only say how they were called."""

    def __init__(self, folder):
        self.folder = folder
        self.calls = folder / "calls"
        (folder / "bin").mkdir()
        for name in ("make", "gh", "git"):
            self.answers(name, "")

    def answers(self, name, script):
        """Let a program answer: a shell script that may look at `$*`."""
        path = self.folder / "bin" / name
        said = f'echo "{name} $*" >> {self.calls}\n{script}\n'
        path.write_text(f"#!/bin/sh\n{said}", encoding="utf-8")
        path.chmod(0o755)

    def run(self, *command, **environment):
        self.calls.write_text("")
        names = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
        for name in names:
            (self.folder / name).touch()
        ended = subprocess.run(
            command,
            cwd=self.folder,
            env={
                "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
                "RUNNER_TEMP": str(self.folder),
                "GITHUB_WORKSPACE": "/its/checkout",
                "GITHUB_REPOSITORY": "someone/book",
                "GITHUB_RUN_ID": "99",
                **{name: str(self.folder / name) for name in names},
                **environment,
            },
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, ended.stderr
        return self.calls.read_text("utf-8").splitlines()

    def step(self, name, words, **environment):
        """Run the step of a job whose commands hold some words, as GitHub does."""
        (script,) = (
            step["run"] for job, step in STEPS if job == name and words in step.get("run", "")
        )
        return self.run("bash", "-eo", "pipefail", "-c", script, **environment)


@pytest.fixture
def runner(tmp_path):
    (tmp_path / "runner").mkdir()
    return Runner(tmp_path / "runner")


def test_every_step_runs_as_written(runner):
    """Dry: each calls what stands in it, none fails, none needs what GitHub does not give."""
    runner.answers(
        "gh", 'mkdir -p "$RUNNER_TEMP/site"; case "$*" in *pages*) echo https://x.org/;; esac'
    )
    given = {
        "NUMBER": "7",
        "HEAD": "a:b",
        "HEAD_SHA": "c",
        "RUN_ID": "8",
        "RUN_URL": "https://y.org",
    }
    for name, step in STEPS:
        if "run" in step:
            calls = runner.run("bash", "-eo", "pipefail", "-c", step["run"], **given)
            assert calls or "head -c" in step["run"], name


def test_a_preview_goes_to_the_pull_request_that_github_names(runner):
    """A branch may be named anything: it is handed on as one word, beside its commit."""
    hostile = 'x:$(touch pwned)"; touch pwned; #'
    runner.answers("gh", 'case "$*" in *head.sha*) echo 12;; esac')
    (call,) = runner.step("preview-deploy.deploy", "state=open", HEAD=hostile, HEAD_SHA="abc")
    assert f"head={hostile}" in call
    assert (runner.folder / "GITHUB_OUTPUT").read_text("utf-8") == "number=12\n"
    assert not (runner.folder / "pwned").exists()
    laid = runner.step("preview-deploy.deploy", "make", NUMBER="12", RUN_ID="8")
    assert laid[0] == f"gh run download 8 --name site --dir {runner.folder}/site"
    assert laid[-1] == f"make --silent preview SITE={runner.folder}/site NUMBER=12"


@pytest.mark.parametrize("before", ["", "https://api.example.org/comments/5"])
def test_a_preview_is_told_in_one_comment(runner, before):
    runner.answers(
        "gh",
        f'case "$*" in *html_url*) echo https://x.org/book/;; *paginate*) echo "{before}";; esac',
    )
    *_, told = "\n".join(
        runner.step(
            "preview-deploy.deploy",
            "<!-- preview",
            NUMBER="12",
            HEAD_SHA="abc",
            RUN_URL="https://y.org",
        )
    ).split("gh api ")
    place = f"-X PATCH {before}" if before else "repos/someone/book/issues/12/comments"
    assert told.startswith(f"{place} -f body=<!-- preview -->\nOf abc: ")
    assert "(https://x.org/book/preview/12/)" in told and "(https://y.org)" in told


@pytest.mark.parametrize(
    ("make", "git", "found"),
    [("exit 2", "", "broken"), ("", "", "nothing"), ("", "exit 1", "moved")],
)
def test_a_refresh_tells_a_break_from_figures_that_moved(runner, make, git, found):
    runner.answers("make", make)
    runner.answers("git", git)
    runner.step("refresh.fetch", "found=broken")
    assert (runner.folder / "GITHUB_OUTPUT").read_text("utf-8") == f"found={found}\n"


def tell(runner, what, *, held):
    found = runner.folder / "found"
    found.mkdir()
    (found / "said.txt").write_text("SI.POV.GINI: 1 revised ``` @someone\n", encoding="utf-8")
    (found / "ran.txt").write_text("x" * 70_000, encoding="utf-8")
    runner.answers("gh", f'case "$*" in *list*) echo "{held}";; esac')
    calls = runner.run(sys.executable, ROOT / "tools" / "tell.py", what, found)
    return calls, (found / "body.md").read_text("utf-8")


@pytest.mark.parametrize(("held", "does"), [("", "gh issue create"), ("5", "gh issue comment 5")])
def test_a_broken_source_has_one_issue(runner, held, does):
    calls, body = tell(runner, "broken", held=held)
    assert [call.startswith(does) for call in calls] == [False, True]
    assert "````text\nSI.POV.GINI: 1 revised ``` @someone\n````" in body


@pytest.mark.parametrize(("held", "does"), [("", "gh pr create"), ("5", "gh pr edit 5")])
def test_figures_that_moved_are_proposed_in_one_pull_request(runner, held, does):
    calls, body = tell(runner, "propose", held=held)
    assert [call.split()[0] for call in calls] == ["git", "git", "git", "gh", "gh"]
    assert calls[-1].startswith(does)
    assert "SI.POV.GINI: 1 revised" in body and "cut here" in body and len(body) < 65_536


# What is laid on the branch of the pages


@pytest.fixture
def remote(tmp_path):
    folder = tmp_path / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", folder], check=True)
    return folder


def site(folder, verdict, **vintages):
    folder.mkdir(exist_ok=True)
    (folder / "index.html").write_text("<head><title>A book</title></head>", encoding="utf-8")
    claim = {"id": "it-rose", "title": "Did it rise?", "url": "book/part/it-rose.html"}
    claim |= {"answer": "It rose by 2.", "verdict": verdict, "vintages": vintages}
    (folder / "results.json").write_text(json.dumps({"claims": [claim]}), encoding="utf-8")
    return folder


def lay(remote, folder, *arguments):
    command = [sys.executable, ROOT / "tools" / "pages.py", "--remote", remote, "--site", folder]
    return subprocess.run([*command, *arguments], capture_output=True, text=True)


def publish(remote, folder, still_open=""):
    address = ["--address", "https://example.org/book/", "--open", still_open]
    return lay(remote, folder, "publish", *address)


def on_branch(remote, name=None):
    command = ["git", "-C", remote, *(["show", f"gh-pages:{name}"] if name else LIST)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


LIST = ["ls-tree", "-r", "--name-only", "gh-pages"]


def entries(remote):
    feed = ElementTree.fromstring(on_branch(remote, "verdicts.xml"))
    atom = "{http://www.w3.org/2005/Atom}"
    for tag in ("id", "title", "updated"):
        assert feed.find(atom + tag).text
    return [entry.find(f"{atom}title").text for entry in feed.findall(f"{atom}entry")]


def test_a_publication_tells_the_verdicts_that_changed_since_the_last(remote, tmp_path):
    first = site(tmp_path / "first", "supported", **{"2013-12": "inconclusive"})
    assert publish(remote, first).returncode == 0
    new = ["Did it rise? inconclusive (new)", "Did it rise? supported (new)"]
    assert entries(remote) == new
    assert (
        publish(remote, first).stdout == "The book is published; 0 verdicts are new or changed.\n"
    )
    assert entries(remote) == new
    second = site(tmp_path / "second", "mixed", **{"2013-12": "inconclusive"})
    assert publish(remote, second).returncode == 0
    assert entries(remote) == ["Did it rise? supported → mixed", *new]
    assert (
        len(
            subprocess.check_output(["git", "-C", remote, "log", "--format=%h", "gh-pages"]).split()
        )
        == 1
    )


def test_a_preview_stands_beside_the_book_until_its_pull_request_is_closed(remote, tmp_path):
    book = site(tmp_path / "book", "supported")
    publish(remote, book)
    for number in ("7", "8"):
        assert lay(remote, site(tmp_path / number, "mixed"), "preview", number).returncode == 0
    assert "noindex" in on_branch(remote, "preview/7/index.html")
    assert "noindex" not in on_branch(remote, "index.html")
    publish(remote, book, still_open="8")
    listed = on_branch(remote).splitlines()
    assert "preview/8/index.html" in listed and "preview/7/index.html" not in listed
    assert {"index.html", "results.json", "verdicts.xml", ".nojekyll"} <= set(listed)


@pytest.mark.parametrize("number", ["../x", "7; rm", "", "0", "-1"])
def test_a_number_that_is_none_is_refused(remote, tmp_path, number):
    ended = lay(remote, site(tmp_path / "site", "mixed"), "preview", "--", number)
    assert ended.returncode != 0 and "is no number of a pull request" in ended.stderr


@pytest.mark.parametrize("kind", ["link", "program", "nothing"])
def test_a_site_that_is_not_plain_is_refused_and_the_branch_is_as_it_was(remote, tmp_path, kind):
    publish(remote, site(tmp_path / "book", "supported"))
    before = on_branch(remote)
    bad = site(tmp_path / "bad", "mixed")
    if kind == "link":
        (bad / "secret.txt").symlink_to("/etc/passwd")
    elif kind == "program":
        (bad / "run.exe").touch()
    else:
        (bad / "index.html").unlink()
    ended = lay(remote, bad, "preview", "7")
    assert ended.returncode != 0 and "Traceback" not in ended.stderr
    assert on_branch(remote) == before


# How a change is read by a reviewer

NAME = "gini-fell"
CLAIM, CHAPTER = (f"book/lands/{NAME}.{suffix}" for suffix in ("yml", "ipynb"))


def commit(folder):
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "Before"]):
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run(["git", *identity, *command], cwd=folder, check=True)


def test_a_changed_cell_is_read_as_words_declarations_outputs_numbers_and_verdicts(
    tiny_copy, claimbook
):
    commit(tiny_copy)
    same = claimbook("review", "HEAD").stdout
    assert "No verdict of a chapter that was there before moves." in same
    assert "No estimate moves." in same
    assert f"## {NAME}" not in same
    edit(tiny_copy / CLAIM, "smallest_effect: 1\n", "smallest_effect: 2\n")
    edit(tiny_copy / CHAPTER, "A tiny book can say little", "A tiny book can say very little")
    edit(tiny_copy / CHAPTER, "The Gini index fell in {fell}", "Down went the Gini index in {fell}")
    edit(tiny_copy / "book/index.md", "# ", "# Once more: ")
    stale = claimbook("review", "HEAD").stdout
    assert "is stale: run" in stale and "smallest_effect 1 → 2" in stale
    assert claimbook("declare", NAME, "--seen", "yes", "--reason", "So it is.").returncode == 0
    ran = claimbook("run")
    assert re.search(
        rf"{NAME}: written anew; inconclusive; \d of \d single changes move", ran.stdout
    )
    told = claimbook("review", "HEAD").stdout
    for line in (
        f"- **{NAME}**, data 2013-12: inconclusive → **contradicted**",
        "- gini-change: smallest_effect 1 → 2",
        "figures seen before, because: So it is.",
        "-A tiny book can say little of the world.",
        "+A tiny book can say very little of the world.",
        '+    title=f"Down went the Gini index in {fell} of {len(moved)} economies",',
        "-   2013-12  inconclusive: ",
        "+   2013-12  contradicts: ",
        "## `book/index.md`",
        "- `book/declarations.csv`",
    ):
        assert line in told, line
    assert re.search(
        rf"\| {NAME} \| gini-change \| 2013-12 \| inconclusive: .*\| contradicts: ", told
    )
    assert re.search(r"^What decides, as before: \d of \d single changes", told, re.MULTILINE)
    assert "\n## fair-coin" not in told
    elsewhere = told.split("<summary>Of files that this leaves alone</summary>")[1]
    assert "book/coins/fair-coin.ipynb" in elsewhere.split("</details>")[0]


def test_a_chapter_that_came_and_one_that_went_are_said(tiny_copy, claimbook):
    commit(tiny_copy)
    for path in (tiny_copy / "book/lands").glob(f"{NAME}.*"):
        path.rename(path.with_stem("gini-sank"))
    edit(tiny_copy / "book/lands/gini-sank.yml", f"id: {NAME}", "id: gini-sank")
    told = claimbook("review", "HEAD").stdout
    assert f"- **{NAME}** is gone" in told
    assert "- **gini-sank** is new: inconclusive" in told


def test_what_is_compared_with_must_be_a_commit(tiny_copy, claimbook):
    commit(tiny_copy)
    refused = claimbook("review", "no-such-branch")
    assert refused.returncode == 1
    assert "git knows no commit no-such-branch of this book" in refused.stderr


@pytest.mark.parametrize(
    ("path", "before", "after", "sentence"),
    [
        (CLAIM, "expects: fall", "expects: sink", "line 25, field checks[0].expects"),
        (
            "book/essays/first-2014.yml",
            "paragraph: 1",
            "paragraph: 2",
            "line 8, field paragraphs[0]",
        ),
        ("book/declarations.csv", "date,claim", "day,claim", "line 1: the header is not"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_once_under_its_own_name(
    tiny_copy, claimbook, path, before, after, sentence
):
    edit(tiny_copy / path, before, after)
    found = claimbook("check", "--quick", "--format", "github").stdout.splitlines()
    (own,) = [line for line in found if f"file={path}::" in line]
    assert own.startswith(f"::error file={path}::{sentence}")
    assert sum(sentence in line for line in found) == 1


def test_what_two_chapters_share_is_asked_for_once(tiny_copy, claimbook):
    essay = tiny_copy / "book/essays/first-2014.yml"
    essay.write_text(f"{essay.read_text('utf-8')}# FILL IN\n", encoding="utf-8")
    found = claimbook("check", "--quick", "gini-fell", "gini-fell").stdout.splitlines()
    assert len([line for line in found if "first-2014.yml: line" in line and "filled" in line]) == 1


def test_a_port_that_is_taken_is_said_before_anything_is_built(tiny_copy, claimbook):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = claimbook("serve", "--port", taken.getsockname()[1])
    assert refused.returncode == 1
    assert "cannot be used" in refused.stderr and "--port" in refused.stderr
    assert not (tiny_copy / "_build").exists()


# How it is run elsewhere

PAGE = "book/run-it-yourself.md"
HABITS = ["jupyter-book build .", "jupyter lab", "pytest --nbval book"]


def pins(name="requirements.txt"):
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", text(name), re.MULTILINE))


def blocks(name):
    return re.findall(r"```sh\n(.*?)```", text(name), re.DOTALL)


def test_one_file_installs_the_book_and_what_the_habits_need():
    assert text("requirements.txt").splitlines()[-1] == "-e ."
    held = pins()
    assert {"jupyter-book", "jupyterlab", "nbval", "pytest", "pytest-timeout"} <= set(held)
    # pip builds the package apart from all that is installed, with this and nothing else.
    (backend,) = tomllib.loads(text("pyproject.toml"))["build-system"]["requires"]
    assert backend == f"setuptools=={held['setuptools']}"
    assert held.items() <= pins("requirements-dev.txt").items()


def test_the_page_names_the_habits_as_they_are_typed():
    lines = [line for block in blocks(PAGE) for line in block.splitlines()]
    assert [line for line in lines if line in HABITS] == HABITS
    assert "pip install -r requirements.txt" in lines
    named = {line.split()[0] for line in lines} - {"python3", "."}
    assert all(Path(sys.executable).with_name(name).exists() for name in named), named


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_the_page_works_as_written_in_a_fresh_environment(tmp_path):
    """Its blocks, line by line, in a copy of the repository; JupyterLab ends once it answers."""
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True)
    for name in filter(None, listed.split("\0")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    settings = tmp_path / "jupyter_server_config.json"
    settings.write_text(
        json.dumps({"ServerApp": {"allow_root": True, "open_browser": False}}), encoding="utf-8"
    )
    lab = (
        "jupyter lab > lab.txt 2>&1 & "
        "for i in $(seq 120); do sleep 1; grep -q http://127 lab.txt && break; done; "
        "kill %1; grep http://127 lab.txt"
    )
    script = "\n".join(blocks(PAGE)).replace("jupyter lab\n", f"{lab}\n")
    keep = {name: os.environ[name] for name in os.environ if not name.startswith("CLAIMBOOK_")}
    ended = subprocess.run(
        ["bash", "-em", "-c", script],
        cwd=tmp_path,
        env=keep | {"JUPYTER_CONFIG_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=3_000,
    )
    assert ended.returncode == 0, ended.stdout[-3_000:] + ended.stderr[-3_000:]
    assert (tmp_path / "_build" / "html" / "results.json").is_file()


def test_what_others_start_is_the_same_book():
    container = json.loads(text(".devcontainer/devcontainer.json"))
    assert container["postCreateCommand"] == "make setup"
    (tested,) = [
        body["strategy"]["matrix"]["python"] for name, body in JOBS.items() if name == "ci.test"
    ]
    for version in (container["image"].split(":")[1], text("runtime.txt").strip().split("-")[1]):
        assert version in tested


@pytest.mark.parametrize("url", [REPOSITORY, f"{REPOSITORY}/", f"{REPOSITORY}.git"])
def test_with_a_repository_pages_say_where_they_can_be_run(url):
    path = "book/part/it-rose.ipynb"
    found = elsewhere.links(url, "main", path, chapter=True)
    assert found["Run it on Binder"] == (
        f"https://mybinder.org/v2/gh/someone/book/main?urlpath=lab/tree/{path}"
    )
    assert found["Run it on Colab"] == (
        f"https://colab.research.google.com/github/someone/book/blob/gh-pages/colab/{path}"
    )
    assert found["Source"] == f"{REPOSITORY}/blob/main/{path}"
    page = elsewhere.links(url, "main", "book/method.md", chapter=False)
    assert set(page) == {"Source", "History"}


def test_without_a_repository_no_page_points_at_one():
    assert elsewhere.links("", "main", "book/method.md", chapter=False) == {}
    other = elsewhere.links("https://example.org/book", "main", "book/a.ipynb", chapter=True)
    assert other == {"The repository": "https://example.org/book"}


def test_a_book_with_a_repository_links_to_it_and_holds_copies_for_colab(
    tiny, published_tiny, tmp_path
):
    assert not (tiny / "_build/html/colab").exists()
    before = (tiny / f"_build/html/{CHAPTER}").with_suffix(".html").read_text("utf-8")
    assert "cb-elsewhere" not in before and "mybinder" not in before
    site = published_tiny / "_build/html"
    assert f"{REPOSITORY}/blob/main/{CHAPTER}" in (site / CHAPTER).with_suffix(".html").read_text(
        "utf-8"
    )
    assert "&lt;h1" not in (site / "book/method.html").read_text("utf-8")
    assert f"{REPOSITORY}/blob/main/book/method.md" in (site / "book/method.html").read_text(
        "utf-8"
    )
    copy = json.loads((site / "colab" / CHAPTER).read_text("utf-8"))
    own = json.loads((published_tiny / CHAPTER).read_text("utf-8"))
    first, *rest = copy["cells"]
    assert ["".join(one["source"]) for one in rest] == [
        "".join(one["source"]) for one in own["cells"]
    ]
    assert not any(one.get("outputs") for one in copy["cells"])
    set_up(first, tmp_path)


def set_up(cell, folder):
    """Run the first cell where the book is not, and where it is: only the first installs."""
    (folder / "bin").mkdir()
    calls = folder / "calls"
    (folder / "bin" / "git").write_text(f'#!/bin/sh\necho "git $*" >> {calls}\n', encoding="utf-8")
    (folder / "bin" / "git").chmod(0o755)
    pip = folder / "pip.py"
    pip.write_text(f"import sys\nopen({str(calls)!r}, 'a').write(' '.join(sys.argv[1:]))\n")
    hide = "import importlib.util, sys; importlib.util.find_spec = lambda name: None\n"
    print_root = "\nprint(os.environ.get('CLAIMBOOK_ROOT'))"
    source = "".join(cell["source"])
    path = f"{folder / 'bin'}:/usr/bin:/bin"
    for before, root in ((hide, str(folder / "book")), ("", "None")):
        calls.write_text("")
        ended = subprocess.run(
            [sys.executable, "-c", f"{before}{source}{print_root}"],
            cwd=folder,
            env={"PATH": path, "PYTHONPATH": str(folder)},
            capture_output=True,
            text=True,
        )
        assert ended.stdout.strip() == root, ended.stderr
        said = f"git clone --quiet --depth=1 {REPOSITORY} book\ninstall --quiet ./book"
        assert calls.read_text("utf-8") == (said if before else "")
