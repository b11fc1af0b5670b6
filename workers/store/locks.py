"""Leader leases and request gates, kept as rows so that they hold over all processes and machines."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, select

from workers.domain.errors import SourceError
from workers.domain.ports import Clock
from workers.runtime.heartbeat import keep_alive
from workers.store.leases import LeaseClock, is_ahead
from workers.store.tables import gate
from workers.store.transactions import insert, read, write

_ABANDONED = timedelta(seconds=15)
"""A process inside a gate that renews nothing for this long counts as dead."""
_RENEWED_S = 5.0
"""Seconds between two renewals by the process inside a gate."""
_LOOK_AGAIN_S = 0.25
"""Longest pause of a process that waits at a gate."""


class RowLease:
    """A leader lease: one process at a time holds it, and keeps it by acquiring it again before it expires."""

    def __init__(self, engine: Engine, name: str, lasts_s: float, clock: Clock) -> None:
        self._engine, self._name, self._clock = engine, name, LeaseClock(engine, clock)
        self._lasts = timedelta(seconds=lasts_s)
        self._turn: int | None = None

    def acquire(self) -> bool:
        """Take the lease if it is free or expired, or extend it if this object holds it.

        Returns False, and changes nothing, while another holder's lease lasts.
        """
        with write(self._engine) as connection:
            now = self._clock.now(connection)
            connection.execute(
                insert(connection, gate).values(name=self._name, free_at=now, turn=0).on_conflict_do_nothing()
            )
            row = connection.execute(select(gate).where(gate.c.name == self._name).with_for_update()).one()
            ours = row.turn == self._turn
            if is_ahead(row.free_at, now, self._lasts) and not ours:
                return False
            self._turn = int(row.turn) if ours else int(row.turn) + 1
            connection.execute(
                gate.update().where(gate.c.name == self._name).values(free_at=now + self._lasts, turn=self._turn)
            )
            return True

    def is_held(self) -> bool:
        """Whether any process, this one or another, holds the lease now. Changes nothing."""
        with read(self._engine) as connection:
            free_at = connection.execute(select(gate.c.free_at).where(gate.c.name == self._name)).scalar_one_or_none()
            return is_ahead(free_at, self._clock.now(connection), self._lasts)

    def release(self) -> None:
        """End the lease now if this object still holds it; does nothing where another has taken over."""
        with write(self._engine) as connection:
            connection.execute(
                gate.update()
                .where(gate.c.name == self._name, gate.c.turn == self._turn)
                .values(free_at=self._clock.now(connection))
            )


@dataclass(frozen=True, slots=True)
class _Turn:
    """One passage through a gate."""

    number: int
    started: datetime


class RowGate:
    """Implements `domain.ports.Gate`: one request at a time, their starts at least `interval_s` apart."""

    def __init__(self, engine: Engine, name: str, interval_s: float, clock: Clock) -> None:
        self._engine, self._name, self._clock = engine, name, clock
        self._lease_clock = LeaseClock(engine, clock)
        self._interval = timedelta(seconds=interval_s)

    @contextmanager
    def passing(self, within_s: float | None = None) -> Iterator[None]:
        """Wait for the gate and hold it while the body runs. Raises SourceError after a wait of `within_s`.

        The next request may start when the body has ended and the interval since its start has passed.
        """
        turn = self._enter(within_s)
        try:
            with keep_alive(lambda: self._renew(turn), _RENEWED_S):
                yield
        finally:
            self._leave(turn)

    def _enter(self, within_s: float | None) -> _Turn:
        """Wait until the gate is free and take it; returns the turn that later writes must name."""
        longest, waited_s = max(_ABANDONED, self._interval), 0.0
        while True:
            with write(self._engine) as connection:
                now = self._lease_clock.now(connection)
                connection.execute(
                    insert(connection, gate).values(name=self._name, free_at=now, turn=0).on_conflict_do_nothing()
                )
                row = connection.execute(
                    select(gate.c.free_at, gate.c.turn).where(gate.c.name == self._name).with_for_update()
                ).one()
                if not is_ahead(row.free_at, now, longest):
                    connection.execute(
                        gate.update()
                        .where(gate.c.name == self._name)
                        .values(free_at=now + _ABANDONED, turn=row.turn + 1)
                    )
                    return _Turn(int(row.turn) + 1, now)
                wait_s = (row.free_at - now).total_seconds()
            if within_s is not None and waited_s >= within_s:
                raise SourceError(f"its turn did not come within {within_s:.0f} s")
            pause_s = min(wait_s, _LOOK_AGAIN_S)
            self._clock.sleep(pause_s)
            waited_s += pause_s

    def _renew(self, turn: _Turn) -> None:
        with write(self._engine) as connection:
            self._set_free_at(connection, turn, self._lease_clock.now(connection) + _ABANDONED)

    def _leave(self, turn: _Turn) -> None:
        """Free the gate for the moment when the interval has passed; at most one interval from now."""
        with write(self._engine) as connection:
            now = self._lease_clock.now(connection)
            free_at = min(max(now, turn.started + self._interval), now + self._interval)
            self._set_free_at(connection, turn, free_at)

    def _set_free_at(self, connection: Connection, turn: _Turn, free_at: datetime) -> None:
        """Set the moment at which the gate is free again; does nothing where another process has taken it."""
        mine = (gate.c.name == self._name) & (gate.c.turn == turn.number)
        connection.execute(gate.update().where(mine).values(free_at=free_at))
