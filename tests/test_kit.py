"""The chapter kit: a chapter starts from its template, and the review names what is wrong."""

from __future__ import annotations

import json
import re

import pytest
from ruamel.yaml import YAML

from claimbook import status
from claimbook.chapters import review, scaffold
from claimbook.chapters.book import Book
from claimbook.data import snapshot
from claimbook.errors import ClaimbookError
from conftest import ROOT

NAME = "inequality-rose"
STATISTIC_AND_SAMPLE = """      statistic: [median, mean, population-weighted mean]
      sample: [all, without transition economies]
"""
CLAIM = f"book/inequality/{NAME}.yml"
CHAPTER = f"book/inequality/{NAME}.ipynb"


def contents(root):
    return YAML(typ="safe").load((root / "_toc.yml").read_text(encoding="utf-8"))


def test_an_untouched_chapter_runs_and_builds_inconclusive(copy, claimbook):
    ended = claimbook("new", "savings-fell", "--part", "credit", "--series", "SI.POV.GINI")
    assert ended.returncode == 0, ended.stderr
    assert (copy / "book/credit/index.md").is_file()
    captions = [part["caption"] for part in contents(copy)["parts"]]
    assert captions.index("Credit") == captions.index("How it is made") - 1
    undeclared = claimbook("run")
    assert undeclared.returncode == 1 and "claimbook declare savings-fell" in undeclared.stderr
    assert claimbook("declare", "savings-fell", "--seen", "no").returncode == 0
    ran = claimbook("run")
    assert ran.returncode == 0, ran.stderr
    assert Book().output("savings-fell")["verdict"] == "inconclusive"
    built = claimbook("build")
    assert built.returncode == 0, built.stdout + built.stderr
    page = (copy / "_build/html/book/credit/savings-fell.html").read_text(encoding="utf-8")
    assert "cb-verdict--inconclusive" in page
    feed = json.loads((copy / "_build/html/results.json").read_text(encoding="utf-8"))
    claim = next(claim for claim in feed["claims"] if claim["id"] == "savings-fell")
    assert claim["checks"][0]["estimate"] is None
    checked = claimbook("check", "savings-fell", "--quick")
    assert checked.returncode == 1
    assert "book/credit/savings-fell.yml: line 7 is still to be filled in" in checked.stdout


def test_a_second_chapter_joins_its_part_and_comments_stay(copy, claimbook):
    toc = copy / "_toc.yml"
    toc.write_text("# kept\n" + toc.read_text(encoding="utf-8"), encoding="utf-8")
    scaffold.new_chapter("gap-grew", "inequality", ["SI.POV.GINI"], paragraphs=[3])
    assert toc.read_text(encoding="utf-8").startswith("# kept\n")
    part = next(part for part in contents(copy)["parts"] if part["caption"].startswith("Inside"))
    assert part["chapters"][-1] == {"file": "book/inequality/gap-grew"}
    assert Book().essays["tonelson-2014"]["paragraphs"][2]["claims"][-1] == "gap-grew"


def test_a_book_of_two_essays_builds(copy, claimbook):
    assert claimbook("new-essay", "somebody-1999").returncode == 0
    refused = claimbook("new", "a-claim", "--part", "other", "--series", "SI.POV.GINI")
    assert refused.returncode == 1
    assert "Name the essay with --essay" in refused.stderr
    made = claimbook(
        *("new", "a-claim", "--part", "other", "--series", "SI.POV.GINI"),
        *("--essay", "somebody-1999"),
    )
    assert made.returncode == 0, made.stderr
    assert claimbook("declare", "a-claim", "--seen", "no").returncode == 0
    assert claimbook("run").returncode == 0
    built = claimbook("build")
    assert built.returncode == 0, built.stdout + built.stderr
    page = (copy / "_build/html/book/other/a-claim.html").read_text(encoding="utf-8")
    assert "FILL IN: the author, 1999" in page


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("x", "credit", ["SI.POV.GNI"]), "claimbook refresh SI.POV.GNI"),
        ((NAME, "credit", ["SI.POV.GINI"]), "exists already"),
        (("Not_A_Slug", "credit", ["SI.POV.GINI"]), "lower case"),
        (("x", "Credit!", ["SI.POV.GINI"]), "lower case"),
        (("x", "credit", []), "at least one series"),
        (("x", "credit", ["SI.POV.GINI"], "nobody"), "Name the essay"),
        (("x", "credit", ["SI.POV.GINI"], None, [99]), "no paragraph 99"),
    ],
)
def test_what_cannot_be_started_is_refused_and_nothing_written(copy, arguments, sentence):
    before = sorted(copy.rglob("*"))
    with pytest.raises(ClaimbookError, match=sentence):
        scaffold.new_chapter(*arguments)
    assert sorted(copy.rglob("*")) == before


