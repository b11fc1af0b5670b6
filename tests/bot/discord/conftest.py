"""The Discord frontend over a server of this process."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import discord
import pytest
import yarl

from bot.delivery.service import PlatformContext
from bot.discord import app
from bot.platforms import DISCORD, PLATFORMS, Limits
from tests.fakes.discord import TOKEN, DiscordServer, serving
from tests.fakes.discord_wire import ANNOUNCEMENT, FORUM, Posted
from tests.waiting import until
from workers import config
from workers.store import Store

FAST = Limits(overall=1000, window_s=1, chat_gap_s=0)
NOBODY = "redis://127.0.0.1:9/0"
LAB, NEWS, BOARD = 501, 502, 503


@dataclass
class Frontend:
    """`bot.discord` as one thread of this process, with `settings` over the bundled ones."""

    server: DiscordServer
    store: Store
    settings: dict[str, Any] = field(default_factory=dict)
    reads: bool = False

    def start(self) -> None:
        self._ready, self._failed = threading.Event(), list[BaseException]()
        self.server.online = False
        self._thread = threading.Thread(target=self._run, name="frontend")
        self._thread.start()
        assert self._ready.wait(10)
        until(lambda: self.server.online or self._failed)
        assert not self._failed

    def _run(self) -> None:
        async def story() -> None:
            self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
            self._ready.set()
            settings = config.load(environment={}, platforms=PLATFORMS).model_copy(update=self.settings)
            context = PlatformContext(DISCORD, settings, self.store, NOBODY, TOKEN, self._stopped)
            await app.serve_until_stopped(context, self.reads, FAST)

        try:
            asyncio.run(story())
        except Exception as error:  # noqa: BLE001 - told to the test's own thread
            self._failed.append(error)

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(20)
        assert not self._failed, self._failed

    def text(self, channel: int, containing: str) -> Posted:
        """The newest message in a channel with these words, once it is there."""
        return until(
            lambda: next(
                (each for each in self.server.posted[::-1] if each.channel == channel and containing in each.text), None
            )
        )

    def answer(self, token: str, containing: str = "") -> str:
        """What who used an interaction sees."""
        return until(lambda: next((each for each in self.server.answers[token] if containing in each), None))


@pytest.fixture
def point(monkeypatch: pytest.MonkeyPatch) -> Callable[[DiscordServer], None]:
    def at(server: DiscordServer) -> None:
        gateway = yarl.URL(server.url.replace("http", "ws") + "/gw/")
        monkeypatch.setattr(discord.http.Route, "BASE", f"{server.url}/api/v10")
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", gateway)

    return at


@pytest.fixture
def online() -> Iterator[DiscordServer]:
    with serving() as fake:
        fake.room(LAB, name="lab")
        fake.room(NEWS, ANNOUNCEMENT)
        fake.room(BOARD, FORUM)
        yield fake


@pytest.fixture
def frontend(online: DiscordServer, store: Store, point: Callable[[DiscordServer], None]) -> Iterator[Frontend]:
    point(online)
    running = Frontend(online, store)
    running.start()
    yield running
    running.stop()
