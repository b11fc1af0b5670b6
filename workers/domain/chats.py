"""The names of chats, and of messages in them, on every platform."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChatRef:
    """A chat on a platform, or one thread (topic) in it.

    `chat` is the platform's id of the chat, or the name that `direct_chat` gives. `thread` is "" for the chat itself.
    """

    platform: str
    chat: str
    thread: str = ""

    def __str__(self) -> str:
        """The chat's name in settings, commands and notices, e.g. `telegram:-100`; the thread is not part of it."""
        return f"{self.platform}:{self.chat}"

    @property
    def whole(self) -> "ChatRef":
        """The chat itself, without the thread."""
        return ChatRef(self.platform, self.chat)


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A message in a chat; `message_id` is the platform's id of it."""

    chat: ChatRef
    message_id: str


def direct_chat(platform: str, person: str) -> ChatRef:
    """The private chat with a person, named by the person's id; each platform's sender finds or opens that chat."""
    return ChatRef(platform, f"@{person}")
