"""The Telegram process: deliveries out, updates in, each through the store."""

import asyncio
import json
import logging
import os
import signal
from collections.abc import Awaitable
from typing import Any

from telegram import Bot, Update
from telegram.error import NetworkError, TelegramError
from telegram.ext import Application, ApplicationBuilder, BaseUpdateProcessor, TypeHandler
from telegram.request import HTTPXRequest

from bot.doorbell import Doorbell, doorbell
from bot.outbox import deliver_all
from bot.pacing import BROADCAST, INTERACTIVE, TELEGRAM, Pacer
from bot.post import holding
from bot.telegram.render import render
from bot.telegram.send import PLATFORM, TelegramSender
from bot.telegram.updates import Desk, Updates
from bot.view import chat_blocks
from workers import lifeline
from workers.config import Settings
from workers.domain.blocks import Closing
from workers.domain.deliveries import Delivery, Message, picture_name
from workers.domain.errors import SettingsError
from workers.domain.models import Text
from workers.logs import note
from workers.store import Store, open_store
from workers.system import system_clock

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
    lifeline.tie()
    os.environ["PTB_TIMEDELTA"] = "1"  # the library's own way to have its times as they will be
    clock = system_clock()
    with open_store(settings.store.url, clock, settings.lease.edition_s, settings.lease.delivery_s) as store:
        asyncio.run(_serve(settings, settings.queue.url, store, token))
    return 0


async def _serve(settings: Settings, redis_url: str, store: Store, token: str) -> None:
    pacer, desk = Pacer(TELEGRAM), Desk(store, settings, settings.closed_list())
    queue = _Inbox(store)
    application = _application(token, queue, store)
    updates = Updates(desk, application.bot, TelegramSender(application.bot, store, pacer, INTERACTIVE))
    application.add_handler(TypeHandler(Update, updates.handle))
    sender = TelegramSender(application.bot, store, pacer, BROADCAST)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await _initialized(application, stopped)
    async with doorbell(redis_url) as bell, holding(store, PLATFORM, settings.lease.delivery_s, stopped) as lost:
        if stopped.is_set():
            return
        await queue.put_back(application.bot)
        await application.start()
        if application.updater:
            await application.updater.start_polling(allowed_updates=Update.ALL_TYPES, error_callback=_polling_failed)
        outgoing = asyncio.create_task(_deliver(desk, sender, bell))
        stopping = asyncio.create_task(stopped.wait())
        try:
            await asyncio.wait([outgoing, stopping, lost], return_when=asyncio.FIRST_COMPLETED)
            for ended in (outgoing, lost):
                if ended.done():
                    ended.result()
        finally:
            outgoing.cancel()
            stopping.cancel()
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


async def _moment(stopped: asyncio.Event, seconds: float = 3.0) -> None:
    try:
        await asyncio.wait_for(stopped.wait(), seconds)
    except TimeoutError:
        return


async def _deliver(desk: Desk, sender: TelegramSender, bell: Doorbell) -> None:
    """Deliveries out, many chats at once, each chat's in order; looks again whenever somebody rings."""

    def rendered(text: Text | None, delivery: Delivery) -> list[Message]:
        return messages(text, delivery, desk)

    while True:
        await deliver_all(desk.store, PLATFORM, sender, rendered)
        await bell.rung()


def messages(text: Text | None, delivery: Delivery, desk: Desk) -> list[Message]:
    """What a delivery says: its notice, or its edition as chats are posted it."""
    if text is None:
        return render([Closing(tuple((delivery.notice or "").splitlines()))], delivery.language)
    chart = picture_name(delivery.day, delivery.language, delivery.revision) if text.chart_png and delivery.day else ""
    return render(chat_blocks(text.digest, desk.categories), delivery.language, chart)


class _Inbox(asyncio.Queue[object]):
    """Updates stored before Telegram is told that we have them, and given out once."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    async def put(self, item: object) -> None:
        if isinstance(item, Update):
            body = item.to_json()
            if not await asyncio.to_thread(self._store.inbox.take, PLATFORM, item.update_id, body):
                return
        await super().put(item)

    async def put_back(self, bot: Bot) -> None:
        """What a stopped process took and did not deal with comes first."""
        for body in await asyncio.to_thread(self._store.inbox.left, PLATFORM):
            await super().put(Update.de_json(json.loads(body), bot))


class _Processor(BaseUpdateProcessor):
    """Many updates at once, so that one slow answer stops nobody; each is done only when its handler has ended."""

    def __init__(self, store: Store) -> None:
        super().__init__(max_concurrent_updates=32)
        self._store = store

    async def do_process_update(self, update: object, coroutine: "Awaitable[Any]") -> None:
        await coroutine
        if isinstance(update, Update):
            await asyncio.to_thread(self._store.inbox.done, PLATFORM, update.update_id)

    async def initialize(self) -> None:
        return

    async def shutdown(self) -> None:
        return


def _polling_failed(error: TelegramError) -> None:
    note(log, "polling failed", level=logging.WARNING, kind=type(error).__name__, error=error)
