"""Formulas and tables as they stand on a page."""

import re
from xml.etree import ElementTree

import pytest

from claimbook.pages import panel, parts
from claimbook.pages.shell import to_mathml

MATHML = "{http://www.w3.org/1998/Math/MathML}"


def tags(latex, display=False):
    root = ElementTree.fromstring(to_mathml(latex, display))
    return [element.tag.removeprefix(MATHML) for element in root.iter()]


def test_fraction_is_one_fraction_and_what_follows_stands_beside_it():
    root = ElementTree.fromstring(to_mathml(r"\tfrac12 q", display=False))
    (fraction,) = root.iter(f"{MATHML}mfrac")
    assert [part.text for part in fraction] == ["1", "2"]
    assert "q" in "".join(root.itertext()).removeprefix("12")


def test_formula_keeps_its_source_as_text():
    root = ElementTree.fromstring(to_mathml(r"a < b", display=True))
    assert root.get("alttext") == "a < b" and root.get("display") == "block"


@pytest.mark.parametrize(
    "latex",
    [
        r"a &= b \\ c &= d",
        r"\begin{aligned} a &= b \\ c &= d \end{aligned}",
        r"\begin{align} a &= b \\ c &= d \end{align}",
        r"\begin{gather} a \\ b \end{gather}",
    ],
)
def test_lines_of_a_formula_are_rows_of_a_table(latex):
    assert tags(latex, display=True).count("mtr") == 2


@pytest.mark.parametrize("latex", [r"\frac{", r"\nonsense x", r"\text{a < b}", r"a & b"])
def test_formula_that_cannot_be_read_is_named(latex):
    with pytest.raises(ValueError, match=re.escape(latex)):
        to_mathml(latex, display=False)


def test_data_table_heads_rows_and_columns():
    heads, row = [("economy", False), ("change", True)], [("A < B", False), ("1.5", True)]
    html = parts.render("table", heads=heads, rows=[row], caption="Changes")
    assert "<caption>Changes</caption>" in html
    assert '<th scope="row">A &lt; B</th>\n<td class="cb-num">1.5</td>' in html


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(0.25, 0.25, "exact, 12 economies"), (0.2, 0.3, "95 % interval 20 to 30 %, 12 economies")],
)
def test_the_panel_calls_an_exact_quantity_exact_and_gives_others_their_interval(low, high, words):
    estimate = {"value": 0.25, "low": low, "high": high, "n": 12, "unit": "share of economies"}
    variant = {"id": "headline", "options": {}, "outcome": "supports", "estimate": estimate}
    check = {"role": "primary", "options": {}, "series": ["A.B"], "variants": [variant]}
    assert panel.grid(check)["intervals"] == [words]
