"""Where a series breaks: what is declared is where to look; the figures are read, never typed.

A jump is one that a reader of the figures cannot miss and no economy made: goods reclassified, or
entrepôt trade counted in. A span is a run of years that begins or ends earlier in one vintage than
in another, so that a check loses economies without a word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from claimbook.data.snapshot import Snapshot

# Figures arrive up to this many years late; an economy that ends earlier has stopped reporting.
_LATE = 3


@dataclass(frozen=True)
class Jump:
    """Two years of one economy between which a series is not comparable."""

    code: str
    economy: str
    before: int
    after: int


@dataclass(frozen=True)
class Span:
    """An economy whose years differ from vintage to vintage, or end long before the series'."""

    code: str
    economy: str


BREAKS: tuple[Jump | Span, ...] = (
    Jump("TX.VAL.TECH.CD", "USA", 2005, 2006),
    Jump("TX.VAL.TECH.CD", "USA", 2008, 2009),
    Jump("TX.VAL.TECH.CD", "HKG", 2016, 2017),
    Span("TX.VAL.TECH.CD", "CHN"),
    Jump("TX.VAL.TECH.MF.ZS", "HKG", 2016, 2017),
    Span("FS.AST.PRVT.GD.ZS", "CAN"),
    Span("FS.AST.PRVT.GD.ZS", "DEU"),
    Span("FS.AST.PRVT.GD.ZS", "FRA"),
    Span("FS.AST.PRVT.GD.ZS", "ITA"),
    Span("FS.AST.PRVT.GD.ZS", "USA"),
    Span("NV.IND.MANF.CD", "CHN"),
    Span("NV.IND.MANF.CD", "USA"),
    Span("BN.CAB.XOKA.GD.ZS", "USA"),
    Span("BX.GSR.ROYL.CD", "USA"),
)


def known_breaks(code: str, vintages: Sequence[Snapshot]) -> list[str]:
    """Say where a series breaks, in the figures of each vintage that shows it.

    Parameters
    ----------
    code : str
        A World Bank series code.
    vintages : sequence of Snapshot
        The vintages held.

    Returns
    -------
    list of str
        Sentences; none where no break is declared, or no vintage shows it.
    """
    holding = [wdi for wdi in vintages if code in wdi.codes]
    said = [
        _jump(one, holding) if isinstance(one, Jump) else _span(one, holding)
        for one in BREAKS
        if one.code == code
    ]
    return [sentence for sentence in said if sentence]


def _jump(jump: Jump, vintages: Sequence[Snapshot]) -> str:
    shown = []
    for wdi in vintages:
        found = wdi.series(jump.code, [jump.economy]).iloc[0]
        before, after = found.get(jump.before), found.get(jump.after)
        if before == before and after == after and before is not None and after is not None:
            shown.append(f"{before:.4g} → {after:.4g} in {wdi.vintage}")
    if not shown:
        return ""
    name = vintages[0].economies.loc[jump.economy, "name"]
    return f"{name}, {jump.before} to {jump.after}: {', '.join(shown)}."


def _span(span: Span, vintages: Sequence[Snapshot]) -> str:
    shown, early = {}, False
    for wdi in vintages:
        row = wdi.series(span.code, [span.economy]).iloc[0]
        found = row.dropna()
        shown[wdi.vintage] = f"{found.index[0]}–{found.index[-1]}" if len(found) else "no figures"
        early |= len(found) > 0 and found.index[-1] < row.index[-1] - _LATE
    if len(set(shown.values())) < 2 and not early:
        return ""
    name = vintages[0].economies.loc[span.economy, "name"]
    listed = ", ".join(f"{years} in {vintage}" for vintage, years in shown.items())
    return f"{name}: {listed}."
