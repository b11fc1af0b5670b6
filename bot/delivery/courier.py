"""Sends one claimed delivery: expands it into stored parts, sends them in order, records the results."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.delivery.patience import until_stored
from bot.delivery.ports import Render, Sender
from bot.delivery.refusals import chat_refused, chat_unit
from bot.i18n import catalog_for
from workers.domain.chats import ChatRef
from workers.domain.deliveries import (
    TAKEN_BACK,
    Content,
    Delivery,
    DeliveryKind,
    Message,
    MessagePart,
    Notify,
    PartState,
    Place,
)
from workers.domain.errors import (
    ChatGone,
    ChatNotWritable,
    LeaseLost,
    SendError,
    SendRefused,
    SendRetryable,
    SendUnknown,
    SettingsError,
)
from workers.domain.models import Text
from workers.domain.units import Failure, Unit, UnitKind
from workers.runtime.boundary import Boundary, reason_of
from workers.runtime.logs import note
from workers.store import Store
from workers.store.transactions import is_store_away

log = logging.getLogger(__name__)

_RETRY_S = 1.0
"""Shortest wait, in seconds, before a part that was put off is tried again."""
_TOLD_S = 300.0
"""A longer pause that the platform asks for is shown to the owner."""
_EXPAND_S = 60.0
"""Seconds that rendering may take; a day of 200 papers takes less than one."""
_SEND_S = 120.0
"""Seconds that one request of a sender may take, its own tries included."""


@dataclass(frozen=True, slots=True)
class SendResult:
    """The result of one try at one part; `retry_after_s` counts only if `state` is PENDING."""

    state: PartState
    message_id: str | None = None
    reason: str = ""
    retry_after_s: float = 0.0


class Courier:
    """Sends deliveries of one platform. Whatever goes wrong in one of them costs that one alone."""

    def __init__(self, store: Store, sender: Sender, render: Render) -> None:
        self._store, self._sender, self._render = store, sender, render
        self._boundary = Boundary(store.failures, store.clock)
        self._of_notices = Boundary(store.failures, store.clock, tell=False)
        """A notice about a notice that failed would fail in its turn."""

    async def deliver(self, delivery: Delivery) -> None:
        """Send a claimed delivery as far as it goes now. Raises SettingsError only, for a token that is refused.

        After an exception the delivery is tried again later, up to three times; then the parts that are left fail, and
        a reader who waits for it is told. While the store is away nothing is counted: the lease expires, and the
        delivery is claimed again.
        """
        unit = _unit(delivery)
        boundary = self._of_notices if delivery.kind == DeliveryKind.NOTICE else self._boundary
        try:
            async with self._lease_kept(delivery):
                outcome = await boundary.run_async(unit, lambda: self._attempt(delivery))
            if isinstance(outcome, Failure):
                await self._after(outcome, delivery)
            elif outcome is not None and outcome.retry_after_s > _TOLD_S:
                reason = f"{delivery.chat.platform.title()} asks to wait {outcome.retry_after_s:.0f} s"
                until = self._store.clock.now() + timedelta(seconds=outcome.retry_after_s)
                await asyncio.to_thread(boundary.report, unit, reason, until)
        except LeaseLost:
            note(log, "delivery lost", delivery=delivery.delivery_id, attempt=delivery.attempt)
        except SettingsError:
            raise
        except Exception as error:  # noqa: BLE001 - the store refused to record what happened; the lease expires
            note(log, "delivery left", level=logging.ERROR, delivery=delivery.delivery_id, error=reason_of(error))

    async def _attempt(self, delivery: Delivery) -> SendResult | None:
        """Send what is left; the result of a part that must be tried later, None if all is done."""
        try:
            async with asyncio.timeout(_EXPAND_S):
                await asyncio.to_thread(self._expand, delivery)
            await self._settle_unknown(delivery)
            put_off = await self._send_all(delivery)
            if put_off is None:
                await until_stored(self._store.outbox.finish, delivery)
        except Exception as error:
            if not is_store_away(error):
                raise
            note(log, "store away", level=logging.WARNING, delivery=delivery.delivery_id, error=reason_of(error))
            return None
        return put_off

    async def _after(self, failure: Failure, delivery: Delivery) -> None:
        """Put the delivery off until its next try, or give it up and tell a reader who waits for it."""
        outbox, now = self._store.outbox, self._store.clock.now()
        if failure.retry_at is not None:
            wait_s = max((failure.retry_at - now).total_seconds(), _RETRY_S)
            await until_stored(outbox.put_off, delivery, wait_s)
            return
        await until_stored(outbox.give_up, delivery, failure.reason)
        if delivery.urgent and delivery.kind != DeliveryKind.NOTICE:
            language = delivery.view.language
            text = catalog_for(language).did_not_work
            await until_stored(outbox.notify, f"failed:{delivery.delivery_id}", delivery.chat, language, text)

    @asynccontextmanager
    async def _lease_kept(self, delivery: Delivery) -> AsyncIterator[None]:
        """Renew the lease while a part waits for its turn, so that the delivery is not claimed a second time."""

        async def keep() -> None:
            with contextlib.suppress(LeaseLost):  # the next write raises it where it matters
                while True:
                    await asyncio.sleep(self._store.outbox.lease_s / 2)
                    await until_stored(self._store.outbox.renew, delivery)

        keeping = asyncio.create_task(keep(), name=f"lease of delivery {delivery.delivery_id}")
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    def _expand(self, delivery: Delivery) -> None:
        store = self._store
        if delivery.retracted:
            store.outbox.take_back(delivery)
            return
        messages = store.outbox.rendered(delivery)
        if messages is None:
            content = self._content(delivery)
            messages = self._render(content, delivery) if content else []
            if isinstance(content, Text) and not any(message.papers for message in messages):
                messages = [replace(message, silent=True) for message in messages]
        if messages:
            store.outbox.expand(delivery, messages)

    def _content(self, delivery: Delivery) -> Content | None:
        """None if it is gone: a text that is being made again, or a question that its reader deleted."""
        if delivery.question_id:
            return self._store.questions.get(delivery.question_id)
        return self._store.texts.get(delivery.day, delivery.view.language) if delivery.day else delivery.notice

    async def _settle_unknown(self, delivery: Delivery) -> None:
        """Ask the platform about each UNKNOWN part: was it posted or not?"""
        for part in await asyncio.to_thread(self._store.outbox.unsettled, delivery):
            if part.message is None:
                continue
            result = await self._look_up(delivery, part, part.message)
            if result.state != PartState.UNKNOWN:
                await asyncio.to_thread(self._store.outbox.settle, delivery, part, result.state, result.message_id)

    async def _look_up(self, delivery: Delivery, part: MessagePart, message: Message, reason: str = "") -> SendResult:
        """Ask the platform whether a part arrived: POSTED, PENDING if it did not, UNKNOWN if it cannot tell."""
        try:
            async with asyncio.timeout(_SEND_S):
                message_id = await self._sender.found(_target(delivery, part, message), message, str(part.part_id))
        except (SendError, TimeoutError):
            message_id = None
        if message_id is None:
            return SendResult(PartState.UNKNOWN, reason=reason)
        if not message_id:
            return SendResult(PartState.PENDING, reason=reason)
        return SendResult(PartState.POSTED, message_id, reason)

    async def _send_all(self, delivery: Delivery) -> SendResult | None:
        """Send, edit or delete all pending parts in order; the result of one that puts off itself and the rest."""
        outbox = self._store.outbox
        part = await asyncio.to_thread(outbox.next_part, delivery)
        while part is not None:
            result = await self._try_part(delivery, part)
            state, reason = result.state, _shown(result.reason)
            following = await until_stored(outbox.settle, delivery, part, state, result.message_id, reason)
            if state not in {PartState.POSTED, PartState.DROPPED}:
                note(log, "part not posted", level=logging.WARNING, part=part.part_id, state=state, reason=reason)
            if state == PartState.PENDING:
                await asyncio.to_thread(outbox.put_off, delivery, max(result.retry_after_s, _RETRY_S))
                return result
            if state == PartState.POSTED and part.n == 0 and delivery.day:
                await asyncio.to_thread(self._store.subscriptions.reset_refusals, delivery.chat)
                await asyncio.to_thread(self._boundary.succeeded, chat_unit(delivery.chat))
            part = following
        return None

    async def _try_part(self, delivery: Delivery, part: MessagePart) -> SendResult:
        """Send, edit or delete one part once; each error of the sender becomes a result."""
        sender, chat = self._sender, delivery.chat.chat
        try:
            if part.message is None:
                async with asyncio.timeout(_SEND_S):
                    await sender.delete(chat, part.message_id or "")
                return SendResult(PartState.DROPPED, reason=TAKEN_BACK)
            if part.message_id:
                async with sender.editing(chat), asyncio.timeout(_SEND_S):
                    await sender.edit(chat, part.message_id, part.message)
                return SendResult(PartState.POSTED, part.message_id)
            return await self._send(delivery, part, part.message)
        except (ChatGone, ChatNotWritable) as error:
            await asyncio.to_thread(self._store.outbox.drop_rest, delivery, _shown(str(error)))
            await asyncio.to_thread(chat_refused, self._store, delivery, error)
            if delivery.view.place != Place.PRIVATE and delivery.kind != DeliveryKind.NOTICE:
                reason = _shown(str(error))
                await asyncio.to_thread(self._boundary.report, chat_unit(delivery.chat), reason)
            return SendResult(PartState.FAILED, part.message_id, str(error))
        except SendRetryable as error:
            return SendResult(PartState.PENDING, part.message_id, str(error), error.retry_after_s)
        except SendRefused as error:
            return SendResult(PartState.FAILED, part.message_id, str(error))
        except (SendUnknown, TimeoutError) as error:
            reason = str(error) or f"no answer within {_SEND_S:.0f} s"
            if part.message_id or part.message is None:  # an edit or a removal can be repeated
                return SendResult(PartState.PENDING, part.message_id, reason)
            return await self._look_up(delivery, part, part.message, reason)
        except SettingsError:  # nothing was sent; the next process goes on from here
            await until_stored(self._store.outbox.settle, delivery, part, PartState.PENDING, part.message_id)
            raise

    async def _send(self, delivery: Delivery, part: MessagePart, message: Message) -> SendResult:
        if delivery.view.place == Place.FORUM and part.n > 0 and part.root is None:
            return SendResult(PartState.FAILED, reason="the post that it belongs to was not made")
        message = replace(
            message,
            silent=message.silent or _is_silent(delivery, part.n),
            reply_to=delivery.reply_to if part.n == 0 else None,
        )
        async with self._sender.turn(delivery.chat.chat, delivery.urgent):
            await asyncio.to_thread(self._store.outbox.sending, delivery, part)
            async with asyncio.timeout(_SEND_S):
                message_id = await self._sender.send(_target(delivery, part, message), message, str(part.part_id))
            return SendResult(PartState.POSTED, message_id)


def _unit(delivery: Delivery) -> Unit:
    return Unit(UnitKind.DELIVERY, str(delivery.delivery_id), str(delivery.chat))


def _target(delivery: Delivery, part: MessagePart, message: Message) -> ChatRef:
    """Where the message belongs: the delivery's chat, or the thread under the delivery's first message."""
    return replace(delivery.chat, thread=part.root or "") if message.inside else delivery.chat


def _is_silent(delivery: Delivery, n: int) -> bool:
    return delivery.silent or delivery.notify == Notify.NEVER or (delivery.notify == Notify.FIRST and n > 0)


def _shown(reason: str) -> str:
    """A platform's words as the store can keep them: one short line without control characters."""
    return " ".join("".join(each if each.isprintable() else " " for each in reason).split())[:300]
