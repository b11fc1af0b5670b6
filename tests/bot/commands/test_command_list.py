"""Tests that the list of commands is registered only when it changes."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.commands.command_list import register_if_changed
from workers.store import Store


def registered(store: Store, platform: str, lists: Sequence[object]) -> list[int]:
    """Register the lists one after the other; return those that reach the platform."""
    reached: list[int] = []

    async def scenario() -> None:
        for n, commands in enumerate(lists):

            async def register(n: int = n) -> None:
                reached.append(n)

            assert await register_if_changed(store, platform, commands, register) is (n in reached)

    asyncio.run(scenario())
    return reached


def test_a_list_is_registered_once_until_it_changes(store: Store) -> None:
    assert registered(store, "telegram", [["digest"], ["digest"], ["digest", "help"], ["digest", "help"]]) == [0, 2]
    assert registered(store, "discord", [["digest", "help"]]) == [0]


def test_a_refused_list_is_tried_again(store: Store) -> None:
    async def refuse() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        asyncio.run(register_if_changed(store, "telegram", ["digest"], refuse))
    assert registered(store, "telegram", [["digest"]]) == [0]
