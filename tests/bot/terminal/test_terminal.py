"""Tests blocks in a terminal: all papers, no markup in titles, bars in proportion, a name for each step."""

import asyncio
import inspect
import io
import re
from collections.abc import Sequence

import pytest
from rich.console import Console

from bot.commands.context import Services
from bot.commands.permissions import Actor
from bot.commands.router import answer
from bot.i18n import LANGUAGES, catalog_for
from bot.presentation.blocks import blocks
from bot.terminal.app import TerminalChat
from bot.terminal.renderer import render
from bot.terminal.sender import TerminalSender
from tests.bot.conftest import DAY
from tests.fakes.clock import FakeClock
from tests.fakes.subscriptions import NewSubscription
from workers import config
from workers.digest import pipeline
from workers.domain.blocks import TextBlock
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Delivery, Message, View
from workers.domain.models import Category, Edition
from workers.store import Store


def printed(messages: Sequence[Message], width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    sender = TerminalSender(console, catalog_for("ko"))
    for message in messages:
        asyncio.run(sender.send(ChatRef("terminal", "here"), message, ""))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_paper_is_shown_and_its_title_is_text(
    language: str, store: Store, edition: Edition, categories: Sequence[Category]
) -> None:
    text = store.texts.get(DAY, language)
    assert text is not None
    screen = printed(render(blocks(text.digest, categories), language))
    for paper in text.digest.papers:
        assert screen.count(paper.title) == 1
        assert paper.links[0].url in screen
    assert "[bold]fast[/bold]" in screen
    assert "<think>" in screen
    assert all(len(line) <= 80 for line in screen.splitlines())


def test_the_numbers_of_a_message_are_kept_for_follow_ups(
    store: Store, edition: Edition, categories: Sequence[Category]
) -> None:
    text = store.texts.get(DAY, "ko")
    assert text is not None
    assert [message.papers for message in render(blocks(text.digest, categories), "ko")] == [(), (1, 2), (3,), ()]


def test_bars_are_in_proportion(store: Store, edition: Edition, categories: Sequence[Category]) -> None:
    text = store.texts.get(DAY, "ko")
    assert text is not None
    bars = [
        line.count("█") for line in printed(render(blocks(text.digest, categories), "ko")).splitlines() if "█" in line
    ]
    assert bars == [30, 15]


def test_a_long_line_wraps_under_its_beginning() -> None:
    screen = printed([Message("• " + "word " * 30)], width=40)
    first, second, *_ = screen.splitlines()
    assert first.startswith("• word")
    assert second.startswith("  word")


def test_each_message_has_its_own_number() -> None:
    sender = TerminalSender(Console(file=io.StringIO()), catalog_for("ko"))
    numbers = [asyncio.run(sender.send(ChatRef("terminal", "here"), Message("x"), "")) for _ in range(3)]
    assert numbers == ["1", "2", "3"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_of_the_pipeline_has_a_name_in_every_language(language: str) -> None:
    steps = re.findall(r'\b(?:step|on_progress)\("(\w+)"', inspect.getsource(pipeline))
    assert set(catalog_for(language).steps) == set(steps)


def test_an_edition_is_printed_as_the_chat_sees_it(store: Store, edition: Edition) -> None:
    chat = TerminalChat(store, config.load(environment={}), Console(file=io.StringIO()))
    text = store.texts.get(DAY, "en")
    assert text is not None

    def numbers(view: View) -> list[int]:
        delivery = Delivery(1, chat.chat, DAY, 1, view=view)
        return [n for message in chat.render(text, delivery) for n in message.papers]

    assert numbers(View("en")) == [1, 2, 3]
    assert numbers(View("en", categories=("Audio & Speech",))) == [3]


def test_a_day_of_which_a_chat_sees_nothing_is_not_called_quiet(
    store: Store, edition: Edition, bot_clock: FakeClock
) -> None:
    settings, chat = config.load(environment={}), ChatRef("terminal", "here")
    nothing = View("en", categories=("Graph Learning",))
    store.subscriptions.add(NewSubscription(chat, bot_clock.now(), view=nothing))
    services = Services(store, settings, settings.closed_list())
    reply = answer("/digest", Actor("here", chat, manages=True), "en", services)
    assert reply.blocks == [TextBlock(("No paper of 2025-06-03 matches the settings of this chat.",))]
