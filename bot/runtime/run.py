"""`paperboy run`: every part as a process under one supervisor, until told to stop."""

import asyncio
import fcntl
import os
import signal
import time
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

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
from workers.store.subscriptions import NewSubscription

_READY_S = 60.0
_LOOK_AGAIN_S = 0.05


def run(settings_file: Path | None) -> int:
    """Run everything until SIGTERM or Ctrl-C; 0 then. Raises SettingsError where another run is on the same folder."""
    environment = dict(os.environ)
    if settings_file:
        environment["PAPERBOY_CONFIG"] = str(settings_file.resolve())
    settings = config.load(environment=environment, platforms=PLATFORMS)
    with _alone(settings.folder), open_store(settings.store.url, system_clock(environment)) as store:
        return asyncio.run(until_told(_run(settings, store, environment), stopped=0))


async def until_told(work: Coroutine[None, None, int], stopped: int) -> int:
    """Run `work`; SIGTERM, SIGINT and SIGHUP cancel it, so that what it started is stopped; `stopped` is returned."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if not task.cancelling():  # an impatient second Ctrl-C does not break the stopping off
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    try:
        return await task
    except asyncio.CancelledError:
        return stopped


async def _run(settings: Settings, store: Store, environment: dict[str, str]) -> int:
    started, said = time.monotonic(), catalog_for(settings.digest.language)
    console = Console(highlight=False)
    server = []
    if not settings.queue.url:
        part, environment["REDIS_URL"] = valkey.part(settings.folder / "valkey")
        server.append(part)
    redis_url = environment.get("REDIS_URL") or str(settings.queue.url)
    async with running(server, environment):
        await valkey.ready(redis_url)
        frontends = processes.frontends(environment)
        async with running([*processes.work(), *frontends], environment):
            await _until_ready(WorkQueue(redis_url), store, settings)
            console.print(f"[dim]{said.ready.format(seconds=time.monotonic() - started)}[/dim]")
            if frontends:
                await asyncio.to_thread(_introduce, settings, store, environment, console)
                await asyncio.to_thread(_leave_terminal, store)
                await asyncio.Event().wait()
            await _terminal(settings, store, console, redis_url)
    return 0


async def _until_ready(queue: WorkQueue, store: Store, settings: Settings) -> None:
    """Until both workers serve and a clock holds its post. Raises QueueDown after a while."""
    lease = store.lease("clock", settings.clock.lease_s)

    def ready() -> bool:
        return queue.workers() >= len(QUEUES) and lease.is_held()

    try:
        async with asyncio.timeout(_READY_S):
            while not await asyncio.to_thread(ready):
                await asyncio.sleep(_LOOK_AGAIN_S)
    except TimeoutError:
        raise QueueDown("the workers and the clock do not come up; PAPERBOY_LOG_LEVEL=INFO shows why") from None


def _introduce(settings: Settings, store: Store, environment: Mapping[str, str], console: Console) -> None:
    """The bots of our tokens with their invite links; where nobody owns them, a one-time code to become the owner."""
    said, bots = catalog_for(settings.digest.language), []
    for platform in PLATFORMS:
        try:
            bot = platform.identity().identify(environment)
        except SettingsError as error:  # its process goes on trying; what is wrong is said here
            console.print(str(error), soft_wrap=True)
            continue
        if bot:
            bots.append(bot)
            console.print(said.bot_ready.format(name=bot.name, invite=bot.invite), soft_wrap=True)
    if bots and not [
        platform for platform, _ in store.owners.all(settings.named_owners()) if platform != TerminalChat.platform
    ]:
        console.print(said.owner_code.format(code=store.owners.new_code()))


def _leave_terminal(store: Store) -> None:
    """Where bots post, a terminal that was the frontend of an earlier run is neither served nor told of trouble."""
    store.subscriptions.pause(TerminalChat.platform, TerminalChat.chat, SubscriptionStatus.REMOVED)
    store.owners.remove(TerminalChat.platform, TerminalChat.chat)


async def _terminal(settings: Settings, store: Store, console: Console, redis_url: str) -> None:
    """The terminal as the frontend: it is subscribed, its reader is an owner, and it ends the run."""
    chat = TerminalChat(store, settings, console, WorkQueue(redis_url))
    store.owners.add(chat.platform, chat.chat)
    if not store.subscriptions.reactivate(chat.platform, chat.chat) and not store.subscriptions.of(
        chat.platform, chat.chat
    ):
        store.subscriptions.add(
            NewSubscription(chat.platform, chat.chat, store.clock.now(), view=View(settings.digest.language))
        )
    async with redis_wakeup(redis_url) as wakeup:
        delivering = asyncio.create_task(chat.deliver_for_ever(wakeup))
        try:
            if console.is_terminal:
                await chat.converse(ready="")
            else:
                await asyncio.wait([delivering])  # not awaited itself, for then a cancel would go to it alone
                delivering.result()
        finally:
            delivering.cancel()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock for the body; the system frees it with this process, however that ends."""
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
