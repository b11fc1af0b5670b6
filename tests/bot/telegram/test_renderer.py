"""Tests digests as Telegram messages: the parser accepts them, they keep the limits and nothing is lost."""

from collections.abc import Sequence

import pytest

from bot.presentation.blocks import blocks, chat_blocks
from bot.presentation.sanitize import sanitize, utf16
from bot.telegram.markup import ENTITY_LIMIT, TEXT_LIMIT, Span, bold, folded, link, pack, text
from bot.telegram.renderer import RenderOptions, render
from tests.bot.conftest import DAY
from tests.fakes.telegram_wire import parsed
from workers.domain.blocks import ChoiceBlock, OverviewBlock, SectionBlock, TextBlock
from workers.domain.deliveries import Choice, Message, Place
from workers.domain.models import Category, Claim, DigestPaper, Edition, Link, Synthesis
from workers.store import Store

OPTIONS = RenderOptions("ko")
HOSTILE = [
    "Let's <think> about LLM Reasoning",
    "Why 1 + 1 < 1",
    '</blockquote><b>bold & "quoted"</b>',
    "a\u202eright to left\u202c b\u200bc\x00d",
    "Z\u0335\u0335\u0335\u0335\u0335\u0335\u0335\u0335algo 🧠👩‍🔬 한글",
    "<a href='javascript:alert(1)'>click</a>",
    "x" * 5000,
    "&lt;already escaped&gt;",
]


def paper(n: int, title: str) -> DigestPaper:
    url = f"https://arxiv.org/abs/2506.{n:05d}"
    return DigestPaper(n, None, title, (), (Link("arxiv", url),), "Robotics", f"“{title}”")


def seen(messages: Sequence[Message]) -> list[str]:
    """Return the texts that readers see. Raises AssertionError if the parser rejects one."""
    found = []
    for message in messages:
        shown, complaints = parsed(message.text)
        assert complaints == []
        assert 0 < utf16(shown) <= (1024 if message.chart else TEXT_LIMIT)
        found.append(shown)
    return found


def test_titles_that_look_like_markup_are_text() -> None:
    papers = tuple(paper(n, title) for n, title in enumerate(HOSTILE, start=1))
    claims = tuple(Claim(title, (1,)) for title in HOSTILE)
    block = SectionBlock("🤖", "Robotics <b>", papers, Synthesis(findings=claims, keywords=claims), extractive=True)
    whole = "\n".join(seen(render([block], OPTIONS)))
    for title in HOSTILE[:3]:
        assert whole.count(title) >= 3
    assert all('"javascript:' not in message.text for message in render([block], OPTIONS))


def test_dots_between_keywords_and_links_have_spaces_around_them() -> None:
    keywords = Synthesis(keywords=(Claim("강화 학습", (1,)), Claim("로봇", (2,))))
    block = SectionBlock("🤖", "로보틱스", (paper(1, "One"), paper(2, "Two")), keywords, extractive=False)
    assert "강화 학습 [1] · 로봇 [2]" in "\n".join(seen(render([block], OPTIONS)))
    choices = ChoiceBlock((Choice("한국어", "/digest ko"), Choice("English", "/digest en")))
    channel = RenderOptions("ko", place=Place.CHANNEL, home="https://t.me/bot")
    assert seen(render([TextBlock(("끝",)), choices], channel))[0].endswith("한국어 · English")


def test_a_long_section_is_split_between_papers_and_loses_none() -> None:
    papers = tuple(paper(n, f"Paper number {n} " + "with a long title " * 12) for n in range(1, 60))
    claims = tuple(Claim("One of many findings, said at length. " * 6, (n,)) for n in range(1, 60))
    messages = render([SectionBlock("🤖", "로보틱스", papers, Synthesis(findings=claims), False)], OPTIONS)
    assert len(messages) > 3
    assert [n for message in messages for n in message.papers] == [paper.n for paper in papers]
    shown = seen(messages)
    assert all(each.startswith("🤖 로보틱스") for each in shown)
    assert sum(each.count("One of many findings") for each in shown) == 6 * 59
    assert sum(each.count("Paper number") for each in shown) == 2 * 59


def test_a_span_that_fits_no_message_is_an_error_and_not_cut() -> None:
    with pytest.raises(ValueError, match="fits no message"):
        list(pack([Span("x" * 5000, 5000)], Span("", 0)))


def test_lines_that_are_folded_share_one_quote() -> None:
    (whole,) = pack([bold("head"), folded(text("one")), folded(text("two")), text("after")], Span("", 0))
    assert whole.html == "<b>head</b>\n<blockquote expandable>one\ntwo</blockquote>\nafter"
    assert whole.entities == 2
    assert (whole.units, parsed(whole.html)) == (utf16("head\none\ntwo\nafter"), ("head\none\ntwo\nafter", []))


def test_more_entities_than_telegram_takes_are_split() -> None:
    messages = list(pack([link(f"word{n}", "https://x.org") for n in range(250)], Span("", 0)))
    assert [message.entities for message in messages] == [ENTITY_LIMIT, ENTITY_LIMIT, 50]


def test_the_caption_takes_what_highlights_fit() -> None:
    opening = OverviewBlock(
        "제목", "오늘 고른 40편", (), tuple(Claim(f"{n} " + "핵심 " * 120, (n,)) for n in range(1, 4))
    )
    (caption,) = seen(render([opening], RenderOptions("ko", "2025-06-03 ko 0")))
    assert caption.startswith("제목\n오늘 고른 40편")
    assert caption.count("•") == 2
    (message,) = seen(render([opening], OPTIONS))
    assert message.count("•") == 3


def test_an_edition_as_a_chat_sees_it(store: Store, edition: Edition, categories: Sequence[Category]) -> None:
    digest = store.texts.get(DAY, "ko")
    assert digest is not None
    messages = render(chat_blocks(digest.digest, categories), RenderOptions("ko", "2025-06-03 ko 0"))
    first, *rest = seen(messages)
    assert "오늘 고른 3편 / 새 논문 3편" in first
    assert [message.chart for message in messages] == ["2025-06-03 ko 0", "", ""]
    assert [message.papers for message in messages] == [(), (1, 2), (3,)]
    assert "Walk: Let's <think> first" in rest[0]
    assert isinstance(blocks(digest.digest, categories)[-1], TextBlock), "the report keeps its bookkeeping"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("  two\n lines\t", "two lines"),
        ("a\u2028b", "a b"),
        ("👩‍🔬", "👩‍🔬"),
        ("한글", "한글"),
        ("long" * 10, "longlonglo…"),
    ],
)
def test_text_is_tamed(raw: str, shown: str) -> None:
    assert sanitize(raw, 11 if raw.startswith("long") else 100) == shown
