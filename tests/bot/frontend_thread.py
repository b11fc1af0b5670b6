"""Runs a platform's frontend in a thread of the test's process."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from tests.waiting import DEADLINE_S, until

Serve = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""Runs a frontend until the event is set."""


class FrontendThread:
    """Runs `serve` in its own event loop from `start` to `stop`."""

    def __init__(self, serve: Serve) -> None:
        self._serve, self._running = serve, threading.Event()
        self._failures: list[Exception] = []
        self._thread = threading.Thread(target=self._run, name="frontend")

    def start(self, ready: Callable[[], object] = lambda: True) -> None:
        """Start the thread and wait until `ready`. Raises AssertionError if the frontend fails before."""
        self._thread.start()
        until(lambda: self._running.is_set() or self._failures)
        until(lambda: ready() or self._failures)
        assert not self._failures, self._failures

    def stop(self) -> None:
        """Stop the frontend and its thread. Raises AssertionError if the frontend failed."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(DEADLINE_S)
        assert not self._failures, self._failures
        assert not self._thread.is_alive(), "the frontend does not stop"

    def _run(self) -> None:
        async def serve() -> None:
            self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
            self._running.set()
            await self._serve(self._stopped)

        try:
            asyncio.run(serve())
        except Exception as failure:  # noqa: BLE001 - raised again in the test's own thread
            self._failures.append(failure)
