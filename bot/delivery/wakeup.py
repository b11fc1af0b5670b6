"""Wakes a frontend when the store has something new: by a Redis message, or after LONGEST_S without one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import redis.asyncio

from workers.queue import WAKEUP_CHANNEL

LONGEST_S = 1.0
"""Seconds after which a frontend looks without a wakeup, because a sender that died sends none for what it left."""


class RedisWakeup:
    """Waits for a message on the queue's wakeup channel, or for a call of `wake` in this process.

    The task that reads the channel outlives the callers that wait for it, because a Redis connection cannot be used
    again after a read on it was cancelled.
    """

    def __init__(self, pubsub: "redis.asyncio.client.PubSub", longest_s: float) -> None:
        self._pubsub, self._here, self._longest_s = pubsub, asyncio.Event(), longest_s
        self._listening: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Wake this process, because it has stored something new itself."""
        self._here.set()

    async def wait(self) -> None:
        """Return at a wakeup, or after `longest_s`; after twice of it also while Redis does not answer at all."""
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._listen(), name="wakeup")
        here = asyncio.create_task(self._here.wait())
        try:
            await asyncio.wait(
                [here, self._listening], timeout=2 * self._longest_s, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            here.cancel()
        self._here.clear()

    async def _listen(self) -> None:
        """Return at a message, or after `longest_s`; also when Redis cannot be reached."""
        started = asyncio.get_running_loop().time()
        try:
            if not self._pubsub.subscribed:
                await self._pubsub.subscribe(WAKEUP_CHANNEL)
            await self._pubsub.get_message(ignore_subscribe_messages=True, timeout=self._longest_s)
        except redis.RedisError:
            await asyncio.sleep(max(0.0, self._longest_s - (asyncio.get_running_loop().time() - started)))

    async def stop(self) -> None:
        if self._listening:
            self._listening.cancel()
            await asyncio.wait([self._listening])


@asynccontextmanager
async def redis_wakeup(url: str, longest_s: float = LONGEST_S) -> AsyncIterator[RedisWakeup]:
    """A wakeup with a connection of its own, closed after the body."""
    async with redis.asyncio.Redis.from_url(url) as connection, connection.pubsub() as pubsub:
        wakeup = RedisWakeup(pubsub, longest_s)
        try:
            yield wakeup
        finally:
            await wakeup.stop()
