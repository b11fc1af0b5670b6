"""A sender that records messages and fails on request."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from workers.domain.chats import ChatRef
from workers.domain.deliveries import Message


class Killed(BaseException):
    """Stands for the end of the process: nothing in the program may catch it."""


class FakeSender:
    """Records every message. Each call first raises the next of `faults`, if any is left; None raises nothing.

    `fates` maps a part's key to the result of `found`. If `holds` is set, sends that are not urgent wait for it.
    """

    def __init__(self, faults: Sequence[BaseException | None] = ()) -> None:
        self.sent: list[tuple[str, str]] = []
        self.silent: list[bool] = []
        self.edited: list[tuple[str, str]] = []
        self.deleted: list[str] = []
        self.fates: dict[str, str] = {}
        self.holds: asyncio.Event | None = None
        self._faults = list(faults)

    def turn(self, chat: str, urgent: bool) -> AbstractAsyncContextManager[None]:
        return self._turn(urgent)

    @asynccontextmanager
    async def _turn(self, urgent: bool) -> AsyncIterator[None]:
        if self.holds and not urgent:
            await self.holds.wait()
        yield

    async def send(self, chat: ChatRef, message: Message, key: str) -> str:
        self._may_fail()
        self.sent.append((chat.chat, message.text))
        self.silent.append(message.silent)
        return f"m{len(self.sent)}"

    def editing(self, chat: str) -> AbstractAsyncContextManager[None]:
        return self._turn(urgent=False)

    async def edit(self, chat: str, message_id: str, message: Message) -> None:
        self._may_fail()
        self.edited.append((message_id, message.text))

    async def found(self, chat: ChatRef, message: Message, key: str) -> str | None:
        return self.fates.get(key)

    async def delete(self, chat: str, message_id: str) -> None:
        self._may_fail()
        self.deleted.append(message_id)

    def _may_fail(self) -> None:
        fault = self._faults.pop(0) if self._faults else None
        if fault is not None:
            raise fault
