"""How fast intervals are, against ``scipy.stats.bootstrap`` draw by draw, in one run.

    python bench/bench_estimates.py

Each estimate is made for as many samples as a chapter's grid and its economies left out in turn ask
for, all of one size, the first call included. The plain way is what the estimates did before: 9,999
resamples by ``scipy.stats.bootstrap``, anew for every sample. Processor time is counted, so that a
busy machine changes little. The ends both ways find are compared before anything is printed.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from scipy import stats

from claimbook import estimates

SAMPLES, PLAIN, DRAWS = 200, 5, 9_999
SIZES = (74, 75, 150, 250)


def weighted(values, weights, axis=-1):
    return (values * weights).sum(axis=axis) / weights.sum(axis=axis)


WAYS = {
    "median": (lambda values, weights: estimates.median(values, "points"), np.median, False),
    "mean": (lambda values, weights: estimates.mean(values, "points"), np.mean, False),
    "weighted mean": (
        lambda values, weights: estimates.mean(values, "points", weights),
        weighted,
        True,
    ),
    "share": (lambda values, weights: estimates.share(values > 0), None, False),
}


def drawn(size: int) -> list[tuple[pd.Series, pd.Series]]:
    rng = np.random.default_rng(size)
    index = [f"E{number:04d}" for number in range(size)]
    return [
        (pd.Series(rng.normal(size=size), index), pd.Series(rng.lognormal(size=size), index))
        for _ in range(SAMPLES)
    ]


def timed(call, samples):
    """Processor seconds a sample, and what was found."""
    start = time.process_time()
    found = [call(values, weights) for values, weights in samples]
    return (time.process_time() - start) / len(samples), found


def plain(statistic, weigh):
    """The percentile interval by scipy's own draws; a share is the mean of true and false."""

    def call(values, weights):
        columns = [(values > 0).astype(float) if statistic is None else values]
        found = stats.bootstrap(
            columns + [weights] * weigh,
            statistic or np.mean,
            paired=True,
            vectorized=True,
            n_resamples=DRAWS,
            method="percentile",
            rng=np.random.default_rng(1),
        )
        return found.confidence_interval

    return call


def main() -> None:
    print(f"{SAMPLES} samples of each size; milliseconds of processor time a sample\n")
    print(f"  {'estimate':<16}{'n':>5}{'plain':>10}{'estimates':>12}{'plain / it':>12}")
    for name, (call, statistic, weigh) in WAYS.items():
        for size in SIZES:
            samples = drawn(size)
            seconds, found = timed(call, samples)
            usual, ends = timed(plain(statistic, weigh), samples[:PLAIN])
            for one, other in zip(found, ends, strict=False):
                width = one.high - one.low
                apart = max(abs(one.low - other.low), abs(one.high - other.high))
                if apart > width / 5:
                    raise SystemExit(f"The ways disagree on a {name}: {one}, and {other}.")
            ratio = usual / seconds
            print(f"  {name:<16}{size:>5}{usual * 1e3:>10.2f}{seconds * 1e3:>12.2f}{ratio:>12.1f}")

    print("\nmedians of many (exact, the first call included)\n")
    for size in (1_000, 10_000):
        values = pd.Series(np.random.default_rng(size).normal(size=size))
        seconds, _ = timed(lambda one, _: estimates.median(one, "points"), [(values, None)])
        print(f"  {size:>7} economies{seconds * 1e3:>10.1f} ms")


if __name__ == "__main__":
    main()
