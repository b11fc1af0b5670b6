"""Failed units in memory, counted as the store counts them, and a boundary that lets every exception pass."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from tests.fakes.clock import FakeClock
from workers.domain.units import Failure, Unit, failure_after

T = TypeVar("T")


class FakeFailures:
    """Implements `domain.ports.Failures`; `refuses` makes every write fail, as a full disk does."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.open: dict[Unit, Failure] = {}
        self.refuses = False

    def record(self, unit: Unit, reason: str, tell: bool = True) -> Failure:
        self._write()
        known = self.open.get(unit)
        self.open[unit] = failure_after(unit, known.attempts + 1 if known else 1, reason, self._clock.now())
        return self.open[unit]

    def report(self, unit: Unit, reason: str, retry_at: datetime | None, tell: bool = True) -> None:
        self._write()
        self.open[unit] = Failure(unit, 0, reason, retry_at)

    def clear(self, unit: Unit) -> None:
        self._write()
        self.open.pop(unit, None)

    def units(self) -> set[Unit]:
        return set(self.open)

    def _write(self) -> None:
        if self.refuses:
            raise OSError(28, "No space left on device")


class NoBoundary:
    """Implements `domain.ports.SectionBoundary` for tests of what is inside it."""

    def run_or(self, unit: Unit, work: Callable[[], T], instead: T) -> T:
        return work()
