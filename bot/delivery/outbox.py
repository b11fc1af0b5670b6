"""Sends the deliveries in the store: claim one, expand it into stored parts, send them in order, record the results."""

import asyncio
import logging
from dataclasses import dataclass, replace

from bot.delivery.ports import Follow, Render, Sender, Wakeup
from bot.i18n import catalog_for
from workers.domain.chats import ChatRef, direct_chat
from workers.domain.deliveries import (
    TAKEN_BACK,
    Content,
    Delivery,
    Message,
    MessagePart,
    Notify,
    PartState,
    Place,
    Subscription,
    SubscriptionStatus,
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
"""Deliveries under way at once. It is several times what a platform's limits let through, so that the last deliveries
of a broadcast are sent as fast as the first ones."""
_RETRY_S = 1.0
"""Shortest wait, in seconds, before a part that was put off is tried again."""


@dataclass(frozen=True, slots=True)
class SendResult:
    """The result of one try at one part; `retry_after_s` counts only if `state` is PENDING."""

    state: PartState
    message_id: str | None = None
    reason: str = ""
    retry_after_s: float = 0.0


async def deliver_next(store: Store, platform: str, sender: Sender, render: Render, urgent: bool = False) -> bool:
    """Send the oldest open delivery of `platform`; False if there is none.

    A crash leaves each part POSTED, PENDING or SENDING. A part that is found SENDING later becomes UNKNOWN and is not
    sent again, unless the platform can tell that it did not arrive. Edits and removals are repeated, because repeating
    them is harmless.
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
    """Send deliveries until cancelled: at most `at_once` at a time, and urgent ones beyond that.

    `follow` is called with each first message of a question whose answer is not written yet.
    """
    async with asyncio.TaskGroup() as group:
        under_way: set[asyncio.Task[None]] = set()
        while True:
            full = len(under_way) >= at_once
            delivery = await asyncio.to_thread(store.outbox.claim, platform, full)
            if delivery is None:
                await _wait_for_news(wakeup, under_way)
                continue
            task = group.create_task(_deliver(store, delivery, sender, render))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            if follow and delivery.question_id and delivery.revision == 0:
                group.create_task(_follow_once_sent(store, delivery, task, follow))


async def _follow_once_sent(store: Store, delivery: Delivery, sending: "asyncio.Task[None]", follow: Follow) -> None:
    """Call `follow` when the first message of a question's delivery is posted."""
    await asyncio.wait([sending])
    parts = await asyncio.to_thread(store.sent_messages.parts, f"question:{delivery.question_id}")
    for first in parts[:1]:
        if first.state == PartState.POSTED and first.message_id:
            await follow(delivery, first.message_id)


async def _wait_for_news(wakeup: Wakeup, under_way: "set[asyncio.Task[None]]") -> None:
    """Return at a wakeup, or when a delivery has ended, because its chat may have another one."""
    waiting = asyncio.create_task(wakeup.wait())
    try:
        await asyncio.wait([waiting, *under_way], return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    if waiting.done() and not waiting.cancelled():
        waiting.result()


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
    """None if it is gone: a text that is being made again, or a question that its reader deleted."""
    if delivery.question_id:
        return store.questions.get(delivery.question_id)
    return store.texts.get(delivery.day, delivery.view.language) if delivery.day else delivery.notice


async def _settle_unknown(store: Store, delivery: Delivery, sender: Sender) -> None:
    """Ask the platform about each UNKNOWN part: was it posted or not?"""
    for part in await asyncio.to_thread(store.outbox.unsettled, delivery):
        if part.message is None:
            continue
        result = await _look_up(delivery, part, part.message, sender)
        if result.state != PartState.UNKNOWN:
            await asyncio.to_thread(store.outbox.settle, delivery, part, result.state, result.message_id)


async def _look_up(
    delivery: Delivery, part: MessagePart, message: Message, sender: Sender, reason: str = ""
) -> SendResult:
    """Ask the platform whether a part arrived: POSTED, PENDING if it did not, UNKNOWN if the platform cannot tell."""
    try:
        message_id = await sender.found(_target(delivery, part, message), message, str(part.part_id))
    except SendError:
        message_id = None
    if message_id is None:
        return SendResult(PartState.UNKNOWN, reason=reason)
    if not message_id:
        return SendResult(PartState.PENDING, reason=reason)
    return SendResult(PartState.POSTED, message_id, reason)


def _target(delivery: Delivery, part: MessagePart, message: Message) -> ChatRef:
    """Where the message belongs: the delivery's chat, or the thread under the delivery's first message."""
    return replace(delivery.chat, thread=part.root or "") if message.inside else delivery.chat


async def _send_all(store: Store, delivery: Delivery, sender: Sender) -> bool:
    """Send, edit or delete all pending parts in order; False if one must be tried later, which puts off the rest."""
    part = await asyncio.to_thread(store.outbox.next_part, delivery)
    while part is not None:
        result = await _try_part(store, delivery, part, sender)
        state, reason = result.state, result.reason
        following = await asyncio.to_thread(store.outbox.settle, delivery, part, state, result.message_id, reason)
        if state not in {PartState.POSTED, PartState.DROPPED}:
            note(log, "part not posted", level=logging.WARNING, part=part.part_id, state=state, reason=reason)
        if state == PartState.PENDING:
            await asyncio.to_thread(store.outbox.put_off, delivery, max(result.retry_after_s, _RETRY_S))
            return False
        if state == PartState.POSTED and part.n == 0 and delivery.day:
            await asyncio.to_thread(store.subscriptions.reset_refusals, delivery.chat)
        part = following
    return True


async def _try_part(store: Store, delivery: Delivery, part: MessagePart, sender: Sender) -> SendResult:
    """Send, edit or delete one part once; each error of the sender becomes a result."""
    try:
        if part.message is None:
            await sender.delete(delivery.chat.chat, part.message_id or "")
            return SendResult(PartState.DROPPED, reason=TAKEN_BACK)
        if part.message_id:
            async with sender.editing(delivery.chat.chat):
                await sender.edit(delivery.chat.chat, part.message_id, part.message)
            return SendResult(PartState.POSTED, part.message_id)
        return await _send(store, delivery, part, part.message, sender)
    except (ChatGone, ChatNotWritable) as error:
        await asyncio.to_thread(store.outbox.drop_rest, delivery, str(error))
        await asyncio.to_thread(_chat_refused, store, delivery, error)
        return SendResult(PartState.FAILED, part.message_id, str(error))
    except SendRetryable as error:
        return SendResult(PartState.PENDING, part.message_id, str(error), error.retry_after_s)
    except SendRefused as error:
        return SendResult(PartState.FAILED, part.message_id, str(error))
    except SendUnknown as error:  # an edit or a removal can be repeated, a new message only if the platform finds none
        if part.message_id or part.message is None:
            return SendResult(PartState.PENDING, part.message_id, str(error))
        return await _look_up(delivery, part, part.message, sender, str(error))


async def _send(store: Store, delivery: Delivery, part: MessagePart, message: Message, sender: Sender) -> SendResult:
    if delivery.view.place == Place.FORUM and part.n > 0 and part.root is None:
        return SendResult(PartState.FAILED, reason="the post that it belongs to was not made")
    message = replace(
        message,
        silent=message.silent or _is_silent(delivery, part.n),
        reply_to=delivery.reply_to if part.n == 0 else None,
    )
    async with sender.turn(delivery.chat.chat, delivery.urgent):
        await asyncio.to_thread(store.outbox.sending, delivery, part)
        message_id = await sender.send(_target(delivery, part, message), message, str(part.part_id))
        return SendResult(PartState.POSTED, message_id)


def _is_silent(delivery: Delivery, n: int) -> bool:
    return delivery.silent or delivery.notify == Notify.NEVER or (delivery.notify == Notify.FIRST and n > 0)


def _chat_refused(store: Store, delivery: Delivery, error: ChatGone | ChatNotWritable) -> None:
    """Pause the chat's subscriptions, and tell the people who subscribed it how to resume them.

    A chat that is gone is paused at once; one that is not writable is paused after FAILURES refusals in a row, but its
    person is told at the first one.
    """
    if isinstance(error, ChatGone):
        status = SubscriptionStatus.REMOVED
        affected = store.subscriptions.pause_chat(delivery.chat, status, str(error))
    else:
        status = SubscriptionStatus.NOT_WRITABLE
        known = store.subscriptions.of(delivery.chat)
        affected = [known] if known and known.active else []
        if store.subscriptions.count_refusal(delivery.chat) >= FAILURES:
            store.subscriptions.pause(delivery.chat, status, str(error))
    for subscription in affected:
        _notify_person(store, subscription, status, str(error))


def _notify_person(store: Store, subscription: Subscription, status: SubscriptionStatus, reason: str) -> None:
    """Tell the person who subscribed a chat, once a day, unless the chat is the one with that person."""
    person, chat = subscription.person, subscription.chat
    private = direct_chat(chat.platform, person)
    if not person or chat.chat in {person, private.chat}:
        return
    catalog = catalog_for(subscription.view.language)
    notice = catalog.trouble.format(name=str(chat), reason=reason, cure=catalog.trouble_cures[status])
    idempotency_key = f"trouble:{subscription.subscription_id}:{store.clock.now():%Y-%m-%d}"
    store.outbox.notify(idempotency_key, private, subscription.view.language, notice)
