"""The post of a platform's one process: a second one waits, and takes over when the first falls silent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from workers.domain.errors import LeaseLost
from workers.store import Store

_LOOK_AGAIN_S = 1.0


@asynccontextmanager
async def leadership(
    store: Store, name: str, lasts_s: float, stopped: asyncio.Event
) -> AsyncIterator["asyncio.Task[None]"]:
    """Hold the post for the body, or until `stopped` while waiting for it.

    Yields a task that raises LeaseLost when somebody else has taken it over: two must never serve one token.
    """
    lease = store.lease(name, lasts_s)
    while not stopped.is_set() and not await asyncio.to_thread(lease.acquire):
        try:
            await asyncio.wait_for(stopped.wait(), _LOOK_AGAIN_S)
        except TimeoutError:
            continue

    async def keep() -> None:
        while True:
            await asyncio.sleep(lasts_s / 4)
            if not await asyncio.to_thread(lease.acquire):
                raise LeaseLost(f"{name}: another process has taken over")

    keeping = asyncio.create_task(keep(), name=f"post {name}")
    try:
        yield keeping
    finally:
        keeping.cancel()
        await asyncio.to_thread(lease.release)
