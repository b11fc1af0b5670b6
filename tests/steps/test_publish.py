"""Publishing: every chat at its own hour, whatever its clocks do, and no edition twice."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.fakes.subscriptions import FakeSubscriptions
from workers.domain.deliveries import Subscription
from workers.steps.publish import next_slot, publish

WEEKDAYS, EVERY_DAY = (0, 1, 2, 3, 4), tuple(range(7))
MONDAY, TUESDAY, WEDNESDAY = date(2025, 6, 2), date(2025, 6, 3), date(2025, 6, 4)
NOW = datetime(2025, 6, 4, 0, 0, 30, tzinfo=UTC)
"""Wednesday, half a minute past nine in Seoul."""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def chat(n: int = 1, **overrides: Any) -> Subscription:
    """Nine in the morning in Seoul on weekdays, due today, with Monday's edition already given."""
    values: dict[str, Any] = {
        "subscription_id": n,
        "platform": "telegram",
        "chat": f"chat{n}",
        "thread": "",
        "language": "ko",
        "slot": "09:00",
        "zone": "Asia/Seoul",
        "weekdays": WEEKDAYS,
        "layout": "sections",
        "due_at": utc("2025-06-04 00:00"),
        "had": MONDAY,
    }
    return Subscription(**(values | overrides))


@pytest.mark.parametrize(
    ("zone", "after", "slot", "due"),
    [
        ("Asia/Seoul", "2025-06-03 23:59:59", "09:00", "2025-06-04 00:00"),
        ("Asia/Seoul", "2025-06-04 00:00", "09:00", "2025-06-05 00:00"),
        ("Asia/Seoul", "2025-06-04 20:00", "06:30", "2025-06-04 21:30"),
        ("America/New_York", "2025-06-04 00:00", "09:00", "2025-06-04 13:00"),
        ("America/New_York", "2025-12-03 00:00", "09:00", "2025-12-03 14:00"),
        ("Europe/Berlin", "2025-06-04 00:00", "09:00", "2025-06-04 07:00"),
        ("Europe/Berlin", "2025-12-03 00:00", "09:00", "2025-12-03 08:00"),
        ("Asia/Kolkata", "2025-06-04 00:00", "09:00", "2025-06-04 03:30"),
        ("Pacific/Auckland", "2025-06-04 00:00", "09:00", "2025-06-04 21:00"),
        ("Pacific/Auckland", "2025-12-03 00:00", "09:00", "2025-12-03 20:00"),
        ("UTC", "2025-06-04 00:00", "00:00", "2025-06-05 00:00"),
        ("UTC", "2025-06-04 00:00", "23:59", "2025-06-04 23:59"),
    ],
)
def test_the_next_slot_is_the_next_time_the_local_clocks_show_it(zone: str, after: str, slot: str, due: str) -> None:
    found = next_slot(utc(after), slot, zone, EVERY_DAY)
    assert found == utc(due)
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("zone", "after", "slot", "due"),
    [
        ("America/New_York", "2025-03-08 08:00", "02:30", "2025-03-09 07:00"),
        ("America/New_York", "2025-03-08 08:00", "02:00", "2025-03-09 07:00"),
        ("America/New_York", "2025-03-09 07:00", "02:30", "2025-03-10 06:30"),
        ("America/New_York", "2025-03-08 08:00", "01:59", "2025-03-09 06:59"),
        ("America/New_York", "2025-03-08 08:00", "03:00", "2025-03-09 07:00"),
        ("Europe/Berlin", "2025-03-29 03:00", "02:30", "2025-03-30 01:00"),
        ("Europe/Berlin", "2025-03-29 03:00", "02:59", "2025-03-30 01:00"),
        ("Europe/Berlin", "2025-03-30 01:00", "02:30", "2025-03-31 00:30"),
        ("Pacific/Auckland", "2025-09-27 00:00", "02:30", "2025-09-27 14:00"),
    ],
)
def test_a_time_that_the_clocks_skip_becomes_the_first_they_show(zone: str, after: str, slot: str, due: str) -> None:
    assert next_slot(utc(after), slot, zone, EVERY_DAY) == utc(due)


