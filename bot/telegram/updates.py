"""What arrives from Telegram: commands in private, groups, topics and channels; being added, removed or moved."""

import asyncio
import logging
from collections.abc import Sequence

from telegram import Bot, Chat, ChatMemberUpdated, Message, Update, User
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import TelegramError
from telegram.ext import ContextTypes

from bot.access import Speaker
from bot.commands import Desk, answer
from bot.telegram.render import render
from bot.telegram.send import PLATFORM, TelegramSender
from bot.texts import texts
from workers.domain.blocks import Closing
from workers.domain.errors import SendError
from workers.logs import note
from workers.store.subscriptions import GONE

__all__ = ["Desk", "Updates"]

log = logging.getLogger(__name__)

_ANONYMOUS_ADMIN = 1087968824
"""The account that speaks for an anonymous admin (core.telegram.org/bots/api#message, from)."""
_MANAGES = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)


class Updates:
    """One handler for all updates: the command's answer is `bot.commands`' own."""

    def __init__(self, desk: Desk, bot: Bot, sender: TelegramSender) -> None:
        self._desk, self._bot, self._sender = desk, bot, sender

    async def handle(self, update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.message or update.channel_post
        if update.my_chat_member:
            await self._membership(update.my_chat_member)
        elif message and message.migrate_to_chat_id:
            moved = self._desk.store.subscriptions.migrate
            await asyncio.to_thread(moved, PLATFORM, str(message.chat_id), str(message.migrate_to_chat_id))
        elif message and message.text:
            await self._text(message, update.update_id)

    async def _text(self, message: Message, update_id: int) -> None:
        line = self._for_us(message)
        if line is None:
            return
        language = await asyncio.to_thread(self._language, message)
        speaker = await self._speaker(message)
        word, _, rest = line.partition(" ")
        whole = word == "/digest" and not rest.strip()
        if whole and await asyncio.to_thread(self._request, message, update_id, language):
            return
        if word in {"/subscribe", "/unsubscribe"} and rest.startswith("@") and message.chat.type == ChatType.PRIVATE:
            found = await self._channel(rest.split()[0], message.from_user)
            if found is None:
                await self._say(message, [texts(language).cannot_see_channel.format(name=rest.split()[0])])
                return
            speaker, line = found, word
        reply = await asyncio.to_thread(answer, line, speaker, language, self._desk)
        for sent in render(reply.blocks, language):
            try:
                await self._sender.send(str(message.chat_id), _thread(message), sent)
            except SendError as error:
                note(log, "answer not sent", level=logging.WARNING, error=error)
                return

    def _for_us(self, message: Message) -> str | None:
        """The line without our name; None for what is not said to us: other bots' commands, talk in groups."""
        text = (message.text or "").strip()
        word, _, rest = text.partition(" ")
        name = f"@{self._bot.username}".lower()
        if word.startswith("/"):
            command, at, whom = word.partition("@")
            return f"{command.lower()} {rest}".strip() if not at or f"@{whom}".lower() == name else None
        if message.chat.type == ChatType.PRIVATE:
            return text
        if text.lower().startswith(name):
            return text[len(name) :].strip()
        answered = message.reply_to_message
        return text if answered and answered.from_user and answered.from_user.id == self._bot.id else None

    def _request(self, message: Message, update_id: int, language: str) -> bool:
        """The newest digest as a delivery of its own, posted once whatever happens; False where there is none."""
        day = self._desk.store.editions.newest(language)
        if day is None:
            return False
        self._desk.store.outbox.request(
            f"telegram:{update_id}", PLATFORM, str(message.chat_id), day, language, "sections", _thread(message)
        )
        return True

    def _language(self, message: Message) -> str:
        """The chat's own, else the speaker's where we speak it, else the digest's."""
        known = self._desk.store.subscriptions.of(PLATFORM, str(message.chat_id), _thread(message))
        if known:
            return known.language
        code = (message.from_user.language_code or "") if message.from_user else ""
        spoken = code.partition("-")[0]
        if message.chat.type == ChatType.PRIVATE and spoken:
            return "ko" if spoken == "ko" else "en"
        return self._desk.settings.digest.language

    async def _speaker(self, message: Message) -> Speaker:
        chat, user = message.chat, message.from_user
        return Speaker(
            PLATFORM,
            str(user.id if user else chat.id),
            str(chat.id),
            _thread(message),
            await self._manages(chat, message),
        )

    async def _manages(self, chat: Chat, message: Message) -> bool:
        """Whether Telegram itself says that who speaks may manage the chat; in a channel only those can post."""
        if chat.type in {ChatType.PRIVATE, ChatType.CHANNEL}:
            return True
        user = message.from_user
        if user is None:
            return False
        if user.id == _ANONYMOUS_ADMIN:
            return bool(message.sender_chat and message.sender_chat.id == chat.id)
        return await self._is_admin(chat.id, user.id)

    async def _channel(self, name: str, user: User | None) -> Speaker | None:
        """A channel named in private, where both its admin and we are what they must be; None where not."""
        try:
            chat = await self._bot.get_chat(name)
            ours = await self._bot.get_chat_member(chat.id, self._bot.id)
        except TelegramError:
            return None
        may_post = getattr(ours, "can_post_messages", False) or chat.type != ChatType.CHANNEL
        if user is None or not may_post or not await self._is_admin(chat.id, user.id):
            return None
        return Speaker(PLATFORM, str(user.id), str(chat.id), manages=True)

    async def _is_admin(self, chat: int, user: int) -> bool:
        try:
            member = await self._bot.get_chat_member(chat, user)
        except TelegramError:
            return False
        return member.status in _MANAGES

    async def _membership(self, changed: ChatMemberUpdated) -> None:
        """Put out: paused with its settings kept. Let in again: as it was before."""
        chat, status = str(changed.chat.id), changed.new_chat_member.status
        subscriptions = self._desk.store.subscriptions
        if status in {ChatMemberStatus.LEFT, ChatMemberStatus.BANNED}:
            await asyncio.to_thread(subscriptions.deactivate, PLATFORM, chat, GONE)
        elif changed.old_chat_member.status in {ChatMemberStatus.LEFT, ChatMemberStatus.BANNED}:
            await asyncio.to_thread(subscriptions.reactivate, PLATFORM, chat)

    async def _say(self, message: Message, lines: Sequence[str]) -> None:
        language = await asyncio.to_thread(self._language, message)
        for sent in render([Closing(tuple(lines))], language):
            await self._sender.send(str(message.chat_id), _thread(message), sent)


def _thread(message: Message) -> str:
    """The topic; comment threads carry an id too, but are none."""
    return str(message.message_thread_id) if message.is_topic_message and message.message_thread_id else ""
