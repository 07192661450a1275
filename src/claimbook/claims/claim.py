"""Run a claim's checks: the headline, every variant, every vintage; and hold the claim output.

A check is a plain function of a snapshot and its options. It stands in the chapter, where a reader
can see it:

>>> import claimbook
>>> claim = claimbook.claim("inequality-rose")
>>> claim.check("median-gini-change", gini_change)
"""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from claimbook.claims import files, rule
from claimbook.claims.files import ClaimFileError
from claimbook.claims.offline import offline
from claimbook.data import snapshot
from claimbook.data.snapshot import CURRENT, Snapshot
from claimbook.errors import ClaimbookError, nearest
from claimbook.estimates import Estimate, rounded

MIME = "application/vnd.claimbook.claim+json"
SCHEMA_VERSION = 1
HEADLINE = "headline"
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
    """

    declared: dict[str, Any]
    variants: dict[str, tuple[dict[str, Any], Estimate | None]]
    vintages: dict[str, Estimate | None]
    missing: dict[str, list[str]] = field(default_factory=dict)
    not_asked: list[str] = field(default_factory=list)
    decomposition: dict[str, dict[str, Any]] = field(default_factory=dict)

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
        """Apply the rule to one of the check's estimates.

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
            estimate,
            self.declared["expects"],
            reference=self.declared["reference"],
            smallest_effect=self.declared["smallest_effect"],
        )

    @property
    def robustness(self) -> dict[str, int]:
        """How many variants share the headline's outcome, of how many."""
        return {"agree": self.tally[self.outcome], "of": len(self.variants)}

    @property
    def tally(self) -> dict[str, int]:
        """How many variants come to each outcome."""
        outcomes = [self.decide(estimate) for _, estimate in self.variants.values()]
        return {name: outcomes.count(name) for name in rule.OUTCOMES}

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
        """Tell whether a vintage was asked: it holds the series, and the window.

        Parameters
        ----------
        vintage : str
            A folder of ``data/``.

        Returns
        -------
        bool
            True even where the figures then give no estimate.
        """
        return vintage not in self.missing and vintage not in self.not_asked

    def as_dict(self) -> dict[str, Any]:
        """Return the check's part of the claim output.

        Returns
        -------
        dict
            Plain JSON.
        """
        names = ("id", "role", "kind", "question", "unit", "series", "vintage", "expects")
        economies = {} if self.estimate is None else self.estimate.economies
        return {
            **{name: self.declared[name] for name in names},
            **{name: self.declared[name] for name in ("reference", "smallest_effect")},
            **{name: self.declared[name] for name in ("falsifier", "options")},
            **self._decided(self.estimate),
            "robustness": self.robustness,
            "tally": self.tally,
            "vintages": {
                vintage: self._decided(estimate) if self.asked(vintage) else None
                for vintage, estimate in self.vintages.items()
            },
            "missing": self.missing,
            "lost": self.lost,
            "decomposition": self.decomposition,
            "variants": [
                {"id": name, "options": options, **self._decided(estimate)}
                for name, (options, estimate) in self.variants.items()
            ],
            "economies": {code: rounded(value) for code, value in economies.items()},
        }

    def _decided(self, estimate: Estimate | None) -> dict[str, Any]:
        plain = None if estimate is None else estimate.as_dict()
        return {"outcome": self.decide(estimate), "estimate": plain}

    def __repr__(self) -> str:
        declared, robustness = self.declared, self.robustness
        lines = [
            f"{declared['role']} check {self.id}: {self.outcome}",
            f"  {declared['question']}",
            f"  the claim expects a {declared['expects']} from {declared['reference']:g}, "
            f"of at least {declared['smallest_effect']:g} {declared['unit']}",
        ]
        if not declared["series"]:
            lines.append(f"  a model, which reads no data: {self.estimate or 'no estimate'}")
        for vintage, estimate in self.vintages.items() if declared["series"] else ():
            if vintage in self.missing:
                found = f"not held in this vintage: {', '.join(self.missing[vintage])}"
            elif vintage in self.not_asked:
                found = "not asked: this vintage does not hold the window"
            else:
                found = f"{self.decide(estimate)}: {estimate or 'too few figures'}"
            lines.append(f"  {vintage:>8}  {found}")
            if lost := self.lost.get(vintage):
                lines.append(f"            without {len(lost)}: {' '.join(lost)}")
        if robustness["of"] > 1:
            lines.append(
                f"  {robustness['agree']} of {robustness['of']} variants have this outcome"
            )
        return "\n".join(lines)