def test_the_chapters_of_the_book_have_nothing_to_mend():
    for claim_id in Book().chapters:
        found = review.review(Book(), claim_id, quick=True)
        assert not found, [finding.as_text() for finding in found]


def test_transition_economies_are_listed_in_every_vintage_and_were_developing():
    for vintage in snapshot.vintages():
        assert status.TRANSITION.isin(snapshot.read(vintage).economies.index).all()
    classified = status.income_classes(snapshot.read(), 1990)["class"].reindex(status.TRANSITION)
    assert not (classified == status.HIGH).any()


def edit(path, before, after):
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def cells(path, change):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    change(notebook["cells"])
    path.write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")


def in_markdown(text):
    return lambda root: cells(root / CHAPTER, lambda all_of: all_of[1]["source"].append(text))


def in_code(text):
    return lambda root: cells(root / CHAPTER, lambda all_of: all_of[3]["source"].insert(0, text))


def in_claim(before, after):
    return lambda root: edit(root / CLAIM, before, after)


def without_a_count(root):
    cells(root / CHAPTER, lambda all_of: all_of[6].update(execution_count=None))


def without_an_output(root):
    cells(root / CHAPTER, lambda all_of: all_of[6].update(outputs=[]))


def without_alt_text(root):
    text = (root / CHAPTER).read_text(encoding="utf-8")
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            for drawn in output.get("data", {}).values():
                if isinstance(drawn, dict) and "layout" in drawn:
                    drawn["layout"]["meta"]["claimbook"]["alt"] = ""
    (root / CHAPTER).write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")


def with_one_chart(root):
    def change(all_of):
        drawn = [cell for cell in all_of if "figures.chart(" in "".join(cell["source"])]
        for cell in drawn[1:]:
            cell["outputs"] = []

    cells(root / CHAPTER, change)


def with_an_id_twice(root):
    text = (root / CHAPTER).read_text(encoding="utf-8")
    changed = text.replace('"id": "largest-moves"', '"id": "gini-changes"')
    assert changed != text
    (root / CHAPTER).write_text(changed, encoding="utf-8")


BROKEN = [
    (with_one_chart, "shows 1 charts, not 2 to 5"),
    (with_an_id_twice, "two charts have the id gini-changes"),
    (
        in_claim("series: [SI.POV.GINI", "series: [SI.POV.GNI"),
        r"SI\.POV\.GNI is not in the snapshot",
    ),
    (in_claim("written_for: mixed", "written_for: supported"), "was written for the verdict"),
    (in_claim("smallest_effect: 1", "smallest_effect: 2"), "stale: .* the checks of its claim"),
    (in_claim("title: Did", "titel: Did"), "the field title is missing|not known"),
    (in_claim("The interval lies below zero", "FILL IN"), "still to be filled in"),
    (in_claim(STATISTIC_AND_SAMPLE, ""), "has 12 variants, not 24 to 400"),
    (in_claim("{key: lakner2016, stance: against}", "{key: lakner2016, stance: for}"), None),
    (in_claim("key: dollar2002", "key: nobody1900"), r"nobody1900 is not in book/references\.bib"),
    (in_claim("key: kremer1996", "key: simonsohn2020"), "simonsohn2020 .* never cited"),
    (in_markdown("\n\nThis is 12.5 higher."), "the number 12.5 is typed"),
    (in_markdown("\n\nSee [this](nowhere.md)."), "the link nowhere.md leads nowhere"),
    (in_markdown("\n\nIt is teh end."), "a spelling mistake.*teh"),
    (in_markdown("\n\n" + "many words " * 700), r"words of prose, not 600 to 1,200"),
    (in_markdown("\n\nFILL IN this."), "cell 1: is still to be filled in"),
    (in_code("import requests\n"), "cell 3: 'import requests' reaches for the network"),
    (in_code("x = 1\n"), "is stale: run .* its code cells"),
    (without_a_count, "cell 6: has no execution count"),
    (without_an_output, "cell 6: computes but stores no output"),
    (without_alt_text, "the chart “gini-changes” has no alt: add"),
]


