"""The outbox: deliveries and their parts, which are stored before anything is sent."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Connection, Engine, func, select, update

from workers.domain.chats import ChatRef
from workers.domain.deliveries import Delivery, DeliveryKind, Message, MessagePart, PartState, View
from workers.domain.errors import LeaseLost, UnreadableDelivery
from workers.domain.ports import Clock
from workers.store import chat_columns, tables, view_columns
from workers.store.leases import LeaseClock, lasts_since
from workers.store.outbox_rows import claimed_delivery, give_up_parts, message_part, next_part, parts_in, release_parts
from workers.store.renderings import store_messages, stored_messages
from workers.store.revisions import revise_parts, take_back_parts
from workers.store.transactions import UNREADABLE, insert, read, write


class OutboxStore:
    """A frontend claims a delivery under an attempt number and holds a lease on it, which each write renews.

    Methods that take a claimed `Delivery` raise LeaseLost and write nothing if another process has claimed it since.
    """

    def __init__(self, engine: Engine, clock: Clock, lease: timedelta) -> None:
        self._engine, self._clock, self._lease = engine, clock, lease
        self._lease_clock = LeaseClock(engine, clock)

    @property
    def lease_s(self) -> float:
        """Seconds that a lease lasts after a claim or a write."""
        return self._lease.total_seconds()

    def request(self, idempotency_key: str, chat: ChatRef, day: date, view: View, silent: bool = False) -> bool:
        """Create an urgent delivery of an edition, because a reader asked for it; False if the key exists already."""
        return self._create(idempotency_key, chat, view, day=day, silent=silent)

    def notify(self, idempotency_key: str, chat: ChatRef, language: str, notice: str) -> bool:
        """Create an urgent delivery of a few lines; False if the key exists already."""
        return self._create(idempotency_key, chat, View(language), kind=DeliveryKind.NOTICE, notice=notice)

    def _create(self, idempotency_key: str, chat: ChatRef, view: View, **values: object) -> bool:
        with write(self._engine) as connection:
            created = connection.execute(
                insert(connection, tables.delivery)
                .values(
                    idempotency_key=idempotency_key,
                    **chat_columns.columns(chat),
                    **view_columns.columns(view),
                    **values,
                    urgent=True,
                    attempt=0,
                    created_at=self._clock.now(),
                )
                .on_conflict_do_nothing()
                .returning(tables.delivery.c.id)
            )
            return created.one_or_none() is not None

    def claim(self, platform: str, urgent: bool = False) -> Delivery | None:
        """The oldest open delivery that has something to send or to remove; None if there is none.

        Chats that have another delivery under way are passed over. Urgent deliveries come first; with `urgent`, only
        they are considered.

        Parts that a stopped process left as SENDING become UNKNOWN, because they may have arrived. An edit or a removal
        can be repeated and becomes PENDING again.

        Raises UnreadableDelivery for a row that makes no sense; it is given up, so that the rows after it are reached.
        """
        delivery, edition, text = tables.delivery, tables.edition, tables.text
        with write(self._engine) as connection:
            now = self._lease_clock.now(connection)
            is_open = (delivery.c.platform == platform) & delivery.c.done_at.is_(None)
            busy = select(delivery.c.chat).where(
                is_open, lasts_since(delivery.c.leased_at, delivery.c.lease_until, now)
            )
            has_content = (
                (delivery.c.kind != DeliveryKind.EDITION)
                | text.c.day.is_not(None)
                | edition.c.retracted_at.is_not(None)
            )
            found = connection.execute(
                select(*chat_columns.identity(delivery, delivery.c.attempt))
                .outerjoin(text, (text.c.day == delivery.c.day) & (text.c.language == delivery.c.language))
                .outerjoin(edition, edition.c.day == delivery.c.day)
                .where(is_open, delivery.c.chat.not_in(busy), has_content, delivery.c.urgent | (not urgent))
                .order_by(delivery.c.urgent.desc(), delivery.c.created_at, delivery.c.id)
                .limit(1)
                .with_for_update(of=delivery, skip_locked=True)
            ).one_or_none()
            if found is None:
                return None
            connection.execute(
                update(delivery)
                .where(delivery.c.id == found.id)
                .values(attempt=found.attempt + 1, leased_at=now, lease_until=now + self._lease)
            )
            release_parts(connection, found.id)
            try:
                return claimed_delivery(connection, found.id)
            except UNREADABLE as error:
                unreadable = UnreadableDelivery(found.id, chat_columns.of_row(found), type(error).__name__)
                give_up_parts(connection, found.id, str(unreadable))
                connection.execute(update(delivery).where(delivery.c.id == found.id).values(done_at=now))
        raise unreadable

    def rendered(self, delivery: Delivery) -> list[Message] | None:
        """The stored messages of what the delivery shows, in its view; None if it was not rendered yet."""
        with read(self._engine) as connection:
            return stored_messages(connection, delivery)

    def expand(self, delivery: Delivery, messages: Sequence[Message]) -> None:
        """Store the messages, once for all chats with this view, and the delivery's parts, in one transaction.

        If an earlier revision was posted, its parts become edits, additions and removals that lead to this one.
        """
        with write(self._engine) as connection:
            self._renew(connection, delivery)
            revise_parts(connection, delivery, store_messages(connection, delivery, messages))
            connection.execute(
                update(tables.delivery)
                .where(tables.delivery.c.id == delivery.delivery_id)
                .values(revision=delivery.revision)
            )

    def take_back(self, delivery: Delivery) -> None:
        """Mark posted parts for removal and drop the others."""
        with write(self._engine) as connection:
            self._renew(connection, delivery)
            take_back_parts(connection, tables.part.c.delivery_id == delivery.delivery_id)

    def next_part(self, delivery: Delivery) -> MessagePart | None:
        """The first pending part; None if none is left."""
        with write(self._engine) as connection:
            self._renew(connection, delivery)
            return next_part(connection, delivery)

    def sending(self, delivery: Delivery, part: MessagePart) -> None:
        """Record that the part is about to be sent; after a crash from here on it counts as UNKNOWN."""
        with write(self._engine) as connection:
            self._renew(connection, delivery)
            connection.execute(
                update(tables.part).where(tables.part.c.id == part.part_id).values(state=PartState.SENDING)
            )

    def settle(
        self, delivery: Delivery, part: MessagePart, state: PartState, message_id: str | None = None, reason: str = ""
    ) -> MessagePart | None:
        """Record how a part ended, and find the next pending part in the same transaction.

        None if none is left, or if this part is PENDING again.
        """
        with write(self._engine) as connection:
            self._renew(connection, delivery)
            connection.execute(
                update(tables.part)
                .where(tables.part.c.id == part.part_id)
                .values(state=state, message_id=message_id, reason=reason or None)
            )
            return None if state == PartState.PENDING else next_part(connection, delivery)

    def unsettled(self, delivery: Delivery) -> list[MessagePart]:
        """The delivery's UNKNOWN parts, in order."""
        with read(self._engine) as connection:
            return [message_part(row) for row in connection.execute(parts_in(delivery, PartState.UNKNOWN))]

    def drop_rest(self, delivery: Delivery, reason: str) -> None:
        """Drop the parts that are still pending."""
        part = tables.part
        with write(self._engine) as connection:
            self._renew(connection, delivery)
            connection.execute(
                update(part)
                .where(part.c.delivery_id == delivery.delivery_id, part.c.state == PartState.PENDING)
                .values(state=PartState.DROPPED, reason=reason)
            )

    def put_off(self, delivery: Delivery, seconds: float) -> None:
        """Let no process, this one included, claim the delivery before `seconds` have passed."""
        with write(self._engine) as connection:
            self._renew(connection, delivery, timedelta(seconds=seconds))

    def renew(self, delivery: Delivery) -> None:
        """Extend the lease of a delivery that waits for its turn; never shortens a pause that `put_off` made."""
        table = tables.delivery
        with write(self._engine) as connection:
            now = self._lease_clock.now(connection)
            until = now + self._lease
            mine = (table.c.id == delivery.delivery_id) & (table.c.attempt == delivery.attempt)
            extended = update(table).where(mine, table.c.lease_until < until)
            connection.execute(extended.values(leased_at=now, lease_until=until))

    def give_up(self, delivery: Delivery, reason: str) -> None:
        """End a delivery that failed too often: what was on its way is UNKNOWN, what is left has FAILED."""
        with write(self._engine) as connection:
            self._renew(connection, delivery)
            release_parts(connection, delivery.delivery_id)
            give_up_parts(connection, delivery.delivery_id, reason)
            connection.execute(
                update(tables.delivery)
                .where(tables.delivery.c.id == delivery.delivery_id)
                .values(done_at=self._clock.now(), lease_until=None)
            )

    def finish(self, delivery: Delivery) -> None:
        """Mark the delivery as done, or open it again if its edition or answer has changed since the claim."""
        edition, question = tables.edition, tables.question
        with write(self._engine) as connection:
            self._renew(connection, delivery)
            changed = select(edition.c.day).where(
                edition.c.day == delivery.day,
                (edition.c.revision != delivery.revision) | edition.c.retracted_at.is_not(None),
            )
            if delivery.question_id:
                changed = select(question.c.id).where(
                    question.c.id == delivery.question_id, question.c.revision != delivery.revision
                )
            again = not delivery.retracted and connection.execute(changed).one_or_none() is not None
            connection.execute(
                update(tables.delivery)
                .where(tables.delivery.c.id == delivery.delivery_id)
                .values(done_at=None if again else self._clock.now(), lease_until=None)
            )

    def revise(self, day: date) -> int:
        """Open the finished deliveries of an edition that has changed, so that it is edited; returns how many."""
        delivery = tables.delivery
        with write(self._engine) as connection:
            return connection.execute(
                update(delivery).where(delivery.c.day == day, delivery.c.done_at.is_not(None)).values(done_at=None)
            ).rowcount

    def repeat_unknown(self) -> int:
        """Make all UNKNOWN parts pending, because an owner wants them sent again; returns how many."""
        delivery, part = tables.delivery, tables.part
        with write(self._engine) as connection:
            unknown = part.c.state == PartState.UNKNOWN
            delivery_ids = connection.execute(select(part.c.delivery_id).where(unknown).distinct()).scalars().all()
            count = connection.execute(
                update(part).where(unknown).values(state=PartState.PENDING, reason=None)
            ).rowcount
            connection.execute(
                update(delivery).where(delivery.c.id.in_(delivery_ids)).values(done_at=None, urgent=True)
            )
        return count

    def idle(self, platform: str) -> bool:
        """True if no delivery is open on `platform`."""
        delivery = tables.delivery
        with read(self._engine) as connection:
            query = select(delivery.c.id).where(delivery.c.platform == platform, delivery.c.done_at.is_(None)).limit(1)
            return connection.execute(query).one_or_none() is None

    def left_behind(self) -> int:
        """How many open deliveries have an expired lease, e.g. because the process that sent them stopped."""
        delivery = tables.delivery
        with read(self._engine) as connection:
            held = lasts_since(delivery.c.leased_at, delivery.c.lease_until, self._lease_clock.now(connection))
            open_deliveries = select(func.count()).select_from(delivery).where(delivery.c.done_at.is_(None))
            return connection.execute(open_deliveries.where(delivery.c.lease_until.is_not(None), ~held)).scalar_one()

    def _renew(self, connection: Connection, delivery: Delivery, length: timedelta | None = None) -> None:
        """Renew the lease, for `length` from now if it is given. Raises LeaseLost."""
        table, now = tables.delivery, self._lease_clock.now(connection)
        renewed = connection.execute(
            update(table)
            .where(table.c.id == delivery.delivery_id, table.c.attempt == delivery.attempt, table.c.done_at.is_(None))
            .values(leased_at=now, lease_until=now + (self._lease if length is None else length))
        )
        if renewed.rowcount != 1:
            raise LeaseLost(f"delivery {delivery.delivery_id}: another process has taken over")
