"""Estimates: a value with its 95 % interval, the number of economies behind it, and its unit.

Where the law of an interval is known it is used, and nothing is drawn: medians take the exact law
of their bootstrap, shares Wilson's interval, differences of shares Newcombe's. Means draw economies
once for each number of economies, with a seed. Slopes are those of ``statsmodels``. The order of
rows changes nothing.
"""

# ruff: noqa: F401 (these names are what chapters reach as estimates.…)

from claimbook.estimates.estimate import Estimate, EstimateError, exact, rounded
from claimbook.estimates.regressions import panel_slope, rank_slope, slope
from claimbook.estimates.resampled import (
    mean,
    median,
    median_difference,
    paired_share_difference,
    share,
    share_difference,
)
