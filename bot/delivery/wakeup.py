"""Waiting for news: the queue's doorbell wakes a frontend; without Redis it looks again by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import redis.asyncio

from workers.queue import WAKEUP_CHANNEL

LONGEST_S = 1.0
"""After which a frontend looks even where nobody rang: deliveries whose sender died ring no bell."""


class RedisWakeup:
    """One ear for the queue's bell and for this process' own.

    The listening outlives who waits for it: a connection whose reading is broken off in its middle is of no more use.
    """

    def __init__(self, pubsub: "redis.asyncio.client.PubSub") -> None:
        self._pubsub, self._here = pubsub, asyncio.Event()
        self._listening: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """This process itself has made something new."""
        self._here.set()

    async def wait(self) -> None:
        """Return at a ring, or after LONGEST_S."""
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._listen(), name="doorbell")
        here = asyncio.create_task(self._here.wait())
        try:
            await asyncio.wait([here, self._listening], return_when=asyncio.FIRST_COMPLETED)
        finally:
            here.cancel()
        self._here.clear()

    async def _listen(self) -> None:
        started = asyncio.get_running_loop().time()
        try:
            if not self._pubsub.subscribed:
                await self._pubsub.subscribe(WAKEUP_CHANNEL)
            await self._pubsub.get_message(ignore_subscribe_messages=True, timeout=LONGEST_S)
        except redis.RedisError:
            await asyncio.sleep(LONGEST_S - min(LONGEST_S, asyncio.get_running_loop().time() - started))

    async def stop(self) -> None:
        if self._listening:
            self._listening.cancel()
            await asyncio.wait([self._listening])


@asynccontextmanager
async def redis_wakeup(url: str) -> AsyncIterator[RedisWakeup]:
    async with redis.asyncio.Redis.from_url(url) as connection, connection.pubsub() as pubsub:
        wakeup = RedisWakeup(pubsub)
        try:
            yield wakeup
        finally:
            await wakeup.stop()
