"""The rule: how an estimate decides a check, and how checks decide a claim.

It is declared before the numbers and applied by nothing but this module. A verdict is computed;
nobody types one.
"""

from __future__ import annotations

from collections.abc import Iterable

from claimbook.estimates import Estimate

SUPPORTS, CONTRADICTS, INCONCLUSIVE = "supports", "contradicts", "inconclusive"
SUPPORTED, CONTRADICTED, MIXED = "supported", "contradicted", "mixed"
OUTCOMES = (SUPPORTS, CONTRADICTS, INCONCLUSIVE)
VERDICTS = (SUPPORTED, CONTRADICTED, MIXED, INCONCLUSIVE)
DIRECTIONS = {"rise": 1, "fall": -1}


def outcome(
    estimate: Estimate | None, expects: str, *, reference: float = 0, smallest_effect: float = 0
) -> str:
    """Decide a check.

    The estimate v in [l, u], less the reference, is turned so that the direction the claim expects
    is positive. It *supports* if l > 0 and v ≥ s, the smallest effect that matters; it
    *contradicts* if u < 0, or if the whole interval lies inside (−s, s); otherwise it is
    *inconclusive*, as is a missing estimate.

    Parameters
    ----------
    estimate : Estimate or None
        Value and 95 % interval; None where the figures give no estimate.
    expects : {"rise", "fall"}
        The direction in which the claim would move the estimate away from the reference.
    reference : float
        What the estimate is held against, in its unit.
    smallest_effect : float
        The smallest departure from the reference that matters, ≥ 0, in the same unit.

    Returns
    -------
    str
        ``"supports"``, ``"contradicts"`` or ``"inconclusive"``.
    """
    if estimate is None:
        return INCONCLUSIVE
    sign = DIRECTIONS[expects]
    value = sign * (estimate.value - reference)
    low, high = sorted((sign * (estimate.low - reference), sign * (estimate.high - reference)))
    if low > 0 and value >= smallest_effect:
        return SUPPORTS
    if high < 0 or (-smallest_effect < low and high < smallest_effect):
        return CONTRADICTS
    return INCONCLUSIVE


def verdict(primary: str, secondary: Iterable[str] = ()) -> str:
    """Decide a claim from the outcomes of its checks.

    Parameters
    ----------
    primary : str
        Outcome of the primary check.
    secondary : iterable of str
        Outcomes of the secondary checks; context and after checks never enter.

    Returns
    -------
    str
        ``"supported"`` if the primary supports and no secondary contradicts; ``"contradicted"`` if
        the primary contradicts and no secondary supports; ``"inconclusive"`` if all are;
        otherwise ``"mixed"``.
    """
    others = set(secondary)
    if primary == SUPPORTS and CONTRADICTS not in others:
        return SUPPORTED
    if primary == CONTRADICTS and SUPPORTS not in others:
        return CONTRADICTED
    if others | {primary} == {INCONCLUSIVE}:
        return INCONCLUSIVE
    return MIXED


def reading(verdict: str, kind: str) -> str:
    """Return how a verdict is read aloud.

    Parameters
    ----------
    verdict : str
        One of the four verdicts.
    kind : str
        The claim's kind: an association found is never called a cause.

    Returns
    -------
    str
        A short sentence without a full stop.
    """
    if verdict == SUPPORTED and kind == "associational":
        return "consistent with the claim: an association, not a cause"
    return {
        SUPPORTED: "the figures support the claim",
        CONTRADICTED: "the figures contradict the claim",
        MIXED: "the checks do not all point one way",
        INCONCLUSIVE: "the figures do not decide",
    }[verdict]
