"""Rows of deliveries and parts as the outbox reads them."""

from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update

from workers.domain.deliveries import Delivery, DeliveryKind, MessagePart, Notify, PartState
from workers.store import chat_columns, tables, view_columns
from workers.store.renderings import message_from_json


def release_parts(connection: Connection, delivery_id: int) -> None:
    """Settle the parts that a stopped process left as SENDING."""
    part = tables.part
    sending = update(part).where(part.c.delivery_id == delivery_id, part.c.state == PartState.SENDING)
    connection.execute(sending.where(part.c.message_id.is_not(None)).values(state=PartState.PENDING))
    connection.execute(sending.values(state=PartState.UNKNOWN, reason="the sender stopped while this was on its way"))


def give_up_parts(connection: Connection, delivery_id: int, reason: str) -> None:
    """Let the parts fail that are still pending."""
    part = tables.part
    pending = (part.c.delivery_id == delivery_id) & (part.c.state == PartState.PENDING)
    connection.execute(update(part).where(pending).values(state=PartState.FAILED, reason=reason))


def claimed_delivery(connection: Connection, delivery_id: int) -> Delivery:
    """The delivery that was just claimed. Raises one of UNREADABLE if its row makes no sense."""
    delivery, edition, question = tables.delivery, tables.edition, tables.question
    revision = func.coalesce(edition.c.revision, question.c.revision, 0)
    row = connection.execute(
        select(delivery, revision.label("content_revision"), edition.c.retracted_at)
        .outerjoin(edition, edition.c.day == delivery.c.day)
        .outerjoin(question, question.c.id == delivery.c.question_id)
        .where(delivery.c.id == delivery_id)
    ).one()
    return Delivery(
        delivery_id=row.id,
        chat=chat_columns.of_row(row),
        day=row.day,
        attempt=row.attempt,
        kind=DeliveryKind(row.kind),
        view=view_columns.of_row(row),
        notify=Notify(row.notify),
        silent=row.silent,
        notice=row.notice,
        question_id=row.question_id,
        reply_to=row.reply_to,
        urgent=row.urgent,
        revision=row.content_revision,
        retracted=row.retracted_at is not None,
    )


def next_part(connection: Connection, delivery: Delivery) -> MessagePart | None:
    row = connection.execute(parts_in(delivery, PartState.PENDING).limit(1)).one_or_none()
    return message_part(row) if row else None


def parts_in(delivery: Delivery, state: PartState) -> Select[Any]:
    """The delivery's parts in that state, in order, each with its message and the id of the first part's message."""
    part, first = tables.part, tables.part.alias()
    root = select(first.c.message_id).where(first.c.delivery_id == delivery.delivery_id, first.c.n == 0)
    return (
        select(part.c.id, part.c.n, part.c.message_id, tables.rendering.c.messages)
        .add_columns(root.scalar_subquery().label("root"))
        .outerjoin(tables.rendering)
        .where(part.c.delivery_id == delivery.delivery_id, part.c.state == state)
        .order_by(part.c.n)
    )


def message_part(row: Row[Any]) -> MessagePart:
    message = message_from_json(row.messages[row.n]) if row.messages else None
    return MessagePart(row.id, row.n, message, row.message_id, row.root)
