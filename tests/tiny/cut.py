"""Cut the tiny book's vintages out of those in ``data/``: some economies, digits unchanged.

Run from the root of the repository: ``.venv/bin/python tests/tiny/cut.py``.
"""

import shutil
from pathlib import Path

import pandas as pd

from claimbook.data import package, snapshot

HERE = Path(__file__).resolve().parent
CODES = ("NY.GDP.PCAP.KD", "NY.GNP.PCAP.CD", "SI.POV.GINI", "SP.POP.TOTL")
YEARS = range(1988, 2023)
RICH = set("AUS AUT CAN DNK FIN FRA DEU ITA NLD NOR SWE CHE GBR USA".split())  # noqa: SIM905
POOR = set("BGD BRA CHL CHN COL CRI CIV ECU EGY ETH GHA HND IDN IND KEN LSO MEX".split())  # noqa: SIM905
POOR |= set("MYS NGA PAK PER PHL POL ROU RUS SLV THA TUN TUR UGA VEN VNM ZMB KOR".split())  # noqa: SIM905
WORLD = {"WLD"}


def cut(vintage: str) -> None:
    """Write one vintage of the tiny book."""
    wdi = snapshot.read(vintage)
    kept = RICH | POOR | WORLD
    table = pd.read_csv(wdi.folder / "economies.csv", dtype=str, keep_default_na=False)
    series = []
    for code in CODES:
        about = wdi.metadata(code)
        rows = pd.read_csv(wdi.folder / about["path"], dtype=str, keep_default_na=False)
        rows = rows[rows["economy"].isin(kept) & rows["year"].astype(int).isin(YEARS)]
        cells = [(row.economy, int(row.year), row.value) for row in rows.itertuples()]
        names = ("title", "unit", "description", "retrieved", "how")
        described = {name: about[name] for name in names}
        series.append(package.Series(code, values=cells, source=about["sources"][0], **described))
    folder = HERE / "data" / vintage
    shutil.rmtree(folder, ignore_errors=True)
    package.write(
        folder,
        economies=table[table["economy"].isin(kept)],
        series=series,
        created=max(one.retrieved for one in series),
        description=f"A part of the vintage {vintage} of this book, for its tests.",
    )


if __name__ == "__main__":
    for name in ("2013-12", "current"):
        cut(name)
