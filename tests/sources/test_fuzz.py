"""Mutated documents, the same ones at every run: nothing but a SourceError and valid entries leaves a parser."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.fuzz.executions import executions
from tests.fuzz.mutations import mutated
from tests.fuzz.seeds import Seed, own_seeds, recorded_seeds

pytestmark = pytest.mark.slow

_LARGEST = 4_000
"""Bytes of a document; larger ones are for `python -m tests.benchmarks.fuzz`."""
_SLOW_S = 2.0
"""Processor seconds that a run may take."""


def faults(seeds: Sequence[Seed], documents: int) -> list[str]:
    found = []
    for number in range(documents):
        for execution in executions(mutated(number, seeds, _LARGEST)):
            found += [f"{finding.number} {finding.parser}: {finding.fault}" for finding in execution.findings]
            if execution.seconds > _SLOW_S:
                found.append(f"{number} {execution.parser}: {execution.seconds:.1f} s")
    return found


def test_nothing_odd_leaves_the_parsers() -> None:
    assert faults(own_seeds(), 300) == []


@pytest.mark.shared_data
def test_nothing_odd_leaves_the_parsers_of_recorded_documents(shared_data: Path) -> None:
    assert faults(recorded_seeds(shared_data), 250) == []
