"""A clock that moves only when a test or a sleep moves it."""

from datetime import UTC, datetime, timedelta


def utc(text: str) -> datetime:
    """The moment of an ISO date and time in UTC, e.g. "2025-06-03 08:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


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
