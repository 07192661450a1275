"""One check: its function asked the headline, every variant and every vintage."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
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
Answered = Callable[[Snapshot], Estimate | None]  # a check's headline of a snapshot


class CheckError(ClaimbookError):
    """A check's function does not fit its claim file, or a claim was shown unfinished."""


@dataclass
class Check:
    """One question to the data, with what the figures answered.

    Parameters
    ----------
    declared : mapping
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
    history_cells : dict of str to dict
        Of the main series' cells, of economies counted: how many each release revised, withdrew and
        added since the one before.
    ends : dict of str to int
        The last year with figures of each vintage that gives no estimate.
    """

    declared: Mapping[str, Any]
    variants: dict[str, tuple[Options, Estimate | None]]
    vintages: dict[str, Estimate | None]
    missing: dict[str, list[str]] = field(default_factory=dict)
    not_asked: list[str] = field(default_factory=list)
    decomposition: dict[str, dict[str, Any]] = field(default_factory=dict)
    revision: float = 0
    influence: dict[str, Any] | None = None
    history: dict[str, Estimate | None] = field(default_factory=dict)
    history_cells: dict[str, dict[str, int]] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        revise = partial(rule.revisable, revision=self.revision)
        self.variants = {
            name: (options, revise(one)) for name, (options, one) in self.variants.items()
        }
        self.vintages = {vintage: revise(one) for vintage, one in self.vintages.items()}

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
            **self._held_against_the_rule,
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

    def _decided(self, estimate: Estimate | None) -> dict[str, Any]:
        names = ("value", "low", "high", "n", "exact")
        measured = estimate and {name: getattr(estimate, name) for name in names}
        return {"outcome": self.decide(estimate), "estimate": measured}

    def __repr__(self) -> str:
        return output.check_text(output.joined_check(self.as_dict(), self.declared))


def ask(
    declared: Mapping[str, Any],
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
    answer, measured = partial(_run, function, declared), bool(declared["series"])
    held, releases = (
        {name: wdi.limited_to(declared["series"]) for name, wdi in (views or {}).items()}
        for views in (held, releases)
    )
    now, older, newer = _around(declared, held)
    found = {
        name: (options, answer(now, options))
        for name, options in variants(declared["options"]).items()
    }
    headline = found[HEADLINE][1]
    # Without series a check asks a model, whose answer no vintage changes.
    earlier = {then.vintage: answer(then) if measured else headline for then in older}
    missing = {
        vintage: lacking
        for vintage, wdi in held.items()
        if (lacking := [code for code in declared["series"] if code not in wdi.codes])
    }
    revision = 0.0
    if measured and headline and headline.exact:
        revision = _revision(answer, now, older, headline, earlier)
    estimates = {**earlier, now.vintage: headline, **dict.fromkeys(newer)}
    check = Check(declared, found, estimates, missing, newer, revision=revision)
    if measured:
        check.ends = {
            then.vintage: min(int(then[code].columns.max()) for code in declared["series"])
            for then in (now, *older)
            if then.vintage not in missing and estimates[then.vintage] is None
        }
        split = {then.vintage: _decompose(answer, then, now, check) for then in older}
        check.decomposition = {vintage: parts for vintage, parts in split.items() if parts}
    if releases:
        _add_history(answer, check, {**held, **releases})
    if check.counts and measured and headline:
        check.influence = Removals(
            check.id,
            lambda wdi: rule.revisable(answer(wdi), revision),
            now,
            check.estimate,
            check.decide,
            rule.DIRECTIONS[declared["expects"]],
        ).influence([code for code in holding(now, declared["series"]) if code not in subject])
    return check


def _add_history(answer: Answered, check: Check, held: Mapping[str, Snapshot]) -> None:
    """Add the headline under every release of the main series up to the declared vintage.

    Beside it stands what explains each move: the cells that differ from the release before.
    """
    code, last = check.declared["series"][0], check.declared["vintage"]
    named = sorted(held, key=lambda name: (name == CURRENT, name))
    for release in named[: named.index(last) + 1]:
        if release not in check.vintages:
            check.history[release] = rule.revisable(answer(held[release]), check.revision)
        elif check.asked(release):
            check.history[release] = check.vintages[release]
    for before, after in pairwise(check.history):
        counted = set[str]().union(
            *(one.economies.index for name in (before, after) if (one := check.history[name]))
        )
        check.history_cells[after] = cells_moved(held[before], held[after], code, counted)


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
    function: CheckFunction,
    declared: Mapping[str, Any],
    wdi: Snapshot,
    options: Options | None = None,
) -> Estimate | None:
    """Run a check's function, the headline's options by default; None if a series is lacking."""
    if any(code not in wdi.codes for code in declared["series"]):
        return None
    if options is None:
        options = {name: values[0] for name, values in declared["options"].items()}
    try:
        with offline(declared["id"]):
            estimate = function(wdi, **options)
    except Exception as fault:
        asked = _asked(declared, wdi, options)
        if isinstance(fault, ClaimbookError):
            fault.args = (f"{fault}{asked and f' (It was asked {asked}.)'}",)
            raise
        raise CheckError(
            f"The check {declared['id']} fails{asked and f', asked {asked},'} with "
            f"{type(fault).__name__}: {fault}."
        ) from fault
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


def _asked(declared: Mapping[str, Any], wdi: Snapshot, options: Options) -> str:
    """Say in what a run departs from the headline; empty for the headline itself."""
    headline = {name: values[0] for name, values in declared["options"].items()}
    told = [f"{name}: {one}" for name, one in options.items() if one != headline[name]]
    parts = [f"with {', '.join(told)}"] if told else []
    if (held := wdi.release or wdi.vintage) != declared["vintage"]:
        parts.append(f"of the vintage {held}")
    return " ".join(parts)


def _revision(
    answer: Answered,
    now: Snapshot,
    older: Iterable[Snapshot],
    headline: Estimate,
    earlier: Mapping[str, Estimate | None],
) -> float:
    """Return by how much releases that hold the same windows differ in an exact headline.

    A release holds them if what the headline finds stays when the years that it lacks are left out.
    """
    values = [headline.value]
    for then in older:
        found = earlier[then.vintage]
        if found and answer(now.in_years_of(then)) == headline:
            values.append(found.value)
    return rounded(max(values) - min(values))


def _decompose(
    answer: Answered, then: Snapshot, now: Snapshot, check: Check
) -> dict[str, Any] | None:
    """Split then → now into coverage (which economy-years are held) and revision (their values).

    Between the two estimates stand two more, both on the economy-years that both vintages hold: by
    the old values and by the new. What lies between those two is revision alone.
    """
    first, last = check.vintages[then.vintage], check.estimate
    if first is None or last is None:
        return None
    old, new = answer(then.common_with(now)), answer(now.common_with(then))
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
