"""What an estimate rests on: which economies carry it, and how large an effect it could have found.

An economy's influence is what the check's own function finds without it, benchmark and cut-offs
included; where it moves nothing but the sample, the estimate itself tells. The detectable effect
is the one that would be found four times in five.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from claimbook.claims import rule
from claimbook.data.snapshot import Snapshot
from claimbook.errors import ClaimbookError
from claimbook.estimates import Estimate, EstimateError, rounded
from claimbook.estimates.estimate import MIN_ECONOMIES, ValueWithout

MOST_REMOVED = 5
SURE, OFTEN = 0.975, 0.8  # both ends of 95 %; four times in five
TOO_LITTLE_DATA, NEAR_THE_LINE = "too little data", "near the line"
# Economies are first left out so many at a time: most move nothing but what they add.
_TOGETHER = 12


class InfluenceError(ClaimbookError):
    """A check's function fails once an economy has no figures."""


@dataclass(frozen=True)
class Removals:
    """A check's headline, to be asked again with economies left out.

    ``ask`` runs the check's function on a snapshot, ``decide`` applies its rule, and ``sign`` is
    that of the direction the claim expects.
    """

    check_id: str
    ask: Callable[[Snapshot], Estimate | None]
    wdi: Snapshot
    headline: Estimate
    decide: Callable[[Estimate | None], str]
    sign: int

    def influence(self, candidates: Sequence[str]) -> dict[str, Any] | None:
        """Leave out one economy at a time, and say how far that moves the estimate.

        Returns the range of the estimates (``low``, ``high``), the economy that moves it ``most``
        and the estimate ``without`` it, and in ``tipping`` the economies, at most five in order of
        their influence, that are enough to change the outcome, and to which outcome they tip it
        (both None where five are not enough). None where no economy moves anything.
        """
        left = self._without_each(candidates)
        if not left:
            return None
        most = max(sorted(left), key=lambda code: abs(left[code] - self.headline.value))
        return {
            "low": min(left.values()),
            "high": max(left.values()),
            "most": most,
            "without": left[most],
            **self._tipping(left),
        }

    def _without_each(self, candidates: Sequence[str]) -> dict[str, float]:
        """Return the value without each economy that may move it, where there is still one."""
        sample = self.headline.economies.sort_values(kind="stable").index
        others = [code for code in candidates if code not in sample]
        named = [code for code in sample if code in candidates]
        told = self._told(named)
        alone = [code for code in named if code not in told]
        if others and self._moved(others):
            groups = _groups(others, _TOGETHER)
            alone += [code for few in groups if self._moved(few) for code in few]
        found = {code: self._alone(code) for code in alone}
        return told | {code: one.value for code, one in found.items() if one is not None}

    def _told(self, named: Sequence[str]) -> dict[str, float]:
        """Return the value without each economy, of those that move it by their own rows alone.

        Those of a sample are first left out in groups, of alike ones, whose absence moves any
        cut-off that the sample sets. Where the check's function then answers what the estimate says
        of those rows, no cut-off and no benchmark has moved. Where more than one group finds that
        one has, the sample sets it, and each of its economies is left to be asked alone.
        """
        together = min(_TOGETHER, self.headline.n - MIN_ECONOMIES)
        without = self.headline.value_without
        if without is None or together < 1:
            return {}
        told: dict[str, float | None] = {}
        # A chapter's own function knows of one sample only.
        for sample in without.samples() if isinstance(without, ValueWithout) else [named]:
            groups = _groups([code for code in named if code in sample], together)
            alike = [few for few in groups if self._moves_by_its_rows(few)]
            if len(groups) - len(alike) <= 1:
                told |= {code: self._value_without([code]) for few in alike for code in few}
        return {code: value for code, value in told.items() if value is not None}

    def _moves_by_its_rows(self, codes: Sequence[str]) -> bool:
        try:
            asked = self._asked(codes)
        except Exception:  # a whole benchmark may have gone
            return False
        if asked is None or asked.value != self._value_without(codes):
            return False
        left = self.headline.economies.drop(list(codes))
        # Of a share of a total, the parts of the others grow where one is left out.
        exact = self.headline.exact
        alike = left.index.equals(asked.economies.index) if exact else left.equals(asked.economies)
        return alike and asked.n == self.headline.n - len(codes)

    def _value_without(self, codes: Sequence[str]) -> float | None:
        try:
            return self.headline.value_without(codes)
        except EstimateError:
            return None

    def _asked(self, codes: Sequence[str]) -> Estimate | None:
        """Ask without some economies; None too where what is left allows no estimate."""
        try:
            return self.ask(self.wdi.without(codes))
        except EstimateError:
            return None

    def _moved(self, codes: Sequence[str]) -> bool:
        try:
            return self._asked(codes) != self.headline
        except Exception:  # a whole benchmark may have gone: then each is asked alone
            return True

    def _alone(self, code: str) -> Estimate | None:
        try:
            return self._asked([code])
        except Exception as fault:
            raise InfluenceError(
                f"The function of the check {self.check_id} fails where {code} has no figures "
                f"({type(fault).__name__}: {fault}): write it so that any economy may be missing; "
                f"if the claim is about {code}, name it in `subject` in the claim file."
            ) from fault

    def _tipping(self, left: Mapping[str, float]) -> dict[str, Any]:
        """Remove economies in order of influence, until the outcome is another."""
        outcome = self.decide(self.headline)
        gains = {code: self.sign * (value - self.headline.value) for code, value in left.items()}
        ways = {rule.SUPPORTS: (-1,), rule.CONTRADICTS: (1,), rule.INCONCLUSIVE: (1, -1)}
        found = []
        for way in ways[outcome]:
            gained = sorted((-way * gain, code) for code, gain in gains.items() if way * gain > 0)
            order = [code for _, code in gained[:MOST_REMOVED]]
            for many in range(1, len(order) + 1):
                estimate = self._asked(order[:many])
                if estimate is None:
                    break
                if (tipped := self.decide(estimate)) != outcome:
                    found.append((many, order[:many], tipped))
                    break
        _, codes, tips_to = min(found, default=(0, None, None))
        return {"tipping": codes, "tips_to": tips_to}


