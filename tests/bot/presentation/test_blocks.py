"""Tests which blocks a chat gets from an edition."""

from collections.abc import Sequence
from dataclasses import replace

from bot.i18n import catalog_for
from bot.presentation.blocks import blocks, category_blocks, chat_blocks, first_screen, other_languages, tally
from bot.presentation.keywords import DayPapers
from bot.presentation.narrow import narrowed
from tests.bot.conftest import DAY
from tests.fakes.papers import paper
from workers.domain.blocks import Block, ChoiceBlock, KeywordBlock, OnesBlock, OverviewBlock, SectionBlock, TextBlock
from workers.domain.deliveries import Layout, Place, View
from workers.domain.models import Category, Claim, Digest, Edition
from workers.store import Store


def digest(store: Store, language: str = "ko") -> Digest:
    text = store.texts.get(DAY, language)
    assert text is not None
    return text.digest


def test_the_blocks_hold_every_paper_once_and_in_order(
    store: Store, edition: Edition, categories: Sequence[Category]
) -> None:
    opening, section, ones, closing = blocks(digest(store), categories)
    assert isinstance(opening, OverviewBlock)
    assert isinstance(section, SectionBlock)
    assert isinstance(ones, OnesBlock)
    assert isinstance(closing, TextBlock)
    assert [(bar.name, bar.count) for bar in opening.bars] == [("로보틱스", 2), ("음성·오디오", 1)]
    assert [paper.n for paper in section.papers] + [paper.n for _, _, paper in ones.papers] == [1, 2, 3]
    assert closing.lines[0] == "모은 논문 3편(새 논문 3편) 중 3편을 골랐습니다."


def test_the_tally_says_what_was_merged(store: Store, edition: Edition) -> None:
    assert tally(digest(store)) == "4건 → 3편 (Grip 논문: 두 곳 → 한 편)"
    assert tally(digest(store, "en")) == "4 entries → 3 papers (the Grip paper: two places → one)"


def test_one_screen_holds_the_opening_one_category_and_the_way_to_the_rest(
    store: Store, edition: Edition, categories: Sequence[Category]
) -> None:
    screen = first_screen(blocks(digest(store), categories), catalog_for("ko").rest)
    assert [type(block) for block in screen] == [OverviewBlock, SectionBlock, TextBlock]
    assert isinstance(screen[-1], TextBlock)
    assert screen[-1].lines[0].startswith("나머지 1개 묶음은 /digest")


def test_a_category_is_found_by_either_name_in_any_case(
    store: Store, edition: Edition, categories: Sequence[Category]
) -> None:
    for include in ("Robotics", "robotics", " 로보틱스 "):
        (block,) = category_blocks(digest(store), categories, include)
        assert isinstance(block, SectionBlock)
        assert len(block.papers) == 2
    assert category_blocks(digest(store), categories, "Astrology") == []


def day_papers(edition: Edition) -> DayPapers:
    return DayPapers({item.n: item.paper for item in edition.ranked}, [paper(title="Grip again, not listed")])


def seen(store: Store, edition: Edition, categories: Sequence[Category], view: View) -> list[Block]:
    return chat_blocks(digest(store), categories, view, day_papers(edition), ["en", "ko"])


def numbers(shown: Sequence[Block]) -> list[int]:
    found = [paper.n for block in shown if isinstance(block, SectionBlock) for paper in block.papers]
    return [*found, *(each.n for block in shown if isinstance(block, OnesBlock) for _, _, each in block.papers)]


def opening_of(shown: Sequence[Block]) -> OverviewBlock:
    assert isinstance(shown[0], OverviewBlock)
    return shown[0]


def test_a_chat_sees_its_categories_under_the_editions_numbers(
    store: Store, edition: Edition, categories: Sequence[Category]
) -> None:
    shown = seen(store, edition, categories, View(categories=("Audio & Speech",)))
    assert numbers(shown) == [3]
    assert opening_of(shown).tally == "오늘 고른 3편 중 이 채팅의 설정에 맞는 1편"
    assert all(3 in claim.papers for claim in opening_of(shown).highlights)


