"""Failed units in memory, counted as the store counts them."""

from tests.fakes.clock import FakeClock
from workers.domain.units import Failure, Unit, failure_after


class FakeFailures:
    """Implements `domain.ports.Failures`; `refuses` makes every write fail, as a full disk does."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.open: dict[Unit, Failure] = {}
        self.refuses = False

    def record(self, unit: Unit, reason: str) -> Failure:
        self._write()
        known = self.open.get(unit)
        self.open[unit] = failure_after(unit, known.attempts + 1 if known else 1, reason, self._clock.now())
        return self.open[unit]

    def clear(self, unit: Unit) -> None:
        self._write()
        self.open.pop(unit, None)

    def _write(self) -> None:
        if self.refuses:
            raise OSError(28, "No space left on device")
