"""Which of the messages that the bot sees are addressed to it."""

from dataclasses import dataclass, replace

from telegram import Message, MessageEntity, MessageOriginChannel
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
    thanks, is not answered anywhere. In a channel only commands are addressed: its other posts are for its readers.
    """
    text = (message.text or message.caption or "").strip()
    if not text:
        return None
    if text.startswith("/"):
        command = _command(text, username)
        return AddressedText(command, _post(message, store)) if command else None
    if message.chat.type == ChatType.CHANNEL:
        return None
    replied_to = message.reply_to_message
    if replied_to and replied_to.from_user and replied_to.from_user.id == bot_id:
        ours = ref_of(replied_to)
        prompt = store.questions.expected(ours)
        if prompt:
            return AddressedText(f"{prompt} {text}")
        return None if is_small_talk(text) else AddressedText(text, store.sent_messages.posted_message(ours))
    without = _without_mention(message, bot_id, username)
    if without is not None:
        return AddressedText(without or "/help", _post(message, store))
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


def _without_mention(message: Message, bot_id: int, username: str) -> str | None:
    """The text without what names the bot; None if nothing does.

    Telegram marks names: `@paper_bot2` and an e-mail address are other marks, or none.
    """
    kinds: list[str | None] = [MessageEntity.MENTION, MessageEntity.TEXT_MENTION]
    marked = message.parse_entities(kinds) if message.text else message.parse_caption_entities(kinds)
    ours = [
        entity
        for entity, name in marked.items()
        if (entity.user.id == bot_id if entity.user else name.lower() == f"@{username}".lower())
    ]
    if not ours:
        return None
    units = (message.text or message.caption or "").encode("utf-16-le", "surrogatepass")
    for entity in sorted(ours, key=lambda each: -each.offset):  # offsets count UTF-16 units of two bytes
        units = units[: 2 * entity.offset] + b" \0" + units[2 * (entity.offset + entity.length) :]
    return " ".join(units.decode("utf-16-le", "replace").split())


def _command(text: str, username: str) -> str | None:
    """The command without the bot's name, its words separated by single spaces; None if it names another bot."""
    word, *rest = text.split()
    command, at, name = word.partition("@")
    return " ".join([command.lower(), *rest]) if not at or name.lower() == username.lower() else None
