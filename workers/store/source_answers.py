"""What each source answered on each day, kept until an edition has it."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, select, update

from workers.domain.models import Collected, Status
from workers.domain.ports import Clock
from workers.store.tables import collection, edition
from workers.store.transactions import insert, read, write

MISSED_DAYS = 7
"""How long a source is asked for a day it failed; Hugging Face and arXiv's API answer for longer, readers forget."""
_ANSWER = TypeAdapter(Collected)


@dataclass(frozen=True, slots=True)
class Collection:
    """How one source did on one day; `retry_at` is set where a failure shall be tried again."""

    day: date
    source: str
    status: Status
    reason: str | None
    used_on: date | None
    retry_at: datetime | None


class CollectionStore:
    """See `domain.ports.Collections`."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    def keep(self, day: date, answer: Collected, retry_in_s: float) -> None:
        """Keep an answer for the edition that will use it; a failure is remembered, to be tried again."""
        failed = answer.report.status == "failed"
        values = {
            "status": answer.report.status,
            "reason": answer.report.reason,
            "answer": None if failed else zlib.compress(_ANSWER.dump_json(answer), level=1),
            "retry_at": self._clock.now() + timedelta(seconds=retry_in_s) if failed else None,
        }
        with write(self._engine) as connection:
            closed = select(edition.c.day).where(edition.c.day == day, edition.c.closed_at.is_not(None))
            if connection.execute(closed).one_or_none():
                return  # too late: the edition has asked for itself
            connection.execute(
                insert(connection, collection)
                .values(day=day, source=answer.report.name, **values)
                .on_conflict_do_update(
                    index_elements=["day", "source"], set_=values, where=collection.c.used_on.is_(None)
                )
            )

    def kept(self, source: str, day: date) -> Collected | None:
        with read(self._engine) as connection:
            packed = connection.execute(
                select(collection.c.answer).where(collection.c.source == source, collection.c.day == day)
            ).scalar_one_or_none()
        return _ANSWER.validate_json(zlib.decompress(packed)) if packed else None

    def waiting(self, day: date) -> dict[str, list[date]]:
        with read(self._engine) as connection:
            rows = connection.execute(
                select(collection.c.source, collection.c.day)
                .where(collection.c.used_on.is_(None))
                .where(collection.c.day < day, collection.c.day >= day - timedelta(days=MISSED_DAYS))
                .order_by(collection.c.day)
            ).all()
        found: dict[str, list[date]] = {}
        for row in rows:
            found.setdefault(row.source, []).append(row.day)
        return found

    def of(self, days: Iterable[date]) -> list[Collection]:
        """What is known of these days."""
        query = select(collection).where(collection.c.day.in_(list(days))).order_by(collection.c.day)
        with read(self._engine) as connection:
            rows = connection.execute(query).all()
        return [Collection(row.day, row.source, row.status, row.reason, row.used_on, row.retry_at) for row in rows]


def settle(connection: Connection, day: date, answers: Sequence[Collected]) -> None:
    """Write down what the edition of `day` has used, and what it could not get; part of the edition's closing."""
    for answer in answers:
        name, status, reason = answer.report.name, answer.report.status, answer.report.reason
        _upsert(connection, day, name, status, reason, None if status == "failed" else day)
        for earlier in answer.earlier:
            _upsert(connection, earlier, name, "ok", None, day)
        for earlier in answer.lacking:
            _upsert(connection, earlier, name, "failed", reason, None)


def free(connection: Connection, day: date) -> None:
    """What the edition of `day` had used is nobody's again: it will be asked for anew."""
    connection.execute(update(collection).where(collection.c.used_on == day).values(used_on=None))


def _upsert(
    connection: Connection, day: date, source: str, status: Status, reason: str | None, used_on: date | None
) -> None:
    values = {"status": status, "reason": reason, "used_on": used_on, "answer": None, "retry_at": None}
    connection.execute(
        insert(connection, collection)
        .values(day=day, source=source, **values)
        .on_conflict_do_update(index_elements=["day", "source"], set_=values)
    )
