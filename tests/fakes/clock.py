"""Time that passes only when told to."""

from datetime import datetime, timedelta


class FakeClock:
    """Starts at an aware moment; sleeping moves it and is remembered."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