def test_a_claim_goes_when_all_its_papers_are_hidden(store: Store, edition: Edition) -> None:
    claims = (Claim("both", (1, 3)), Claim("hidden", (1, 2)), Claim("shown", (3,)))
    whole = replace(digest(store), highlights=claims)
    part = narrowed(whole, View(categories=("Audio & Speech",)))
    assert [claim.text for claim in part.highlights] == ["both", "shown"]
    assert [section.category for section in part.sections] == ["Audio & Speech"]


def test_of_too_many_the_best_of_each_category_stay(store: Store, edition: Edition) -> None:
    assert [paper.n for paper in narrowed(digest(store), View(limit=2)).papers] == [1, 3]
    assert narrowed(digest(store), View(limit=3)) == digest(store)


def test_a_section_left_with_one_paper_is_among_the_ones(
    store: Store, edition: Edition, categories: Sequence[Category]
) -> None:
    shown = seen(store, edition, categories, View(exclude=("walk",)))
    assert numbers(shown) == [1, 3]
    assert not [block for block in shown if isinstance(block, SectionBlock)]


def test_wanted_words_make_a_section_of_everything_that_was_collected(
    store: Store, edition: Edition, categories: Sequence[Category]
) -> None:
    shown = seen(store, edition, categories, View(include=("grip",)))
    found = shown[1]
    assert isinstance(found, KeywordBlock)
    assert [(hit.label, hit.title) for hit in found.hits] == [
        ("1", "Grip: Hold [bold]fast[/bold]"),
        ("K1", "Grip again, not listed"),
    ]
    assert numbers(shown) == [1, 2, 3]


def test_a_day_with_nothing_for_a_chat_is_one_line(
    store: Store, edition: Edition, categories: Sequence[Category]
) -> None:
    shown = seen(store, edition, categories, View(categories=("Graph Learning",)))
    assert shown == [TextBlock(("2025-06-03에는 이 채팅의 설정에 맞는 논문이 없습니다.",))]


def test_compact_has_no_synthesis_and_ends_with_a_choice_per_section_and_language(
    store: Store, edition: Edition, categories: Sequence[Category]
) -> None:
    shown = seen(store, edition, categories, View(layout=Layout.COMPACT))
    assert all(block.synthesis is None for block in shown if isinstance(block, SectionBlock))
    assert isinstance(shown[-1], ChoiceBlock)
    assert shown[-2] == TextBlock(("자세히 보려면 분류를 누르세요.",))
    assert [(choice.label, choice.line, choice.private) for choice in shown[-1].choices] == [
        ("🤖 로보틱스", "/digest 2025-06-03 1 ko", True),
        ("🎧 음성·오디오", "/digest 2025-06-03 2 ko", True),
        ("English", "/digest 2025-06-03 en", True),
    ]


def test_a_section_keeps_its_place_in_the_edition_whatever_is_hidden(
    store: Store, edition: Edition, categories: Sequence[Category]
) -> None:
    shown = seen(store, edition, categories, View(layout=Layout.COMPACT, categories=("Audio & Speech",)))
    assert isinstance(shown[-1], ChoiceBlock)
    assert shown[-1].choices[0].line == "/digest 2025-06-03 2 ko"


def test_only_a_language_that_is_written_is_offered(store: Store, edition: Edition) -> None:
    assert [each.label for each in other_languages(digest(store, "en"), ["en", "ko"])] == ["한국어"]
    assert other_languages(digest(store), ["ko"]) == []


def test_views_that_see_the_same_share_their_messages() -> None:
    assert View("ko").key == View("en", Layout.COMPACT, place=Place.GROUP).key == ""
    keys = {View(categories=("A",)).key, View(include=("A",)).key, View(limit=5).key, View(place=Place.CHANNEL).key, ""}
    assert len(keys) == 5
    assert all(len(key) <= 200 for key in keys)
