"""Stores each update of a platform before it is confirmed, and handles it until it is done or given up."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial

from bot.delivery.patience import until_back, until_stored
from workers.domain.errors import LeaseLost, SettingsError
from workers.domain.units import Failure, Unit, UnitKind
from workers.runtime.boundary import Boundary
from workers.runtime.logs import note
from workers.store import Store
from workers.store.updates import StoredUpdate

log = logging.getLogger(__name__)

AT_ONCE = 32
"""Updates that are handled at once, so that a slow answer delays nobody."""
HANDLE_S = 120.0
"""Seconds after which a handler that has not ended counts as failed; a slow platform takes at most 25 s a request."""
_STEP_S = 1.0
"""Seconds between two looks at the clock while an update waits for its next try."""
_LAST_S = 5.0
"""Seconds that handlers get to end when the process is told to stop; the supervisor waits 10 s."""

Handle = Callable[[str], Awaitable[None]]
"""Handles the body of an update, or tells its person that it could not be handled."""
Sleep = Callable[[float], Awaitable[object]]


class Inbox:
    """The updates of one bot. `handle` is called again if it fails; after the last try `give_up` is called instead.

    A crash loses no update: `handle` must accept one of which it has done a part already.
    """

    def __init__(
        self, store: Store, platform: str, bot: str, handle: Handle, give_up: Handle, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._store, self._platform, self._bot = store, platform, bot
        self._handle, self._give_up, self._sleep = handle, give_up, sleep
        self._boundary = Boundary(store.failures, store.clock)
        self._free = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._handling: set[asyncio.Task[Failure | None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Begin with what an earlier process left; when the body ends, wait shortly for handlers that are running."""
        await until_stored(self._store.updates.adopt, self._platform, self._bot)
        for update in await until_stored(self._store.updates.left, self._platform, self._bot):
            self._start(update)
        try:
            yield
        finally:
            if self._handling:
                await asyncio.wait(self._handling, timeout=_LAST_S)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def take(self, update_id: int, body: str, beat: Callable[[], None] = lambda: None) -> None:
        """Store an update and begin to handle it; returns once it is stored, however long the store is away,
        and calls `beat` meanwhile.

        An update that was stored before is not handled again. One that the store will never take, whatever is in it,
        is recorded as failed and dropped.
        """
        try:
            take = partial(self._store.updates.take, self._platform, self._bot, update_id, body)
            new = await until_back(take, beat)
        except Exception as error:  # noqa: BLE001 - one bad update must not stop the ones after it
            await asyncio.to_thread(self._boundary.failed, self._unit(update_id), error)
            return
        if new:
            self._start(StoredUpdate(update_id, body))

    def _start(self, update: StoredUpdate) -> None:
        task = asyncio.create_task(self._process(update), name=f"update {update.update_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _process(self, update: StoredUpdate) -> None:
        """Handle an update, with pauses between the tries; it stays open if the process must end before that."""
        try:
            while (failure := await self._try(update)) is not None:
                if failure.retry_at is None:
                    await self._say_failed(update)
                    break
                await self._wait_until(failure.retry_at)
        except (SettingsError, LeaseLost) as error:  # polling and sending meet the same error, and end the process
            note(log, "update left open", level=logging.WARNING, update=update.update_id, error=error)
            return
        await until_stored(self._store.updates.done, self._platform, self._bot, update.update_id)

    async def _wait_until(self, moment: datetime) -> None:
        """Wait by the store's clock, which goes on while the machine sleeps; never longer than it seems now."""
        left_s = (moment - self._store.clock.now()).total_seconds()
        while left_s > 0:
            step_s = min(left_s, _STEP_S)
            await self._sleep(step_s)
            left_s = min(left_s - step_s, (moment - self._store.clock.now()).total_seconds())

    async def _try(self, update: StoredUpdate) -> Failure | None:
        async def handled() -> None:
            async with asyncio.timeout(HANDLE_S):
                await self._handle(update.body)

        async with self._free:
            handling = asyncio.create_task(self._boundary.run_async(self._unit(update.update_id), handled))
            self._handling.add(handling)
            try:
                return await handling
            finally:
                self._handling.discard(handling)

    async def _say_failed(self, update: StoredUpdate) -> None:
        try:
            await self._give_up(update.body)
        except Exception as error:  # noqa: BLE001 - it failed three times already, and that is recorded
            note(log, "failure not told", level=logging.WARNING, update=update.update_id, error=type(error).__name__)

    def _unit(self, update_id: int) -> Unit:
        return Unit(UnitKind.UPDATE, f"{self._platform}:{self._bot}:{update_id}", self._platform)
