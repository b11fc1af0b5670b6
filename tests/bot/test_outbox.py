"""The outbox: rows become messages in order, each fault has its rule."""

import asyncio

import pytest

from bot.outbox import deliver_next
from tests.bot.conftest import DAY
from tests.fakes.clock import FakeClock
from tests.fakes.sender import FakeSender
from workers.domain.deliveries import Delivery, Message
from workers.domain.errors import ChatGone, NotSent, SendUnknown
from workers.domain.models import Edition, Text
from workers.store import Store
from workers.store.subscriptions import Wanted

pytestmark = pytest.mark.usefixtures("edition")


def render(text: Text | None, delivery: Delivery) -> list[Message]:
    if text is None:
        return [Message(f"notice: {delivery.notice}")]
    return [Message(f"{delivery.language} {part} {text.digest.date}") for part in ("first", "second", "third")]


def deliver(store: Store, sender: FakeSender) -> bool:
    return asyncio.run(deliver_next(store, "terminal", sender, render))


def ask(store: Store, cause: str = "request:1", chat: str = "a") -> None:
    store.outbox.request(cause, "terminal", chat, DAY, "ko", "sections")


def states(store: Store, cause: str = "request:1") -> list[str]:
    return [state for _, state, _ in store.outbox.parts(cause)]


def test_a_delivery_is_sent_in_order_and_only_once(store: Store) -> None:
    ask(store)
    sender = FakeSender()
    assert deliver(store, sender)
    assert [text for _, text in sender.sent] == [f"ko {part} 2025-06-03" for part in ("first", "second", "third")]
    assert states(store) == ["posted"] * 3
    assert not deliver(store, sender)


def test_nothing_to_do_is_said(store: Store) -> None:
    assert not deliver(store, FakeSender())


def test_a_send_whose_fate_is_unknown_is_never_repeated(store: Store) -> None:
    ask(store)
    sender = FakeSender([None, SendUnknown("the line broke")])
    deliver(store, sender)
    assert states(store) == ["posted", "unknown", "posted"]
    assert len(sender.sent) == 2


def test_a_send_that_surely_failed_is_repeated_in_its_place(store: Store) -> None:
    ask(store)
    sender = FakeSender([None, NotSent("told to wait", retry_after_s=0.01)])
    deliver(store, sender)
    assert [text.split()[1] for _, text in sender.sent] == ["first", "second", "third"]
    assert states(store) == ["posted"] * 3


def test_a_chat_that_is_gone_gets_nothing_more_and_is_paused(
    store: Store, edition: Edition, bot_clock: FakeClock
) -> None:
    store.subscriptions.add(Wanted("terminal", "a", bot_clock.now()))
    ask(store)
    sender = FakeSender([ChatGone("kicked")])
    deliver(store, sender)
    assert sender.sent == []
    assert states(store) == ["failed", "dropped", "dropped"]
    assert store.subscriptions.due(bot_clock.now()) == []


def test_a_crash_between_sending_and_writing_down_leaves_an_unknown_part(store: Store, bot_clock: FakeClock) -> None:
    ask(store)
    with pytest.raises(RuntimeError):
        deliver(store, FakeSender([None, RuntimeError("killed here")]))
    bot_clock.advance(31)
    sender = FakeSender()
    deliver(store, sender)
    assert states(store) == ["posted", "unknown", "posted"]
    assert [text.split()[1] for _, text in sender.sent] == ["third"]
