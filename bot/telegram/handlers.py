"""Handles Telegram's updates: messages, pressed buttons, shared chats, changes of membership."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from telegram import Bot, CallbackQuery, Message, Update, User
from telegram.constants import ChatType
from telegram.error import TelegramError

from bot.commands.chats import actor_about
from bot.commands.context import Reply, Services, text_block
from bot.commands.permissions import Actor, RightsUnknown
from bot.commands.router import answer
from bot.i18n import catalog_for
from bot.telegram.addressing import AddressedText, text_for_us
from bot.telegram.membership import Membership
from bot.telegram.permissions import Chats, chat_of
from bot.telegram.replies import Replies, language_of
from bot.telegram.sender import PLATFORM, TelegramSender
from workers.domain.blocks import TextBlock
from workers.domain.deliveries import Place, Subscription
from workers.runtime.logs import note

log = logging.getLogger(__name__)

_LONGEST_ALERT = 180
"""Longest reply, in characters, that is shown as an alert when a button is pressed; Telegram allows 200."""


class Handlers:
    """Handles all updates; the replies come from `bot.commands.router`. `wake` wakes the outbox."""

    def __init__(self, services: Services, bot: Bot, sender: TelegramSender, wake: Callable[[], None]) -> None:
        self._services, self._bot, self._wake = services, bot, wake
        self._chats, self._replies = Chats(bot), Replies(services, bot, sender)
        self._membership = Membership(services, bot, self._replies)

    async def handle(self, update: Update) -> None:
        try:
            await self._handle(update)
        except RightsUnknown as error:
            note(log, "rights unknown", level=logging.WARNING, error=error)
            if not await self._say(update, "could_not_ask"):
                raise
        self._wake()

    async def give_up(self, update: Update) -> None:
        """Tell the person that their message or press failed, if it was addressed to the bot."""
        await self._say(update, "did_not_work")

    async def _handle(self, update: Update) -> None:
        message = update.message or update.channel_post
        idempotency_key = f"{PLATFORM}:{self._bot.id}:{update.update_id}"
        if update.my_chat_member:
            await self._membership.membership(update.my_chat_member)
        elif update.callback_query:
            await self._pressed(update.callback_query, idempotency_key)
        elif message and message.migrate_to_chat_id:
            migrate = self._services.store.subscriptions.migrate_chat
            await asyncio.to_thread(migrate, chat_of(message), str(message.migrate_to_chat_id))
        elif message and message.chat_shared:
            await self._membership.subscribe_elsewhere(message, str(message.chat_shared.chat_id), idempotency_key)
        elif message and message.is_automatic_forward:
            await self._membership.echoed(message)
        elif message and (message.text or message.caption):
            await self._written(message, idempotency_key)

    async def _say(self, update: Update, text: str) -> bool:
        """Answer an update by the catalog's `text`; False if nobody waits for an answer."""
        message, query = update.message or update.channel_post, update.callback_query
        if query:
            language = language_of(query.from_user, self._services.settings.digest.language)
            await self._done(query, getattr(catalog_for(language), text))
            return True
        if message is None or not (message.chat_shared or await self._addressed(message)):
            return False
        try:
            language = await asyncio.to_thread(self._replies.language, message, message.from_user)
        except Exception as error:  # noqa: BLE001 - the store may be what failed before
            note(log, "language unknown", level=logging.WARNING, error=type(error).__name__)
            language = self._services.settings.digest.language
        await self._replies.say(message, [text_block(getattr(catalog_for(language), text))], language)
        return True

    async def _addressed(self, message: Message) -> AddressedText | None:
        store, comments = self._services.store, self._services.settings.chats.comments
        return await asyncio.to_thread(text_for_us, message, self._bot.id, self._bot.username, store, comments)

    async def _written(self, message: Message, idempotency_key: str) -> None:
        addressed = await self._addressed(message)
        if addressed is None:
            return
        text = addressed.text
        command, _, rest = text.partition(" ")
        private = message.chat.type == ChatType.PRIVATE
        if private and command == "/channel":
            await self._membership.offer_channels(message)
        elif private and command in {"/subscribe", "/unsubscribe", "/check"} and rest.startswith(("@", "-100")):
            await self._membership.subscribe_elsewhere(message, rest.split()[0], idempotency_key, command)
        else:
            language = await asyncio.to_thread(self._replies.language, message, message.from_user)
            actor = await self._about(text, await self._chats.actor(message), message.from_user)
            if command == "/subscribe" and not await self._chats.may_post_at(message.chat_id):
                await self._replies.say(message, [text_block(catalog_for(language).cannot_post)], language)
                return
            reply = await asyncio.to_thread(
                answer,
                text,
                actor,
                language,
                self._services,
                idempotency_key,
                str(message.message_id),
                addressed.about,
            )
            await self._replies.give(message, reply, language, to=message)
            if command == "/subscribe" and actor.manages and not await self._chats.may_send_photos(message.chat_id):
                await self._replies.say(message, [text_block(catalog_for(language).no_photos)], language)
            if command == "/subscribe" and actor.place == Place.CHANNEL and actor.manages:
                await self._membership.check_linked(message, actor.chat.chat, language)

    async def _pressed(self, query: CallbackQuery, idempotency_key: str) -> None:
        """A button is a command of the person who pressed it; a short reply is an alert that only they see."""
        message, text = query.message, (query.data or "").strip()
        if not isinstance(message, Message) or not text.startswith("/"):
            await self._done(query, "")
            return
        language = await asyncio.to_thread(self._replies.language, message, query.from_user)
        command, _, rest = text.partition(" ")
        if command in {"/subscribe", "/check"} and rest.startswith("-100"):
            await self._done(query, "")
            await self._membership.subscribe_elsewhere(message, rest, idempotency_key, command, query.from_user)
            return
        actor = await self._about(text, await self._chats.pressing(message, query.from_user), query.from_user)
        reply = await asyncio.to_thread(answer, text, actor, language, self._services, idempotency_key)
        alert = _alert(reply)
        await self._done(query, alert)
        if alert:
            return
        if reply.replaces:
            await self._replies.edit(message, reply, language)
        else:
            await self._replies.give(message, reply, language)

    async def _done(self, query: CallbackQuery, alert: str) -> None:
        try:
            await query.answer(alert or None, show_alert=bool(alert))
        except TelegramError as error:  # too old to be confirmed; the command is answered all the same
            note(log, "press not confirmed", error=error)

    async def _about(self, command: str, actor: Actor, user: User | None) -> Actor:
        """Whoever speaks about another chat's subscription must manage that chat; a private chat is its person's."""

        async def elsewhere(subscription: Subscription) -> Actor | None:
            if user and subscription.chat.chat == str(user.id):
                return replace(actor, chat=subscription.chat, manages=True, elsewhere=True)
            return await self._chats.elsewhere(subscription.chat.chat, user)

        return await actor_about(command, actor, self._services, elsewhere)


def _alert(reply: Reply) -> str:
    """The text of a reply that is short and has no choices; "" for any other reply."""
    if len(reply.blocks) != 1 or reply.expects or not isinstance(reply.blocks[0], TextBlock):
        return ""
    text = "\n".join(reply.blocks[0].lines)
    return text if len(text) <= _LONGEST_ALERT else ""
