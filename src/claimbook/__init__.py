"""Claim by Claim: economics essays taken apart into claims, each checked against World Bank data.

A chapter needs little of it: :func:`claim` opens a claim, :func:`window` cuts years out of a
series, :func:`change` and :func:`share_change` say what moved between two windows, :func:`once`
spares a check the same work for every variant, and the modules :mod:`~claimbook.estimates`,
:mod:`~claimbook.status` and :mod:`~claimbook.figures` do the rest.
"""

from claimbook import estimates, figures, status
from claimbook.claims.claim import claim
from claimbook.data.snapshot import once, window
from claimbook.data.windows import change, share_change

__all__ = ["change", "claim", "estimates", "figures", "once", "share_change", "status", "window"]
