"""However a chapter ends that does not run to its end, it is one sentence with cell and line."""

import pytest

import small
from claimbook.chapters import notebooks
from claimbook.chapters.notebooks import ChapterError
from claimbook.claims import claim as claims
from claimbook.claims.check import CheckError
from claimbook.estimates import Estimate

NAME = "book/part/it-rose.ipynb"
CHECK = "from claimbook import estimates, figures\nimport pandas as pd\n\n\ndef rose(wdi):\n"
ASKED = "claim.check('it-rose', rose)"
ENDS = [
    (["x = 1\n1 / 0"], "cell 1, line 2: ZeroDivisionError: division by zero"),
    (["def f():\n    return 1 / 0", "# later\nf()"], "cell 1, line 2: ZeroDivisionError: division"),
    (["x = ("], "cell 1, line 1: SyntaxError: incomplete input"),
    (["import os\nos._exit(3)"], "cell 1, which begins “import os”: its process was killed"),
    (
        ["import os, signal, time\ntime.sleep(2)\nos.kill(os.getpid(), signal.SIGKILL)"],
        "cell 1, line 2: its process was killed before it ended",
    ),
    (["import ctypes\nctypes.string_at(0)"], "cell 1, line 2: its process was killed"),
    (["import sys\nsys.exit(3)"], "cell 1: SystemExit: 3"),
    (  # at its third line but for moments
        ["import time\ndef f():\n    while True: time.sleep(1)", "# later\nf()"],
        "cell 1, line 3: takes more than 3 seconds",
    ),
    (
        ["def f():\n    while True: abs(1)", "# later\nf()"],
        "cell 1, line 2: takes more than 3 seconds",
    ),
    ([], "cell 1: CheckError: The check it-rose of it-rose is declared but was not run"),
    (
        [f"{CHECK}    return 1 / 0", ASKED],
        "cell 1, line 6: CheckError: The check it-rose fails with ZeroDivisionError: division",
    ),
    (
        [f"{CHECK}    return estimates.Estimate(float('nan'), 0, 1, 20, 'points')", ASKED],
        "cell 1, line 6: EstimateError: An estimate's value is nan",
    ),
    (["claim.value('x', float('nan'))"], "cell 1, line 1: CheckError: The value 'x' is nan"),
    (
        [
            f"{CHECK}    pass",
            "table = pd.DataFrame({'v': [3j]})\nfigures.chart(figures.go.Figure(), table, id='a', "
            "title='A', alt='B', unit='c', source='d')",
        ],
        "cell 2, line 2: ChartError: a chart holds 3j, a complex",
    ),
]


@pytest.mark.parametrize(("cells", "sentence"), ENDS)
def test_the_end_of_a_kernel_is_a_sentence_with_cell_and_line(
    small_book, monkeypatch, cells, sentence
):
    small.write_vintage(small_book, "current", small.changes([1, 2, 3]))
    small.write_claim(small_book, [small.check()])
    small.write_chapter(small_book, *cells)
    monkeypatch.setattr(notebooks, "CELL_SECONDS", 3 if "while" in "".join(cells) else 120)
    with pytest.raises(ChapterError) as raised:
        notebooks.executed(small_book / NAME)
    said = str(raised.value)
    assert said.startswith(f"{NAME}, {sentence}") and "\n" not in said, said


def test_a_kernel_that_does_not_start_is_a_sentence(small_book, monkeypatch):
    small.write_claim(small_book, [small.check()])
    small.write_chapter(small_book)

    async def launch_kernel(*_, **__):
        raise OSError("no more processes")

    monkeypatch.setattr(notebooks.Forked, "launch_kernel", launch_kernel)
    with pytest.raises(ChapterError, match=r"ipynb: its kernel did not start.*no more processes"):
        notebooks.executed(small_book / NAME)


def failing(wdi, scale):
    if scale == 2:
        raise KeyError("gone")
    return Estimate(1, 0, 2, 20, "points")


def test_a_failing_variant_names_option_and_value(small_book):
    small.write_vintage(small_book, "current", small.changes([1, 2, 3]))
    small.write_claim(small_book, [small.check(options={"scale": [1, 2]})])
    said = r"The check it-rose fails, asked with scale: 2, with KeyError: 'gone'"
    with pytest.raises(CheckError, match=said):
        claims.claim("it-rose").check("it-rose", failing)


def test_a_vintage_that_ends_too_early_says_when_and_lists_nobody(small_book):
    small.write_vintage(small_book, "2013-12", small.changes([1, 2, 3]))
    late = {name: {2000: 0, 2001: 1, 2009: 2} for name in small.NAMES}
    small.write_vintage(small_book, "current", late)
    small.write_claim(small_book, [small.check()])

    def rose(wdi):
        held = wdi[small.CODE]
        if 2009 not in held:
            return None
        return Estimate(1, 0, 2, 20, "points", economies=held[2009])

    check = claims.claim("it-rose").check("it-rose", rose)
    assert "2013-12  inconclusive: no estimate, its figures end in 2001" in repr(check)
    assert check.ends == {"2013-12": 2001} and check.lost == {"current": []}
