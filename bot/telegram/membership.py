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

from bot.commands.context import Services, text_block
from bot.commands.router import answer
from bot.i18n import catalog_for
from bot.telegram.addressing import origin_of, ref_of
from bot.telegram.permissions import Chats, place_of
from bot.telegram.renderer import RenderOptions, render
from bot.telegram.replies import Replies, language_of
from bot.telegram.sender import PLATFORM
from workers.domain.blocks import ChoiceBlock
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Choice, Place, SubscriptionStatus
from workers.runtime.logs import note

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


class Membership:
    def __init__(self, services: Services, bot: Bot, replies: Replies) -> None:
        self._services, self._bot, self._replies, self._chats = services, bot, replies, Chats(bot)

    async def offer_channels(self, message: Message) -> None:
        """Telegram's own list of the channels that one is an admin of; it makes us one too."""
        said = catalog_for(await asyncio.to_thread(self._replies.language, message, message.from_user))
        request = KeyboardButtonRequestChat(
            1, True, user_administrator_rights=_RIGHTS, bot_administrator_rights=_RIGHTS
        )
        keyboard = ReplyKeyboardMarkup(
            [[KeyboardButton(said.pick_channel, request_chat=request)]], resize_keyboard=True, one_time_keyboard=True
        )
        await self._replies.plain(message, said.choose_channel, keyboard)

    async def subscribe_elsewhere(
        self, message: Message, name: str, idempotency_key: str, word: str = "/subscribe", user: User | None = None
    ) -> None:
        """A channel that was shared, named or pressed in private: both its admin and we must be what that needs."""
        person = user or message.from_user
        language = await asyncio.to_thread(self._replies.language, message, person)
        actor = await self._chats.elsewhere(name, person)
        if message.chat_shared:
            known = catalog_for(language).chosen_chat.format(name=actor.name if actor else name)
            await self._replies.plain(message, known, ReplyKeyboardRemove())
        if actor is None:
            await self._replies.say(
                message, [text_block(catalog_for(language).cannot_see_channel.format(name=name))], language
            )
            return
        if word != "/check":
            reply = await asyncio.to_thread(answer, word, actor, language, self._services, idempotency_key)
            await self._replies.give(message, reply, language)
        if word != "/unsubscribe":
            await self.check_linked(message, actor.chat.chat, language)

    async def check_linked(self, message: Message, channel: str, language: str) -> None:
        """What we need in the channel's discussion group, verified."""
        linked = await self._chats.linked(channel)
        if linked is None:
            return
        said = catalog_for(language)
        again = [] if linked.ours else [ChoiceBlock((Choice(said.check_again, f"/check {channel}"),))]
        words = said.linked_ok if linked.ours else said.linked_missing
        await self._replies.say(message, [text_block(words), *again], language)

    async def echoed(self, message: Message) -> None:
        """Our post as Telegram put it into the discussion group: its comments are found under it, its pin is undone."""
        origin, store = origin_of(message), self._services.store
        if origin is None or await asyncio.to_thread(store.subscriptions.of, origin.chat) is None:
            return
        await asyncio.to_thread(store.sent_messages.add_comment_root, ref_of(message), origin)
        try:
            await self._bot.unpin_chat_message(message.chat_id, message.message_id)
        except TelegramError as error:  # without the right to pin, the pins stay
            note(log, "pin stays", chat=message.chat_id, error=error)

    async def membership(self, changed: ChatMemberUpdated) -> None:
        """Put out: paused with its settings kept. Let in again: as it was before. A new channel is asked about."""
        chat, status = changed.chat, changed.new_chat_member.status
        ref = ChatRef(PLATFORM, str(chat.id))
        subscriptions = self._services.store.subscriptions
        if status in {ChatMemberStatus.LEFT, ChatMemberStatus.BANNED}:
            await asyncio.to_thread(subscriptions.pause_chat, ref, SubscriptionStatus.REMOVED)
            return
        if not await self._chats.may_post_at(chat.id):
            return
        await asyncio.to_thread(subscriptions.reactivate_chat, ref)
        known = await asyncio.to_thread(subscriptions.of_chat, ref)
        if place_of(chat) == Place.CHANNEL and not known:
            language = language_of(changed.from_user, self._services.settings.digest.language)
            said = catalog_for(language)
            choice = ChoiceBlock((Choice(said.subscribe_button, f"/subscribe {chat.id}"),))
            ask = text_block(said.subscribe_which.format(name=chat.effective_name or chat.id))
            private = ChatRef(PLATFORM, str(changed.from_user.id))
            await self._replies.send(private, render([ask, choice], RenderOptions(language))[0])
