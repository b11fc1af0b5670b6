"""The Discord process: it sends deliveries from the store and answers what members write, press and do."""

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import aiohttp
import discord
import yarl

from bot.commands.context import Services, services_for
from bot.delivery.inbox import Inbox, Sleep
from bot.delivery.pacing import Pacer
from bot.delivery.ports import Sender
from bot.delivery.service import UPDATES, PlatformContext, run_platform, serve_platform
from bot.discord import gateway, identity
from bot.discord.addressing import text_for_us
from bot.discord.charts import PLATFORM
from bot.discord.command_tree import CommandTree
from bot.discord.components import Interaction, pressed_line
from bot.discord.connector import bound_waits, check_proxies, client_options
from bot.discord.errors import DiscordAway
from bot.discord.handlers import Handlers
from bot.discord.membership import Membership
from bot.discord.permissions import Channels
from bot.discord.renderer import RenderOptions, render
from bot.discord.responses import Responses
from bot.discord.sender import DiscordSender
from bot.discord.slash_commands import add_commands
from bot.discord.updates import HeardMessage, StoredInteraction, body_of, is_stored, parse
from bot.platforms import DISCORD, DiscordSettings, Limits
from bot.presentation.blocks import chart_of, content_blocks
from workers.config import Settings
from workers.domain.deliveries import Content, Delivery, Layout, Message, Place
from workers.domain.errors import SettingsError
from workers.domain.models import Text
from workers.runtime.boundary import reason_of
from workers.runtime.logs import note

log = logging.getLogger(__name__)

_REFUSED = "DISCORD_BOT_TOKEN: refused; copy it again from discord.com/developers"
_AUTHENTICATION_FAILED = 4004
"""Code with which the gateway closes the connection of a token that was reset
(discord.com/developers/docs/topics/opcodes-and-status-codes#gateway)."""
_FIRST_RESPONSE = timedelta(seconds=3)
"""Time in which Discord takes the first response to an interaction."""


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
    context: PlatformContext,
    reads_messages: bool = False,
    limits: Limits = DISCORD.limits,
    sleep: Sleep = asyncio.sleep,
) -> None:
    """Serve until `context.stopped` is set. Raises SettingsError for a refused token or a proxy that cannot be read.

    `sleep` pauses between the tries of an update.
    """
    services = services_for(context.store, context.settings, context.redis_url)
    await serve_platform(context, lambda wake: Client(context, services, wake, reads_messages, limits, sleep))


