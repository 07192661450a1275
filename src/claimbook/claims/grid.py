"""The grid of a check's options: every defensible choice, the id of each, and what they move."""

from __future__ import annotations

import itertools
import math
import operator
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from claimbook.claims import rule
from claimbook.errors import ClaimbookError
from claimbook.estimates import Estimate, rounded

HEADLINE = "headline"
Options = dict[str, Any]
Point = tuple[Any, ...]
Kept = dict[str, list[Any]]


class GridError(ClaimbookError):
    """A grid of options cannot be told apart."""


def variants(options: Mapping[str, list[Any]]) -> dict[str, Options]:
    """Return every point of a grid by its id, the headline (each option's first value) first.

    An id names only the departures from the headline, options in alphabetical order, so that an
    option added later leaves it as it is.
    """
    grid: dict[str, Options] = {}
    for values in itertools.product(*options.values()):
        point = dict(zip(options, values, strict=True))
        departures = [
            switch_id(name, point[name])
            for name in sorted(options)
            if point[name] != options[name][0]
        ]
        name = "+".join(departures) or HEADLINE
        if name in grid:
            raise GridError(f"Two options give the variant id {name}: name them apart.")
        grid[name] = point
    return grid


def switch_id(option: str, value: object) -> str:
    """Return the id of one option set to one value, such as ``end-2004-2012``."""
    slug = re.sub(r"[^a-z0-9.]+", "-", str(value).lower()).strip("-")
    return f"{option}-{slug}"


class Answer(NamedTuple):
    """What one variant came to."""

    outcome: str
    estimate: Estimate | None


@dataclass(frozen=True)
class Grid:
    """A check's options, and its answer at each point: a tuple of one value an option."""

    options: Mapping[str, list[Any]]
    answers: Mapping[Point, Answer]
    smallest_effect: float

    @classmethod
    def of(
        cls, declared: Mapping[str, Any], found: Iterable[tuple[Options, str, Estimate | None]]
    ) -> Grid:
        """Return a declared check's grid, given options, outcome and estimate of each variant."""
        options = declared["options"]
        answers = {
            tuple(chosen[name] for name in options): Answer(outcome, estimate)
            for chosen, outcome, estimate in found
        }
        return cls(options, answers, declared["smallest_effect"])

    def at(self, chosen: Mapping[str, Any], only: Sequence[str] | None = None) -> Point:
        """Return the headline's point with the chosen values, as far as the grid holds them.

        Of ``only`` some options, where they are named.
        """
        return tuple(
            chosen[name] if name in chosen and chosen[name] in values else values[0]
            for name, values in self.options.items()
            if only is None or name in only
        )

    def near(self, option: str, one: Any, other: Any) -> bool:
        """Tell whether two values of an option never differ by a quarter of a standard error."""
        if not {one, other} <= set(self.options[option]):
            return False
        pairs = [
            (first.estimate, second.estimate) for first, second in self._pairs(option, one, other)
        ]
        return any(None not in pair for pair in pairs) and all(self._near(*pair) for pair in pairs)

    def moves(self, option: str, value: Any) -> bool:
        """Tell whether a value ever gives another outcome than the option's headline."""
        pairs = self._pairs(option, self.options[option][0], value)
        return any(first.outcome != second.outcome for first, second in pairs)

    @property
    def decides_differently(self) -> bool:
        """Whether the variants come to more than one outcome."""
        return len({answer.outcome for answer in self.answers.values()}) > 1

    def _pairs(self, option: str, one: Any, other: Any) -> Iterator[tuple[Answer, Answer]]:
        """Yield the answers at two values of an option, for each choice of the other options."""
        place = list(self.options).index(option)
        for point, answer in self.answers.items():
            if point[place] == one:
                yield answer, self.answers[(*point[:place], other, *point[place + 1 :])]

    def _near(self, one: Estimate | None, other: Estimate | None) -> bool:
        if one is None or other is None:
            return one is other
        # An exact share has no standard error: there the smallest effect is the measure.
        error = min(rule.standard_error(one), rule.standard_error(other))
        measure = self.smallest_effect if one.exact else error
        return one.value == other.value or abs(one.value - other.value) < measure / 4

    def held(self, kept: Kept) -> dict[Point, Answer]:
        """Return the answers at the points whose values are all among those kept."""
        names = list(self.options)
        return {
            point: answer
            for point, answer in self.answers.items()
            if all(value in kept[name] for name, value in zip(names, point, strict=True))
        }

    def counted(self, kept: Kept, shared: Sequence[str]) -> dict[Point, Counter[str | None]]:
        """Count the outcomes at each choice of the shared options; None where no estimate is."""
        places = [place for place, name in enumerate(self.options) if name in shared]
        found: dict[Point, Counter[str | None]] = defaultdict(Counter)
        for point, answer in self.held(kept).items():
            chosen = tuple(point[place] for place in places)
            found[chosen][answer.outcome if answer.estimate else None] += 1
        return found


