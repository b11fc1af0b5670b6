"""Leader lease: only one process per platform serves; a standby takes over when the lease expires."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from sqlalchemy.exc import SQLAlchemyError

from bot.delivery.patience import until_stored
from workers.domain.errors import LeaseLost
from workers.store import Store

_RETRY_S = 1.0
"""Seconds between a standby's tries to acquire the lease."""


@asynccontextmanager
async def leadership(
    store: Store, name: str, lasts_s: float, stopped: asyncio.Event, works: Callable[[], bool] = lambda: True
) -> AsyncIterator["asyncio.Task[None]"]:
    """Wait for the lease, then renew it while the body runs. Enters without the lease once `stopped` is set.

    Yields a task that raises LeaseLost when another process has acquired the lease: the body must then end, because
    two processes must never use one token. The lease is not renewed while `works` is false, so that a health check
    and a standby see a process that is stuck.
    """
    lease = store.lease(name, lasts_s)
    while not stopped.is_set() and not await until_stored(lease.acquire):
        try:
            await asyncio.wait_for(stopped.wait(), _RETRY_S)
        except TimeoutError:
            continue

    async def keep() -> None:
        while True:
            await asyncio.sleep(lasts_s / 4)
            if works() and not await until_stored(lease.acquire):
                raise LeaseLost(f"{name}: another process has taken over")

    keeping = asyncio.create_task(keep(), name=f"leader lease {name}")
    try:
        yield keeping
    finally:
        keeping.cancel()
        with suppress(SQLAlchemyError):  # it expires by itself
            await asyncio.to_thread(lease.release)
