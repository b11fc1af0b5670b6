"""Waiting for news: a ring wakes at once, silence is not waited for, and being told to stop is heeded."""

import asyncio

import pytest
import redis

from bot.delivery.wakeup import LONGEST_S, redis_wakeup
from workers.queue import WorkQueue


def test_a_ring_wakes_at_once(valkey_url: str) -> None:
    async def story() -> float:
        queue = WorkQueue(valkey_url)
        async with redis_wakeup(valkey_url) as wakeup:
            await wakeup.wait()  # subscribes, and hears nothing
            waiting = asyncio.create_task(wakeup.wait())
            await asyncio.sleep(0.05)
            started = asyncio.get_running_loop().time()
            await asyncio.to_thread(queue.wake)
            await waiting
            return asyncio.get_running_loop().time() - started

    assert asyncio.run(story()) < LONGEST_S / 2


def test_without_a_queue_it_looks_again_by_itself() -> None:
    async def story() -> None:
        async with redis_wakeup("redis://127.0.0.1:9/0") as wakeup:
            await wakeup.wait()

    asyncio.run(asyncio.wait_for(story(), 10 * LONGEST_S))


@pytest.mark.parametrize("moment", [0.0, 0.3, LONGEST_S - 0.001, LONGEST_S, LONGEST_S + 0.001])
def test_told_to_stop_at_any_moment_it_stops(moment: float, valkey_url: str) -> None:
    async def story() -> None:
        async with redis_wakeup(valkey_url) as wakeup:

            async def for_ever() -> None:
                while True:
                    await wakeup.wait()

            waiting = asyncio.create_task(for_ever())
            await asyncio.sleep(moment)
            waiting.cancel()
            done, _ = await asyncio.wait([waiting], timeout=3 * LONGEST_S)
            assert done

    asyncio.run(story())


def test_a_cancel_that_a_library_swallowed_is_heeded(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with redis_wakeup(valkey_url) as wakeup:

            async def swallowing(*_: object, **__: object) -> None:
                try:
                    await asyncio.sleep(60)
                except asyncio.CancelledError:
                    raise redis.TimeoutError("taken for a time-out") from None

            monkeypatch.setattr(wakeup._pubsub, "get_message", swallowing)  # noqa: SLF001 - as the library might
            waiting = asyncio.create_task(wakeup.wait())
            await asyncio.sleep(0.05)
            waiting.cancel()
            await asyncio.wait([waiting], timeout=3 * LONGEST_S)
            assert waiting.cancelled()

    asyncio.run(story())
