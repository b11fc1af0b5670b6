"""What people say and press on Discord, answered within the three seconds that it gives."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import discord

from bot.commands.permissions import Speaker
from bot.commands.router import Desk, Reply, answer
from bot.commands.subscriptions import target
from bot.delivery.wakeup import Doorbell
from bot.discord.components import Interaction, LineForm, form_line, layout
from bot.discord.permissions import Channels
from bot.discord.renderer import Look, cards_of, render
from bot.discord.sender import PLATFORM
from bot.i18n import SPOKEN, texts
from workers.domain.deliveries import CHANNEL, FORUM, PRIVATE
from workers.domain.questions import Post
from workers.store.status import overview

__all__ = ["Answers", "Interaction"]

_AT_ONCE_S = 1.5
"""How long an answer may take before Discord is told that it comes; a form can only be shown at once."""
_DAYS = 25


class Answers:
    """One for the process; `bell` wakes the outbox once there is one."""

    def __init__(self, desk: Desk, channels: Channels) -> None:
        self.desk, self._channels = desk, channels
        self.bell: Doorbell | None = None

    async def give(
        self, interaction: Interaction, line: str, private: bool, about: discord.abc.Snowflake | None = None
    ) -> None:
        """Answer `line` as if it had been typed; `private` answers are seen by who asked alone."""
        await interaction.response.defer(ephemeral=private, thinking=True)
        language = await self.language_of(interaction)
        reply = await self._answer(interaction, line, language, await self._speaker(interaction, about))
        await self._follow_up(interaction, reply, language, private)

    async def subscribe(
        self, interaction: Interaction, channel: discord.abc.Snowflake | None, wanted: Mapping[str, str]
    ) -> None:
        """Subscribe the channel, then set what was given; what we may not do there is named."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        language = await self.language_of(interaction)
        speaker = await self._speaker(interaction, channel)
        reply = await self._answer(interaction, "/subscribe", language, speaker)
        known = await asyncio.to_thread(self.desk.store.subscriptions.of, PLATFORM, speaker.chat)
        if known and speaker.manages:
            for key, value in wanted.items():
                if value:
                    said = f"/settings {known.subscription_id} {key} {value}"
                    reply = await self._answer(interaction, said, language, speaker)
        await self._follow_up(interaction, reply, language, private=True)
        missing = self._channels.missing(int(speaker.chat), inside=wanted.get("layout") == "thread")
        if missing:
            lacking = texts(language).lacks_permissions.format(names=", ".join(missing))
            await interaction.followup.send(lacking, ephemeral=True)

    async def pressed(self, interaction: Interaction, line: str) -> None:
        """A button or menu: its form, its screen in the place of the message, or an answer of its own."""
        language = await self.language_of(interaction)
        answering = asyncio.ensure_future(
            self._answer(interaction, line, language, await self._speaker(interaction), self._post_of(interaction))
        )
        done, _ = await asyncio.wait([answering], timeout=_AT_ONCE_S)
        if not done:
            await interaction.response.defer(ephemeral=True, thinking=True)
            await self._follow_up(interaction, await answering, language, private=True)
            return
        reply = answering.result()
        if reply.expects:
            await interaction.response.send_modal(LineForm(_title(reply), self._about(interaction, reply.expects)))
            return
        if reply.replaces and reply.blocks:
            await interaction.response.edit_message(view=self._view(reply, language))
            return
        await interaction.response.defer(ephemeral=True, thinking=True)
        await self._follow_up(interaction, reply, language, private=True)

    async def submitted(self, interaction: Interaction) -> None:
        """A form: the line it was opened for, with the words that were typed."""
        line = form_line(interaction.data)
        if line is None:
            return
        word, _, rest = line.partition(" ")
        if word in {"/ask", "/about"}:
            await self.question(interaction, line, rest)
            return
        await self.give(interaction, line, private=True)

    async def question(self, interaction: Interaction, line: str, shown: str) -> None:
        """A question by command or form: everybody sees what was asked; the answer is a message of its own."""
        language = await self.language_of(interaction)
        post = None
        if line.startswith("/about "):
            _, channel, number, words = (*line.split(" ", 3), "")[:4]
            post = await asyncio.to_thread(self.post, channel, number)
            line, shown = f"/ask {words}", words
        await interaction.response.send_message(
            f"💬 {discord.utils.escape_markdown(shown[:1800])}", allowed_mentions=discord.AllowedMentions.none()
        )
        reply = await self._answer(interaction, line, language, await self._speaker(interaction), post)
        if reply.blocks:
            await self._follow_up(interaction, reply, language, private=True)

    async def heard(self, message: discord.Message, line: str, post: Post | None) -> None:
        """A message that is said to us: its answer comes by the outbox, a friendly line at once."""
        language = await asyncio.to_thread(self._of_channel, str(message.channel.id), None)
        manages = message.guild is None
        place = PRIVATE if manages else CHANNEL
        speaker = Speaker(PLATFORM, str(message.author.id), str(message.channel.id), manages=manages, place=place)
        cause = f"{PLATFORM}:{message.id}"
        reply = await asyncio.to_thread(answer, line, speaker, language, self.desk, cause, str(message.id), post)
        self._ring()
        for each in render(reply.blocks, Look(language, self.desk.categories)):
            await message.channel.send(view=layout(cards_of(each)), allowed_mentions=discord.AllowedMentions.none())

    def post(self, channel: str, number: str) -> Post | None:
        """The digest's message that stands there; in a thread under it, as the outbox calls it."""
        outbox = self.desk.store.outbox
        return outbox.standing(PLATFORM, [number, f"{channel}/{number}"])

    async def days(self) -> list[str]:
        """The newest editions' days."""
        seen = await asyncio.to_thread(overview, self.desk.store.engine, _DAYS)
        return [str(each.day) for each in seen.editions if each.closed_at and not each.retracted]

    async def language_of(self, interaction: Interaction) -> str:
        """The channel's own, else that of who asks."""
        spoken = "ko" if interaction.locale is discord.Locale.korean else "en"
        return await asyncio.to_thread(self._of_channel, str(interaction.channel_id), spoken)

    def _of_channel(self, channel: str, otherwise: str | None) -> str:
        known = self.desk.store.subscriptions.of(PLATFORM, channel)
        language = known.view.language if known else otherwise or self.desk.settings.digest.language
        return language if language in SPOKEN or known else "en"

    async def _answer(
        self, interaction: Interaction, line: str, language: str, speaker: Speaker, post: Post | None = None
    ) -> Reply:
        cause = f"{PLATFORM}:{interaction.id}"
        reply = await asyncio.to_thread(
            answer, line, await self._target(line, speaker), language, self.desk, cause, None, post
        )
        self._ring()
        return reply

    async def _speaker(self, interaction: Interaction, about: discord.abc.Snowflake | None = None) -> Speaker:
        """Discord itself says who may manage a server; in private everybody manages their own channel."""
        alone = interaction.guild_id is None
        manages = alone or interaction.permissions.manage_guild
        channel = about or interaction.channel
        forum = isinstance(channel, discord.ForumChannel)
        place = PRIVATE if alone else FORUM if forum else CHANNEL
        number = str(about.id if about else interaction.channel_id)
        name = getattr(channel, "name", "") or ""
        return Speaker(PLATFORM, str(interaction.user.id), number, manages=manages, place=place, name=name)

    async def _target(self, line: str, speaker: Speaker) -> Speaker:
        """Who speaks about another channel's subscription must manage the server that it is in."""
        number = target(line)
        of = await asyncio.to_thread(self.desk.store.subscriptions.get, number) if number is not None else None
        if of is None or of.platform != PLATFORM or of.chat == speaker.chat:
            return speaker
        same = self._channels.same_server(int(of.chat), int(speaker.chat)) if of.chat.isdigit() else False
        return replace(speaker, chat=of.chat, manages=speaker.manages and same, elsewhere=True)

    async def _follow_up(self, interaction: Interaction, reply: Reply, language: str, private: bool) -> None:
        rendered = render(reply.blocks, Look(language, self.desk.categories))
        if not rendered:
            await interaction.delete_original_response()
            return
        for each in rendered:
            await interaction.followup.send(
                view=layout(cards_of(each)), ephemeral=private, allowed_mentions=discord.AllowedMentions.none()
            )

    def _view(self, reply: Reply, language: str) -> discord.ui.LayoutView:
        return layout(cards_of(render(reply.blocks, Look(language, self.desk.categories))[0]))

    def _post_of(self, interaction: Interaction) -> Post | None:
        message = interaction.message
        return self.post(str(message.channel.id), str(message.id)) if message else None

    def _about(self, interaction: Interaction, line: str) -> str:
        """A question about the whole post names it, for the form knows nothing else."""
        message = interaction.message
        return f"/about {message.channel.id} {message.id}" if line == "/ask" and message else line

    def _ring(self) -> None:
        if self.bell:
            self.bell.ring()


def _title(reply: Reply) -> str:
    lines = getattr(reply.blocks[0], "lines", ("…",)) if reply.blocks else ("…",)
    return str(lines[0])
