"""What stands in chats: found by its message, by the comments under it, by its delivery."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, Engine, func, select

from workers.domain.deliveries import View, direct_chat
from workers.domain.ports import Clock
from workers.domain.questions import PostedMessage
from workers.store import view_columns
from workers.store.tables import comment_root, delivery, part
from workers.store.transactions import insert, read, write


class SentMessageStore:
    """The part of the outbox that reads what was sent."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    def is_shown(self, chat: str, thread: str, day: date, view: View, platform: str) -> bool:
        """Whether that edition stands in the chat, or is on its way, as `view` has it."""
        with read(self._engine) as connection:
            rows = connection.execute(
                select(delivery).where(
                    delivery.c.platform == platform,
                    delivery.c.chat == chat,
                    delivery.c.thread == thread,
                    delivery.c.day == day,
                )
            ).all()
        return any(view_columns.of_row(row) == view for row in rows)

    def parts(self, idempotency_key: str) -> list[tuple[int, str, str | None]]:
        """(n, state, message id) of a delivery's parts, in order."""
        with read(self._engine) as connection:
            rows = connection.execute(
                select(part.c.n, part.c.state, part.c.message_id)
                .join(delivery)
                .where(delivery.c.idempotency_key == idempotency_key)
                .order_by(part.c.n)
            ).all()
        return [(row.n, row.state, row.message_id) for row in rows]

    def posted_message(self, platform: str, chat: str, message_id: str) -> PostedMessage | None:
        """What of an edition stands in a chat as that message; None where it is none of ours.

        A private chat may have been addressed by its person's id.
        """
        return self._standing(platform, part.c.message_id == message_id, delivery.c.chat.in_([chat, direct_chat(chat)]))

    def posted_message_by_id(self, platform: str, message_ids: Sequence[str]) -> PostedMessage | None:
        """The same where the platform's message ids are one of a kind, whatever the chat."""
        return self._standing(platform, part.c.message_id.in_(message_ids))

    def _standing(self, platform: str, *which: ColumnElement[bool]) -> PostedMessage | None:
        with read(self._engine) as connection:
            row = connection.execute(
                select(delivery.c.day, delivery.c.language, part.c.papers)
                .join(delivery)
                .where(delivery.c.platform == platform, delivery.c.day.is_not(None), *which)
                .limit(1)
            ).one_or_none()
        return PostedMessage(row.day, row.language, tuple(row.papers)) if row else None

    def add_comment_root(self, platform: str, chat: str, message_id: str, origin_chat: str, origin_id: str) -> None:
        """Keep where the comments of a channel's post are: under its echo in the discussion group."""
        with write(self._engine) as connection:
            connection.execute(
                insert(connection, comment_root)
                .values(
                    platform=platform,
                    chat=chat,
                    message_id=message_id,
                    origin_chat=origin_chat,
                    origin_id=origin_id,
                )
                .on_conflict_do_nothing()
            )

    def posted_message_of_thread(self, platform: str, chat: str, root_id: str) -> PostedMessage | None:
        """The post whose comments stand under that message; None where it is none of ours."""
        with read(self._engine) as connection:
            row = connection.execute(
                select(comment_root.c.origin_chat, comment_root.c.origin_id).where(
                    comment_root.c.platform == platform,
                    comment_root.c.chat == chat,
                    comment_root.c.message_id == root_id,
                )
            ).one_or_none()
        return self.posted_message(platform, row.origin_chat, row.origin_id) if row else None

    def idle(self, platform: str) -> bool:
        """True when nothing waits to be sent on `platform`."""
        with read(self._engine) as connection:
            query = select(delivery.c.id).where(delivery.c.platform == platform, delivery.c.done_at.is_(None)).limit(1)
            return connection.execute(query).one_or_none() is None

    def left_behind(self) -> int:
        """Deliveries whose sender's lease ran out: their frontends should look."""
        with read(self._engine) as connection:
            return connection.execute(
                select(func.count())
                .select_from(delivery)
                .where(delivery.c.done_at.is_(None), delivery.c.lease_until <= self._clock.now())
            ).scalar_one()
