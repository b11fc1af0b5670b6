"""Slash commands: what `bot.commands` answers, in Discord's dress and both languages."""

import asyncio

import discord
from discord import app_commands
from discord.app_commands import locale_str

from bot.access import Speaker
from bot.commands import Desk, answer
from bot.discord.render import cards_of, render
from bot.discord.send import PLATFORM, layout
from bot.texts import SPOKEN, language_name

Interaction = discord.Interaction[discord.Client]


class Answers:
    """Every answer is asked for within three seconds and given when it is there."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def give(self, interaction: Interaction, line: str, private: bool) -> None:
        """Answer `line` as if it had been typed; `private` answers are seen by who asked alone."""
        await interaction.response.defer(ephemeral=private, thinking=True)
        language = await asyncio.to_thread(self.language, interaction)
        cause = f"{PLATFORM}:{interaction.id}"
        reply = await asyncio.to_thread(answer, line, speaker_of(interaction), language, self._desk, cause)
        for message in render(reply.blocks, language, self._desk.categories):
            await interaction.followup.send(
                view=layout(cards_of(message)), ephemeral=private, allowed_mentions=discord.AllowedMentions.none()
            )

    def language(self, interaction: Interaction) -> str:
        """The channel's own, else that of who asks."""
        known = self._desk.store.subscriptions.of(PLATFORM, str(interaction.channel_id))
        return known.view.language if known else "ko" if interaction.locale is discord.Locale.korean else "en"


def speaker_of(interaction: Interaction) -> Speaker:
    """Discord itself says who may manage a server; in private everybody manages their own channel."""
    manages = interaction.guild_id is None or interaction.permissions.manage_guild
    return Speaker(PLATFORM, str(interaction.user.id), str(interaction.channel_id), manages=manages)


def add_commands(tree: app_commands.CommandTree[discord.Client], answers: Answers) -> None:
    @tree.command(name=_said("digest", "다이제스트"), description=_said("The newest digest", "최신 다이제스트"))
    @app_commands.describe(
        date=_said("Of that day, such as 2025-06-03", "그날의 것(예: 2025-06-03)"),
        category=_said("One category alone", "한 분류만"),
        language=_said("In that language", "이 언어로"),
    )
    @app_commands.choices(language=[app_commands.Choice(name=language_name(code), value=code) for code in SPOKEN])
    async def digest(interaction: Interaction, date: str = "", category: str = "", language: str = "") -> None:
        words = " ".join(filter(None, ["/digest", date, category, language]))
        await answers.give(interaction, words, private=not category)

    @tree.command(
        name=_said("subscribe", "구독"), description=_said("A digest every weekday here", "이 채널에 평일마다 배달")
    )
    @app_commands.default_permissions(manage_guild=True)
    async def subscribe(interaction: Interaction) -> None:
        await answers.give(interaction, "/subscribe", private=True)

    @tree.command(
        name=_said("unsubscribe", "구독취소"), description=_said("No more digests here", "이 채널의 배달을 멈춤")
    )
    @app_commands.default_permissions(manage_guild=True)
    async def unsubscribe(interaction: Interaction) -> None:
        await answers.give(interaction, "/unsubscribe", private=True)

    @tree.command(name=_said("owner", "운영자"), description=_said("Become the owner by a code", "코드로 운영자 되기"))
    async def owner(interaction: Interaction, code: str) -> None:
        await answers.give(interaction, f"/owner {code}", private=True)

    @tree.command(name=_said("approve", "승인"), description=_said("Let a chat subscribe", "구독 신청을 승인"))
    async def approve(interaction: Interaction, chat: str) -> None:
        await answers.give(interaction, f"/approve {chat}", private=True)

    @tree.command(name=_said("help", "도움말"), description=_said("What I can do", "할 수 있는 일"))
    async def help_(interaction: Interaction) -> None:
        await answers.give(interaction, "/help", private=True)


def _said(english: str, korean: str) -> locale_str:
    return locale_str(english, ko=korean)
