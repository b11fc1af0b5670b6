"""Sends, edits and deletes messages on Telegram, and turns its errors into SendErrors."""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import httpx
from telegram import (
    Bot,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    ReplyParameters,
)
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

from bot.delivery.charts import ChartFiles
from bot.delivery.pacing import BROADCAST, INTERACTIVE, Pacer
from bot.platforms import Limits
from bot.telegram.renderer import payload
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Message
from workers.domain.errors import ChatGone, ChatNotWritable, SendRefused, SendRetryable, SendUnknown, SettingsError
from workers.runtime.logs import note
from workers.store import Store

log = logging.getLogger(__name__)

PLATFORM = "telegram"
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_AGAIN_S = 2.0
"""Seconds until a request that never reached Telegram is sent again."""
_EDITS = {False: Limits(30, 1.0, chat_gap_s=1.0), True: Limits(30, 1.0, chat_gap_s=3.0)}
"""Whether it is a group → pace of edits: one a second, in a group about 20 a minute (core.telegram.org/bots/faq)."""
_NOT_WRITABLE = (
    *("chat not found", "message thread not found", "topic_closed", "topic_deleted", "chat_write_forbidden"),
    *("not enough rights", "need administrator rights", "have no rights", "bot is not a member", "user not found"),
    *("peer_id_invalid", "group chat was deactivated", "chat_restricted", "chat_admin_required"),
)
"""Parts of BadRequest texts that mean: nothing can be posted in the chat until somebody changes its settings."""
_NOTHING_TO_DO = (
    "message is not modified",
    "message to delete not found",
    "message to edit not found",
    "message can't be deleted",
)
"""Parts of BadRequest texts that mean: the edit or removal is done already, or can never be done."""


