"""A claim of the book: run its checks, keep its numbers, show its verdict.

A check is a plain function of a snapshot and its options. It stands in the chapter, where a reader
can see it:

>>> import claimbook
>>> claim = claimbook.claim("inequality-rose")
>>> claim.check("median-gini-change", gini_change)
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

from claimbook.claims import files, output, rule
from claimbook.claims.check import Check, CheckError, CheckFunction
from claimbook.claims.grid import combinations, switches
from claimbook.data import snapshot
from claimbook.data.snapshot import CURRENT, Snapshot
from claimbook.errors import nearest
from claimbook.estimates import rounded


class Claim:
    """A claim of the book, its checks, and what they found.

    Parameters
    ----------
    declared : mapping
        The claim file, read-only, from :func:`claimbook.claims.files.read_claim`.
    """

    def __init__(self, declared: Mapping[str, Any]) -> None:
        self.declared = _read_only(declared)
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

        Checks that are declared to be ``of`` this one are asked by the same function.

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
        base, every = self._declared(check_id), self.declared["checks"]
        for declared in (base, *(one for one in every if one.get("of") == check_id)):
            subject, releases = self.declared.get("subject", ()), self._releases(declared)
            asked = Check(declared, function, self._snapshots, subject, releases)
            self.checks[asked.id] = asked
        return self.checks[check_id]

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
        if not isinstance(number, str) and not math.isfinite(number):
            raise CheckError(f"The value {name!r} is {number}: it must be a finite number.")
        kept = number if isinstance(number, str) else output.plain(rounded(float(number)))
        if self.values.setdefault(name, kept) != kept:
            raise CheckError(f"The value {name!r} is set twice, to {self.values[name]} and {kept}.")
        return kept

    @property
    def verdict(self) -> str:
        """The claim's verdict: of each check's headline, under the vintage declared for it."""
        return self._verdict(lambda check: check.outcome)

    def as_dict(self) -> dict[str, Any]:
        """Return what was found, without a word of the claim file, as plain JSON."""
        if self.declared != _read_only(files.read_claim(self.declared["id"])):
            raise CheckError(
                f"{self.declared['id']}.yml is another than when the claim was opened: open the "
                "claim again, and run every check anew."
            )
        for check in self.declared["checks"]:
            if check["id"] not in self.checks:
                raise CheckError(
                    f"The check {check['id']} of {self.declared['id']} is declared but was not "
                    f'run: add `claim.check("{check["id"]}", …)` before the claim is shown.'
                )
        checks = {name: self.checks[name].as_dict() for name in self._order}
        grids = [check.grid for check in self._counting]
        return {
            "claim": self.declared["id"],
            "verdict": self.verdict,
            "counts": rule.counts(check.outcome for check in self._counting),
            "switches": switches(grids[0], grids[1:]),
            **combinations(grids[0], grids[1:]),
            "robustness": checks[self._counting[0].id]["robustness"],
            "vintages": {vintage: self._verdict_under(vintage) for vintage in self._snapshots},
            "checks": list(checks.values()),
            "values": self.values,
        }

    @property
    def _order(self) -> list[str]:
        return [check["id"] for check in self.declared["checks"]]

    @property
    def _counting(self) -> list[Check]:
        """The checks that count, the primary first."""
        checks = [self.checks[name] for name in self._order if name in self.checks]
        counting = [check for check in checks if check.counts]
        return sorted(counting, key=lambda check: check.declared["role"] != files.PRIMARY)

    def _verdict_under(self, vintage: str) -> str | None:
        """The verdict of a vintage; None where the primary check could not be asked of it."""
        if not self._counting[0].asked(vintage):
            return None
        return self._verdict(lambda check: check.decide(check.vintages[vintage]))

    def _verdict(self, outcome: Callable[[Check], str]) -> str:
        primary, *others = map(outcome, self._counting)
        return rule.verdict(primary, others)

    def _releases(self, declared: Mapping[str, Any]) -> dict[str, Snapshot]:
        """Return further releases of the primary's main series: the first that it names."""
        if declared["role"] != files.PRIMARY or not declared["series"]:
            return {}
        return snapshot.history(declared["series"][0], files.claim_series(self.declared))

    def _declared(self, check_id: str) -> Mapping[str, Any]:
        for check in self.declared["checks"]:
            if check["id"] == check_id:
                return check
        raise CheckError(
            f"{self.declared['id']}.yml declares no check {check_id!r}."
            f"{nearest(check_id, self._order)} "
            "A check is declared in the claim file before it is run."
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        found = self.as_dict()
        text = output.claim_text(output.joined(found, self.declared))
        return {output.MIME: output.compact(found), "text/plain": text}

    def __repr__(self) -> str:
        return output.claim_text(output.joined(self.as_dict(), self.declared))


def _read_only(value: Any) -> Any:
    if isinstance(value, Mapping):
        return MappingProxyType({name: _read_only(one) for name, one in value.items()})
    return tuple(map(_read_only, value)) if isinstance(value, list | tuple) else value


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
