"""What people type, and what they get."""

from collections.abc import Sequence

import pytest

from bot.commands import Reply, answer
from workers.domain.blocks import Closing, Opening, SectionBlock
from workers.domain.models import Category, Edition
from workers.store import Store


def only_line(reply: Reply) -> str:
    (block,) = reply.blocks
    assert isinstance(block, Closing)
    return block.lines[0]


def test_digest_shows_the_whole_edition(store: Store, edition: Edition, categories: Sequence[Category]) -> None:
    reply = answer("/digest", "ko", store, categories)
    assert isinstance(reply.blocks[0], Opening)
    assert isinstance(reply.blocks[-1], Closing)


def test_digest_with_a_category_shows_that_one(store: Store, edition: Edition, categories: Sequence[Category]) -> None:
    (block,) = answer("/digest 로보틱스", "ko", store, categories).blocks
    assert isinstance(block, SectionBlock)


def test_an_unknown_category_names_those_there_are(
    store: Store, edition: Edition, categories: Sequence[Category]
) -> None:
    told = only_line(answer("/digest 점성술", "ko", store, categories))
    assert told == "그런 분류가 없습니다. 있는 분류: 로보틱스, 음성·오디오"


def test_without_an_edition_digest_says_so(store: Store, categories: Sequence[Category]) -> None:
    assert only_line(answer("/digest", "en", store, categories)) == "There is no digest yet."


def test_help_names_every_command(store: Store, categories: Sequence[Category]) -> None:
    (block,) = answer("/help", "ko", store, categories).blocks
    assert isinstance(block, Closing)
    assert [line.split(" —")[0] for line in block.lines] == ["/digest", "/digest 분류", "/help", "/quit"]


def test_a_question_is_answered_honestly(store: Store, categories: Sequence[Category]) -> None:
    assert "아직" in only_line(answer("1번 논문은 무엇을 제안했나요?", "ko", store, categories))


@pytest.mark.parametrize(("line", "ends"), [("/quit", True), ("/QUIT", True), ("", False), ("/nonsense", False)])
def test_only_goodbye_ends(line: str, ends: bool, store: Store, categories: Sequence[Category]) -> None:
    assert answer(line, "en", store, categories).ends is ends
