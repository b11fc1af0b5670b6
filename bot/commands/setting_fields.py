"""The values of a chat's settings: how each is shown, what may be chosen, and what is made of what is typed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time
from zoneinfo import ZoneInfo

from bot.i18n import LANGUAGES, Catalog, catalog_for, language_name
from bot.platforms import supports_threads
from bot.presentation import keywords
from workers.config import language_code
from workers.domain.calendar import next_slot
from workers.domain.deliveries import Layout, Notify, Subscription
from workers.domain.models import Category
from workers.store import Store

_ZONES = (
    *("Asia/Seoul", "Asia/Tokyo", "Asia/Shanghai", "Asia/Singapore", "Asia/Kolkata", "Australia/Sydney", "UTC"),
    *("Europe/London", "Europe/Berlin", "America/New_York", "America/Chicago", "America/Los_Angeles"),
)
_PAPERS = (5, 10, 20, 40)
_EVERY_DAY, _WORKING_DAYS = (0, 1, 2, 3, 4, 5, 6), (0, 1, 2, 3, 4)
TYPE, _NONE, _ALL = "?", "-", "all"
"""`TYPE` asks for the value in the reader's own words."""
_HERE = "here"


@dataclass(frozen=True, slots=True)
class Panel:
    """The settings of one subscription, in the reader's language, told in the topic `here` (None: elsewhere)."""

    of: Subscription
    language: str
    categories: Sequence[Category]
    store: Store
    here: str | None = None
    name: str = ""

    @property
    def catalog(self) -> Catalog:
        return catalog_for(self.language)


def shown(of: Subscription, key: str, language: str, categories: Sequence[Category]) -> str:
    """A setting's value as readers of `language` say it."""
    catalog, view = catalog_for(language).settings, of.view
    match key:
        case "language":
            return language_name(view.language)
        case "categories":
            return ", ".join(_names(view.categories, categories, language)) or catalog.everything
        case "keywords":
            return ", ".join([*view.include, *(f"-{word}" for word in view.exclude)]) or catalog.nothing
        case "time":
            return of.slot
        case "zone":
            return of.zone
        case "weekdays":
            return days(of.weekdays, language)
        case "layout":
            return catalog.layouts.get(view.layout, view.layout)
        case "papers":
            return catalog.papers.format(count=view.limit) if view.limit else catalog.everything
        case "notify":
            return catalog.notify[of.notify]
        case _:
            return of.chat.thread or catalog.main_topic


def days(weekdays: Sequence[int], language: str) -> str:
    catalog = catalog_for(language).settings
    if tuple(weekdays) == _WORKING_DAYS:
        return catalog.working_days
    return catalog.every_day if tuple(weekdays) == _EVERY_DAY else ", ".join(catalog.weekdays[day] for day in weekdays)


def _names(chosen: Sequence[str], categories: Sequence[Category], language: str) -> list[str]:
    return [each.named(language) for each in categories if each.name in chosen]


# How each is typed: what `value` makes of the subscription. ValueError or LookupError where it makes nothing.


def _language(panel: Panel, value: str) -> Subscription:
    names = {language_name(code).casefold(): code for code in LANGUAGES}
    code = language_code(names.get(value.casefold(), value.casefold()))
    if code not in _languages(panel):
        raise ValueError(value)
    return _seeing(panel.of, language=code)


def _languages(panel: Panel) -> list[str]:
    """Those that have texts, and any that is read already: its digests are written by a model."""
    return list(dict.fromkeys([*LANGUAGES, *panel.store.subscriptions.languages(), panel.of.view.language]))


def _categories(panel: Panel, value: str) -> Subscription:
    """`+3` turns the third of the list on or off; names, in either language, are parted by commas."""
    if value.casefold() in {_ALL, _NONE, "전체"}:
        return _seeing(panel.of, categories=())
    chosen = panel.of.view.categories
    if value.startswith("+"):
        name = panel.categories[_place(value, len(panel.categories))].name
        include = set(chosen) ^ {name}
    else:
        known = {each: one.name for one in panel.categories for each in (one.name.casefold(), one.name_ko.casefold())}
        include = {known[part.strip().casefold()] for part in value.split(",") if part.strip()}
    return _seeing(panel.of, categories=tuple(each.name for each in panel.categories if each.name in include))


def _keywords(panel: Panel, value: str) -> Subscription:
    parsed = keywords.Keywords() if value == _NONE else keywords.parse(value)
    return _seeing(panel.of, include=parsed.include, exclude=parsed.exclude)


def _time(panel: Panel, value: str) -> Subscription:
    """`08:30`, `8:30`, or with a zone after it."""
    hour, _, zone = value.partition(" ")
    slot = time.fromisoformat(hour.rjust(5, "0"))
    return _at(panel, slot=f"{slot:%H:%M}", zone=_zone_named(zone) if zone.strip() else panel.of.zone)


def _zone(panel: Panel, value: str) -> Subscription:
    return _at(panel, zone=_zone_named(value))


def _zone_named(value: str) -> str:
    return ZoneInfo(value.strip()).key


def _weekdays(panel: Panel, value: str) -> Subscription:
    """`+2` turns Wednesday on or off; names are parted by spaces or commas; at least one day."""
    if value.startswith("+"):
        chosen = set(panel.of.weekdays) ^ {_place(value, 7)}
    elif value.casefold() in {_ALL, "매일"}:
        chosen = set(_EVERY_DAY)
    elif value.casefold() in {"weekdays", "평일"}:
        chosen = set(_WORKING_DAYS)
    else:
        known = {
            name.casefold(): day
            for language in LANGUAGES
            for day, name in enumerate(catalog_for(language).settings.weekdays)
        }
        chosen = {known[part.casefold()[:3]] for part in value.replace(",", " ").split()}
    if not chosen:
        raise ValueError(value)
    return _at(panel, weekdays=tuple(sorted(chosen)))


