"""Fixtures for python-telegram-bot and for the Telegram frontend against a fake server in the test's process."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.delivery.service import PlatformContext
from bot.platforms import PLATFORMS, TELEGRAM, Limits
from bot.telegram import app
from tests.bot.frontend_thread import FrontendThread
from tests.fakes.telegram import TOKEN, TelegramServer, serving
from tests.fakes.telegram_wire import Posted
from tests.waiting import until
from workers import config
from workers.store import Store

FAST = Limits(overall=1000, window_s=1, chat_gap_s=0)
NOBODY = "redis://127.0.0.1:9/0"
ADMIN, MEMBER = 7, 8
GROUP, CHANNEL, DISCUSSION = -1001, -1002, -1003


@pytest.fixture(autouse=True)
def times_as_timedeltas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the library use timedeltas, as the frontend does; otherwise it warns."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@dataclass
class Frontend:
    """Runs `bot.telegram` in a thread; `settings` override the bundled ones."""

    server: TelegramServer
    store: Store
    settings: dict[str, Any] = field(default_factory=dict)

    def start(self) -> None:
        self._thread = FrontendThread(self._serve)
        self._thread.start()

    async def _serve(self, stopped: asyncio.Event) -> None:
        settings = config.load(environment={}, platforms=PLATFORMS).model_copy(update=self.settings)
        context = PlatformContext(TELEGRAM, settings, self.store, NOBODY, TOKEN, stopped)
        await app.serve_until_stopped(context, FAST)

    def stop(self) -> None:
        self._thread.stop()

    def text(self, chat: int, containing: str) -> Posted:
        """Wait for a message that contains the text in the chat; return the newest."""
        return until(lambda: next(iter(self.texts(chat, containing)), None))

    def texts(self, chat: int, containing: str) -> list[Posted]:
        """Return the chat's messages that contain the text, newest first."""
        return [post for post in reversed(self.server.posted) if post.chat == chat and containing in post.text]


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with serving() as fake:
        fake.room(ADMIN, "private", title="Admin")
        fake.room(MEMBER, "private", title="Member")
        fake.room(GROUP, "supergroup", title="Readers", members={ADMIN: "administrator", MEMBER: "member"})
        fake.room(CHANNEL, "channel", title="Papers", username="papers", members={ADMIN: "creator"}, linked=DISCUSSION)
        fake.room(DISCUSSION, "supergroup", title="Talk", members={ADMIN: "creator"}, bot="member")
        yield fake


@pytest.fixture
def frontend(server: TelegramServer, store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Frontend]:
    monkeypatch.setenv("TELEGRAM_API_URL", server.url)
    running = Frontend(server, store)
    running.start()
    yield running
    running.stop()


Configured = Callable[..., Frontend]


@pytest.fixture
def configured(server: TelegramServer, store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Configured]:
    """Starts a frontend with changed settings in one part."""
    monkeypatch.setenv("TELEGRAM_API_URL", server.url)
    started: list[Frontend] = []

    def start(part: str, **changed: Any) -> Frontend:
        bundled = config.load(environment={}, platforms=PLATFORMS)
        sections = dict(bundled.platforms)
        if part in sections:
            sections[part] = sections[part].model_copy(update=changed)
            started.append(Frontend(server, store, {"platforms": sections}))
        else:
            started.append(Frontend(server, store, {part: getattr(bundled, part).model_copy(update=changed)}))
        started[-1].start()
        return started[-1]

    yield start
    for each in started:
        each.stop()
