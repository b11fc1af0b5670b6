"""The Discord process: it sends deliveries from the store and answers what members write, press and do."""

import asyncio
import logging
import os
from collections.abc import Callable

import discord
import yarl
from discord import app_commands

from bot.commands.command_list import register_if_changed
from bot.commands.context import Services, services_for
from bot.delivery.pacing import Pacer
from bot.delivery.ports import Sender
from bot.delivery.service import PlatformContext, run_platform, serve_platform
from bot.discord import identity
from bot.discord.addressing import text_for_us
from bot.discord.components import LineButton, LineSelect
from bot.discord.connector import bound_waits, check_proxies, client_options
from bot.discord.handlers import Handlers
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
from workers.runtime.logs import note

log = logging.getLogger(__name__)


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; returns 0. Raises SettingsError for a token that is missing or refused."""
    point_at(os.environ.get("DISCORD_API_URL"), os.environ.get("DISCORD_GATEWAY_URL"))
    return run_platform(DISCORD, settings, _serve)


def point_at(api: str | None, gateway: str | None) -> None:
    """Use other servers than Discord's own, in the whole process: the library offers no other way."""
    if api:
        discord.http.Route.BASE = api.rstrip("/")
    if gateway:
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)


async def _serve(context: PlatformContext) -> None:
    await serve_until_stopped(context, await asyncio.to_thread(identity.reads_messages, os.environ))


async def serve_until_stopped(
    context: PlatformContext, reads_messages: bool = False, limits: Limits = DISCORD.limits
) -> None:
    """Serve until `context.stopped` is set. Raises SettingsError for a refused token."""
    services = services_for(context.store, context.settings, context.redis_url)
    await serve_platform(context, lambda wake: Client(services, context.token, wake, reads_messages, limits))


class Client(discord.AutoShardedClient):
    """See `bot.delivery.service.Frontend`.

    Needs no privileged intent: commands, private messages, mentions and replies arrive without one. `reads_messages`:
    the application has the message content intent, so plain messages in the bot's threads arrive too.
    """

    def __init__(
        self, services: Services, token: str, wake: Callable[[], None], reads_messages: bool, limits: Limits
    ) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=reads_messages)
        check_proxies((discord.http.Route.BASE, str(discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY)), os.environ)
        super().__init__(intents=intents, max_messages=None, **client_options(os.environ))
        bound_waits(self)
        self._services, self._token, self._connected = services, token, asyncio.Event()
        channels, publishes = Channels(self), services.settings.platform(DISCORD.name, DiscordSettings).publish
        self.sender: Sender = DiscordSender(self, services.store, Pacer(limits), publishes)
        self._bot_handlers = Handlers(services, channels, wake)
        self.tree = app_commands.CommandTree(self)
        add_commands(self.tree, self._bot_handlers)

    def render(self, content: Content, delivery: Delivery) -> list[Message]:
        return messages(content, delivery, self._services)

    async def receive(self, connected: asyncio.Event) -> None:
        self._connected = connected
        try:
            async with self:
                await self.start(self._token)
        except discord.LoginFailure:
            raise SettingsError("DISCORD_BOT_TOKEN: refused; copy it again from discord.com/developers") from None

    async def on_ready(self) -> None:
        self._connected.set()

    async def setup_hook(self) -> None:
        LineButton.press = staticmethod(self._bot_handlers.pressed)
        LineSelect.press = staticmethod(self._bot_handlers.pressed)
        self.add_dynamic_items(LineButton, LineSelect)
        await self._sync()

    async def on_interaction(self, interaction: discord.Interaction[discord.Client]) -> None:
        if interaction.type is discord.InteractionType.modal_submit:
            await self._bot_handlers.submitted(interaction)

    async def on_message(self, message: discord.Message) -> None:
        text = text_for_us(message, self.user)
        if text is None:
            return
        answered = message.reference.message_id if message.reference else None
        root = answered or (message.channel.id if isinstance(message.channel, discord.Thread) else None)
        about = await asyncio.to_thread(self._bot_handlers.about, str(message.channel.id), str(root)) if root else None
        await self._bot_handlers.heard(message, text, about)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        for channel in guild.channels:
            await self._pause(channel.id)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was added again: subscriptions that were paused resume with their settings."""
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
        """Register the slash commands if they have changed: Discord allows 200 new ones a day."""
        translator = _Translator()
        await self.tree.set_translator(translator)
        wire = [await command.get_translated_payload(self.tree, translator) for command in self.tree.get_commands()]
        if await register_if_changed(self._services.store, PLATFORM, wire, self.tree.sync, str(self.application_id)):
            note(log, "commands synced")


def messages(content: Content, delivery: Delivery, services: Services) -> list[Message]:
    """The messages of a delivery on Discord."""
    view = delivery.view
    forum = view.place == Place.FORUM
    title = (
        content.digest.title or content.digest.date
        if isinstance(content, Text) and (forum or view.layout == Layout.THREAD)
        else ""
    )
    options = RenderOptions(view.language, services.categories, chart_of(content, delivery), title, forum)
    return render(content_blocks(content, delivery, services.categories, services.store), options)


class _Translator(app_commands.Translator):
    """Gives Discord the Korean text that a name or description carries beside the English one."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        del context
        korean = string.extras.get("ko")
        return str(korean) if locale is discord.Locale.korean and korean else None
