"""From delivery rows to messages: claim, expand into stored parts, send in order, record."""

import asyncio
import logging
from dataclasses import replace

from bot.delivery.ports import Follow, Render, Sender, Wakeup
from bot.i18n import catalog_for
from workers.domain.deliveries import (
    TAKEN_BACK,
    Content,
    Delivery,
    Message,
    MessagePart,
    Notify,
    PartState,
    Place,
    SubscriptionStatus,
    direct_chat,
)
from workers.domain.errors import (
    ChatGone,
    ChatNotWritable,
    LeaseLost,
    SendError,
    SendRefused,
    SendRetryable,
    SendUnknown,
)
from workers.domain.models import Text
from workers.runtime.logs import note
from workers.store import Store
from workers.store.subscriptions import FAILURES

log = logging.getLogger(__name__)

AT_ONCE = 128
"""Deliveries under way at once: several times what fills a platform's pace, so that the last ones are no trickle."""
_AGAIN_S = 1.0
"""Seconds until what was put off is tried again, at least."""


async def deliver_next(store: Store, platform: str, sender: Sender, render: Render, urgent: bool = False) -> bool:
    """Bring the oldest open delivery of `platform` to its end; False when there was none.

    A crash at any moment leaves each part posted, pending, or sending; a part found sending later counts as unknown
    and is not sent again by itself. An edit or a removal is repeated, for twice is once.
    """
    delivery = await asyncio.to_thread(store.outbox.claim, platform, urgent)
    if delivery is None:
        return False
    await _deliver(store, delivery, sender, render)
    return True


async def serve(
    store: Store,
    platform: str,
    sender: Sender,
    render: Render,
    wakeup: Wakeup,
    at_once: int = AT_ONCE,
    follow: Follow | None = None,
) -> None:
    """Deliver for ever: `at_once` broadcasts under way, beside them whatever somebody waits for.

    `follow` is given each first line under which an answer is still to come.
    """
    async with asyncio.TaskGroup() as group:
        under_way: set[asyncio.Task[None]] = set()
        while True:
            full = len(under_way) >= at_once
            delivery = await asyncio.to_thread(store.outbox.claim, platform, full)
            if delivery is None:
                await _news(wakeup, under_way)
                continue
            task = group.create_task(_deliver(store, delivery, sender, render))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            if follow and delivery.question_id and delivery.revision == 0:
                group.create_task(_followed(store, delivery, task, follow))


async def _followed(store: Store, delivery: Delivery, sending: "asyncio.Task[None]", follow: Follow) -> None:
    """Once the first line stands."""
    await asyncio.wait([sending])
    sent = await asyncio.to_thread(store.outbox.parts, f"question:{delivery.question_id}")
    for _, state, message_id in sent[:1]:
        if state == PartState.POSTED and message_id:
            await follow(delivery, message_id)


async def _news(wakeup: Wakeup, under_way: "set[asyncio.Task[None]]") -> None:
    """Until somebody rings, or a delivery has ended: its chat may have another."""
    ringing = asyncio.create_task(wakeup.wait())
    try:
        await asyncio.wait([ringing, *under_way], return_when=asyncio.FIRST_COMPLETED)
    finally:
        ringing.cancel()
    if ringing.done() and not ringing.cancelled():
        ringing.result()


async def _deliver(store: Store, delivery: Delivery, sender: Sender, render: Render) -> None:
    try:
        await asyncio.to_thread(_expand, store, delivery, render)
        await _settle_unknown(store, delivery, sender)
        if await _send_all(store, delivery, sender):
            await asyncio.to_thread(store.outbox.finish, delivery)
    except LeaseLost:
        note(log, "delivery lost", delivery=delivery.delivery_id, attempt=delivery.attempt)


def _expand(store: Store, delivery: Delivery, render: Render) -> None:
    if delivery.retracted:
        store.outbox.take_back(delivery)
        return
    messages = store.outbox.rendered(delivery)
    if messages is None:
        content = _content(store, delivery)
        messages = render(content, delivery) if content else []
        if isinstance(content, Text) and not any(message.papers for message in messages):
            messages = [replace(message, silent=True) for message in messages]
    if messages:
        store.outbox.expand(delivery, messages)


def _content(store: Store, delivery: Delivery) -> Content | None:
    """None where it is gone: a text that is made anew, a question that was forgotten."""
    if delivery.question_id:
        return store.questions.get(delivery.question_id)
    return store.editions.text(delivery.day, delivery.view.language) if delivery.day else delivery.notice


async def _settle_unknown(store: Store, delivery: Delivery, sender: Sender) -> None:
    """Ask the platform what became of each part that was on its way when its sender stopped."""
    for part in await asyncio.to_thread(store.outbox.unsettled, delivery):
        if part.message is None:
            continue
        state, message_id = await _fate(delivery, part, part.message, sender)
        if state != PartState.UNKNOWN:
            await asyncio.to_thread(store.outbox.settle, delivery, part, state, message_id)