@pytest.mark.parametrize(("breaking", "sentence"), BROKEN)
def test_each_rule_names_what_breaks_it(copy, breaking, sentence):
    breaking(copy)
    texts = "\n".join(finding.as_text() for finding in review.review(Book(), NAME, quick=True))
    if sentence is None:
        assert texts == ""  # other literature stands against, and words stale nothing
        return
    assert re.search(sentence, texts), texts


@pytest.mark.parametrize(
    "text", ["in 1988–95", "¶3", "a 95 % interval", "`12` lines", "[−2.0](value:a.b)", "one in two"]
)
def test_numbers_that_may_be_typed(copy, text):
    in_markdown(f"\n\nThis is {text}, surely.")(copy)
    found = [finding.message for finding in review.review(Book(), NAME, quick=True)]
    assert not [message for message in found if "is typed" in message]


def test_a_cell_that_depends_on_the_clock_is_found_by_running_it(copy, claimbook):
    path = copy / CHAPTER
    cells(path, lambda all_of: all_of[6]["source"].append("\nimport time\nprint(time.time_ns())"))
    assert claimbook("run", NAME).returncode == 0
    ended = claimbook("check", NAME)
    assert ended.returncode == 1
    assert "cell 6: gives another output when it is run again" in ended.stdout


def test_a_chapter_that_takes_too_long_is_found_by_running_it(copy, monkeypatch):
    monkeypatch.setattr(review, "SECONDS", 0)
    found = [finding.message for finding in review.review(Book(), NAME)]
    assert any("s to execute, more than 0" in message for message in found)


def test_annotations_for_github(copy, claimbook):
    in_claim("The interval lies below zero", "FILL IN")(copy)
    ended = claimbook("check", NAME, "--quick", "--format", "github")
    assert f"::error file={CLAIM}::line" in ended.stdout


def walk():
    """The commands of CONTRIBUTING's walk through a chapter, in their order."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.split("## A chapter, from the idea to the pull request")[1].split("\n## ")[0]
    commands = [found.split() for found in re.findall(r"`claimbook ([^`]+)`", section)]
    firsts = list(dict.fromkeys(command[0] for command in commands))
    return firsts, commands


def test_the_walk_of_contributing_leads_to_a_chapter(copy, claimbook):
    firsts, commands = walk()
    assert [name for name in firsts if name != "new-essay"] == ["new", "declare", "run", "check"]
    values = {"CLAIM-ID": "savings-fell", "PART": "credit", "CODE…": "SI.POV.GINI"}
    for name in ("new", "declare", "run", "check"):
        longest = max((one for one in commands if one[0] == name), key=len)
        ended = claimbook(*(values.get(word, word) for word in longest))
        if name == "check":
            assert ended.returncode == 1, "an untouched chapter has places to fill in"
            assert "still to be filled in" in ended.stdout
        else:
            assert ended.returncode == 0, ended.stderr
    built = claimbook("build")
    assert built.returncode == 0, built.stdout + built.stderr
