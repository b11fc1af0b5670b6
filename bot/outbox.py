"""From delivery rows to messages: claim, expand into stored parts, send in order, record."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from workers.domain.deliveries import Delivery, Message
from workers.domain.errors import ChatGone, LeaseLost, NotSent, SendUnknown
from workers.domain.models import Text
from workers.logs import note
from workers.store import Store
from workers.store.outbox import FAILED, PENDING, POSTED, UNKNOWN

log = logging.getLogger(__name__)

Render = Callable[[Text, Delivery], list[Message]]


class Sender(Protocol):
    """One platform's way out. Raises ChatGone, NotSent or SendUnknown, and nothing else on purpose."""

    async def send(self, chat: str, thread: str, message: Message) -> str:
        """Send one message; returns the platform's id of it."""
        ...


async def deliver_next(store: Store, platform: str, sender: Sender, render: Render) -> bool:
    """Send the oldest open delivery of `platform` to its end; False when there was none.

    A crash at any moment leaves each part posted, pending, or sending; a part found sending later counts as unknown
    and is not sent again by itself.
    """
    delivery = await asyncio.to_thread(store.outbox.claim, platform)
    if delivery is None:
        return False
    try:
        await asyncio.to_thread(_expand, store, delivery, render)
        while await _send_next(store, delivery, sender):
            pass
        await asyncio.to_thread(store.outbox.finish, delivery)
    except LeaseLost:
        note(log, "delivery lost", delivery=delivery.delivery_id, attempt=delivery.attempt)
    return True


def _expand(store: Store, delivery: Delivery, render: Render) -> None:
    messages = store.outbox.rendered(delivery)
    if messages is None:
        text = store.editions.text(delivery.day, delivery.language)
        messages = render(text, delivery) if text else []
    if messages:
        store.outbox.expand(delivery, messages)


async def _send_next(store: Store, delivery: Delivery, sender: Sender) -> bool:
    """Send one part; False when none is left to send."""
    part = await asyncio.to_thread(store.outbox.next_part, delivery)
    if part is None:
        return False
    state, message_id, reason, wait_s = POSTED, None, "", 0.0
    try:
        message_id = await sender.send(delivery.chat, delivery.thread, part.message)
    except ChatGone as error:
        state, reason = FAILED, str(error)
        await asyncio.to_thread(store.outbox.drop_rest, delivery, reason)
        await asyncio.to_thread(store.subscriptions.deactivate, delivery.platform, delivery.chat, reason)
    except NotSent as error:
        state, reason, wait_s = PENDING, str(error), error.retry_after_s
    except SendUnknown as error:
        state, reason = UNKNOWN, str(error)
    await asyncio.to_thread(store.outbox.settle, delivery, part, state, message_id, reason)
    if state != POSTED:
        note(log, "part not posted", level=logging.WARNING, part=part.part_id, state=state, reason=reason)
    if wait_s:
        await asyncio.sleep(wait_s)
    return True
