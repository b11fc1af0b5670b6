"""Rendered messages, stored once for all deliveries that show the same in the same view."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Select, select, update

from workers.domain.deliveries import Choice, Delivery, DeliveryKind, Message
from workers.runtime.logs import note
from workers.store.tables import rendering
from workers.store.transactions import UNREADABLE, insert

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rendering:
    """Messages as they are stored: one JSON object each, in order."""

    rendering_id: int
    messages: Sequence[Mapping[str, Any]]


def stored_messages(connection: Connection, delivery: Delivery) -> list[Message] | None:
    """The messages that are stored for what the delivery shows; None if there are none that can be read."""
    try:
        row = connection.execute(_stored(delivery)).one_or_none()
        return None if row is None else [message_from_json(item) for item in row.messages]
    except UNREADABLE as error:  # they are made again, because all chats with this view need them
        note(log, "rendering unreadable", level=logging.ERROR, key=_key(delivery), error=type(error).__name__)
        return None


def store_messages(connection: Connection, delivery: Delivery, messages: Sequence[Message]) -> Rendering:
    """Store the messages, unless the store has some for this delivery already; returns those that are stored.

    Stored messages that cannot be read are replaced.
    """
    if stored_messages(connection, delivery) is None:
        key, values = _key(delivery), [asdict(message) for message in messages]
        connection.execute(update(rendering).where(rendering.c.key == key).values(messages=values))
        connection.execute(
            insert(connection, rendering)
            .values(
                key=key,
                day=delivery.day,
                revision=delivery.revision,
                language=delivery.view.language,
                platform=delivery.chat.platform,
                layout=delivery.view.layout,
                filter=_own(delivery) or delivery.view.key,
                messages=values,
            )
            .on_conflict_do_nothing(index_elements=["key"])  # another process may store the same rendering now
        )
    row = connection.execute(_stored(delivery)).one()
    return Rendering(row.id, row.messages)


def _stored(delivery: Delivery) -> Select[Any]:
    return select(rendering.c.id, rendering.c.messages).where(rendering.c.key == _key(delivery))


def message_from_json(item: Mapping[str, Any]) -> Message:
    """One of `rendering.messages`; messages of older versions lack some keys."""
    rows = tuple(tuple(Choice(**choice) for choice in row) for row in item.get("choices", ()))
    chart, inside = item.get("chart", ""), item.get("inside", "")
    return Message(item["text"], tuple(item["papers"]), item["silent"], chart, rows, inside=inside)


def _key(delivery: Delivery) -> str:
    """Identifies a rendering: an edition in a view, or one delivery of a notice or an answer."""
    if own := _own(delivery):
        return f"{own} {delivery.revision}"
    view = f"{delivery.view.language} {delivery.chat.platform} {delivery.view.layout} {delivery.view.key}"
    return f"{delivery.day} {delivery.revision} {view}"


def _own(delivery: Delivery) -> str:
    """The delivery itself, where it shares its rendering with no other; "" for an edition."""
    return "" if delivery.kind == DeliveryKind.EDITION else f"{delivery.kind} {delivery.delivery_id}"
