"""Tests that the sender counts Discord's refusals and pauses before Discord bans its address."""

from types import SimpleNamespace
from typing import Any, cast

import discord

from bot.discord.errors import RefusalCount


def response(status: int) -> discord.HTTPException:
    return discord.HTTPException(cast("Any", SimpleNamespace(status=status, reason="")), {"code": 0, "message": ""})


def test_sending_pauses_before_discord_bans_the_address_and_goes_on_ten_minutes_later() -> None:
    time_s = 0.0
    refusals = RefusalCount(lambda: time_s)
    for _ in range(8_999):
        refusals.record(response(403))
    refusals.record(response(404))
    refusals.record(TimeoutError())
    assert refusals.pause_s() == 0
    refusals.record(response(429))
    assert refusals.pause_s() == 600
    assert RefusalCount(lambda: time_s).pause_s() == 0, "each sender has its own count"
    time_s = 600.0
    assert refusals.pause_s() == 0
