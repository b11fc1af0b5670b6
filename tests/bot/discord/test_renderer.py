"""Tests digests as Discord messages: they keep the limits, lose nothing and show foreign text without markup."""

import re
from collections.abc import Sequence

import pytest

from bot.discord.markup import escaped
from bot.discord.renderer import COMPONENT_LIMIT, TEXT_LIMIT, RenderOptions, cards_of, render
from bot.presentation.blocks import chat_blocks
from tests.bot.conftest import DAY
from workers.domain.blocks import OverviewBlock, SectionBlock, TextBlock
from workers.domain.deliveries import Message
from workers.domain.models import Category, Claim, DigestPaper, Edition, Link, Synthesis
from workers.store import Store


def shown(text: str) -> str:
    """Return escaped Markdown as Discord shows it: without the backslash before punctuation."""
    return re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", text)


def fits(message: Message) -> bool:
    cards = cards_of(message)
    return (
        sum(len(card.text) for card in cards) <= TEXT_LIMIT
        and sum(card.components for card in cards) <= COMPONENT_LIMIT
    )


def paper(n: int, title: str) -> DigestPaper:
    return DigestPaper(n, None, title, (), (Link("arxiv", f"https://x.org/a_(b)/{n}"),), "Robotics", f"“{title}”")


@pytest.mark.parametrize(
    ("raw", "markdown"),
    [
        ("Let's <think> about it", r"Let's \<think\> about it"),
        ("Why 1 + 1 < 1", r"Why 1 + 1 \< 1"),
        ("@everyone **bold** _it_ ~~gone~~ ||spoiler|| `code`", None),
        ("# heading", r"\# heading"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("[link](https://evil.org)", r"\[link\]\(https\://evil.org\)"),
        ("<@123> <#5> :smile:", r"\<\@123\> \<\#5\> \:smile\:"),
        ("back\\slash", r"back\\slash"),
    ],
)
def test_text_is_shown_as_it_is(raw: str, markdown: str | None) -> None:
    assert shown(escaped(raw)) == raw
    if markdown is not None:
        assert escaped(raw) == markdown


def test_a_long_section_goes_on_in_the_next_message_and_loses_nothing(categories: Sequence[Category]) -> None:
    papers = tuple(paper(n, f"Paper number {n} " + "with a long title " * 8) for n in range(1, 60))
    claims = tuple(Claim("One of many findings, said at length. " * 6, (n,)) for n in range(1, 60))
    messages = render(
        [SectionBlock("🤖", "로보틱스", papers, Synthesis(findings=claims), False)], RenderOptions("ko", categories)
    )
    assert len(messages) > 3
    assert all(fits(message) for message in messages)
    assert [n for message in messages for n in message.papers] == [each.n for each in papers]
    cards = [card for message in messages for card in cards_of(message)]
    assert {card.colour for card in cards} == {next(each.colour for each in categories if each.name == "Robotics")}
    assert [card.text.splitlines()[0] for card in cards][:2] == ["### 🤖 로보틱스", "### 🤖 로보틱스 (이어서)"]
    assert sum(card.text.count("One of many findings") for card in cards) == 6 * 59


def test_many_small_sections_stay_within_the_components(categories: Sequence[Category]) -> None:
    sections = [SectionBlock("🤖", f"S{n}", (paper(n, "short"),), None, False) for n in range(60)]
    messages = render(
        [OverviewBlock("제목", "수", (), ()), *sections], RenderOptions("ko", categories, "2025-06-03 ko 0")
    )
    assert all(fits(message) for message in messages)
    assert [message.chart for message in messages] == ["2025-06-03 ko 0", *[""] * (len(messages) - 1)]
    assert cards_of(messages[0])[0].chart
    assert sum(len(message.papers) for message in messages) == 60


def test_a_round_bracket_does_not_end_a_link(categories: Sequence[Category]) -> None:
    (message,) = render([SectionBlock("🤖", "R", (paper(1, "a) b"),), None, False)], RenderOptions("ko", categories))
    assert r"[a\) b](https://x.org/a_%28b%29/1)" in cards_of(message)[0].text


def test_an_edition_as_a_channel_sees_it(store: Store, edition: Edition, categories: Sequence[Category]) -> None:
    digest = store.texts.get(DAY, "ko")
    assert digest is not None
    (message,) = render(chat_blocks(digest.digest, categories), RenderOptions("ko", categories, "2025-06-03 ko 0"))
    assert message.papers == (1, 2, 3)
    opening, robots, ones = cards_of(message)
    assert "오늘 고른 3편 / 새 논문 3편" in opening.text
    assert r"Walk\: Let's \<think\> first" in robots.text
    assert "한 편씩" in ones.text


def test_a_notice_is_a_message(categories: Sequence[Category]) -> None:
    (message,) = render([TextBlock(("first line", "second line"))], RenderOptions("ko", categories))
    assert cards_of(message)[0].text == "first line\nsecond line"
