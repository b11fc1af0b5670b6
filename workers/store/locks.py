"""Leader leases and request gates, kept as rows so that they hold over all processes and machines."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from workers.domain.ports import Clock
from workers.runtime.heartbeat import keep_alive
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
        self._engine, self._name, self._clock = engine, name, clock
        self._lasts = timedelta(seconds=lasts_s)
        self._turn: int | None = None

    def acquire(self) -> bool:
        """Take the lease if it is free or expired, or extend it if this object holds it.

        Returns False, and changes nothing, while another holder's lease lasts.
        """
        with write(self._engine) as connection:
            now = self._clock.now()
            connection.execute(
                insert(connection, gate).values(name=self._name, free_at=now, turn=0).on_conflict_do_nothing()
            )
            row = connection.execute(select(gate).where(gate.c.name == self._name).with_for_update()).one()
            ours = row.turn == self._turn
            if row.free_at > now and not ours:
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
            return free_at is not None and free_at > self._clock.now()

    def release(self) -> None:
        """End the lease now if this object still holds it; does nothing where another has taken over."""
        with write(self._engine) as connection:
            connection.execute(
                gate.update()
                .where(gate.c.name == self._name, gate.c.turn == self._turn)
                .values(free_at=self._clock.now())
            )


class RowGate:
    """Implements `domain.ports.Gate`: one request at a time, their starts at least `interval_s` apart."""

    def __init__(self, engine: Engine, name: str, interval_s: float, clock: Clock) -> None:
        self._engine, self._name, self._clock = engine, name, clock
        self._interval = timedelta(seconds=interval_s)

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Wait for the gate and hold it while the body runs.

        The next request may start when the body has ended and the interval since its start has passed.
        """
        turn = self._enter()
        started = self._clock.now()
        try:
            with keep_alive(lambda: self._set_free_at(turn, self._clock.now() + _ABANDONED), _RENEWED_S):
                yield
        finally:
            self._set_free_at(turn, max(self._clock.now(), started + self._interval))

    def _enter(self) -> int:
        """Wait until the gate is free and take it; returns the turn that later writes must name."""
        while True:
            with write(self._engine) as connection:
                now = self._clock.now()
                connection.execute(
                    insert(connection, gate).values(name=self._name, free_at=now, turn=0).on_conflict_do_nothing()
                )
                row = connection.execute(
                    select(gate.c.free_at, gate.c.turn).where(gate.c.name == self._name).with_for_update()
                ).one()
                if row.free_at <= now:
                    connection.execute(
                        gate.update()
                        .where(gate.c.name == self._name)
                        .values(free_at=now + _ABANDONED, turn=row.turn + 1)
                    )
                    return int(row.turn) + 1
                wait_s = (row.free_at - now).total_seconds()
            self._clock.sleep(min(wait_s, _LOOK_AGAIN_S))

    def _set_free_at(self, turn: int, free_at: datetime) -> None:
        """Set the moment at which the gate is free again; does nothing where another process has taken it."""
        with write(self._engine) as connection:
            connection.execute(
                gate.update().where(gate.c.name == self._name, gate.c.turn == turn).values(free_at=free_at)
            )
