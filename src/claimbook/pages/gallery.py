"""The gallery: every form of chart, drawn from the snapshot beside the code that draws it."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable

import numpy as np
import pandas as pd
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from claimbook import estimates, figures, models, paths, window
from claimbook.data import snapshot
from claimbook.data.snapshot import Snapshot
from claimbook.figures import Chart
from claimbook.models import matching_map
from claimbook.pages import charts

GINI = "SI.POV.GINI"


def distribution(wdi: Snapshot) -> Chart:
    """How are changes spread? Show it before any average."""
    gini = wdi["SI.POV.GINI"]
    moved = window(gini, "2006-2013").mean(axis="columns")
    moved = (moved - window(gini, "1988-1995").mean(axis="columns")).dropna()
    return figures.chart(
        figures.distribution(moved, width=2.5, x="Change of the Gini index, points"),
        moved.rename("change").to_frame(),
        id="distribution",
        title=f"The Gini index fell in {(moved < 0).sum()} of {len(moved)} economies",
        alt="Bars count economies by the change of their Gini index, those that fell on the left.",
        unit="Gini points, mean of 2006–13 less mean of 1988–95",
        source=wdi.cite("SI.POV.GINI"),
    )


def ranked(wdi: Snapshot) -> Chart:
    """Which economies are they? Name the ends of a distribution."""
    gini, names = wdi["SI.POV.GINI"], wdi.economies["name"]
    moved = window(gini, "2006-2013").mean(axis="columns")
    moved = (moved - window(gini, "1988-1995").mean(axis="columns")).dropna()
    ends = pd.concat([moved.nlargest(4), moved.nsmallest(4)])
    return figures.chart(
        figures.ranked(ends, names, x="Change of the Gini index, points"),
        ends.rename("change").to_frame(),
        id="ranked",
        title=f"{names[moved.idxmax()]} rose most, {names[moved.idxmin()]} fell most",
        alt="The four largest rises and the four largest falls of the Gini index as dots.",
        unit="Gini points, mean of 2006–13 less mean of 1988–95",
        source=wdi.cite("SI.POV.GINI"),
        height=320,
    )


def scatter(wdi: Snapshot) -> Chart:
    """Do two things go together? Name the economies that decide it."""
    gini = wdi["SI.POV.GINI"]
    table = wdi.economies[["name"]].assign(
        Before=window(gini, "1988-1995").mean(axis="columns"),
        After=window(gini, "2006-2013").mean(axis="columns"),
    )
    table = table.dropna()
    table.index.name = "economy"
    far = (table["After"] - table["Before"]).abs().nlargest(4).index
    return figures.chart(
        figures.scatter(table, "Before", "After", named=far, diagonal=True),
        table,
        id="scatter",
        title=f"{table.loc[far[0], 'name']} moved most between the two windows",
        alt="Each dot is an economy, its Gini index of 1988–95 across and of 2006–13 upwards.",
        unit="Gini index; the dotted line marks no change",
        source=wdi.cite("SI.POV.GINI"),
    )


def slope(wdi: Snapshot) -> Chart:
    """How did a few economies move between two times? Six lines at most."""
    gini = wdi.series("SI.POV.GINI", ["BRA", "CHN", "IND", "USA"])
    table = wdi.economies[["name"]].assign(
        **{
            "1988–95": window(gini, "1988-1995").mean(axis="columns"),
            "2006–13": window(gini, "2006-2013").mean(axis="columns"),
        }
    )
    table = table.dropna()
    table.index.name = "economy"
    return figures.chart(
        figures.slope(table, "1988–95", "2006–13", y="Gini index"),
        table,
        id="slope",
        title=f"The Gini index rose in {(table['2006–13'] > table['1988–95']).sum()} "
        f"of {len(table)} large economies",
        alt="One line an economy from its Gini index of 1988–95 to that of 2006–13.",
        unit="Gini index, mean of the window",
        source=wdi.cite("SI.POV.GINI"),
    )


def small_multiples(wdi: Snapshot) -> Chart:
    """The same line for several economies: let each have its own panel."""
    gini = wdi.series("SI.POV.GINI", ["BRA", "CHN", "USA"]).rename(index=wdi.economies["name"])
    table = gini.stack().dropna().rename("Gini index").reset_index()
    table = table.rename(columns={"year": "Year"})
    return figures.chart(
        figures.small_multiples(table, "Year", "Gini index", "economy"),
        table,
        id="small-multiples",
        title=f"Surveys of {table['economy'].nunique()} economies, "
        f"{table['Year'].min()} to {table['Year'].max()}",
        alt="Three panels, one an economy, each with a line of its Gini index over the years.",
        unit="Gini index",
        source=wdi.cite("SI.POV.GINI"),
        n=table["economy"].nunique(),
        height=320,
    )


def intervals(wdi: Snapshot) -> Chart:
    """How sure are several estimates? Show their intervals on one axis."""
    gini = wdi["SI.POV.GINI"]
    found = {
        years: estimates.median(window(gini, years).mean(axis="columns"), "Gini index")
        for years in ("1990-1999", "2000-2009", "2010-2019")
    }
    table = pd.DataFrame({years: one.as_dict() for years, one in found.items()}).T
    table = table[["value", "low", "high", "n"]].rename_axis("years")
    return figures.chart(
        figures.intervals(table, x="Gini index"),
        table,
        id="intervals",
        title=f"The median economy had a Gini index of {table['value'].iloc[-1]:.0f} "
        "in the last of three decades",
        alt="Three medians with 95 % intervals, one a decade.",
        unit="Gini index, median over economies",
        source=wdi.cite("SI.POV.GINI"),
        n=table["n"].max(),
        height=280,
    )


def stepped(wdi: Snapshot) -> Chart:
    """What changes when one thing moves? Let the reader step through it."""
    gini = wdi["SI.POV.GINI"]
    decades = {f"{year}s": window(gini, f"{year}-{year + 9}") for year in (1980, 1990, 2000, 2010)}
    held = {decade: found.mean(axis="columns").dropna() for decade, found in decades.items()}
    steps = {
        decade: figures.distribution(values, width=5, x="Gini index").update_layout(
            xaxis_range=[20, 70], yaxis_range=[0, 50], showlegend=False
        )
        for decade, values in held.items()
    }
    table = pd.concat({decade: figures.bins(values, 5) for decade, values in held.items()})
    return figures.chart(
        figures.stepped(steps, label="Decade", start="2000s"),
        table.droplevel(1).rename_axis("decade"),
        id="stepped",
        title=f"Surveys reached {len(held['1980s'])} economies in the 1980s "
        f"and {len(held['2010s'])} in the 2010s",
        alt="Bars count economies by their mean Gini index in the decade that the slider names.",
        unit="Gini index, mean of the decade",
        source=wdi.cite("SI.POV.GINI"),
        n=len(held["2000s"]),
    )


def regions(wdi: Snapshot) -> Chart:
    """For which parameters does a model say what? Map the regions."""
    skills = np.linspace(1.05, 3.15, 22).round(2)
    points = matching_map.classify(models.grid(A=3.2, B=skills, C=skills, D=1.0))
    points = points.rename(columns={"B": "Skill of B", "C": "Skill of C"})
    points = points[["Skill of B", "Skill of C", "region"]]
    share = (points["region"] == "widens").mean()
    return figures.chart(
        figures.regions(points, "Skill of B", "Skill of C", "region"),
        points,
        id="regions",
        title=f"Opening surely widens the poor country's gap at {share:.0%} of these points",
        alt="A map over the skills of B and C, each point in the colour of its region.",
        unit="Skill in units of the least skilled's; A = 3.2",
        source="the matching model of Kremer and Maskin, solved by claimbook.models",
    )


FORMS: tuple[Callable[[Snapshot], Chart], ...] = (
    distribution,
    ranked,
    scatter,
    slope,
    small_multiples,
    intervals,
    stepped,
    regions,
)


class Gallery(SphinxDirective):
    """Every form of chart with its code: ``{gallery}``."""

    def run(self) -> list[nodes.Node]:
        """Return one section a form."""
        wdi = snapshot.read(only=[GINI])
        for path in (paths.data() / wdi.vintage / f"{GINI}.csv", __file__, figures.__file__):
            self.env.note_dependency(str(path))
        return [self._form(form, wdi) for form in FORMS]

    def _form(self, form: Callable[[Snapshot], Chart], wdi: Snapshot) -> nodes.section:
        name = form.__name__.replace("_", " ")
        section = nodes.section("", nodes.title("", name.capitalize()), ids=[f"form-{name}"])
        section["ids"] = [f"form-{name.replace(' ', '-')}"]
        section += nodes.paragraph("", inspect.getdoc(form) or "")
        section += charts.chart_nodes(self.env, self.state.document, form(wdi).as_dict(), None)
        code = nodes.literal_block("", textwrap.dedent(inspect.getsource(form)))
        code["language"] = "python"
        section += code
        return section


def connect(app: Sphinx) -> None:
    """Make the directive known to a build."""
    app.add_directive("gallery", Gallery)
