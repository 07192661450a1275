"""What a chapter may not do: each forgery is one sentence, and ordinary code is left alone."""

import nbformat
import pytest

from books import code, edit, opened
from claimbook.chapters import allowed

ID = "gini-fell"
OPENING = f'import claimbook\nfrom claimbook import estimates\n\nclaim = claimbook.claim("{ID}")'
CHECK = (
    "def fell(wdi, start, end):\n    return estimates.median(wdi['A.B'][start] - wdi['A.B'][end])"
    "\n\n\nclaim.check('fell', fell)"
)


def said(tmp_path, *cells, claim_id=ID, **metadata):
    """What is said of a chapter whose cells are code, or made already."""
    made = [c if isinstance(c, dict) else nbformat.v4.new_code_cell(c) for c in cells]
    notebook = nbformat.v4.new_notebook(cells=made, metadata=metadata)
    return [one.message for one in allowed.faults(notebook, claim_id, tmp_path / "it.ipynb")]


def prose(text, **metadata):
    return nbformat.v4.new_markdown_cell(text, metadata=metadata)


def shows(data, source="claim.checks", **fields):
    output = nbformat.v4.new_output("execute_result", data=data)
    return nbformat.v4.new_code_cell(source, outputs=[output], **fields)


FORGED = [
    ("estimates.median = print", "assigns to estimates.median"),
    ("tool = estimates\ntool.median = print", "assigns to tool.median"),
    ("claim.declared['checks'][0]['smallest_effect'] = 0", "assigns to claim.declared"),
    ("claim.declared['checks'][0].update(smallest_effect=0)", "update changes what is not the"),
    ("found = claim.check('x', print)\nfound.variants['headline'] = 1", "assigns to found.var"),
    ("del claim.checks['fell']", "assigns to claim.checks['fell']"),
    ("claim.values.update(x=1)", "claim.values.update changes what is not the chapter's own"),
    ("claim.value('fall', -9.9)", "claim.value('fall', -9.9) keeps what is typed"),
    (
        nbformat.from_dict(prose("x") | {"attachments": {"a.png": {}}}),
        "holds a picture that no code has drawn",
    ),
    ("estimates = print", "gives estimates, of the library, another meaning"),
    ("def claim():\n    pass", "sets claim: it is opened once, by `claim = claimbook.claim('gini"),
    ("claim = claimbook.claim('other')", "sets claim: it is opened once"),
    ("setattr(estimates, 'median', print)", "uses setattr"),
    ("exec('1')", "uses exec"),
    ("globals()['x'] = 1", "uses globals"),
    ("open('x')", "uses open"),
    ("display({}, raw=True)", "uses display"),
    ("class A:\n    def _repr_mimebundle_(self):\n        pass", "defines _repr_mimebundle_"),
    ("claim._snapshots", "reaches for claim._snapshots, a private name"),
    ("wdi.store.frame('A.B')", "reaches for wdi.store, behind a snapshot's doors"),
    ("from claimbook.data import snapshot", "imports claimbook.data.snapshot"),
    ("import claimbook.claims.rule", "imports claimbook.claims.rule"),
    ("claimbook.data.snapshot.read()", "reaches for claimbook.data"),
    ("import os", "imports os: a chapter reads its figures from the snapshot"),
    ("from pathlib import Path", "imports pathlib"),
    ("import helper", "imports helper, a file beside the chapter"),
    (
        "import pandas as pd\npd.read_csv('x.csv')",
        "pd.read_csv, which reads what no claim file declares",
    ),
    ("import numpy as np\nnp.load('x')", "np.load, which reads what no claim file declares"),
    ("import plotly.express as px\npx.data.tips()", "px.data, which reads what no claim file"),
    ("from plotly.data import tips", "imports plotly.data.tips, which reads what"),
    ("type(claim).verdict = 'supported'", "assigns to type(claim).verdict, which is not the chap"),
    ("def patch(tool):\n    tool.median = print\npatch(estimates)", "assigns to tool.median"),
    ("for one in claim.checks.values():\n    one['x'] = 1", "assigns to one['x'], which is not"),
    ("[one.lost.update(x=1) for one in claim.checks.values()]", "one.lost.update changes what"),
    ("first, _ = estimates, 1\nfirst['median'] = print", "assigns to first['median'], which is"),
    ("(tool := claim).declared['x'] = 1", "which is not the chapter's own"),
    ("try:\n    1 / 0\nexcept ValueError as estimates:\n    pass", "gives estimates, of the lib"),
    ("import numpy as estimates", "gives estimates, of the library, another meaning"),
    ("match 1:\n    case claim:\n        pass", "sets claim: it is opened once"),
    ("def f():\n    global claim\n    claim = 1", "sets claim: it is opened once"),
    ("other = claimbook.claim('other').snapshot()", "opens a claim: that is done once, by"),
    ("from claimbook.estimates import *", "imports claimbook.estimates.*: name what is used"),
    ("import socket", "imports socket: a chapter reads its figures from the snapshot"),
    ("from pandas import read_csv as table", "imports pandas.read_csv, which reads what no claim"),
    ("import pandas as pd\ntool = pd\ntool.read_json('x')", "tool.read_json, which reads wh"),
    ("import pandas as pd\ngetattr(pd, 'read_csv')('x')", "write the name after a point"),
    ("import scipy.io", "imports scipy.io, which reads what no claim file"),
    ("import pandas as pd\npd.DataFrame().to_csv('x.csv')", "to_csv, which writes a file"),
    ("claim.value(name='fall', number=float('-9.9'))", "keeps what is typed"),
    ("print('verdict: supported', 9.9)", "print('verdict: supported', 9.9) shows what is typed"),
    ("import pandas as pd\npd.DataFrame({'moved': [9.9]})", "shows what is typed: compute it"),
    (
        "import pandas as pd\nfrom claimbook import figures\ntable = pd.DataFrame({'moved': [9.9]})"
        "\nfigures.chart(figures.go.Figure(), table, id='a')",
        "figures.chart(figures.go.Figure(), table, id='a') shows what is typed",
    ),
    (
        "def fell(wdi):\n    return estimates.Estimate(-9, -10, -8, 50, 'points')\n"
        "claim.check('fell', fell)",
        "fell reads neither its snapshot nor a model",
    ),
    ("x = " + "(" * 900 + "1" + ")" * 900 + " + 1" * 3_000, "is not plain Python: remove it"),
    ("%run helper.py", "'%run helper.py' is not plain Python"),
    ("1;", "ends in a semicolon, which hides what it shows"),
    ("# NBVAL_IGNORE_OUTPUT\nx = 1", "remove NBVAL_IGNORE_OUTPUT"),
    ("<<<<<<< HEAD\nx = 1", "the marks of a merge that was not finished"),
    (CHECK + "\nclaim.check('fell', fell)", "runs the check fell once more"),
    (CHECK.replace("    return", "    start = 1990\n    return"), "fell sets start, which it is"),
    (CHECK.replace("[end]", "[start]"), "fell takes the option end and never uses it"),
    (
        "all_of_it = claim.snapshot()\n"
        + CHECK.replace("wdi['A.B'][end]", "all_of_it['A.B'][end]"),
        "fell reads all_of_it, which was read before it was asked",
    ),
    (
        "held = claim.snapshot()['A.B']\ndef now(year):\n    return held[year]\n"
        + CHECK.replace("wdi['A.B'][end]", "now(end)"),
        "fell reads held, which was read before it was asked",
    ),
    (CHECK.replace("wdi['A.B'][end]", "claim.snapshot()[end]"), "fell reads claim.snapshot"),
    (nbformat.v4.new_raw_cell("<b>x</b>"), "is a raw cell"),
    (nbformat.v4.new_code_cell("1", metadata={"tags": ["skip-execution"]}), "the tag skip-exec"),
    (prose("x", tags=["hide-input"]), "has the tag hide-input"),
    ("x = 1\n%load_ext helper", "'%load_ext helper' is not plain Python"),
    (nbformat.v4.new_code_cell("1", metadata={"mystnb": {}}), "settings of its own (mystnb)"),
    (prose("It is {{ 99 / 10 }}."), "holds {{ … }}"),
    (prose("a <b style='x'>supported</b>"), "holds HTML, \"<b style='x'>\""),
    (prose("![9.9](data:image/png;base64,eA==)"), "shows a picture from elsewhere, data:image"),
    (prose("<script>\n1\n</script>"), "holds HTML, '<script>'"),
    (prose("```{include} x.md\n```"), "the directive {include} is not one for chapters"),
    (prose(":::{admonitoin} A\n:::"), "{admonitoin} is not one for chapters. Did you mean admon"),
    (prose("> - ```{raw} html\n>   x\n>   ```"), "the directive {raw} is not one for chapters"),
    (prose("{RAW}`x`"), "the role {RAW} is not one for chapters"),
    (prose("not [supported]{.d-none}"), "gives words attributes, ]{.d-none}: remove them"),
    (prose("{ciet:t}`a`"), "the role {ciet:t} is not one for chapters. Did you mean cite:t?"),
    (shows({"text/plain": "", "image/png": "eA=="}), "shows image/png, which no page shows"),
    (shows({"text/plain": "<Styler at 0x7f00aa11>"}), "shows an address of this machine's mem"),
    (shows({"text/html": "<b>x</b>"}), "shows something that has no text form"),
    (shows({"text/plain": "", allowed.CLAIM: {}}), "only a cell that says `claim`, and nothing"),
    (
        nbformat.v4.new_code_cell(
            "1",
            outputs=[
                nbformat.v4.new_output("stream", name="stderr", text="/tmp/ipykernel_42/1.py:3: W")
            ],
        ),
        "writes to stderr, “line 3: W”: mend what it warns of.",
    ),
]


