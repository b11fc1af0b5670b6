"""The Telegram process: deliveries out, updates in, each through the store."""

import asyncio
import hashlib
import json
import logging
import os
import signal
from collections.abc import Awaitable
from typing import Any
from urllib.parse import urlsplit

from telegram import Bot, Update
from telegram.error import NetworkError, TelegramError
from telegram.ext import Application, ApplicationBuilder, BaseUpdateProcessor, TypeHandler
from telegram.request import HTTPXRequest

from bot.commands.context import Services
from bot.commands.rate_limit import RateLimiter
from bot.delivery import outbox
from bot.delivery.leader import leadership
from bot.delivery.pacing import Pacer
from bot.delivery.streaming import AnswerStreamer
from bot.delivery.wakeup import redis_wakeup
from bot.platforms import TELEGRAM, Limits, TelegramSettings
from bot.presentation.blocks import chart_of, content_blocks
from bot.telegram.command_menu import register
from bot.telegram.handlers import Updates
from bot.telegram.renderer import RenderOptions, render
from bot.telegram.sender import PLATFORM, TelegramSender
from workers.config import Settings
from workers.domain.deliveries import Content, Delivery, Layout, Message
from workers.domain.errors import SettingsError
from workers.queue import WorkQueue
from workers.runtime import parent_process
from workers.runtime.clock import system_clock
from workers.runtime.logs import note
from workers.store import Store, open_store

log = logging.getLogger(__name__)

_SEND_S = 25.0
"""Seconds until an answer to a message counts as lost; Telegram takes its time in the morning."""