def _groups(codes: Sequence[str], size: int) -> list[Sequence[str]]:
    return [codes[start : start + size] for start in range(0, len(codes), size)]


def detectable(estimate: Estimate, smallest_effect: float) -> float | None:
    """Return the effect that would be found four times in five; None of an exact quantity.

    To find it, its direction must be sure (2.8 standard errors) and the estimate large enough (the
    smallest effect and 0.84 of them); Student's t takes the place of these factors' normal law.
    """
    if estimate.exact or estimate.n < 2:
        return None
    from scipy.special import stdtrit  # Student's quantiles, without the cost of scipy.stats

    error = rule.standard_error(estimate)
    sure, often = (float(stdtrit(estimate.n - 1, p)) for p in (SURE, OFTEN))
    return rounded(max((sure + often) * error, smallest_effect + often * error))


def why_undecided(estimate: Estimate, smallest_effect: float) -> str:
    """Say whether an undecided estimate has too few figures, or lies near the line.

    It has too few where the direction of an effect just large enough to matter would go unseen more
    than once in five.
    """
    if estimate.exact:
        return NEAR_THE_LINE
    unseen = detectable(estimate, 0)
    return TOO_LITTLE_DATA if unseen is None or unseen > smallest_effect else NEAR_THE_LINE


def holding(wdi: Snapshot, codes: Iterable[str]) -> list[str]:
    """Return the economies that have a figure in any of some series, sorted."""
    held = (wdi.series(code).dropna(how="all").index for code in codes)
    return sorted(set[str]().union(*held))
