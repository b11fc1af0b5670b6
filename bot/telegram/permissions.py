"""Asks Telegram who may manage a chat and whether the bot may post there."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from telegram import Bot, Chat, ChatFullInfo, ChatMember, ChatMemberRestricted, Message, User
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.commands.permissions import Actor, RightsUnknown
from bot.telegram.sender import PLATFORM
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Place

T = TypeVar("T")
_ANONYMOUS_ADMIN = 1087968824
"""User id under which anonymous admins write (core.telegram.org/bots/api#message, from)."""
_PLACES = {ChatType.PRIVATE: Place.PRIVATE, ChatType.CHANNEL: Place.CHANNEL}
_MANAGES = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class LinkedGroup:
    """A channel's discussion group."""

    chat: str
    ours: bool
    """The bot is an admin there; otherwise it sees no comments."""


def place_of(chat: Chat | ChatFullInfo) -> Place:
    return _PLACES.get(ChatType(chat.type), Place.GROUP)


def chat_of(message: Message) -> ChatRef:
    """The topic's id, "" outside topics; threads of comments have an id too, but are no topics."""
    topic = str(message.message_thread_id) if message.is_topic_message and message.message_thread_id else ""
    return ChatRef(PLATFORM, str(message.chat_id), topic)


class Chats:
    """Asks Telegram each time, because rights change.

    A refusal, such as "chat not found", counts as no. Raises RightsUnknown if Telegram gave no answer.
    """

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def actor(self, message: Message) -> Actor:
        """Who wrote the message, and whether they may manage the chat; whoever posts in a channel may."""
        chat, user = message.chat, message.from_user
        return Actor(
            str(user.id if user else chat.id),
            chat_of(message),
            await self._manages(chat, message),
            place_of(chat),
            name=chat.effective_name or "",
        )

    async def pressing(self, message: Message, user: User) -> Actor:
        """Who pressed a button under `message`, and whether they may manage its chat."""
        chat = message.chat
        manages = chat.type == ChatType.PRIVATE or await self.is_admin(chat.id, user.id)
        name = chat.effective_name or ""
        return Actor(str(user.id), chat_of(message), manages, place_of(chat), name=name)

    async def elsewhere(self, name: str, user: User | None) -> Actor | None:
        """The user as the manager of another chat, which `name` gives as @name or id.

        None unless the user is an admin there and the bot may post.
        """
        chat = await self._chat(name)
        if chat is None:
            return None
        if user is None or not await self.may_post(chat) or not await self.is_admin(chat.id, user.id):
            return None
        return Actor(
            str(user.id),
            ChatRef(PLATFORM, str(chat.id)),
            manages=True,
            place=place_of(chat),
            elsewhere=True,
            name=chat.effective_name or "",
        )

    async def may_post(self, chat: Chat | ChatFullInfo) -> bool:
        """Whether the bot may post in the chat."""
        if chat.type == ChatType.PRIVATE:
            return True
        ours = await self._member(chat.id, self._bot.id)
        if ours is None or ours.status in {ChatMemberStatus.LEFT, ChatMemberStatus.BANNED}:
            return False
        if chat.type == ChatType.CHANNEL:
            return bool(getattr(ours, "can_post_messages", False))
        if isinstance(ours, ChatMemberRestricted):
            return ours.can_send_messages
        usual = getattr(chat, "permissions", None)
        return ours.status in _MANAGES or usual is None or usual.can_send_messages is not False

    async def may_post_at(self, chat: int) -> bool:
        found = await self._chat(chat)
        return found is not None and await self.may_post(found)

    async def may_send_photos(self, chat: int) -> bool:
        """Whether the bot may send photos, as far as Telegram tells: a remark, so True where it gave no answer."""
        try:
            found = await self._chat(chat)
            if found is None or found.type not in {ChatType.GROUP, ChatType.SUPERGROUP}:
                return True
            ours = await self._member(found.id, self._bot.id)
        except RightsUnknown:
            return True
        if isinstance(ours, ChatMemberRestricted):
            return ours.can_send_photos
        usual = found.permissions
        return (ours is not None and ours.status in _MANAGES) or usual is None or usual.can_send_photos is not False

    async def linked(self, channel: str) -> LinkedGroup | None:
        """The channel's discussion group; None if it has none, or where Telegram gave no answer."""
        try:
            known = await self._chat(int(channel))
            found = known.linked_chat_id if known else None
            return LinkedGroup(str(found), await self.is_admin(found, self._bot.id)) if found else None
        except RightsUnknown:
            return None

    async def is_admin(self, chat: int, user: int) -> bool:
        member = await self._member(chat, user)
        return member is not None and member.status in _MANAGES

    async def _manages(self, chat: Chat, message: Message) -> bool:
        if chat.type in {ChatType.PRIVATE, ChatType.CHANNEL}:
            return True
        user = message.from_user
        if user is None:
            return False
        if user.id == _ANONYMOUS_ADMIN:
            return bool(message.sender_chat and message.sender_chat.id == chat.id)
        return await self.is_admin(chat.id, user.id)

    async def _chat(self, name: str | int) -> ChatFullInfo | None:
        return await self._asked(self._bot.get_chat(name))

    async def _member(self, chat: int, user: int) -> ChatMember | None:
        return await self._asked(self._bot.get_chat_member(chat, user))

    async def _asked(self, request: Awaitable[T]) -> T | None:
        """Telegram's answer; None for a refusal. Raises RightsUnknown."""
        try:
            return await request
        except (BadRequest, Forbidden):
            return None
        except TelegramError as error:
            raise RightsUnknown(f"Telegram did not say what is allowed in a chat: {type(error).__name__}") from None
