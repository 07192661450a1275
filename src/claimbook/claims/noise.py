"""How often the rule decides where there is nothing to find: a small simulation."""

from __future__ import annotations

from collections import Counter

import numpy as np

from claimbook.claims import rule
from claimbook.estimates import Estimate

CHECKS, DRAWS, SEED = 4, 2_000, 2014
HALF_WIDTH = 1.96  # of a 95 % interval, in standard errors


def verdicts(smallest_effect: float) -> dict[str, float]:
    """Return the share of each verdict where every true effect is zero.

    Parameters
    ----------
    smallest_effect : float
        The smallest effect that matters, in standard errors of an estimate.

    Returns
    -------
    dict of str to float
        Verdict to its share of 2,000 claims drawn with a seed, each of four independent checks
        that count, the first of them the primary.
    """
    drawn = np.random.default_rng(SEED).standard_normal((DRAWS, CHECKS))
    found = Counter(
        rule.verdict(outcomes[0], outcomes[1:])
        for outcomes in ([_outcome(value, smallest_effect) for value in row] for row in drawn)
    )
    return {verdict: found[verdict] / DRAWS for verdict in rule.VERDICTS}


def _outcome(value: float, smallest_effect: float) -> str:
    estimate = Estimate(value, value - HALF_WIDTH, value + HALF_WIDTH, DRAWS, "standard errors")
    return rule.outcome(estimate, "rise", smallest_effect=smallest_effect)
