"""Make a snapshot from named public copies of the World Development Indicators.

The first snapshots of the book were made this way, before `claimbook refresh` could fetch them: a
release of December 2013 can no longer be downloaded from the Bank as it was. The folder given holds
`economies.csv`, `series.csv` (one row a series, with the copy and commit it was read from) and one
`<CODE>.csv` a series.

usage: python tools/import_copies.py FOLDER [FOLDER …]
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd

from claimbook import paths
from claimbook.data import snapshot

# What the chapters of the first essay need; the Bank renames, so some are in one vintage only.
CODES = [
    "SI.POV.GINI", "SI.DST.05TH.20", "NY.GNP.PCAP.CD", "SP.POP.TOTL", "NY.GDP.PCAP.KD",
    "NY.GDP.PCAP.PP.KD", "NY.GDP.MKTP.CD", "NY.GDP.MKTP.KD", "NE.TRD.GNFS.ZS", "NE.IMP.GNFS.ZS",
    "NE.RSB.GNFS.ZS", "TM.TAX.MRCH.WM.AR.ZS", "TM.TAX.MRCH.SM.AR.ZS", "BX.KLT.DINV.CD.WD",
    "BX.KLT.DINV.WD.GD.ZS", "BM.KLT.DINV.CD.WD", "BM.KLT.DINV.WD.GD.ZS", "BM.KLT.DINV.GD.ZS",
    "SL.IND.EMPL.ZS", "TM.VAL.MRCH.HI.ZS", "TM.VAL.MRCH.CD.WT", "SL.UEM.BASC.ZS", "SL.UEM.ADVN.ZS",
    "SL.UEM.PRIM.ZS", "SL.UEM.TERT.ZS", "SL.GDP.PCAP.EM.KD", "TX.VAL.TECH.CD", "TX.VAL.TECH.MF.ZS",
    "TX.VAL.MANF.ZS.UN", "TX.VAL.MRCH.CD.WT", "TX.MNF.TECH.ZS.UN", "NV.MNF.TECH.ZS.UN",
    "SE.TER.ENRR", "GB.XPD.RSDV.GD.ZS", "BM.GSR.ROYL.CD", "BX.GSR.ROYL.CD", "SP.POP.SCIE.RD.P6",
    "IP.PAT.RESD", "NV.IND.MANF.CD", "IP.JRN.ARTC.SC", "NE.CON.PRVT.ZS", "NE.CON.PETC.ZS",
    "NE.CON.PRVT.PC.KD", "FS.AST.PRVT.GD.ZS", "FD.AST.PRVT.GD.ZS", "FR.INR.RINR",
    "BN.CAB.XOKA.GD.ZS", "CM.MKT.LCAP.GD.ZS", "FB.AST.NPER.ZS",
]  # fmt: skip
DESCRIPTION = {
    "2013-12": "The bulk release of December 2013, which ends in 2012.",
    "2019-04": "The release of 24 April 2019.",
    "current": "One vintage a series, mostly the release of April 2026: see each resource.",
}
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def series_of(folder: Path) -> list[snapshot.Series]:
    """Read the wanted series of one folder of copies, digits kept as the copy has them."""
    catalogue = pd.read_csv(folder / "series.csv", dtype=str, keep_default_na=False)
    return [
        one_series(folder, row) for row in catalogue.to_dict("records") if row["code"] in set(CODES)
    ]


def one_series(folder: Path, row: dict[str, str]) -> snapshot.Series:
    """Build one series with its provenance from its row of the catalogue."""
    values = pd.read_csv(folder / f"{row['code']}.csv", dtype=str, keep_default_na=False)
    values["year"] = values["year"].astype(int)
    commit = f" at commit {row['source_commit']}" if row["source_commit"] else ""
    return snapshot.Series(
        code=row["code"],
        title=row["name"],
        unit=row["unit"],
        description=row["source_note_short"],
        values=values,
        source={
            "title": f"World Bank, World Development Indicators, by the copy {row['source_repo']}",
            "path": f"https://github.com/{row['source_repo']}",
        },
        # The catalogue names the release, the day the copy was made, or both: the day comes last.
        retrieved=DATE.findall(row["vintage"])[-1],
        how=f"a named copy: {row['source_repo']}, {row['source_path']}{commit}",
        extra={"vintage": row["vintage"], "agreement": row["agreement"]},
    )


def main(folders: list[str]) -> None:
    """Write each folder of copies as the vintage of the same name."""
    for name in folders:
        folder = Path(name)
        economies = pd.read_csv(folder / "economies.csv", dtype=str, keep_default_na=False)
        series = series_of(folder)
        snapshot.write(
            paths.data() / folder.name,
            economies=economies,
            series=series,
            created=max(one.retrieved for one in series),
            description=DESCRIPTION[folder.name],
        )


if __name__ == "__main__":
    main(sys.argv[1:])
