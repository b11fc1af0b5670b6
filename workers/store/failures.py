"""Units of work that failed: how often, why, when they are tried again, and whether the owners were told."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, delete, select, update

from workers.domain.ports import Clock
from workers.domain.units import TRIES, Failure, Unit, UnitKind, failure_after
from workers.store.tables import failure
from workers.store.transactions import insert, read, write

_KEPT = timedelta(days=14)
"""How long a failure is kept after its last try."""


class FailureStore:
    """Implements `domain.ports.Failures`."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    def record(self, unit: Unit, reason: str, tell: bool = True) -> Failure:
        """Count a failed try; the unit is given up after `TRIES`. Without `tell`, no owner is told of it."""
        with write(self._engine) as connection:
            now = self._clock.now()
            connection.execute(delete(failure).where(failure.c.last_at < now - _KEPT))
            known = connection.execute(select(failure).where(_is(unit)).with_for_update()).one_or_none()
            failed = failure_after(unit, known.attempts + 1 if known else 1, reason, now)
            self._put(connection, failed, tell, now)
            return failed

    def report(self, unit: Unit, reason: str, retry_at: datetime | None = None, tell: bool = True) -> None:
        """Record a unit that cannot be done, or not before `retry_at`, without counting a try."""
        with write(self._engine) as connection:
            known = connection.execute(select(failure).where(_is(unit)).with_for_update()).one_or_none()
            failed = Failure(unit, known.attempts if known else 0, reason, retry_at)
            self._put(connection, failed, tell, self._clock.now())

    def clear(self, unit: Unit) -> None:
        """Forget a unit that succeeded; writes only where it failed before."""
        with read(self._engine) as connection:
            if connection.execute(select(failure.c.key).where(_is(unit))).one_or_none() is None:
                return
        with write(self._engine) as connection:
            connection.execute(delete(failure).where(_is(unit)))

    def units(self) -> set[Unit]:
        """The units whose last try failed."""
        with read(self._engine) as connection:
            rows = connection.execute(select(failure.c.kind, failure.c.key)).all()
        return {Unit(UnitKind(row.kind), row.key) for row in rows}

    def of(self, unit: Unit) -> Failure | None:
        """The failure of a unit; None if its last try succeeded or there was none."""
        with read(self._engine) as connection:
            row = connection.execute(select(failure).where(_is(unit))).one_or_none()
        return _failure(row) if row else None

    def newest(self, limit: int) -> list[Failure]:
        """The failures with the latest tries, the latest first, without those of models."""
        return self._newest(failure.c.kind != UnitKind.MODEL, limit)

    def newest_of_models(self, limit: int) -> list[Failure]:
        """The latest failures of models, the latest first, also those after which the model answered again."""
        return self._newest(failure.c.kind == UnitKind.MODEL, limit)

    def untold(self) -> list[Failure]:
        """The failures that owners have to be told of: failed TRIES times, or put off by `report`; the oldest first.

        An incomplete source is told with the edition that it is missing in.
        """
        with read(self._engine) as connection:
            query = (
                select(failure)
                .where(failure.c.tell, failure.c.told_at.is_(None), failure.c.kind != UnitKind.SOURCE)
                .where((failure.c.attempts >= TRIES) | (failure.c.attempts == 0))
                .order_by(failure.c.last_at)
            )
            return [_failure(row) for row in connection.execute(query)]

    def told(self, failures: Sequence[Failure]) -> None:
        """Record that the owners were told."""
        with write(self._engine) as connection:
            for each in failures:
                connection.execute(update(failure).where(_is(each.unit)).values(told_at=self._clock.now()))

    def _newest(self, condition: ColumnElement[bool], limit: int) -> list[Failure]:
        query = select(failure).where(condition).order_by(failure.c.last_at.desc(), failure.c.kind, failure.c.key)
        with read(self._engine) as connection:
            return [_failure(row) for row in connection.execute(query.limit(limit))]

    def _put(self, connection: Any, failed: Failure, tell: bool, now: datetime) -> None:
        values = {"about": failed.unit.about, "reason": failed.reason, "attempts": failed.attempts}
        values |= {"last_at": now, "retry_at": failed.retry_at, "tell": tell}
        connection.execute(
            insert(connection, failure)
            .values(kind=failed.unit.kind, key=failed.unit.key, **values)
            .on_conflict_do_update(index_elements=["kind", "key"], set_=values)
        )


def _is(unit: Unit) -> ColumnElement[bool]:
    return (failure.c.kind == unit.kind) & (failure.c.key == unit.key)


def _failure(row: Row[Any]) -> Failure:
    return Failure(Unit(UnitKind(row.kind), row.key, row.about), row.attempts, row.reason, row.retry_at, row.last_at)