App = Application[Any, Any, Any, Any, Any, Any]


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; returns 0. Raises SettingsError for a token that is missing or refused."""
    token = os.environ.get("TELEGRAM_BOT_TOKEN")
    if not token:
        raise SettingsError("TELEGRAM_BOT_TOKEN: is not set; @BotFather gives one")
    if not settings.queue.url:
        raise SettingsError("queue.url: the Telegram frontend needs REDIS_URL")
    parent_process.exit_with_parent()
    os.environ["PTB_TIMEDELTA"] = "1"  # the library's own way to have its times as they will be
    clock = system_clock()
    with open_store(settings.store.url, clock, settings.lease.edition_s, settings.lease.delivery_s) as store:
        asyncio.run(_until_told(settings, settings.queue.url, store, token))
    return 0


async def _until_told(settings: Settings, redis_url: str, store: Store, token: str) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await serve_until(stopped, settings, redis_url, store, token)


async def serve_until(
    stopped: asyncio.Event,
    settings: Settings,
    redis_url: str,
    store: Store,
    token: str,
    limits: Limits = TELEGRAM.limits,
) -> None:
    """Serve with everything that this process needs, until `stopped`."""
    rate_limiter = RateLimiter(settings.chats.commands_a_minute)
    services = Services(store, settings, settings.closed_list(), rate_limiter, WorkQueue(redis_url))
    queue = _Inbox(store)
    application = _application(token, queue, store)
    sender = TelegramSender(application.bot, store, Pacer(limits))
    await _initialized(application, stopped)
    async with (
        redis_wakeup(redis_url) as wakeup,
        leadership(store, PLATFORM, settings.lease.delivery_s, stopped) as lost,
    ):
        if stopped.is_set():
            return
        home = f"https://t.me/{application.bot.username}"

        def rendered(content: Content, delivery: Delivery) -> list[Message]:
            return messages(content, delivery, services, home)

        application.add_handler(TypeHandler(Update, Updates(services, application.bot, sender, wakeup.wake).handle))
        await register(application.bot, store)
        await queue.put_back(application.bot)
        await application.start()
        await _listen(application, settings, token)
        watch = AnswerStreamer(redis_url, store, sender, rendered)
        outgoing = asyncio.create_task(outbox.serve(store, PLATFORM, sender, rendered, wakeup, follow=watch.follow))
        stopping = asyncio.create_task(stopped.wait())
        try:
            await asyncio.wait([outgoing, stopping, lost], return_when=asyncio.FIRST_COMPLETED)
            for ended in (outgoing, lost):
                if ended.done():
                    ended.result()
        finally:
            outgoing.cancel()
            stopping.cancel()
            await asyncio.gather(outgoing, stopping, return_exceptions=True)
            await watch.close()
            if application.updater and application.updater.running:
                await application.updater.stop()
            await application.stop()
            await application.shutdown()


def _application(token: str, queue: "_Inbox", store: Store) -> App:
    base = os.environ.get("TELEGRAM_API_URL", "https://api.telegram.org").rstrip("/")
    request = HTTPXRequest(connection_pool_size=64, pool_timeout=5, read_timeout=_SEND_S, write_timeout=_SEND_S)
    return (
        ApplicationBuilder()
        .token(token)
        .base_url(f"{base}/bot")
        .base_file_url(f"{base}/file/bot")
        .request(request)
        .update_queue(queue)
        .concurrent_updates(_Processor(store))
        .build()
    )


async def _initialized(application: App, stopped: asyncio.Event) -> None:
    """Until Telegram answers who we are; one that is away is asked again. Raises SettingsError for a refused token."""
    while not stopped.is_set():
        try:
            await application.initialize()
        except NetworkError as error:
            note(log, "telegram away", level=logging.WARNING, error=type(error).__name__)
            await _moment(stopped)
        except TelegramError:
            raise SettingsError("TELEGRAM_BOT_TOKEN: refused; copy it again from @BotFather") from None
        else:
            return


async def _listen(application: App, settings: Settings, token: str) -> None:
    """Updates by polling, or by the webhook of the settings. Both store them before Telegram is told we have them."""
    updater, telegram = application.updater, settings.platform(TELEGRAM.name, TelegramSettings)
    if updater is None:
        return
    if telegram.webhook_url is None:
        await updater.start_polling(allowed_updates=Update.ALL_TYPES, error_callback=_polling_failed)
        return
    host, _, port = telegram.webhook_listen.partition(":")
    await updater.start_webhook(
        host,
        int(port),
        urlsplit(telegram.webhook_url).path,
        webhook_url=telegram.webhook_url,
        allowed_updates=Update.ALL_TYPES,
        secret_token=webhook_secret(token),
    )


def webhook_secret(token: str) -> str:
    """What Telegram shows with each update, so that nobody else can send one; it cannot be turned back to the token."""
    return hashlib.sha256(f"paperboy webhook {token}".encode()).hexdigest()


async def _moment(stopped: asyncio.Event, seconds: float = 3.0) -> None:
    try:
        await asyncio.wait_for(stopped.wait(), seconds)
    except TimeoutError:
        return


def messages(content: Content, delivery: Delivery, services: Services, home: str) -> list[Message]:
    """What a delivery says here; `home` is our own address."""
    view = delivery.view
    look = RenderOptions(view.language, chart_of(content, delivery), home, view.place, view.layout == Layout.COMPACT)
    return render(content_blocks(content, delivery, services.categories, services.store), look)


class _Inbox(asyncio.Queue[object]):
    """Updates stored before Telegram is told that we have them, and given out once."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    async def put(self, item: object) -> None:
        if isinstance(item, Update):
            body = item.to_json()
            if not await asyncio.to_thread(self._store.updates.take, PLATFORM, item.update_id, body):
                return
        await super().put(item)

    async def put_back(self, bot: Bot) -> None:
        """What a stopped process took and did not deal with comes first."""
        for body in await asyncio.to_thread(self._store.updates.left, PLATFORM):
            await super().put(Update.de_json(json.loads(body), bot))


class _Processor(BaseUpdateProcessor):
    """Many updates at once, so that one slow answer stops nobody; each is done only when its handler has ended."""

    def __init__(self, store: Store) -> None:
        super().__init__(max_concurrent_updates=32)
        self._store = store

    async def do_process_update(self, update: object, coroutine: "Awaitable[Any]") -> None:
        await coroutine
        if isinstance(update, Update):
            await asyncio.to_thread(self._store.updates.done, PLATFORM, update.update_id)

    async def initialize(self) -> None:
        return

    async def shutdown(self) -> None:
        return


def _polling_failed(error: TelegramError) -> None:
    note(log, "polling failed", level=logging.WARNING, kind=type(error).__name__, error=error)
