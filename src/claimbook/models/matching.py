"""Who works with whom: the matching model of Kremer and Maskin.

A team is one manager of skill m and one worker of skill s; it makes m**a * s**b with a > b > 0, so
skill counts for more in the manager's seat. Anybody may take either seat. The competitive
equilibrium is the assignment that makes the most output, a linear programme over kinds of teams
with one constraint a type of people; wages are its dual prices.

Two features pull apart. The seats differ, which favours teams of unequal members; the members'
skills multiply, which favours teams of equals. With two types the first wins while the ratio of
skills is below `mixing_threshold(a, b)`, the golden ratio when a = 2 and b = 1.

Source of the model: M. Kremer and E. Maskin, "Wage Inequality and Segregation by Skill", NBER
Working Paper 5718, 1996.

Tolerances, all relative. A solution is accepted when every type's mass is used up to 1e-12 and no
team could earn more than 1e-9 above its members' wages. A kind of team counts as existing when its
mass exceeds 1e-11 of the smaller of its two types: masses that differ by less are taken as equal,
which matters because wages may be unique when masses differ and an interval when they do not.

Wages that are not unique: given one vector of competitive wages, every other one differs from it
by shifts d that satisfy

    -d_i - d_j <= slack_ij      (no team earns more than its members are paid)
     d_i + d_j <= 0             (a team that exists still earns what its members are paid)

Eliminating an unknown from two such conditions gives a condition of the same form, so the shadow of
all shifts on the plane of two wages is an *octagon*, with a side for each of the largest and
smallest d_i, d_j, d_i + d_j and d_i - d_j. The sides are shortest paths in a graph of 2n nodes
(A. Miné, "The Octagon Abstract Domain", Higher-Order and Symbolic Computation 19, 2006, pp.
31-100). As every slack is non-negative, no path has a negative cycle: rounding cannot make the
bounds inconsistent. A ratio of two positive wages rises with the one and falls with the other, so
that it is highest at an end of the side of the largest d_i - d_j, and lowest where its inverse is
highest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import brentq, linprog
from scipy.sparse.csgraph import connected_components

from claimbook import models

ACCURACY = 1e-9
"""Largest relative error of wages and team outputs in an accepted solution."""
MASS_ACCURACY = 1e-12
"""Largest share of a type's mass that an accepted solution leaves over or uses twice."""
PRESENT = 1e-11
"""Least mass of a kind of team, relative to the smaller of its types, that counts as existing."""
_ROUNDS = 8
Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """A competitive equilibrium of one economy of n types, in the order they were given.

    Attributes
    ----------
    skill, mass : array (n,)
        The types: skill, and mass of people.
    a, b : float
        The exponents of the manager's and the worker's skill.
    teams : array (n, n)
        Mass of teams of manager type (row) and worker type (column). Row sum plus column sum of a
        type is its mass. Where several assignments make the same output this is one of them.
    wages : array (n,)
        One vector of competitive wages, in units of output. Where wages are not unique it is one
        of many: read `wage_bounds`. A type of mass zero gets the least wage at which nobody would
        gain by hiring its first member.
    output : float
        Output of all teams, equal to the wages of all people.
    """

    skill: Array
    mass: Array
    a: float
    b: float
    teams: Array
    wages: Array
    output: float

    @cached_property
    def wage_bounds(self) -> Array:
        """Lowest (column 0) and highest (column 1) wage of each type over all equilibria, (n, 2).

        A type of mass zero has no highest wage: nobody is paid it, so it may stand at any height
        (`inf`).
        """
        n = len(self.wages)
        down, up = np.diag(self._shifts[n:, :n]) / 2, np.diag(self._shifts[:n, n:]) / 2
        return self.wages[:, None] + np.column_stack([-down, up])

    def wage_ratio_bounds(self, i: int, j: int) -> tuple[float, float]:
        """Lowest and highest ratio of the wage of type i to that of type j over all equilibria.

        The bounds of the two wages do not give it: wages move together, so the ratio's interval is
        usually narrower than theirs.

        Parameters
        ----------
        i, j : int
            Positions of the types, from 0.

        Returns
        -------
        tuple of float
            (lowest, highest).

        Raises
        ------
        ValueError
            If there is no such type, or type j has no skill and so no wage.
        """
        for position in (i, j):
            if not 0 <= position < len(self.skill):
                raise ValueError(
                    f"There is no type {position}: the types are 0 to {len(self.skill) - 1}."
                )
        if self.skill[j] == 0:
            raise ValueError(f"Type {j} has skill 0 and wage 0: no ratio to its wage exists.")
        if i == j:
            return (1.0, 1.0)
        if self.skill[i] == 0:
            return (0.0, 0.0)
        return (1 / self._highest_ratio(j, i), self._highest_ratio(i, j))

    def _highest_ratio(self, i: int, j: int) -> float:
        """Take the wages at the better end of the octagon's side of the largest d_i - d_j."""
        n, path = len(self.wages), self._shifts
        up, down, apart = path[i, n + i] / 2, path[n + j, j] / 2, path[i, j]
        if np.isinf(up):
            return np.inf
        # A difference that does not cut the box meets its sides outside it: its own corner counts.
        ends = (up, max(up - apart, -down)), (min(up, apart - down), -down)
        return float(max((self.wages[i] + x) / (self.wages[j] + y) for x, y in ends))

    @cached_property
    def _shifts(self) -> Array:
        """Shortest paths, (2n, 2n): row p, column q bounds p - q; i stands for d_i, n + i for -d_i.

        Infinite where nothing bounds a wage (a type that nobody belongs to).
        """
        n = len(self.wages)
        exists = self.teams + self.teams.T > 0
        slack = self.wages[:, None] + self.wages - team_output(self.skill, self.a, self.b)
        path = np.full((2 * n, 2 * n), np.inf)
        path[:n, n:][exists] = 0.0
        path[n:, :n] = np.where(exists, 0.0, np.maximum(slack, 0.0))
        np.fill_diagonal(path, 0.0)
        for k in range(2 * n):
            np.minimum(path, path[:, k, None] + path[k], out=path)
        return path


