"""The answer of each source for each day, kept until an edition has used it."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, select, update

from workers.domain.models import SourceAnswer, Status
from workers.domain.ports import Clock
from workers.store.tables import edition, source_answer
from workers.store.transactions import insert, read, write

MISSED_DAYS = 7
"""Days for which a source is asked again for a day that it missed; older news does not interest readers."""
_ANSWER = TypeAdapter(SourceAnswer)


@dataclass(frozen=True, slots=True)
class SourceAnswerRow:
    """The result of one source on one day.

    `used_on` is the edition that has the answer; `retry_at` is when a failure is tried again.
    """

    day: date
    source: str
    status: Status
    reason: str | None
    used_on: date | None
    retry_at: datetime | None


class SourceAnswerStore:
    """Implements `domain.ports.SourceAnswers`."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    def keep(self, day: date, answer: SourceAnswer, retry_in_s: float) -> None:
        """Store an answer, or a failure that is tried again; does nothing once the day's edition is closed."""
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
                return  # the edition has asked the source itself
            connection.execute(
                insert(connection, source_answer)
                .values(day=day, source=answer.report.name, **values)
                .on_conflict_do_update(
                    index_elements=["day", "source"], set_=values, where=source_answer.c.used_on.is_(None)
                )
            )

    def kept(self, source: str, day: date) -> SourceAnswer | None:
        with read(self._engine) as connection:
            packed = connection.execute(
                select(source_answer.c.answer).where(source_answer.c.source == source, source_answer.c.day == day)
            ).scalar_one_or_none()
        return _ANSWER.validate_json(zlib.decompress(packed)) if packed else None

    def waiting(self, day: date) -> dict[str, list[date]]:
        with read(self._engine) as connection:
            rows = connection.execute(
                select(source_answer.c.source, source_answer.c.day)
                .where(source_answer.c.used_on.is_(None))
                .where(source_answer.c.day < day, source_answer.c.day >= day - timedelta(days=MISSED_DAYS))
                .order_by(source_answer.c.day)
            ).all()
        found: dict[str, list[date]] = {}
        for row in rows:
            found.setdefault(row.source, []).append(row.day)
        return found

    def of(self, days: Iterable[date]) -> list[SourceAnswerRow]:
        """The results of all sources on these days, the earliest day first."""
        query = select(source_answer).where(source_answer.c.day.in_(list(days))).order_by(source_answer.c.day)
        with read(self._engine) as connection:
            rows = connection.execute(query).all()
        return [SourceAnswerRow(row.day, row.source, row.status, row.reason, row.used_on, row.retry_at) for row in rows]


def settle(connection: Connection, day: date, answers: Sequence[SourceAnswer]) -> None:
    """Record which answers the edition of `day` has used and which it lacks, in the transaction that closes it."""
    for answer in answers:
        name, status, reason = answer.report.name, answer.report.status, answer.report.reason
        _upsert(connection, day, name, status, reason, None if status == "failed" else day)
        for earlier in answer.earlier:
            _upsert(connection, earlier, name, "ok", None, day)
        for earlier in answer.lacking:
            _upsert(connection, earlier, name, "failed", reason, None)


def free(connection: Connection, day: date) -> None:
    """Make the answers that the edition of `day` has used unused again, so that the sources are asked again."""
    connection.execute(update(source_answer).where(source_answer.c.used_on == day).values(used_on=None))


def _upsert(
    connection: Connection, day: date, source: str, status: Status, reason: str | None, used_on: date | None
) -> None:
    values = {"status": status, "reason": reason, "used_on": used_on, "answer": None, "retry_at": None}
    connection.execute(
        insert(connection, source_answer)
        .values(day=day, source=source, **values)
        .on_conflict_do_update(index_elements=["day", "source"], set_=values)
    )
