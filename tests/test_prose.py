"""Bound numbers: the formats a number may be shown in, and formulas that would swallow one."""

import pytest

from claimbook.chapters import prose

OUTPUT = {"checks": [], "values": {"fall": -2.03125, "share": 0.353333, "many": 12345.6}}


@pytest.mark.parametrize(
    ("name", "spec", "text"),
    [
        ("fall", ".1f", "−2.0"),
        ("fall", "+.2f", "−2.03"),
        ("fall", None, "−2.03125"),
        ("share", ".0%", "35%"),
        ("share", "+.1%", "+35.3%"),
        ("many", ",.0f", "12,346"),
    ],
)
def test_a_number_is_shown_in_a_format_of_the_short_list(name, spec, text):
    assert prose.shown(f"values.{name}", spec, OUTPUT) == text


@pytest.mark.parametrize(
    "spec", [".9f", "z.1f", "e", "08.3f", "abs.1f", "x<9", ".1f ", "d", ".12%"]
)
def test_any_other_format_is_refused_in_a_sentence(spec):
    with pytest.raises(prose.ProseError, match=r"format .* of value:values\.fall is not known"):
        prose.shown("values.fall", spec, OUTPUT)


@pytest.mark.parametrize(
    "text",
    [
        'from US$[5](value:a.low ".0f") to US$[7](value:a.value ".0f")',
        "$$\n x = [5](value:a.low) \n$$",
        "It is $a$ and $b [5](value:a.low) c$.",
    ],
)
def test_a_formula_that_swallows_a_bound_number_is_refused(text):
    assert "stands in the formula" in prose.hidden(text)
    with pytest.raises(prose.ProseError, match="stands in the formula"):
        prose.bound(text, OUTPUT)
    assert any("stands in the formula" in fault for fault in prose.stale(text, OUTPUT))


@pytest.mark.parametrize(
    "text",
    [
        'from US$ [5](value:a.low ".0f") to US$ [7](value:a.value ".0f")',
        "from US$5 to US$7, [5](value:a.low)",
        "with $x^2$ beside it, [5](value:a.low)",
        r"from US\$[5](value:a.low) to US\$[7](value:a.value)",
    ],
)
def test_dollars_that_open_no_formula_are_left_alone(text):
    assert prose.hidden(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("<value:a.low>", "[9](<value:a.low>)", "[9](value:a.low 'x')", "![9](value:a.low)"),
        *("[9][a]\n\n[a]: value:a.low", "[9](value:)", "[9](VALUE:a.low)"),
    ],
)
def test_a_number_bound_in_another_way_would_stay_as_it_was_typed(text):
    assert "bound in another way" in prose.hidden(text)
    with pytest.raises(prose.ProseError, match="bound in another way"):
        prose.bound(text, OUTPUT)


def test_a_chapter_binds_no_number_of_another_claim():
    with pytest.raises(prose.ProseError, match="is another claim's: a chapter binds its own"):
        prose.bound("[9](value:other-claim/its-check.value)", OUTPUT)
    assert "another claim's" in prose.stale("[9](value:other/verdict)", OUTPUT)[0]


def test_a_page_that_is_no_chapter_names_the_claim_of_a_number():
    outputs = {"first": OUTPUT, "second": OUTPUT | {"values": {"fall": 1.0}}}
    text = '[0](value:first/values.fall ".1f") and [0](value:second/values.fall ".1f")'
    assert "−2.0" in prose.bound(text, outputs) and "[1.0]" in prose.bound(text, outputs)
    assert len(prose.stale(text, outputs)) == 2
    for wrong, sentence in {
        "[0](value:values.fall)": "name the claim first",
        "[0](value:third/values.fall)": "names no claim of the book",
        "[0](value:first/values.rise)": "names no value",
    }.items():
        with pytest.raises(prose.ProseError, match=sentence):
            prose.bound(wrong, outputs)
