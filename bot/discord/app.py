"""The Discord process: deliveries out, slash commands and members' doings in."""

import asyncio
import hashlib
import json
import logging
import os
import signal

import discord
import yarl
from discord import app_commands

from bot.commands.context import Services
from bot.commands.intent import is_question, is_small_talk
from bot.commands.rate_limit import RateLimiter
from bot.delivery import outbox
from bot.delivery.leader import leadership
from bot.delivery.pacing import Pacer
from bot.delivery.streaming import AnswerStreamer
from bot.delivery.wakeup import RedisWakeup, redis_wakeup
from bot.discord import identity
from bot.discord.components import LineButton, LineSelect
from bot.discord.handlers import Answers
from bot.discord.permissions import Channels
from bot.discord.renderer import RenderOptions, render
from bot.discord.sender import PLATFORM, DiscordSender
from bot.discord.slash_commands import add_commands
from bot.platforms import DISCORD, DiscordSettings, Limits
from bot.presentation.blocks import chart_of, content_blocks
from workers.config import Settings
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Content, Delivery, Layout, Message, Place, SubscriptionStatus
from workers.domain.errors import SettingsError
from workers.domain.models import Text
from workers.queue import WorkQueue
from workers.runtime import parent_process
from workers.runtime.clock import system_clock
from workers.runtime.logs import note
from workers.store import open_store

log = logging.getLogger(__name__)

_COMMANDS = "commands"


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; returns 0. Raises SettingsError for a token that is missing or refused."""
    token = os.environ.get("DISCORD_BOT_TOKEN")
    if not token:
        raise SettingsError("DISCORD_BOT_TOKEN: is not set; discord.com/developers gives one")
    if not settings.queue.url:
        raise SettingsError("queue.url: the Discord frontend needs REDIS_URL")
    parent_process.exit_with_parent()
    point_at(os.environ.get("DISCORD_API_URL"), os.environ.get("DISCORD_GATEWAY_URL"))
    reads = identity.reads_messages(os.environ)
    with open_store(settings.store.url, system_clock(), settings.lease.edition_s, settings.lease.delivery_s) as store:
        rate_limiter = RateLimiter(settings.chats.commands_a_minute)
        services = Services(store, settings, settings.closed_list(), rate_limiter, WorkQueue(settings.queue.url))
        asyncio.run(_until_told(services, settings.queue.url, token, reads))
    return 0


def point_at(api: str | None, gateway: str | None) -> None:
    """Another server than Discord's own, for the whole process: the library has no other way."""
    if api:
        discord.http.Route.BASE = api.rstrip("/")
    if gateway:
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)


async def _until_told(services: Services, redis_url: str, token: str, reads: bool) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    await serve_until(stopped, services, redis_url, token, reads)


async def serve_until(
    stopped: asyncio.Event,
    services: Services,
    redis_url: str,
    token: str,
    reads: bool = False,
    limits: Limits = DISCORD.limits,
) -> None:
    """Serve until `stopped`. Raises SettingsError for a refused token."""
    async with (
        redis_wakeup(redis_url) as wakeup,
        leadership(services.store, PLATFORM, services.settings.lease.delivery_s, stopped) as lost,
        Client(services, reads, limits) as client,
    ):
        if stopped.is_set():
            return
        serving = asyncio.create_task(client.start(token))
        outgoing = asyncio.create_task(client.deliver(wakeup, redis_url))
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

    def __init__(self, services: Services, reads: bool = False, limits: Limits = DISCORD.limits) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=reads)
        super().__init__(intents=intents, max_messages=None)
        self._services, self._channels = services, Channels(self)
        self._sender = DiscordSender(
            self, services.store, Pacer(limits), services.settings.platform(DISCORD.name, DiscordSettings).publish
        )
        self._answers = Answers(services, self._channels)
        self.tree = app_commands.CommandTree(self)
        add_commands(self.tree, self._answers)

    async def setup_hook(self) -> None:
        LineButton.press = staticmethod(self._answers.pressed)
        LineSelect.press = staticmethod(self._answers.pressed)
        self.add_dynamic_items(LineButton, LineSelect)
        await self.tree.set_translator(_Translator())
        await self._sync()

    async def deliver(self, wakeup: RedisWakeup, redis_url: str) -> None:
        """Deliveries out, many channels at once, each one's in order; looks again whenever somebody rings."""
        self._answers.wakeup = wakeup
        await self.wait_until_ready()

        def rendered(content: Content, delivery: Delivery) -> list[Message]:
            return messages(content, delivery, self._services)

        watch = AnswerStreamer(redis_url, self._services.store, self._sender, rendered)
        try:
            await outbox.serve(self._services.store, PLATFORM, self._sender, rendered, wakeup, follow=watch.follow)
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
        about = await asyncio.to_thread(self._answers.about, str(message.channel.id), str(root)) if root else None
        await self._answers.heard(message, line, about)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        for channel in guild.channels:
            await self._pause(channel.id)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Let in again: as it was before."""
        subscriptions = self._services.store.subscriptions
        paused = await asyncio.to_thread(subscriptions.paused_chats, PLATFORM)
        for channel in [*guild.channels, *guild.threads]:
            if str(channel.id) in paused:
                await asyncio.to_thread(subscriptions.reactivate_chat, ChatRef(PLATFORM, str(channel.id)))

    async def on_guild_available(self, guild: discord.Guild) -> None:
        await self.on_guild_join(guild)

    async def on_thread_delete(self, thread: discord.Thread) -> None:
        await self._pause(thread.id)

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        await self._pause(channel.id)

    async def _pause(self, channel: int) -> None:
        chat = ChatRef(PLATFORM, str(channel))
        await asyncio.to_thread(self._services.store.subscriptions.pause_chat, chat, SubscriptionStatus.REMOVED)

    async def _sync(self) -> None:
        """Tell Discord our commands only when they changed: it takes 200 new ones a day."""
        uploads = self._services.store.uploads
        translator = self.tree.translator
        wire = (
            [await each.get_translated_payload(self.tree, translator) for each in self.tree.get_commands()]
            if translator
            else []
        )
        digest = hashlib.sha256(json.dumps(wire, sort_keys=True, default=str).encode()).hexdigest()
        if await asyncio.to_thread(uploads.file_id, PLATFORM, _COMMANDS) != digest:
            await self.tree.sync()
            await asyncio.to_thread(uploads.uploaded, PLATFORM, _COMMANDS, digest)
            note(log, "commands synced")


def messages(content: Content, delivery: Delivery, services: Services) -> list[Message]:
    """What a delivery says here."""
    view = delivery.view
    forum = view.place == Place.FORUM
    title = content.digest.title if isinstance(content, Text) and (forum or view.layout == Layout.THREAD) else ""
    look = RenderOptions(view.language, services.categories, chart_of(content, delivery), title, forum)
    return render(content_blocks(content, delivery, services.categories, services.store), look)


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
        return words if is_question(words) else None
    return None if not words or is_small_talk(words) else words.lstrip("/")


class _Translator(app_commands.Translator):
    """Names and descriptions carry their Korean beside the English."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        del context
        korean = string.extras.get("ko")
        return str(korean) if locale is discord.Locale.korean and korean else None
