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

from bot.commands.context import Desk
from bot.commands.intent import asks, is_chatter
from bot.commands.rate_limit import Courtesy
from bot.delivery import outbox
from bot.delivery.leader import holding
from bot.delivery.pacing import Pacer
from bot.delivery.streaming import Watch
from bot.delivery.wakeup import Doorbell, doorbell
from bot.discord import identity
from bot.discord.components import LineButton, LineSelect
from bot.discord.handlers import Answers
from bot.discord.permissions import Channels
from bot.discord.renderer import Look, render
from bot.discord.sender import PLATFORM, DiscordSender
from bot.discord.slash_commands import add_commands
from bot.platforms import DISCORD, DiscordSettings, Limits
from bot.presentation.blocks import chart_of, content_blocks
from workers.config import Settings
from workers.domain.deliveries import FORUM, THREAD, Content, Delivery, Message
from workers.domain.errors import SettingsError
from workers.domain.models import Text
from workers.queue import WorkQueue
from workers.runtime import parent_process
from workers.runtime.clock import system_clock
from workers.runtime.logs import note
from workers.store import open_store
from workers.store.subscriptions import GONE

log = logging.getLogger(__name__)

_COMMANDS = "commands"


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; returns 0. Raises SettingsError for a token that is missing or refused."""
    token = os.environ.get("DISCORD_BOT_TOKEN")
    if not token:
        raise SettingsError("DISCORD_BOT_TOKEN: is not set; discord.com/developers gives one")
    if not settings.queue.url:
        raise SettingsError("queue.url: the Discord frontend needs REDIS_URL")
    parent_process.tie()
    point_at(os.environ.get("DISCORD_API_URL"), os.environ.get("DISCORD_GATEWAY_URL"))
    reads = identity.reads_messages(os.environ)
    with open_store(settings.store.url, system_clock(), settings.lease.edition_s, settings.lease.delivery_s) as store:
        courtesy = Courtesy(settings.chats.commands_a_minute)
        desk = Desk(store, settings, settings.closed_list(), courtesy, WorkQueue(settings.queue.url))
        asyncio.run(_until_told(desk, settings.queue.url, token, reads))
    return 0


def point_at(api: str | None, gateway: str | None) -> None:
    """Another server than Discord's own, for the whole process: the library has no other way."""
    if api:
        discord.http.Route.BASE = api.rstrip("/")
    if gateway:
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)


async def _until_told(desk: Desk, redis_url: str, token: str, reads: bool) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await serve_until(stopped, desk, redis_url, token, reads)


async def serve_until(
    stopped: asyncio.Event, desk: Desk, redis_url: str, token: str, reads: bool = False, limits: Limits = DISCORD.limits
) -> None:
    """Serve until `stopped`. Raises SettingsError for a refused token."""
    async with (
        doorbell(redis_url) as bell,
        holding(desk.store, PLATFORM, desk.settings.lease.delivery_s, stopped) as lost,
        Client(desk, reads, limits) as client,
    ):
        if stopped.is_set():
            return
        serving = asyncio.create_task(client.start(token))
        outgoing = asyncio.create_task(client.deliver(bell, redis_url))
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
    """Needs no privileged intent: commands, private messages, mentions and replies arrive without.

    `reads`: the application was granted the message content intent, so plain messages in our threads arrive too.
    """

    def __init__(self, desk: Desk, reads: bool = False, limits: Limits = DISCORD.limits) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=reads)
        super().__init__(intents=intents, max_messages=None)
        self._desk, self._channels = desk, Channels(self)
        self._sender = DiscordSender(
            self, desk.store, Pacer(limits), desk.settings.platform(DISCORD.name, DiscordSettings).publish
        )
        self._answers = Answers(desk, self._channels)
        self.tree = app_commands.CommandTree(self)
        add_commands(self.tree, self._answers)

    async def setup_hook(self) -> None:
        LineButton.press = staticmethod(self._answers.pressed)
        LineSelect.press = staticmethod(self._answers.pressed)
        self.add_dynamic_items(LineButton, LineSelect)
        await self.tree.set_translator(_Translator())
        await self._sync()

    async def deliver(self, bell: Doorbell, redis_url: str) -> None:
        """Deliveries out, many channels at once, each one's in order; looks again whenever somebody rings."""
        self._answers.bell = bell
        await self.wait_until_ready()

        def rendered(content: Content, delivery: Delivery) -> list[Message]:
            return messages(content, delivery, self._desk)

        watch = Watch(redis_url, self._desk.store, self._sender, rendered)
        try:
            await outbox.serve(self._desk.store, PLATFORM, self._sender, rendered, bell, follow=watch.follow)
        finally:
            await watch.close()

    async def on_interaction(self, interaction: discord.Interaction[discord.Client]) -> None:
        if interaction.type is discord.InteractionType.modal_submit:
            await self._answers.submitted(interaction)

    async def on_message(self, message: discord.Message) -> None:
        line = said_to_us(message, self.user)
        if line is None:
            return
        answered = message.reference.message_id if message.reference else None
        root = answered or (message.channel.id if isinstance(message.channel, discord.Thread) else None)
        post = await asyncio.to_thread(self._answers.post, str(message.channel.id), str(root)) if root else None
        await self._answers.heard(message, line, post)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        for channel in guild.channels:
            await self._pause(channel.id)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Let in again: as it was before."""
        subscriptions = self._desk.store.subscriptions
        resting = await asyncio.to_thread(subscriptions.resting, PLATFORM)
        for channel in [*guild.channels, *guild.threads]:
            if str(channel.id) in resting:
                await asyncio.to_thread(subscriptions.reactivate, PLATFORM, str(channel.id))

    async def on_guild_available(self, guild: discord.Guild) -> None:
        await self.on_guild_join(guild)

    async def on_thread_delete(self, thread: discord.Thread) -> None:
        await self._pause(thread.id)

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
    view = delivery.view
    forum = view.place == FORUM
    title = content.digest.title if isinstance(content, Text) and (forum or view.layout == THREAD) else ""
    look = Look(view.language, desk.categories, chart_of(content, delivery), title, forum)
    return render(content_blocks(content, delivery, desk.categories, desk.store), look)


def said_to_us(message: discord.Message, us: discord.ClientUser | None) -> str | None:
    """A private message, a mention, a reply to us, a plain message in a thread of ours; None for everything else.

    Thanks get no answer, wherever they are said.
    """
    if us is None or message.author.bot or not message.content:
        return None
    words = " ".join(message.content.replace(us.mention, " ").replace(f"<@!{us.id}>", " ").split())
    answered = message.reference.resolved if message.reference else None
    ours = isinstance(answered, discord.Message) and answered.author.id == us.id
    named = any(user.id == us.id for user in message.mentions)
    thread = isinstance(message.channel, discord.Thread) and message.channel.owner_id == us.id
    if not (message.guild is None or named or ours or thread):
        return None
    if thread and not (ours or named):
        return words if asks(words) else None
    return None if not words or is_chatter(words) else words.lstrip("/")


class _Translator(app_commands.Translator):
    """Names and descriptions carry their Korean beside the English."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        del context
        korean = string.extras.get("ko")
        return str(korean) if locale is discord.Locale.korean and korean else None