def _layout(panel: Panel, value: str) -> Subscription:
    names = {name.casefold(): key for code in LANGUAGES for key, name in catalog_for(code).settings.layouts.items()}
    layout = names.get(value.casefold(), value.casefold())
    if layout not in {
        Layout.SECTIONS,
        Layout.COMPACT,
        *([Layout.THREAD] if supports_threads(panel.of.chat.platform) else ()),
    }:
        raise ValueError(value)
    return _seeing(panel.of, layout=layout)


def _papers(panel: Panel, value: str) -> Subscription:
    if value.casefold() in {_ALL, "전체"}:
        return _seeing(panel.of, limit=None)
    limit = int(value)
    if not 1 <= limit <= 200:
        raise ValueError(value)
    return _seeing(panel.of, limit=limit)


def _notify(panel: Panel, value: str) -> Subscription:
    names = {name.casefold(): key for code in LANGUAGES for key, name in catalog_for(code).settings.notify.items()}
    return replace(panel.of, notify=Notify(names.get(value.casefold(), value.casefold())))


def _topic(panel: Panel, value: str) -> Subscription:
    """Only the topic that this is said in, so that nobody posts where they do not see it."""
    if value not in {_HERE, "여기"} or panel.here is None:
        raise ValueError(value)
    return replace(panel.of, chat=replace(panel.of.chat, thread=panel.here))


CHANGES: Mapping[str, Callable[[Panel, str], Subscription]] = {
    "language": _language,
    "categories": _categories,
    "keywords": _keywords,
    "time": _time,
    "zone": _zone,
    "weekdays": _weekdays,
    "layout": _layout,
    "papers": _papers,
    "notify": _notify,
    "topic": _topic,
}


def _seeing(of: Subscription, **view: object) -> Subscription:
    return replace(of, view=replace(of.view, **view))  # type: ignore[arg-type]


def _at(panel: Panel, **slot: object) -> Subscription:
    """With another slot; the next one is counted from now, so that none is given twice and none is skipped."""
    new: Subscription = replace(panel.of, **slot)  # type: ignore[arg-type]
    now = panel.store.clock.now()
    if panel.of.due_at <= now:
        return new
    return replace(new, due_at=next_slot(now, new.slot, new.zone, new.weekdays))


def _place(value: str, count: int) -> int:
    place = int(value[1:])
    if not 0 <= place < count:
        raise LookupError(value)
    return place


# How each is chosen: (label, value) of every choice.

_Options = Sequence[tuple[str, str]]


def _mark(label: str, chosen: bool) -> str:
    return f"✓ {label}" if chosen else label


def _typed(panel: Panel) -> tuple[str, str]:
    return panel.catalog.settings.type_it, TYPE


def _language_options(panel: Panel) -> _Options:
    return [(_mark(language_name(each), each == panel.of.view.language), each) for each in _languages(panel)]


def _category_options(panel: Panel) -> _Options:
    chosen = panel.of.view.categories
    each = [
        (_mark(f"{one.emoji} {one.named(panel.language)}", one.name in chosen), f"+{place}")
        for place, one in enumerate(panel.categories)
    ]
    return [*each, (_mark(panel.catalog.settings.everything, not chosen), _ALL)]


def _keyword_options(panel: Panel) -> _Options:
    return [_typed(panel), (panel.catalog.settings.clear, _NONE)]


def _time_options(panel: Panel) -> _Options:
    hours = [f"{hour:02}:00" for hour in (*range(5, 24), *range(5))]
    return [*((_mark(hour, hour == panel.of.slot), hour) for hour in hours), _typed(panel)]


def _zone_options(panel: Panel) -> _Options:
    zones = dict.fromkeys([panel.of.zone, *_ZONES])
    return [*((_mark(zone, zone == panel.of.zone), zone) for zone in zones), _typed(panel)]


def _weekday_options(panel: Panel) -> _Options:
    names = panel.catalog.settings.weekdays
    return [(_mark(name, day in panel.of.weekdays), f"+{day}") for day, name in enumerate(names)]


def _layout_options(panel: Panel) -> _Options:
    return [
        (_mark(name, key == panel.of.view.layout), key)
        for key, name in panel.catalog.settings.layouts.items()
        if key != Layout.THREAD or supports_threads(panel.of.chat.platform)
    ]


def _paper_options(panel: Panel) -> _Options:
    catalog, limit = panel.catalog.settings, panel.of.view.limit
    counts = [(_mark(catalog.papers.format(count=count), count == limit), str(count)) for count in _PAPERS]
    return [*counts, (_mark(catalog.everything, limit is None), _ALL)]


def _notify_options(panel: Panel) -> _Options:
    return [(_mark(name, key == panel.of.notify), key) for key, name in panel.catalog.settings.notify.items()]


def _topic_options(panel: Panel) -> _Options:
    return [(panel.catalog.settings.this_topic, _HERE)]


OPTIONS: Mapping[str, Callable[[Panel], _Options]] = {
    "language": _language_options,
    "categories": _category_options,
    "keywords": _keyword_options,
    "time": _time_options,
    "zone": _zone_options,
    "weekdays": _weekday_options,
    "layout": _layout_options,
    "papers": _paper_options,
    "notify": _notify_options,
    "topic": _topic_options,
}
