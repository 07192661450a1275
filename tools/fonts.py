"""Make the book's fonts from Source Serif 4 and Source Sans 3, of the packages in VENDOR.json.

    pip install fonttools brotli
    python tools/fonts.py FOLDER    (with the `latin` woff2 files of the two npm packages)

The text has three: a serif and a sans-serif between regular and bold, and a regular italic. What
the pages do not use is left out (lighter and heavier weights, fractions, hints), so that a reader
loads 80 kB at most. Their licence reserves the name "Source" to the unchanged fonts: these are
called Claim Serif and Claim Sans.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

OUT = Path(__file__).parents[1] / "src/claimbook/pages/static/vendor/fonts"
FONTS = {
    "claim-serif": ("source-serif-4-latin-wght-normal", "Claim Serif", (400, 700)),
    "claim-serif-italic": ("source-serif-4-latin-wght-italic", "Claim Serif", 400),
    "claim-sans": ("source-sans-3-latin-wght-normal", "Claim Sans", (400, 700)),
}
FEATURES = ["ccmp", "kern", "liga", "lnum", "locl", "mark", "mkmk", "pnum", "tnum"]
FAMILY, FULL, POSTSCRIPT = (1, 16), (3, 4), (6, 25)  # places in a font's table of names


def make(source: Path, target: Path, family: str, weights: float | tuple[float, float]) -> None:
    """Write a smaller font under another name."""
    font = TTFont(source, recalcTimestamp=False)
    font = instancer.instantiateVariableFont(font, {"wght": weights})
    if "gvar" in font:
        for glyph in font.getGlyphOrder():  # a space does not vary
            font["gvar"].variations.setdefault(glyph, [])
    options = subset.Options(flavor="woff2", hinting=False, name_IDs=["*"])
    options.layout_features = FEATURES
    cut = subset.Subsetter(options)
    cut.populate(unicodes=font.getBestCmap())
    cut.subset(font)
    own = family.replace(" ", "")
    for name in font["name"].names:
        held = {**dict.fromkeys(FAMILY + FULL, family), **dict.fromkeys(POSTSCRIPT, own)}
        if name.nameID in held:
            name.string = held[name.nameID]
    font.flavor = "woff2"
    font.save(target)


if __name__ == "__main__":
    for name, (source, family, weights) in FONTS.items():
        make(Path(sys.argv[1]) / f"{source}.woff2", OUT / f"{name}.woff2", family, weights)
