"""Tests every recorded day's digest as Discord messages: none exceeds a limit, no paper or link is lost."""

from itertools import product

import pytest

from bot.discord.components import layout
from bot.discord.renderer import RenderOptions, cards_of, render
from bot.presentation.blocks import chat_blocks
from tests.bot.discord.test_renderer import fits
from tests.recorded_days import Recorded
from workers.domain.deliveries import Layout, Place, View

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]


@pytest.mark.parametrize(
    ("language", "shape"), list(product(["ko", "en"], [Layout.SECTIONS, Layout.COMPACT, Layout.THREAD]))
)
def test_every_recorded_day_fits(language: str, shape: Layout, recorded: Recorded) -> None:
    assert len(recorded.digests) == 17
    for day, written in recorded.digests.items():
        digest, view = written[language], View(language, shape, place=Place.CHANNEL)
        title = digest.title if shape == Layout.THREAD else ""
        options = RenderOptions(language, recorded.categories, f"{day} {language} 0", title)
        messages = render(chat_blocks(digest, recorded.categories, view, languages=["en", "ko"]), options)
        assert all(fits(message) for message in messages), day
        assert [n for message in messages for n in message.papers] == [paper.n for paper in digest.papers], day
        whole = "".join(card.text for message in messages for card in cards_of(message))
        for paper in digest.papers:
            assert f"]({paper.links[0].url})" in whole, (day, paper.n)
        for message in messages:
            shown = layout(cards_of(message), "123456")
            assert shown.total_children_count <= 40
            assert shown.content_length() <= 4000
            assert any(card.choices for card in cards_of(message)), "its buttons identify each message"
        assert [bool(message.inside) for message in messages] == [
            shape == Layout.THREAD and n > 0 for n in range(len(messages))
        ]
        if shape == Layout.COMPACT:
            assert len(messages) <= 4
