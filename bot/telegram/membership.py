"""The bot's membership in Telegram's chats: channels subscribed from a private chat, discussion groups, removal."""

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
        """Offer Telegram's list of the person's channels; choosing one makes the bot an admin of it."""
        catalog = catalog_for(await asyncio.to_thread(self._replies.language, message, message.from_user))
        request = KeyboardButtonRequestChat(
            1, True, user_administrator_rights=_RIGHTS, bot_administrator_rights=_RIGHTS
        )
        keyboard = ReplyKeyboardMarkup(
            [[KeyboardButton(catalog.pick_channel, request_chat=request)]], resize_keyboard=True, one_time_keyboard=True
        )
        await self._replies.plain(message, catalog.choose_channel, keyboard)

    async def subscribe_elsewhere(
        self, message: Message, name: str, idempotency_key: str, command: str = "/subscribe", user: User | None = None
    ) -> None:
        """Run `command` for a channel that was shared, named or pressed in private.

        The person must be an admin of the channel, and the bot must be allowed to post there.
        """
        person = user or message.from_user
        language = await asyncio.to_thread(self._replies.language, message, person)
        actor = await self._chats.elsewhere(name, person)
        if message.chat_shared:
            chosen = catalog_for(language).chosen_chat.format(name=actor.name if actor else name)
            await self._replies.plain(message, chosen, ReplyKeyboardRemove())
        if actor is None:
            await self._replies.say(
                message, [text_block(catalog_for(language).cannot_see_channel.format(name=name))], language
            )
            return
        if command != "/check":
            reply = await asyncio.to_thread(answer, command, actor, language, self._services, idempotency_key)
            await self._replies.give(message, reply, language)
        if command != "/unsubscribe":
            await self.check_linked(message, actor.chat.chat, language)

    async def check_linked(self, message: Message, channel: str, language: str) -> None:
        """Say whether the bot can answer comments in the channel's discussion group, and what it lacks."""
        linked = await self._chats.linked(channel)
        if linked is None:
            return
        catalog = catalog_for(language)
        again = [] if linked.ours else [ChoiceBlock((Choice(catalog.check_again, f"/check {channel}"),))]
        text = catalog.linked_ok if linked.ours else catalog.linked_missing
        await self._replies.say(message, [text_block(text), *again], language)

    async def echoed(self, message: Message) -> None:
        """Store the copy of a post in the discussion group, under which its comments are, and unpin it."""
        origin, store = origin_of(message), self._services.store
        if origin is None or await asyncio.to_thread(store.subscriptions.of, origin.chat) is None:
            return
        await asyncio.to_thread(store.sent_messages.add_comment_root, ref_of(message), origin)
        try:
            await self._bot.unpin_chat_message(message.chat_id, message.message_id)
        except TelegramError as error:  # without the right to pin, the pins stay
            note(log, "pin stays", chat=message.chat_id, error=error)

    async def membership(self, changed: ChatMemberUpdated) -> None:
        """Pause a chat that removed the bot, resume one that adds it again, and offer to subscribe a new channel."""
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
            catalog = catalog_for(language)
            choice = ChoiceBlock((Choice(catalog.subscribe_button, f"/subscribe {chat.id}"),))
            ask = text_block(catalog.subscribe_which.format(name=chat.effective_name or chat.id))
            private = ChatRef(PLATFORM, str(changed.from_user.id))
            await self._replies.send(private, render([ask, choice], RenderOptions(language))[0])
