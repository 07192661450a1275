"""The colours of the book's charts and the look that they share."""

# Okabe and Ito's palette for colour-blind readers; these hold 3:1 on white and on near-black.
BLUE, VERMILION, GREEN, PURPLE, ORANGE, GREY = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#B0609A",
    "#B87A00",
    "#7A7F87",
)
PALETTE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, GREY)
RISE, FALL, NEUTRAL = VERMILION, BLUE, GREY
OUTCOME_COLOURS = {"supports": GREEN, "contradicts": VERMILION, "inconclusive": GREY}
_AXIS = {"zeroline": True, "zerolinecolor": "#9AA0A6", "gridcolor": "#E4E7EB", "automargin": True}
TEMPLATE = {
    "layout": {
        "colorway": list(PALETTE),
        "font": {"family": "system-ui, sans-serif", "size": 14},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 56, "r": 16, "t": 48, "b": 56},
        "hoverlabel": {"align": "left"},
        "legend": {
            "orientation": "h",
            "y": 1.02,
            "yanchor": "bottom",
            "x": 0,
            "title": {"text": ""},
        },
        "xaxis": _AXIS,
        "yaxis": _AXIS,
    }
}
