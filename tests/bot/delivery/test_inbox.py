"""Tests that an update is stored first, handled until it is done, and given up alone if it cannot be handled."""

import asyncio
from collections.abc import Callable

from sqlalchemy import text

from bot.delivery.inbox import Inbox
from tests.fakes.clock import FakeClock
from workers.domain.errors import SettingsError
from workers.domain.units import Failure, Unit, UnitKind
from workers.store import Store
from workers.store.updates import StoredUpdate


class Handlers:
    """Raises the next of `faults` for each call, None raises nothing; records the bodies that were handled."""

    def __init__(self, *faults: Exception | None) -> None:
        self.faults = list(faults)
        self.handled: list[str] = []
        self.given_up: list[str] = []
        self.pauses: list[float] = []

    async def handle(self, body: str) -> None:
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        self.handled.append(body)

    async def give_up(self, body: str) -> None:
        self.given_up.append(body)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)


def run(store: Store, handlers: Handlers, *bodies: str, until: Callable[[], object]) -> None:
    """Take the bodies as updates 1, 2 … and wait until `until` is true."""

    async def story() -> None:
        inbox = Inbox(store, "telegram", "42", handlers.handle, handlers.give_up, handlers.sleep)
        async with inbox.open(), asyncio.timeout(20):
            for number, body in enumerate(bodies, start=1):
                await inbox.take(number, body)
            while not until():
                await asyncio.sleep(0.005)

    asyncio.run(story())


def done(store: Store) -> Callable[[], bool]:
    return lambda: not store.updates.left("telegram", "42")


def failure(store: Store, number: int) -> Failure | None:
    return store.failures.of(Unit(UnitKind.UPDATE, f"telegram:42:{number}", "telegram"))


def test_an_update_is_handled_once_also_if_it_comes_twice(store: Store) -> None:
    handlers = Handlers()
    run(store, handlers, "hello", until=done(store))
    run(store, handlers, "hello", "again", until=done(store))
    assert handlers.handled == ["hello", "again"]


def test_a_handler_that_fails_is_tried_again_and_the_others_do_not_wait(store: Store) -> None:
    handlers = Handlers(TypeError("once"), None)
    run(store, handlers, "first", "second", until=done(store))
    assert sorted(handlers.handled) == ["first", "second"]
    assert handlers.given_up == []
    assert failure(store, 1) is None, "it succeeded in the end"


def test_after_three_tries_the_person_is_told_and_the_update_is_done(store: Store) -> None:
    handlers = Handlers(*[TypeError("a reader's words")] * 3)
    run(store, handlers, "bad", until=done(store))
    assert (handlers.handled, handlers.given_up) == ([], ["bad"])
    assert sum(handlers.pauses) == 65.0
    failed = failure(store, 1)
    assert failed is not None
    assert failed.given_up
    assert "reader" not in failed.reason


def test_an_update_that_a_stopped_process_left_is_handled_by_the_next_one(store: Store) -> None:
    store.updates.take("telegram", "42", 7, "left behind")
    store.updates.take("telegram", "", 6, "of an older version")
    store.updates.take("telegram", "43", 8, "of another bot")
    handlers = Handlers()
    run(store, handlers, until=done(store))
    assert sorted(handlers.handled) == ["left behind", "of an older version"]


def test_a_refused_token_leaves_the_update_open(store: Store) -> None:
    handlers = Handlers(SettingsError("TELEGRAM_BOT_TOKEN: refused"))
    run(store, handlers, "hello", until=lambda: not handlers.faults)
    assert store.updates.left("telegram", "42") == [StoredUpdate(1, "hello")]


def test_while_the_store_is_away_the_update_is_stored_later(store: Store) -> None:
    handlers = Handlers()

    async def story() -> None:
        inbox = Inbox(store, "telegram", "42", handlers.handle, handlers.give_up, handlers.sleep)
        async with inbox.open(), asyncio.timeout(20):
            await asyncio.to_thread(_rename, store, "platform_update", "away")
            taking = asyncio.create_task(inbox.take(1, "hello"))
            await asyncio.sleep(0.1)
            assert not taking.done(), "not confirmed before it is stored"
            await asyncio.to_thread(_rename, store, "away", "platform_update")
            await taking
            while store.updates.left("telegram", "42"):
                await asyncio.sleep(0.005)

    asyncio.run(story())
    assert handlers.handled == ["hello"]


def test_an_update_that_the_store_never_takes_is_recorded_and_stops_nothing(store: Store) -> None:
    handlers = Handlers()
    run(store, handlers, "half a character \ud800", "good", until=lambda: handlers.handled)
    assert handlers.handled == ["good"]
    assert failure(store, 1) is not None


def _rename(store: Store, old: str, new: str) -> None:
    """Without its table, every call of the store fails as it does when the file is locked or full."""
    with store.engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


def test_a_pause_ends_when_the_clock_says_so(store: Store, bot_clock: FakeClock) -> None:
    class Waking(Handlers):
        async def sleep(self, seconds: float) -> None:
            """The machine sleeps meanwhile for an hour."""
            await super().sleep(seconds)
            bot_clock.advance(3600)

    handlers = Waking(TypeError("once"), None)
    run(store, handlers, "first", until=done(store))
    assert handlers.handled == ["first"]
    assert len(handlers.pauses) == 1
