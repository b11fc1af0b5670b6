"""Gates and posts that are rows: one passes, or holds, at a time, over all processes and machines."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Engine, select

from workers.domain.ports import Clock
from workers.runtime.heartbeat import keep_alive
from workers.store.tables import gate
from workers.store.transactions import insert, read, write

_ABANDONED = timedelta(seconds=15)
"""After which a process that passed and gives no sign of life counts as dead."""
_RENEWED_S = 5.0
_LOOK_AGAIN_S = 0.25


class RowLease:
    """A post that one process at a time holds; it is kept by asking for it again before it runs out."""

    def __init__(self, engine: Engine, name: str, lasts_s: float, clock: Clock) -> None:
        self._engine, self._name, self._clock = engine, name, clock
        self._lasts = timedelta(seconds=lasts_s)
        self._turn: int | None = None

    def acquire(self) -> bool:
        """Take the post where it is free, keep it where it is ours; False while another holds it."""
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
        """True while somebody holds the post."""
        with read(self._engine) as connection:
            free_at = connection.execute(select(gate.c.free_at).where(gate.c.name == self._name)).scalar_one_or_none()
            return free_at is not None and free_at > self._clock.now()

    def release(self) -> None:
        """Free the post for the next one, if it is still ours."""
        with write(self._engine) as connection:
            connection.execute(
                gate.update()
                .where(gate.c.name == self._name, gate.c.turn == self._turn)
                .values(free_at=self._clock.now())
            )


class RowGate:
    def __init__(self, engine: Engine, name: str, interval_s: float, clock: Clock) -> None:
        self._engine, self._name, self._clock = engine, name, clock
        self._interval = timedelta(seconds=interval_s)

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Wait for the gate, hold it for the body, and keep it shut for the interval from the start of the body."""
        turn = self._enter()
        started = self._clock.now()
        try:
            with keep_alive(lambda: self._leave(turn, self._clock.now() + _ABANDONED), _RENEWED_S):
                yield
        finally:
            self._leave(turn, max(self._clock.now(), started + self._interval))

    def _enter(self) -> int:
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

    def _leave(self, turn: int, free_at: object) -> None:
        """Let the gate be free then, if it is still ours."""
        with write(self._engine) as connection:
            connection.execute(
                gate.update().where(gate.c.name == self._name, gate.c.turn == turn).values(free_at=free_at)
            )
