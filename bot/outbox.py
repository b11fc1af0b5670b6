"""From delivery rows to messages: claim, expand into stored parts, send in order, record."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from workers.domain.deliveries import DROPPED, FAILED, PENDING, POSTED, TAKEN_BACK, UNKNOWN, Delivery, Message
from workers.domain.errors import ChatGone, LeaseLost, NotSent, SendUnknown
from workers.domain.models import Text
from workers.logs import note
from workers.store import Store

log = logging.getLogger(__name__)

_AGAIN_S = 1.0

Render = Callable[[Text | None, Delivery], list[Message]]
"""The messages of an edition's text, or of the delivery's notice where there is none."""


class Sender(Protocol):
    """One platform's way out. Raises ChatGone, NotSent or SendUnknown, and nothing else on purpose."""

    async def send(self, chat: str, thread: str, message: Message) -> str:
        """Send one message; returns the platform's id of it."""
        ...

    async def edit(self, chat: str, message_id: str, message: Message) -> None:
        """Put `message` in the place of one that was sent."""
        ...

    async def delete(self, chat: str, message_id: str) -> None:
        """Take one that was sent back."""
        ...


async def deliver_next(store: Store, platform: str, sender: Sender, render: Render) -> bool:
    """Bring the oldest open delivery of `platform` to its end; False when there was none.

    A crash at any moment leaves each part posted, pending, or sending; a part found sending later counts as unknown
    and is not sent again by itself. An edit or a removal is repeated, for twice is once.
    """
    delivery = await asyncio.to_thread(store.outbox.claim, platform)
    if delivery is None:
        return False
    try:
        await asyncio.to_thread(_expand, store, delivery, render)
        while await _next(store, delivery, sender):
            pass
        await asyncio.to_thread(store.outbox.finish, delivery)
    except LeaseLost:
        note(log, "delivery lost", delivery=delivery.delivery_id, attempt=delivery.attempt)
    return True


def _expand(store: Store, delivery: Delivery, render: Render) -> None:
    if delivery.retracted:
        store.outbox.take_back(delivery)
        return
    messages = store.outbox.rendered(delivery)
    if messages is None:
        text = store.editions.text(delivery.day, delivery.language) if delivery.day else None
        messages = render(text, delivery) if text or delivery.notice else []
        if text and not text.digest.papers:
            messages = [replace(message, silent=True) for message in messages]
    if messages:
        store.outbox.expand(delivery, messages)


async def _next(store: Store, delivery: Delivery, sender: Sender) -> bool:
    """Send, edit or take back one part; False when none is left."""
    part = await asyncio.to_thread(store.outbox.next_part, delivery)
    if part is None:
        return False
    state, message_id, reason, wait_s = POSTED, part.message_id, "", 0.0
    try:
        if part.message is None:
            await sender.delete(delivery.chat, part.message_id or "")
            state, message_id, reason = DROPPED, None, TAKEN_BACK
        elif part.message_id:
            await sender.edit(delivery.chat, part.message_id, part.message)
        else:
            message = replace(part.message, silent=part.message.silent or delivery.silent)
            message_id = await sender.send(delivery.chat, delivery.thread, message)
    except ChatGone as error:
        state, reason = FAILED, str(error)
        await asyncio.to_thread(store.outbox.drop_rest, delivery, reason)
        await asyncio.to_thread(store.subscriptions.deactivate, delivery.platform, delivery.chat, reason)
    except NotSent as error:
        state, reason, wait_s = PENDING, str(error), error.retry_after_s
    except SendUnknown as error:
        again = part.message_id is not None  # an edit or a removal
        state, reason, wait_s = (PENDING, str(error), _AGAIN_S) if again else (UNKNOWN, str(error), 0.0)
    await asyncio.to_thread(store.outbox.settle, delivery, part, state, message_id, reason)
    if state not in {POSTED, DROPPED}:
        note(log, "part not posted", level=logging.WARNING, part=part.part_id, state=state, reason=reason)
    if wait_s:
        await asyncio.sleep(wait_s)
    return True
