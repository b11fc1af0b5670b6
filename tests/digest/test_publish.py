"""Publishing: every chat gets editions at its own local hour, also when clocks change, and no edition twice."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.fakes.clock import FakeClock, utc
from tests.fakes.failures import FakeFailures
from tests.fakes.subscriptions import FakeSubscriptions
from workers.digest.publish import publish
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Subscription
from workers.runtime.boundary import Boundary

WEEKDAYS, EVERY_DAY = (0, 1, 2, 3, 4), tuple(range(7))
MONDAY, TUESDAY, WEDNESDAY = date(2025, 6, 2), date(2025, 6, 3), date(2025, 6, 4)
NOW = datetime(2025, 6, 4, 0, 0, 30, tzinfo=UTC)
"""Wednesday, 09:00:30 in Seoul."""


def chat(n: int = 1, **overrides: Any) -> Subscription:
    """A chat with the slot 09:00 in Seoul on weekdays; it is due today and has Monday's edition."""
    values: dict[str, Any] = {
        "subscription_id": n,
        "chat": ChatRef("telegram", f"chat{n}"),
        "slot": "09:00",
        "zone": "Asia/Seoul",
        "weekdays": WEEKDAYS,
        "due_at": utc("2025-06-04 00:00"),
        "had": MONDAY,
    }
    return Subscription(**(values | overrides))


def none_in_the_making(_since: datetime) -> bool:
    """Reports that no edition is being made."""
    return False


def boundary() -> Boundary:
    return Boundary(FakeFailures(FakeClock(NOW)), FakeClock(NOW))


def published(chats: Sequence[Subscription], closed: Sequence[date]) -> tuple[FakeSubscriptions, int]:
    subscriptions = FakeSubscriptions(chats, closed)
    return subscriptions, publish(subscriptions, none_in_the_making, NOW, boundary())


def test_a_chat_gets_what_it_has_not_had_the_newest_first() -> None:
    subscriptions, made = published([chat()], [MONDAY, TUESDAY, WEDNESDAY])
    assert subscriptions.delivered == [("chat1", WEDNESDAY), ("chat1", TUESDAY)]
    assert made == 2


def test_the_slot_moves_on() -> None:
    subscriptions, _ = published([chat()], [TUESDAY])
    assert subscriptions.chats[1].due_at == utc("2025-06-05 00:00")
    assert subscriptions.chats[1].had == TUESDAY


def test_a_slot_missed_for_days_moves_past_now() -> None:
    subscriptions, _ = published([chat(due_at=utc("2025-05-28 00:00"))], [TUESDAY])
    assert subscriptions.chats[1].due_at == utc("2025-06-05 00:00")


def test_publishing_twice_delivers_once() -> None:
    subscriptions, _ = published([chat()], [TUESDAY])
    assert publish(subscriptions, none_in_the_making, NOW, boundary()) == 0
    assert subscriptions.delivered == [("chat1", TUESDAY)]


def test_a_chat_that_is_not_due_waits() -> None:
    later = utc("2025-06-04 09:00")
    subscriptions, made = published([chat(1, due_at=later), chat(2)], [TUESDAY])
    assert subscriptions.delivered == [("chat2", TUESDAY)]
    assert subscriptions.chats[1].due_at == later
    assert made == 1


def test_a_chat_that_had_everything_gets_nothing_and_its_slot_moves() -> None:
    subscriptions, made = published([chat(had=TUESDAY)], [MONDAY, TUESDAY])
    assert (subscriptions.delivered, made) == ([], 0)
    assert subscriptions.chats[1].due_at == utc("2025-06-05 00:00")
    assert subscriptions.chats[1].had == TUESDAY


def test_a_chat_that_had_nothing_waits_for_the_first_edition() -> None:
    new = chat(had=None)
    subscriptions, made = published([new], [])
    assert made == 0
    assert subscriptions.chats[1] == new
    subscriptions.closed = [MONDAY, TUESDAY]
    assert publish(subscriptions, none_in_the_making, NOW + timedelta(hours=8), boundary()) == 1
    assert subscriptions.delivered == [("chat1", TUESDAY)]


