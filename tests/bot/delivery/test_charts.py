"""Tests that a chart is uploaded once for each platform and refused if the store has no chart."""

import asyncio

import pytest

from bot.delivery.charts import ChartFiles
from tests.bot.conftest import DAY
from workers.domain.deliveries import PictureName
from workers.domain.errors import SendRefused
from workers.domain.models import Edition, Text
from workers.store import Store

NAME = str(PictureName(DAY, "ko", 2))


def test_a_chart_is_known_on_the_platform_that_has_it(store: Store) -> None:
    async def scenario() -> list[str | None]:
        await ChartFiles(store, "telegram").uploaded(NAME, "file-1")
        return [await ChartFiles(store, platform).file_id(NAME) for platform in ("telegram", "discord")]

    assert asyncio.run(scenario()) == ["file-1", None]


def test_the_picture_comes_from_the_edition_that_is_named(store: Store, edition: Edition) -> None:
    text = store.texts.get(DAY, "ko")
    assert text is not None
    store.editions.reopen(DAY)
    store.texts.save(DAY, Text(text.digest, b"\x89PNG picture"))
    charts = ChartFiles(store, "telegram")
    assert asyncio.run(charts.png(NAME)) == b"\x89PNG picture"
    with pytest.raises(SendRefused, match="not in the store"):
        asyncio.run(charts.png("2020-01-01 ko 0"))


def test_a_name_is_read_as_it_was_written() -> None:
    assert NAME == "2025-06-03 ko 2"
    assert PictureName.parse(NAME) == PictureName(DAY, "ko", 2)
