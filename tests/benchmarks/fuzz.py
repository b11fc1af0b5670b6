"""Fuzzing by hand: mutated feeds, lists, pages and PDFs through every parser, for as long as is asked.

`python -m tests.benchmarks.fuzz --minutes 20 [--seed N] [--largest BYTES] [--out FOLDER]` prints how many runs of
parsers there were, what got past the border (`findings`; each is described on a line of its own, and its document is
written to FOLDER), the processor seconds of the slowest run, and the memory in MB: the largest of the process, and the
most that one document added. The parsers run in a child process with limited memory, so that a document that needs too
much, never ends or kills the process is a finding too. Uses ../shared/data too where that is.
"""

import argparse
import multiprocessing
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from tests.benchmarks.recorded import SHARED
from tests.fuzz.executions import Finding, executions
from tests.fuzz.mutations import mutated
from tests.fuzz.seeds import Seed, own_seeds, recorded_seeds

_DOCUMENTS = 500
"""Documents for one child process; what it holds afterwards belongs to none of them."""
_MEMORY = 1 << 30
"""Bytes that a child process may take beyond its start."""
_MUCH_MB = 300
_SLOW_S = 2.0
_LONGEST_S = 60.0
"""Seconds after which a document counts as one that never ends."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What the runs of one document gave; `added_mb` is 0 unless the memory exceeded all before."""

    number: int
    runs: int = 0
    findings: Sequence[Finding] = ()
    slowest_s: float = 0.0
    slowest: str = ""
    peak_mb: float = 0.0
    added_mb: float = 0.0


@dataclass
class Totals:
    documents: int = 0
    runs: int = 0
    findings: int = 0
    slowest: Tried = field(default_factory=lambda: Tried(0))
    peak_mb: float = 0.0
    added_mb: float = 0.0

    def add(self, tried: Tried) -> None:
        self.documents += 1
        self.runs += tried.runs
        self.findings += len(tried.findings)
        self.slowest = max(self.slowest, tried, key=lambda each: each.slowest_s)
        self.peak_mb, self.added_mb = max(self.peak_mb, tried.peak_mb), max(self.added_mb, tried.added_mb)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--minutes", type=float, default=1)
    options.add_argument("--seed", type=int, default=0, help="number of the first document")
    options.add_argument("--largest", type=int, default=20_000, help="bytes that a mutation may add")
    options.add_argument("--out", type=Path, help="folder for the documents of findings")
    chosen = options.parse_args()
    seeds = own_seeds() + (recorded_seeds(SHARED) if SHARED.exists() else [])
    end, number, totals = time.monotonic() + 60 * chosen.minutes, chosen.seed, Totals()
    while time.monotonic() < end:
        for tried in _batch(seeds, number, chosen.largest, end):
            totals.add(tried)
            number = tried.number + 1
            for finding in tried.findings:
                print(f"finding: {finding.number} {finding.parser}: {finding.fault}", flush=True)
            if tried.findings and chosen.out:
                chosen.out.mkdir(parents=True, exist_ok=True)
                sample = mutated(tried.number, seeds, chosen.largest)
                (chosen.out / f"{tried.number}.{sample.seed.format}").write_bytes(sample.document.body)
    print(f"documents: {totals.documents}")
    print(f"executions: {totals.runs}")
    print(f"findings: {totals.findings}")
    print(f"slowest_s: {totals.slowest.slowest_s:.2f} ({totals.slowest.number} {totals.slowest.slowest})")
    print(f"peak_mb: {totals.peak_mb:.0f}")
    print(f"added_mb: {totals.added_mb:.0f}")


def _batch(seeds: Sequence[Seed], first: int, largest: int, end: float) -> list[Tried]:
    """Tries documents from `first` on in a child process, until `end` or the first one that the child does not survive.

    Returns at least one.
    """
    forking = multiprocessing.get_context("fork")
    ours, theirs = forking.Pipe(duplex=False)
    child = forking.Process(target=_try_all, args=(theirs, seeds, first, largest), daemon=True)
    child.start()
    theirs.close()
    found: list[Tried] = []
    fault = ""
    while len(found) < _DOCUMENTS and not fault and (not found or time.monotonic() < end):
        try:
            if ours.poll(_LONGEST_S):
                found.append(ours.recv())
            else:
                fault = f"takes longer than {_LONGEST_S:g} s"
        except EOFError:
            child.join()
            fault = f"ends the process: {child.exitcode}"
    if fault:
        number = first + len(found)
        found.append(Tried(number, findings=[Finding(number, "-", fault)]))
    child.kill()
    child.join()
    return found


def _try_all(results: Connection, seeds: Sequence[Seed], first: int, largest: int) -> None:
    process = psutil.Process()
    limit = process.memory_info().vms + _MEMORY
    if sys.platform == "linux":  # other systems do not honour it
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for number in range(first, first + _DOCUMENTS):
        results.send(_tried(number, seeds, largest, process))


def _tried(number: int, seeds: Sequence[Seed], largest: int, process: psutil.Process) -> Tried:
    sample = mutated(number, seeds, largest)
    before_mb, peak_before_mb = process.memory_info().rss / 2**20, _peak_mb()
    runs = list(executions(sample))
    peak_mb = _peak_mb()
    added_mb = peak_mb - before_mb if peak_mb > peak_before_mb else 0.0
    slowest = max(runs, key=lambda run: run.seconds)
    findings = [finding for run in runs for finding in run.findings]
    findings += [Finding(number, run.parser, f"took {run.seconds:.1f} s") for run in runs if run.seconds > _SLOW_S]
    if added_mb > _MUCH_MB:
        findings.append(Finding(number, "-", f"added {added_mb:,.0f} MB"))
    return Tried(number, len(runs), findings, slowest.seconds, slowest.parser, peak_mb, added_mb)


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


if __name__ == "__main__":
    main()
