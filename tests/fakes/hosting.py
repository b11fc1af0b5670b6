"""Runs a fake server in its own thread, and loads the descriptions that check its requests."""

import asyncio
import importlib.util
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from aiohttp import web

_SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs"


@contextmanager
def hosted(app: web.Application) -> Iterator[tuple[str, asyncio.AbstractEventLoop]]:
    """Yields (the base URL of `app` on loopback, the event loop it runs in)."""
    ready, loop, urls = threading.Event(), asyncio.new_event_loop(), list[str]()

    async def start() -> web.AppRunner:
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        urls.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        ready.set()
        return runner

    def run() -> None:
        asyncio.set_event_loop(loop)
        runner = loop.run_until_complete(start())
        loop.run_forever()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(runner.cleanup())
        loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(loop), return_exceptions=True))
        loop.close()

    thread = threading.Thread(target=run, name="fake server", daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield urls[0], loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def description(name: str) -> ModuleType | None:
    """Returns the module that checks requests; None if it is not in ../shared/specs."""
    file = _SPECS / f"{name}.py"
    if not file.exists():
        return None
    found = importlib.util.spec_from_file_location(name, file)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module