def test_a_slot_that_another_process_moved_is_not_counted() -> None:
    class OvertakenSubscriptions(FakeSubscriptions):
        def deliver(
            self, to: Subscription, days: Sequence[date], next_due_at: datetime, now: datetime, silent: bool
        ) -> bool:
            super().deliver(to, days, next_due_at, now, silent)
            return super().deliver(to, days, next_due_at, now, silent)

    subscriptions = OvertakenSubscriptions([chat()], [TUESDAY])
    assert publish(subscriptions, none_in_the_making, NOW, boundary()) == 0
    assert subscriptions.delivered == [("chat1", TUESDAY)]


def test_each_chat_has_its_own_hour() -> None:
    berlin = chat(2, zone="Europe/Berlin", slot="01:30", due_at=utc("2025-06-03 23:30"))
    subscriptions, _ = published([chat(1), berlin], [TUESDAY])
    assert subscriptions.chats[1].due_at == utc("2025-06-05 00:00")
    assert subscriptions.chats[2].due_at == utc("2025-06-04 23:30")


@pytest.mark.parametrize(
    ("due", "slot", "now", "silent"),
    [
        ("2025-06-04 00:00", "09:00", "2025-06-04 00:00:30", False),
        ("2025-06-04 00:00", "09:00", "2025-06-04 02:00", False),
        ("2025-06-04 00:00", "09:00", "2025-06-04 02:00:01", True),
        ("2025-06-04 12:50", "21:50", "2025-06-04 13:05", True),  # 15 minutes late, and night in Seoul
        ("2025-06-03 21:00", "06:00", "2025-06-03 21:00:02", False),  # on time: the owner chose 06:00
    ],
)
def test_a_slot_caught_up_late_or_at_night_makes_no_sound(due: str, slot: str, now: str, silent: bool) -> None:
    subscriptions = FakeSubscriptions([chat(due_at=utc(due), slot=slot)], [TUESDAY])
    assert publish(subscriptions, none_in_the_making, utc(now), boundary()) == 1
    assert subscriptions.silent == [silent]


def test_a_slot_waits_for_an_edition_that_is_being_made() -> None:
    asked: list[datetime] = []

    def under_way(since: datetime) -> bool:
        asked.append(since)
        return True

    subscriptions = FakeSubscriptions([chat()], [TUESDAY])
    assert publish(subscriptions, under_way, NOW, boundary()) == 0
    assert subscriptions.chats[1].due_at == utc("2025-06-04 00:00")
    assert asked == [NOW - timedelta(hours=2)], "an edition that takes longer is not waited for"


def test_a_subscription_that_fails_costs_itself_alone_and_is_left_alone_for_a_while() -> None:
    subscriptions = FakeSubscriptions([chat(1, zone="Mars/Olympus"), chat(2)], [TUESDAY])
    clock = FakeClock(NOW)
    failures = FakeFailures(clock)
    units = Boundary(failures, clock)
    assert publish(subscriptions, none_in_the_making, NOW, units) == 1
    assert subscriptions.delivered == [("chat2", TUESDAY)]
    assert publish(subscriptions, none_in_the_making, NOW, units) == 0
    (failure,) = failures.open.values()
    assert failure.attempts == 1, "the next try is not due yet"


def test_a_subscription_that_cannot_be_read_is_recorded_and_costs_nobody_else() -> None:
    subscriptions = FakeSubscriptions([chat(1), chat(2)], [TUESDAY])
    subscriptions.unreadable = {1}
    clock, failures = FakeClock(NOW), FakeFailures(FakeClock(NOW))
    guard = Boundary(failures, clock)
    for _ in range(2):
        publish(subscriptions, none_in_the_making, NOW, guard)
    assert subscriptions.delivered == [("chat2", TUESDAY)]
    (failure,) = failures.open.values()
    assert (failure.unit.key, failure.unit.about) == ("subscription 1", "telegram:chat1")
    assert failure.attempts == 1, "it is tried again when its pause is over"
