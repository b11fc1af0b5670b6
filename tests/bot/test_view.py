"""What a chat sees of an edition."""

from collections.abc import Sequence

from bot.texts import texts
from bot.view import blocks, category_blocks, first_screen, tally
from tests.bot.conftest import DAY
from workers.domain.blocks import Closing, OnesBlock, Opening, SectionBlock
from workers.domain.models import Category, Digest, Edition
from workers.store import Store


def digest(store: Store, language: str = "ko") -> Digest:
    text = store.editions.text(DAY, language)
    assert text is not None
    return text.digest


def test_the_blocks_hold_every_paper_once_and_in_order(
    store: Store, edition: Edition, categories: Sequence[Category]
) -> None:
    opening, section, ones, closing = blocks(digest(store), categories)
    assert isinstance(opening, Opening)
    assert isinstance(section, SectionBlock)
    assert isinstance(ones, OnesBlock)
    assert isinstance(closing, Closing)
    assert [(bar.name, bar.count) for bar in opening.bars] == [("로보틱스", 2), ("음성·오디오", 1)]
    assert [paper.n for paper in section.papers] + [paper.n for _, _, paper in ones.papers] == [1, 2, 3]
    assert closing.lines[0] == "모은 논문 3편(새 논문 3편) 중 3편을 골랐습니다."


def test_the_tally_says_what_was_merged(store: Store, edition: Edition) -> None:
    assert tally(digest(store)) == "4건 → 3편 (Grip 논문: 두 곳 → 한 편)"
    assert tally(digest(store, "en")) == "4 entries → 3 papers (the Grip paper: two places → one)"


def test_one_screen_holds_the_opening_one_category_and_the_way_to_the_rest(
    store: Store, edition: Edition, categories: Sequence[Category]
) -> None:
    screen = first_screen(blocks(digest(store), categories), texts("ko").rest)
    assert [type(block) for block in screen] == [Opening, SectionBlock, Closing]
    assert isinstance(screen[-1], Closing)
    assert screen[-1].lines[0].startswith("나머지 1개 묶음은 /digest")


def test_a_category_is_found_by_either_name_in_any_case(
    store: Store, edition: Edition, categories: Sequence[Category]
) -> None:
    for wanted in ("Robotics", "robotics", " 로보틱스 "):
        (block,) = category_blocks(digest(store), categories, wanted)
        assert isinstance(block, SectionBlock)
        assert len(block.papers) == 2
    assert category_blocks(digest(store), categories, "Astrology") == []
