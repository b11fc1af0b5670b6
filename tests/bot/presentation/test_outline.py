"""Tests the order of a block's lines before any markup is added."""

from collections.abc import Sequence
from dataclasses import replace

from bot.discord.renderer import RenderOptions, cards_of
from bot.discord.renderer import render as discord
from bot.presentation.outline import PHONE, SCREEN, Kind, Line, Role, outline
from bot.telegram.renderer import RenderOptions as TelegramOptions
from bot.telegram.renderer import render as telegram
from bot.terminal.renderer import render as terminal
from workers.domain.answers import Answer, Citation, CitedPaper, Sentence
from workers.domain.blocks import AnswerBlock, Hit, KeywordBlock, OverviewBlock, SectionBlock, TextBlock
from workers.domain.models import Claim, DigestPaper, Link, Synthesis

PAPERS = (
    DigestPaper(1, None, "Grip", (), (Link("arxiv", "https://x.org/1"),), "Robotics", "It holds."),
    DigestPaper(2, None, "Walk", (), (), "Robotics", ""),
)
SYNTHESIS = Synthesis(
    themes=(Claim("theme", (1,)),),
    keywords=(Claim("one", (1,)), Claim("two", (1, 2))),
    findings=(Claim("finding", (2,)), Claim("another", (1,))),
)
SECTION = SectionBlock("🤖", "Robotics", PAPERS, SYNTHESIS, extractive=True)
ANSWER = Answer(
    True,
    (CitedPaper("1", "Grip", "https://x.org/1", "html"),),
    (Sentence("It holds.", (Citation("Grip", "", "", "https://x.org/1#s"),)), Sentence("It walks.", ())),
)


def kinds(lines: Sequence[Line]) -> list[str]:
    return [line.kind.value for line in lines]


def words(lines: Sequence[Line]) -> list[str]:
    return [" / ".join(" ".join(run.text for run in row) for row in line.rows) for line in lines]


def test_on_a_phone_papers_come_before_what_was_found_in_them() -> None:
    assert words(outline(SECTION, "en", PHONE)) == [
        "🤖 Robotics (excerpts)",
        "1 It holds. / Grip",
        "2 / Walk",
        *("Key findings", "finding [2]", "another [1]"),
        *("Themes", "theme [1]"),
        *("Shared keywords", "one [1] · two [1][2]"),
    ]


def test_on_a_screen_the_synthesis_comes_first_and_titles_before_summaries() -> None:
    assert words(outline(SECTION, "en", SCREEN)) == [
        "🤖 Robotics (excerpts)",
        *("Themes", "theme [1]"),
        *("Shared keywords", "one [1] · two [1][2]"),
        *("Key findings", "finding [2]", "another [1]"),
        "1 Grip / It holds.",
        "2 Walk",
    ]


def test_one_place_orders_the_fields_of_a_section() -> None:
    style = replace(PHONE, fields=("keywords", "findings"), papers_first=False)
    assert words(outline(SECTION, "en", style))[1:4] == ["Shared keywords", "one [1] · two [1][2]", "Key findings"]


def test_only_the_synthesis_folds_and_lines_carry_their_papers() -> None:
    lines = outline(SECTION, "en", PHONE)
    assert [line.papers for line in lines if line.papers] == [(1,), (2,)]
    assert {line.kind for line in lines if line.foldable} == {Kind.FIELD, Kind.BULLET, Kind.LIST}


def test_the_overview_has_a_question_on_a_phone_and_bars_on_a_screen() -> None:
    block = OverviewBlock("title", "tally", (), (Claim("highlight", (1,)),))
    assert kinds(outline(block, "en", PHONE)) == ["title", "tally", "gap", "bullet", "gap", "small"]
    assert kinds(outline(block, "en", SCREEN)) == ["title", "tally", "gap", "bars", "gap", "field", "bullet"]


def test_a_hit_outside_the_edition_has_a_label_and_no_paper_number() -> None:
    hits = (Hit("3", "Grip", "", "It holds.", 3), Hit("K1", "Walk", "", ""))
    lines = outline(KeywordBlock("Keywords", hits, "1 more"), "en", PHONE)
    assert words(lines) == ["Keywords", "3 Grip / It holds.", "K1 Walk", "1 more"]
    assert [line.papers for line in lines] == [(), (3,), (), ()]


def test_a_cited_place_without_a_section_is_named_after_its_paper() -> None:
    *_, sentence, uncited = outline(AnswerBlock(ANSWER), "en", PHONE)
    assert [(run.text, run.role) for run in sentence.rows[0]] == [("It holds.", Role.EXCERPT), ("Grip", Role.PLACE)]
    assert [run.text for run in uncited.rows[0]] == ["It walks."]


def test_empty_lines_of_a_notice_are_kept_on_a_screen_only() -> None:
    block = TextBlock(("first", "", "second"))
    assert [words(outline(block, "en", style)) for style in (PHONE, SCREEN)] == [
        ["first", "second"],
        ["first", "", "second"],
    ]


def test_a_section_without_a_synthesis_is_not_called_excerpts_anywhere() -> None:
    block = replace(SECTION, synthesis=None)
    shown = [
        telegram([block], TelegramOptions("en"))[0].text,
        discord([block], RenderOptions("en"))[0].text,
        terminal([block], "en")[0].text,
    ]
    assert not any("excerpts" in text for text in shown)


def test_a_sentence_without_a_place_ends_with_its_quotation_mark_on_discord() -> None:
    (message,) = discord([AnswerBlock(ANSWER)], RenderOptions("en"))
    assert cards_of(message)[0].text.endswith("**“It walks.”**")
