"""Coming into a chat on Telegram: channels that are shared or named in private, discussion groups, being put out."""

import asyncio
import logging

from telegram import (
    Bot,
    ChatAdministratorRights,
    ChatMemberUpdated,
    KeyboardButton,
    KeyboardButtonRequestChat,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    User,
)
from telegram.constants import ChatMemberStatus
from telegram.error import TelegramError

from bot.commands.context import line
from bot.commands.router import Desk, answer
from bot.i18n import texts
from bot.telegram.addressing import origin_of
from bot.telegram.permissions import Chats, place_of
from bot.telegram.renderer import Look, render
from bot.telegram.replies import Replies, spoken
from bot.telegram.sender import PLATFORM
from workers.domain.blocks import ChoiceBlock
from workers.domain.deliveries import CHANNEL, Choice
from workers.runtime.logs import note
from workers.store.subscriptions import GONE

log = logging.getLogger(__name__)

_RIGHTS = ChatAdministratorRights(
    is_anonymous=False,
    can_manage_chat=True,
    can_delete_messages=False,
    can_manage_video_chats=False,
    can_restrict_members=False,
    can_promote_members=False,
    can_change_info=False,
    can_invite_users=False,
    can_post_stories=False,
    can_edit_stories=False,
    can_delete_stories=False,
    can_post_messages=True,
    can_edit_messages=True,
)


class Joining:
    def __init__(self, desk: Desk, bot: Bot, replies: Replies) -> None:
        self._desk, self._bot, self._replies, self._chats = desk, bot, replies, Chats(bot)

    async def offer_channels(self, message: Message) -> None:
        """Telegram's own list of the channels that one is an admin of; it makes us one too."""
        said = texts(await asyncio.to_thread(self._replies.language, message, message.from_user))
        request = KeyboardButtonRequestChat(
            1, True, user_administrator_rights=_RIGHTS, bot_administrator_rights=_RIGHTS
        )
        keyboard = ReplyKeyboardMarkup(
            [[KeyboardButton(said.pick_channel, request_chat=request)]], resize_keyboard=True, one_time_keyboard=True
        )
        await self._replies.plain(message, said.choose_channel, keyboard)

    async def subscribe_elsewhere(
        self, message: Message, name: str, cause: str, word: str = "/subscribe", user: User | None = None
    ) -> None:
        """A channel that was shared, named or pressed in private: both its admin and we must be what that needs."""
        person = user or message.from_user
        language = await asyncio.to_thread(self._replies.language, message, person)
        speaker = await self._chats.elsewhere(name, person)
        if message.chat_shared:
            known = texts(language).chosen_chat.format(name=speaker.name if speaker else name)
            await self._replies.plain(message, known, ReplyKeyboardRemove())
        if speaker is None:
            await self._replies.say(message, [line(texts(language).cannot_see_channel.format(name=name))], language)
            return
        if word != "/check":
            reply = await asyncio.to_thread(answer, word, speaker, language, self._desk, cause)
            await self._replies.give(message, reply, language)
        if word != "/unsubscribe":
            await self.check_linked(message, speaker.chat, language)

    async def check_linked(self, message: Message, channel: str, language: str) -> None:
        """What we need in the channel's discussion group, verified."""
        linked = await self._chats.linked(channel)
        if linked is None:
            return
        said = texts(language)
        again = [] if linked.ours else [ChoiceBlock((Choice(said.check_again, f"/check {channel}"),))]
        words = said.linked_ok if linked.ours else said.linked_missing
        await self._replies.say(message, [line(words), *again], language)

    async def echoed(self, message: Message) -> None:
        """Our post as Telegram put it into the discussion group: its comments are found under it, its pin is undone."""
        origin, store = origin_of(message), self._desk.store
        if origin is None or await asyncio.to_thread(store.subscriptions.of, PLATFORM, origin[0]) is None:
            return
        chat, number = str(message.chat_id), str(message.message_id)
        await asyncio.to_thread(store.outbox.echoed, PLATFORM, chat, number, *origin)
        try:
            await self._bot.unpin_chat_message(message.chat_id, message.message_id)
        except TelegramError as error:  # without the right to pin, the pins stay
            note(log, "pin stays", chat=chat, error=error)

    async def membership(self, changed: ChatMemberUpdated) -> None:
        """Put out: paused with its settings kept. Let in again: as it was before. A new channel is asked about."""
        chat, status = changed.chat, changed.new_chat_member.status
        subscriptions = self._desk.store.subscriptions
        if status in {ChatMemberStatus.LEFT, ChatMemberStatus.BANNED}:
            await asyncio.to_thread(subscriptions.deactivate, PLATFORM, str(chat.id), GONE)
            return
        if not await self._chats.may_post_at(chat.id):
            return
        await asyncio.to_thread(subscriptions.reactivate, PLATFORM, str(chat.id))
        known = await asyncio.to_thread(subscriptions.of_chat, PLATFORM, str(chat.id))
        if place_of(chat) == CHANNEL and not known:
            language = spoken(changed.from_user, self._desk.settings.digest.language)
            said = texts(language)
            choice = ChoiceBlock((Choice(said.subscribe_button, f"/subscribe {chat.id}"),))
            ask = line(said.subscribe_which.format(name=chat.effective_name or chat.id))
            await self._replies.send(str(changed.from_user.id), "", render([ask, choice], Look(language))[0])
