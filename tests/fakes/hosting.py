"""A fake server in a thread of its own, for this process and others, and the descriptions its requests are held to."""

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
    """The base URL of `app` on loopback, and the loop it runs in."""
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
    """The checker of that name beside the recorded days; None where they are not."""
    file = _SPECS / f"{name}.py"
    if not file.exists():
        return None
    found = importlib.util.spec_from_file_location(name, file)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module
