"""A clock that moves only when a test or a sleep moves it."""

from datetime import datetime, timedelta


class FakeClock:
    """Starts at a timezone-aware moment. `sleep` moves it and appends the seconds to `slept`."""

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
