"""The parts of a delivery follow its edition or answer: they are created, edited, added to or removed."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select, update

from workers.domain.deliveries import TAKEN_BACK, Delivery, PartState
from workers.store.renderings import Rendering
from workers.store.tables import part, rendering
from workers.store.transactions import insert


def revise_parts(connection: Connection, delivery: Delivery, stored: Rendering) -> None:
    """Make the delivery's parts those of the stored rendering.

    Missing parts are created, posted ones with another text become edits, surplus ones are taken back. A part that is
    FAILED or UNKNOWN and has no message id is left as it is.
    """
    known = {row.n: row for row in connection.execute(_parts_of(delivery))}
    new = [
        {
            "delivery_id": delivery.delivery_id,
            "n": n,
            "rendering_id": stored.rendering_id,
            "state": PartState.PENDING,
            "papers": message["papers"],
        }
        for n, message in enumerate(stored.messages)
        if n not in known
    ]
    if new:
        connection.execute(insert(connection, part).values(new))
    for n, row in known.items():
        if n < len(stored.messages) and row.rendering_id != stored.rendering_id:
            _revise_part(connection, row, stored.rendering_id, stored.messages[n])
    surplus = (part.c.delivery_id == delivery.delivery_id) & (part.c.n >= len(stored.messages))
    take_back_parts(connection, surplus)


def take_back_parts(connection: Connection, condition: ColumnElement[bool]) -> None:
    """Of the parts that match: mark those that are in a chat for removal, drop those that are still pending."""
    in_chat = part.c.message_id.is_not(None)
    connection.execute(update(part).where(condition, in_chat).values(state=PartState.PENDING, rendering_id=None))
    connection.execute(
        update(part)
        .where(condition, part.c.state == PartState.PENDING, ~in_chat)
        .values(state=PartState.DROPPED, reason=TAKEN_BACK)
    )


def _parts_of(delivery: Delivery) -> Select[Any]:
    return (
        select(part.c.id, part.c.n, part.c.state, part.c.reason, part.c.message_id, part.c.rendering_id)
        .add_columns(rendering.c.messages)
        .outerjoin(rendering)
        .where(part.c.delivery_id == delivery.delivery_id)
    )


def _revise_part(connection: Connection, row: Row[Any], rendering_id: int, message: Mapping[str, Any]) -> None:
    to_send = row.state == PartState.PENDING or (row.state == PartState.DROPPED and row.reason == TAKEN_BACK)
    if not (to_send or row.message_id):
        return
    same = row.state == PartState.POSTED and row.messages and row.messages[row.n]["text"] == message["text"]
    connection.execute(
        update(part)
        .where(part.c.id == row.id)
        .values(
            rendering_id=rendering_id,
            papers=message["papers"],
            state=PartState.POSTED if same else PartState.PENDING,
            reason=None,
        )
    )
