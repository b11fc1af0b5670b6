"""Deliveries and their parts: a message is a row before it is a message."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, select, update

from workers.domain.deliveries import Delivery, Message, Part
from workers.domain.errors import LeaseLost
from workers.domain.ports import Clock
from workers.store.tables import delivery, part, rendering, text
from workers.store.transactions import insert, read, write

PENDING, SENDING, POSTED = "pending", "sending", "posted"
UNKNOWN, FAILED, DROPPED = "unknown", "failed", "dropped"
"""A part's states: it goes from pending to sending, and ends as one of the last four."""


class OutboxStore:
    """Every write names the delivery's attempt; a process that lost its lease raises LeaseLost and writes nothing."""

    def __init__(self, engine: Engine, clock: Clock, lease: timedelta) -> None:
        self._engine, self._clock, self._lease = engine, clock, lease

    def request(self, cause: str, platform: str, chat: str, day: date, language: str, layout: str) -> bool:
        """A delivery that a reader asked for, in this chat now; False where that cause was answered already."""
        with write(self._engine) as connection:
            made = connection.execute(
                insert(connection, delivery)
                .values(
                    cause=cause,
                    platform=platform,
                    chat=chat,
                    thread="",
                    day=day,
                    language=language,
                    layout=layout,
                    attempt=0,
                    created_at=self._clock.now(),
                )
                .on_conflict_do_nothing()
                .returning(delivery.c.id)
            )
            return made.one_or_none() is not None

    def claim(self, platform: str) -> Delivery | None:
        """The oldest open delivery whose text is written and whose chat has none under way.

        Parts that a dead process left as sending become unknown: whether they arrived is not known here.
        """
        with write(self._engine) as connection:
            now = self._clock.now()
            busy = select(delivery.c.chat).where(
                delivery.c.platform == platform, delivery.c.done_at.is_(None), delivery.c.lease_until > now
            )
            row = connection.execute(
                select(delivery)
                .join(text, (text.c.day == delivery.c.day) & (text.c.language == delivery.c.language))
                .where(delivery.c.platform == platform, delivery.c.done_at.is_(None), delivery.c.chat.not_in(busy))
                .order_by(delivery.c.created_at, delivery.c.id)
                .limit(1)
                .with_for_update(of=delivery, skip_locked=True)
            ).one_or_none()
            if row is None:
                return None
            connection.execute(
                update(delivery)
                .where(delivery.c.id == row.id)
                .values(attempt=row.attempt + 1, lease_until=now + self._lease)
            )
            connection.execute(
                update(part)
                .where(part.c.delivery_id == row.id, part.c.state == SENDING)
                .values(state=UNKNOWN, reason="the sender stopped while this was on its way")
            )
            return Delivery(
                delivery_id=row.id,
                platform=row.platform,
                chat=row.chat,
                thread=row.thread,
                day=row.day,
                language=row.language,
                layout=row.layout,
                attempt=row.attempt + 1,
            )

    def rendered(self, of: Delivery) -> list[Message] | None:
        """The messages as stored for this edition, language, platform and layout, or None."""
        with read(self._engine) as connection:
            messages = connection.execute(select(rendering.c.messages).where(*_same_rendering(of))).scalar_one_or_none()
        return None if messages is None else [_message(item) for item in messages]

    def expand(self, of: Delivery, messages: Sequence[Message]) -> None:
        """Store the messages once for all chats with this view, and this delivery's parts, in one transaction."""
        with write(self._engine) as connection:
            self._guard(connection, of)
            connection.execute(
                insert(connection, rendering)
                .values(
                    day=of.day,
                    language=of.language,
                    platform=of.platform,
                    layout=of.layout,
                    filter="",
                    messages=[asdict(message) for message in messages],
                )
                .on_conflict_do_nothing()
            )
            row = connection.execute(select(rendering.c.id, rendering.c.messages).where(*_same_rendering(of))).one()
            connection.execute(
                insert(connection, part)
                .values(
                    [
                        {
                            "delivery_id": of.delivery_id,
                            "n": n,
                            "rendering_id": row.id,
                            "state": PENDING,
                            "papers": item["papers"],
                        }
                        for n, item in enumerate(row.messages)
                    ]
                )
                .on_conflict_do_nothing()
            )

    def next_part(self, of: Delivery) -> Part | None:
        """The first part still pending, now sending; None when none is left."""
        with write(self._engine) as connection:
            self._guard(connection, of)
            row = connection.execute(
                select(part.c.id, part.c.n, rendering.c.messages)
                .join(rendering)
                .where(part.c.delivery_id == of.delivery_id, part.c.state == PENDING)
                .order_by(part.c.n)
                .limit(1)
            ).one_or_none()
            if row is None:
                return None
            connection.execute(update(part).where(part.c.id == row.id).values(state=SENDING))
        return Part(row.id, row.n, _message(row.messages[row.n]))

    def settle(self, of: Delivery, settled: Part, state: str, message_id: str | None = None, reason: str = "") -> None:
        """Write down how a part ended (or that it is pending again)."""
        with write(self._engine) as connection:
            self._guard(connection, of)
            connection.execute(
                update(part)
                .where(part.c.id == settled.part_id)
                .values(state=state, message_id=message_id, reason=reason or None)
            )

    def drop_rest(self, of: Delivery, reason: str) -> None:
        """Give up the parts still pending."""
        with write(self._engine) as connection:
            self._guard(connection, of)
            connection.execute(
                update(part)
                .where(part.c.delivery_id == of.delivery_id, part.c.state == PENDING)
                .values(state=DROPPED, reason=reason)
            )

    def finish(self, of: Delivery) -> None:
        with write(self._engine) as connection:
            self._guard(connection, of)
            connection.execute(
                update(delivery)
                .where(delivery.c.id == of.delivery_id)
                .values(done_at=self._clock.now(), lease_until=None)
            )

    def parts(self, delivery_cause: str) -> list[tuple[int, str, str | None]]:
        """(n, state, message id) of a delivery's parts, in order."""
        with read(self._engine) as connection:
            rows = connection.execute(
                select(part.c.n, part.c.state, part.c.message_id)
                .join(delivery)
                .where(delivery.c.cause == delivery_cause)
                .order_by(part.c.n)
            ).all()
        return [(row.n, row.state, row.message_id) for row in rows]

    def idle(self, platform: str) -> bool:
        """True when nothing waits to be sent on `platform`."""
        with read(self._engine) as connection:
            query = select(delivery.c.id).where(delivery.c.platform == platform, delivery.c.done_at.is_(None)).limit(1)
            return connection.execute(query).one_or_none() is None

    def _guard(self, connection: Connection, of: Delivery) -> None:
        """Renew the lease, or find that it is somebody else's."""
        held = connection.execute(
            update(delivery)
            .where(delivery.c.id == of.delivery_id, delivery.c.attempt == of.attempt, delivery.c.done_at.is_(None))
            .values(lease_until=self._clock.now() + self._lease)
        )
        if held.rowcount != 1:
            raise LeaseLost(f"delivery {of.delivery_id}: another process has taken over")


def _same_rendering(of: Delivery) -> tuple[ColumnElement[bool], ...]:
    return (
        rendering.c.day == of.day,
        rendering.c.language == of.language,
        rendering.c.platform == of.platform,
        rendering.c.layout == of.layout,
        rendering.c.filter == "",
    )


def _message(item: dict[str, Any]) -> Message:
    return Message(text=item["text"], papers=tuple(item["papers"]), silent=item["silent"])
