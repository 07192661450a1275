"""The chapter kit: a chapter starts from its template, and the review names what is wrong."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from ruamel.yaml import YAML

from books import ROOT, edit, opened
from claimbook import status
from claimbook.chapters import notebooks, review, scaffold
from claimbook.claims import essay_words, grid
from claimbook.data import snapshot
from claimbook.errors import ClaimbookError

NAME = "gini-fell"
CLAIM = f"book/lands/{NAME}.yml"
CHAPTER = f"book/lands/{NAME}.ipynb"
STATISTIC = "      statistic: [median, mean]\n"
ESSAY = "somebody-1999"


def contents(root):
    return YAML(typ="safe").load((root / "_toc.yml").read_text(encoding="utf-8"))


def walk():
    """The commands of CONTRIBUTING's walk through a chapter, in their order."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.split("## A chapter, from the idea to the pull request")[1].split("\n## ")[0]
    commands = [found.split() for found in re.findall(r"`claimbook ([^`]+)`", section)]
    firsts = list(dict.fromkeys(command[0] for command in commands))
    return {name: max((c for c in commands if c[0] == name), key=len) for name in firsts}


def test_the_walk_of_contributing_leads_to_a_chapter_of_a_new_essay(tiny_copy, claimbook):
    commands = walk()
    del commands["serve"]  # it serves until it is stopped; what it builds is built below
    assert [name for name in commands if name != "new-essay"] == ["new", "declare", "run", "check"]
    assert claimbook("new-essay", ESSAY).returncode == 0
    values = {"CLAIM-ID": "savings-fell", "PART": "credit", "CODE…": "SI.POV.GINI"}
    for name, longest in commands.items():
        asked = [values.get(word, word) for word in longest]
        if name == "new":
            refused = claimbook(*asked)
            assert refused.returncode == 1
            assert "Name the essay with --essay" in refused.stderr
            asked += ["--essay", ESSAY]
        if name == "declare":
            undeclared = claimbook("run")
            assert undeclared.returncode == 1
            assert "claimbook declare savings-fell" in undeclared.stderr
        if name == "new-essay":
            continue
        ended = claimbook(*asked)
        if name == "check":
            assert ended.returncode == 1, "an untouched chapter has places to fill in"
            claim = tiny_copy / "book/credit/savings-fell.yml"
            lines = enumerate(claim.read_text(encoding="utf-8").splitlines(), 1)
            places = [number for number, line in lines if "FILL IN" in line]
            assert len(places) > 3
            for number in places:
                assert f"savings-fell.yml: line {number} is still to be filled in" in ended.stdout
        else:
            assert ended.returncode == 0, ended.stderr
        if name == "new":
            for path in ("credit/savings-fell.yml", "credit/index.md", f"essays/{ESSAY}.yml"):
                assert f"wrote book/{path}\n" in ended.stdout
            assert "wrote _toc.yml\n" in ended.stdout
    test = (tiny_copy / "tests/test_savings_fell.py").read_text(encoding="utf-8")
    assert "test_savings_fell.py: line" in ended.stdout
    exec(compile(test, "test_savings_fell.py", "exec"), stub := {})
    with pytest.raises(pytest.fail.Exception, match=r"FILL IN tests/test_savings_fell\.py"):
        stub["recomputed"](tiny_copy)
    assert (tiny_copy / "book/credit/index.md").is_file()
    primary = YAML(typ="safe").load(claim)["checks"][0]
    assert len(grid.variants(primary["options"])) == 24
    captions = [part["caption"] for part in contents(tiny_copy)["parts"]]
    assert captions.index("Credit") == captions.index("How it is made") - 1
    refused = claimbook("build")
    assert refused.returncode == 1
    assert "savings-fell has places to fill in: `claimbook check savings-fell`" in refused.stderr
    assert "claimbook build --draft" in refused.stderr
    in_claim("smallest_effect: 1", "smallest_effect: 2")(tiny_copy)
    built = claimbook("build", "--draft")
    assert built.returncode == 0, built.stdout + built.stderr
    assert not (tiny_copy / "_build" / "html").exists(), "a draft is never where readers look"
    site = tiny_copy / "_build" / "draft" / "_build" / "html"
    new, stale, sound = (
        (site / f"book/{name}.html").read_text(encoding="utf-8")
        for name in ("credit/savings-fell", "lands/gini-fell", "coins/fair-coin")
    )
    assert re.search(r"cb-draft.*savings-fell has places to fill in.*</aside>", new, re.DOTALL)
    assert "cb-verdict--inconclusive" in new
    assert "FILL IN: the author, 1999" in new
    for sentence in ("gini-fell is stale: run", "gini-fell has checks that are not declared"):
        assert sentence in stale
    assert "cb-card" not in stale, "what it stored answers another claim file"
    for draft in (new, stale):
        assert "noindex" in draft and "ClaimReview" not in draft
    assert "cb-draft" not in sound and "noindex" not in sound and "ClaimReview" in sound
    feed = json.loads((site / "results.json").read_text(encoding="utf-8"))
    assert [claim["id"] for claim in feed["claims"]] == ["fair-coin"]


