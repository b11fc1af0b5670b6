"""Runs one platform's process: it becomes the platform's leader, then receives and delivers until it is stopped."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.delivery import outbox
from bot.delivery.leader import leadership
from bot.delivery.ports import Sender, Wakeup
from bot.delivery.streaming import AnswerStreamer
from bot.delivery.wakeup import redis_wakeup
from bot.delivery.watchdog import Watchdog
from bot.platforms import Platform
from workers.config import Settings
from workers.domain.deliveries import Content, Delivery, Message
from workers.domain.errors import SettingsError
from workers.runtime import parent_process
from workers.runtime.clock import system_clock
from workers.store import Store, open_store

UPDATES = "updates"
"""The part of a process that receives what people do; the frontend reports its progress."""
DELIVERIES = "deliveries"
"""The part of a process that sends; the outbox reports its progress."""


@dataclass(frozen=True, slots=True)
class PlatformContext:
    """What the process of one platform works with."""

    platform: Platform
    settings: Settings
    store: Store
    redis_url: str
    token: str
    stopped: asyncio.Event
    """Set when the process is to end."""
    watchdog: Watchdog = field(default_factory=lambda: Watchdog((UPDATES, DELIVERIES)))
    """Ends the process if one of its parts is stuck."""


class Frontend(Protocol):
    """One platform's connection: how its messages look, how they are sent, and what people do there."""

    @property
    def sender(self) -> Sender: ...

    def render(self, content: Content, delivery: Delivery) -> list[Message]:
        """The messages of a delivery, in order."""
        ...

    async def receive(self, connected: asyncio.Event) -> None:
        """Take in what people write and press, until cancelled; set `connected` once messages can be sent.

        Closes the connection at its end. Raises SettingsError for a token that is refused.
        """
        ...


def run_platform(platform: Platform, settings: Settings, serve: Callable[[PlatformContext], Awaitable[None]]) -> int:
    """Run `serve` with an open store until SIGTERM or SIGINT; returns 0.

    Raises SettingsError if the platform's token or the queue's URL is missing, or the store cannot be opened.
    """
    token = os.environ.get(platform.token_variable)
    if not token:
        raise SettingsError(f"{platform.token_variable}: is not set; {platform.token_from} gives one")
    redis_url = settings.queue.url
    if not redis_url:
        raise SettingsError(f"queue.url: the {platform.title} frontend needs REDIS_URL")
    parent_process.exit_with_parent()

    async def until_signalled(store: Store) -> None:
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        await serve(PlatformContext(platform, settings, store, redis_url, token, stopped))

    with open_store(settings.store.url, system_clock(), settings.lease.edition_s, settings.lease.delivery_s) as store:
        asyncio.run(until_signalled(store))
    return 0


async def serve_platform(context: PlatformContext, connect: Callable[[Callable[[], None]], Frontend]) -> None:
    """Receive and deliver until `context.stopped` is set, once no other process serves the platform.

    `connect` makes the frontend; its argument wakes the outbox and is called when a command may have made a delivery.
    Raises LeaseLost if another process takes the platform over, PartStuck if a part of this one makes no progress, and
    whatever the frontend raises.
    """
    name, lease_s, watchdog = context.platform.name, context.settings.lease.delivery_s, context.watchdog
    async with (
        redis_wakeup(context.redis_url) as wakeup,
        leadership(context.store, name, lease_s, context.stopped, lambda: not watchdog.stuck()) as lost,
    ):
        if context.stopped.is_set():
            return
        frontend, connected = connect(wakeup.wake), asyncio.Event()
        receiving = asyncio.create_task(frontend.receive(connected), name=f"receive {name}")
        sending = asyncio.create_task(_deliver(context, frontend, wakeup, connected), name=f"deliver {name}")
        stopping = asyncio.create_task(context.stopped.wait())
        watching = asyncio.create_task(watchdog.watch(), name=f"watchdog {name}")
        try:
            await asyncio.wait([receiving, sending, stopping, watching, lost], return_when=asyncio.FIRST_COMPLETED)
            for ended in (receiving, sending, watching, lost):
                if ended.done():
                    ended.result()
        finally:  # nothing is sent any more when the connection is closed
            await _cancelled(sending, stopping, watching)
            await _cancelled(receiving)


async def _deliver(context: PlatformContext, frontend: Frontend, wakeup: Wakeup, connected: asyncio.Event) -> None:
    await connected.wait()
    streamer = AnswerStreamer(context.redis_url, context.store, frontend.sender, frontend.render)
    try:
        await outbox.serve(
            context.store,
            context.platform.name,
            frontend.sender,
            frontend.render,
            wakeup,
            follow=streamer.follow,
            beat=lambda: context.watchdog.beat(DELIVERIES),
        )
    finally:
        await streamer.close()


async def _cancelled(*tasks: "asyncio.Task[Any]") -> None:
    """Cancel the tasks and wait until they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
