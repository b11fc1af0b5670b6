"""Tests that a row which makes no sense costs its own chat alone."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from tests.fakes.clock import FakeClock
from tests.fakes.edition import DAY, closed_edition
from tests.fakes.subscriptions import NewSubscription
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Message, PartState, SubscriptionStatus, View
from workers.domain.errors import UnreadableDelivery
from workers.store import Store
from workers.store.sent_messages import PartStatus
from workers.store.slots import bring_back
from workers.store.status import overview
from workers.store.transactions import write

NOW = datetime(2025, 6, 3, 8, tzinfo=UTC)
BAD, WELL = ChatRef("telegram", "bad"), ChatRef("telegram", "well")
NONSENSE = ("layout = 'spiral'", "notify = 'seldom'", "filter = '[]'", 'filter = \'{"limit": "many"}\'', "filter = '{'")
"""What is set in a row; the last one is broken JSON, which PostgreSQL does not store."""
IN_SUBSCRIPTIONS = (*NONSENSE, "weekdays = '5'", "place = 'nowhere'")
IN_DELIVERIES = (*NONSENSE, "kind = 'riddle'")
IN_RENDERINGS = ("messages = '[{\"words\": 1}]'", "messages = '5'", "messages = '{'")


def cases(values: Sequence[str]) -> pytest.MarkDecorator:
    """All values on SQLite, and the first one on PostgreSQL."""
    other = pytest.param("postgresql", values[0], marks=pytest.mark.postgresql)
    return pytest.mark.parametrize(("database", "values"), [*(("sqlite", each) for each in values), other])


def spoil(store: Store, table: str, values: str, where: str = "chat = 'bad'") -> None:
    with write(store.engine) as connection:
        connection.execute(text(f"UPDATE {table} SET {values} WHERE {where}"))  # noqa: S608 - the test's own words


@cases(IN_SUBSCRIPTIONS)
def test_a_subscription_that_cannot_be_read_is_handed_over_and_the_others_are_due(store: Store, values: str) -> None:
    for chat in (BAD, WELL):
        store.subscriptions.add(NewSubscription(chat, NOW))
    spoil(store, "subscription", values)
    unreadable: list[ChatRef] = []
    due = store.subscriptions.due(NOW, lambda _, chat, error: unreadable.append(chat))
    assert [each.chat for each in due] == [WELL]
    assert unreadable == [BAD]


def test_slots_are_brought_back_beside_one_that_makes_no_sense(store: Store, moving_clock: FakeClock) -> None:
    for chat in (BAD, WELL):
        store.subscriptions.add(NewSubscription(chat, NOW + timedelta(days=900)))
    spoil(store, "subscription", "zone = 'Nowhere/City'")
    assert bring_back(store.engine, moving_clock.now()) == 1
    known = store.subscriptions.of(WELL)
    assert known is not None
    assert known.due_at < NOW + timedelta(days=5)


def test_the_status_shows_a_paused_chat_whose_settings_make_no_sense(store: Store) -> None:
    store.subscriptions.add(NewSubscription(BAD, NOW))
    store.subscriptions.pause_chat(BAD, SubscriptionStatus.REMOVED, "kicked")
    spoil(store, "subscription", "filter = '[]', notify = 'seldom'")
    assert [paused.reason for paused in overview(store).paused] == ["removed: kicked"]
    assert store.subscriptions.paused_chats("telegram") == {"bad"}


@cases(IN_DELIVERIES)
def test_a_delivery_that_cannot_be_read_is_given_up_and_the_next_is_claimed(store: Store, values: str) -> None:
    closed_edition(store)
    for chat in (BAD, WELL):
        store.outbox.request(f"request:{chat}", chat, DAY, View())
    first = store.outbox.claim("telegram")
    assert first is not None
    store.outbox.expand(first, [Message("one"), Message("two")])
    store.outbox.put_off(first, 0)
    spoil(store, "delivery", values)
    with pytest.raises(UnreadableDelivery) as raised:
        store.outbox.claim("telegram")
    assert raised.value.chat == BAD
    following = store.outbox.claim("telegram")
    assert following is not None
    assert following.chat == WELL
    assert {part.state for part in store.sent_messages.parts(f"request:{BAD}")} == {PartState.FAILED}


@cases(IN_RENDERINGS)
def test_stored_messages_that_cannot_be_read_are_made_again(store: Store, values: str) -> None:
    closed_edition(store)
    for chat in (BAD, WELL):
        store.outbox.request(f"request:{chat}", chat, DAY, View())
    first = store.outbox.claim("telegram")
    assert first is not None
    store.outbox.expand(first, [Message("one"), Message("two")])
    spoil(store, "rendering", values, where="id > 0")
    assert store.outbox.rendered(first) is None
    store.outbox.expand(first, [Message("one"), Message("two")])
    second = store.outbox.claim("telegram")
    assert second is not None
    assert store.outbox.rendered(second) == [Message("one"), Message("two")]
    part = store.outbox.next_part(first)
    assert part is not None
    assert part.message == Message("one")
    assert store.sent_messages.parts(f"request:{BAD}") == [PartStatus(n, PartState.PENDING, None) for n in range(2)]
