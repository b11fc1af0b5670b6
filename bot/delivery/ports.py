"""What the outbox needs from a platform: a way to render, to send and to be woken."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from workers.domain.deliveries import Content, Delivery, Message

Render = Callable[[Content, Delivery], list[Message]]
Follow = Callable[[Delivery, str], Awaitable[None]]
"""Watches over the message of that id while its answer is written."""


class Wakeup(Protocol):
    async def wait(self) -> None:
        """Return when there may be something new, or after a while."""
        ...


class Sender(Protocol):
    """One platform's way out. Raises a SendError, and nothing else on purpose."""

    def turn(self, chat: str, urgent: bool) -> AbstractAsyncContextManager[None]:
        """Entered when one message may be sent to `chat`, which is then sent inside; `urgent` ones go first."""
        ...

    async def send(self, chat: str, thread: str, message: Message, key: str) -> str:
        """Send one message; returns the platform's id of it. `key` is the part's own, the same at every try."""
        ...

    def editing(self, chat: str) -> AbstractAsyncContextManager[None]:
        """Entered when one message of `chat` may be edited, which is then done inside."""
        ...

    async def edit(self, chat: str, message_id: str, message: Message) -> None:
        """Put `message` in the place of one that was sent."""
        ...

    async def delete(self, chat: str, message_id: str) -> None:
        """Take one that was sent back."""
        ...

    async def found(self, chat: str, thread: str, message: Message, key: str) -> str | None:
        """What became of a send whose fate is unknown: its message's id, or "" where it surely did not arrive.

        None where the platform cannot tell: then it is never repeated by itself.
        """
        ...
