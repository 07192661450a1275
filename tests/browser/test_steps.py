"""The slider under a chart with steps."""

import json

import pages


def stepped(book):
    """The notebooks that have such a chart."""
    folder = pages.BOOKS[book]
    return [
        name
        for name in pages.notebooks(book)
        if "figures.stepped(" in (folder / f"{name}.ipynb").read_text(encoding="utf-8")
    ]


@pages.tried_in(stepped)
def test_the_keyboard_steps_through_what_was_computed(page, shown):
    page.goto(shown.url)
    assert page.locator(".cb-chart__step input").count()
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
            said = figure.locator("output")
            assert said.text_content() == steps[place]
            assert control.get_attribute("aria-valuetext") == steps[place]
            wanted = [trace.get("y") for trace in stored[place]]
            plot = figure.locator(".cb-chart__plot").element_handle()
            page.wait_for_function(
                "([plot, wanted]) => JSON.stringify(plot.data?.map((t) => t.y ?? null))"
                " === JSON.stringify(wanted)",
                arg=[plot, wanted],
            )
