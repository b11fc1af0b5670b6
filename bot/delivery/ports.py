"""The interfaces between the outbox and a platform: rendering, sending, waking up."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from workers.domain.chats import ChatRef
from workers.domain.deliveries import Content, Delivery, Message

Render = Callable[[Content, Delivery], list[Message]]
"""Renders what a delivery shows as messages of the platform, in order."""
Follow = Callable[[Delivery, str], Awaitable[None]]
"""Edits the message with that id while the answer of the delivery's question is written."""


class Wakeup(Protocol):
    async def wait(self) -> None:
        """Return when there may be something new to send, and after a while in any case."""
        ...


class Sender(Protocol):
    """Sends, edits and deletes messages on one platform. Raises SendError only.

    Methods that need no thread take the platform's id of the chat (`ChatRef.chat`).
    """

    def turn(self, chat: str, urgent: bool) -> AbstractAsyncContextManager[None]:
        """Enter when one message may be sent to `chat`, and send it inside; urgent ones go first."""
        ...

    async def send(self, chat: ChatRef, message: Message, key: str) -> str:
        """Send one message; returns the platform's id of it. `key` identifies the part and is equal at every try."""
        ...

    def editing(self, chat: str) -> AbstractAsyncContextManager[None]:
        """Enter when one message of `chat` may be edited, and edit it inside."""
        ...

    async def edit(self, chat: str, message_id: str, message: Message) -> None:
        """Replace the content of a sent message by `message`."""
        ...

    async def delete(self, chat: str, message_id: str) -> None:
        """Delete a sent message."""
        ...

    async def found(self, chat: ChatRef, message: Message, key: str) -> str | None:
        """Whether a send whose result is unknown arrived: the message's id, or "" if it certainly did not.

        None if the platform cannot tell; then the message is not sent again.
        """
        ...
