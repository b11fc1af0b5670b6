"""Tests that whatever blocks there are become messages within Discord's limits."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discord.components import layout
from bot.discord.renderer import RenderOptions, cards_of, render
from tests import strategies
from tests.fakes.discord_limits import violations
from workers.domain.answers import Answer, Citation, CitedPaper, Sentence
from workers.domain.blocks import AnswerBlock, Block, ChoiceBlock, SectionBlock
from workers.domain.deliveries import Choice, Message
from workers.domain.models import DigestPaper, Link

OPTIONS = st.builds(
    RenderOptions,
    st.sampled_from(["ko", "en"]),
    chart=st.sampled_from(["", "2025-06-03 ko 0"]),
    title=st.one_of(st.just(""), strategies.texts()),
    forum=st.booleans(),
)
LONGEST_KEY = "9223372036854775807"


def checked(blocks: Sequence[Block], options: RenderOptions) -> list[Message]:
    messages = render(blocks, options)
    for message in messages:
        assert violations(layout(cards_of(message), LONGEST_KEY).to_components()) == []  # type: ignore[no-untyped-call]
        assert len(message.inside) <= 100
        assert message.inside or not options.forum
        message.text.encode()
    return messages


@pytest.mark.parametrize("block", strategies.HARD_BLOCKS, ids=lambda block: type(block).__name__)
def test_blocks_at_and_over_the_limits_fit(block: Block) -> None:
    checked([block], RenderOptions("ko", chart="2025-06-03 ko 0", title="t" * 300))


@given(st.lists(strategies.blocks(), max_size=4), OPTIONS)
def test_any_blocks_fit(blocks: list[Block], options: RenderOptions) -> None:
    checked(blocks, options)


def test_a_title_stays_where_its_address_is_too_long() -> None:
    papers = (
        DigestPaper(1, None, "Grip", (), (Link("arxiv", "https://x.org/" + "a" * 4000),), "Robotics", "It grips."),
    )
    (message,) = checked([SectionBlock("🤖", "Robotics", papers, None, False)], RenderOptions("en"))
    assert cards_of(message)[0].text == "### 🤖 Robotics\n**1.** It grips.\nGrip"
    assert message.papers == (1,)


def test_a_sentence_keeps_its_words_and_loses_its_last_places() -> None:
    cites = tuple(Citation("2506.00001", f"{n} Method", "quote", f"https://x.org/{n}" + "a" * 500) for n in range(8))
    answer = Answer(True, (CitedPaper("1", "Grip", "", "html"),), (Sentence("It grips. " * 60, cites),))
    (message,) = checked([AnswerBlock(answer)], RenderOptions("en"))
    text = cards_of(message)[0].text
    assert text.count("It grips.") == 60
    assert "(https://x.org/2a" in text
    assert "https://x.org/7a" not in text
    assert text.endswith("…")


def test_all_choices_are_shown_and_each_once() -> None:
    choices = tuple(Choice(f"choice {n}", f"/ask 2025-06-03 {n}") for n in range(600))
    messages = checked([ChoiceBlock((*choices, choices[0]))], RenderOptions("en"))
    shown = [line for message in messages for card in cards_of(message) for _, line in card.choices]
    assert shown == [choice.line for choice in choices]