@dataclass(frozen=True, eq=False)
class Opening:
    """Two countries before and after teams may cross their border.

    Attributes
    ----------
    rich, poor : Equilibrium
        Each country by itself.
    world : Equilibrium
        All types together: the rich country's first, then the poor country's. Of several
        assignments with the same output it holds the one with the fewest cross-border teams.
    gain : float
        World output less the output of both countries in autarky.
    cross_border : tuple of float
        Least and largest mass of cross-border teams over all output-maximising assignments; teams
        *must* cross where the first is positive.
    """

    rich: Equilibrium
    poor: Equilibrium
    world: Equilibrium
    gain: float
    cross_border: tuple[float, float]

    def poor_ratio_bounds(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Bounds of the wage of the poor country's most skilled over that of its least skilled.

        Returns
        -------
        ((lowest, highest), (lowest, highest))
            In autarky, in the world.
        """
        i, j = int(np.argmax(self.poor.skill)), int(np.argmin(self.poor.skill))
        first = len(self.rich.skill)
        return (
            self.poor.wage_ratio_bounds(i, j),
            self.world.wage_ratio_bounds(first + i, first + j),
        )


def equilibrium(skill: ArrayLike, mass: ArrayLike, a: float = 2.0, b: float = 1.0) -> Equilibrium:
    """Solve an economy: who works with whom, and what everybody earns.

    Parameters
    ----------
    skill : array (n,)
        Skill of each type, zero or positive, in any order; equal skills are allowed.
    mass : array (n,)
        Mass of people of each type, zero or positive, not all zero.
    a, b : float
        Exponents of the manager's and the worker's skill, a > b > 0.

    Returns
    -------
    Equilibrium

    Raises
    ------
    ValueError
        If skills or masses are not plain lists of numbers of one length, are negative, NaN or
        infinite, if nobody is there, or if not a > b > 0.

    Examples
    --------
    >>> two = equilibrium([1.5, 1.0], [1.0, 1.0])
    >>> two.teams.tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    >>> two.output
    2.25
    """
    skill, mass = _types(skill, mass)
    check_exponents(a, b)
    value = team_output(skill, a, b)
    _check_range(skill, value)
    alone = np.diag(value) / 2
    pairs = np.zeros_like(value)
    wages = alone.copy()
    for group in _groups(value, mass):
        within = np.ix_(group, group)
        pairs[within], wages[group] = _assign(value[within], mass[group])
    _price_empty(value, mass, wages)
    output = float((np.triu(pairs) * value).sum())
    return Equilibrium(skill, mass, float(a), float(b), _seat(pairs, skill), wages, output)


def opening(
    rich: tuple[ArrayLike, ArrayLike],
    poor: tuple[ArrayLike, ArrayLike],
    a: float = 2.0,
    b: float = 1.0,
) -> Opening:
    """Compare two countries before and after teams may cross the border.

    Parameters
    ----------
    rich, poor : (skill, mass)
        Each country's types: a pair of arrays of one length, as `equilibrium` takes them.
    a, b : float
        Exponents of the manager's and the worker's skill, a > b > 0.

    Returns
    -------
    Opening

    Raises
    ------
    ValueError
        If a country is not such a pair, or for the reasons `equilibrium` gives.

    Examples
    --------
    >>> change = opening(rich=([3.2, 2.0], [1, 1]), poor=([1.5, 1.0], [1, 1.5]))
    >>> round(change.gain, 3)
    0.154
    """
    rich, poor = _country(rich, "rich"), _country(poor, "poor")
    at_home, abroad = equilibrium(*rich, a, b), equilibrium(*poor, a, b)
    world = equilibrium(*map(np.concatenate, zip(rich, poor, strict=True)), a, b)
    foreign = np.arange(len(world.skill)) >= len(at_home.skill)
    world, crossing = _fewest_crossing(world, foreign[:, None] != foreign)
    gain = world.output - at_home.output - abroad.output
    return Opening(at_home, abroad, world, gain, crossing)


def mixing_threshold(a: float = 2.0, b: float = 1.0) -> float:
    """Ratio of skills above which two types no longer work together.

    A mixed team beats the average of two teams of equals while 2 r**a > r**(a + b) + 1, where r is
    the ratio of the higher to the lower skill. Beside r = 1 there is exactly one ratio of equality;
    it does not depend on the masses.

    Parameters
    ----------
    a, b : float
        Exponents of the manager's and the worker's skill, a > b > 0.

    Returns
    -------
    float
        The threshold; the golden ratio for a = 2, b = 1.

    Raises
    ------
    ValueError
        If not a > b > 0.
    """
    check_exponents(a, b)

    # Divided by r**a and written in t = log r, so that no power overflows or cancels.
    def excess(t: float) -> float:
        return -np.expm1(b * t) - np.expm1(-a * t)

    top = np.log(a / b) / (a + b)  # where the excess is largest, and positive
    with np.errstate(over="ignore"):  # beyond a computer's numbers where b is tiny
        return float(np.exp(brentq(excess, top, np.log(2.0) / b, xtol=1e-16, rtol=1e-14)))


def team_output(skill: ArrayLike, a: float = 2.0, b: float = 1.0) -> Array:
    """Output of a team of each pair of types, the more skilled of the two managing.

    Parameters
    ----------
    skill : array (n,)
        Skill of each type.
    a, b : float
        Exponents of the manager's and the worker's skill, a > b > 0; as a > b the more skilled
        makes the better manager.

    Returns
    -------
    array (n, n)
        Symmetric.
    """
    skill = np.asarray(skill, dtype=float)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return np.maximum.outer(skill, skill) ** a * np.minimum.outer(skill, skill) ** b


def teams_table(solution: Equilibrium, names: Sequence[str] | None = None) -> pd.DataFrame:
    """List the kinds of teams that exist, for a table or a picture.

    Parameters
    ----------
    solution : Equilibrium
        A solved economy.
    names : sequence of str, optional
        A name for each type; by default its position.

    Returns
    -------
    DataFrame
        A row for each kind of team, the largest output first: `manager`, `worker` (names),
        `teams` (mass), `output_per_team`, `manager_wage`, `worker_wage`.

    Raises
    ------
    ValueError
        If there are not as many names as types.
    """
    n = len(solution.skill)
    labels = [str(k) for k in range(n)] if names is None else list(names)
    if len(labels) != n:
        raise ValueError(f"There are {len(labels)} names for {n} types: give one name for each.")
    manager, worker = np.nonzero(solution.teams)
    value = team_output(solution.skill, solution.a, solution.b)
    table = pd.DataFrame(
        {
            "manager": [labels[i] for i in manager],
            "worker": [labels[j] for j in worker],
            "teams": solution.teams[manager, worker],
            "output_per_team": value[manager, worker],
            "manager_wage": solution.wages[manager],
            "worker_wage": solution.wages[worker],
        }
    )
    return table.sort_values("output_per_team", ascending=False, kind="stable", ignore_index=True)


# --- the linear programme ------------------------------------------------------------------------


def _groups(value: Array, mass: Array) -> list[Array]:
    """Split the types that have people into groups that never work with one another.

    Whoever is paid less than his like make together can do better, so a team worth less than the
    average of its members' two teams of equals never exists. Types linked by no team that could
    exist are separate economies; solving them apart keeps far scales out of one programme.
    """
    linked = _worthwhile(value) & (value > 0) & (mass[:, None] > 0) & (mass > 0)
    _, label = connected_components(linked, directed=False)
    return [np.flatnonzero(label == k) for k in np.unique(label[mass > 0])]


def _worthwhile(value: Array) -> Array:
    alone = np.diag(value) / 2
    return value >= (alone[:, None] + alone) * (1 - ACCURACY)


def _assign(value: Array, mass: Array) -> tuple[Array, Array]:
    """Solve the assignment within a group.

    Returns the mass of each pair, (n, n) symmetric with the teams within a type on the diagonal,
    and the wages.
    """
    alone = np.diag(value) / 2
    if len(mass) == 1:
        return mass[:, None] / 2, alone
    teams = _Teams.of(value, mass)
    weight, price = _solve(value[teams.pair] / teams.unit, teams.usage, teams.supply)
    return teams.masses(weight), price * alone


class _Teams(NamedTuple):
    """The kinds of teams that could exist, the programme's columns: `usage @ weight = supply`.

    `pair` holds the two types of each kind, `mass` the people of each type; a weight of 1 is
    `scale / unit` teams. A wage is measured in what its type makes alone, and a team in what the
    more productive of its types does: then every coefficient is at most two, and the solver's
    absolute tolerance means the same for all types.
    """

    pair: tuple[Array, Array]
    mass: Array
    usage: Array
    supply: Array
    unit: Array
    scale: float

    @classmethod
    def of(cls, value: Array, mass: Array) -> _Teams:
        """List the kinds of teams in a group of types."""
        first, second = np.nonzero(np.triu(_worthwhile(value)))
        alone = np.diag(value) / 2
        unit = np.maximum(alone[first], alone[second])
        usage = np.zeros((len(mass), len(unit)))
        for member in (first, second):
            np.add.at(usage, (member, np.arange(len(unit))), alone[member] / unit)
        scale = float((mass * alone).max())
        return cls((first, second), mass, usage, mass * alone / scale, unit, scale)

    def masses(self, weight: Array) -> Array:
        """Turn weights into a symmetric matrix of masses of pairs, without its rounding."""
        (first, second), n = self.pair, len(self.mass)
        teams = weight * self.scale / self.unit
        teams[teams <= PRESENT * np.minimum(self.mass[first], self.mass[second])] = 0.0
        pairs = np.zeros((n, n))
        pairs[first, second] = pairs[second, first] = teams
        return pairs


def _solve(value: Array, usage: Array, supply: Array) -> tuple[Array, Array]:
    """Maximise value @ weight with usage @ weight = supply; return weights and dual prices.

    A solver's tolerance is absolute, so a mass of a millionth beside one of a million is below it.
    Each round solves for the correction to the last solution with what is left magnified
    (A. Gleixner, D. Steffy and K. Wolter, "Improving the accuracy of linear programming solvers
    with iterative refinement", ISSAC 2012). One or two rounds are enough in practice.
    """
    weight, price = np.zeros(len(value)), np.zeros(len(supply))
    zoom_weight = zoom_price = 1.0
    smallest = np.min(np.where(usage > 0, supply[:, None], np.inf), axis=0)
    for _ in range(_ROUNDS):
        step = linprog(
            (usage.T @ price - value) * zoom_price,
            A_eq=usage,
            b_eq=(supply - usage @ weight) * zoom_weight,
            bounds=np.column_stack([-weight * zoom_weight, np.full(len(value), np.inf)]),
            method="highs",
        )
        if step.x is None:
            break
        weight = np.maximum(weight + step.x / zoom_weight, 0.0)
        price = price - step.eqlin.marginals / zoom_price
        slack = usage.T @ price - value
        left = np.abs(supply - usage @ weight)
        wrong = (
            (left / supply).max() / MASS_ACCURACY,  # masses not used up
            -slack.min() / ACCURACY,  # teams that would earn more than their members
            (weight * np.abs(slack) / smallest).max() / ACCURACY,  # teams that earn less
        )
        if max(wrong) < 1:
            return weight, price
        zoom_weight = min(1.0 / max(left.max(), 1e-3 * supply.min()), 1e15)
        zoom_price = min(1.0 / max(-slack.min(), 1e-6), 1e6)
    raise ArithmeticError(
        "The assignment could not be solved to one part in a thousand million: its masses or "
        "skills are too far apart. Leave out types that do not matter, or choose closer values."
    )


def _fewest_crossing(
    solution: Equilibrium, crosses: Array
) -> tuple[Equilibrium, tuple[float, float]]:
    """Among assignments of the same output choose that with the fewest teams in `crosses`.

    Any assignment that uses only teams which earn exactly their members' wages makes the same
    output, so this is a second programme over those teams alone.
    """
    value = team_output(solution.skill, solution.a, solution.b)
    slack = solution.wages[:, None] + solution.wages - value
    pairs = solution.teams + np.tril(solution.teams, -1).T + np.triu(solution.teams, 1).T
    fewest, most = pairs.copy(), pairs.copy()
    for group in _groups(value, solution.mass):
        within = np.ix_(group, group)
        if not crosses[within].any():
            continue
        teams = _Teams.of(value[within], solution.mass[group])
        exists = pairs[within][teams.pair] > 0
        tight = (slack[within][teams.pair] <= ACCURACY * teams.unit) | exists
        usage = teams.usage[:, tight]
        if np.linalg.matrix_rank(usage) == tight.sum():  # there is one assignment only
            continue
        # A weight counts 1 / unit teams; the constant keeps the programme's numbers below one.
        crossing = np.where(crosses[within][teams.pair], teams.unit.min() / teams.unit, 0.0)
        for found, aim in ((fewest, -crossing), (most, crossing)):
            weight = np.zeros(len(tight))
            weight[tight], _ = _solve(aim[tight], usage, teams.supply)
            found[within] = teams.masses(weight)
    least, largest = (float(np.triu(found)[crosses].sum()) for found in (fewest, most))
    return replace(solution, teams=_seat(fewest, solution.skill)), (least, largest)


def _seat(pairs: Array, skill: Array) -> Array:
    """Put the more skilled of each pair in the manager's row (the first, of equals)."""
    upper = np.triu(pairs)
    swap = skill[:, None] < skill
    return np.where(swap, 0.0, upper) + np.where(swap, upper, 0.0).T


def _price_empty(value: Array, mass: Array, wages: Array) -> None:
    """Give each type nobody belongs to the least wage at which nobody would hire its first member.

    In place; the most productive first, so that empty types are stable towards one another too.
    """
    priced = list(np.flatnonzero(mass > 0))
    empty = np.flatnonzero(mass == 0)
    for k in empty[np.argsort(-value[empty, empty], kind="stable")]:
        wages[k] = max(value[k, k] / 2, (value[k, priced] - wages[priced]).max())
        priced.append(k)


# --- what may be asked ---------------------------------------------------------------------------


def _country(country: tuple[ArrayLike, ArrayLike], name: str) -> tuple[Array, Array]:
    try:
        skill, mass = country
    except (TypeError, ValueError):
        raise ValueError(
            f"The {name} country must be a pair (skill, mass) of two lists of one length."
        ) from None
    return _types(skill, mass, f"the {name} country")


def _types(skill: ArrayLike, mass: ArrayLike, where: str = "the economy") -> tuple[Array, Array]:
    skill, mass = _numbers(skill, f"skill of {where}"), _numbers(mass, f"mass of {where}")
    if len(skill) != len(mass):
        raise ValueError(
            f"In {where} there are {len(skill)} skills but {len(mass)} masses: give one mass for "
            "each type."
        )
    if not mass.any():
        raise ValueError(f"In {where} all masses are zero: at least one type needs people.")
    return skill, mass


def _numbers(values: ArrayLike, name: str) -> Array:
    numbers = models.numbers(values, name)
    if numbers.ndim != 1 or not numbers.size:
        raise ValueError(f"The {name} must be a plain list with at least one number.")
    for k, number in enumerate(numbers):
        if not (np.isfinite(number) and number >= 0):
            raise ValueError(
                f"The {name} is {number} for type {k}: it must be a finite number, zero or more."
            )
    return numbers


def check_exponents(a: float, b: float) -> None:
    """Refuse exponents with which the manager's skill does not count for more."""
    if not (np.isfinite(a) and np.isfinite(b) and a > b > 0):
        raise ValueError(
            f"The exponents are a = {a} and b = {b}: the manager's must be the larger and both "
            "positive, a > b > 0."
        )


def _check_range(skill: Array, value: Array) -> None:
    alone = np.diag(value)[skill > 0]
    if not (np.isfinite(value).all() and (alone > 1e-290).all()):
        raise ValueError(
            f"Skills from {skill[skill > 0].min()} to {skill.max()} make outputs too small or too "
            "large for a computer's numbers: measure skill in another unit."
        )
