"""Fuzzing by hand: mutated feeds, lists, pages and PDFs through every parser, for as long as is asked.

`python -m tests.benchmarks.fuzz --minutes 20 [--seed N] [--largest BYTES]` prints how many runs of parsers there were,
what got past the border (`findings`; each is described on a line of its own), the processor seconds of the slowest run
and the largest memory of this process. Uses ../shared/data too where that is.
"""

import argparse
import time

import psutil

from tests.benchmarks.recorded import SHARED
from tests.fuzz.executions import executions
from tests.fuzz.mutations import mutated
from tests.fuzz.seeds import own_seeds, recorded_seeds


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--minutes", type=float, default=1)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--largest", type=int, default=20_000)
    chosen = options.parse_args()
    seeds = own_seeds() + (recorded_seeds(SHARED) if SHARED.exists() else [])
    end, number, process = time.monotonic() + 60 * chosen.minutes, chosen.seed, psutil.Process()
    runs = findings = peak = 0
    slowest_s, slowest = 0.0, ""
    while time.monotonic() < end:
        sample = mutated(number, seeds, chosen.largest)
        for execution in executions(sample):
            runs += 1
            findings += len(execution.findings)
            for finding in execution.findings:
                print(f"finding: {finding.number} {finding.parser}: {finding.fault}", flush=True)
            if execution.seconds > slowest_s:
                slowest_s, slowest = execution.seconds, f"{number} {execution.parser}"
        peak = max(peak, process.memory_info().rss)
        number += 1
    print(f"documents: {number - chosen.seed}")
    print(f"executions: {runs}")
    print(f"findings: {findings}")
    print(f"slowest_s: {slowest_s:.2f} ({slowest})")
    print(f"peak_mb: {peak / 2**20:.0f}")


if __name__ == "__main__":
    main()
