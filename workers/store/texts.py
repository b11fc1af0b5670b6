"""The texts of closed editions: written once, by one process at a time, then found."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import Engine, func, select, update

from workers.domain.models import Digest, Text
from workers.domain.ports import Clock
from workers.store.tables import edition, text
from workers.store.transactions import insert, read, write

_WRITTEN_WITHIN = timedelta(days=1)
_DIGEST = TypeAdapter(Digest)


class TextStore:
    """The part of `domain.ports.Editions` that is about texts; times are the clock's."""

    def __init__(self, engine: Engine, clock: Clock, lease: timedelta) -> None:
        self._engine, self._clock, self._lease = engine, clock, lease

    def claim_text(self, day: date) -> bool:
        with write(self._engine) as connection:
            now = self._clock.now()
            claimed = connection.execute(
                update(edition)
                .where(edition.c.day == day, edition.c.closed_at.is_not(None))
                .where(edition.c.lease_until.is_(None) | (edition.c.lease_until <= now))
                .values(lease_until=now + self._lease)
            )
            return claimed.rowcount == 1

    def renew_text(self, day: date) -> None:
        self._text_lease(day, self._clock.now() + self._lease)

    def release_text(self, day: date) -> None:
        self._text_lease(day, None)

    def _text_lease(self, day: date, until: datetime | None) -> None:
        with write(self._engine) as connection:
            closed = update(edition).where(edition.c.day == day, edition.c.closed_at.is_not(None))
            connection.execute(closed.values(lease_until=until))

    def unwritten_days(self, languages: Sequence[str]) -> list[date]:
        """Editions closed in the last day that still lack a text: their worker stopped between closing and writing."""
        with read(self._engine) as connection:
            now = self._clock.now()
            closed = select(edition.c.day).where(edition.c.closed_at > now - _WRITTEN_WITHIN)
            closed = closed.where(edition.c.closed_at <= now - self._lease)  # until then its worker may begin to write
            closed = closed.where(edition.c.lease_until.is_(None) | (edition.c.lease_until <= now))
            days: set[date] = set()
            for language in languages:
                written = select(text.c.day).where(text.c.language == language)
                days.update(connection.execute(closed.where(edition.c.day.not_in(written))).scalars())
        return sorted(days)

    def text(self, day: date, language: str) -> Text | None:
        with read(self._engine) as connection:
            row = connection.execute(select(text).where(text.c.day == day, text.c.language == language)).one_or_none()
        return Text(_DIGEST.validate_json(row.digest), row.chart) if row else None

    def save_text(self, day: date, written: Text) -> Text:
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
        kept = self.text(day, written.digest.language)
        return kept or written

    def languages(self, day: date) -> list[str]:
        """The languages that an edition is written in."""
        with read(self._engine) as connection:
            return sorted(connection.execute(select(text.c.language).where(text.c.day == day)).scalars())

    def stands(self, day: date) -> bool:
        """Whether there is a closed edition of that day, not taken back."""
        with read(self._engine) as connection:
            query = select(edition.c.day).where(edition.c.day == day, edition.c.closed_at.is_not(None))
            return connection.execute(query.where(edition.c.retracted_at.is_(None))).one_or_none() is not None

    def newest(self, language: str) -> date | None:
        """The latest day with a text in `language` that was not taken back."""
        with read(self._engine) as connection:
            return connection.execute(
                select(func.max(text.c.day))
                .join(edition, edition.c.day == text.c.day)
                .where(text.c.language == language, edition.c.retracted_at.is_(None))
            ).scalar()


def digest_json(digest: Digest) -> bytes:
    """digest.json: the field names of `Digest`, indented, in UTF-8, with a final line break."""
    return _DIGEST.dump_json(digest, indent=1) + b"\n"
