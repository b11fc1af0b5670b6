"""When arXiv announces what was submitted."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")
"""arXiv's announcement days and deadlines are in this time zone."""
_DEADLINE = time(14)
"""Eastern time; a submission before it is announced on the evening of that day (info.arxiv.org/help/availability)."""


def window(day: date) -> tuple[datetime, datetime]:
    """[start, end) in UTC of the submissions that are announced on `day`. Holidays are not taken into account."""
    return _deadline_before(_working_day_before(day)), _deadline_before(day)


def announced_on(submitted: datetime) -> date:
    """The day on which a submission is announced.

    A time of exactly midnight UTC means that the source gives a date only; that date is returned.
    """
    if submitted.time() == time(0):
        return submitted.date()
    day = submitted.astimezone(EASTERN).date()
    while day.weekday() > 4 or submitted >= _deadline_before(day):
        day += timedelta(days=1)
    return day


def _working_day_before(day: date) -> date:
    before = day - timedelta(days=1)
    while before.weekday() > 4:
        before -= timedelta(days=1)
    return before


def _deadline_before(day: date) -> datetime:
    """When submissions for the announcement of `day` end, in UTC: 14:00 Eastern on the working day before."""
    return datetime.combine(_working_day_before(day), _DEADLINE, EASTERN).astimezone(UTC)
