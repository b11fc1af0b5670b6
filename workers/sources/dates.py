"""Reads the dates of feeds in the forms in which blogs write them, also Korean, Chinese and Japanese ones."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from dateutil import parser

_LONGEST = 100
"""Characters of a date."""
_YEAR_FIRST = re.compile(
    r"\s*([0-9]{4})\s*(?:[-/.]|년|年)\s*([0-9]{1,2})\s*(?:[-/.]|월|月)\s*([0-9]{1,2})(?![0-9])(.*)", re.DOTALL
)
_TIME = re.compile(
    r"(오전|오후|上午|下午)?\s*([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?:[.,][0-9]+)?\s*([ap]\.?m)?", re.IGNORECASE
)
_OFFSET = re.compile(r"([+-])([0-9]{1,2}):?([0-9]{2})?\b")
_NAMED_ZONE = re.compile(r"\b([A-Z]{1,4})\b")
_AFTERNOON = ("오후", "下午", "p")
_NUMBERS_ONLY = re.compile(r"\b[0-9]{1,2}[./-][0-9]{1,2}[./-]([0-9]{2}|[0-9]{4})\b")
_NOON = 12
"""Hour in UTC of a date without a time: at noon it is the same day in New York and in Seoul."""
_ZONES = {
    **dict.fromkeys(["Z", "UT", "UTC", "GMT"], 0),
    "EST": -5,
    "EDT": -4,
    "CST": -6,
    "CDT": -5,
    "MST": -7,
    "MDT": -6,
    "PST": -8,
    "PDT": -7,
    "KST": 9,
    "JST": 9,
    "CET": 1,
    "CEST": 2,
    "BST": 1,
}
"""Names of time zones → hours ahead of UTC: those of RFC 822, and those of Korean, Japanese and European blogs."""
_FILLERS = (datetime(2001, 1, 1, _NOON, tzinfo=UTC), datetime(2004, 12, 28, _NOON, tzinfo=UTC))
"""Two dates from which dateutil takes what a text does not name."""
_FAULTS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
"""What dateutil raises for texts that are no dates, and datetime for values out of range."""


@lru_cache(maxsize=4096)
def moment(text: str) -> datetime | None:
    """The moment that a date names, in UTC; None for a text that names no whole date between 1990 and 2100.

    A time without a zone is in UTC; a date without a time is at noon UTC. `03/04/2025` and `25.06.03` are None,
    because they can be read in two ways.
    """
    if len(text) > _LONGEST:
        return None
    try:
        found = _year_first(text) or _other(text)
        return found.astimezone(UTC) if found and 1990 <= found.year < 2100 else None
    except _FAULTS:
        return None


def _year_first(text: str) -> datetime | None:
    """A date such as `2025-06-03T09:00:00+09:00`, `2025. 6. 3.` or `2025년 6월 3일 오후 3:15`; None for another one."""
    found = _YEAR_FIRST.match(text)
    if not found:
        return None
    year, month, day = map(int, found.groups()[:3])
    time = _TIME.search(found[4])
    if not time:
        return datetime(year, month, day, _NOON, tzinfo=UTC)
    hour = int(time[2])
    half = (time[1] or time[5] or "").lower()
    if half:
        hour = hour % 12 + (12 if half.startswith(_AFTERNOON) else 0)
    zone = _zone(found[4][time.end() :])
    return datetime(year, month, day, hour, int(time[3]), min(int(time[4] or 0), 59), tzinfo=zone)


def _zone(text: str) -> tzinfo:
    """The time zone that the rest of a date names; UTC without one."""
    if offset := _OFFSET.search(text):
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    named = _NAMED_ZONE.search(text)
    return timezone(timedelta(hours=_ZONES.get(named[1], 0))) if named else UTC


def _other(text: str) -> datetime | None:
    """A date as dateutil reads it, if it names year, month and day and is not ambiguous."""
    numbers = _NUMBERS_ONLY.search(text)
    if numbers and len(numbers[1]) == 2:
        return None
    readings = {parser.parse(text, default=filler, tzinfos=_named_zone) for filler in _FILLERS}
    if numbers:
        readings |= {parser.parse(text, default=_FILLERS[0], tzinfos=_named_zone, dayfirst=True)}
    (reading, *others) = readings
    return None if others else reading if reading.tzinfo else reading.replace(tzinfo=UTC)


def _named_zone(name: str | None, offset: int | None) -> tzinfo | None:
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    return timezone(timedelta(hours=_ZONES.get(name or "", 0)))
