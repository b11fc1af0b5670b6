"""Sending to Telegram: its errors become ours, each with its rule, and a chart is uploaded once."""

import asyncio
import logging
from datetime import date

import httpx
from telegram import Bot, InputMediaPhoto, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.pacing import Pacer
from workers.domain.deliveries import Message
from workers.domain.errors import ChatGone, NotSent, SendRefused, SendUnknown, SettingsError
from workers.logs import note
from workers.store import Store

log = logging.getLogger(__name__)

PLATFORM = "telegram"
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_AGAIN_S = 2.0
_GONE = (
    *("chat not found", "message thread not found", "topic_closed", "topic_deleted", "chat_write_forbidden"),
    *("not enough rights", "need administrator rights", "have no rights", "bot is not a member", "user not found"),
    *("peer_id_invalid", "group chat was deactivated", "chat_restricted", "chat_admin_required"),
)
"""Parts of BadRequest texts that mean: nothing can be posted there until somebody changes it."""
_NOTHING_TO_DO = (
    "message is not modified",
    "message to delete not found",
    "message to edit not found",
    "message can't be deleted",
)


class TelegramSender:
    """See `bot.outbox.Sender`. `priority` tells broadcasts from answers to people who wait."""

    def __init__(self, bot: Bot, store: Store, pacer: Pacer, priority: int) -> None:
        self._bot, self._store, self._pacer, self._priority = bot, store, pacer, priority

    async def send(self, chat: str, thread: str, message: Message, key: str = "") -> str:
        """Telegram knows no idempotency key, so `key` is of no use to it."""
        await self._pacer.turn(chat, group=is_group(chat), priority=self._priority)
        try:
            return await self._post(chat, thread, message)
        except ChatMigrated as error:
            new = str(error.new_chat_id)
            await asyncio.to_thread(self._store.subscriptions.migrate, PLATFORM, chat, new)
            return await self.send(new, thread, message, key)
        except TelegramError as error:
            raise self._ours(error) from None

    async def edit(self, chat: str, message_id: str, message: Message) -> None:
        """Edits and removals are not counted against a broadcast's pace, but wait where the platform said so."""
        try:
            if message.chart:
                media = InputMediaPhoto(
                    await self._picture(message.chart), caption=message.text, parse_mode=ParseMode.HTML
                )
                await self._bot.edit_message_media(media, chat_id=chat, message_id=int(message_id))
            else:
                await self._bot.edit_message_text(
                    message.text, chat, int(message_id), parse_mode=ParseMode.HTML, link_preview_options=_NO_PREVIEW
                )
        except TelegramError as error:
            if not _is_done(error):
                raise self._ours(error) from None

    async def delete(self, chat: str, message_id: str) -> None:
        try:
            await self._bot.delete_message(chat, int(message_id))
        except TelegramError as error:
            if not _is_done(error):
                raise self._ours(error) from None

    async def _post(self, chat: str, thread: str, message: Message) -> str:
        topic = int(thread) if thread else None
        if not message.chart:
            sent = await self._bot.send_message(
                chat,
                message.text,
                parse_mode=ParseMode.HTML,
                message_thread_id=topic,
                disable_notification=message.silent,
                link_preview_options=_NO_PREVIEW,
            )
            return str(sent.message_id)
        sent = await self._bot.send_photo(
            chat,
            await self._picture(message.chart),
            caption=message.text,
            parse_mode=ParseMode.HTML,
            message_thread_id=topic,
            disable_notification=message.silent,
        )
        if sent.photo:
            await asyncio.to_thread(self._store.inbox.uploaded, PLATFORM, message.chart, sent.photo[-1].file_id)
        return str(sent.message_id)

    async def _picture(self, name: str) -> str | bytes:
        """Telegram's own name of the chart where it has it; else the bytes."""
        known = await asyncio.to_thread(self._store.inbox.file_id, PLATFORM, name)
        if known:
            return known
        day, language, _ = name.split(" ")
        text = await asyncio.to_thread(self._store.editions.text, date.fromisoformat(day), language)
        if text is None or text.chart_png is None:
            raise SendRefused("the chart of this edition is not in the store")
        return text.chart_png

    def _ours(self, error: TelegramError) -> Exception:
        """What the catcher does next, by the table of what each error means."""
        if isinstance(error, RetryAfter):
            seconds = _seconds(error)
            self._pacer.halt(seconds)
            return NotSent(str(error), seconds)
        return ours(error)


def ours(error: TelegramError) -> Exception:
    """One of our errors for one of Telegram's; the order matters, for some are subclasses of others."""
    told = str(error)
    if isinstance(error, Forbidden):
        return ChatGone(told)
    if isinstance(error, InvalidToken):
        return SettingsError("TELEGRAM_BOT_TOKEN: refused; copy it again from @BotFather")
    if isinstance(error, BadRequest):
        gone = any(part in told.lower() for part in _GONE)
        return ChatGone(told) if gone else SendRefused(told)
    if isinstance(error, TimedOut | NetworkError):
        return NotSent(told, _AGAIN_S) if _never_left(error) else SendUnknown(told)
    note(log, "telegram error", level=logging.WARNING, kind=type(error).__name__, error=told)
    return SendUnknown(told)


def is_group(chat: str) -> bool:
    """Groups and channels have negative ids."""
    return chat.startswith(("-", "@"))


def _never_left(error: TelegramError) -> bool:
    """The request did not reach Telegram: no connection was had for it, or it answered 429 without saying how long."""
    cause = error.__cause__
    return (
        isinstance(cause, httpx.PoolTimeout | httpx.ConnectTimeout | httpx.ConnectError)
        or "too many requests" in str(error).lower()
    )


def _is_done(error: TelegramError) -> bool:
    return isinstance(error, BadRequest) and any(part in str(error).lower() for part in _NOTHING_TO_DO)


def _seconds(error: RetryAfter) -> float:
    after = error.retry_after
    return float(after) if isinstance(after, int | float) else after.total_seconds()
