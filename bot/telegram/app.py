"""The Telegram process: it sends deliveries from the store and stores the updates that it receives."""

import asyncio
import hashlib
import json
import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from telegram import Bot, Update
from telegram.error import NetworkError, TelegramError
from telegram.ext import Application, ApplicationBuilder, BaseUpdateProcessor, TypeHandler
from telegram.request import HTTPXRequest

from bot.commands.context import Services, services_for
from bot.delivery.pacing import Pacer
from bot.delivery.ports import Sender
from bot.delivery.service import PlatformContext, run_platform, serve_platform
from bot.platforms import TELEGRAM, Limits, TelegramSettings
from bot.presentation.blocks import chart_of, content_blocks
from bot.telegram.command_menu import register
from bot.telegram.handlers import Handlers
from bot.telegram.renderer import RenderOptions, render
from bot.telegram.sender import PLATFORM, TelegramSender
from workers.config import Settings
from workers.domain.deliveries import Content, Delivery, Layout, Message
from workers.domain.errors import SettingsError
from workers.runtime.logs import note
from workers.store import Store

log = logging.getLogger(__name__)

_SEND_S = 25.0
"""Seconds to wait for Telegram's response to a message; mornings are slow."""

App = Application[Any, Any, Any, Any, Any, Any]


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; returns 0. Raises SettingsError for a token that is missing or refused."""
    os.environ["PTB_TIMEDELTA"] = "1"  # python-telegram-bot then returns durations as timedelta, without a warning
    return run_platform(TELEGRAM, settings, serve_until_stopped)


async def serve_until_stopped(context: PlatformContext, limits: Limits = TELEGRAM.limits) -> None:
    """Serve until `context.stopped` is set. Raises SettingsError for a refused token."""
    inbox = _Inbox(context.store)
    application = _application(context.token, inbox, context.store)
    services = services_for(context.store, context.settings, context.redis_url)
    sender = TelegramSender(application.bot, context.store, Pacer(limits))
    try:
        await _initialize(application, context.stopped)
        await serve_platform(context, lambda wake: TelegramFrontend(services, application, inbox, sender, wake))
    finally:
        await application.shutdown()


class TelegramFrontend:
    """See `bot.delivery.service.Frontend`; `application` is initialized."""

    def __init__(
        self,
        services: Services,
        application: App,
        inbox: "_Inbox",
        sender: TelegramSender,
        wake: Callable[[], None],
    ) -> None:
        self._services, self._application, self._inbox = services, application, inbox
        self._handlers = Handlers(services, application.bot, sender, wake)
        self.sender: Sender = sender

    def render(self, content: Content, delivery: Delivery) -> list[Message]:
        return messages(content, delivery, self._services, f"https://t.me/{self._application.bot.username}")

    async def receive(self, connected: asyncio.Event) -> None:
        application = self._application
        application.add_handler(TypeHandler(Update, self._handlers.handle))
        await register(application.bot, self._services.store)
        await self._inbox.put_back(application.bot)
        try:
            await application.start()
            await _listen(application, self._services.settings)
            connected.set()
            await asyncio.Event().wait()
        finally:
            if application.updater and application.updater.running:
                await application.updater.stop()
            if application.running:
                await application.stop()


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


async def _initialize(application: App, stopped: asyncio.Event) -> None:
    """Ask Telegram who the bot is, again and again while it cannot be reached, until `stopped`.

    Raises SettingsError for a refused token.
    """
    while not stopped.is_set():
        try:
            await application.initialize()
        except NetworkError as error:
            note(log, "telegram away", level=logging.WARNING, error=type(error).__name__)
            await _pause(stopped)
        except TelegramError:
            raise SettingsError("TELEGRAM_BOT_TOKEN: refused; copy it again from @BotFather") from None
        else:
            return


async def _listen(application: App, settings: Settings) -> None:
    """Receive updates by polling, or by webhook if the settings name one.

    Both ways store an update before they confirm it to Telegram.
    """
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
        secret_token=webhook_secret(application.bot.token),
    )


def webhook_secret(token: str) -> str:
    """The secret that Telegram sends with each update, so that nobody else can send one.

    The token cannot be computed from it.
    """
    return hashlib.sha256(f"paperboy webhook {token}".encode()).hexdigest()


async def _pause(stopped: asyncio.Event, seconds: float = 3.0) -> None:
    try:
        await asyncio.wait_for(stopped.wait(), seconds)
    except TimeoutError:
        return


def messages(content: Content, delivery: Delivery, services: Services, home: str) -> list[Message]:
    """The messages of a delivery on Telegram; `home` is the bot's address."""
    view = delivery.view
    options = RenderOptions(view.language, chart_of(content, delivery), home, view.place, view.layout == Layout.COMPACT)
    return render(content_blocks(content, delivery, services.categories, services.store), options)


class _Inbox(asyncio.Queue[object]):
    """The queue of updates: each is stored before it is confirmed to Telegram, and handled once."""

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
        """Queue the updates that an earlier process stored and did not finish."""
        for body in await asyncio.to_thread(self._store.updates.left, PLATFORM):
            await super().put(Update.de_json(json.loads(body), bot))


class _Processor(BaseUpdateProcessor):
    """Handles 32 updates at once, so that a slow answer delays nobody; an update is done when its handler has ended."""

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
