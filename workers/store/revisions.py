"""The parts of a delivery as they follow their edition: made, edited, added to, taken back."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update

from workers.domain.deliveries import TAKEN_BACK, Delivery, PartState
from workers.store.tables import part, rendering
from workers.store.transactions import insert


def revised(connection: Connection, of: Delivery, rendering_id: int, messages: Sequence[Mapping[str, Any]]) -> None:
    """Make the parts those of `rendering_id`: new ones are added, posted ones with other words are to be edited.

    What is surplus is taken back; a part whose fate is unknown or that failed stays as it is.
    """
    known = {row.n: row for row in connection.execute(_parts(of))}
    fresh = [
        {
            "delivery_id": of.delivery_id,
            "n": n,
            "rendering_id": rendering_id,
            "state": PartState.PENDING,
            "papers": message["papers"],
        }
        for n, message in enumerate(messages)
        if n not in known
    ]
    if fresh:
        connection.execute(insert(connection, part).values(fresh))
    for n, row in known.items():
        if n < len(messages) and row.rendering_id != rendering_id:
            _follow(connection, row, rendering_id, messages[n])
    surplus = (part.c.delivery_id == of.delivery_id) & (part.c.n >= len(messages))
    taken_back(connection, surplus)


def taken_back(connection: Connection, which: ColumnElement[bool]) -> None:
    """Parts that stand in a chat are to be removed from it, parts that were not sent are dropped."""
    in_chat = part.c.message_id.is_not(None)
    connection.execute(update(part).where(which, in_chat).values(state=PartState.PENDING, rendering_id=None))
    connection.execute(
        update(part)
        .where(which, part.c.state == PartState.PENDING, ~in_chat)
        .values(state=PartState.DROPPED, reason=TAKEN_BACK)
    )


def _parts(of: Delivery) -> Any:
    return (
        select(part.c.id, part.c.n, part.c.state, part.c.reason, part.c.message_id, part.c.rendering_id)
        .add_columns(rendering.c.messages)
        .outerjoin(rendering)
        .where(part.c.delivery_id == of.delivery_id)
    )


def _follow(connection: Connection, row: Row[Any], rendering_id: int, message: Mapping[str, Any]) -> None:
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