def test_an_essay_is_known_by_the_hashes_of_its_words(tiny_copy, claimbook):
    text = "It was, they say, “never” so; nor will it be again."
    (tiny_copy / "essay.txt").write_text(text, encoding="utf-8")
    assert claimbook("new-essay", "third-2001", "--text", "essay.txt").returncode == 0
    held = (tiny_copy / "book/essays/third-2001.hashes").read_text("utf-8").split()
    assert len(held) == 3 and all(re.fullmatch("[0-9a-f]{12}", one) for one in held)
    assert list(essay_words.quoted("As it was they say never so nor will it", held))
    assert not list(essay_words.quoted("It was they say never so nor WOULD it", held))


def test_a_second_chapter_joins_its_part_and_comments_stay(tiny_copy, claimbook):
    toc = tiny_copy / "_toc.yml"
    toc.write_text("# kept\n" + toc.read_text(encoding="utf-8"), encoding="utf-8")
    asked = ["--part", "lands", "--series", "SI.POV.GINI", "--essay", "first-2014"]
    assert claimbook("new", "gap-grew", *asked, "--paragraph", "2").returncode == 0
    assert toc.read_text(encoding="utf-8").startswith("# kept\n")
    part = next(part for part in contents(tiny_copy)["parts"] if part["caption"] == "Lands")
    assert part["chapters"][-1] == {"file": "book/lands/gap-grew"}
    essay = (tiny_copy / "book/essays/first-2014.yml").read_text(encoding="utf-8")
    second = YAML(typ="safe").load(essay)["paragraphs"][1]
    assert second["claims"] == ["gap-grew"]
    assert "no_claim_because" not in second


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("x", "credit", ["SI.POV.GNI"], "first-2014"), "claimbook refresh SI.POV.GNI"),
        ((NAME, "credit", ["SI.POV.GINI"], "first-2014"), "exists already"),
        (("Not_A_Slug", "credit", ["SI.POV.GINI"], "first-2014"), "lower case"),
        (("x", "Credit!", ["SI.POV.GINI"], "first-2014"), "lower case"),
        (("x", "credit", [], "first-2014"), "at least one series"),
        (("x", "credit", ["SI.POV.GINI"]), "Name the essay"),
        (("x", "credit", ["SI.POV.GINI"], "nobody"), "Name the essay"),
        (("x", "credit", ["SI.POV.GINI"], "first-2014", [99]), "no paragraph 99"),
    ],
)
def test_what_cannot_be_started_is_refused_and_nothing_written(tiny_copy, arguments, sentence):
    before = sorted(tiny_copy.rglob("*"))
    with pytest.raises(ClaimbookError, match=sentence):
        scaffold.new_chapter(*arguments)
    assert sorted(tiny_copy.rglob("*")) == before


