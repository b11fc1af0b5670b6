"""Tests every recorded day's digest as Telegram messages: none is refused or too long, no paper or link is lost."""

import re
from itertools import product

import pytest

from bot.presentation.blocks import chat_blocks
from bot.presentation.sanitize import utf16
from bot.telegram.renderer import RenderOptions, render
from tests.fakes.telegram_wire import parsed
from tests.recorded_days import Recorded
from workers.domain.deliveries import Layout, Place, View

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]
HOME = "https://t.me/paper_bot"


@pytest.mark.parametrize(
    ("language", "layout", "place"),
    list(product(["ko", "en"], [Layout.SECTIONS, Layout.COMPACT], [Place.GROUP, Place.CHANNEL])),
)
def test_every_recorded_day_fits(language: str, layout: Layout, place: Place, recorded: Recorded) -> None:
    assert len(recorded.digests) == 17
    for day, written in recorded.digests.items():
        digest, view = written[language], View(language, layout, place=place)
        options = RenderOptions(language, f"{day} {language} 0", HOME, place, layout == Layout.COMPACT)
        messages = render(chat_blocks(digest, recorded.categories, view, languages=["en", "ko"]), options)
        whole = ""
        for message in messages:
            shown, complaints = parsed(message.text)
            assert complaints == [], day
            assert 0 < utf16(shown) <= (1024 if message.chart else 4096), day
            assert shown == shown.strip(), "no empty line at either end"
            whole += message.text
        assert [n for message in messages for n in message.papers] == [paper.n for paper in digest.papers], day
        for paper in digest.papers:
            assert f'href="{paper.links[0].url}"' in whole, (day, paper.n)
        assert not re.search(r'href="(?!https://)', whole)
        buttons = [choice for message in messages for row in message.choices for choice in row]
        assert (buttons == []) is (place == Place.CHANNEL)
        assert all(len(choice.line.encode()) <= 64 for choice in buttons)
        payloads = re.findall(rf'href="{HOME}\?start=([^"]*)"', whole)
        assert (payloads == []) is (place != Place.CHANNEL)
        assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", payload) for payload in payloads)
        if layout == Layout.COMPACT:
            assert len(messages) <= 5, "the chart, and few texts"
