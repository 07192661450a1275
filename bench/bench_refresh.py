"""How fast a refresh is, against wbgapi's DataFrame series by series, in the same run.

A double of the World Bank's API serves 266 economies × 55 years a series from a process of its own,
with 50 ms before each answer. Three claims are held to, and the exit code is 1 if one fails:

- at least 20 times faster than ``wbgapi.data.DataFrame`` asked for one series after another;
- at most 1.5 times the fewest requests with which wbgapi could do it: the lists of economies and of
  their three kinds of groups, and the rows in pages of 32,500, the largest that the Bank serves;
- less than 500 MB at the peak, with no growth from 40 series to 160 that would break it later.

DataFrame takes about ten seconds a series, so it is timed on two series and multiplied: its time is
proportional to their number, since it fetches and fills each by itself.

    python bench/bench_refresh.py [--plain-series 2] [--curve 10 40 160]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

DOUBLE = Path(__file__).resolve().parent.parent / "tests" / "api_double.py"
ECONOMIES, YEARS, LATENCY = 266, 55, 0.05
LARGEST_PAGE, LISTS = 32_500, 4
FASTER, REQUESTS, MEGABYTES = 20, 1.5, 500
HEADLINE = 40


def codes(series):
    return [f"XX.BIG.{at:04d}" for at in range(series)]


def fewest(series):
    """The fewest requests: the lists, and the rows in the largest pages there are."""
    return LISTS + -(-series * ECONOMIES * YEARS // LARGEST_PAGE)


def in_a_process_of_its_own(task, series):
    """Run one measurement with a fresh memory and a fresh double."""
    command = [sys.executable, str(DOUBLE), "--series", str(series), "--latency", str(LATENCY)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as double:
        try:
            endpoint = double.stdout.readline().strip()
            ended = subprocess.run(
                [sys.executable, __file__, "--measure", task, str(series), endpoint],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
        finally:
            double.terminate()
    return json.loads(ended.stdout)


def measure(task, series, endpoint):
    import resource

    import wbgapi  # both sides have it loaded before the clock starts

    from claimbook.sources.refresh import Order, refresh

    requests = None
    started = time.perf_counter()
    if task == "refresh":
        with TemporaryDirectory() as folder:
            found = refresh(Order(codes(series), Path(folder), endpoint=endpoint))
            requests = found["requests"]
            assert sum(found["cells"].values()) == series * ECONOMIES * YEARS
    else:
        wbgapi.endpoint = endpoint
        # pandas 3 warns of what DataFrame does to it, once for each cell.
        warnings.simplefilter("ignore")
        for code in codes(series):
            assert wbgapi.data.DataFrame(code).shape == (ECONOMIES, YEARS)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # The system counts in kilobytes, macOS in bytes.
    megabytes = peak / (2**20 if sys.platform == "darwin" else 2**10)
    print(json.dumps({"seconds": seconds, "megabytes": megabytes, "requests": requests}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plain-series", type=int, default=2, help="series DataFrame is timed on")
    parser.add_argument("--curve", type=int, nargs="+", default=[10, HEADLINE, 160])
    chosen = parser.parse_args()

    plain = in_a_process_of_its_own("DataFrame", chosen.plain_series)["seconds"]
    a_series = plain / chosen.plain_series
    print(f"wbgapi.data.DataFrame, {chosen.plain_series} series: {plain:.1f} s", end="")
    print(f", {a_series:.1f} s a series (multiplied below)")
    print("series  refresh s  DataFrame s  ratio  requests  fewest  peak MB")
    kept = True
    for series in sorted({*chosen.curve, HEADLINE}):
        one = in_a_process_of_its_own("refresh", series)
        ratio = series * a_series / one["seconds"]
        print(
            f"{series:6}  {one['seconds']:9.1f}  {series * a_series:11.1f}  {ratio:5.1f}  "
            f"{one['requests']:8}  {fewest(series):6}  {one['megabytes']:7.0f}"
        )
        kept &= one["megabytes"] < MEGABYTES
        if series == HEADLINE:
            kept &= ratio >= FASTER and one["requests"] <= REQUESTS * fewest(series)
    print(f"at {HEADLINE} series: {'every' if kept else 'NOT every'} claim holds")
    sys.exit(not kept)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        main()
