"""The slash commands, in English and Korean; each becomes a command of `bot.commands.router`."""

import discord
from discord import app_commands
from discord.app_commands import locale_str

from bot.discord.components import LineForm
from bot.discord.handlers import Handlers, Interaction
from bot.i18n import LANGUAGES, catalog_for, language_name
from workers.domain.deliveries import Layout

_SHOWN = 25
"""Suggestions at most while somebody types (discord.com/developers/docs/interactions/application-commands)."""
_LAYOUTS = {
    Layout.SECTIONS: locale_str("Every section in the channel", ko="모두 채널에"),
    Layout.THREAD: locale_str("One post, sections in a thread", ko="글 하나, 분류는 스레드에"),
    Layout.COMPACT: locale_str("Compact", ko="짧게"),
}
Channel = discord.TextChannel | discord.ForumChannel
"""Channels that a command can name; a thread is subscribed by a command inside it."""


def add_commands(tree: app_commands.CommandTree[discord.Client], handlers: Handlers) -> None:
    _add_reader_commands(tree, handlers)
    _add_subscription_commands(tree, handlers)
    _add_owner_commands(tree, handlers)


def _add_reader_commands(tree: app_commands.CommandTree[discord.Client], handlers: Handlers) -> None:
    @tree.command(name=_text("digest", "다이제스트"), description=_text("The newest digest", "최신 다이제스트"))
    @app_commands.describe(
        date=_text("Of that day, such as 2025-06-03", "그날의 것(예: 2025-06-03)"),
        category=_text("One category alone", "한 분류만"),
        language=_text("In that language", "이 언어로"),
    )
    @app_commands.choices(language=[app_commands.Choice(name=language_name(code), value=code) for code in LANGUAGES])
    async def digest(interaction: Interaction, date: str = "", category: str = "", language: str = "") -> None:
        command = " ".join(filter(None, ["/digest", date, category, language]))
        await handlers.give(interaction, command, private=not category)

    @digest.autocomplete("date")
    async def days(_interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        found = [day for day in await handlers.days() if current in day]
        return [app_commands.Choice(name=day, value=day) for day in found[:_SHOWN]]

    @digest.autocomplete("category")
    async def names(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        language = interaction.locale.value.partition("-")[0]
        named = [(each.named(language), each.name) for each in handlers.services.categories]
        found = [(shown, name) for shown, name in named if current.casefold() in f"{shown} {name}".casefold()]
        return [app_commands.Choice(name=shown, value=name) for shown, name in found[:_SHOWN]]

    @tree.command(name=_text("ask", "질문"), description=_text("Ask about a paper", "논문에 대해 묻기"))
    async def ask(interaction: Interaction, question: str) -> None:
        await handlers.question(interaction, f"/ask {question}", question)

    @tree.context_menu(name=_text("Ask about this", "이 논문에 대해 질문"))
    async def ask_about(interaction: Interaction, message: discord.Message) -> None:
        catalog = catalog_for(await handlers.language_of(interaction))
        form = LineForm(catalog.ask_here, f"/about {message.channel.id} {message.id}")
        await handlers.responses.form(interaction, form)

    @tree.command(name=_text("forget", "잊기"), description=_text("Delete all my questions", "내 질문 모두 지우기"))
    async def forget(interaction: Interaction) -> None:
        await handlers.give(interaction, "/forget", private=True)

    @tree.command(name=_text("help", "도움말"), description=_text("What I can do", "할 수 있는 일"))
    async def help_(interaction: Interaction) -> None:
        await handlers.give(interaction, "/help", private=True)


def _add_subscription_commands(tree: app_commands.CommandTree[discord.Client], handlers: Handlers) -> None:
    @tree.command(
        name=_text("subscribe", "구독"), description=_text("Digests in a channel", "채널에 다이제스트 올리기")
    )
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.describe(
        channel=_text("Where; here if left out", "어디에(비우면 여기)"),
        categories=_text("Such as robotics, nlp; all if left out", "분류(쉼표로 나눔, 비우면 모두)"),
        language=_text("Of the digest", "다이제스트의 언어"),
        time=_text("Such as 08:30", "시각(예: 08:30)"),
        zone=_text("Such as Europe/Berlin", "시간대(예: Asia/Seoul)"),
        layout=_text("How it looks", "모양"),
        keywords=_text("Words to look for; -word hides", "키워드(-를 붙이면 숨김)"),
    )
    @app_commands.choices(
        language=[app_commands.Choice(name=language_name(code), value=code) for code in LANGUAGES],
        layout=[app_commands.Choice(name=name, value=value) for value, name in _LAYOUTS.items()],
    )
    async def subscribe(
        interaction: Interaction,
        channel: Channel | None = None,
        categories: str = "",
        language: str = "",
        time: str = "",
        zone: str = "",
        layout: str = "",
        keywords: str = "",
    ) -> None:
        wanted = {"language": language, "categories": categories, "time": time, "zone": zone, "layout": layout}
        await handlers.subscribe(interaction, channel, {**wanted, "keywords": keywords})

    @tree.command(
        name=_text("unsubscribe", "구독취소"),
        description=_text("No more digests here", "이 채널의 배달을 멈춤"),
    )
    @app_commands.default_permissions(manage_guild=True)
    async def unsubscribe(interaction: Interaction, channel: Channel | None = None) -> None:
        await handlers.give(interaction, "/unsubscribe", private=True, about=channel)

    @tree.command(
        name=_text("settings", "설정"),
        description=_text("Settings of a channel's digests", "채널 다이제스트 설정"),
    )
    @app_commands.default_permissions(manage_guild=True)
    async def settings(interaction: Interaction, channel: Channel | None = None) -> None:
        await handlers.give(interaction, "/settings", private=True, about=channel)

    @tree.command(name=_text("test", "미리보기"), description=_text("A preview in private", "개인 대화로 미리보기"))
    @app_commands.default_permissions(manage_guild=True)
    async def test(interaction: Interaction) -> None:
        await handlers.give(interaction, "/test", private=True)


def _add_owner_commands(tree: app_commands.CommandTree[discord.Client], handlers: Handlers) -> None:
    @tree.command(name=_text("status", "상태"), description=_text("Status (owners)", "상태(운영자)"))
    async def status(interaction: Interaction) -> None:
        await handlers.give(interaction, "/status", private=True)

    @tree.command(name=_text("owner", "운영자"), description=_text("Become the owner by a code", "코드로 운영자 되기"))
    async def owner(interaction: Interaction, code: str) -> None:
        await handlers.give(interaction, f"/owner {code}", private=True)

    @tree.command(name=_text("approve", "승인"), description=_text("Let a chat subscribe", "구독 신청을 승인"))
    async def approve(interaction: Interaction, chat: str) -> None:
        await handlers.give(interaction, f"/approve {chat}", private=True)


def _text(english: str, korean: str) -> locale_str:
    return locale_str(english, ko=korean)
