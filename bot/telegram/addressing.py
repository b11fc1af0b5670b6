"""Which of the messages that the bot sees are addressed to it."""

from dataclasses import dataclass, replace

from telegram import Message, MessageOriginChannel
from telegram.constants import ChatType

from bot.commands.intent import is_question, is_small_talk
from bot.telegram.sender import PLATFORM
from workers.domain.chats import ChatRef, MessageRef
from workers.domain.questions import PostedMessage
from workers.store import Store


@dataclass(frozen=True, slots=True)
class AddressedText:
    """A command or question for `bot.commands.router`, and the posted message that it is about."""

    text: str
    about: PostedMessage | None = None


def text_for_us(message: Message, bot_id: int, username: str, store: Store, comments: bool) -> AddressedText | None:
    """The text of a message that is addressed to the bot, without its name; None for every other message.

    Addressed are commands, private messages, mentions and replies to the bot, and if `comments` is set also questions
    under its posts in a discussion group. A reply to a prompt is the end of the prompt's command. Small talk, such as
    thanks, is not answered anywhere.
    """
    text = (message.text or message.caption or "").strip()
    if not text:
        return None
    if text.startswith("/"):
        command = _command(text, username)
        return AddressedText(command, _post(message, store)) if command else None
    replied_to = message.reply_to_message
    if replied_to and replied_to.from_user and replied_to.from_user.id == bot_id:
        ours = ref_of(replied_to)
        prompt = store.questions.expected(ours)
        if prompt:
            return AddressedText(f"{prompt} {text}")
        return None if is_small_talk(text) else AddressedText(text, store.sent_messages.posted_message(ours))
    mention = f"@{username}".lower()
    if mention in text.lower():
        place = text.lower().index(mention)
        rest = " ".join((text[:place] + " " + text[place + len(mention) :]).split())
        return AddressedText(rest or "/help", _post(message, store))
    if message.chat.type == ChatType.PRIVATE:
        return None if is_small_talk(text) else AddressedText(text, _post(message, store))
    about = _post(message, store) if comments and not _answers_a_person(message) else None
    return AddressedText(text, about) if about and is_question(text) else None


def ref_of(message: Message) -> MessageRef:
    return MessageRef(ChatRef(PLATFORM, str(message.chat_id)), str(message.message_id))


def origin_of(message: Message) -> MessageRef | None:
    """The channel's post that Telegram itself forwarded into the discussion group; None for any other message."""
    origin = message.forward_origin
    if not message.is_automatic_forward or not isinstance(origin, MessageOriginChannel):
        return None
    return MessageRef(ChatRef(PLATFORM, str(origin.chat.id)), str(origin.message_id))


def _answers_a_person(message: Message) -> bool:
    """Whether it is a reply to somebody's comment and not to the post itself."""
    replied_to = message.reply_to_message
    return replied_to is not None and not replied_to.is_automatic_forward


def _post(message: Message, store: Store) -> PostedMessage | None:
    """The bot's post that the message replies to or comments on; None if there is none."""
    replied_to = message.reply_to_message
    if replied_to:
        origin = origin_of(replied_to)
        if origin:
            return store.sent_messages.posted_message(origin)
        found = store.sent_messages.posted_message(ref_of(replied_to))
        if found:
            return found
    root = message.message_thread_id if not message.is_topic_message else None
    return (
        store.sent_messages.posted_message_of_thread(replace(ref_of(message), message_id=str(root))) if root else None
    )


def _command(text: str, username: str) -> str | None:
    """The command without the bot's name; None if it names another bot."""
    word, _, rest = text.partition(" ")
    command, at, name = word.partition("@")
    return f"{command.lower()} {rest}".strip() if not at or name.lower() == username.lower() else None
