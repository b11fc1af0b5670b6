"""Sends, edits and deletes messages on Telegram, and turns its errors into SendErrors."""

import logging
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

from telegram import (
    Bot,
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    ReplyParameters,
)
from telegram import Message as Posted
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, RetryAfter, TelegramError

from bot.delivery.pacing import BROADCAST, INTERACTIVE, Pacer
from bot.delivery.patience import before_sending
from bot.platforms import Limits
from bot.telegram.errors import is_done, ours, seconds_of
from bot.telegram.photos import Photos, Picture
from bot.telegram.renderer import payload
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Message
from workers.domain.errors import SendRetryable
from workers.store import Store

log = logging.getLogger(__name__)

PLATFORM = "telegram"
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_EDITS = {False: Limits(30, 1.0, chat_gap_s=1.0), True: Limits(30, 1.0, chat_gap_s=3.0)}
"""Whether it is a group → pace of edits: one a second, in a group about 20 a minute (core.telegram.org/bots/faq)."""


class TelegramSender:
    """See `bot.delivery.ports.Sender`; replies to people are sent before broadcasts."""

    def __init__(self, bot: Bot, store: Store, pacer: Pacer) -> None:
        self._bot, self._store, self._pacer = bot, store, pacer
        self._photos = Photos(store, bot)
        self._edits = {group: Pacer(limits) for group, limits in _EDITS.items()}

    def turn(self, chat: str, urgent: bool) -> AbstractAsyncContextManager[None]:
        return self._pacer.turn(chat_id(chat), group=is_group(chat), priority=INTERACTIVE if urgent else BROADCAST)

    async def send(self, chat: ChatRef, message: Message, key: str = "") -> str:
        """Telegram has no idempotency keys, so `key` is not used."""
        del key
        try:
            try:
                return await self._post(chat, message)
            except ChatMigrated as error:
                new = str(error.new_chat_id)
                await before_sending(self._store.subscriptions.migrate_chat, chat, new)
                return await self._post(replace(chat, chat=new), message)
        except TelegramError as error:
            raise self._ours(error, chat.chat, self._pacer) from None

    def editing(self, chat: str) -> AbstractAsyncContextManager[None]:
        """Edits have a pace of their own, so they do not slow down a broadcast."""
        return self._edits[is_group(chat)].turn(chat_id(chat), group=False, priority=BROADCAST)

    async def edit(self, chat: str, message_id: str, message: Message) -> None:
        """Without its chart where Telegram does not take that."""
        where: dict[str, Any] = {"chat_id": chat_id(chat), "message_id": int(message_id)}
        where["reply_markup"] = self._keyboard(chat, message)

        async def edit_photo(picture: Picture) -> None:
            media = InputMediaPhoto(picture, caption=message.text, parse_mode=ParseMode.HTML)
            await self._bot.edit_message_media(media, **where)

        async def edit_text() -> None:
            try:
                await self._bot.edit_message_text(
                    message.text, **where, parse_mode=ParseMode.HTML, link_preview_options=_NO_PREVIEW
                )
            except BadRequest as error:
                if "no text in the message" not in str(error).lower():
                    raise
                await self._bot.edit_message_caption(**where, caption=message.text, parse_mode=ParseMode.HTML)

        try:
            if message.chart:
                await self._photos.send(ChatRef(PLATFORM, chat), message.chart, edit_photo, edit_text)
            else:
                await edit_text()
        except TelegramError as error:
            if not is_done(error):
                raise self._ours(error, chat, self._edits[is_group(chat)]) from None

    async def found(self, chat: ChatRef, message: Message, key: str) -> str | None:
        """None: Telegram has no idempotency keys, and a bot cannot read a chat's history."""
        del chat, message, key
        return None

    async def delete(self, chat: str, message_id: str) -> None:
        try:
            await self._bot.delete_message(chat_id(chat), int(message_id))
        except TelegramError as error:
            if not is_done(error):
                raise self._ours(error, chat, self._pacer) from None

    async def _post(self, chat: ChatRef, message: Message) -> str:
        topic = int(chat.thread) if chat.thread else None
        reply = int(message.reply_to) if message.reply_to else None
        markup = ForceReply(selective=True) if message.expects_reply else self._keyboard(chat.chat, message)
        how: dict[str, Any] = {
            "chat_id": chat_id(chat.chat),
            "parse_mode": ParseMode.HTML,
            "message_thread_id": topic,
            "disable_notification": message.silent,
            "reply_parameters": ReplyParameters(reply, allow_sending_without_reply=True) if reply else None,
            "reply_markup": markup,
        }

        async def send_photo(picture: Picture) -> Posted:
            return await self._bot.send_photo(photo=picture, caption=message.text, **how)

        async def send_text() -> Posted:
            return await self._bot.send_message(text=message.text, link_preview_options=_NO_PREVIEW, **how)

        if not message.chart:
            return str((await send_text()).message_id)
        return str((await self._photos.send(chat, message.chart, send_photo, send_text)).message_id)

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

    def _ours(self, error: TelegramError, chat: str, pacer: Pacer) -> Exception:
        """The SendError for one of Telegram's; a pause that Telegram asks for holds for the chat."""
        if isinstance(error, RetryAfter):
            seconds = seconds_of(error)
            pacer.refused(chat_id(chat), seconds)
            return SendRetryable(f"Telegram asks to wait {seconds:.0f} s", seconds)
        return ours(error)


def chat_id(chat: str) -> str:
    """Telegram's id of a chat. A private chat has the person's id, so `@7`, as `direct_chat` writes it, is `7`."""
    return chat[1:] if chat.startswith("@") and chat[1:].isdigit() else chat


def is_group(chat: str) -> bool:
    """Groups and channels have negative ids."""
    return chat_id(chat).startswith(("-", "@"))
