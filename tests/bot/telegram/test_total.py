"""Tests that whatever a digest, an answer or a menu holds, its messages are such as Telegram takes."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.setting import SettingsContext
from bot.commands.setting_fields import SETTING_FIELDS
from bot.commands.settings_menu import apply_line
from bot.i18n import LANGUAGES
from bot.presentation.blocks import chat_blocks, question_blocks
from bot.presentation.sanitize import utf16
from bot.telegram.renderer import RenderOptions, payload, render
from tests import strategies
from tests.fakes.subscriptions import NewSubscription
from tests.fakes.telegram_wire import parsed
from workers import config
from workers.domain.answers import Answer
from workers.domain.blocks import Block, ChoiceBlock, TextBlock
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Layout, Message, Place, View
from workers.domain.models import Digest
from workers.domain.questions import Question, QuestionRequest
from workers.store import Store

HOME = "https://t.me/paper_bot"
CATEGORIES = config.load(environment={}).closed_list()
OPTIONS = [
    RenderOptions("ko", "", HOME),
    RenderOptions("en", "2025-06-03 ko 0", HOME, Place.CHANNEL),
    RenderOptions("ko", "2025-06-03 ko 0", HOME, Place.CHANNEL, compact=True),
    RenderOptions("en", "2025-06-03 ko 0", HOME, compact=True),
]


def check(messages: Sequence[Message]) -> None:
    """Raises AssertionError for what Telegram would refuse."""
    for message in messages:
        message.text.encode()
        shown, complaints = parsed(message.text)
        assert complaints == []
        assert 0 < utf16(shown) <= (1024 if message.chart else 4096)
        assert shown.strip()
        assert sum(len(row) for row in message.choices) <= 100
        assert all(0 < len(row) <= 8 for row in message.choices)
        for choice in (choice for row in message.choices for choice in row):
            assert choice.label.strip()
            choice.label.encode()
            assert 1 <= len(choice.line.encode()) <= 64
            assert not choice.private or re.fullmatch(r"[\w-]{1,64}", payload(choice.line), re.ASCII)


@pytest.mark.parametrize("options", OPTIONS)
def test_hard_blocks_alone_and_together(options: RenderOptions) -> None:
    for block in strategies.HARD_BLOCKS:
        check(render([block, ChoiceBlock(strategies.HARD_CHOICES)], options))
    check(render(strategies.HARD_BLOCKS, options)[:20])


@given(st.lists(strategies.blocks(), max_size=4), st.sampled_from(OPTIONS))
def test_any_blocks(shown: list[Block], options: RenderOptions) -> None:
    check(render(shown, options))


@given(strategies.digests(), strategies.views(), st.booleans())
def test_any_digest_in_any_view(digest: Digest, view: View, chart: bool) -> None:
    blocks = chat_blocks(digest, CATEGORIES, view, None, ["ko", "en", "ja"])
    options = RenderOptions(view.language, "chart" * chart, HOME, view.place, view.layout == Layout.COMPACT)
    messages = render(blocks, options)
    check(messages)
    assert messages, "every day has at least one line"


@given(strategies.answers(), st.sampled_from(LANGUAGES))
def test_any_answer(answer: Answer, language: str) -> None:
    asked = QuestionRequest(ChatRef("telegram", "7"), "7", language, "?")
    check(render(question_blocks(Question(1, asked, strategies.NOW, answer, 1)), RenderOptions(language)))


@given(st.lists(strategies.texts(), min_size=1, max_size=5))
def test_any_notice(lines: list[str]) -> None:
    check(render([TextBlock(tuple(lines))], RenderOptions("ko")))


def test_a_long_answer_loses_no_sentence_and_a_long_link_only_its_address() -> None:
    (sentences,) = render([strategies.MANY_SENTENCES], RenderOptions("en"))[:1]
    assert sentences.text.count("[1 Method]") >= 1
    whole = "".join(message.text for message in render([strategies.MANY_SENTENCES], RenderOptions("en")))
    assert all(f"sentence {n} " in whole for n in range(60))
    (section,) = render([strategies.HARD_BLOCKS[0]], RenderOptions("en"))
    assert "A link" in section.text
    assert "<a " not in section.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_settings_menu(language: str, store: Store) -> None:
    words = tuple(f"{n:02} " + "𝒳" * 57 for n in range(20))
    view = View(language, categories=tuple(each.name for each in CATEGORIES), include=words, exclude=words)
    place = replace(view, place=Place.GROUP)
    store.subscriptions.add(NewSubscription(ChatRef("telegram", "-100"), store.clock.now(), view=place))
    subscription = store.subscriptions.of(ChatRef("telegram", "-100"))
    assert subscription is not None
    context = SettingsContext(subscription, language, CATEGORIES, store, "9", "name " * 100)
    for line in ("", "x" * 3000, *(field.key for field in SETTING_FIELDS), *(f"{f.key} ?" for f in SETTING_FIELDS)):
        messages = render(apply_line(context, line).blocks, RenderOptions(language))
        assert messages
        check(messages)