def distinct(grids: Sequence[Grid]) -> Kept:
    """Return the values of each option, near-copies counted as one: the first of them stays.

    Options of one name are one option: values are near-copies where they are so in every check.
    """
    kept: Kept = {}
    for grid in grids:
        for name, values in grid.options.items():
            chosen = kept.setdefault(name, [])
            having = [one for one in grids if name in one.options]
            for value in values:
                copies = (all(one.near(name, held, value) for one in having) for held in chosen)
                if value not in chosen and (value == values[0] or not any(copies)):
                    chosen.append(value)
    return kept


def robustness(grid: Grid) -> dict[str, dict[str, int]]:
    """Count a check's own grid: how many variants agree with the headline, and come to what.

    Near-copies count once; variants without an estimate are left out and counted apart.
    """
    held = grid.held(distinct([grid])).values()
    outcomes = [answer.outcome for answer in held if answer.estimate]
    tally = {name: outcomes.count(name) for name in rule.OUTCOMES}
    agree = tally[grid.answers[grid.at({})].outcome]
    counted = {"agree": agree, "of": len(outcomes), "missing": len(held) - len(outcomes)}
    return {"robustness": counted, "tally": tally}


def switches(primary: Grid, others: Sequence[Grid]) -> dict[str, Any]:
    """Change each option of the checks that count, alone, and say which changes move the verdict.

    Options of one name move together. A change after which a check has no estimate is left out and
    counted.
    """
    grids = [primary, *others]
    headline = _verdict([grid.answers[grid.at({})] for grid in grids])
    which, of, missing = [], 0, 0
    for name, values in distinct(grids).items():
        for value in values:
            points = [(grid, grid.at({name: value})) for grid in grids]
            moved = [grid.answers[point] for grid, point in points if point != grid.at({})]
            if any(answer.estimate is None for answer in moved):
                missing += 1
            elif moved:  # not the headline's own value
                of += 1
                verdict = _verdict([grid.answers[point] for grid, point in points])
                if verdict != headline:
                    which.append({"option": name, "value": value, "verdict": verdict})
    return {"move": len(which), "of": of, "missing": missing, "which": which}


def _verdict(answers: Sequence[Answer]) -> str:
    primary, *others = (answer.outcome for answer in answers)
    return rule.verdict(primary, others)


def combinations(primary: Grid, others: Sequence[Grid]) -> dict[str, Any]:
    """Return the verdict over the product of all grids: the share of combinations of each.

    Nothing is run for it: once the shared options are chosen, the checks' other options are
    independent, so that outcomes need only be counted. Combinations in which a check has no
    estimate are left out and counted.
    """
    grids = [primary, *others]
    kept = distinct(grids)
    shared = [name for name in kept if sum(name in grid.options for grid in grids) > 1]
    counted = [(grid, grid.counted(kept, shared)) for grid in grids]
    found, every = Counter[str](), 0
    for values in itertools.product(*(kept[name] for name in shared)):
        chosen = dict(zip(shared, values, strict=True))
        first, *rest = (counts[grid.at(chosen, only=shared)] for grid, counts in counted)
        held = [count.total() - count[None] for count in rest]
        for outcome in rule.OUTCOMES:
            against = (count[rule.contrary(outcome)] for count in rest)
            alike = math.prod(map(operator.sub, held, against))
            found[rule.verdict(outcome)] += first[outcome] * alike
            found[rule.MIXED] += first[outcome] * (math.prod(held) - alike)
        every += math.prod(count.total() for count in (first, *rest))
    of = found.total()
    shares = {name: rounded(found[name] / of) if of else 0.0 for name in rule.VERDICTS}
    return {"verdict_robustness": shares, "combinations": {"of": of, "missing": every - of}}


def doubts(grids: Mapping[str, Grid]) -> Iterator[str]:
    """Say what a referee would ask of the options of the checks that count, by check id."""
    lists: dict[str, tuple[str, list[Any]]] = {}
    for check_id, grid in grids.items():
        for name, values in grid.options.items():
            first, others = lists.setdefault(name, (check_id, values))
            if len(values) > 1 and len(others) > 1 and values != others:
                yield (
                    f"the option {name} has other values in {check_id} than in {first}: options of "
                    "one name move together, so give them one list, or another name."
                )
    kept = distinct(list(grids.values()))
    for check_id, grid in grids.items():
        for name, values in grid.options.items():
            for value in values[1:]:
                if value not in kept[name]:
                    copy = next(one for one in kept[name] if grid.near(name, one, value))
                    yield (
                        f"{name}: {value} in {check_id} is a near-copy of {copy}: their estimates "
                        "never differ by a quarter of a standard error, so that they count once."
                    )
                elif grid.decides_differently and not grid.moves(name, value):
                    yield (
                        f"{name}: {value} in {check_id} never moves the outcome, whatever else is "
                        "chosen: is it a choice that a critic would make?"
                    )
