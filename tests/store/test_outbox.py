"""Tests deliveries and message parts: each message is stored before it is sent, and no crash sends it twice."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.papers import paper
from tests.fakes.subscriptions import NewSubscription
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Delivery, Layout, Message, PartState, SubscriptionStatus, View
from workers.domain.errors import LeaseLost
from workers.domain.models import Digest, RankedPaper, Selection, SourceAnswer, SourceReport, Text
from workers.store import Store
from workers.store.sent_messages import PartStatus

DAY = date(2025, 6, 3)
MESSAGES = [Message("one", (1,)), Message("two", (2, 3)), Message("three")]
NOW = datetime(2025, 6, 3, 8, tzinfo=UTC)


@pytest.fixture
def edition(store: Store) -> date:
    attempt = store.editions.claim(DAY)
    assert attempt is not None
    one = paper()
    report = SourceAnswer(SourceReport("arxiv", "ok", 1))
    store.editions.close(DAY, attempt, Selection((one,), {}), [RankedPaper(1, one, "Robotics")], [report])
    digest = Digest(DAY.isoformat(), "ko", "제목", (), (), (), 1, 1, {}, ())
    store.texts.save(DAY, Text(digest, None))
    return DAY


def claimed(store: Store, platform: str = "terminal") -> Delivery:
    delivery = store.outbox.claim(platform)
    assert delivery is not None
    return delivery


def ask(store: Store, idempotency_key: str = "request:1", chat: str = "a", language: str = "ko") -> bool:
    return store.outbox.request(idempotency_key, ChatRef("terminal", chat), DAY, View(language))


def test_one_cause_is_one_delivery(store: Store, edition: date) -> None:
    assert ask(store)
    assert not ask(store)


def test_parts_are_sent_in_order_and_once(store: Store, edition: date) -> None:
    ask(store)
    delivery = claimed(store)
    store.outbox.expand(delivery, MESSAGES)
    sent = []
    part = store.outbox.next_part(delivery)
    while part:
        sent.append((part.n, part.message))
        part = store.outbox.settle(delivery, part, PartState.POSTED, f"m{part.n}")
    store.outbox.finish(delivery)
    assert sent == list(enumerate(MESSAGES))
    assert store.sent_messages.parts("request:1") == [PartStatus(n, PartState.POSTED, f"m{n}") for n in range(3)]
    assert store.outbox.idle("terminal")
    assert store.outbox.claim("terminal") is None


def test_a_text_that_is_not_written_yet_is_waited_for(store: Store, edition: date) -> None:
    ask(store, language="en")
    assert store.outbox.claim("terminal") is None
    assert not store.outbox.idle("terminal")


def test_a_part_under_way_in_a_crash_becomes_unknown_and_is_not_sent_again(
    store: Store, edition: date, moving_clock: FakeClock
) -> None:
    ask(store)
    dead = claimed(store)
    store.outbox.expand(dead, MESSAGES)
    first = store.outbox.next_part(dead)
    assert first is not None
    second = store.outbox.settle(dead, first, PartState.POSTED, "m0")
    assert second is not None
    store.outbox.sending(dead, second)  # being sent when the process dies
    assert store.outbox.claim("terminal") is None
    moving_clock.advance(31)
    heir = claimed(store)
    store.outbox.expand(heir, MESSAGES)
    last = store.outbox.next_part(heir)
    assert last is not None
    assert last.n == 2
    assert [part.state for part in store.sent_messages.parts("request:1")] == ["posted", "unknown", "pending"]
    with pytest.raises(LeaseLost):
        store.outbox.settle(dead, first, PartState.POSTED, "twice")
    with pytest.raises(LeaseLost):
        store.outbox.next_part(dead)


def test_a_part_surely_not_sent_is_tried_again(store: Store, edition: date) -> None:
    ask(store)
    delivery = claimed(store)
    store.outbox.expand(delivery, MESSAGES)
    part = store.outbox.next_part(delivery)
    assert part is not None
    store.outbox.settle(delivery, part, PartState.PENDING, reason="told to wait")
    assert store.outbox.next_part(delivery) == part


def test_a_chat_has_one_delivery_under_way_and_other_chats_do_not_wait(store: Store, edition: date) -> None:
    ask(store, "request:1", "a")
    ask(store, "request:2", "a")
    ask(store, "request:3", "b")
    first, second = claimed(store), claimed(store)
    assert (first.chat.chat, second.chat.chat) == ("a", "b")
    assert store.outbox.claim("terminal") is None
    store.outbox.finish(first)
    assert claimed(store).chat.chat == "a"


def test_a_rendering_is_stored_once_for_all_chats(store: Store, edition: date) -> None:
    ask(store, "request:1", "a")
    first = claimed(store)
    assert store.outbox.rendered(first) is None
    store.outbox.expand(first, MESSAGES)
    ask(store, "request:2", "b")
    second = claimed(store)
    assert store.outbox.rendered(second) == MESSAGES
    store.outbox.expand(second, [Message("rendered by a later version")])
    part = store.outbox.next_part(second)
    assert part is not None
    assert part.message == MESSAGES[0]


def test_a_notice_whose_sender_died_is_expanded_again_as_it_was(store: Store, moving_clock: FakeClock) -> None:
    store.outbox.notify("alert:1", ChatRef("terminal", "a"), "ko", "arxiv: HTTP 503")
    store.outbox.expand(claimed(store), MESSAGES)
    moving_clock.advance(31)
    heir = claimed(store)
    store.outbox.expand(heir, MESSAGES)
    assert store.outbox.rendered(heir) == MESSAGES
    assert [part.state for part in store.sent_messages.parts("alert:1")] == [PartState.PENDING] * len(MESSAGES)


def test_a_slot_makes_its_deliveries_and_moves_on_in_one_step(store: Store, edition: date) -> None:
    store.subscriptions.add(NewSubscription(ChatRef("terminal", "a"), NOW))
    (due,) = store.subscriptions.due(NOW)
    tomorrow = NOW + timedelta(days=1)
    assert store.subscriptions.closed_after(due.had) == [DAY]
    assert store.subscriptions.deliver(due, [DAY], tomorrow, NOW, silent=False)
    assert not store.subscriptions.deliver(due, [DAY], tomorrow, NOW, silent=False)
    assert store.subscriptions.due(NOW) == []
    (again,) = store.subscriptions.due(tomorrow)
    assert again.had == DAY
    assert store.subscriptions.closed_after(again.had) == []
    assert claimed(store).day == DAY


def test_a_chat_that_is_gone_is_paused_and_keeps_its_settings(store: Store) -> None:
    store.subscriptions.add(NewSubscription(ChatRef("terminal", "a"), NOW, view=View("en", Layout.COMPACT)))
    store.subscriptions.pause_chat(ChatRef("terminal", "a"), SubscriptionStatus.REMOVED, "kicked")
    assert store.subscriptions.due(NOW) == []
    assert store.subscriptions.languages() == []
    store.subscriptions.add(NewSubscription(ChatRef("terminal", "a"), NOW, view=View("en", Layout.COMPACT)))
    (back,) = store.subscriptions.due(NOW)
    assert back.view == View("en", Layout.COMPACT)
