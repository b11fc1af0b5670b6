"""Tests four rounds of chaos on each platform; `python -m tests.chaos` runs more."""

import pytest

from tests.chaos import discord, rounds, telegram

pytestmark = pytest.mark.slow


def test_telegram_posts_once_or_says_that_it_does_not_know() -> None:
    with telegram.place() as place:
        outcome = rounds.run(place, rounds=4, seed=20250603)
    assert set(outcome.states) <= {"posted", "unknown"}
    assert sum(outcome.states.values()) == 4 * 10 * 3
    assert (outcome.twice, outcome.lost, outcome.restarts) == (0, 0, 0)
    assert outcome.neighbours["pending"] >= 4 * 2, "of the chats that have to wait"
    assert outcome.states.get("unknown", 0) <= sum(outcome.on_their_way)
    assert max(outcome.on_their_way) <= 10, "one of each chat of a round, at most"


def test_discord_loses_nothing_and_posts_nothing_twice() -> None:
    with discord.place() as place:
        outcome = rounds.run(place, rounds=4, seed=20250603)
    assert set(outcome.states) == {"posted"}
    assert (outcome.twice, outcome.lost, outcome.restarts) == (0, 0, 0)
