"""Tests that a message on the channel, a time-out or a cancel ends the wait."""

import asyncio

import pytest
import redis

from bot.delivery.wakeup import redis_wakeup
from tests.waiting import DEADLINE_S
from workers.queue import WorkQueue

SHORT_S = 0.1
"""Seconds after which a wakeup in these tests returns without a message."""


def test_a_message_wakes_at_once(valkey_url: str) -> None:
    async def scenario() -> None:
        queue = WorkQueue(valkey_url)
        async with redis_wakeup(valkey_url, longest_s=10 * DEADLINE_S) as wakeup:
            waiting = asyncio.create_task(wakeup.wait())
            while not waiting.done():  # a message that is sent before the subscription has no effect
                await asyncio.to_thread(queue.wake)
                await asyncio.wait([waiting], timeout=SHORT_S)

    asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))


def test_without_a_queue_it_looks_again_by_itself() -> None:
    async def scenario() -> None:
        async with redis_wakeup("redis://127.0.0.1:9/0", SHORT_S) as wakeup:
            await wakeup.wait()

    asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))


def test_a_queue_that_accepts_and_says_nothing_is_not_waited_for() -> None:
    async def scenario() -> None:
        ended, closed = asyncio.Event(), asyncio.Event()

        async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await ended.wait()
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)
            closed.set()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with redis_wakeup(f"redis://127.0.0.1:{port}/0", SHORT_S) as wakeup:
            await wakeup.wait()
            await wakeup.wait()
        ended.set()
        await closed.wait()
        server.close()
        await server.wait_closed()

    asyncio.run(asyncio.wait_for(scenario(), DEADLINE_S))


@pytest.mark.parametrize("moment", [0.0, SHORT_S / 3, SHORT_S - 0.001, SHORT_S, SHORT_S + 0.001])
def test_told_to_stop_at_any_moment_it_stops(moment: float, valkey_url: str) -> None:
    async def scenario() -> None:
        async with redis_wakeup(valkey_url, SHORT_S) as wakeup:

            async def wait_repeatedly() -> None:
                while True:
                    await wakeup.wait()

            waiting = asyncio.create_task(wait_repeatedly())
            await asyncio.sleep(moment)
            waiting.cancel()
            done, _ = await asyncio.wait([waiting], timeout=DEADLINE_S)
            assert done

    asyncio.run(scenario())


def test_a_cancel_that_a_library_swallowed_is_heeded(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        listening = asyncio.Event()
        async with redis_wakeup(valkey_url) as wakeup:

            async def swallowing(*_: object, **__: object) -> None:
                listening.set()
                try:
                    await asyncio.sleep(DEADLINE_S)
                except asyncio.CancelledError:
                    raise redis.TimeoutError("taken for a time-out") from None

            monkeypatch.setattr(wakeup._pubsub, "get_message", swallowing)  # noqa: SLF001 - replaces a library method
            waiting = asyncio.create_task(wakeup.wait())
            await asyncio.wait_for(listening.wait(), DEADLINE_S)
            waiting.cancel()
            await asyncio.wait([waiting], timeout=DEADLINE_S)
            assert waiting.cancelled()

    asyncio.run(scenario())
