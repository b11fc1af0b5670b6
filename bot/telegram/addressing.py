"""What of all that is written in a chat is said to us: commands, replies, mentions, comments that ask."""

from dataclasses import dataclass

from telegram import Message, MessageOriginChannel
from telegram.constants import ChatType

from bot.commands.intent import is_question, is_small_talk
from bot.telegram.sender import PLATFORM
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
        chat, number = str(message.chat_id), str(answered.message_id)
        prompt = store.questions.expected(PLATFORM, chat, number)
        if prompt:
            return Line(f"{prompt} {text}")
        return None if is_small_talk(text) else Line(text, store.outbox.posted_message(PLATFORM, chat, number))
    named = f"@{username}".lower()
    if named in text.lower():
        place = text.lower().index(named)
        said = " ".join((text[:place] + " " + text[place + len(named) :]).split())
        return Line(said or "/help", _post(message, store))
    if message.chat.type == ChatType.PRIVATE:
        return None if is_small_talk(text) else Line(text, _post(message, store))
    about = _post(message, store) if comments and _is_among_people(message) else None
    return Line(text, about) if about and is_question(text) else None


def origin_of(message: Message) -> tuple[str, str] | None:
    """(channel, message) that Telegram itself forwarded into the discussion group; None for anything else."""
    origin = message.forward_origin
    if not message.is_automatic_forward or not isinstance(origin, MessageOriginChannel):
        return None
    return str(origin.chat.id), str(origin.message_id)


def _is_among_people(message: Message) -> bool:
    """Not a reply to another person's comment: they speak with one another."""
    answered = message.reply_to_message
    return answered is None or bool(answered.is_automatic_forward)


def _post(message: Message, store: Store) -> PostedMessage | None:
    """The post that a line answers, or under which it is a comment."""
    answered, chat = message.reply_to_message, str(message.chat_id)
    if answered:
        origin = origin_of(answered)
        if origin:
            return store.outbox.posted_message(PLATFORM, *origin)
        found = store.outbox.posted_message(PLATFORM, chat, str(answered.message_id))
        if found:
            return found
    root = message.message_thread_id if not message.is_topic_message else None
    return store.outbox.posted_message_of_thread(PLATFORM, chat, str(root)) if root else None


def _command(text: str, username: str) -> str | None:
    word, _, rest = text.partition(" ")
    command, at, whom = word.partition("@")
    return f"{command.lower()} {rest}".strip() if not at or whom.lower() == username.lower() else None
