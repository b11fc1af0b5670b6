"""Tests that a terminal shows whatever a digest or an answer holds, and obeys none of it."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from bot.presentation.blocks import blocks, question_blocks
from bot.terminal.renderer import render
from bot.terminal.sender import show
from tests import strategies
from workers import config
from workers.domain.answers import Answer
from workers.domain.blocks import Block, ChoiceBlock
from workers.domain.chats import ChatRef
from workers.domain.models import Digest
from workers.domain.questions import Question, QuestionRequest

CATEGORIES = config.load(environment={}).closed_list()


def check(shown: list[Block], language: str = "en") -> str:
    """Print the blocks; raises AssertionError for what a terminal would obey."""
    console = Console(file=io.StringIO(), width=80, color_system=None)
    for message in render(shown, language):
        show(console, message)
    assert isinstance(console.file, io.StringIO)
    printed = console.file.getvalue()
    printed.encode()
    assert not [each for each in printed if each != "\n" and ord(each) < 32]
    return printed


@pytest.mark.parametrize("n", range(len(strategies.HARD_BLOCKS)))
def test_hard_blocks(n: int) -> None:
    check([strategies.HARD_BLOCKS[n], ChoiceBlock(strategies.HARD_CHOICES[:5])])


@settings(max_examples=10)
@given(st.lists(strategies.blocks(), max_size=3))
def test_any_blocks(shown: list[Block]) -> None:
    check(shown)


@settings(max_examples=6)
@given(strategies.digests())
def test_any_digest(digest: Digest) -> None:
    assert check(blocks(digest, CATEGORIES), digest.language)


@given(strategies.answers())
def test_any_answer(answer: Answer) -> None:
    asked = QuestionRequest(ChatRef("terminal", "here"), "here", "en", "?")
    check(question_blocks(Question(1, asked, strategies.NOW, answer, 1)))


def test_markup_and_escape_codes_of_a_paper_are_text() -> None:
    block = strategies.section_of("[red]no[/red] \x1b[31mcolour \\", "https://x.org/\x1b]0;title\x07")
    printed = check([block])
    assert "[red]no[/red] [31mcolour \\" in printed
