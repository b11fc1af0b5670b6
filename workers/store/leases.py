"""Whether a stored lease, pause or gate still lasts, whatever a clock did, and the clock that leases go by."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, func, select

from workers.domain.ports import Clock
from workers.runtime.clock import SystemClock

SLACK = timedelta(minutes=1)
"""How much longer than its length a lease may seem to last. One that lasts longer was written by a clock that was
ahead, so it is void."""


class LeaseClock:
    """The database's own clock where it is PostgreSQL, so that machines whose clocks differ agree on every lease.

    A test's clock, and the clock of a store in a file, which one machine uses, stay as they are.
    """

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._clock = clock
        self._in_database = engine.dialect.name == "postgresql" and isinstance(clock, SystemClock)

    def now(self, connection: Connection) -> datetime:
        if not self._in_database:
            return self._clock.now()
        moment: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return moment.astimezone(UTC)


def lasts(until: ColumnElement[datetime | None], now: datetime, length: timedelta) -> ColumnElement[bool]:
    """The condition for rows whose lease or pause of this length lasts at `now`."""
    return until.is_not(None) & (until > now) & (until <= now + length + SLACK)


def lasts_since(
    start: ColumnElement[datetime | None], until: ColumnElement[datetime | None], now: datetime
) -> ColumnElement[bool]:
    """The same for leases and pauses of any length, by their start."""
    return until.is_not(None) & (until > now) & (func.coalesce(start, now) <= now + SLACK)


def is_ahead(until: datetime | None, now: datetime, length: timedelta) -> bool:
    """Whether a lease or pause of this length that ends at `until` lasts at `now`; None has ended."""
    return until is not None and now < until <= now + length + SLACK
