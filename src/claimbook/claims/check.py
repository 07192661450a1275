"""One check: its function asked the headline, every variant and every vintage."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from claimbook.claims import files, output, rule
from claimbook.claims.grid import HEADLINE, Answer, Grid, Options, robustness, variants
from claimbook.claims.influence import Removals, detectable, holding, why_undecided
from claimbook.claims.offline import offline
from claimbook.data.snapshot import CURRENT, Snapshot
from claimbook.errors import ClaimbookError, nearest
from claimbook.estimates import Estimate, rounded

CheckFunction = Callable[..., Estimate | None]


class CheckError(ClaimbookError):
    """A check's function does not fit its claim file, or a claim was shown unfinished."""


@dataclass
class Check:
    """One question to the data, with what the figures answered.

    Parameters
    ----------
    declared : dict
        The check's part of the claim file.
    variants : dict of str to (dict, Estimate or None)
        Options and estimate of each point of the grid, by variant id; the headline first.
    vintages : dict of str to (Estimate or None)
        The headline under each vintage.
    missing : dict of str to list of str
        Series that a vintage does not hold, where there are any.
    not_asked : list of str
        Vintages newer than the one declared: they no longer hold the check's window.
    decomposition : dict of str to dict
        For each earlier vintage, how its estimate became today's.
    revision : float
        By how much releases of the data differ in an exact headline; its interval reaches so far.
    influence : dict, optional
        How far single economies move the headline; see :mod:`claimbook.claims.influence`.
    history : dict of str to (Estimate or None)
        The headline under every release held of the check's main series, where it has further ones.
    """

    declared: dict[str, Any]
    variants: dict[str, tuple[Options, Estimate | None]]
    vintages: dict[str, Estimate | None]
    missing: dict[str, list[str]] = field(default_factory=dict)
    not_asked: list[str] = field(default_factory=list)
    decomposition: dict[str, dict[str, Any]] = field(default_factory=dict)
    revision: float = 0
    influence: dict[str, Any] | None = None
    history: dict[str, Estimate | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.variants = {
            name: (options, rule.revisable(estimate, self.revision))
            for name, (options, estimate) in self.variants.items()
        }
        self.vintages = {
            vintage: rule.revisable(estimate, self.revision)
            for vintage, estimate in self.vintages.items()
        }

    @property
    def id(self) -> str:
        """The check's id in the claim file."""
        return str(self.declared["id"])

    @property
    def estimate(self) -> Estimate | None:
        """The headline estimate, under the declared vintage: today's, unless the file says else."""
        return self.variants[HEADLINE][1]

    @property
    def outcome(self) -> str:
        """What the rule makes of the headline."""
        return self.decide(self.estimate)

    def decide(self, estimate: Estimate | None) -> str:
        """Return the outcome that the rule gives to one of the check's estimates.

        Parameters
        ----------
        estimate : Estimate or None
            A variant's, or a vintage's.

        Returns
        -------
        str
            The outcome.
        """
        return rule.outcome(
            rule.revisable(estimate, self.revision),
            self.declared["expects"],
            reference=self.declared["reference"],
            smallest_effect=self.declared["smallest_effect"],
        )

    @property
    def counts(self) -> bool:
        """Whether the check counts for the verdict."""
        return self.declared["role"] in files.COUNTING

    @property
    def _held_against_the_rule(self) -> dict[str, Any]:
        """How the headline contradicts or is undecided, where it flips, what it could find."""
        declared, estimate = self.declared, self.estimate
        if estimate is None:
            return dict.fromkeys(("how", "undecided_because", "flips", "detectable", "effective_n"))
        smallest = declared["smallest_effect"]
        turned = rule.turned(estimate, declared["expects"], declared["reference"])
        measured = self.counts and bool(declared["series"])
        undecided = measured and self.outcome == rule.INCONCLUSIVE
        return {
            "how": turned.how(smallest),
            "undecided_because": why_undecided(estimate, smallest) if undecided else None,
            "flips": turned.flips,
            "detectable": detectable(estimate, smallest) if measured else None,
            "effective_n": estimate.effective_n,
        }

    @property
    def grid(self) -> Grid:
        """The outcome and the estimate of every variant, by the values of its options."""
        declared = self.declared
        answers = {
            tuple(options[name] for name in declared["options"]): Answer(
                self.decide(estimate), estimate
            )
            for options, estimate in self.variants.values()
        }
        return Grid(declared["options"], answers, declared["smallest_effect"])

    @property
    def tally(self) -> dict[str, int]:
        """How many distinct variants come to each outcome."""
        return robustness(self.grid)["tally"]

    @property
    def lost(self) -> dict[str, list[str]]:
        """Economies that some vintage's headline counts and this vintage's does not."""
        counted = {
            vintage: set() if estimate is None else set(estimate.economies.index)
            for vintage, estimate in self.vintages.items()
            if vintage not in self.not_asked
        }
        everyone = set().union(*counted.values())
        return {vintage: sorted(everyone - present) for vintage, present in counted.items()}

    def asked(self, vintage: str) -> bool:
        """Tell whether a vintage holds the series and the window, so that it was asked."""
        return vintage not in self.missing and vintage not in self.not_asked

    def as_dict(self) -> dict[str, Any]:
        """Return what was found, without a word of the claim file, as plain data."""
        economies = {} if self.estimate is None else self.estimate.economies
        return {
            "id": self.id,
            **self._decided(self.estimate),
            **self._held_against_the_rule,
            **robustness(self.grid),
            "influence": self.influence,
            "history": [
                {"release": release, **self._decided(estimate)}
                for release, estimate in self.history.items()
            ],
            "vintages": {
                vintage: self._decided(estimate) if self.asked(vintage) else None
                for vintage, estimate in self.vintages.items()
            },
            "missing": self.missing,
            "lost": self.lost,
            "decomposition": self.decomposition,
            "variants": [
                {"id": name, **self._decided(estimate)}
                for name, (_, estimate) in self.variants.items()
            ],
            "economies": {code: rounded(value) for code, value in economies.items()},
        }

    def _decided(self, estimate: Estimate | None) -> dict[str, Any]:
        measured = None
        if estimate is not None:
            names = ("value", "low", "high", "n", "exact")
            measured = {name: getattr(estimate, name) for name in names}
        return {"outcome": self.decide(estimate), "estimate": measured}

    def __repr__(self) -> str:
        return output.check_text(output.joined_check(self.as_dict(), self.declared))


def ask(
    declared: dict[str, Any],
    function: CheckFunction,
    held: Mapping[str, Snapshot],
    subject: Sequence[str] = (),
    releases: Mapping[str, Snapshot] | None = None,
) -> Check:
    """Run a check's function on the headline, every variant and every vintage that can be asked.

    Economies that are the ``subject`` of the claim are never left out to see what they move.
    ``releases`` are further dated ones of the check's main series.
    """
    _fit(declared, function)
    now, older, newer = _around(declared, held)
    found = {
        name: (options, _run(function, now, declared, options))
        for name, options in variants(declared["options"]).items()
    }
    options, headline = found[HEADLINE]
    # Without series a check asks a model, whose answer no vintage changes.
    earlier = {
        then.vintage: _run(function, then, declared, options) if declared["series"] else headline
        for then in older
    }
    missing = {
        vintage: lacking
        for vintage, wdi in held.items()
        if (lacking := [code for code in declared["series"] if code not in wdi.codes])
    }
    estimates = {**earlier, now.vintage: headline, **dict.fromkeys(newer)}
    revision = _revision(function, now, older, declared, estimates, options)
    check = Check(declared, found, estimates, missing, newer, revision=revision)
    for then in older if declared["series"] else ():
        if parts := _decompose(function, then, now, check):
            check.decomposition[then.vintage] = parts
    if releases:
        check.history = _history(function, check, releases)
    if check.counts and declared["series"] and headline:
        check.influence = _influence(function, now, check, subject)
    return check


def _history(
    function: CheckFunction, check: Check, releases: Mapping[str, Snapshot]
) -> dict[str, Estimate | None]:
    """Return the headline under every release of the main series up to the declared vintage."""
    declared, (options, _) = check.declared, check.variants[HEADLINE]
    found = {vintage: one for vintage, one in check.vintages.items() if check.asked(vintage)}
    for release, wdi in releases.items():
        if declared["vintage"] == CURRENT or release <= declared["vintage"]:
            estimate = _run(function, wdi, declared, options)
            found[release] = rule.revisable(estimate, check.revision)
    return {name: found[name] for name in sorted(found, key=lambda name: (name == CURRENT, name))}


def _influence(
    function: CheckFunction, now: Snapshot, check: Check, subject: Sequence[str]
) -> dict[str, Any] | None:
    declared, (options, headline) = check.declared, check.variants[HEADLINE]

    def answer(wdi: Snapshot) -> Estimate | None:
        return rule.revisable(_run(function, wdi, declared, options), check.revision)

    able = [code for code in holding(now, declared["series"]) if code not in subject]
    sign = rule.DIRECTIONS[declared["expects"]]
    return Removals(check.id, answer, now, headline, check.decide, sign).influence(able)


def _around(
    declared: Mapping[str, Any], held: Mapping[str, Snapshot]
) -> tuple[Snapshot, list[Snapshot], list[str]]:
    """Return the snapshot of a check's headline, those before it, and the vintages after it."""
    names = list(held)
    if declared["vintage"] not in held:
        raise CheckError(
            f"The check {declared['id']} is declared for the vintage {declared['vintage']}, "
            f"which data/ does not hold.{nearest(declared['vintage'], names)} "
            f"It holds {', '.join(names)}."
        )
    place = names.index(declared["vintage"])
    older = [held[vintage] for vintage in names[:place]]
    return held[names[place]], older, names[place + 1 :]


def _fit(declared: Mapping[str, Any], function: CheckFunction) -> None:
    """Refuse a function that does not take a snapshot and exactly the options declared."""
    names = list(inspect.signature(function).parameters)[1:]
    if sorted(names) != sorted(declared["options"]):
        raise CheckError(
            f"The function {function.__name__} takes the options {sorted(names)}, the check "
            f"{declared['id']} declares {sorted(declared['options'])}: make them agree."
        )


def _run(
    function: CheckFunction, wdi: Snapshot, declared: Mapping[str, Any], options: Mapping[str, Any]
) -> Estimate | None:
    """Run a check's function, unless the vintage lacks a series it needs."""
    if any(code not in wdi.codes for code in declared["series"]):
        return None
    with offline(declared["id"]):
        estimate = function(wdi.limited_to(declared["series"]), **options)
    if estimate is None:
        return None
    if not isinstance(estimate, Estimate):
        raise CheckError(
            f"The function of the check {declared['id']} returned a {type(estimate).__name__}: "
            "return an Estimate (see claimbook.estimates), or None."
        )
    if estimate.unit != declared["unit"]:
        raise CheckError(
            f"The check {declared['id']} is declared in {declared['unit']!r}, its function returns "
            f"{estimate.unit!r}: make them agree."
        )
    economies = pd.Series(estimate.economies, dtype=float)
    if strange := [label for label in economies.index if not isinstance(label, str)]:
        raise CheckError(
            f"The function of the check {declared['id']} calls an economy {strange[0]!r}. An "
            "economy is known by an iso3 code as text: give `economies` by code, or none."
        )
    return replace(estimate, economies=economies.sort_index())


def _revision(
    function: CheckFunction,
    now: Snapshot,
    older: Iterable[Snapshot],
    declared: Mapping[str, Any],
    estimates: Mapping[str, Estimate | None],
    options: Options,
) -> float:
    """Return by how much releases that hold the same windows differ in an exact headline.

    A release holds them if what the headline finds stays when the years that it lacks are left out.
    """
    headline = estimates[now.vintage]
    if headline is None or not headline.exact or not declared["series"]:
        return 0
    values = [headline.value]
    for then in older:
        earlier = estimates[then.vintage]
        if earlier and _run(function, now.in_years_of(then), declared, options) == headline:
            values.append(earlier.value)
    return rounded(max(values) - min(values))


def _decompose(
    function: CheckFunction, then: Snapshot, now: Snapshot, check: Check
) -> dict[str, Any] | None:
    """Split then → now into coverage (which economy-years are held) and revision (their values).

    Between the two estimates stand two more, both on the economy-years that both vintages hold: by
    the old values and by the new. What lies between those two is revision alone.
    """
    first, last = check.vintages[then.vintage], check.estimate
    if first is None or last is None:
        return None
    options = check.variants[HEADLINE][0]
    old = _run(function, then.common_with(now), check.declared, options)
    new = _run(function, now.common_with(then), check.declared, options)
    if old is None or new is None:
        return None
    return {
        "then": first.value,
        "then_common": old.value,
        "now_common": new.value,
        "now": last.value,
        "dropped": rounded(old.value - first.value),
        "revision": rounded(new.value - old.value),
        "added": rounded(last.value - new.value),
        "n_common": new.n,
    }
