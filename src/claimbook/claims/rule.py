"""The rule: how an estimate decides a check, and how checks decide a claim.

It is declared before the numbers and applied by nothing but this module. A verdict is computed;
nobody types one. The rule is monotone in the estimate, its interval, the reference and the smallest
effect that matters (its form after Goodman, Spruill and Komaroff, American Statistician 73, 2019).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from claimbook.errors import ClaimbookError
from claimbook.estimates import Estimate, rounded

# The first rule was not monotone: [-0.9, 0.9] contradicted where [-2.95, 0.9] did not.
VERSION = 2
SUPPORTS, CONTRADICTS, INCONCLUSIVE = "supports", "contradicts", "inconclusive"
SUPPORTED, CONTRADICTED, MIXED = "supported", "contradicted", "mixed"
OUTCOMES = (SUPPORTS, CONTRADICTS, INCONCLUSIVE)
VERDICTS = (SUPPORTED, CONTRADICTED, MIXED, INCONCLUSIVE)
DIRECTIONS = {"rise": 1, "fall": -1}


class RuleError(ClaimbookError):
    """An estimate lies outside its own interval: nothing can be decided on it."""


@dataclass(frozen=True)
class Turned:
    """An estimate less its reference, turned so that what the claim expects is positive."""

    low: float
    value: float
    high: float

    def outcome(self, smallest_effect: float) -> str:
        """Decide a check, given the smallest effect that matters."""
        if self.low > 0 and self.value >= smallest_effect:
            return SUPPORTS
        return CONTRADICTS if self.high < smallest_effect else INCONCLUSIVE

    def how(self, smallest_effect: float) -> str | None:
        """Say in what way a check contradicts; None where it does not."""
        if self.outcome(smallest_effect) != CONTRADICTS:
            return None
        if self.high < 0:
            return "the other way"
        return "too small to matter" if self.low > 0 else "no effect that size"

    @property
    def flips(self) -> dict[str, float | None]:
        """The smallest effects up to which this supports, and above which it contradicts."""
        return {
            "supports_to": self.value if self.low > 0 else None,
            "contradicts_from": max(self.high, 0.0),
        }


def standard_error(estimate: Estimate) -> float:
    """Return the standard error that an interval of 95 % stands for."""
    return (estimate.high - estimate.low) / 3.92


def turned(estimate: Estimate, expects: str, reference: float = 0) -> Turned:
    """Hold an estimate against its reference, so that the direction expected is positive."""
    if not estimate.low <= estimate.value <= estimate.high:
        raise RuleError(
            f"An estimate of {estimate.value:g} {estimate.unit} lies outside its interval, "
            f"{estimate.low:g} to {estimate.high:g}: mend the function that made it."
        )
    sign = DIRECTIONS[expects]
    # Rounded, so that 0.6 less 0.5 is the 0.1 that a claim file says.
    numbers = [rounded(sign * (end - reference)) for end in (estimate.low, estimate.high)]
    return Turned(min(numbers), rounded(sign * (estimate.value - reference)), max(numbers))


def outcome(
    estimate: Estimate | None, expects: str, *, reference: float = 0, smallest_effect: float = 0
) -> str:
    """Decide a check.

    The estimate v in [l, u], less the reference, is turned so that the direction the claim expects
    is positive. It *supports* if l > 0 and v ≥ s, the smallest effect that matters: the direction
    is sure and the best estimate large enough. It *contradicts* if u < s. Otherwise it is
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

    Raises
    ------
    RuleError
        If the value lies outside its interval.
    """
    if estimate is None:
        return INCONCLUSIVE
    return turned(estimate, expects, reference).outcome(smallest_effect)


def revisable(estimate: Estimate | None, revision: float) -> Estimate | None:
    """Give an exact share the interval within which releases of the data have moved it.

    ``revision`` is the largest difference of that figure between the releases that hold the same
    windows. An estimate with an interval of its own is returned as it is.
    """
    if estimate is None or not estimate.exact:
        return estimate
    low, high = estimate.value - revision, estimate.value + revision
    return replace(estimate, low=low, high=high)


def verdict(primary: str, others: Iterable[str] = ()) -> str:
    """Decide a claim from the outcomes of its primary check and of the others that count.

    It is the primary's outcome; *mixed* only where the primary is decided and a check that counts
    decides the other way. Context and after checks never enter.
    """
    if contrary(primary) in others:
        return MIXED
    return {SUPPORTS: SUPPORTED, CONTRADICTS: CONTRADICTED, INCONCLUSIVE: INCONCLUSIVE}[primary]


def contrary(outcome: str) -> str:
    """Return the outcome that decides the other way; of what is undecided, nothing."""
    return {SUPPORTS: CONTRADICTS, CONTRADICTS: SUPPORTS}.get(outcome, "")


def counts(outcomes: Iterable[str]) -> dict[str, int]:
    """Count the outcomes of the checks that count."""
    outcomes = list(outcomes)
    return {name: outcomes.count(name) for name in OUTCOMES}


def reading(verdict: str, kind: str) -> str:
    """Return how a verdict is read aloud; an association found is never called a cause."""
    if verdict == SUPPORTED and kind == "associational":
        return "consistent with the claim: an association, not a cause"
    return {
        SUPPORTED: "the figures support the claim",
        CONTRADICTED: "the figures contradict the claim",
        MIXED: "the checks do not all point one way",
        INCONCLUSIVE: "the figures do not decide",
    }[verdict]
