"""Sends replies to people on Telegram: at once, or after the wait that Telegram asks for."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from telegram import Bot, Message, ReplyKeyboardMarkup, ReplyKeyboardRemove, User
from telegram.constants import ChatType
from telegram.error import TelegramError

from bot.commands.chats import chat_language
from bot.commands.context import Reply, Services
from bot.i18n import LANGUAGES
from bot.telegram.permissions import chat_of
from bot.telegram.renderer import RenderOptions, render
from bot.telegram.sender import TelegramSender
from workers.domain.blocks import Block
from workers.domain.chats import ChatRef, MessageRef
from workers.domain.deliveries import Message as Rendered
from workers.domain.errors import SendError, SendRetryable
from workers.runtime.logs import note

log = logging.getLogger(__name__)

_TRIES = 3


class Replies:
    def __init__(self, services: Services, bot: Bot, sender: TelegramSender) -> None:
        self._services, self._bot, self._sender = services, bot, sender

    async def give(self, message: Message, reply: Reply, language: str, to: Message | None = None) -> None:
        """Send a reply to the chat of `message`. If it expects an answer to `to`, the command to complete is stored."""
        chat = chat_of(message)
        reply_to = str(to.message_id) if to and reply.expects else None
        for rendered in render(reply.blocks, RenderOptions(language)):
            sent = replace(rendered, expects_reply=bool(reply.expects), reply_to=reply_to)
            number = await self.send(chat, sent)
            if number and reply.expects:
                expect = self._services.store.questions.expect
                await asyncio.to_thread(expect, MessageRef(chat, number), reply.expects)

    async def say(self, message: Message, blocks: Sequence[Block], language: str) -> None:
        await self.give(message, Reply(blocks), language)

    async def send(self, chat: ChatRef, rendered: Rendered) -> str | None:
        async def in_turn() -> str:
            async with self._sender.turn(chat.chat, urgent=True):
                return await self._sender.send(chat, rendered)

        return await self._try(in_turn)

    async def edit(self, message: Message, reply: Reply, language: str) -> None:
        """Replace `message`, one of the bot's, by a reply."""
        rendered = render(reply.blocks, RenderOptions(language))[0]
        await self._try(lambda: self._sender.edit(str(message.chat_id), str(message.message_id), rendered))

    async def plain(self, message: Message, text: str, keyboard: ReplyKeyboardMarkup | ReplyKeyboardRemove) -> None:
        try:
            await self._bot.send_message(message.chat_id, text, reply_markup=keyboard)
        except TelegramError as error:
            note(log, "answer not sent", level=logging.WARNING, error=error)

    def language(self, message: Message, user: User | None) -> str:
        """The language of the chat's subscription, else in private of the person's Telegram, else of the digest.

        Reads the store.
        """
        private = message.chat.type == ChatType.PRIVATE
        spoken = language_of(user, "") if private else ""
        return chat_language(self._services, chat_of(message), spoken)

    async def _try(self, send: Callable[[], Awaitable[str | None]]) -> str | None:
        """Send, and try again after the wait that Telegram asks for; None if it fails."""
        for attempt in range(_TRIES):
            try:
                return await send()
            except SendRetryable as error:
                await asyncio.sleep(error.retry_after_s if attempt + 1 < _TRIES else 0)
            except SendError as error:
                note(log, "answer not sent", level=logging.WARNING, error=error)
                return None
        return None


def language_of(user: User | None, default: str) -> str:
    """The interface language of the person's Telegram; `default` if it is not known."""
    code = (user.language_code or "").partition("-")[0] if user else ""
    return default if not code else code if code in LANGUAGES else "en"
