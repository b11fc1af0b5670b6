"""Tests that a platform's process takes the lease, connects, delivers and closes in this order."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.delivery.leader import leadership
from bot.delivery.service import DELIVERIES, UPDATES, Frontend, PlatformContext, run_platform, serve_platform
from bot.delivery.watchdog import PartStuck, Watchdog
from bot.platforms import PLATFORMS, TELEGRAM
from tests.fakes.clock import FakeClock
from tests.fakes.sender import FakeSender
from workers import config
from workers.config import Settings
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Content, Delivery, Message
from workers.domain.errors import LeaseLost, SettingsError
from workers.store import Store

NOBODY = "redis://127.0.0.1:9/0"
LONGEST_S = 20.0


class RecordingSender(FakeSender):
    """Appends each sent message to `steps` and sets `taken` when it sends."""

    def __init__(self, steps: list[str]) -> None:
        super().__init__()
        self._steps, self.taken = steps, asyncio.Event()

    async def send(self, chat: ChatRef, message: Message, key: str) -> str:
        self._steps.append(f"sent {message.text}")
        self.taken.set()
        return await super().send(chat, message, key)


class FakeFrontend:
    """Connects once `gate` is set and appends what it does to `steps`."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.steps: list[str] = []
        self.gate, self.waits = asyncio.Event(), asyncio.Event()
        self.sender = RecordingSender(self.steps)
        self._fault = fault

    def render(self, content: Content, delivery: Delivery) -> list[Message]:
        del delivery
        return [Message(str(content))]

    async def receive(self, connected: asyncio.Event) -> None:
        self.waits.set()
        await self.gate.wait()
        if self._fault:
            raise self._fault
        self.steps.append("connected")
        connected.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.steps.append("closed")


@pytest.fixture
def settings() -> Settings:
    return config.load(environment={}, platforms=PLATFORMS)


def context(settings: Settings, store: Store) -> PlatformContext:
    return PlatformContext(TELEGRAM, settings, store, NOBODY, "token", asyncio.Event())


def connect_to(frontend: FakeFrontend) -> Callable[[Callable[[], None]], Frontend]:
    def connect(wake: Callable[[], None]) -> Frontend:
        del wake
        return frontend

    return connect


def test_nothing_is_sent_before_the_frontend_is_connected_or_after_it_is_stopped(
    store: Store, settings: Settings
) -> None:
    store.outbox.notify("notice:1", ChatRef("telegram", "5"), "en", "hello")

    async def scenario() -> list[str]:
        running, frontend = context(settings, store), FakeFrontend()
        serving = asyncio.create_task(serve_platform(running, connect_to(frontend)))
        await frontend.waits.wait()
        frontend.steps.append("asked to connect")
        frontend.gate.set()
        await frontend.sender.taken.wait()
        running.stopped.set()
        await serving
        return frontend.steps

    steps = asyncio.run(asyncio.wait_for(scenario(), LONGEST_S))
    assert steps == ["asked to connect", "connected", "sent hello", "closed"]


def test_what_a_frontend_raises_ends_the_process(store: Store, settings: Settings) -> None:
    async def scenario() -> None:
        frontend = FakeFrontend(SettingsError("TELEGRAM_BOT_TOKEN: refused"))
        frontend.gate.set()
        await serve_platform(context(settings, store), connect_to(frontend))

    with pytest.raises(SettingsError, match="refused"):
        asyncio.run(asyncio.wait_for(scenario(), LONGEST_S))


def test_a_second_process_ends_without_connecting_if_it_is_stopped_while_it_waits(
    store: Store, settings: Settings
) -> None:
    assert store.lease("telegram", 60).acquire()

    async def scenario() -> list[str]:
        running, frontend = context(settings, store), FakeFrontend()
        serving = asyncio.create_task(serve_platform(running, connect_to(frontend)))
        running.stopped.set()
        await serving
        return frontend.steps

    assert asyncio.run(asyncio.wait_for(scenario(), LONGEST_S)) == []


def test_losing_the_platform_to_another_process_ends_this_one(
    store: Store, settings: Settings, bot_clock: FakeClock
) -> None:
    short = settings.model_copy(update={"lease": settings.lease.model_copy(update={"delivery_s": 0.04})})

    async def scenario() -> None:
        frontend = FakeFrontend()
        serving = asyncio.create_task(serve_platform(context(short, store), connect_to(frontend)))
        await frontend.waits.wait()
        other = store.lease("telegram", 60)
        while not await asyncio.to_thread(other.acquire):
            bot_clock.advance(1)
        await serving

    with pytest.raises(LeaseLost):
        asyncio.run(asyncio.wait_for(scenario(), LONGEST_S))


def test_a_frontend_that_receives_nothing_any_more_ends_and_lets_its_lease_go(store: Store, settings: Settings) -> None:
    class DeafFrontend(FakeFrontend):
        """Makes progress once and never again, as a task that has ended."""

        async def receive(self, connected: asyncio.Event) -> None:
            running.watchdog.beat(UPDATES)
            await super().receive(connected)

    running = replace(context(settings, store), watchdog=Watchdog((UPDATES, DELIVERIES), limit_s=0.2))
    deaf = DeafFrontend()

    async def scenario() -> None:
        deaf.gate = asyncio.Event()
        deaf.gate.set()
        await serve_platform(running, connect_to(deaf))

    with pytest.raises(PartStuck, match="updates: no progress"):
        asyncio.run(asyncio.wait_for(scenario(), LONGEST_S))
    assert deaf.steps[-1] == "closed"
    assert not store.lease("telegram", 0).is_held()


def test_a_stuck_process_does_not_renew_its_lease(store: Store, bot_clock: FakeClock) -> None:
    async def scenario() -> None:
        async with leadership(store, "telegram", 0.04, asyncio.Event(), works=lambda: False) as lost:
            bot_clock.advance(1)
            await asyncio.sleep(0.1)
            assert not store.lease("telegram", 0).is_held()
            assert not lost.done()

    asyncio.run(asyncio.wait_for(scenario(), LONGEST_S))


def test_a_missing_token_and_a_missing_queue_are_named_with_their_cure(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def serve(_context: PlatformContext) -> None:
        raise AssertionError("it must not be served")

    monkeypatch.delenv("TELEGRAM_BOT_TOKEN", raising=False)
    with pytest.raises(SettingsError, match="TELEGRAM_BOT_TOKEN: is not set; @BotFather gives one"):
        run_platform(TELEGRAM, settings, serve)
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "1:token")
    with pytest.raises(SettingsError, match="the Telegram frontend needs REDIS_URL"):
        run_platform(TELEGRAM, settings, serve)