@pytest.mark.parametrize(("cell", "sentence"), FORGED)
def test_what_a_chapter_may_not_do_is_named(tmp_path, cell, sentence):
    (tmp_path / "helper.py").touch()
    found = [text for text in said(tmp_path, OPENING, cell) if sentence in text]
    assert len(found) == 1, said(tmp_path, OPENING, cell)


def test_settings_of_the_notebook_are_refused(tmp_path):
    assert "the notebook's own settings (mystnb)" in said(tmp_path, OPENING, mystnb={})[0]


ORDINARY = [
    CHECK,
    "wdi = claim.snapshot()\nx = wdi['A.B']\nx.index.name = 'economy'\nx = x.dropna()",
    "SHARES = {'a': 1}\nSHARES.update(b=2)\nSHARES['c'] = 3",
    "x = 1\nclaim.value('fall', x)\nclaim.value('name', str(x))",
    "import numpy as np\nx = np.append([1], 2)",
    "wdi = claim.snapshot()\nASKED = {'fell': lambda wdi: wdi['A.B'].mean()}\n"
    "def fell(wdi):\n    return ASKED['fell'](wdi)\nclaim.check('fell', fell)",
    "import plotly.express as px\nfigure = px.line()\n"
    "figure.layout.title = 'x'\nfigure.data[0].x = 1",
    "from claimbook.models import ricardo\nfrom functools import cache\nimport datetime",
    "import numpy as np\ndef thrown(seed):\n"
    "    return np.random.default_rng(seed).random(9).mean()\n"
    "def alike(wdi):\n    return estimates.share(thrown(1))\nclaim.check('fell', alike)\n"
    "found = [thrown(seed) for seed in (1, 2)]\nprint(found)",
    "headline = claim.checks['fell'].estimate\nprint(getattr(headline, 'value'))",
    "def window(x):\n    estimates = 1\n    return estimates",
    shows({"text/plain": "x", allowed.CHART: {}, "image/png": "added by JupyterLab"}),
    prose("An *ordinary* `code` sentence, {cite:t}`a2000`, <https://example.org>, 2 < 3, $a<b$."),
    prose("```{note}\nx\n```\n\n```python\n{}\n```"),
]


@pytest.mark.parametrize("cell", ORDINARY)
def test_ordinary_cells_are_left_alone(tmp_path, cell):
    assert said(tmp_path, OPENING, cell) == []


def test_a_notebook_without_a_claim_may_open_any_snapshot(tmp_path):
    asked = "from claimbook.data import snapshot\nsnapshot.read()"
    assert said(tmp_path, asked, claim_id=None) == []


def test_run_stores_and_build_shows_nothing_that_is_not_allowed(tiny_copy, claimbook):
    path = tiny_copy / "book" / "lands" / f"{ID}.ipynb"
    with opened(path) as cells:
        code(cells)[1]["source"] += "\n\nestimates.median = estimates.median"
    before = path.read_bytes()
    for command in (("run", ID), ("build",), ("check", "--quick", ID)):
        ended = claimbook(*command)
        assert ended.returncode == 1
        assert "assigns to estimates.median" in ended.stdout + ended.stderr
    assert path.read_bytes() == before


def test_a_claims_text_is_that_of_its_figures(tiny_copy, claimbook):
    edit(
        tiny_copy / "book" / "lands" / f"{ID}.ipynb", "checks that count: ", "checks that count: 9"
    )
    assert "the text of its claim is not that of its figures" in claimbook("build").stderr