@pytest.mark.parametrize(
    ("zone", "after", "slot", "first", "following"),
    [
        ("America/New_York", "2025-11-01 12:00", "01:30", "2025-11-02 05:30", "2025-11-03 06:30"),
        ("Europe/Berlin", "2025-10-25 12:00", "02:30", "2025-10-26 00:30", "2025-10-27 01:30"),
        ("Pacific/Auckland", "2025-04-05 00:00", "02:30", "2025-04-05 13:30", "2025-04-06 14:30"),
    ],
)
def test_a_time_that_comes_twice_counts_once(zone: str, after: str, slot: str, first: str, following: str) -> None:
    found = next_slot(utc(after), slot, zone, EVERY_DAY)
    assert found == utc(first)
    assert next_slot(found, slot, zone, EVERY_DAY) == utc(following)


@pytest.mark.parametrize(
    "zone", ["Asia/Seoul", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland"]
)
@pytest.mark.parametrize("slot", ["00:00", "02:30", "09:00", "23:45"])
def test_a_year_of_slots_has_one_a_day(zone: str, slot: str) -> None:
    moment = datetime(2025, 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC) - timedelta(seconds=1)
    days = []
    for _ in range(365):
        moment = next_slot(moment, slot, zone, EVERY_DAY)
        days.append(moment.astimezone(ZoneInfo(zone)).date())
    assert days == [date(2025, 1, 1) + timedelta(days=n) for n in range(365)]


@pytest.mark.parametrize(
    ("after", "weekdays", "due"),
    [
        ("2025-06-06 00:00", WEEKDAYS, "2025-06-09 00:00"),
        ("2025-06-05 23:59", WEEKDAYS, "2025-06-06 00:00"),
        ("2025-06-04 00:00", (2,), "2025-06-11 00:00"),
        ("2025-06-04 00:00", (5, 6), "2025-06-07 00:00"),
    ],
)
def test_only_the_wanted_weekdays_count(after: str, weekdays: tuple[int, ...], due: str) -> None:
    assert next_slot(utc(after), "09:00", "Asia/Seoul", weekdays) == utc(due)


def test_the_weekday_is_the_chats_own_and_not_utcs() -> None:
    assert next_slot(utc("2025-06-07 12:00"), "06:00", "Asia/Seoul", (0,)) == utc("2025-06-08 21:00")


def test_a_slot_without_a_weekday_is_an_error() -> None:
    with pytest.raises(ValueError, match="a slot needs a weekday"):
        next_slot(NOW, "09:00", "Asia/Seoul", ())


def published(chats: Sequence[Subscription], closed: Sequence[date]) -> tuple[FakeSubscriptions, int]:
    subscriptions = FakeSubscriptions(chats, closed)
    return subscriptions, publish(subscriptions, NOW)


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
    assert publish(subscriptions, NOW) == 0
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
    assert publish(subscriptions, NOW + timedelta(hours=8)) == 1
    assert subscriptions.delivered == [("chat1", TUESDAY)]


def test_a_slot_that_another_process_moved_is_not_counted() -> None:
    class Raced(FakeSubscriptions):
        def deliver(self, to: Subscription, days: Sequence[date], next_due_at: datetime, now: datetime) -> bool:
            super().deliver(to, days, next_due_at, now)
            return super().deliver(to, days, next_due_at, now)

    subscriptions = Raced([chat()], [TUESDAY])
    assert publish(subscriptions, NOW) == 0
    assert subscriptions.delivered == [("chat1", TUESDAY)]


def test_each_chat_has_its_own_hour() -> None:
    berlin = chat(2, zone="Europe/Berlin", slot="01:30", due_at=utc("2025-06-03 23:30"))
    subscriptions, _ = published([chat(1), berlin], [TUESDAY])
    assert subscriptions.chats[1].due_at == utc("2025-06-05 00:00")
    assert subscriptions.chats[2].due_at == utc("2025-06-04 23:30")
