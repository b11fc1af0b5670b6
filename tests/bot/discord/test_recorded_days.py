"""The digests of every recorded day as Discord messages: none over a limit, no paper or link lost."""

import pytest

from bot.discord.render import cards_of, render
from bot.view import chat_blocks
from tests.bot.discord.test_render import fits
from tests.recorded_days import Recorded

pytestmark = pytest.mark.shared_data


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_recorded_day_fits(language: str, recorded: Recorded) -> None:
    assert len(recorded.digests) == 17
    for day, written in recorded.digests.items():
        digest = written[language]
        messages = render(
            chat_blocks(digest, recorded.categories), language, recorded.categories, f"{day} {language} 0"
        )
        assert all(fits(message) for message in messages), day
        assert [n for message in messages for n in message.papers] == [paper.n for paper in digest.papers], day
        whole = "".join(card.text for message in messages for card in cards_of(message))
        for paper in digest.papers:
            assert f"]({paper.links[0].url})" in whole, (day, paper.n)
