"""The Telegram process: it sends deliveries from the store and stores the updates that it receives."""

import asyncio
import hashlib
import json
import logging
import os
from collections.abc import Callable
from urllib.parse import urlsplit

from telegram import Bot, Update
from telegram.error import NetworkError, TelegramError
from telegram.ext import Updater
from telegram.request import HTTPXRequest

from bot.commands.context import Services, services_for
from bot.delivery.inbox import Inbox
from bot.delivery.pacing import Pacer
from bot.delivery.ports import Sender
from bot.delivery.service import UPDATES, PlatformContext, run_platform, serve_platform
from bot.platforms import TELEGRAM, Limits, TelegramSettings
from bot.presentation.blocks import chart_of, content_blocks
from bot.telegram.command_menu import register
from bot.telegram.handlers import Handlers
from bot.telegram.polling import poll
from bot.telegram.renderer import RenderOptions, render
from bot.telegram.sender import PLATFORM, TelegramSender
from workers.config import Settings
from workers.domain.deliveries import Content, Delivery, Layout, Message
from workers.domain.errors import SettingsError
from workers.runtime.logs import note
from workers.runtime.proxies import proxy_for

log = logging.getLogger(__name__)

_SEND_S = 25.0
"""Seconds to wait for Telegram's response to a message; mornings are slow."""
_LOOK_S = 15.0
"""Seconds between two looks whether the webhook's server accepts connections."""


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; returns 0.

    Raises SettingsError for a token that is missing or refused, and for a proxy variable that cannot be read.
    """
    os.environ["PTB_TIMEDELTA"] = "1"  # python-telegram-bot then returns durations as timedelta, without a warning
    return run_platform(TELEGRAM, settings, serve_until_stopped)


async def serve_until_stopped(context: PlatformContext, limits: Limits = TELEGRAM.limits) -> None:
    """Serve until `context.stopped` is set. Raises SettingsError for a refused token."""
    services = services_for(context.store, context.settings, context.redis_url)
    polls = _request()
    bot = _bot(context.token, polls)
    try:
        await _initialize(bot, context.stopped)
        sender = TelegramSender(bot, context.store, Pacer(limits))
        await serve_platform(context, lambda wake: TelegramFrontend(context, services, bot, polls, sender, wake))
    finally:
        await bot.shutdown()


class TelegramFrontend:
    """See `bot.delivery.service.Frontend`; `bot` is initialized, `polls` makes its requests for updates."""

    def __init__(
        self,
        context: PlatformContext,
        services: Services,
        bot: Bot,
        polls: HTTPXRequest,
        sender: TelegramSender,
        wake: Callable[[], None],
    ) -> None:
        self._context, self._services, self._bot, self._polls = context, services, bot, polls
        self._handlers = Handlers(services, bot, sender, wake)
        self.sender: Sender = sender

    def render(self, content: Content, delivery: Delivery) -> list[Message]:
        return messages(content, delivery, self._services, f"https://t.me/{self._bot.username}")

    async def receive(self, connected: asyncio.Event) -> None:
        await register(self._bot, self._services.store)
        inbox = Inbox(self._services.store, PLATFORM, str(self._bot.id), self._handle, self._give_up)
        settings = self._services.settings.platform(TELEGRAM.name, TelegramSettings)
        async with inbox.open():
            connected.set()
            if settings.webhook_url is None:
                await poll(self._bot, self._polls, inbox, self._beat)
            else:
                await self._serve_webhook(settings, settings.webhook_url, inbox)

    async def _serve_webhook(self, settings: TelegramSettings, url: str, inbox: Inbox) -> None:
        """Receive updates by webhook, until cancelled; an update is stored before it is confirmed."""
        host, _, port = settings.webhook_listen.partition(":")
        async with Updater(self._bot, _Queue(inbox)) as updater:
            await updater.start_webhook(
                host,
                int(port),
                urlsplit(url).path,
                webhook_url=url,
                allowed_updates=Update.ALL_TYPES,
                secret_token=webhook_secret(self._bot.token),
            )
            try:
                await self._listens(host, int(port))
            finally:
                await updater.stop()

    async def _listens(self, host: str, port: int) -> None:
        """Report progress for as long as the webhook's own server accepts connections."""
        while True:
            try:
                _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), _LOOK_S)
                writer.close()
                self._beat()
            except OSError as error:
                note(log, "webhook does not listen", level=logging.WARNING, error=error)
            await asyncio.sleep(_LOOK_S)

    async def _handle(self, body: str) -> None:
        update = Update.de_json(json.loads(body), self._bot)
        await self._handlers.handle(update)

    async def _give_up(self, body: str) -> None:
        await self._handlers.give_up(Update.de_json(json.loads(body), self._bot))

    def _beat(self) -> None:
        self._context.watchdog.beat(UPDATES)


def _bot(token: str, polls: HTTPXRequest) -> Bot:
    return Bot(
        token,
        base_url=f"{_base()}/bot",
        base_file_url=f"{_base()}/file/bot",
        request=_request(connections=64),
        get_updates_request=polls,
    )


def _request(connections: int = 1) -> HTTPXRequest:
    """Raises SettingsError for a proxy variable that cannot be read."""
    return HTTPXRequest(
        connection_pool_size=connections,
        pool_timeout=5,
        read_timeout=_SEND_S,
        write_timeout=_SEND_S,
        proxy=proxy_for(_base(), os.environ),
        httpx_kwargs={"trust_env": False},
    )


def _base() -> str:
    """Telegram's address, or that of another server of the Bot API."""
    return os.environ.get("TELEGRAM_API_URL", "https://api.telegram.org").rstrip("/")


async def _initialize(bot: Bot, stopped: asyncio.Event) -> None:
    """Ask Telegram who the bot is, again and again while it cannot be reached, until `stopped`.

    Raises SettingsError for a refused token.
    """
    while not stopped.is_set():
        try:
            await bot.initialize()
        except NetworkError as error:
            note(log, "telegram away", level=logging.WARNING, error=type(error).__name__)
            await _pause(stopped)
        except TelegramError:
            raise SettingsError("TELEGRAM_BOT_TOKEN: refused; copy it again from @BotFather") from None
        else:
            return


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


class _Queue(asyncio.Queue[object]):
    """Where the library puts the updates of a webhook before it confirms them."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__()
        self._inbox = inbox

    async def put(self, item: object) -> None:
        if isinstance(item, Update):
            await self._inbox.take(item.update_id, item.to_json())
