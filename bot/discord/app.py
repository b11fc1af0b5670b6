"""The Discord process: deliveries out, slash commands and members' doings in."""

import asyncio
import hashlib
import json
import logging
import os
import signal
from typing import Any

import discord
import yarl
from discord import app_commands

from bot import outbox
from bot.commands import Desk
from bot.discord.commands import Answers, add_commands
from bot.discord.render import render
from bot.discord.send import PLATFORM, DiscordSender
from bot.doorbell import Doorbell, doorbell
from bot.outbox import Content
from bot.pacing import DISCORD, Pacer
from bot.post import holding
from bot.view import chart_of, content_blocks
from workers import lifeline
from workers.config import Settings
from workers.domain.deliveries import Delivery, Message
from workers.domain.errors import SettingsError
from workers.logs import note
from workers.store import open_store
from workers.store.subscriptions import GONE
from workers.system import system_clock

log = logging.getLogger(__name__)

_COMMANDS = "commands"


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; returns 0. Raises SettingsError for a token that is missing or refused."""
    token = os.environ.get("DISCORD_BOT_TOKEN")
    if not token:
        raise SettingsError("DISCORD_BOT_TOKEN: is not set; discord.com/developers gives one")
    if not settings.queue.url:
        raise SettingsError("queue.url: the Discord frontend needs REDIS_URL")
    lifeline.tie()
    point_at(os.environ.get("DISCORD_API_URL"), os.environ.get("DISCORD_GATEWAY_URL"))
    with open_store(settings.store.url, system_clock(), settings.lease.edition_s, settings.lease.delivery_s) as store:
        asyncio.run(_serve(Desk(store, settings, settings.closed_list()), settings.queue.url, token))
    return 0


def point_at(api: str | None, gateway: str | None) -> None:
    """Another server than Discord's own, for the whole process: the library has no other way."""
    if api:
        discord.http.Route.BASE = api.rstrip("/")
    if gateway:
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)


async def _serve(desk: Desk, redis_url: str, token: str) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with (
        doorbell(redis_url) as bell,
        holding(desk.store, PLATFORM, desk.settings.lease.delivery_s, stopped) as lost,
        Client(desk) as client,
    ):
        if stopped.is_set():
            return
        serving = asyncio.create_task(client.start(token))
        outgoing = asyncio.create_task(client.deliver(bell))
        stopping = asyncio.create_task(stopped.wait())
        tasks = [serving, outgoing, stopping, lost]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for ended in (serving, outgoing, lost):
                if ended.done():
                    ended.result()
        except discord.LoginFailure:
            raise SettingsError("DISCORD_BOT_TOKEN: refused; copy it again from discord.com/developers") from None
        finally:
            await client.close()
            for task in (serving, outgoing, stopping):
                task.cancel()
            await asyncio.gather(serving, outgoing, stopping, return_exceptions=True)


class Client(discord.AutoShardedClient):
    """Needs no privileged intent: commands, private messages and mentions arrive without."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(intents=discord.Intents(guilds=True, dm_messages=True), max_messages=None)
        self._desk, self._pacer = desk, Pacer(DISCORD)
        self.tree = app_commands.CommandTree(self)
        add_commands(self.tree, Answers(desk))

    async def setup_hook(self) -> None:
        await self.tree.set_translator(_Translator())
        await self._sync()

    async def deliver(self, bell: Doorbell) -> None:
        """Deliveries out, many channels at once, each one's in order; looks again whenever somebody rings."""
        await self.wait_until_ready()
        sender = DiscordSender(self, self._desk.store, self._pacer)

        def rendered(content: Content, delivery: Delivery) -> list[Message]:
            return messages(content, delivery, self._desk)

        await outbox.serve(self._desk.store, PLATFORM, sender, rendered, bell)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        for channel in guild.channels:
            await self._pause(channel.id)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        for channel in guild.channels:
            await asyncio.to_thread(self._desk.store.subscriptions.reactivate, PLATFORM, str(channel.id))

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        await self._pause(channel.id)

    async def _pause(self, channel: int) -> None:
        await asyncio.to_thread(self._desk.store.subscriptions.deactivate, PLATFORM, str(channel), GONE)

    async def _sync(self) -> None:
        """Tell Discord our commands only when they changed: it takes 200 new ones a day."""
        inbox: Any = self._desk.store.inbox
        translator = self.tree.translator
        wire = (
            [await each.get_translated_payload(self.tree, translator) for each in self.tree.get_commands()]
            if translator
            else []
        )
        digest = hashlib.sha256(json.dumps(wire, sort_keys=True, default=str).encode()).hexdigest()
        if await asyncio.to_thread(inbox.file_id, PLATFORM, _COMMANDS) != digest:
            await self.tree.sync()
            await asyncio.to_thread(inbox.uploaded, PLATFORM, _COMMANDS, digest)
            note(log, "commands synced")


def messages(content: Content, delivery: Delivery, desk: Desk) -> list[Message]:
    """What a delivery says here."""
    shown = content_blocks(content, delivery, desk.categories, desk.store)
    return render(shown, delivery.view.language, desk.categories, chart_of(content, delivery))


class _Translator(app_commands.Translator):
    """Names and descriptions carry their Korean beside the English."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        del context
        korean = string.extras.get("ko")
        return str(korean) if locale is discord.Locale.korean and korean else None