class TelegramSender:
    """See `bot.delivery.ports.Sender`; replies to people are sent before broadcasts."""

    def __init__(self, bot: Bot, store: Store, pacer: Pacer) -> None:
        self._bot, self._store, self._pacer = bot, store, pacer
        self._charts = ChartFiles(store, PLATFORM)
        self._edits = {group: Pacer(limits) for group, limits in _EDITS.items()}

    def turn(self, chat: str, urgent: bool) -> AbstractAsyncContextManager[None]:
        return self._pacer.turn(chat_id(chat), group=is_group(chat), priority=INTERACTIVE if urgent else BROADCAST)

    async def send(self, chat: ChatRef, message: Message, key: str = "") -> str:
        """Telegram has no idempotency keys, so `key` is not used."""
        try:
            return await self._post(chat, message)
        except ChatMigrated as error:
            new = str(error.new_chat_id)
            await asyncio.to_thread(self._store.subscriptions.migrate_chat, chat, new)
            return await self.send(replace(chat, chat=new), message, key)
        except TelegramError as error:
            raise self._ours(error) from None

    def editing(self, chat: str) -> AbstractAsyncContextManager[None]:
        """Edits have a pace of their own, so they do not slow down a broadcast."""
        return self._edits[is_group(chat)].turn(chat_id(chat), group=False, priority=BROADCAST)

    async def edit(self, chat: str, message_id: str, message: Message) -> None:
        try:
            if message.chart:
                media = InputMediaPhoto(
                    await self._picture(message.chart), caption=message.text, parse_mode=ParseMode.HTML
                )
                await self._bot.edit_message_media(
                    media, chat_id=chat_id(chat), message_id=int(message_id), reply_markup=self._keyboard(chat, message)
                )
            else:
                await self._bot.edit_message_text(
                    message.text,
                    chat_id(chat),
                    int(message_id),
                    parse_mode=ParseMode.HTML,
                    link_preview_options=_NO_PREVIEW,
                    reply_markup=self._keyboard(chat, message),
                )
        except TelegramError as error:
            if not _is_done(error):
                raise self._ours(error) from None

    async def found(self, chat: ChatRef, message: Message, key: str) -> str | None:
        """None: Telegram has no idempotency keys, and a bot cannot read a chat's history."""
        del chat, message, key
        return None

    async def delete(self, chat: str, message_id: str) -> None:
        try:
            await self._bot.delete_message(chat_id(chat), int(message_id))
        except TelegramError as error:
            if not _is_done(error):
                raise self._ours(error) from None

    async def _post(self, chat: ChatRef, message: Message) -> str:
        topic = int(chat.thread) if chat.thread else None
        reply = int(message.reply_to) if message.reply_to else None
        answered = ReplyParameters(reply, allow_sending_without_reply=True) if reply else None
        keyboard = ForceReply(selective=True) if message.expects_reply else self._keyboard(chat.chat, message)
        if not message.chart:
            sent = await self._bot.send_message(
                chat_id(chat.chat),
                message.text,
                parse_mode=ParseMode.HTML,
                message_thread_id=topic,
                disable_notification=message.silent,
                link_preview_options=_NO_PREVIEW,
                reply_parameters=answered,
                reply_markup=keyboard,
            )
            return str(sent.message_id)
        sent = await self._bot.send_photo(
            chat_id(chat.chat),
            await self._picture(message.chart),
            caption=message.text,
            parse_mode=ParseMode.HTML,
            message_thread_id=topic,
            disable_notification=message.silent,
            reply_parameters=answered,
            reply_markup=keyboard,
        )
        if sent.photo:
            await self._charts.uploaded(message.chart, sent.photo[-1].file_id)
        return str(sent.message_id)

    def _keyboard(self, chat: str, message: Message) -> InlineKeyboardMarkup | None:
        """Buttons that send a command; in a group a private choice is a link that opens it in the private chat."""
        if not message.choices:
            return None
        home = f"https://t.me/{self._bot.username}"
        return InlineKeyboardMarkup(
            [
                [
                    InlineKeyboardButton(choice.label, url=f"{home}?start={payload(choice.line)}")
                    if choice.private and is_group(chat)
                    else InlineKeyboardButton(choice.label, callback_data=choice.line)
                    for choice in row
                ]
                for row in message.choices
            ]
        )

    async def _picture(self, name: str) -> str | bytes:
        """Telegram's id of the chart if it has it, else the picture."""
        return await self._charts.file_id(name) or await self._charts.png(name)

    def _ours(self, error: TelegramError) -> Exception:
        """The SendError for one of Telegram's; a pause that Telegram asks for holds for everything that is sent."""
        if isinstance(error, RetryAfter):
            seconds = _seconds(error)
            self._pacer.halt(seconds)
            return SendRetryable(str(error), seconds)
        return ours(error)


def ours(error: TelegramError) -> Exception:
    """The SendError for one of Telegram's errors. The order matters: some are subclasses of others."""
    text = str(error)
    if isinstance(error, Forbidden):
        return ChatGone(text)
    if isinstance(error, InvalidToken):
        return SettingsError("TELEGRAM_BOT_TOKEN: refused; copy it again from @BotFather")
    if isinstance(error, BadRequest):
        not_writable = any(part in text.lower() for part in _NOT_WRITABLE)
        return ChatNotWritable(text) if not_writable else SendRefused(text)
    if isinstance(error, TimedOut | NetworkError):
        return SendRetryable(text, _AGAIN_S) if _never_left(error) else SendUnknown(text)
    note(log, "telegram error", level=logging.WARNING, kind=type(error).__name__, error=text)
    return SendUnknown(text)


def chat_id(chat: str) -> str:
    """Telegram's id of a chat. A private chat has the person's id, so `@7`, as `direct_chat` writes it, is `7`."""
    return chat[1:] if chat.startswith("@") and chat[1:].isdigit() else chat


def is_group(chat: str) -> bool:
    """Groups and channels have negative ids."""
    return chat_id(chat).startswith(("-", "@"))


def _never_left(error: TelegramError) -> bool:
    """Whether nothing was sent: there was no connection, or Telegram answered 429 without a time to wait."""
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