def test_the_chapters_of_the_book_have_nothing_to_mend(claimbook):
    ended = claimbook("check", "--quick")
    assert ended.returncode == 0, ended.stdout
    assert ended.stdout.endswith("Nothing to mend.\n"), "before it stand warnings"


def test_transition_economies_are_listed_in_every_vintage_and_were_developing():
    for vintage in snapshot.vintages():
        assert status.TRANSITION.isin(snapshot.read(vintage).economies.index).all()
    classified = status.income_classes(snapshot.read(), 1990)["class"].reindex(status.TRANSITION)
    assert not (classified == status.HIGH).any()


def in_markdown(text):
    def breaking(root):
        with opened(root / CHAPTER) as cells:
            cells[1]["source"].append(text)

    return breaking


def in_code(text):
    def breaking(root):
        with opened(root / CHAPTER) as cells:
            cells[2]["source"].insert(0, text)

    return breaking


def in_claim(before, after):
    return lambda root: edit(root / CLAIM, before, after)


def in_bibliography(entry):
    path = "book/references.bib"
    return lambda root: (root / path).write_text((root / path).read_text("utf-8") + f"\n{entry}\n")


def without_an_option(root):
    edit(root / CLAIM, STATISTIC, "")
    edit(root / CLAIM, "  statistic: {label: Which middle}\n", "")
    edit(root / CLAIM, "{statistic} change", "median change")


def without_a_count(root):
    with opened(root / CHAPTER) as cells:
        cells[7]["execution_count"] = None


def without_an_output(root):
    with opened(root / CHAPTER) as cells:
        cells[7]["outputs"] = []


def charts(cells):
    """The drawn charts among cells."""
    shown = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    return [
        one for data in shown for one in data.values() if isinstance(one, dict) and "layout" in one
    ]


def without_alt_text(root):
    with opened(root / CHAPTER) as cells:
        charts(cells)[0]["layout"]["meta"]["claimbook"]["alt"] = ""


def with_an_id_twice(root):
    with opened(root / CHAPTER) as cells:
        first, second = charts(cells)
        second["layout"]["meta"]["claimbook"]["id"] = first["layout"]["meta"]["claimbook"]["id"]


def retitled(root):
    with opened(root / CHAPTER) as cells:
        cells[0]["source"] = "# Did it?"


def quoting(root):
    row = "one two three four five six seven eight nine"
    path = root / "book/essays/first-2014.hashes"
    path.write_text("\n".join(essay_words.hashes(row)), encoding="utf-8")
    in_markdown("\n\nIt is One, two, three; four five six seven “eight” nine.")(root)


