"""When things are due: days with an edition, closing times and slots, each in its own time zone."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

RETRY = timedelta(minutes=10)
"""Pause until an edition that could not be made, or a source that is incomplete, is tried again."""
_LOOK_BACK_DAYS = 15
"""Days among which there is always one with an edition."""


@dataclass(frozen=True, slots=True)
class Hour:
    """A time of day in a zone, written `00:20 America/New_York`."""

    at: time
    zone: str

    @classmethod
    def parse(cls, text: str) -> "Hour":
        """Raises ValueError, whose text says what is wanted, if the time or the zone cannot be read."""
        found = re.fullmatch(r"(\d\d:\d\d) (\S+)", text.strip())
        if not found:
            raise ValueError("a time and a zone, such as 07:30 UTC")
        try:
            return cls(time.fromisoformat(found[1]), ZoneInfo(found[2]).key)
        except (ValueError, ZoneInfoNotFoundError, OSError):
            raise ValueError("a time and a zone, such as 00:20 America/New_York") from None

    def on(self, day: date) -> datetime:
        """The moment, in UTC, when clocks in the zone show this time on `day`."""
        return _instant(day, self.at, ZoneInfo(self.zone))

    def day_of(self, now: datetime) -> date:
        """The date in the zone at `now`."""
        return now.astimezone(ZoneInfo(self.zone)).date()

    def __str__(self) -> str:
        return f"{self.at:%H:%M} {self.zone}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days have an edition: Monday to Friday except `holidays`. Each closes at `closes` on its day."""

    closes: Hour
    holidays: frozenset[date] = frozenset()
    catch_up_days: int = 7

    def expected(self, day: date) -> bool:
        """Whether `day` has an edition."""
        return day.weekday() < 5 and day not in self.holidays

    def days_off_before(self, day: date) -> list[date]:
        """The days without an edition between `day` and the edition before it, oldest first.

        Empty if `day` itself has no edition: one that is made on request covers that day alone.
        """
        days_off: list[date] = []
        before = day - timedelta(days=1)
        while self.expected(day) and not self.expected(before):
            days_off.insert(0, before)
            before -= timedelta(days=1)
        return days_off

    def to_make(self, now: datetime, newest: date | None) -> list[date]:
        """The days whose edition is to be made at `now`, oldest first.

        `newest` is the latest day that was ever requested; the days after it count, at most `catch_up_days` back. The
        newest closed day counts even if it is older. If no day was ever requested, it is the only one.
        """
        today = self.closes.day_of(now)
        days = [today - timedelta(days=back) for back in range(_LOOK_BACK_DAYS)]
        closed = [day for day in days if self.expected(day) and self.closes.on(day) <= now]
        if newest is None:
            return closed[:1]
        oldest = today - timedelta(days=self.catch_up_days)
        return sorted(day for day in closed if day > newest and (day >= oldest or day == closed[0]))

    def newest(self, now: datetime, hour: Hour, daily: bool) -> date:
        """The latest day on which `hour` has passed; a day with an edition unless `daily`."""
        day = hour.day_of(now)
        while hour.on(day) > now or not (daily or self.expected(day)):
            day -= timedelta(days=1)
        return day


def latest_day(now: datetime) -> date:
    """The latest date that any time zone shows at `now`; an edition of a later day is of the future."""
    return (now + timedelta(hours=14)).date()


def next_slot(after: datetime, slot: str, zone: str, weekdays: Iterable[int]) -> datetime:
    """The first moment after `after`, in UTC, when clocks in `zone` show `slot` ("09:00") on one of `weekdays`.

    If the clocks skip that time, it is the first moment after the gap; if they show it twice, the first of the two.
    Raises ValueError if there is no weekday.
    """
    allowed, local_zone = frozenset(weekdays), ZoneInfo(zone)
    hour = time.fromisoformat(slot)
    today = after.astimezone(local_zone).date()
    for ahead in range(9):
        day = today + timedelta(days=ahead)
        moment = _instant(day, hour, local_zone)
        if day.weekday() in allowed and moment > after:
            return moment
    raise ValueError("a slot needs a weekday")


def is_night(moment: datetime, zone: str) -> bool:
    """Whether clocks in `zone` show a time from 22:00 to 06:59."""
    hour = moment.astimezone(ZoneInfo(zone)).hour
    return hour >= 22 or hour < 7


def _instant(day: date, hour: time, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, when clocks in `zone` show `hour` on `day`; the first one after the gap if they skip it."""
    local = datetime.combine(day, hour, zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    # The clocks skip this time. With the offset before the change it is one moment, with the offset after it another;
    # the change is between the two. Halve the interval until it is one second long.
    before, after = sorted([moment, local.replace(fold=1).astimezone(UTC)])
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        before, after = (middle, after) if middle.astimezone(zone).utcoffset() == offset else (before, middle)
    return after.replace(microsecond=0)
