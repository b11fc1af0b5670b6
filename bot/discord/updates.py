"""Discord's interactions and messages as they are stored before they are handled."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import discord

_STORED = frozenset({kind.value for kind in discord.InteractionType} - {1, 4})
"""Types of interactions that a person waits for: all but pings and suggestions while somebody types."""


@dataclass(frozen=True, slots=True)
class HeardMessage:
    """A message that is addressed to the bot. `text` is without the bot's mention."""

    message_id: int
    channel: int
    person: int
    private: bool
    text: str
    root: int | None = None
    """The message that it replies to, or the thread that it is in, whose id is that of the message above it."""

    @classmethod
    def of(cls, message: discord.Message, text: str) -> "HeardMessage":
        replied_to = message.reference.message_id if message.reference else None
        root = replied_to or (message.channel.id if isinstance(message.channel, discord.Thread) else None)
        return cls(message.id, message.channel.id, message.author.id, message.guild is None, text, root)


@dataclass(frozen=True, slots=True)
class StoredInteraction:
    """An interaction as Discord sent it."""

    data: dict[str, Any]

    @property
    def asked_at(self) -> datetime:
        return discord.utils.snowflake_time(int(self.data["id"]))


def is_stored(data: dict[str, Any]) -> bool:
    """Whether an interaction must be answered even after a crash."""
    return data.get("type") in _STORED


def body_of(update: HeardMessage | StoredInteraction) -> str:
    is_message = isinstance(update, HeardMessage)
    return json.dumps({"message": asdict(update)} if is_message else {"interaction": asdict(update)["data"]})


def parse(body: str) -> HeardMessage | StoredInteraction:
    """The update that `body_of` stored. Raises ValueError, KeyError or TypeError for another text."""
    stored = json.loads(body)
    return HeardMessage(**stored["message"]) if "message" in stored else StoredInteraction(stored["interaction"])
