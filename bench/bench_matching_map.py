"""How fast the map of the skill space is, against the plain way, in one run.

    python bench/bench_matching_map.py

The plain way solves every cell by `scipy.optimize.linprog`, one programme for each number the map
shows: three assignments, and a programme for each end of each interval (two of the gap as
Charnes-Cooper programmes and two of the least skilled's wage, in autarky and in the world). It is
timed on cells spread over the map and scaled to all of them; everything else is timed whole. The
regions both ways find in those cells are compared before anything is printed.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from claimbook import models
from claimbook.models import matching, matching_map

MASS = np.array([1.0, 1.0, 1.0, 1.5])
SIDE = 60
PLAIN_CELLS = 90


def points(side: int) -> pd.DataFrame:
    """Skills B and C on a grid, A = 3.2 and D = 1; every cell is an economy of the map."""
    b, c = np.linspace(1.02, 3.18, side), np.linspace(1.02, 3.0, side)
    return models.grid(A=3.2, B=b, C=c, D=1.0)


def timed(call, repeat: int = 3):
    """Best of a few runs, the one that warms up among them, and the result."""
    times = []
    for _ in range(repeat + 1):
        start = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - start)
    return min(times), result


# --- the plain way ---


def plain_assignment(skill: np.ndarray, mass: np.ndarray):
    """Output of the best assignment and the constraints that competitive wages obey."""
    first, second = np.triu_indices(len(skill))
    value = np.maximum(skill[first], skill[second]) ** 2 * np.minimum(skill[first], skill[second])
    usage = (np.eye(len(skill))[:, first] + np.eye(len(skill))[:, second]).astype(float)
    output = -linprog(-value, A_eq=usage, b_eq=mass).fun
    rows = np.vstack([-usage.T, mass])
    return output, rows, np.append(-value, output)


def plain_wage(rows, limits, k: int) -> tuple[float, float]:
    unit = np.eye(rows.shape[1])[k]
    return tuple(sign * linprog(sign * unit, A_ub=rows, b_ub=limits).fun for sign in (1, -1))


def plain_ratio(rows, limits, i: int, j: int) -> tuple[float, float]:
    scaled, unit = np.column_stack([rows, -limits]), np.eye(rows.shape[1] + 1)
    normal = {"A_ub": scaled, "b_ub": np.zeros(len(limits)), "A_eq": unit[[j]], "b_eq": [1.0]}
    return tuple(sign * linprog(sign * unit[i], **normal).fun for sign in (1, -1))


def region(gap, world_gap, gain: float, world: float) -> str:
    ceiling = gap[1] * (1 + matching_map.TOLERANCE)
    if world_gap[0] > ceiling:
        return "widens"
    if world_gap[1] > ceiling:
        return "may widen"
    return "teams only" if gain > matching_map.TOLERANCE * world else "unchanged"


def plain_region(skill: np.ndarray) -> str:
    rich, *_ = plain_assignment(skill[:2], MASS[:2])
    poor, *poor_face = plain_assignment(skill[2:], MASS[2:])
    world, *world_face = plain_assignment(skill, MASS)
    gap, world_gap = plain_ratio(*poor_face, 0, 1), plain_ratio(*world_face, 2, 3)
    plain_wage(*poor_face, 1)
    plain_wage(*world_face, 3)
    return region(gap, world_gap, world - rich - poor, world)


# --- one programme for each assignment, bounds by paths ---


def programme_region(skill: np.ndarray) -> str:
    change = matching.opening((skill[:2], MASS[:2]), (skill[2:], MASS[2:]))
    return region(*change.poor_ratio_bounds(), change.gain, change.world.output)


# --- the comparison ---


def main() -> None:
    cells = points(SIDE)
    inside = cells[(cells["A"] > cells["B"]) & (cells["C"] > cells["D"])]
    some = inside.iloc[np.linspace(0, len(inside) - 1, PLAIN_CELLS).astype(int)]

    # Twice, like the rest: a machine that was busy for a moment would flatter the fast ways.
    seconds, regions = timed(lambda: [plain_region(skill) for skill in some.to_numpy()], repeat=1)
    plain = seconds * len(inside) / PLAIN_CELLS

    cold_start = time.perf_counter()
    matching_map.classify(cells, MASS)
    cold = time.perf_counter() - cold_start
    one, found = timed(lambda: matching_map.classify(cells, MASS))
    two, _ = timed(lambda: matching_map.classify(cells, MASS, n_jobs=2))
    seconds, checked = timed(lambda: [programme_region(skill) for skill in some.to_numpy()], 1)
    programme = seconds * len(inside) / PLAIN_CELLS
    differ = sum(found.loc[some.index, "region"].astype(str) != regions)
    if differ or checked != regions:
        raise SystemExit(
            f"The ways disagree ({differ} of {PLAIN_CELLS} cells): no time means a thing."
        )

    print(
        f"{SIDE} x {SIDE} map, {len(inside)} economies of four types, bounds of the gap included\n"
    )
    print(f"  {'way':<58}{'seconds':>9}{'plain / it':>12}")
    for name, seconds in [
        (f"plain: 11 linprog calls a cell (from {PLAIN_CELLS} cells, scaled)", plain),
        (f"one programme an economy, bounds by paths ({PLAIN_CELLS}, scaled)", programme),
        ("bases looked up, bounds among them, first call", cold),
        ("bases looked up, bounds among them", one),
        ("the same in two processes", two),
    ]:
        print(f"  {name:<58}{seconds:>9.3f}{plain / seconds:>12.1f}")
    print(f"\n  regions identical in all {PLAIN_CELLS} cells solved plainly\n")

    print("curve over the grid (bases looked up, this process)\n")
    print(f"  {'side':>6}{'cells':>9}{'seconds':>10}{'microseconds a cell':>22}")
    for side in (15, 30, 60, 120, 240):
        grid = points(side)
        seconds, _ = timed(lambda grid=grid: matching_map.classify(grid, MASS))
        print(f"  {side:>6}{len(grid):>9}{seconds:>10.3f}{1e6 * seconds / len(grid):>22.1f}")

    draw = np.random.default_rng(50)
    skill, mass = draw.uniform(1, 4, 50), draw.uniform(0.5, 2, 50)
    solve, economy = timed(lambda: matching.equilibrium(skill, mass))
    bounds, _ = timed(lambda: matching.equilibrium(skill, mass).wage_bounds)
    kinds = int((economy.teams > 0).sum())
    print(f"\n50 types in one solve ({kinds} kinds of teams): {solve:.4f} s")
    print(f"the same with all bounds of wages: {bounds:.4f} s")


if __name__ == "__main__":
    main()
