"""The answer of each source for each day, kept until an edition has used it."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, select, update

from workers.domain.models import SourceAnswer, Status
from workers.domain.ports import Clock
from workers.domain.source_answers import joined
from workers.store import papers
from workers.store.tables import edition, source_answer
from workers.store.transactions import insert, read, write

MISSED_DAYS = 7
"""Days for which a source is asked again for a day that it missed; older news does not interest readers."""
_ANSWER = TypeAdapter(SourceAnswer)


@dataclass(frozen=True, slots=True)
class SourceAnswerRow:
    """The result of one source on one day.

    `used_on` is the edition that has the whole answer; `retry_at` is when an incomplete one is asked for again.
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
        """Store an answer, joined with what was kept before; does nothing once the day's edition is closed.

        An incomplete answer is to be asked for again in `retry_in_s`. It has nothing to store without entries.
        """
        with write(self._engine) as connection:
            closed = select(edition.c.day).where(edition.c.day == day, edition.c.closed_at.is_not(None))
            if connection.execute(closed).one_or_none():
                return  # the edition has asked the source itself
            kept = _kept(connection, answer.report.name, day)
            whole = joined(kept, answer) if kept and kept.report.incomplete else answer
            incomplete = whole.report.incomplete
            values = {
                "status": whole.report.status,
                "reason": whole.report.reason,
                "answer": None if incomplete and not whole.entries else _packed(whole),
                "retry_at": self._clock.now() + timedelta(seconds=retry_in_s) if incomplete else None,
            }
            connection.execute(
                insert(connection, source_answer)
                .values(day=day, source=answer.report.name, **values)
                .on_conflict_do_update(
                    index_elements=["day", "source"], set_=values, where=source_answer.c.used_on.is_(None)
                )
            )

    def kept(self, source: str, day: date) -> SourceAnswer | None:
        with read(self._engine) as connection:
            return _kept(connection, source, day)

    def shown_before(self, source: str, day: date, arxiv_ids: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """The categories of each of these papers that `source` showed on a day before `day`.

        Papers that an edition has used, and those of the last days that wait for one.
        """
        with read(self._engine) as connection:
            found = papers.shown_before(connection, source, day, arxiv_ids)
            wanted = set(arxiv_ids)
            for before in (day - timedelta(days=back) for back in range(1, MISSED_DAYS + 1)):
                kept = _kept(connection, source, before)
                entries = kept.entries if kept else ()
                found |= {entry.arxiv_id: frozenset(entry.categories) for entry in entries if entry.arxiv_id in wanted}
        return found

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
    """Record which answers the edition of `day` has used and which it lacks, in the transaction that closes it.

    The day of an incomplete answer stays open, although the edition has its entries: the next edition asks for all of
    it again, and finds the papers that it knows announced before.
    """
    for answer in answers:
        name, status, reason = answer.report.name, answer.report.status, answer.report.reason
        _upsert(connection, day, name, status, reason, None if answer.report.incomplete else day)
        for earlier in answer.earlier:
            _upsert(connection, earlier, name, "ok", None, day)
        for earlier in answer.lacking:
            _upsert(connection, earlier, name, "failed", reason, None)


def note_incomplete(connection: Connection, day: date, answers: Sequence[SourceAnswer], retry_at: datetime) -> None:
    """Record the sources that an edition lacks which could not be made; what was kept of them stays."""
    for report in (answer.report for answer in answers if answer.report.incomplete):
        values = {"status": report.status, "reason": report.reason, "retry_at": retry_at}
        connection.execute(
            insert(connection, source_answer)
            .values(day=day, source=report.name, **values)
            .on_conflict_do_update(index_elements=["day", "source"], set_=values)
        )


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


def _kept(connection: Connection, source: str, day: date) -> SourceAnswer | None:
    packed = connection.execute(
        select(source_answer.c.answer).where(source_answer.c.source == source, source_answer.c.day == day)
    ).scalar_one_or_none()
    return _ANSWER.validate_json(zlib.decompress(packed)) if packed else None


def _packed(answer: SourceAnswer) -> bytes:
    return zlib.compress(_ANSWER.dump_json(answer), level=1)
