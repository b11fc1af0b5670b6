"""Messages that were sent: by delivery, by message id, and by the comment thread under a channel's post."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Engine, select

from workers.domain.chats import ChatRef, MessageRef, direct_chat
from workers.domain.deliveries import PartState, View
from workers.domain.questions import PostedMessage
from workers.store import tables, view_columns
from workers.store.chat_columns import is_chat, is_thread
from workers.store.transactions import insert, read, write


@dataclass(frozen=True, slots=True)
class PartStatus:
    """How far part `n` of a delivery is; `message_id` is None while it is in no chat."""

    n: int
    state: PartState
    message_id: str | None = None


class SentMessageStore:
    """Reads of deliveries and their parts; only the outbox changes them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def is_shown(self, chat: ChatRef, day: date, view: View) -> bool:
        """Whether the edition of `day` was sent to exactly this chat and thread in that view, or will be."""
        with read(self._engine) as connection:
            rows = connection.execute(
                select(tables.delivery).where(is_thread(tables.delivery, chat), tables.delivery.c.day == day)
            ).all()
        return any(view_columns.of_row(row) == view for row in rows)

    def parts(self, idempotency_key: str) -> list[PartStatus]:
        """The parts of a delivery, in order; empty if it is unknown or not expanded yet."""
        part, delivery = tables.part, tables.delivery
        with read(self._engine) as connection:
            rows = connection.execute(
                select(part.c.n, part.c.state, part.c.message_id)
                .join(delivery)
                .where(delivery.c.idempotency_key == idempotency_key)
                .order_by(part.c.n)
            ).all()
        return [PartStatus(row.n, PartState(row.state), row.message_id) for row in rows]

    def posted_message(self, message: MessageRef) -> PostedMessage | None:
        """The part of an edition that was posted as this message, whatever its thread; None if it is not ours.

        A private chat is found by its own id and by its person's id.
        """
        chat = message.chat
        same_chat = tables.delivery.c.chat.in_([chat.chat, direct_chat(chat.platform, chat.chat).chat])
        return self._posted(chat.platform, same_chat, tables.part.c.message_id == message.message_id)

    def posted_message_by_id(self, platform: str, message_ids: Sequence[str]) -> PostedMessage | None:
        """As `posted_message`, in any chat: for platforms whose message ids are unique over all chats."""
        return self._posted(platform, tables.part.c.message_id.in_(message_ids))

    def _posted(self, platform: str, *conditions: ColumnElement[bool]) -> PostedMessage | None:
        part, delivery = tables.part, tables.delivery
        with read(self._engine) as connection:
            row = connection.execute(
                select(delivery.c.day, delivery.c.language, part.c.papers)
                .join(delivery)
                .where(delivery.c.platform == platform, delivery.c.day.is_not(None), *conditions)
                .limit(1)
            ).one_or_none()
        return PostedMessage(row.day, row.language, tuple(row.papers)) if row else None

    def add_comment_root(self, root: MessageRef, post: MessageRef) -> None:
        """Store that the comments on a channel's `post` are under `root`, its copy in the discussion group."""
        with write(self._engine) as connection:
            connection.execute(
                insert(connection, tables.comment_root)
                .values(
                    platform=root.chat.platform,
                    chat=root.chat.chat,
                    message_id=root.message_id,
                    origin_chat=post.chat.chat,
                    origin_id=post.message_id,
                )
                .on_conflict_do_nothing()
            )

    def posted_message_of_thread(self, root: MessageRef) -> PostedMessage | None:
        """The posted message whose comments are under `root`; None if it is not ours."""
        comment_root = tables.comment_root
        with read(self._engine) as connection:
            row = connection.execute(
                select(comment_root.c.origin_chat, comment_root.c.origin_id).where(
                    is_chat(comment_root, root.chat), comment_root.c.message_id == root.message_id
                )
            ).one_or_none()
        if row is None:
            return None
        return self.posted_message(MessageRef(ChatRef(root.chat.platform, row.origin_chat), row.origin_id))
