"""When things are due: announcement days, closes and slots, each in the zone its clocks show."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_A_LONG_HOLIDAY = 15
"""Days within which there is a working day."""


@dataclass(frozen=True, slots=True)
class Hour:
    """A time of day in a zone, written `00:20 America/New_York`."""

    at: time
    zone: str

    @classmethod
    def parse(cls, text: str) -> "Hour":
        """Raises ValueError, fit for the owner, where time or zone cannot be read."""
        found = re.fullmatch(r"(\d\d:\d\d) (\S+)", text.strip())
        if not found:
            raise ValueError("a time and a zone, such as 07:30 UTC")
        try:
            return cls(time.fromisoformat(found[1]), ZoneInfo(found[2]).key)
        except (ValueError, ZoneInfoNotFoundError, OSError):
            raise ValueError("a time and a zone, such as 00:20 America/New_York") from None

    def on(self, day: date) -> datetime:
        """When the clocks of the zone show this hour on `day`, in UTC."""
        return _instant(day, self.at, ZoneInfo(self.zone))

    def day_of(self, now: datetime) -> date:
        """The day that the zone's calendar shows at `now`."""
        return now.astimezone(ZoneInfo(self.zone)).date()

    def __str__(self) -> str:
        return f"{self.at:%H:%M} {self.zone}"


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days have an edition: Monday to Friday without `holidays`; each closes at `closes` on its own day."""

    closes: Hour
    holidays: frozenset[date] = frozenset()
    catch_up_days: int = 7

    def expected(self, day: date) -> bool:
        return day.weekday() < 5 and day not in self.holidays

    def days_off_before(self, day: date) -> list[date]:
        """The days without an edition between `day` and the edition before it, oldest first.

        None for a day that is off itself: its edition, asked for by hand, is of that day alone.
        """
        found: list[date] = []
        before = day - timedelta(days=1)
        while self.expected(day) and not self.expected(before):
            found.insert(0, before)
            before -= timedelta(days=1)
        return found

    def to_make(self, now: datetime, newest: date | None) -> list[date]:
        """Days whose close has come, oldest first, later than `newest`, the latest that was ever asked for.

        Where none ever was it is the newest day alone; after a pause no more than `catch_up_days` back.
        """
        today = self.closes.day_of(now)
        days = [today - timedelta(days=back) for back in range(_A_LONG_HOLIDAY)]
        come = [day for day in days if self.expected(day) and self.closes.on(day) <= now]
        if newest is None:
            return come[:1]
        oldest = today - timedelta(days=self.catch_up_days)
        return sorted(day for day in come if day > newest and (day >= oldest or day == come[0]))

    def newest(self, now: datetime, hour: Hour, daily: bool) -> date:
        """The latest day whose `hour` has come; a working day unless `daily`."""
        day = hour.day_of(now)
        while hour.on(day) > now or not (daily or self.expected(day)):
            day -= timedelta(days=1)
        return day


def next_slot(after: datetime, slot: str, zone: str, weekdays: Iterable[int]) -> datetime:
    """The first moment later than `after` at which the clocks of `zone` show `slot` ("09:00") on one of `weekdays`.

    In UTC. A local time that the clocks skip becomes the first one they show; one they show twice counts the first
    time. Raises ValueError for no weekday at all.
    """
    wanted, place = frozenset(weekdays), ZoneInfo(zone)
    hour = time.fromisoformat(slot)
    day = after.astimezone(place).date()
    for ahead in range(9):
        each = day + timedelta(days=ahead)
        moment = _instant(each, hour, place)
        if each.weekday() in wanted and moment > after:
            return moment
    raise ValueError("a slot needs a weekday")


def is_night(moment: datetime, zone: str) -> bool:
    """Between ten in the evening and seven in the morning, by the clocks of `zone`."""
    hour = moment.astimezone(ZoneInfo(zone)).hour
    return hour >= 22 or hour < 7


def _instant(day: date, hour: time, place: ZoneInfo) -> datetime:
    local = datetime.combine(day, hour, place)
    moment = local.astimezone(UTC)
    if moment.astimezone(place).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    # The clocks skip this time. Read with the offsets before and after the change it lies on both sides of it.
    before, after = sorted([moment, local.replace(fold=1).astimezone(UTC)])
    offset = before.astimezone(place).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        before, after = (middle, after) if middle.astimezone(place).utcoffset() == offset else (before, middle)
    return after.replace(microsecond=0)
