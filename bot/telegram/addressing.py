"""What of all that is written in a chat is said to us: commands, replies, mentions, comments that ask."""

from dataclasses import dataclass, replace

from telegram import Message, MessageOriginChannel
from telegram.constants import ChatType

from bot.commands.intent import is_question, is_small_talk
from bot.telegram.sender import PLATFORM
from workers.domain.chats import ChatRef, MessageRef
from workers.domain.questions import PostedMessage
from workers.store import Store


@dataclass(frozen=True, slots=True)
class Line:
    """A line for `commands.answer`, and the post that it is about."""

    words: str
    about: PostedMessage | None = None


def line_of(message: Message, bot_id: int, username: str, store: Store, comments: bool) -> Line | None:
    """The line without our name; None for what is not said to us: other bots' commands, talk among people.

    A reply to a prompt ends its command. `comments`: what asks under our post in a discussion group is meant for us.
    """
    text = (message.text or message.caption or "").strip()
    if not text:
        return None
    if text.startswith("/"):
        command = _command(text, username)
        return Line(command, _post(message, store)) if command else None
    answered = message.reply_to_message
    if answered and answered.from_user and answered.from_user.id == bot_id:
        ours = ref_of(answered)
        prompt = store.questions.expected(ours)
        if prompt:
            return Line(f"{prompt} {text}")
        return None if is_small_talk(text) else Line(text, store.sent_messages.posted_message(ours))
    named = f"@{username}".lower()
    if named in text.lower():
        place = text.lower().index(named)
        said = " ".join((text[:place] + " " + text[place + len(named) :]).split())
        return Line(said or "/help", _post(message, store))
    if message.chat.type == ChatType.PRIVATE:
        return None if is_small_talk(text) else Line(text, _post(message, store))
    about = _post(message, store) if comments and _is_among_people(message) else None
    return Line(text, about) if about and is_question(text) else None


def ref_of(message: Message) -> MessageRef:
    return MessageRef(ChatRef(PLATFORM, str(message.chat_id)), str(message.message_id))


def origin_of(message: Message) -> MessageRef | None:
    """The channel's post that Telegram itself forwarded into the discussion group; None for any other message."""
    origin = message.forward_origin
    if not message.is_automatic_forward or not isinstance(origin, MessageOriginChannel):
        return None
    return MessageRef(ChatRef(PLATFORM, str(origin.chat.id)), str(origin.message_id))


def _is_among_people(message: Message) -> bool:
    """Not a reply to another person's comment: they speak with one another."""
    answered = message.reply_to_message
    return answered is None or bool(answered.is_automatic_forward)


def _post(message: Message, store: Store) -> PostedMessage | None:
    """The post that a line answers, or under which it is a comment."""
    answered = message.reply_to_message
    if answered:
        origin = origin_of(answered)
        if origin:
            return store.sent_messages.posted_message(origin)
        found = store.sent_messages.posted_message(ref_of(answered))
        if found:
            return found
    root = message.message_thread_id if not message.is_topic_message else None
    return (
        store.sent_messages.posted_message_of_thread(replace(ref_of(message), message_id=str(root))) if root else None
    )


def _command(text: str, username: str) -> str | None:
    word, _, rest = text.partition(" ")
    command, at, whom = word.partition("@")
    return f"{command.lower()} {rest}".strip() if not at or whom.lower() == username.lower() else None
