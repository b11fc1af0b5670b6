"""`paperboy run`: runs all processes under one supervisor until it is stopped."""

import asyncio
import fcntl
import os
import signal
import time
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from bot.commands.subscriptions import new_subscription
from bot.delivery.wakeup import redis_wakeup
from bot.i18n import catalog_for
from bot.platforms import PLATFORMS
from bot.runtime import processes, valkey
from bot.runtime.supervisor import running
from bot.terminal.app import TerminalChat
from workers import config
from workers.config import Settings
from workers.domain.deliveries import SubscriptionStatus, View
from workers.domain.errors import QueueDown, SettingsError
from workers.queue import QUEUES, WorkQueue
from workers.runtime.clock import system_clock
from workers.store import Store, open_store

_READY_S = 60.0
_POLL_S = 0.05


def run(settings_file: Path | None) -> int:
    """Run everything until SIGTERM or Ctrl-C, then return 0.

    Raises SettingsError if another run uses the same folder, and QueueDown if the processes do not become ready.
    """
    environment = dict(os.environ)
    if settings_file:
        environment["PAPERBOY_CONFIG"] = str(settings_file.resolve())
    settings = config.load(environment=environment, platforms=PLATFORMS)
    with _only_run(settings.folder), open_store(settings.store.url, system_clock(environment)) as store:
        return asyncio.run(run_until_signal(_run(settings, store, environment), stopped=0))


async def run_until_signal(work: Coroutine[None, None, int], stopped: int) -> int:
    """Run `work` and return its result; return `stopped` if SIGTERM, SIGINT or SIGHUP cancelled it."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if not task.cancelling():  # a second Ctrl-C does not interrupt the clean-up
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    try:
        return await task
    except asyncio.CancelledError:
        return stopped


async def _run(settings: Settings, store: Store, environment: dict[str, str]) -> int:
    started, catalog = time.monotonic(), catalog_for(settings.digest.language)
    console = Console(highlight=False)
    servers = []
    if not settings.queue.url:
        server = valkey.server(settings.folder / "valkey")
        servers.append(server.process)
        environment["REDIS_URL"] = server.url
    redis_url = environment.get("REDIS_URL") or str(settings.queue.url)
    async with running(servers, environment):
        await valkey.ready(redis_url)
        frontends = processes.frontend_processes(environment)
        async with running([*processes.worker_processes(), *frontends], environment):
            await _until_ready(WorkQueue(redis_url), store, settings)
            console.print(f"[dim]{catalog.ready.format(seconds=time.monotonic() - started)}[/dim]")
            if frontends:
                await asyncio.to_thread(_introduce, settings, store, environment, console)
                await asyncio.to_thread(_leave_terminal, store)
                await asyncio.Event().wait()
            await _terminal(settings, store, console, redis_url)
    return 0


async def _until_ready(queue: WorkQueue, store: Store, settings: Settings) -> None:
    """Wait until a worker serves each queue and a scheduler has the leader lease. Raises QueueDown after _READY_S."""
    lease = store.lease("clock", settings.clock.lease_s)

    def ready() -> bool:
        return queue.workers() >= len(QUEUES) and lease.is_held()

    try:
        async with asyncio.timeout(_READY_S):
            while not await asyncio.to_thread(ready):
                await asyncio.sleep(_POLL_S)
    except TimeoutError:
        raise QueueDown(
            "the workers or the scheduler did not start in time; PAPERBOY_LOG_LEVEL=INFO shows why"
        ) from None


def _introduce(settings: Settings, store: Store, environment: Mapping[str, str], console: Console) -> None:
    """Print each bot with its invite link and, if no owner is known, a one-time code to become the owner."""
    catalog, bots = catalog_for(settings.digest.language), []
    for platform in PLATFORMS:
        try:
            bot = platform.identity().identify(environment)
        except SettingsError as error:  # the frontend's process tries again; the owner reads the reason here
            console.print(str(error), soft_wrap=True)
            continue
        if bot:
            bots.append(bot)
            console.print(catalog.bot_ready.format(name=bot.name, invite=bot.invite), soft_wrap=True)
    if bots and not [
        platform for platform, _ in store.owners.all(settings.named_owners()) if platform != TerminalChat.platform
    ]:
        console.print(catalog.owner_code.format(code=store.owners.new_code()))


def _leave_terminal(store: Store) -> None:
    """End the subscription and the ownership of a terminal that was the frontend of an earlier run without bots."""
    store.subscriptions.pause_chat(TerminalChat.chat, SubscriptionStatus.REMOVED)
    store.owners.remove(TerminalChat.platform, TerminalChat.person)


async def _terminal(settings: Settings, store: Store, console: Console, redis_url: str) -> None:
    """Serve this terminal as the only frontend: subscribe it and make its reader an owner.

    Returns when the reader leaves.
    """
    chat = TerminalChat(store, settings, console, WorkQueue(redis_url))
    store.owners.add(chat.platform, chat.person)
    if not store.subscriptions.reactivate_chat(chat.chat) and not store.subscriptions.of(chat.chat):
        view, now = View(settings.digest.language), store.clock.now()
        store.subscriptions.add(new_subscription(settings.subscription, chat.chat, now, view))
    async with redis_wakeup(redis_url) as wakeup:
        delivering = asyncio.create_task(chat.deliver_for_ever(wakeup))
        try:
            if console.is_terminal:
                await chat.converse(ready="")
            else:
                await asyncio.wait([delivering])  # `await delivering` would pass a cancel to that task alone
                delivering.result()
        finally:
            delivering.cancel()


@contextmanager
def _only_run(folder: Path) -> Iterator[None]:
    """Lock the folder for the body; the system releases the lock when this process ends, even if it is killed.

    Raises SettingsError if another process has the lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "run.lock").open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            other = lock.read().strip() or "unknown"
            raise SettingsError(
                f"folder: another `paperboy run` (process {other}) works in {folder}; stop it, or set another folder"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
