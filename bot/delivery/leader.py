"""Leader lease: only one process per platform serves; a standby takes over when the lease expires."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from workers.domain.errors import LeaseLost
from workers.store import Store

_RETRY_S = 1.0
"""Seconds between a standby's tries to acquire the lease."""


@asynccontextmanager
async def leadership(
    store: Store, name: str, lasts_s: float, stopped: asyncio.Event
) -> AsyncIterator["asyncio.Task[None]"]:
    """Wait for the lease, then renew it while the body runs. Enters without the lease once `stopped` is set.

    Yields a task that raises LeaseLost when another process has acquired the lease: the body must then end, because
    two processes must never use one token.
    """
    lease = store.lease(name, lasts_s)
    while not stopped.is_set() and not await asyncio.to_thread(lease.acquire):
        try:
            await asyncio.wait_for(stopped.wait(), _RETRY_S)
        except TimeoutError:
            continue

    async def keep() -> None:
        while True:
            await asyncio.sleep(lasts_s / 4)
            if not await asyncio.to_thread(lease.acquire):
                raise LeaseLost(f"{name}: another process has taken over")

    keeping = asyncio.create_task(keep(), name=f"leader lease {name}")
    try:
        yield keeping
    finally:
        keeping.cancel()
        await asyncio.to_thread(lease.release)
