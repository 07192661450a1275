"""What a value of a series can be at all: the limits that no true figure crosses, with reasons.

A limit stands here only where a value beyond it must be an error. Many a "% of GDP" exceeds 100 or
is negative (trade of entrepôts, capital flows), gross enrolment counts pupils of any age, tariffs
have exceeded 400 %, and the Bank itself has published a share of manufactures in merchandise
exports of 373 %: those are unlimited.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class Band:
    """Lowest and highest possible value, in the series' unit, and why."""

    low: float
    high: float
    why: str


_SHARE = "a share of a whole lies in 0–100 %"
_COUNT = "a count or a sum of money spent or produced is never negative"
_EARTH = "more people than the Earth has ever held together"

# The first pattern that fits decides.
BANDS: tuple[tuple[str, Band], ...] = (
    ("SI.POV.GINI", Band(0, 100, "a Gini index lies in 0–100")),
    ("SI.POV.*.NO", Band(0, 1e10, _EARTH)),
    ("SI.POV.*", Band(0, 100, _SHARE)),
    ("SI.DST.*", Band(0, 100, _SHARE)),
    ("SL.UEM.*.ZS", Band(0, 100, _SHARE)),
    ("SL.*.EMPL.ZS", Band(0, 100, _SHARE)),
    ("SL.TLF.CACT.*", Band(0, 100, _SHARE)),
    ("FB.AST.NPER.ZS", Band(0, 100, _SHARE)),
    ("TM.VAL.MRCH.HI.ZS", Band(0, 100, _SHARE)),
    ("TX.MNF.TECH.ZS.UN", Band(0, 100, _SHARE)),
    ("NV.MNF.TECH.ZS.UN", Band(0, 100, _SHARE)),
    ("TX.VAL.TECH.MF.ZS", Band(0, 100, _SHARE)),
    ("SP.URB.TOTL.IN.ZS", Band(0, 100, _SHARE)),
    ("SE.ADT.LITR.*", Band(0, 100, _SHARE)),
    ("EG.ELC.ACCS.*", Band(0, 100, _SHARE)),
    ("IT.NET.USER.ZS", Band(0, 100, _SHARE)),
    ("GB.XPD.RSDV.GD.ZS", Band(0, 100, "spending on research is a part of GDP")),
    ("SP.POP.TOTL*", Band(0, 1e10, _EARTH)),
    ("SP.POP.SCIE.RD.P6", Band(0, 1e6, "no more researchers than people")),
    (
        "SE.TER.ENRR*",
        Band(0, 1000, "a gross enrolment ratio is never negative, nor ten pupils a seat"),
    ),
    ("TM.TAX.*.ZS", Band(0, 1e4, "a tariff is never negative, nor a hundred times the price")),
    ("CM.MKT.LCAP.GD.ZS", Band(0, 1e5, _COUNT)),
    ("F[SD].AST.PRVT.GD.ZS", Band(0, 1e4, _COUNT)),
    ("NE.IMP.GNFS.ZS", Band(0, 1e4, _COUNT)),
    ("NE.TRD.GNFS.ZS", Band(0, 1e4, _COUNT)),
    ("IP.*", Band(0, 1e8, _COUNT)),
    ("NY.GDP.MKTP.[CK]D", Band(0, 1e15, _COUNT)),
    ("NY.G[DN]P.PCAP.*", Band(-1e7, 1e7, "no economy comes near ten million dollars a head")),
    ("NV.IND.MANF.CD", Band(-1e15, 1e15, "no economy comes near it")),
    ("T[XM].VAL.MRCH.CD.WT", Band(0, 1e15, _COUNT)),
    ("TX.VAL.TECH.CD", Band(0, 1e15, _COUNT)),
)
# Sums in the smallest of currencies reach 1e17; nothing published comes near this.
ANY = Band(-1e20, 1e20, "no published figure is of this magnitude")


def band(code: str) -> Band:
    """Return the limits of a series' values.

    Parameters
    ----------
    code : str
        A World Bank series code.

    Returns
    -------
    Band
        The declared limits, or :data:`ANY`.
    """
    return next((limits for pattern, limits in BANDS if fnmatchcase(code, pattern)), ANY)