BROKEN = [
    (without_an_output, "shows 1 charts, not 2 to 5"),
    (with_an_id_twice, "two charts have the id moves"),
    (in_claim("series: [SI.POV.GINI", "series: [SI.POV.GNI"), r"SI\.POV\.GNI is not in the snapsh"),
    (in_claim("written_for: in", "written_for: supported # in"), "was written for the verdict"),
    (in_claim("smallest_effect: 1", "smallest_effect: 2"), "stale: .* claim file"),
    (in_claim("title: Did", "titel: Did"), "the field title is missing|not known"),
    (in_claim("The interval lies above", "FILL IN"), "still to be filled in"),
    (without_an_option, "has 12 variants, not 24 to 400"),
    (
        in_claim("value:gini-change.v", "value:gini-chang.v"),
        "yml.* field answer: value:gini-chang.value",
    ),
    (in_bibliography("@misc{half1999, title = {x"), r"book/references\.bib: .*line \d+"),
    (
        in_bibliography("@misc{somebody1999, title = {x}}"),
        "repeated bibliography entry: somebody1999",
    ),
    (in_claim("smallest_effect: 1", "smallest_effect: 3"), "not declared as they stand"),
    (in_claim("answer: ", "# "), "the field answer is missing: one sentence"),
    (in_claim("economy: ", "# "), "the field economy is missing: the sentence about one"),
    (in_claim('points."', f'{"points " * 30}."'), "the answer has 4. words, more than 30"),
    (in_claim("{key: somebody1999, stance: for}", "{key: somebody1999, stance: context}"), None),
    (in_claim("stance: against", "stance: for"), "no literature has the stance against"),
    (in_claim("key: nobody2001", "key: nobody1900"), r"nobody1900 is not in book/references\.bib"),
    (
        lambda root: (
            in_claim("key: nobody2001", "key: uncited1999")(root),
            edit(
                root / "book/references.bib",
                "@book{nobody2001",
                "@book{uncited1999,}\n@book{nobody2001",
            ),
        ),
        "uncited1999 .* never cited",
    ),
    (in_markdown("\n\nThis is 12.5 higher."), "the number 12.5 is typed"),
    (in_markdown("\n\nIt is `99`."), "the number 99 is typed"),
    (in_markdown("\n\nIt is $99$."), "the number 99 is typed"),
    (in_markdown("\n\n{cite:t}`lakner2016` found 5. We find 6."), "the number 6 is typed"),
    (in_markdown("\n\nIt is 95 % sure."), "the number 95 % is typed"),
    (in_markdown("\n\nThe verdict is **supported**."), r"the verdict is typed \(is \*\*supp"),
    (in_markdown("\n\nThe claim is now clearly contradicted."), r"typed \(is now clearly contra"),
    (in_markdown("\n\nSo these figures contradict it."), r"typed \(figures contradict it\)"),
    (in_markdown("\n\nBy ½ of it."), "the number 1 is typed"),
    (in_markdown("\n\nBy ٣ or &#57; points."), "(?s)the number ٣ is typed.*the number 9 is typed"),
    (in_markdown("\n\nIt is $x = 9.9$."), "the number 9.9 is typed"),
    (in_markdown('\n\nSee [this](gini-fell.yml "by 9.9")'), "the number 9.9 is typed"),
    (in_claim("title: Did", "title: By 9.9, did"), "in title, the number 9.9 is typed"),
    (in_markdown("\n\nIt is *mixed*."), r"the verdict is typed \(is \*mixed\)"),
    (in_markdown("\n\nBy −[2](value:a.b)."), "has a sign or digit at its side"),
    (in_markdown("\n\nBy [2](value:a.b)0."), "has a sign or digit at its side"),
    (in_markdown("\n\nFrom US\\$ 7.5 to US\\$ 9."), "the number 7.5 is typed"),
    (in_markdown("\n\nSee [this](nowhere.md)."), "the link nowhere.md leads nowhere"),
    (in_markdown("\n\nIt is teh end."), "a spelling mistake.*teh"),
    (in_markdown("\n\n" + "many words " * 700), r"has 1\d\d\d words of prose, not 600 to 1,200"),
    (in_markdown("\n\nFILL IN this."), "cell 1: is still to be filled in"),
    (in_code("import requests\n"), "cell 2: imports requests: a chapter reads its figures"),
    (in_code("x = 1\n"), "is stale: run .* its code cells"),
    (retitled, "its heading is “Did it.”, its claim file's title “Did"),
    (quoting, "quotes the essay, “one two three four five six seven eight nine”: say it in other"),
    (without_a_count, "cell 7: has no execution count"),
    (without_an_output, "cell 7: computes but stores no output"),
    (without_alt_text, "the chart “moves” has no alt: add"),
]


