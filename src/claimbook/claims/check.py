"""One check: its function asked the headline, every variant and every vintage."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pandas as pd

from claimbook.claims import files, output, rule
from claimbook.claims.grid import HEADLINE, Grid, Options, robustness, variants
from claimbook.claims.influence import Removals, detectable, holding, why_undecided
from claimbook.claims.offline import offline
from claimbook.data.compare import cells_moved
from claimbook.data.snapshot import CURRENT, Snapshot
from claimbook.errors import ClaimbookError, nearest
from claimbook.estimates import Estimate, rounded

CheckFunction = Callable[..., Estimate | None]
Snapshots = Mapping[str, Snapshot]


class CheckError(ClaimbookError):
    """A check's function does not fit its claim file, or a claim was shown unfinished."""


class Check:
    """One question to the data, with what the figures answered.

    Parameters
    ----------
    declared : mapping
        The check's part of the claim file.
    function : callable
        ``function(wdi, **options) -> Estimate | None``, which is run at once: on the headline,
        every variant and every vintage that can be asked.
    held : mapping of str to Snapshot
        The vintages, the oldest first.
    subject : collection of str
        Economies that the claim is about: never left out to see what they move.
    releases : mapping of str to Snapshot
        Further dated releases of the check's main series.

    Attributes
    ----------
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
    history_cells : dict of str to dict
        Of the main series' cells, of economies counted: how many each release revised, withdrew and
        added since the one before.
    ends : dict of str to int
        The last year with figures of each vintage that gives no estimate.
    """

    def __init__(
        self,
        declared: Mapping[str, Any],
        function: CheckFunction,
        held: Snapshots,
        subject: Collection[str],
        releases: Snapshots,
    ) -> None:
        self.declared, self._function = declared, function
        self._refuse_unfit(list(held))
        held, releases = (
            {name: wdi.limited_to(declared["series"]) for name, wdi in views.items()}
            for views in (held, releases)
        )
        place = list(held).index(declared["vintage"])
        *older, now = list(held.values())[: place + 1]
        self.not_asked = list(held)[place + 1 :]
        self.missing = {
            name: lacking for name, wdi in held.items() if (lacking := self._lacking(wdi))
        }
        self.revision = 0.0
        self.variants = {
            name: (options, self._ask(now, options))
            for name, options in variants(declared["options"]).items()
        }
        measured = bool(declared["series"])
        # Without series a check asks a model, whose answer no vintage changes.
        self.vintages = {
            then.vintage: self._ask(then) if measured else self.estimate for then in older
        }
        if measured and self.estimate and self.estimate.exact:
            self._revise(now, older)
        self.vintages |= {now.vintage: self.estimate, **dict.fromkeys(self.not_asked)}
        asked = [one for one in (now, *older) if measured and one.vintage not in self.missing]
        self.ends = {
            one.vintage: min(int(one[code].columns.max()) for code in declared["series"])
            for one in asked
            if self.vintages[one.vintage] is None
        }
        split = {then.vintage: self._decompose(then, now) for then in older if measured}
        self.decomposition = {vintage: parts for vintage, parts in split.items() if parts}
        self.history = self._history({**held, **releases}) if releases else {}
        self.history_cells = {
            after: self._moved(before, after, {**held, **releases})
            for before, after in pairwise(self.history)
        }
        self.influence = None
        if self.counts and measured and self.estimate:
            sign = rule.DIRECTIONS[declared["expects"]]
            removals = Removals(self.id, self._ask, now, self.estimate, self.decide, sign)
            economies = holding(now, declared["series"])
            self.influence = removals.influence([one for one in economies if one not in subject])

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
        """Return the outcome that the rule gives to an estimate of a variant or a vintage."""
        return rule.outcome(
            self._revised(estimate),
            self.declared["expects"],
            reference=self.declared["reference"],
            smallest_effect=self.declared["smallest_effect"],
        )

    @property
    def counts(self) -> bool:
        """Whether the check counts for the verdict."""
        return self.declared["role"] in files.COUNTING

    @property
    def grid(self) -> Grid:
        """The outcome and the estimate of every variant, by the values of its options."""
        answers = ((options, self.decide(one), one) for options, one in self.variants.values())
        return Grid.of(self.declared, answers)

    @property
    def lost(self) -> dict[str, list[str]]:
        """Economies that some vintage's headline counts and this vintage's does not."""
        counted = {
            vintage: set(one.economies.index) for vintage, one in self.vintages.items() if one
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
            **self._held_against_the_rule(),
            **robustness(self.grid),
            "influence": self.influence,
            "history": [
                {"release": release, **self._decided(one)} for release, one in self.history.items()
            ],
            "history_cells": self.history_cells,
            "vintages": {
                vintage: self._decided(one) if self.asked(vintage) else None
                for vintage, one in self.vintages.items()
            },
            "missing": self.missing,
            "lost": self.lost,
            "ends": self.ends,
            "decomposition": self.decomposition,
            "variants": [
                {"id": name, **self._decided(one)} for name, (_, one) in self.variants.items()
            ],
            "economies": {code: rounded(value) for code, value in economies.items()},
        }

    def __repr__(self) -> str:
        return output.check_text(output.joined_check(self.as_dict(), self.declared))

    def _decided(self, estimate: Estimate | None) -> dict[str, Any]:
        names = ("value", "low", "high", "n", "exact", "unit")
        measured = estimate and {name: getattr(estimate, name) for name in names}
        return {"outcome": self.decide(estimate), "estimate": measured}

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

    def _refuse_unfit(self, vintages: Sequence[str]) -> None:
        """Refuse a function that does not take a snapshot and exactly the options declared."""
        options, vintage = sorted(self.declared["options"]), self.declared["vintage"]
        names = sorted(list(inspect.signature(self._function).parameters)[1:])
        if names != options:
            raise CheckError(
                f"The function {self._function.__name__} takes the options {names}, the check "
                f"{self.id} declares {options}: make them agree."
            )
        if vintage not in vintages:
            raise CheckError(
                f"The check {self.id} is declared for the vintage {vintage}, which data/ does not "
                f"hold.{nearest(vintage, vintages)} It holds {', '.join(vintages)}."
            )

    def _lacking(self, wdi: Snapshot) -> list[str]:
        return [code for code in self.declared["series"] if code not in wdi.codes]

    def _revised(self, estimate: Estimate | None) -> Estimate | None:
        return rule.revisable(estimate, self.revision)

    def _ask(self, wdi: Snapshot, options: Options | None = None) -> Estimate | None:
        """Run the check's function, the headline's options by default; None if a series lacks."""
        if self._lacking(wdi):
            return None
        headline = {name: values[0] for name, values in self.declared["options"].items()}
        options = headline if options is None else options
        try:
            with offline(self.id):
                found = self._function(wdi, **options)
        except Exception as fault:
            asked = self._departure(wdi, options, headline)
            if isinstance(fault, ClaimbookError):
                fault.args = (f"{fault}{asked and f' (It was asked {asked}.)'}",)
                raise
            raise CheckError(
                f"The check {self.id} fails{asked and f', asked {asked},'} with "
                f"{type(fault).__name__}: {fault}."
            ) from fault
        return None if found is None else self._revised(self._coded(found))

    def _departure(self, wdi: Snapshot, options: Options, headline: Options) -> str:
        """Say in what a run departs from the headline; empty for the headline itself."""
        told = [f"{name}: {one}" for name, one in options.items() if one != headline[name]]
        parts = [f"with {', '.join(told)}"] if told else []
        if (held := wdi.release or wdi.vintage) != self.declared["vintage"]:
            parts.append(f"of the vintage {held}")
        return " ".join(parts)

    def _coded(self, estimate: Estimate) -> Estimate:
        """Return what the function gave, its economies in order; refuse what is no estimate."""
        if not isinstance(estimate, Estimate):
            raise CheckError(
                f"The function of the check {self.id} returned a {type(estimate).__name__}: "
                "return an Estimate (see claimbook.estimates), or None."
            )
        if estimate.unit != self.declared["unit"]:
            raise CheckError(
                f"The check {self.id} is declared in {self.declared['unit']!r}, its function "
                f"returns {estimate.unit!r}: make them agree."
            )
        economies = pd.Series(estimate.economies, dtype=float)
        plain = economies.index.inferred_type == "string" and not economies.index.hasnans
        if not plain and (strange := [one for one in economies.index if not isinstance(one, str)]):
            raise CheckError(
                f"The function of the check {self.id} calls an economy {strange[0]!r}. An economy "
                "is known by an iso3 code as text: give `economies` by code, or none."
            )
        if not economies.index.is_monotonic_increasing:
            economies = economies.sort_index()
        return replace(estimate, economies=economies)

    def _revise(self, now: Snapshot, older: Sequence[Snapshot]) -> None:
        """Widen an exact estimate by how much releases that hold the same windows differ in it.

        A release holds them if what the headline finds stays when the years that it lacks are left
        out.
        """
        values = [self.estimate.value]
        for then in older:
            found = self.vintages[then.vintage]
            if found and self._ask(now.in_years_of(then)) == self.estimate:
                values.append(found.value)
        self.revision = rounded(max(values) - min(values))
        self.variants = {
            name: (at, self._revised(one)) for name, (at, one) in self.variants.items()
        }
        self.vintages = {name: self._revised(one) for name, one in self.vintages.items()}

    def _decompose(self, then: Snapshot, now: Snapshot) -> dict[str, Any] | None:
        """Split then → now into coverage (which economy-years are held) and revised values.

        Between the two estimates stand two more, both on the economy-years that both vintages hold:
        by the old values and by the new. What lies between those two is revision alone.
        """
        first, last = self.vintages[then.vintage], self.estimate
        if first is None or last is None:
            return None
        old, new = self._ask(then.common_with(now)), self._ask(now.common_with(then))
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

    def _history(self, held: Snapshots) -> dict[str, Estimate | None]:
        """Return the headline under every release of the main series up to the declared vintage."""
        named = sorted(held, key=lambda name: (name == CURRENT, name))
        return {
            name: self.vintages[name] if name in self.vintages else self._ask(held[name])
            for name in named[: named.index(self.declared["vintage"]) + 1]
            if name not in self.vintages or self.asked(name)
        }

    def _moved(self, before: str, after: str, held: Snapshots) -> dict[str, int]:
        """Return what explains a move of the history: cells that differ between two releases."""
        told = (one.economies.index for name in (before, after) if (one := self.history[name]))
        counted = set[str]().union(*told)
        return cells_moved(held[before], held[after], self.declared["series"][0], counted)
