"""The colours of the book's charts and the look that they share."""

# Okabe and Ito's palette for colour-blind readers; these hold 3:1 on white and on near-black.
BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
PURPLE, ORANGE, GREY = "#B0609A", "#B87A00", "#7A7F87"
PALETTE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, GREY)
INK, PAPER = "#1d2330", "#ffffff"  # the page's own: its script puts the theme's in their place
RISE, FALL, NEUTRAL = VERMILION, BLUE, GREY
# As the chips of the page: a rise or a gain that contradicts must not look like one that does not.
OUTCOME_COLOURS = {"supports": "#0A6B4F", "contradicts": "#A3124A", "inconclusive": "#535B68"}
_AXIS = {"zeroline": True, "zerolinecolor": "#9AA0A6", "gridcolor": "#E4E7EB", "automargin": True}
_LEGEND = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": {"text": ""}}
TEMPLATE = {
    "layout": {
        "colorway": list(PALETTE),
        "font": {"family": "system-ui, sans-serif", "size": 14},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 56, "r": 16, "t": 48, "b": 56},
        "hoverlabel": {"align": "left"},
        "legend": _LEGEND,
        "xaxis": _AXIS,
        "yaxis": _AXIS,
    }
}
