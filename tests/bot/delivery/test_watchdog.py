"""Tests that a process ends when one of its parts makes no more progress, and not before."""

import asyncio

import pytest

from bot.delivery.watchdog import PartStuck, Watchdog
from tests.fakes.fast_time import run_fast


def test_a_part_that_is_silent_for_too_long_ends_the_process() -> None:
    async def story() -> float:
        watchdog = Watchdog(["updates", "deliveries"], limit_s=90)
        watching = asyncio.create_task(watchdog.watch())
        watchdog.beat("updates")
        for _ in range(100):
            watchdog.beat("deliveries")
            await asyncio.sleep(3)
            if watching.done():
                break
        with pytest.raises(PartStuck, match=r"^updates: no progress for \d+ s"):
            watching.result()
        return asyncio.get_running_loop().time()

    assert 90 < run_fast(story()) < 115


def test_parts_that_make_progress_are_left_alone() -> None:
    async def story() -> None:
        watchdog = Watchdog(["updates"], limit_s=90)
        watching = asyncio.create_task(watchdog.watch())
        for _ in range(100):
            watchdog.beat("updates")
            await asyncio.sleep(80)
        assert not watching.done()
        watching.cancel()

    run_fast(story())


def test_a_part_that_has_not_begun_is_not_watched_and_a_wrong_name_is_an_error() -> None:
    now = 0.0
    watchdog = Watchdog(["updates"], limit_s=90, now=lambda: now)
    now = 1000.0
    assert watchdog.stuck() == ""
    with pytest.raises(KeyError):
        watchdog.beat("update")
