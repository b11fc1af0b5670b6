"""Tests which lines under a post are taken for questions."""

from pathlib import Path

import pytest

from bot.commands.intent import is_question, is_small_talk

LINES = [line.split("\t") for line in (Path(__file__).parent / "chat_lines.tsv").read_text("utf-8").splitlines()]


def test_there_are_a_hundred_of_both_kinds() -> None:
    assert len(LINES) >= 100
    assert {kind for kind, _ in LINES} == {"ask", "chat"}


@pytest.mark.parametrize(("kind", "line"), LINES)
def test_only_what_asks_is_taken_for_a_question(kind: str, line: str) -> None:
    assert is_question(line) is (kind == "ask")


@pytest.mark.parametrize("line", [line for kind, line in LINES if kind == "ask"])
def test_no_question_is_taken_for_chatter(line: str) -> None:
    assert not is_small_talk(line)


@pytest.mark.parametrize(
    "line",
    ["감사합니다!", "ㅋㅋㅋ", "👍", "오 대박 감사합니다 ㅎㅎ", "Thanks, great digest!", "잘 봤습니다", "네 고맙습니다"],
)
def test_thanks_alone_want_no_answer(line: str) -> None:
    assert is_small_talk(line)
