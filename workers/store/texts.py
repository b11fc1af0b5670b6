"""The texts of closed editions: each language is written once and then read."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import Connection, Engine, func, select, update

from workers.domain.calendar import latest_day
from workers.domain.models import Digest, Text
from workers.domain.ports import Clock
from workers.domain.units import UnitKind, text_unit
from workers.store.leases import SLACK, LeaseClock, lasts
from workers.store.tables import edition, failure, text
from workers.store.transactions import insert, read, write

_WRITTEN_WITHIN = timedelta(days=1)
"""How long after its closing an edition without a text is queued again."""
_DIGEST = TypeAdapter(Digest)


class TextStore:
    """Implements `domain.ports.Texts`. The lease is the edition's row: it lasts `lease`."""

    def __init__(self, engine: Engine, clock: Clock, lease: timedelta) -> None:
        self._engine, self._clock, self._lease = engine, clock, lease
        self._lease_clock = LeaseClock(engine, clock)

    def claim(self, day: date) -> bool:
        with write(self._engine) as connection:
            now = self._lease_clock.now(connection)
            claimed = connection.execute(
                update(edition)
                .where(edition.c.day == day, edition.c.closed_at.is_not(None))
                .where(~lasts(edition.c.lease_until, now, self._lease))
                .values(lease_until=now + self._lease)
            )
            return claimed.rowcount == 1

    def renew(self, day: date) -> None:
        with write(self._engine) as connection:
            _set_lease(connection, day, self._lease_clock.now(connection) + self._lease)

    def release(self, day: date) -> None:
        with write(self._engine) as connection:
            _set_lease(connection, day, None)

    def get(self, day: date, language: str) -> Text | None:
        with read(self._engine) as connection:
            row = connection.execute(select(text).where(text.c.day == day, text.c.language == language)).one_or_none()
        return Text(_DIGEST.validate_json(row.digest), row.chart) if row else None

    def save(self, day: date, written: Text) -> Text:
        with write(self._engine) as connection:
            connection.execute(
                insert(connection, text)
                .values(
                    day=day,
                    language=written.digest.language,
                    digest=_DIGEST.dump_json(written.digest).decode(),
                    chart=written.chart_png,
                )
                .on_conflict_do_nothing()
            )
        return self.get(day, written.digest.language) or written

    def unwritten_days(self, languages: Sequence[str]) -> list[date]:
        """Editions closed in the last day that lack a text in one of `languages` and that nobody writes, oldest first.

        Their worker stopped between closing and writing, or writing failed and is due again; a text that was given up
        is left out. An edition closed less than one lease ago is left out, because its worker may still start to write.
        """
        with read(self._engine) as connection:
            now = self._clock.now()
            closed = select(edition.c.day).where(edition.c.closed_at > now - _WRITTEN_WITHIN)
            closed = closed.where((edition.c.closed_at <= now - self._lease) | (edition.c.closed_at > now + SLACK))
            closed = closed.where(edition.c.day <= latest_day(now))
            closed = closed.where(~lasts(edition.c.lease_until, self._lease_clock.now(connection), self._lease))
            resting = set(
                connection.execute(
                    select(failure.c.key)
                    .where(failure.c.kind == UnitKind.TEXT)
                    .where(failure.c.retry_at.is_(None) | (failure.c.retry_at > now))
                ).scalars()
            )
            days: set[date] = set()
            for language in languages:
                written = select(text.c.day).where(text.c.language == language)
                missing = connection.execute(closed.where(edition.c.day.not_in(written))).scalars()
                days.update(day for day in missing if text_unit(day, language).key not in resting)
        return sorted(days)

    def languages(self, day: date) -> list[str]:
        """The languages in which the edition has a text, sorted."""
        with read(self._engine) as connection:
            return sorted(connection.execute(select(text.c.language).where(text.c.day == day)).scalars())

    def newest(self, language: str) -> date | None:
        """The latest day with a text in `language`; retracted editions and those of the future do not count."""
        with read(self._engine) as connection:
            return connection.execute(
                select(func.max(text.c.day))
                .join(edition, edition.c.day == text.c.day)
                .where(text.c.language == language, edition.c.retracted_at.is_(None))
                .where(text.c.day <= latest_day(self._clock.now()))
            ).scalar()


def _set_lease(connection: Connection, day: date, until: datetime | None) -> None:
    closed = update(edition).where(edition.c.day == day, edition.c.closed_at.is_not(None))
    connection.execute(closed.values(lease_until=until))


def digest_json(digest: Digest) -> bytes:
    """digest.json: the field names of `Digest`, indented, in UTF-8, with a final line break."""
    return _DIGEST.dump_json(digest, indent=1) + b"\n"
