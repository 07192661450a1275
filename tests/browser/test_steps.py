"""The slider under a chart with steps."""

import json

import pages
import pytest


def stepped_pages():
    """The gallery, and every chapter that has such a chart."""
    chapters = [
        name
        for name in pages.chapters()
        if "figures.stepped(" in (pages.ROOT / f"{name}.ipynb").read_text(encoding="utf-8")
    ]
    return ["book/gallery", *chapters]


@pytest.mark.parametrize("name", stepped_pages())
def test_the_keyboard_steps_through_what_was_computed(page, address, name):
    page.goto(f"{address}{name}.html")
    for control in page.locator(".cb-chart__step input").all():
        figure = page.locator("figure.cb-chart").filter(has=page.locator(".cb-chart__step"))
        figure = figure.filter(has=page.locator(f"#{control.get_attribute('id')}"))
        steps = json.loads(control.get_attribute("data-steps"))
        drawn = json.loads(figure.locator(".cb-chart__figure").text_content())
        stored = [
            [trace | moved for trace, moved in zip(drawn["data"], step, strict=True)]
            for step in drawn["steps"]
        ]
        assert len(stored) == len(steps) >= 2
        control.focus()
        page.keyboard.press("Home")
        for place in range(min(3, len(steps))):
            if place:
                page.keyboard.press("ArrowRight")
            shown = figure.locator("output")
            assert shown.text_content() == steps[place]
            assert control.get_attribute("aria-valuetext") == steps[place]
            wanted = [trace.get("y") for trace in stored[place]]
            plot = figure.locator(".cb-chart__plot").element_handle()
            page.wait_for_function(
                "([plot, wanted]) => JSON.stringify(plot.data?.map((t) => t.y ?? null))"
                " === JSON.stringify(wanted)",
                arg=[plot, wanted],
            )