class Client(discord.AutoShardedClient):
    """See `bot.delivery.service.Frontend`.

    Needs no privileged intent: commands, private messages, mentions and replies arrive without one. `reads_messages`:
    the application has the message content intent, so plain messages in the bot's threads arrive too.
    """

    def __init__(
        self,
        context: PlatformContext,
        services: Services,
        wake: Callable[[], None],
        reads_messages: bool,
        limits: Limits,
        sleep: Sleep,
    ) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=reads_messages)
        check_proxies((discord.http.Route.BASE, str(discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY)), os.environ)
        super().__init__(intents=intents, max_messages=None, **client_options(os.environ))
        bound_waits(self)
        self._context, self._services, self._sleep, self._connected = context, services, sleep, asyncio.Event()
        channels, publishes = Channels(self), services.settings.platform(DISCORD.name, DiscordSettings).publish
        self.sender: Sender = DiscordSender(self, services.store, Pacer(limits), publishes)
        responses = Responses(self.sender, services.categories)
        self._bot_handlers = Handlers(services, channels, responses, wake)
        self._membership = Membership(services.store)
        self.tree = CommandTree(self)
        add_commands(self.tree, self._bot_handlers)
        self._arriving: set[asyncio.Task[None]] = set()
        self._parse_interaction = self._connection.parsers["INTERACTION_CREATE"]
        self._connection.parsers["INTERACTION_CREATE"] = self._interaction_arrived
        gateway.guard(self._connection.parsers)

    def render(self, content: Content, delivery: Delivery) -> list[Message]:
        return messages(content, delivery, self._services)

    async def receive(self, connected: asyncio.Event) -> None:
        self._connected = connected
        try:
            async with self:
                await self.login(self._context.token)
                await self._serve_updates()
        except discord.LoginFailure:
            raise SettingsError(_REFUSED) from None
        except discord.ConnectionClosed as error:
            raise SettingsError(_REFUSED) if error.code == _AUTHENTICATION_FAILED else _away(error) from None
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            raise _away(error) from None

    async def _serve_updates(self) -> None:
        """Handle what an earlier process left and what the gateway reports, until cancelled."""
        bot = str(self.application_id)
        self._inbox = Inbox(self._services.store, PLATFORM, bot, self._handle, self._give_up, self._sleep)
        await self._register_commands()
        watching = asyncio.create_task(gateway.watch(self, lambda: self._context.watchdog.beat(UPDATES)))
        try:
            async with self._inbox.open():
                await self.connect()
        finally:
            watching.cancel()

    async def _register_commands(self) -> None:
        """Register the slash commands; those that Discord has serve until the next start if that fails now."""
        try:
            await self.tree.register(self._services.store)
        except Exception as error:  # noqa: BLE001 - everything else works without
            note(log, "commands not synced", level=logging.ERROR, error=reason_of(error))

    async def on_ready(self) -> None:
        self._connected.set()

    async def on_error(self, event_method: str, /, *args: object, **kwargs: object) -> None:
        del args, kwargs
        error = sys.exc_info()[1]
        reason = reason_of(error) if error else "unknown"
        note(log, "event failed", level=logging.ERROR, gateway_event=event_method, error=reason)

    def _interaction_arrived(self, data: Any) -> None:
        """Store an interaction before anything answers it; suggestions while somebody types are only answered."""
        if not is_stored(data):
            self._parse_interaction(data)
            return
        taking = asyncio.ensure_future(self._inbox.take(int(data["id"]), body_of(StoredInteraction(data))))
        self._arriving.add(taking)
        taking.add_done_callback(self._arriving.discard)

    async def on_message(self, message: discord.Message) -> None:
        text = text_for_us(message, self.user)
        if text is not None:
            await self._inbox.take(message.id, body_of(HeardMessage.of(message, text)))

    async def _handle(self, body: str) -> None:
        update = parse(body)
        if isinstance(update, HeardMessage):
            await self._connected.wait()
            await self._bot_handlers.heard(update)
            return
        if discord.utils.utcnow() - update.asked_at > _FIRST_RESPONSE:  # the first response is too late anyway
            await self._connected.wait()
        interaction: Interaction = discord.Interaction(data=cast("Any", update.data), state=self._connection)
        match interaction.type:
            case discord.InteractionType.application_command:
                await self.tree.run(interaction)
            case discord.InteractionType.component:
                line = pressed_line(interaction.data)
                if line:
                    await self._bot_handlers.pressed(interaction, line)
            case discord.InteractionType.modal_submit:
                await self._bot_handlers.submitted(interaction)

    async def _give_up(self, body: str) -> None:
        update = parse(body)
        if isinstance(update, HeardMessage):
            await self._bot_handlers.give_up(update)
            return
        await self._bot_handlers.give_up(discord.Interaction(data=cast("Any", update.data), state=self._connection))

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        await self._membership.closed(channel.id for channel in [*guild.channels, *guild.threads])

    async def on_guild_join(self, guild: discord.Guild) -> None:
        await self._membership.opened(channel.id for channel in [*guild.channels, *guild.threads])

    async def on_guild_available(self, guild: discord.Guild) -> None:
        await self.on_guild_join(guild)

    async def on_thread_delete(self, thread: discord.Thread) -> None:
        await self._membership.closed([thread.id])

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        await self._membership.closed([channel.id])


def _away(error: Exception) -> DiscordAway:
    return DiscordAway(f"discord: cannot be reached ({type(error).__name__}); it is tried again")


def messages(content: Content, delivery: Delivery, services: Services) -> list[Message]:
    """The messages of a delivery on Discord."""
    view = delivery.view
    forum = view.place == Place.FORUM
    title = ""
    if isinstance(content, Text) and (forum or view.layout == Layout.THREAD):
        title = content.digest.title or content.digest.date
    options = RenderOptions(view.language, services.categories, chart_of(content, delivery), title, forum)
    return render(content_blocks(content, delivery, services.categories, services.store), options)
