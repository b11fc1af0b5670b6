"""Deliveries and their parts: a message is a row before it is a message."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, func, select, update

from workers.domain.deliveries import Choice, Delivery, DeliveryKind, Message, MessagePart, Notify, PartState, View
from workers.domain.errors import LeaseLost
from workers.domain.ports import Clock
from workers.store import view_columns
from workers.store.revisions import revised, taken_back
from workers.store.sent_messages import SentMessageStore
from workers.store.tables import delivery, edition, part, question, rendering, text
from workers.store.transactions import insert, read, write


class OutboxStore(SentMessageStore):
    """Every write names the delivery's attempt; a process that lost its lease raises LeaseLost and writes nothing."""

    def __init__(self, engine: Engine, clock: Clock, lease: timedelta) -> None:
        super().__init__(engine, clock)
        self._lease = lease

    def request(
        self,
        idempotency_key: str,
        platform: str,
        chat: str,
        day: date,
        view: View,
        thread: str = "",
        silent: bool = False,
    ) -> bool:
        """A delivery that a reader asked for, in this chat now; False where that cause was answered already."""
        return self._create(
            idempotency_key,
            platform=platform,
            chat=chat,
            thread=thread,
            day=day,
            silent=silent,
            **view_columns.columns(view),
        )

    def notify(self, idempotency_key: str, platform: str, chat: str, language: str, notice: str) -> bool:
        """A few lines for a person; False where that cause was told already."""
        return self._create(
            idempotency_key,
            kind=DeliveryKind.NOTICE,
            platform=platform,
            chat=chat,
            thread="",
            notice=notice,
            **view_columns.columns(View(language)),
        )

    def _create(self, idempotency_key: str, **values: object) -> bool:
        with write(self._engine) as connection:
            made = connection.execute(
                insert(connection, delivery)
                .values(idempotency_key=idempotency_key, attempt=0, created_at=self._clock.now(), urgent=True, **values)
                .on_conflict_do_nothing()
                .returning(delivery.c.id)
            )
            return made.one_or_none() is not None

    def claim(self, platform: str, urgent: bool = False) -> Delivery | None:
        """The oldest open delivery that has something to say or take back, and whose chat has none under way.

        Those that somebody waits for come first; `urgent`: no others.

        Parts that a dead process left as sending become unknown: whether they arrived is not known here. An edit or
        a removal can be repeated, and becomes pending again.
        """
        with write(self._engine) as connection:
            now = self._clock.now()
            busy = select(delivery.c.chat).where(
                delivery.c.platform == platform, delivery.c.done_at.is_(None), delivery.c.lease_until > now
            )
            says = delivery.c.kind != DeliveryKind.EDITION
            ready = says | text.c.day.is_not(None) | edition.c.retracted_at.is_not(None)
            ready = ready & (delivery.c.urgent | (not urgent))
            made = func.coalesce(edition.c.revision, question.c.revision, 0)
            row = connection.execute(
                select(delivery, made.label("made"), edition.c.retracted_at)
                .outerjoin(text, (text.c.day == delivery.c.day) & (text.c.language == delivery.c.language))
                .outerjoin(edition, edition.c.day == delivery.c.day)
                .outerjoin(question, question.c.id == delivery.c.question_id)
                .where(
                    delivery.c.platform == platform, delivery.c.done_at.is_(None), delivery.c.chat.not_in(busy), ready
                )
                .order_by(delivery.c.urgent.desc(), delivery.c.created_at, delivery.c.id)
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
            halted = update(part).where(part.c.delivery_id == row.id, part.c.state == PartState.SENDING)
            connection.execute(halted.where(part.c.message_id.is_not(None)).values(state=PartState.PENDING))
            connection.execute(
                halted.values(state=PartState.UNKNOWN, reason="the sender stopped while this was on its way")
            )
            return Delivery(
                delivery_id=row.id,
                platform=row.platform,
                chat=row.chat,
                thread=row.thread,
                day=row.day,
                attempt=row.attempt + 1,
                kind=DeliveryKind(row.kind),
                view=view_columns.of_row(row),
                notify=Notify(row.notify),
                silent=row.silent,
                notice=row.notice,
                question_id=row.question_id,
                reply_to=row.reply_to,
                urgent=row.urgent,
                revision=row.made,
                retracted=row.retracted_at is not None,
            )

    def rendered(self, of: Delivery) -> list[Message] | None:
        """The messages as stored for this view of the edition, or None."""
        with read(self._engine) as connection:
            messages = connection.execute(select(rendering.c.messages).where(*_same_rendering(of))).scalar_one_or_none()
        return None if messages is None else [_message(item) for item in messages]

    def expand(self, of: Delivery, messages: Sequence[Message]) -> None:
        """Store the messages once for all chats with this view, and this delivery's parts, in one transaction.

        Where an earlier revision was posted, its parts are edited, added to or taken back until they are this one.
        """
        with write(self._engine) as connection:
            self._guard(connection, of)
            connection.execute(
                insert(connection, rendering)
                .values(**_rendering(of), messages=[asdict(message) for message in messages])
                .on_conflict_do_nothing()
            )
            row = connection.execute(select(rendering.c.id, rendering.c.messages).where(*_same_rendering(of))).one()
            revised(connection, of, row.id, row.messages)
            connection.execute(update(delivery).where(delivery.c.id == of.delivery_id).values(revision=of.revision))

    def take_back(self, of: Delivery) -> None:
        """What was posted is to be removed, what was not is dropped."""
        with write(self._engine) as connection:
            self._guard(connection, of)
            taken_back(connection, part.c.delivery_id == of.delivery_id)

    def next_part(self, of: Delivery) -> MessagePart | None:
        """The first part still pending; None when none is left."""
        with write(self._engine) as connection:
            self._guard(connection, of)
            return self._next(connection, of)

    def sending(self, of: Delivery, on_its_way: MessagePart) -> None:
        """Write down, just before it is sent, that a part is on its way: from now on a crash leaves it unknown."""
        with write(self._engine) as connection:
            self._guard(connection, of)
            connection.execute(update(part).where(part.c.id == on_its_way.part_id).values(state=PartState.SENDING))

    def _next(self, connection: Connection, of: Delivery) -> MessagePart | None:
        row = connection.execute(_parts_in(of, PartState.PENDING).limit(1)).one_or_none()
        if row is None:
            return None
        return _part(row)

    def settle(
        self, of: Delivery, settled: MessagePart, state: str, message_id: str | None = None, reason: str = ""
    ) -> MessagePart | None:
        """Write down how a part ended (or that it is pending again), and find the next one in the same transaction.

        None where none is left, or this one is to be tried again.
        """
        with write(self._engine) as connection:
            self._guard(connection, of)
            connection.execute(
                update(part)
                .where(part.c.id == settled.part_id)
                .values(state=state, message_id=message_id, reason=reason or None)
            )
            return None if state == PartState.PENDING else self._next(connection, of)

    def unsettled(self, of: Delivery) -> list[MessagePart]:
        """The parts of which nobody knows whether they arrived, in order."""
        with read(self._engine) as connection:
            return [_part(row) for row in connection.execute(_parts_in(of, PartState.UNKNOWN))]

    def drop_rest(self, of: Delivery, reason: str) -> None:
        """Give up the parts still pending."""
        with write(self._engine) as connection:
            self._guard(connection, of)
            connection.execute(
                update(part)
                .where(part.c.delivery_id == of.delivery_id, part.c.state == PartState.PENDING)
                .values(state=PartState.DROPPED, reason=reason)
            )

    def put_off(self, of: Delivery, seconds: float) -> None:
        """Nobody, this process included, takes the delivery up again before that."""
        with write(self._engine) as connection:
            self._guard(connection, of)
            until = self._clock.now() + timedelta(seconds=seconds)
            connection.execute(update(delivery).where(delivery.c.id == of.delivery_id).values(lease_until=until))

    def finish(self, of: Delivery) -> None:
        """The delivery is done; or open again where its edition was made anew or taken back meanwhile."""
        with write(self._engine) as connection:
            self._guard(connection, of)
            changed = (edition.c.revision != of.revision) | edition.c.retracted_at.is_not(None)
            overtaken = select(edition.c.day).where(edition.c.day == of.day, changed)
            if of.question_id:
                overtaken = select(question.c.id).where(
                    question.c.id == of.question_id, question.c.revision != of.revision
                )
            again = not of.retracted and connection.execute(overtaken).one_or_none() is not None
            connection.execute(
                update(delivery)
                .where(delivery.c.id == of.delivery_id)
                .values(done_at=None if again else self._clock.now(), lease_until=None)
            )

    def revise(self, day: date) -> int:
        """Open what was delivered of an edition that changed, for its messages to follow; returns how many."""
        with write(self._engine) as connection:
            opened = connection.execute(
                update(delivery).where(delivery.c.day == day, delivery.c.done_at.is_not(None)).values(done_at=None)
            )
            return opened.rowcount

    def repeat_unknown(self) -> int:
        """Send again what nobody knows to have arrived, because an owner says so; returns how many parts."""
        with write(self._engine) as connection:
            lost = part.c.state == PartState.UNKNOWN
            of = connection.execute(select(part.c.delivery_id).where(lost).distinct()).scalars().all()
            count = connection.execute(update(part).where(lost).values(state=PartState.PENDING, reason=None)).rowcount
            connection.execute(update(delivery).where(delivery.c.id.in_(of)).values(done_at=None, urgent=True))
        return count

    def _guard(self, connection: Connection, of: Delivery) -> None:
        """Renew the lease, or find that it is somebody else's."""
        held = connection.execute(
            update(delivery)
            .where(delivery.c.id == of.delivery_id, delivery.c.attempt == of.attempt, delivery.c.done_at.is_(None))
            .values(lease_until=self._clock.now() + self._lease)
        )
        if held.rowcount != 1:
            raise LeaseLost(f"delivery {of.delivery_id}: another process has taken over")


def _rendering(of: Delivery) -> dict[str, Any]:
    """What a rendering is stored by; a notice and an answer are their own views."""
    own = "" if of.kind == DeliveryKind.EDITION else f"{of.kind} {of.delivery_id}"
    return {
        "day": of.day,
        "revision": of.revision,
        "language": of.view.language,
        "platform": of.platform,
        "layout": of.view.layout,
        "filter": own or of.view.key,
    }


def _same_rendering(of: Delivery) -> tuple[ColumnElement[bool], ...]:
    return tuple(rendering.c[name] == value for name, value in _rendering(of).items())


def _parts_in(of: Delivery, state: str) -> Select[Any]:
    """A delivery's parts in that state, in order, each with the message of the first one."""
    first = part.alias()
    root = select(first.c.message_id).where(first.c.delivery_id == of.delivery_id, first.c.n == 0)
    return (
        select(part.c.id, part.c.n, part.c.message_id, rendering.c.messages)
        .add_columns(root.scalar_subquery().label("root"))
        .outerjoin(rendering)
        .where(part.c.delivery_id == of.delivery_id, part.c.state == state)
        .order_by(part.c.n)
    )


def _part(row: Row[Any]) -> MessagePart:
    message = _message(row.messages[row.n]) if row.messages else None
    return MessagePart(row.id, row.n, message, row.message_id, row.root)


def _message(item: dict[str, Any]) -> Message:
    rows = tuple(tuple(Choice(**choice) for choice in row) for row in item.get("choices", ()))
    chart, inside = item.get("chart", ""), item.get("inside", "")
    return Message(item["text"], tuple(item["papers"]), item["silent"], chart, rows, inside=inside)
