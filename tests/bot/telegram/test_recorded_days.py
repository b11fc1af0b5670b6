"""The digests of every recorded day as Telegram messages: none refused, none over a limit, no paper or link lost."""

import re

import pytest

from bot.plain import utf16
from bot.telegram.render import render
from bot.view import chat_blocks
from tests.fakes.telegram_wire import parsed
from tests.recorded_days import Recorded

pytestmark = pytest.mark.shared_data


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_recorded_day_fits(language: str, recorded: Recorded) -> None:
    assert len(recorded.digests) == 17
    for day, written in recorded.digests.items():
        digest = written[language]
        messages = render(chat_blocks(digest, recorded.categories), language, f"{day} {language} 0")
        whole = ""
        for message in messages:
            shown, complaints = parsed(message.text)
            assert complaints == [], day
            assert 0 < utf16(shown) <= (1024 if message.chart else 4096), day
            whole += message.text
        assert [n for message in messages for n in message.papers] == [paper.n for paper in digest.papers], day
        for paper in digest.papers:
            assert f'href="{paper.links[0].url}"' in whole, (day, paper.n)
        assert not re.search(r'href="(?!https://)', whole)
