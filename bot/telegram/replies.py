"""Sends replies to people on Telegram: at once, or after the wait that Telegram asks for."""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial

from telegram import Bot, Message, ReplyKeyboardMarkup, ReplyKeyboardRemove, User
from telegram.constants import ChatType
from telegram.error import TelegramError

from bot.commands.chats import chat_language
from bot.commands.context import Reply, Services
from bot.i18n import LANGUAGES, catalog_for
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
_LONGEST_WAIT_S = 20.0
"""Seconds that a reply waits for Telegram; meanwhile it takes a place among the updates that are handled at once."""


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

        return await self._try(chat, in_turn)

    async def edit(self, message: Message, reply: Reply, language: str) -> None:
        """Replace `message`, one of the bot's, by a reply."""
        for rendered in render(reply.blocks, RenderOptions(language))[:1]:
            edit = partial(self._sender.edit, str(message.chat_id), str(message.message_id), rendered)
            await self._try(chat_of(message), edit)

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

    async def _try(self, chat: ChatRef, send: Callable[[], Awaitable[str | None]]) -> str | None:
        """Send, and try again after the wait that Telegram asks for; None if it fails.

        A wait that is too long is not waited for here; the chat is told afterwards that its command failed.
        """
        for attempt in range(1, _TRIES + 1):
            try:
                return await send()
            except SendRetryable as error:
                if attempt == _TRIES or error.retry_after_s > _LONGEST_WAIT_S:
                    note(log, "answer put off", level=logging.WARNING, retry_in_s=round(error.retry_after_s))
                    await asyncio.to_thread(self._tell_later, chat)
                    break
                await asyncio.sleep(error.retry_after_s)
            except SendError as error:
                note(log, "answer not sent", level=logging.WARNING, error=error)
                break
        return None

    def _tell_later(self, chat: ChatRef) -> None:
        language = chat_language(self._services, chat)
        notice = catalog_for(language).did_not_work
        self._services.store.outbox.notify(f"reply:{uuid.uuid4()}", chat, language, notice)


def language_of(user: User | None, default: str) -> str:
    """The interface language of the person's Telegram; `default` if it is not known."""
    code = (user.language_code or "").partition("-")[0] if user else ""
    return default if not code else code if code in LANGUAGES else "en"
