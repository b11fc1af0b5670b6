"""The digests of every recorded day as Telegram messages: none refused, none over a limit, no paper or link lost."""

import re
from pathlib import Path

import pytest

from bot.plain import utf16
from bot.telegram.render import render
from bot.view import chat_blocks
from tests.fakes.telegram_wire import parsed
from tests.recorded_days import Recorded, recorded_days

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def days(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return recorded_days(shared_data, tmp_path_factory.mktemp("days"))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_recorded_day_fits(language: str, days: Recorded) -> None:
    assert len(days.digests) == 17
    for day, written in days.digests.items():
        digest = written[language]
        messages = render(chat_blocks(digest, days.categories), language, f"{day} {language} 0")
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
