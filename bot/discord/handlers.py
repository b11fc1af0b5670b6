"""Handles Discord's interactions and messages; an interaction is answered within the three seconds that it allows."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

import discord

from bot.commands.chats import actor_about, chat_language
from bot.commands.context import Reply, Services, text_block
from bot.commands.permissions import Actor
from bot.commands.router import answer
from bot.delivery.patience import until_stored
from bot.discord.charts import PLATFORM
from bot.discord.components import Interaction, LineForm, form_line
from bot.discord.permissions import Channels
from bot.discord.responses import Responses
from bot.discord.updates import HeardMessage
from bot.i18n import LANGUAGES, catalog_for
from workers.domain.chats import ChatRef, direct_chat
from workers.domain.deliveries import Place, Subscription
from workers.domain.questions import PostedMessage
from workers.runtime.logs import note
from workers.store.status import overview

__all__ = ["Handlers", "Interaction"]

log = logging.getLogger(__name__)

_AT_ONCE_S = 1.5
"""Seconds after which the reply is announced to Discord; a form can only be shown before that."""
_ECHO = 1800
"""Characters of a question that are shown with it; a message may have 2,000."""
_DAYS = 25
"""Editions that are looked through for the suggestions of days."""


class Handlers:
    """Handles interactions and messages; the replies come from `bot.commands.router`. `wake` wakes the outbox.

    An interaction or message may be handled again, if an earlier try failed or an earlier process stopped.
    """

    def __init__(self, services: Services, channels: Channels, responses: Responses, wake: Callable[[], None]) -> None:
        self.services, self.responses = services, responses
        self._channels, self._wake = channels, wake

    async def give(
        self, interaction: Interaction, line: str, private: bool, about: discord.abc.Snowflake | None = None
    ) -> None:
        """Answer a command; a `private` reply is seen only by the person who asked."""
        await self.responses.defer(interaction, private)
        language = await self.language_of(interaction)
        reply = await self._answer(interaction, line, language, await self._actor(interaction, about))
        await self.responses.show(interaction, reply.blocks, language, private)

    async def subscribe(
        self, interaction: Interaction, channel: discord.abc.Snowflake | None, wanted: Mapping[str, str]
    ) -> None:
        """Subscribe the channel, change the given settings, and name the permissions that the bot lacks there."""
        await self.responses.defer(interaction, private=True)
        language = await self.language_of(interaction)
        actor = await self._actor(interaction, channel)
        reply = await self._answer(interaction, "/subscribe", language, actor)
        known = await asyncio.to_thread(self.services.store.subscriptions.of, actor.chat)
        if known and actor.manages:
            for key, value in wanted.items():
                if value:
                    command = f"/settings {known.subscription_id} {key} {value}"
                    reply = await self._answer(interaction, command, language, actor)
        missing = self._channels.missing(int(actor.chat.chat), inside=wanted.get("layout") == "thread")
        lacking = catalog_for(language).lacks_permissions.format(names=", ".join(missing))
        blocks = [*reply.blocks, *([text_block(lacking)] if missing else [])]
        await self.responses.show(interaction, blocks, language, private=True)

    async def pressed(self, interaction: Interaction, line: str) -> None:
        """A button or menu: the reply is a form, or replaces the message, or is a message of its own."""
        language = await self.language_of(interaction)
        answering = asyncio.ensure_future(
            self._answer(interaction, line, language, await self._actor(interaction), await self._post_of(interaction))
        )
        done, _ = await asyncio.wait([answering], timeout=_AT_ONCE_S)
        if not done:
            await self.responses.defer(interaction, private=True)
            await self.responses.show(interaction, (await answering).blocks, language, private=True)
            return
        reply = answering.result()
        if reply.expects:
            form = LineForm(_title(reply), self._about(interaction, reply.expects))
            await self.responses.form(interaction, form)
        elif reply.replaces and reply.blocks:
            await self.responses.replace(interaction, reply.blocks, language)
        else:
            await self.responses.defer(interaction, private=True)
            await self.responses.show(interaction, reply.blocks, language, private=True)

    async def submitted(self, interaction: Interaction) -> None:
        """A form: its command with the text that was typed."""
        line = form_line(interaction.data)
        if line is None:
            return
        word, _, rest = line.partition(" ")
        if word in {"/ask", "/about"}:
            await self.question(interaction, line, rest)
            return
        await self.give(interaction, line, private=True)

    async def question(self, interaction: Interaction, line: str, shown: str) -> None:
        """A question by command or form: everybody sees it; the answer comes by the outbox."""
        language = await self.language_of(interaction)
        about = None
        if line.startswith("/about "):
            _, channel, number, text = (*line.split(" ", 3), "")[:4]
            about = await asyncio.to_thread(self._posted, channel, number)
            line, shown = f"/ask {text}", text
        await self.responses.echo(interaction, f"💬 {discord.utils.escape_markdown(shown)[:_ECHO]}")
        reply = await self._answer(interaction, line, language, await self._actor(interaction), about)
        await self.responses.add(interaction, reply.blocks, language)

    async def heard(self, message: HeardMessage) -> None:
        """A message addressed to the bot: an answer to a question comes by the outbox, any other reply at once."""
        chat = ChatRef(PLATFORM, str(message.channel))
        language = await asyncio.to_thread(chat_language, self.services, chat)
        place = Place.PRIVATE if message.private else Place.CHANNEL
        actor = Actor(str(message.person), chat, manages=message.private, place=place)
        about = await asyncio.to_thread(self._posted, chat.chat, str(message.root)) if message.root else None
        number = str(message.message_id)
        key = f"{PLATFORM}:{number}"
        reply = await asyncio.to_thread(answer, message.text, actor, language, self.services, key, number, about)
        self._wake()
        await self.responses.say(chat, reply.blocks, language, number)

    async def give_up(self, update: HeardMessage | Interaction) -> None:
        """Tell the person that their command or question could not be handled."""
        if isinstance(update, HeardMessage):
            chat = ChatRef(PLATFORM, str(update.channel))
            language = await asyncio.to_thread(chat_language, self.services, chat)
            await self._notify(f"failed:{PLATFORM}:{update.message_id}", chat, language)
            return
        language = await self.language_of(update)
        blocks = [text_block(catalog_for(language).did_not_work)]
        try:
            await self.responses.show(update, blocks, language, private=True)
        except Exception as error:  # noqa: BLE001 - the outbox tries for longer
            note(log, "told by message", level=logging.WARNING, error=type(error).__name__)
            person = direct_chat(PLATFORM, str(update.user.id))
            await self._notify(f"failed:{PLATFORM}:{update.id}", person, language)

    async def _notify(self, key: str, chat: ChatRef, language: str) -> None:
        text = catalog_for(language).did_not_work
        await until_stored(self.services.store.outbox.notify, key, chat, language, text)
        self._wake()

    def _posted(self, channel: str, number: str) -> PostedMessage | None:
        """The posted message with that id, in the channel or in a thread; None if it is not the bot's."""
        sent_messages = self.services.store.sent_messages
        return sent_messages.posted_message_by_id(PLATFORM, [number, f"{channel}/{number}"])

    async def days(self) -> list[str]:
        """The days of the newest editions."""
        status = await asyncio.to_thread(overview, self.services.store, _DAYS)
        return [str(edition.day) for edition in status.editions if edition.closed_at and not edition.retracted]

    async def language_of(self, interaction: Interaction) -> str:
        """The language of the channel's subscription, else of the person's Discord."""
        code = str(interaction.locale).partition("-")[0]
        spoken = code if code in LANGUAGES else "en"
        chat = ChatRef(PLATFORM, str(interaction.channel_id))
        return await asyncio.to_thread(chat_language, self.services, chat, spoken=spoken)

    async def _answer(
        self, interaction: Interaction, line: str, language: str, actor: Actor, about: PostedMessage | None = None
    ) -> Reply:
        idempotency_key = f"{PLATFORM}:{interaction.id}"

        async def elsewhere(subscription: Subscription) -> Actor | None:
            return self._elsewhere(actor, subscription)

        subject = await actor_about(line, actor, self.services, elsewhere)
        reply = await asyncio.to_thread(answer, line, subject, language, self.services, idempotency_key, None, about)
        self._wake()
        return reply

    async def _actor(self, interaction: Interaction, about: discord.abc.Snowflake | None = None) -> Actor:
        """The person, about the channel `about` or the one they are in; in private everybody may manage their chat."""
        private = interaction.guild_id is None
        manages = private or interaction.permissions.manage_guild
        channel = about or interaction.channel
        forum = isinstance(channel, discord.ForumChannel)
        place = Place.PRIVATE if private else Place.FORUM if forum else Place.CHANNEL
        chat = ChatRef(PLATFORM, str(about.id if about else interaction.channel_id))
        name = getattr(channel, "name", "") or ""
        return Actor(str(interaction.user.id), chat, manages=manages, place=place, name=name)

    def _elsewhere(self, actor: Actor, subscription: Subscription) -> Actor | None:
        """Whoever manages the server manages all its channels."""
        channel, here = subscription.chat.chat, actor.chat.chat
        same_server = channel.isdigit() and self._channels.same_server(int(channel), int(here))
        return replace(actor, chat=subscription.chat, elsewhere=True) if actor.manages and same_server else None

    async def _post_of(self, interaction: Interaction) -> PostedMessage | None:
        message = interaction.message
        return await asyncio.to_thread(self._posted, str(message.channel.id), str(message.id)) if message else None

    def _about(self, interaction: Interaction, line: str) -> str:
        """The command of a form; a question about a whole message names it, because the form knows nothing else."""
        message = interaction.message
        return f"/about {message.channel.id} {message.id}" if line == "/ask" and message else line


def _title(reply: Reply) -> str:
    """The first line of a reply, as the title of its form."""
    lines = getattr(reply.blocks[0], "lines", ("…",)) if reply.blocks else ("…",)
    return str(lines[0])
