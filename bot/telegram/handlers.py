"""What arrives from Telegram: lines, presses, chats shared with us; being added, removed or moved."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from telegram import Bot, CallbackQuery, Message, Update, User
from telegram.constants import ChatType
from telegram.error import TelegramError
from telegram.ext import ContextTypes

from bot.commands.context import line as said_line
from bot.commands.permissions import Speaker
from bot.commands.router import Desk, Reply, answer
from bot.commands.subscriptions import target
from bot.i18n import texts
from bot.telegram.addressing import line_of
from bot.telegram.membership import Joining
from bot.telegram.permissions import Chats
from bot.telegram.replies import Replies
from bot.telegram.sender import PLATFORM, TelegramSender
from workers.domain.blocks import Closing
from workers.domain.deliveries import CHANNEL
from workers.runtime.logs import note

__all__ = ["Desk", "Updates"]

log = logging.getLogger(__name__)

_TOAST = 180
"""Characters that are shown above the chat when a button is pressed; 200 are allowed."""


class Updates:
    """One handler for all updates: the answers are `bot.commands.router`' own. `ring` wakes the outbox."""

    def __init__(self, desk: Desk, bot: Bot, sender: TelegramSender, ring: Callable[[], None]) -> None:
        self._desk, self._bot, self._ring = desk, bot, ring
        self._chats, self._replies = Chats(bot), Replies(desk, bot, sender)
        self._joining = Joining(desk, bot, self._replies)

    async def handle(self, update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.message or update.channel_post
        cause = f"{PLATFORM}:{update.update_id}"
        if update.my_chat_member:
            await self._joining.membership(update.my_chat_member)
        elif update.callback_query:
            await self._pressed(update.callback_query, cause)
        elif message and message.migrate_to_chat_id:
            moved = self._desk.store.subscriptions.migrate
            await asyncio.to_thread(moved, PLATFORM, str(message.chat_id), str(message.migrate_to_chat_id))
        elif message and message.chat_shared:
            await self._joining.subscribe_elsewhere(message, str(message.chat_shared.chat_id), cause)
        elif message and message.is_automatic_forward:
            await self._joining.echoed(message)
        elif message and (message.text or message.caption):
            await self._said(message, cause)
        self._ring()

    async def _said(self, message: Message, cause: str) -> None:
        store, comments = self._desk.store, self._desk.settings.chats.comments
        line = await asyncio.to_thread(line_of, message, self._bot.id, self._bot.username, store, comments)
        if line is None:
            return
        words, _, rest = line.words.partition(" ")
        private = message.chat.type == ChatType.PRIVATE
        if private and words == "/channel":
            await self._joining.offer_channels(message)
        elif private and words in {"/subscribe", "/unsubscribe", "/check"} and rest.startswith(("@", "-100")):
            await self._joining.subscribe_elsewhere(message, rest.split()[0], cause, words)
        else:
            language = await asyncio.to_thread(self._replies.language, message, message.from_user)
            speaker = await self._about(line.words, await self._chats.speaker(message), message.from_user)
            if words == "/subscribe" and not await self._chats.may_post_at(message.chat_id):
                await self._replies.say(message, [said_line(texts(language).cannot_post)], language)
                return
            reply = await asyncio.to_thread(
                answer, line.words, speaker, language, self._desk, cause, str(message.message_id), line.post
            )
            await self._replies.give(message, reply, language, to=message)
            if words == "/subscribe" and speaker.place == CHANNEL and speaker.manages:
                await self._joining.check_linked(message, speaker.chat, language)

    async def _pressed(self, query: CallbackQuery, cause: str) -> None:
        """A button says its line for who pressed it; what they may not is told to them alone."""
        message, line = query.message, (query.data or "").strip()
        if not isinstance(message, Message) or not line.startswith("/"):
            await self._done(query, "")
            return
        language = await asyncio.to_thread(self._replies.language, message, query.from_user)
        words, _, rest = line.partition(" ")
        if words in {"/subscribe", "/check"} and rest.startswith("-100"):
            await self._done(query, "")
            await self._joining.subscribe_elsewhere(message, rest, cause, words, query.from_user)
            return
        speaker = await self._about(line, await self._chats.pressing(message, query.from_user), query.from_user)
        reply = await asyncio.to_thread(answer, line, speaker, language, self._desk, cause)
        toast = _toast(reply)
        await self._done(query, toast)
        if toast:
            return
        if reply.replaces:
            await self._replies.edit(message, reply, language)
        else:
            await self._replies.give(message, reply, language)

    async def _done(self, query: CallbackQuery, toast: str) -> None:
        try:
            await query.answer(toast or None, show_alert=bool(toast))
        except TelegramError as error:  # too old to be answered: what was pressed is done all the same
            note(log, "press not confirmed", error=error)

    async def _about(self, line: str, speaker: Speaker, user: User | None) -> Speaker:
        """Who speaks about another chat's subscription must manage that chat."""
        number = target(line)
        of = await asyncio.to_thread(self._desk.store.subscriptions.get, number) if number is not None else None
        if of is None or of.platform != PLATFORM or of.chat == speaker.chat:
            return speaker
        if user and of.chat == str(user.id):
            return replace(speaker, chat=of.chat, thread=of.thread, manages=True, elsewhere=True)
        found = await self._chats.elsewhere(of.chat, user)
        return found or replace(speaker, chat=of.chat, thread=of.thread, manages=False, elsewhere=True)


def _toast(reply: Reply) -> str:
    """A reply that is one short line and nothing to press."""
    if len(reply.blocks) != 1 or reply.expects or not isinstance(reply.blocks[0], Closing):
        return ""
    text = "\n".join(reply.blocks[0].lines)
    return text if len(text) <= _TOAST else ""
