"""From delivery rows to messages: claim, expand into stored parts, send in order, record."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from workers.domain.deliveries import DROPPED, FAILED, PENDING, POSTED, TAKEN_BACK, UNKNOWN, Delivery, Message, Part
from workers.domain.errors import ChatGone, LeaseLost, NotSent, SendRefused, SendUnknown
from workers.domain.models import Text
from workers.logs import note
from workers.store import Store

log = logging.getLogger(__name__)

AT_ONCE = 128
"""Deliveries under way at once: several times what fills a platform's pace, so that the last ones are no trickle."""
_AGAIN_S = 1.0
"""Seconds until what was put off is tried again, at least."""

Render = Callable[[Text | None, Delivery], list[Message]]
"""The messages of an edition's text, or of the delivery's notice where there is none."""


class Sender(Protocol):
    """One platform's way out. Raises a SendError, and nothing else on purpose."""

    async def send(self, chat: str, thread: str, message: Message, key: str) -> str:
        """Send one message; returns the platform's id of it. `key` is the part's own, the same at every try."""
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
        if await _send_all(store, delivery, sender):
            await asyncio.to_thread(store.outbox.finish, delivery)
    except LeaseLost:
        note(log, "delivery lost", delivery=delivery.delivery_id, attempt=delivery.attempt)
    return True


async def deliver_all(store: Store, platform: str, sender: Sender, render: Render, at_once: int = AT_ONCE) -> None:
    """Bring every open delivery of `platform` to its end, many chats at once and each chat's in order."""

    async def until_idle() -> None:
        while await deliver_next(store, platform, sender, render):
            pass

    await asyncio.gather(*(until_idle() for _ in range(at_once)))


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


async def _send_all(store: Store, delivery: Delivery, sender: Sender) -> bool:
    """Send, edit or take back part after part; False where the platform said "later" and the rest was put off."""
    while True:
        part = await asyncio.to_thread(store.outbox.next_part, delivery)
        if part is None:
            return True
        state, message_id, reason, wait_s = await _one(store, delivery, part, sender)
        await asyncio.to_thread(store.outbox.settle, delivery, part, state, message_id, reason)
        if state not in {POSTED, DROPPED}:
            note(log, "part not posted", level=logging.WARNING, part=part.part_id, state=state, reason=reason)
        if state == PENDING:
            await asyncio.to_thread(store.outbox.put_off, delivery, max(wait_s, _AGAIN_S))
            return False


async def _one(store: Store, delivery: Delivery, part: Part, sender: Sender) -> tuple[str, str | None, str, float]:
    """(state, message id, reason, seconds to wait) after one try at one part."""
    try:
        if part.message is None:
            await sender.delete(delivery.chat, part.message_id or "")
            return DROPPED, None, TAKEN_BACK, 0.0
        if part.message_id:
            await sender.edit(delivery.chat, part.message_id, part.message)
            return POSTED, part.message_id, "", 0.0
        message = replace(part.message, silent=part.message.silent or delivery.silent)
        return POSTED, await sender.send(delivery.chat, delivery.thread, message, str(part.part_id)), "", 0.0
    except ChatGone as error:
        await asyncio.to_thread(store.outbox.drop_rest, delivery, str(error))
        await asyncio.to_thread(store.subscriptions.deactivate, delivery.platform, delivery.chat, str(error))
        return FAILED, part.message_id, str(error), 0.0
    except NotSent as error:
        return PENDING, part.message_id, str(error), error.retry_after_s
    except SendRefused as error:
        return FAILED, part.message_id, str(error), 0.0
    except SendUnknown as error:  # an edit or a removal can be repeated, a message cannot
        return (PENDING if part.message_id else UNKNOWN), part.message_id, str(error), 0.0
