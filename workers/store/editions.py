"""Editions in the store: a process claims one, closes it once, and everybody reads it from then on."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, select, update

from workers.domain.calendar import RETRY, latest_day
from workers.domain.completions import NO_USE, Usage
from workers.domain.errors import LeaseLost
from workers.domain.models import (
    NOT_SELECTED,
    Edition,
    KnownPaper,
    Paper,
    RankedPaper,
    Selection,
    SourceAnswer,
    SourceReport,
)
from workers.domain.ports import Clock
from workers.store import papers, source_answers
from workers.store.leases import SLACK, LeaseClock, lasts
from workers.store.tables import candidate, edition, listing, paper, text
from workers.store.transactions import insert, read, write

_TREND_DAYS = 14
"""Days of `Edition.new_by_day`, the edition's own day included."""


class EditionStore:
    """Implements `domain.ports.Editions`. A lease lasts `lease`; an edition of the future is in nobody's way."""

    def __init__(self, engine: Engine, clock: Clock, lease: timedelta) -> None:
        self._engine, self._clock, self._lease = engine, clock, lease
        self._lease_clock = LeaseClock(engine, clock)

    def claim(self, day: date) -> int | None:
        with write(self._engine) as connection:
            papers.lock(connection)
            now = self._lease_clock.now(connection)
            connection.execute(_first_row(connection, day))
            row = connection.execute(select(edition).where(edition.c.day == day)).one()
            under_way = select(edition.c.day).where(edition.c.closed_at.is_(None))
            under_way = under_way.where(lasts(edition.c.lease_until, now, self._lease)).limit(1)
            if row.closed_at or connection.execute(under_way).one_or_none():
                return None
            attempt = int(row.attempt) + 1
            connection.execute(
                update(edition)
                .where(edition.c.day == day)
                .values(attempt=attempt, lease_until=now + self._lease, progress=[])
            )
            return attempt

    def renew(self, day: date, attempt: int) -> None:
        with write(self._engine) as connection:
            self._update_claimed(connection, day, attempt, lease_until=self._lease_end(connection))

    def want(self, day: date) -> None:
        """Record that `day` needs an edition. Does nothing where that is recorded already.

        The record comes before the queue job, so that a lost job is queued again. Readers expect an edition of a
        wanted day, so they are also told when it is quiet.
        """
        now = self._clock.now()
        with read(self._engine) as connection:
            known = select(edition.c.day).where(edition.c.day == day, _is_wanted(now))
            if connection.execute(known).one_or_none():
                return
        with write(self._engine) as connection:
            connection.execute(_first_row(connection, day))
            connection.execute(update(edition).where(edition.c.day == day).values(wanted_at=now))

    def release(self, day: date, attempt: int, retry_in_s: float) -> None:
        """Give an unfinished edition back, to be tried again in `retry_in_s`; does nothing where the lease was lost."""
        now = self._clock.now()
        with write(self._engine) as connection:
            connection.execute(
                update(edition)
                .where(edition.c.day == day, edition.c.attempt == attempt, edition.c.closed_at.is_(None))
                .values(lease_until=None, retry_at=now + timedelta(seconds=retry_in_s))
            )

    def note(self, day: date, attempt: int | None, step: str, detail: str) -> None:
        with write(self._engine) as connection:
            row = connection.execute(select(edition.c.progress).where(edition.c.day == day).with_for_update()).one()
            noted = [*row.progress, {"step": step, "detail": detail}]
            if attempt is None:
                connection.execute(update(edition).where(edition.c.day == day).values(progress=noted))
            else:
                until = self._lease_end(connection)
                self._update_claimed(connection, day, attempt, progress=noted, lease_until=until)

    def progress(self, day: date) -> list[tuple[str, str]]:
        """The (step, detail) pairs of the current attempt, in order."""
        with read(self._engine) as connection:
            row = connection.execute(select(edition.c.progress).where(edition.c.day == day)).one_or_none()
        return [(item["step"], item["detail"]) for item in row.progress] if row else []

    def open_days(self) -> list[date]:
        """Open editions that are wanted, that no process works on and whose retry time has come, oldest first."""
        with read(self._engine) as connection:
            now = self._clock.now()
            rows = connection.execute(
                select(edition.c.day)
                .where(_to_be_made(now), _is_wanted(now) | (edition.c.revision > 0))
                .where(~lasts(edition.c.lease_until, self._lease_clock.now(connection), self._lease))
                .where(~lasts(edition.c.retry_at, now, RETRY))
                .order_by(edition.c.day)
            )
            return [row.day for row in rows]

    def in_the_making(self, since: datetime) -> bool:
        now = self._clock.now()
        with read(self._engine) as connection:
            query = select(edition.c.day).where(_to_be_made(now), _is_wanted(now), edition.c.wanted_at > since)
            return connection.execute(query.limit(1)).first() is not None

    def newest_asked_for(self) -> date | None:
        """The latest day of which an edition is wanted or made; None in an empty store.

        What a clock that was ahead wanted does not count. If several editions are closed and all are later than the
        clock's day, the clock is behind: it is that day, so that no old edition is made.
        """
        now = self._clock.now()
        today, is_closed = latest_day(now), edition.c.closed_at.is_not(None)
        newest = select(func.max(edition.c.day)).where(edition.c.day <= today, _is_wanted(now) | is_closed)
        later = select(func.count()).where(edition.c.day > today, is_closed)
        with read(self._engine) as connection:
            found: date | None = connection.execute(newest).scalar()
            return found or (today if connection.execute(later).scalar_one() > 1 else None)

    def paper(self, arxiv_id: str) -> Paper | None:
        """A paper that was collected on any day, listed or not; None where it never was."""
        with read(self._engine) as connection:
            row = connection.execute(select(paper).where(paper.c.arxiv_id == arxiv_id)).one_or_none()
        return papers.of_row(row) if row else None

    def history(self, collected: Sequence[Paper]) -> list[KnownPaper | None]:
        with read(self._engine) as connection:
            return papers.history(connection, collected)

    def note_failure(self, day: date, attempt: int, collected: Sequence[SourceAnswer]) -> None:
        with write(self._engine) as connection:
            self._update_claimed(connection, day, attempt, lease_until=self._lease_end(connection))
            source_answers.note_incomplete(connection, day, collected, self._clock.now() + RETRY)

    def close(
        self,
        day: date,
        attempt: int,
        selection: Selection,
        ranked: Sequence[RankedPaper],
        collected: Sequence[SourceAnswer],
        label_use: Usage = NO_USE,
    ) -> None:
        every_paper = [*selection.chosen, *(skipped for group in selection.skipped.values() for skipped in group)]
        with write(self._engine) as connection:
            papers.lock(connection)
            self._update_claimed(
                connection,
                day,
                attempt,
                closed_at=self._clock.now(),
                lease_until=None,
                collected=len(every_paper),
                new=len(selection.chosen) + selection.counts.get(NOT_SELECTED, 0),
                skipped=selection.counts,
                sources=[asdict(answer.report) for answer in collected],
                label_use=asdict(label_use),
            )
            ids = dict(zip(every_paper, papers.keep(connection, every_paper, day), strict=True))
            if ranked:
                connection.execute(
                    listing.insert(),
                    [{"day": day, "n": item.n, "paper_id": ids[item.paper], "label": item.label} for item in ranked],
                )
                papers.label(connection, {ids[item.paper]: item.label for item in ranked})
            chosen_ids = {ids[chosen] for chosen in selection.chosen}
            passed_over = {ids[skipped] for skipped in selection.skipped.get(NOT_SELECTED, ())} - chosen_ids
            if passed_over:
                rows = [{"day": day, "paper_id": paper_id} for paper_id in sorted(passed_over)]
                connection.execute(candidate.insert(), rows)
            source_answers.settle(connection, day, collected)

    def reopen(self, day: date) -> list[str] | None:
        """Open a closed edition so that it is made again; returns the languages it had, None where none is closed.

        Its papers count as new again and its texts are deleted. Posted messages stay until the new text is written;
        see `OutboxStore.revise`.
        """
        with write(self._engine) as connection:
            papers.lock(connection)
            reopened = connection.execute(
                update(edition)
                .where(edition.c.day == day, edition.c.closed_at.is_not(None))
                .values(
                    closed_at=None, retracted_at=None, lease_until=None, retry_at=None, revision=edition.c.revision + 1
                )
            )
            if reopened.rowcount != 1:
                return None
            connection.execute(delete(listing).where(listing.c.day == day))
            connection.execute(delete(candidate).where(candidate.c.day == day))
            languages = connection.execute(select(text.c.language).where(text.c.day == day)).scalars().all()
            connection.execute(delete(text).where(text.c.day == day))
            papers.forget(connection, day)
            source_answers.free(connection, day)
            return list(languages)

    def retract(self, day: date) -> bool:
        """Retract a closed edition: no chat receives it any more. False where none is closed.

        Its papers still count as announced.
        """
        with write(self._engine) as connection:
            retracted = connection.execute(
                update(edition)
                .where(edition.c.day == day, edition.c.closed_at.is_not(None))
                .values(retracted_at=self._clock.now())
            )
            return retracted.rowcount == 1

    def get(self, day: date) -> Edition | None:
        with read(self._engine) as connection:
            row = connection.execute(
                select(edition).where(edition.c.day == day, edition.c.closed_at.is_not(None))
            ).one_or_none()
            if row is None:
                return None
            listed = connection.execute(
                select(listing.c.n, listing.c.label, paper)
                .join(paper, paper.c.id == listing.c.paper_id)
                .where(listing.c.day == day)
                .order_by(listing.c.n)
            ).all()
            trend = connection.execute(
                select(edition.c.day, edition.c.new)
                .where(edition.c.closed_at.is_not(None), edition.c.day <= day)
                .where(edition.c.day > day - timedelta(days=_TREND_DAYS))
            ).all()
        return Edition(
            day=day,
            ranked=tuple(RankedPaper(item.n, papers.of_row(item), item.label) for item in listed),
            collected=row.collected,
            skipped=row.skipped,
            sources=tuple(SourceReport(**report) for report in row.sources),
            new_by_day={item.day: item.new for item in trend},
            label_use=Usage(**row.label_use or {}),
        )

    def passed_over(self, day: date) -> list[Paper]:
        """The papers that were new on `day` but are not listed, in the order they were stored."""
        with read(self._engine) as connection:
            rows = connection.execute(
                select(paper)
                .join(candidate, candidate.c.paper_id == paper.c.id)
                .where(candidate.c.day == day)
                .order_by(paper.c.id)
            ).all()
        return [papers.of_row(row) for row in rows]

    def is_available(self, day: date) -> bool:
        """Whether `day` has a closed edition that was not retracted."""
        with read(self._engine) as connection:
            query = select(edition.c.day).where(edition.c.day == day, edition.c.closed_at.is_not(None))
            return connection.execute(query.where(edition.c.retracted_at.is_(None))).one_or_none() is not None

    def _lease_end(self, connection: Connection) -> datetime:
        return self._lease_clock.now(connection) + self._lease

    def _update_claimed(self, connection: Connection, day: date, attempt: int, **values: object) -> None:
        """Update the open edition that `attempt` holds. Raises LeaseLost where another process holds it by now."""
        changed = connection.execute(
            update(edition)
            .where(edition.c.day == day, edition.c.attempt == attempt, edition.c.closed_at.is_(None))
            .values(**values)
        )
        if changed.rowcount != 1:
            raise LeaseLost(f"edition {day}: another process has taken over")


def _first_row(connection: Connection, day: date) -> Any:
    return insert(connection, edition).values(day=day, attempt=0, progress=[]).on_conflict_do_nothing()


def _is_wanted(now: datetime) -> ColumnElement[bool]:
    """Asked for by the scheduler, unless its clock was ahead then."""
    return edition.c.wanted_at <= now + SLACK


def _to_be_made(now: datetime) -> ColumnElement[bool]:
    """Open, and later than every closed edition (a newer edition contains what an older day missed), or reopened.

    Editions of the future are left out.
    """
    newer, latest = edition.alias(), latest_day(now)
    overtaken = select(newer.c.day).where(newer.c.day > edition.c.day, newer.c.day <= latest)
    overtaken = overtaken.where(newer.c.closed_at.is_not(None))
    return edition.c.closed_at.is_(None) & (edition.c.day <= latest) & (~overtaken.exists() | (edition.c.revision > 0))
