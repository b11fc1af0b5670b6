"""Calendar: announcement days, closing times and slots, also when clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.fakes.clock import utc
from workers.domain.calendar import Calendar, Hour, is_night, next_slot

WEEKDAYS, EVERY_DAY = (0, 1, 2, 3, 4), tuple(range(7))


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
        next_slot(utc("2025-06-04 00:00"), "09:00", "Asia/Seoul", ())


@pytest.mark.parametrize(
    "text", ["07:30", "7:30 UTC", "25:00 UTC", "07:30 Mars/Base", "soon UTC", "07:30 ../etc/passwd"]
)
def test_an_hour_that_cannot_be_read_says_what_is_wanted(text: str) -> None:
    with pytest.raises(ValueError, match="a time and a zone, such as"):
        Hour.parse(text)


def test_an_hour_is_read_and_shown_alike() -> None:
    assert str(Hour.parse("00:20 America/New_York")) == "00:20 America/New_York"
    assert Hour.parse("00:20 America/New_York").on(date(2025, 6, 3)) == utc("2025-06-03 04:20")
    assert Hour.parse("00:20 America/New_York").on(date(2025, 12, 3)) == utc("2025-12-03 05:20")
    assert Hour.parse("00:20 America/New_York").day_of(utc("2025-06-03 03:59")) == date(2025, 6, 2)


MEMORIAL_DAY = date(2025, 5, 26)
CALENDAR = Calendar(Hour.parse("07:30 UTC"), frozenset({MEMORIAL_DAY}))


def test_editions_are_expected_on_working_days() -> None:
    days = [date(2025, 5, 23) + timedelta(days=n) for n in range(6)]
    assert [CALENDAR.expected(day) for day in days] == [True, False, False, False, True, True]


def test_a_monday_brings_the_weekend_and_the_day_after_a_holiday_brings_that_too() -> None:
    assert CALENDAR.days_off_before(date(2025, 6, 9)) == [date(2025, 6, 7), date(2025, 6, 8)]
    assert CALENDAR.days_off_before(date(2025, 5, 27)) == [date(2025, 5, 24), date(2025, 5, 25), MEMORIAL_DAY]
    assert CALENDAR.days_off_before(date(2025, 6, 4)) == []


@pytest.mark.parametrize(
    ("now", "newest", "wanted"),
    [
        ("2025-06-04 07:29:59", "2025-06-03", []),
        ("2025-06-04 07:30", "2025-06-03", ["2025-06-04"]),
        ("2025-06-04 07:30", "2025-06-04", []),
        ("2025-06-07 12:00", "2025-06-06", []),  # a Saturday
        ("2025-06-09 07:30", "2025-06-06", ["2025-06-09"]),  # a Monday
        ("2025-05-26 12:00", "2025-05-23", []),  # a holiday
        ("2025-05-27 12:00", "2025-05-23", ["2025-05-27"]),
        ("2025-06-11 12:00", "2025-06-06", ["2025-06-09", "2025-06-10", "2025-06-11"]),
        ("2025-06-30 12:00", "2025-06-06", [f"2025-06-{day}" for day in (23, 24, 25, 26, 27, 30)]),
        ("2025-06-04 12:00", None, ["2025-06-04"]),
        ("2025-06-04 00:00", None, ["2025-06-03"]),
        ("2025-06-08 12:00", None, ["2025-06-06"]),  # a Sunday, with an empty store
    ],
)
def test_what_is_to_be_made(now: str, newest: str | None, wanted: list[str]) -> None:
    found = CALENDAR.to_make(utc(now), date.fromisoformat(newest) if newest else None)
    assert [day.isoformat() for day in found] == wanted


def test_a_close_on_the_night_the_clocks_change_comes_once() -> None:
    berlin = Calendar(Hour.parse("02:30 Europe/Berlin"))
    assert berlin.closes.on(date(2025, 3, 30)) == utc("2025-03-30 01:00")
    assert berlin.closes.on(date(2025, 10, 26)) == utc("2025-10-26 00:30")


@pytest.mark.parametrize(
    ("moment", "night"), [("2025-06-03 12:59", False), ("2025-06-03 13:00", True), ("2025-06-03 22:00", False)]
)
def test_the_night_is_the_chats_own(moment: str, night: bool) -> None:
    assert is_night(utc(moment), "Asia/Seoul") is night
