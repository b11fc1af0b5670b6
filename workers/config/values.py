"""The values that settings are made of: what is accepted, and what an error says is wanted instead."""

import re
from collections.abc import Mapping
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, HttpUrl, TypeAdapter, ValidationInfo

from workers.domain.calendar import Hour

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def language_code(text: str) -> str:
    """Returns `text`. Raises ValueError if it is not two small letters, as an ISO 639-1 code is."""
    if not re.fullmatch(r"[a-z]{2}", text):
        raise ValueError("a code of two letters, such as ko or en")
    return text


def _web_address(url: str) -> str:
    TypeAdapter(HttpUrl).validate_python(url)
    return url


def _queue_address(url: str) -> str:
    from redis import Redis  # only where there is a queue

    try:
        Redis.from_url(url).close()  # it connects at its first command
    except (ValueError, TypeError):
        raise ValueError(
            "redis://HOST:PORT/NUMBER, rediss:// or unix://PATH, with special characters of a password as %XX"
        ) from None
    return url


def _hour(text: str) -> str:
    return str(Hour.parse(text))


def _chat(name: str, info: ValidationInfo) -> str:
    """Checks the id against the platform's pattern; checks only the form if no patterns were given as context."""
    patterns: Mapping[str, str] = info.context or {}
    platform, _, number = name.partition(":")
    if not number or (patterns and not re.fullmatch(patterns.get(platform, ""), number)):
        known = f"; platforms: {', '.join(patterns)}" if patterns else ""
        raise ValueError(f"PLATFORM:ID with the id of a chat or person there{known}")
    return name


def by_name(entries: object) -> object:
    """Turn the entries of an owner's file into a mapping by name, each entry with its `name`.

    A list becomes a mapping, so that errors name the entry. An entry that is null is left out. Raises ValueError if a
    list has a name twice; everything else that is wrong is left to the models.
    """
    if isinstance(entries, list):
        named = [(str(_name(entry) or place), entry) for place, entry in enumerate(entries)]
        twice = [name for place, (name, _) in enumerate(named) if name in dict(named[:place])]
        if twice:
            raise ValueError(f"each name once, and {twice[0]} is there twice")
        return {name: _with_names(entry) for name, entry in named}
    if isinstance(entries, dict):
        return {
            name: {**entry, "name": name} if isinstance(entry, dict) else entry
            for name, entry in entries.items()
            if entry is not None
        }
    return entries


def _name(entry: object) -> object:
    return entry.get("name") if isinstance(entry, dict) else None


def _with_names(entry: object) -> object:
    """`name_ko`, from before categories had `names`, becomes the Korean name."""
    if not isinstance(entry, dict) or "name_ko" not in entry or "names" in entry:
        return entry
    return {**{key: value for key, value in entry.items() if key != "name_ko"}, "names": {"ko": entry["name_ko"]}}


def _clock_time(value: object) -> object:
    """Raises ValueError for everything but `HH:MM`, also for the number that YAML makes of 18:30 without quotes."""
    if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError('a time in quotes, such as "09:00"')
    return value


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (LookupError, ValueError, OSError):
        raise ValueError("a time zone, such as Asia/Seoul") from None


def _weekdays(value: object) -> object:
    """Names or numbers of weekdays → numbers in order, 0 for Monday. Raises ValueError if there is none."""
    numbers = {name: day for day, name in enumerate(_WEEKDAYS)} | {str(day): day for day in range(len(_WEEKDAYS))}
    if not isinstance(value, list | tuple) or not value or any(str(day) not in numbers for day in value):
        raise ValueError(f"a list of days, such as [mon, wed, fri], from {', '.join(_WEEKDAYS)}")
    return tuple(sorted({numbers[str(day)] for day in value}))


def _without_nulls(points: object) -> object:
    return {key: value for key, value in points.items() if value is not None} if isinstance(points, dict) else points


LanguageCode = Annotated[str, AfterValidator(language_code)]
HourText = Annotated[str, AfterValidator(_hour)]
"""A time and its zone, such as `07:30 UTC`."""
ChatName = Annotated[str, AfterValidator(_chat)]
"""A person or chat of a platform: `PLATFORM:ID`."""
Url = Annotated[str, AfterValidator(_web_address)]
"""A web address, as it is written."""
QueueUrl = Annotated[str, AfterValidator(_queue_address)]
ClockTime = Annotated[str, BeforeValidator(_clock_time)]
"""A time of day, such as `09:00`."""
ZoneName = Annotated[str, AfterValidator(_zone)]
Weekdays = Annotated[tuple[int, ...], BeforeValidator(_weekdays)]
"""0 is Monday; at least one day, in order."""
Positive = Annotated[float, Field(gt=0)]
Points = Annotated[dict[str, float], BeforeValidator(_without_nulls)]
"""Term → points; null removes a term."""
