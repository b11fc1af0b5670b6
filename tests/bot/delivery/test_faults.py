"""Tests that whatever goes wrong in a delivery costs that delivery alone, and is told once."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.delivery.courier import Courier
from bot.delivery.outbox import deliver_next, serve
from tests.bot.conftest import DAY
from tests.fakes.clock import FakeClock
from tests.fakes.sender import FakeSender
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Content, Delivery, Message, PartState, Place, View
from workers.domain.errors import ChatGone, ChatNotWritable, SendRetryable, SettingsError
from workers.domain.questions import QuestionRequest
from workers.domain.units import Failure
from workers.store import Store
from workers.store.outbox import OutboxStore
from workers.store.sent_messages import PartStatus

pytestmark = pytest.mark.usefixtures("edition")
DISK_FULL = OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))


class QuickWakeup:
    async def wait(self) -> None:
        await asyncio.sleep(0.005)


class BadWakeup:
    """Fails at every other call."""

    def __init__(self) -> None:
        self.calls = 0

    async def wait(self) -> None:
        self.calls += 1
        await asyncio.sleep(0.005)
        if self.calls == 1:
            raise ValueError("nonsense from Redis")


def render(content: Content, delivery: Delivery) -> list[Message]:
    """Fail for the chat "bad", else two messages of an edition or one of anything else."""
    if delivery.chat.chat == "bad":
        raise TypeError("a reader's words")
    if isinstance(content, str):
        return [Message(content)]
    return [Message("first", (1,)), Message("second", (2,))]


def ask(store: Store, chat: str, key: str = "") -> None:
    store.outbox.request(key or f"request:{chat}", ChatRef("terminal", chat), DAY, View("en"))


def states(store: Store, chat: str) -> list[str]:
    return [part.state for part in store.sent_messages.parts(f"request:{chat}")]


def failures(store: Store) -> list[Failure]:
    return store.failures.newest(10)


def deliver_all(store: Store, sender: FakeSender, clock: FakeClock, rounds: int = 6) -> None:
    """Deliver what can be delivered, in rounds that are more than a back-off apart."""
    for _ in range(rounds):
        while asyncio.run(deliver_next(store, "terminal", sender, render)):
            pass
        clock.advance(61)


def serving(store: Store, sender: FakeSender, until: Callable[[], object], **more: Any) -> None:
    """Serve until `until` is true; raises what `serve` raises."""

    async def story() -> None:
        task = asyncio.create_task(serve(store, "terminal", sender, render, more.pop("wakeup", QuickWakeup()), **more))
        async with asyncio.timeout(20):
            while not until() and not task.done():
                await asyncio.sleep(0.005)
        if task.done():
            task.result()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(story())


def store_with(store: Store, outbox: OutboxStore) -> Store:
    return replace(store, outbox=outbox)


class FailingOutbox(OutboxStore):
    """Raises the next of `faults[method]` instead of writing; None writes."""

    faults: dict[str, list[Exception | None]]

    def _may_fail(self, method: str) -> None:
        faults = self.faults.get(method)
        fault = faults.pop(0) if faults else None
        if fault is not None:
            raise fault

    def claim(self, platform: str, urgent: bool = False) -> Delivery | None:
        self._may_fail("claim")
        return super().claim(platform, urgent)

    def settle(self, *arguments: Any, **more: Any) -> Any:
        self._may_fail("settle")
        return super().settle(*arguments, **more)

    def sending(self, *arguments: Any) -> None:
        self._may_fail("sending")
        super().sending(*arguments)


def failing(store: Store, **faults: Sequence[Exception | None]) -> Store:
    outbox = FailingOutbox(store.engine, store.clock, store.outbox._lease)  # noqa: SLF001 - the same store
    outbox.faults = {method: list(each) for method, each in faults.items()}
    return store_with(store, outbox)


def test_a_delivery_that_cannot_be_rendered_costs_nobody_else(store: Store) -> None:
    for chat in ("a", "bad", "b"):
        ask(store, chat)
    sender = FakeSender()
    serving(store, sender, lambda: len(sender.sent) == 4)
    assert {chat for chat, _ in sender.sent} == {"a", "b"}


def test_after_three_tries_it_is_given_up_and_who_waits_is_told_once(store: Store, bot_clock: FakeClock) -> None:
    ask(store, "bad")
    asked = store.questions.ask("q", QuestionRequest(ChatRef("terminal", "bad"), "7", "en", "why?"))
    assert asked is not None
    sender = FakeSender()
    deliver_all(store, sender, bot_clock, rounds=12)
    given_up = [failure for failure in failures(store) if failure.given_up]
    assert {failure.unit.about for failure in given_up} == {"terminal:bad"}
    assert all(failure.attempts == 3 and "TypeError" in failure.reason for failure in given_up)
    assert all("reader" not in failure.reason for failure in given_up)
    assert len(store.failures.untold()) == 2, "the notices about them fail too, and nobody is told of those"
    assert store.outbox.idle("terminal")


def test_what_is_left_fails_with_the_reason_and_the_reader_is_told(store: Store, bot_clock: FakeClock) -> None:
    ask(store, "a")
    sender = FakeSender([None, TypeError("x"), None])
    asyncio.run(deliver_next(store, "terminal", sender, render))
    assert states(store, "a") == ["posted", "sending"]
    deliver_all(store, sender, bot_clock)
    assert states(store, "a") == ["posted", "unknown"], "it may have been sent"
    assert failures(store) == []

    class Broken(FakeSender):
        def turn(self, chat: str, urgent: bool) -> Any:
            if chat == "b" and len(self.sent) == 0:
                raise TypeError("x")
            return super().turn(chat, urgent)

    ask(store, "b")
    broken = Broken()
    for _ in range(3):
        asyncio.run(deliver_next(store, "terminal", broken, render))
        bot_clock.advance(61)
    assert states(store, "b") == ["failed", "failed"]
    broken.sent.append(("", ""))
    deliver_all(store, broken, bot_clock)
    assert broken.sent[1:] == [("b", "That did not work. Please try again later.")]


def test_a_message_whose_record_is_refused_is_not_sent_again(store: Store, bot_clock: FakeClock) -> None:
    ask(store, "a")
    sender = FakeSender()
    broken = failing(store, settle=[ValueError("no such state")])
    deliver_all(broken, sender, bot_clock)
    assert [message for _, message in sender.sent] == ["first", "second"]
    assert states(store, "a") == ["unknown", "posted"]


def test_a_record_that_a_full_disk_refuses_is_written_when_there_is_room(store: Store) -> None:
    ask(store, "a")
    sender = FakeSender()
    asyncio.run(deliver_next(failing(store, settle=[DISK_FULL]), "terminal", sender, render))
    assert store.sent_messages.parts("request:a") == [
        PartStatus(0, PartState.POSTED, "m1"),
        PartStatus(1, PartState.POSTED, "m2"),
    ]


def test_while_the_store_is_away_nothing_is_sent_and_nothing_is_given_up(store: Store, bot_clock: FakeClock) -> None:
    ask(store, "a")
    sender = FakeSender()
    broken = failing(store, sending=[DISK_FULL] * 5)
    for _ in range(5):
        asyncio.run(deliver_next(broken, "terminal", sender, render))
        assert sender.sent == []
        bot_clock.advance(31)
    deliver_all(broken, sender, bot_clock)
    assert states(store, "a") == ["posted", "posted"]
    assert failures(store) == []


def test_a_claim_that_fails_ends_nothing(store: Store) -> None:
    ask(store, "a")
    sender, beats = FakeSender(), list[int]()
    broken = failing(store, claim=[DISK_FULL])
    serving(broken, sender, lambda: len(sender.sent) == 2, beat=lambda: beats.append(len(sender.sent)))
    assert beats[:2] == [0, 0], "while the store was away, and at the claim"


def test_a_row_that_makes_no_sense_is_passed_over(store: Store) -> None:
    ask(store, "nonsense")
    ask(store, "a")
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE delivery SET notify = 'loudly' WHERE chat = 'nonsense'"))
    sender = FakeSender()
    serving(store, sender, lambda: len(sender.sent) == 2)
    assert [failure.unit.key for failure in failures(store)] == ["1"]


def test_a_wakeup_or_a_follower_that_fails_ends_nothing(store: Store) -> None:
    store.questions.ask("q", QuestionRequest(ChatRef("terminal", "a"), "7", "en", "why?"))
    sender = FakeSender()

    async def follow(delivery: Delivery, message_id: str) -> None:
        ask(store, "b")
        raise TypeError("x")

    serving(store, sender, lambda: len(sender.sent) == 4, wakeup=BadWakeup(), follow=follow)
    assert sender.sent[-1] == ("b", "second")


def test_a_refused_token_ends_the_frontend_and_loses_no_message(store: Store, bot_clock: FakeClock) -> None:
    ask(store, "a")
    with pytest.raises(SettingsError, match="refused"):
        serving(store, FakeSender([SettingsError("TELEGRAM_BOT_TOKEN: refused")]), lambda: False)
    assert states(store, "a") == ["pending", "pending"]
    bot_clock.advance(31)
    sender = FakeSender()
    deliver_all(store, sender, bot_clock)
    assert states(store, "a") == ["posted", "posted"]


def test_a_long_pause_puts_off_that_chat_alone_and_is_shown(store: Store, bot_clock: FakeClock) -> None:
    class Flooded(FakeSender):
        async def send(self, chat: ChatRef, message: Message, key: str) -> str:
            if chat.chat == "a" and not [each for each, _ in self.sent if each == "b"]:
                raise SendRetryable("told to wait", retry_after_s=43_838)
            return await super().send(chat, message, key)

    ask(store, "a")
    sender = Flooded()
    deliver_all(store, sender, bot_clock, rounds=1)
    ask(store, "b")
    deliver_all(store, sender, bot_clock, rounds=1)
    assert {chat for chat, _ in sender.sent} == {"b"}
    (waiting,) = store.failures.untold()
    assert (waiting.unit.about, waiting.reason) == ("terminal:a", "Terminal asks to wait 43838 s")
    bot_clock.advance(43_700)
    deliver_all(store, sender, bot_clock, rounds=1)
    assert len(sender.sent) == 2
    deliver_all(store, sender, bot_clock)
    assert [chat for chat, _ in sender.sent] == ["b", "b", "a", "a"]
    assert failures(store) == []


def test_what_the_owner_was_shown_of_a_pause_is_forgotten_when_it_is_over(store: Store, bot_clock: FakeClock) -> None:
    ask(store, "a")
    courier = Courier(store, FakeSender([SendRetryable("told to wait", retry_after_s=600)]), render)
    for left in (1, 0):
        delivery = store.outbox.claim("terminal")
        assert delivery is not None
        asyncio.run(courier.deliver(delivery))
        assert len(failures(store)) == left
        bot_clock.advance(601)


def test_a_part_that_waits_long_for_its_turn_is_not_claimed_a_second_time(store: Store, bot_clock: FakeClock) -> None:
    ask(store, "a")
    delivery = store.outbox.claim("terminal")
    assert delivery is not None
    for _ in range(4):
        bot_clock.advance(20)
        store.outbox.renew(delivery)
        assert store.outbox.claim("terminal") is None
    store.outbox.put_off(delivery, 600)
    store.outbox.renew(delivery)
    bot_clock.advance(599)
    assert store.outbox.claim("terminal") is None, "a renewal does not shorten a pause"


def test_the_owner_is_told_once_of_a_chat_that_refuses_and_no_more_when_it_takes_messages(store: Store) -> None:
    view = View("en", place=Place.GROUP)
    for n in range(3):
        store.outbox.request(f"request:{n}", ChatRef("terminal", "a", "33"), DAY, view)
    sender = FakeSender([ChatNotWritable("message thread not found"), ChatNotWritable("message thread not found")])
    for _ in range(2):
        asyncio.run(deliver_next(store, "terminal", sender, render))
    (failure,) = store.failures.untold()
    assert (failure.unit.about, failure.reason) == ("terminal:a", "message thread not found")
    asyncio.run(deliver_next(store, "terminal", sender, render))
    assert failures(store) == []


def test_a_reader_who_blocks_the_bot_is_no_failure(store: Store) -> None:
    ask(store, "a")
    asyncio.run(deliver_next(store, "terminal", FakeSender([ChatGone("blocked")]), render))
    assert failures(store) == []
