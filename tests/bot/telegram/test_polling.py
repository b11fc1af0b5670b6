"""Tests that polling goes on whatever Telegram or the store answers, and confirms only what is stored."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.telegram.polling import poll
from tests.fakes.telegram import TOKEN, TelegramServer, serving
from tests.fakes.telegram_wire import Fault
from workers.domain.errors import SettingsError


class FakeInbox:
    """Records updates; waits for `may_store` before it returns."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.may_store = asyncio.Event()
        self.may_store.set()

    async def take(self, update_id: int, body: str, beat: Callable[[], None]) -> None:
        await self.may_store.wait()
        self.taken.append(json.loads(body))


Story = Callable[[TelegramServer, FakeInbox, list[int]], Awaitable[None]]


def run(story: Story, *faults: Fault) -> None:
    """Run a story beside a poller, whose first polls get `faults`; raises what the poller raises."""

    async def both(server: TelegramServer) -> None:
        request = HTTPXRequest(read_timeout=2)
        async with Bot(TOKEN, base_url=f"{server.url}/bot", get_updates_request=request) as bot:
            inbox, beats = FakeInbox(), list[int]()
            polls = asyncio.create_task(poll(bot, request, inbox, lambda: beats.append(1), 1, 0.02))
            told = asyncio.create_task(_limited(story(server, inbox, beats)))
            await asyncio.wait([polls, told], return_when=asyncio.FIRST_COMPLETED)
            for task in (polls, told):
                task.cancel()
            await asyncio.gather(polls, told, return_exceptions=True)
            for task in (polls, told):
                if not task.cancelled():
                    task.result()

    with serving() as server:
        server.room(7, "private")
        server.poll_faults = list(faults)
        asyncio.run(both(server))


async def _limited(story: Awaitable[None]) -> None:
    async with asyncio.timeout(15):
        await story


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0.01)


def test_an_update_is_confirmed_when_it_is_stored() -> None:
    async def story(server: TelegramServer, inbox: FakeInbox, beats: list[int]) -> None:
        await until(lambda: beats)
        inbox.may_store.clear()
        server.say(7, 7, "hello")
        await asyncio.sleep(0.3)
        assert server.confirmed == 0
        inbox.may_store.set()
        await until(lambda: server.confirmed == 1)
        assert [each["message"]["text"] for each in inbox.taken] == ["hello"]

    run(story)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(500, "Internal Server Error"),
        Fault(502, "Bad Gateway"),
        Fault(409, "Conflict: terminated by other getUpdates request"),
        Fault(429, "Too Many Requests: retry after 0", {"retry_after": 0}),
        Fault(broken="before"),
    ],
)
def test_a_poll_that_fails_is_repeated(fault: Fault) -> None:
    async def story(server: TelegramServer, inbox: FakeInbox, beats: list[int]) -> None:
        server.poll_faults = [fault, fault]
        server.say(7, 7, "hello")
        await until(lambda: inbox.taken)

    run(story)


def test_a_long_wait_that_telegram_asks_for_is_no_silence() -> None:
    async def story(server: TelegramServer, inbox: FakeInbox, beats: list[int]) -> None:
        await until(lambda: beats)

    run(story, Fault(429, "Too Many Requests: retry after 600", {"retry_after": 600}))


def test_an_update_that_nobody_can_parse_stops_nothing() -> None:
    async def story(server: TelegramServer, inbox: FakeInbox, beats: list[int]) -> None:
        server.update("message", {"chat": "no message at all"})
        server.update("a kind of the next century", {"x": 1})
        server.say(7, 7, "hello")
        await until(lambda: len(inbox.taken) == 3)
        await until(lambda: server.confirmed == 3)

    run(story)


def test_a_token_that_is_revoked_ends_the_process() -> None:
    async def story(server: TelegramServer, inbox: FakeInbox, beats: list[int]) -> None:
        await until(lambda: beats)
        server.poll_faults = [Fault(401, "Unauthorized")]
        await asyncio.Event().wait()

    with pytest.raises(SettingsError, match="TELEGRAM_BOT_TOKEN: refused"):
        run(story)