class Claim:
    """A claim of the book, its checks, and what they found.

    Parameters
    ----------
    declared : dict
        The claim file, from :func:`claimbook.claims.files.read_claim`.
    """

    def __init__(self, declared: dict[str, Any]) -> None:
        self.declared = declared
        self.checks: dict[str, Check] = {}
        self.values: dict[str, float | str] = {}

    @cached_property
    def _snapshots(self) -> dict[str, Snapshot]:
        codes = files.claim_series(self.declared)
        return {vintage: snapshot.read(vintage, codes) for vintage in snapshot.vintages()}

    def snapshot(self, vintage: str = CURRENT) -> Snapshot:
        """Open a snapshot on the series that the claim file declares.

        Parameters
        ----------
        vintage : str, default ``"current"``
            A folder of ``data/``.

        Returns
        -------
        Snapshot
            Reading any other series is refused, so that no figure enters undeclared.

        Raises
        ------
        SnapshotError
            If there is no such vintage.
        """
        return self._snapshots.get(vintage) or snapshot.read(vintage)

    def check(self, check_id: str, function: CheckFunction) -> Check:
        """Ask one declared question of every vintage and every variant.

        Parameters
        ----------
        check_id : str
            Id of a check in the claim file.
        function : callable
            ``function(wdi, **options) -> Estimate | None``: a snapshot and one value of each of the
            check's options; None where the figures give no estimate.

        Returns
        -------
        Check
            Shows itself as a few lines of text.

        Raises
        ------
        CheckError
            If no such check is declared, or the function's parameters are not its options.
        """
        declared = self._declared(check_id)
        _fit(declared, function)
        now, older, newer = self._around(declared)
        found = {
            name: (options, _run(function, now, declared, options))
            for name, options in variants(declared["options"]).items()
        }
        options, headline = found[HEADLINE]
        # Without series a check asks a model, whose answer no vintage changes.
        earlier = {
            then.vintage: _run(function, then, declared, options)
            if declared["series"]
            else headline
            for then in older
        }
        estimates = {**earlier, now.vintage: headline, **dict.fromkeys(newer)}
        missing = {
            vintage: lacking
            for vintage, wdi in self._snapshots.items()
            if (lacking := [code for code in declared["series"] if code not in wdi.codes])
        }
        check = Check(declared, found, estimates, missing, newer)
        for then in older if declared["series"] else ():
            if parts := _decompose(function, then, now, check):
                check.decomposition[then.vintage] = parts
        self.checks[check_id] = check
        return check

    def value(self, name: str, number: float | str) -> float | str:
        """Keep a number for the prose: ``[12](value:values.NAME)`` shows it.

        Parameters
        ----------
        name : str
            A name unique in the chapter, lower case with hyphens.
        number : float or str
            What was computed.

        Returns
        -------
        float or str
            The same, rounded to six significant digits.

        Raises
        ------
        CheckError
            If the name is not of that form or another value has it.
        """
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
            raise CheckError(f"The value {name!r}: a name is lower case, digits and hyphens.")
        kept = number if isinstance(number, str) else rounded(float(number))
        kept = int(kept) if isinstance(kept, float) and kept.is_integer() else kept
        if self.values.setdefault(name, kept) != kept:
            raise CheckError(f"The value {name!r} is set twice, to {self.values[name]} and {kept}.")
        return kept

    @property
    def verdict(self) -> str:
        """The claim's verdict: of each check's headline, under the vintage declared for it."""
        return self._verdict({name: check.outcome for name, check in self.checks.items()})

    def as_dict(self) -> dict[str, Any]:
        """Return the claim output.

        Returns
        -------
        dict
            Plain JSON; see the method page for its fields.

        Raises
        ------
        CheckError
            If a declared check has not been run.
        """
        for check in self.declared["checks"]:
            if check["id"] not in self.checks:
                raise CheckError(
                    f"The check {check['id']} of {self.declared['id']} is declared but was not "
                    f'run: add `claim.check("{check["id"]}", …)` before the claim is shown.'
                )
        checks = [self.checks[check["id"]] for check in self.declared["checks"]]
        claim = {name: self.declared[name] for name in _CLAIM_FIELDS}
        return {
            "schema_version": SCHEMA_VERSION,
            "claim": claim,
            "verdict": self.verdict,
            "robustness": self._primary.robustness,
            "vintages": {vintage: self._verdict_under(vintage) for vintage in self._snapshots},
            "checks": [check.as_dict() for check in checks],
            "values": self.values,
        }

    @property
    def _primary(self) -> Check:
        return next(
            check for check in self.checks.values() if check.declared["role"] == files.PRIMARY
        )

    def _verdict_under(self, vintage: str) -> str | None:
        """The verdict of a vintage; None where the primary check could not be asked of it."""
        if not self._primary.asked(vintage):
            return None
        return self._verdict(
            {name: check.decide(check.vintages[vintage]) for name, check in self.checks.items()}
        )

    def _verdict(self, outcomes: Mapping[str, str]) -> str:
        roles = {name: self.checks[name].declared["role"] for name in outcomes}
        secondary = [outcomes[name] for name in outcomes if roles[name] == files.SECONDARY]
        return rule.verdict(outcomes[self._primary.id], secondary)

    def _around(self, declared: Mapping[str, Any]) -> tuple[Snapshot, list[Snapshot], list[str]]:
        """Return the snapshot of a check's headline, those before it, and the vintages after it."""
        held = list(self._snapshots)
        if declared["vintage"] not in held:
            raise CheckError(
                f"The check {declared['id']} is declared for the vintage {declared['vintage']}, "
                f"which data/ does not hold.{nearest(declared['vintage'], held)} "
                f"It holds {', '.join(held)}."
            )
        place = held.index(declared["vintage"])
        older = [self._snapshots[vintage] for vintage in held[:place]]
        return self._snapshots[held[place]], older, held[place + 1 :]

    def _declared(self, check_id: str) -> dict[str, Any]:
        for check in self.declared["checks"]:
            if check["id"] == check_id:
                return check
        known = [check["id"] for check in self.declared["checks"]]
        raise CheckError(
            f"{self.declared['id']}.yml declares no check {check_id!r}.{nearest(check_id, known)} "
            "A check is declared in the claim file before it is run."
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {MIME: self.as_dict(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        claim, robustness = self.declared, self._primary.robustness
        then = ", ".join(f"{name}: {self._verdict_under(name)}" for name in self._snapshots)
        return "\n".join(
            [
                f"{claim['title']}",
                f"verdict: {self.verdict} ({rule.reading(self.verdict, claim['kind'])})",
                f"primary check: {self._primary.outcome}, shared by {robustness['agree']} of "
                f"{robustness['of']} variants",
                f"verdict by vintage: {then}",
                *(repr(check) for check in self.checks.values()),
            ]
        )


_CLAIM_FIELDS = (
    "id",
    "essay",
    "part",
    "paragraphs",
    "kind",
    "title",
    "statement",
    "written_for",
    "literature",
)


def claim(claim_id: str) -> Claim:
    """Open a claim of the book.

    Parameters
    ----------
    claim_id : str
        The id, which is the claim file's stem.

    Returns
    -------
    Claim
        With no check run yet.

    Raises
    ------
    ClaimFileError
        If there is no such claim, or its file is faulty.
    """
    return Claim(files.read_claim(claim_id))


def variants(options: Mapping[str, list[Any]]) -> dict[str, dict[str, Any]]:
    """Return every point of a grid of options.

    Parameters
    ----------
    options : mapping of str to list
        Values of each option; the first of each makes the headline.

    Returns
    -------
    dict of str to dict
        Variant id to its options, the headline first. An id names only the departures from the
        headline, options in alphabetical order, so that an option added later leaves it as it is.

    Raises
    ------
    ClaimFileError
        If two values of an option would give the same id.
    """
    names = list(options)
    grid: dict[str, dict[str, Any]] = {}
    for values in itertools.product(*options.values()):
        point = dict(zip(names, values, strict=True))
        departures = [
            f"{name}-{_slug(point[name])}"
            for name in sorted(names)
            if point[name] != options[name][0]
        ]
        variant = "+".join(departures) or HEADLINE
        if variant in grid:
            raise ClaimFileError(f"Two options give the variant id {variant}: name them apart.")
        grid[variant] = point
    return grid


def _slug(value: object) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", str(value).lower()).strip("-")


def _fit(declared: Mapping[str, Any], function: CheckFunction) -> None:
    """Check that a function takes a snapshot and exactly the options declared."""
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
    return Estimate(
        estimate.value,
        estimate.low,
        estimate.high,
        estimate.n,
        estimate.unit,
        pd.Series(estimate.economies, dtype=float).sort_index(),
    )


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
