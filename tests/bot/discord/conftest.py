"""Fixtures that run the Discord frontend against a fake server in the test's process."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

import discord
import pytest
import yarl

from bot.delivery.pacing import Pacer
from bot.delivery.service import PlatformContext
from bot.discord import app
from bot.discord.connector import bound_waits, client_options
from bot.discord.sender import DiscordSender
from bot.platforms import DISCORD, PLATFORMS, Limits
from tests.bot.frontend_thread import FrontendThread
from tests.fakes.discord import TOKEN, DiscordServer, serving
from tests.fakes.discord_wire import ANNOUNCEMENT, FORUM, Posted
from tests.waiting import until
from workers import config
from workers.store import Store

FAST = Limits(overall=1000, window_s=1, chat_gap_s=0)
NOBODY = "redis://127.0.0.1:9/0"
LAB, NEWS, BOARD = 501, 502, 503
Scenario = Callable[[DiscordSender], Coroutine[Any, Any, Any]]


@dataclass
class Frontend:
    """Runs `bot.discord` in a thread; `settings` override the bundled ones."""

    server: DiscordServer
    store: Store
    settings: dict[str, Any] = field(default_factory=dict)
    reads: bool = False

    def start(self) -> None:
        """Start the frontend and wait until the fake server reports it online."""
        self.server.online = False
        self._thread = FrontendThread(self._serve)
        self._thread.start(ready=lambda: self.server.online)

    async def _serve(self, stopped: asyncio.Event) -> None:
        settings = config.load(environment={}, platforms=PLATFORMS).model_copy(update=self.settings)
        context = PlatformContext(DISCORD, settings, self.store, NOBODY, TOKEN, stopped)
        await app.serve_until_stopped(context, self.reads, FAST, _at_once)

    def stop(self) -> None:
        self._thread.stop()

    def text(self, channel: int, containing: str) -> Posted:
        """Wait for a message that contains the text in the channel; return the newest."""
        return until(
            lambda: next(
                (post for post in self.server.posted[::-1] if post.channel == channel and containing in post.text), None
            )
        )

    def answer(self, token: str, containing: str = "") -> str:
        """Wait for an interaction's answer that contains the text and return it."""
        return until(lambda: next((text for text in self.server.answers[token] if containing in text), None))


async def _at_once(_seconds: float) -> None:
    """No pause between the tries of an update."""


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


@pytest.fixture
def server() -> Iterator[DiscordServer]:
    with serving() as fake:
        fake.room(5)
        yield fake


@pytest.fixture
def do(server: DiscordServer, store: Store, monkeypatch: pytest.MonkeyPatch) -> Callable[[Scenario], Any]:
    """Runs a scenario with a sender that is logged in to the server."""
    monkeypatch.setattr(discord.http.Route, "BASE", f"{server.url}/api/v10")
    monkeypatch.setattr("bot.discord.sender._AGAIN_S", 0.01)

    def run(scenario: Scenario) -> Any:
        async def connected() -> Any:
            async with discord.Client(intents=discord.Intents.none(), **client_options({})) as client:
                bound_waits(client)
                await client.login(TOKEN)
                return await scenario(DiscordSender(client, store, Pacer(FAST)))

        return asyncio.run(connected())

    return run