async def _fate(delivery: Delivery, part: MessagePart, message: Message, sender: Sender) -> tuple[str, str | None]:
    """(state, message id) of a part that may have been sent."""
    try:
        found = await sender.found(delivery.chat, _thread(delivery, part, message), message, str(part.part_id))
    except SendError:
        return PartState.UNKNOWN, None
    return (
        (PartState.UNKNOWN, None)
        if found is None
        else (PartState.POSTED, found)
        if found
        else (PartState.PENDING, None)
    )


def _thread(delivery: Delivery, part: MessagePart, message: Message) -> str:
    """The thread under the delivery's first message, for what stands in it."""
    return part.root or "" if message.inside else delivery.thread


async def _send_all(store: Store, delivery: Delivery, sender: Sender) -> bool:
    """Send, edit or take back part after part; False where the platform said "later" and the rest was put off."""
    part = await asyncio.to_thread(store.outbox.next_part, delivery)
    while part is not None:
        state, message_id, reason, wait_s = await _one(store, delivery, part, sender)
        following = await asyncio.to_thread(store.outbox.settle, delivery, part, state, message_id, reason)
        if state not in {PartState.POSTED, PartState.DROPPED}:
            note(log, "part not posted", level=logging.WARNING, part=part.part_id, state=state, reason=reason)
        if state == PartState.PENDING:
            await asyncio.to_thread(store.outbox.put_off, delivery, max(wait_s, _AGAIN_S))
            return False
        if state == PartState.POSTED and part.n == 0 and delivery.day:
            await asyncio.to_thread(store.subscriptions.taken, delivery.platform, delivery.chat, delivery.thread)
        part = following
    return True


async def _one(
    store: Store, delivery: Delivery, part: MessagePart, sender: Sender
) -> tuple[str, str | None, str, float]:
    """(state, message id, reason, seconds to wait) after one try at one part."""
    try:
        if part.message is None:
            await sender.delete(delivery.chat, part.message_id or "")
            return PartState.DROPPED, None, TAKEN_BACK, 0.0
        if part.message_id:
            async with sender.editing(delivery.chat):
                await sender.edit(delivery.chat, part.message_id, part.message)
            return PartState.POSTED, part.message_id, "", 0.0
        message = replace(
            part.message,
            silent=part.message.silent or _silent(delivery, part.n),
            reply_to=delivery.reply_to if part.n == 0 else None,
        )
        if delivery.view.place == Place.FORUM and part.n > 0 and part.root is None:
            return PartState.FAILED, None, "the post that it belongs to was not made", 0.0
        async with sender.turn(delivery.chat, delivery.urgent):
            await asyncio.to_thread(store.outbox.sending, delivery, part)
            thread = _thread(delivery, part, message)
            return PartState.POSTED, await sender.send(delivery.chat, thread, message, str(part.part_id)), "", 0.0
    except (ChatGone, ChatNotWritable) as error:
        await asyncio.to_thread(store.outbox.drop_rest, delivery, str(error))
        await asyncio.to_thread(_refused, store, delivery, error)
        return PartState.FAILED, part.message_id, str(error), 0.0
    except SendRetryable as error:
        return PartState.PENDING, part.message_id, str(error), error.retry_after_s
    except SendRefused as error:
        return PartState.FAILED, part.message_id, str(error), 0.0
    except SendUnknown as error:  # an edit or a removal can be repeated, a message only where the platform knows it
        if part.message_id or part.message is None:
            return PartState.PENDING, part.message_id, str(error), 0.0
        return *await _fate(delivery, part, part.message, sender), str(error), 0.0


def _silent(delivery: Delivery, n: int) -> bool:
    return delivery.silent or delivery.notify == Notify.NEVER or (delivery.notify == Notify.FIRST and n > 0)


def _refused(store: Store, delivery: Delivery, error: ChatGone | ChatNotWritable) -> None:
    """A chat that is gone rests at once, one that is shut after some refusals; who subscribed it is told the cure."""
    platform, chat, reason = delivery.platform, delivery.chat, str(error)
    if isinstance(error, ChatGone):
        status = SubscriptionStatus.REMOVED
        paused = store.subscriptions.pause(platform, chat, status, reason)
    else:
        status = SubscriptionStatus.NOT_WRITABLE
        known = store.subscriptions.of(platform, chat, delivery.thread)
        paused = [known] if known and known.active else []
        if store.subscriptions.refused(platform, chat, delivery.thread) >= FAILURES:
            store.subscriptions.pause(platform, chat, status, reason, delivery.thread)
    for each in paused:
        if not each.person or chat in {each.person, direct_chat(each.person)}:
            continue
        catalog = catalog_for(each.view.language)
        notice = catalog.trouble.format(name=f"{platform}:{chat}", reason=reason, cure=catalog.trouble_cures[status])
        idempotency_key = f"trouble:{each.subscription_id}:{store.clock.now():%Y-%m-%d}"
        store.outbox.notify(idempotency_key, platform, direct_chat(each.person), each.view.language, notice)
