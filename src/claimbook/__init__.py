"""Claim by Claim: economics essays taken apart into claims, each checked against World Bank data.

A chapter needs little of it: :func:`claim` opens a claim, :func:`window` cuts years out of a
series, :func:`change` and :func:`share_change` say what moved between two windows, :func:`once`
spares a check the same work for every variant, and the modules :mod:`~claimbook.estimates`,
:mod:`~claimbook.status` and :mod:`~claimbook.figures` do the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from claimbook import estimates, figures, status
    from claimbook.claims.claim import claim
    from claimbook.data.snapshot import once, window
    from claimbook.data.windows import change, share_change

__all__ = ["change", "claim", "estimates", "figures", "once", "share_change", "status", "window"]
_DOORS = {
    "change": "data.windows",
    "claim": "claims.claim",
    "once": "data.snapshot",
    "share_change": "data.windows",
    "window": "data.snapshot",
}


def __getattr__(name: str) -> Any:
    """Import what is reached for: a command begins to answer before pandas is there."""
    if name in _DOORS:
        return getattr(import_module(f"{__name__}.{_DOORS[name]}"), name)
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Name what a chapter may reach for."""
    return __all__
