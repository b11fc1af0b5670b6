"""Waiting for news: the queue's doorbell wakes a frontend; without Redis it looks again by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import redis.asyncio

from workers.queue import DOORBELL

LONGEST_S = 1.0
"""After which a frontend looks even where nobody rang: deliveries whose sender died ring no bell."""


def heed_cancelling() -> None:
    """Raise CancelledError where this task was told to stop, and a library took that for its own time-out."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError


class Doorbell:
    def __init__(self, pubsub: "redis.asyncio.client.PubSub") -> None:
        self._pubsub = pubsub

    async def rung(self) -> None:
        """Return at a ring, or after LONGEST_S."""
        started = asyncio.get_running_loop().time()
        try:
            if not self._pubsub.subscribed:
                await self._pubsub.subscribe(DOORBELL)
            await self._pubsub.get_message(ignore_subscribe_messages=True, timeout=LONGEST_S)
        except redis.RedisError:
            await asyncio.sleep(LONGEST_S - min(LONGEST_S, asyncio.get_running_loop().time() - started))
        heed_cancelling()


@asynccontextmanager
async def doorbell(url: str) -> AsyncIterator[Doorbell]:
    async with redis.asyncio.Redis.from_url(url) as connection, connection.pubsub() as pubsub:
        yield Doorbell(pubsub)