@pytest.fixture(scope="module")
def sound(executed_tiny):
    """What the review finds of the chapter as it is: it is shorter than a chapter should be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLAIMBOOK_ROOT", str(executed_tiny))
        from claimbook.chapters.book import Book

        return "".join(f"{found.as_text()}\n" for found in review.review(Book(), NAME, quick=True))


@pytest.mark.parametrize(("breaking", "sentence"), BROKEN)
def test_each_rule_names_what_breaks_it(tiny_copy, claimbook, sound, breaking, sentence):
    assert sound.count("\n") == 1 and "words of prose" in sound
    breaking(tiny_copy)
    found = claimbook("check", NAME, "--quick").stdout
    if sentence is None:
        assert found == sound  # other literature stands against, and words stale nothing
        return
    assert re.search(sentence, found), found
    assert not re.search(sentence, sound)


@pytest.mark.parametrize(
    "text",
    [
        "in 1988–95",
        "¶3",
        "a 95 % interval",
        "[−2.0](value:a.b)",
        "one in two",
        "$2r^a > r^{a+b} + 1$",
        "what is supported here; it would be mixed, were it contradicted",
    ],
)
def test_numbers_that_may_be_typed(tiny_copy, claimbook, text):
    in_markdown(f"\n\nThis is {text}, surely.")(tiny_copy)
    assert "is typed" not in claimbook("check", NAME, "--quick").stdout


def a_faulty_claim_file(root):
    edit(root / CLAIM, "id: gini-fell", "id: gini-fell\nid: gini-fell")
    return f"{CLAIM}: line 2: the key id stands twice: keep one."


def a_faulty_essay(root):
    edit(root / "book/essays/first-2014.yml", "paragraph: 2", "paragraph: 9")
    return "book/essays/first-2014.yml: line "


def a_stray_notebook(root):
    shutil.copy(root / CHAPTER, root / "book/lands/alone.ipynb")
    return "book/lands/alone.ipynb: has no claim file: write alone.yml beside it."


def a_stray_claim_file(root):
    (root / CHAPTER).unlink()
    return f"{CLAIM} has no chapter: write {CHAPTER} beside it"


def not_in_the_contents(root):
    edit(root / "_toc.yml", "      - file: book/lands/gini-fell\n", "")
    return "_toc.yml: does not name book/lands/gini-fell: add it there."


def gone_from_the_book(root):
    edit(root / "_toc.yml", "book/lands/index\n", "book/lands/index\n      - file: book/gone\n")
    return "_toc.yml: names book/gone, which is gone: take it off."


@pytest.mark.parametrize(
    "breaking",
    [
        *(a_faulty_claim_file, a_faulty_essay, a_stray_notebook, a_stray_claim_file),
        *(not_in_the_contents, gone_from_the_book),
    ],
)
def test_what_is_wrong_with_the_book_is_said_once_at_its_file(tiny_copy, claimbook, breaking):
    sentence = breaking(tiny_copy)
    ended = claimbook("check", "--quick")
    said = (ended.stdout + ended.stderr).replace("claimbook: ", "").splitlines()
    assert ended.returncode == 1
    assert sum(line.startswith(sentence) for line in said) == 1, said
    assert sum(sentence.split(":")[0] in line for line in said) == 1, said


def test_a_faulty_claim_file_is_said_before_anything_is_executed(tiny_copy, claimbook, monkeypatch):
    monkeypatch.setattr(notebooks, "executed", None)
    edit(tiny_copy / CLAIM, "expects: fall", "expects: sink")
    ended = claimbook("run", NAME)
    assert ended.returncode == 1
    assert f"claimbook: {CLAIM}, line 25, field checks[0].expects: " in ended.stderr


def test_a_chapter_that_takes_too_long_is_found_by_running_it(tiny_copy, claimbook, monkeypatch):
    monkeypatch.setattr(review, "SECONDS", 0)
    assert "s to execute, more than 0" in claimbook("check", "fair-coin").stdout


def test_annotations_for_github(tiny_copy, claimbook):
    in_claim("The interval lies above", "FILL IN")(tiny_copy)
    ended = claimbook("check", NAME, "--quick", "--format", "github")
    assert f"::error file={CLAIM}::line" in ended.stdout
