"""The list of a chat's settings."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import time
from zoneinfo import ZoneInfo

from bot.commands.setting import (
    Option,
    SettingField,
    SettingsContext,
    is_label,
    label_of,
    marked,
    named_options,
    type_it,
    value_named,
)
from bot.i18n import LANGUAGES, catalog_for, language_name
from bot.platforms import supports_threads, supports_topics
from bot.presentation import keywords
from workers.config import language_code
from workers.domain.calendar import next_slot
from workers.domain.deliveries import Layout, Notify, Place, Subscription, View

_NO_VALUE = "-"
"""The value of an option that empties a setting."""
_ALL = "all"
_HERE = "here"
_OFFERED_ZONES = (
    *("Asia/Seoul", "Asia/Tokyo", "Asia/Shanghai", "Asia/Singapore", "Asia/Kolkata", "Australia/Sydney", "UTC"),
    *("Europe/London", "Europe/Berlin", "America/New_York", "America/Chicago", "America/Los_Angeles"),
)
_OFFERED_LIMITS = (5, 10, 20, 40)
_LARGEST_LIMIT = 200
_EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
_WORKING_DAYS = (0, 1, 2, 3, 4)


def find_field(name: str) -> SettingField | None:
    """The setting with this key, or with this name in any language; None if there is no such setting."""
    folded = name.casefold()
    for field in SETTING_FIELDS:
        names = (catalog_for(language).settings.names[field.key] for language in LANGUAGES)
        if folded in {field.key, *(each.casefold() for each in names)}:
            return field
    return None


def weekday_names(weekdays: Sequence[int], language: str) -> str:
    """The days in words; 0 is Monday."""
    catalog = catalog_for(language).settings
    if tuple(weekdays) == _WORKING_DAYS:
        return catalog.working_days
    return catalog.every_day if tuple(weekdays) == _EVERY_DAY else ", ".join(catalog.weekdays[day] for day in weekdays)


# Language


def _show_language(context: SettingsContext) -> str:
    return language_name(context.subscription.view.language)


def _parse_language(context: SettingsContext, value: str) -> Subscription:
    names = {language_name(code).casefold(): code for code in LANGUAGES}
    code = language_code(names.get(value.casefold(), value.casefold()))
    if code not in _languages(context):
        raise ValueError(value)
    return _with_view(context, replace(context.subscription.view, language=code))


def _language_options(context: SettingsContext) -> Sequence[Option]:
    chosen = context.subscription.view.language
    return [marked(language_name(code), code, code == chosen) for code in _languages(context)]


def _languages(context: SettingsContext) -> list[str]:
    """Those of the interface, and any that a chat reads already: a model writes its digests."""
    read = context.store.subscriptions.languages()
    return list(dict.fromkeys([*LANGUAGES, *read, context.subscription.view.language]))


# Categories


def _show_categories(context: SettingsContext) -> str:
    chosen = context.subscription.view.categories
    names = [category.named(context.language) for category in context.categories if category.name in chosen]
    return ", ".join(names) or context.catalog.settings.everything


def _parse_categories(context: SettingsContext, value: str) -> Subscription:
    """`+3` turns the category at index 3 on or off; names, in any language, are separated by commas."""
    view = context.subscription.view
    if value == _NO_VALUE or is_label(value, _ALL, lambda catalog: catalog.everything):
        return _with_view(context, replace(view, categories=()))
    if value.startswith("+"):
        chosen = set(view.categories) ^ {context.categories[_index(value, len(context.categories))].name}
    else:
        known = {name.casefold(): category.name for category in context.categories for name in category.all_names}
        chosen = {known[name.strip().casefold()] for name in value.split(",") if name.strip()}
    names = tuple(category.name for category in context.categories if category.name in chosen)
    return _with_view(context, replace(view, categories=names))


def _category_options(context: SettingsContext) -> Sequence[Option]:
    chosen = context.subscription.view.categories
    options = [
        marked(f"{category.emoji} {category.named(context.language)}", f"+{index}", category.name in chosen)
        for index, category in enumerate(context.categories)
    ]
    return [*options, marked(context.catalog.settings.everything, _ALL, not chosen)]


# Keywords


def _show_keywords(context: SettingsContext) -> str:
    view = context.subscription.view
    return ", ".join([*view.include, *(f"-{word}" for word in view.exclude)]) or context.catalog.settings.nothing


def _parse_keywords(context: SettingsContext, value: str) -> Subscription:
    parsed = keywords.Keywords() if value == _NO_VALUE else keywords.parse(value)
    return _with_view(context, replace(context.subscription.view, include=parsed.include, exclude=parsed.exclude))


def _keyword_options(context: SettingsContext) -> Sequence[Option]:
    return [type_it(context), Option(context.catalog.settings.clear, _NO_VALUE)]


# Time, time zone and days of the week


def _parse_time(context: SettingsContext, value: str) -> Subscription:
    """`08:30`, `8:30`, or either with a time zone after it."""
    hour, _, zone = value.partition(" ")
    slot = time.fromisoformat(hour.rjust(5, "0"))
    zone = _zone_key(zone) if zone.strip() else context.subscription.zone
    return _with_slot(context, replace(context.subscription, slot=f"{slot:%H:%M}", zone=zone))


def _time_options(context: SettingsContext) -> Sequence[Option]:
    hours = [f"{hour:02}:00" for hour in (*range(5, 24), *range(5))]
    return [*(marked(hour, hour, hour == context.subscription.slot) for hour in hours), type_it(context)]


def _parse_zone(context: SettingsContext, value: str) -> Subscription:
    return _with_slot(context, replace(context.subscription, zone=_zone_key(value)))


def _zone_key(value: str) -> str:
    return ZoneInfo(value.strip()).key


def _zone_options(context: SettingsContext) -> Sequence[Option]:
    chosen = context.subscription.zone
    zones = dict.fromkeys([chosen, *_OFFERED_ZONES])
    return [*(marked(zone, zone, zone == chosen) for zone in zones), type_it(context)]


def _show_weekdays(context: SettingsContext) -> str:
    return weekday_names(context.subscription.weekdays, context.language)


def _parse_weekdays(context: SettingsContext, value: str) -> Subscription:
    """`+2` turns Wednesday on or off; names are separated by spaces or commas; at least one day."""
    if value.startswith("+"):
        chosen = set(context.subscription.weekdays) ^ {_index(value, len(_EVERY_DAY))}
    elif is_label(value, _ALL, lambda catalog: catalog.every_day):
        chosen = set(_EVERY_DAY)
    elif is_label(value, "weekdays", lambda catalog: catalog.working_days):
        chosen = set(_WORKING_DAYS)
    else:
        known = {
            name.casefold(): day
            for language in LANGUAGES
            for day, name in enumerate(catalog_for(language).settings.weekdays)
        }
        longest_first = sorted(known, key=len, reverse=True)
        names = value.casefold().replace(",", " ").split()
        chosen = {known[next((short for short in longest_first if name.startswith(short)), name)] for name in names}
    if not chosen:
        raise ValueError(value)
    return _with_slot(context, replace(context.subscription, weekdays=tuple(sorted(chosen))))


def _weekday_options(context: SettingsContext) -> Sequence[Option]:
    chosen = context.subscription.weekdays
    return [marked(name, f"+{day}", day in chosen) for day, name in enumerate(context.catalog.settings.weekdays)]


# Layout


def _parse_layout(context: SettingsContext, value: str) -> Subscription:
    layout = Layout(value_named("layout", value))
    if layout not in _layouts(context):
        raise ValueError(value)
    return _with_view(context, replace(context.subscription.view, layout=layout))


def _layout_options(context: SettingsContext) -> Sequence[Option]:
    return named_options(context, "layout", context.subscription.view.layout, _layouts(context))


def _layouts(context: SettingsContext) -> Sequence[Layout]:
    threads = supports_threads(context.subscription.chat.platform)
    return (Layout.SECTIONS, Layout.COMPACT, *([Layout.THREAD] if threads else []))


# Number of papers


def _show_papers(context: SettingsContext) -> str:
    catalog, limit = context.catalog.settings, context.subscription.view.limit
    return catalog.papers.format(count=limit) if limit else catalog.everything


def _parse_papers(context: SettingsContext, value: str) -> Subscription:
    limit = None if is_label(value, _ALL, lambda catalog: catalog.everything) else int(value)
    if limit is not None and not 1 <= limit <= _LARGEST_LIMIT:
        raise ValueError(value)
    return _with_view(context, replace(context.subscription.view, limit=limit))


def _paper_options(context: SettingsContext) -> Sequence[Option]:
    catalog, limit = context.catalog.settings, context.subscription.view.limit
    counts = [marked(catalog.papers.format(count=count), str(count), count == limit) for count in _OFFERED_LIMITS]
    return [*counts, marked(catalog.everything, _ALL, limit is None)]


# Sound, topic


def _parse_notify(context: SettingsContext, value: str) -> Subscription:
    return replace(context.subscription, notify=Notify(value_named("notify", value)))


def _notify_options(context: SettingsContext) -> Sequence[Option]:
    return named_options(context, "notify", context.subscription.notify, tuple(Notify))


def _has_topics(context: SettingsContext) -> bool:
    subscription = context.subscription
    return subscription.view.place == Place.GROUP and supports_topics(subscription.chat.platform)


def _show_topic(context: SettingsContext) -> str:
    return context.subscription.chat.thread or context.catalog.settings.main_topic


def _parse_topic(context: SettingsContext, value: str) -> Subscription:
    """Accepts only the topic in which the reader types, so that nobody posts to a topic that they do not see."""
    if value not in {_HERE, "여기"} or context.topic_here is None:
        raise ValueError(value)
    chat = replace(context.subscription.chat, thread=context.topic_here)
    return replace(context.subscription, chat=chat)


def _topic_options(context: SettingsContext) -> Sequence[Option]:
    return [Option(context.catalog.settings.this_topic, _HERE)]


def _with_view(context: SettingsContext, view: View) -> Subscription:
    return replace(context.subscription, view=view)


def _with_slot(context: SettingsContext, changed: Subscription) -> Subscription:
    """`changed` with its next slot counted from now, unless a slot is due: none is posted twice and none is skipped."""
    now = context.store.clock.now()
    if changed.due_at <= now:
        return changed
    return replace(changed, due_at=next_slot(now, changed.slot, changed.zone, changed.weekdays))


def _index(value: str, count: int) -> int:
    """The number after the `+`. Raises LookupError if it is not below `count`."""
    index = int(value[1:])
    if not 0 <= index < count:
        raise LookupError(value)
    return index


SETTING_FIELDS: Sequence[SettingField] = (
    SettingField("language", _show_language, _parse_language, _language_options),
    SettingField("categories", _show_categories, _parse_categories, _category_options),
    SettingField("keywords", _show_keywords, _parse_keywords, _keyword_options),
    SettingField("time", lambda context: context.subscription.slot, _parse_time, _time_options),
    SettingField("zone", lambda context: context.subscription.zone, _parse_zone, _zone_options),
    SettingField("weekdays", _show_weekdays, _parse_weekdays, _weekday_options),
    SettingField(
        "layout", lambda it: label_of(it, "layout", it.subscription.view.layout), _parse_layout, _layout_options
    ),
    SettingField("papers", _show_papers, _parse_papers, _paper_options),
    SettingField("notify", lambda it: label_of(it, "notify", it.subscription.notify), _parse_notify, _notify_options),
    SettingField("topic", _show_topic, _parse_topic, _topic_options, _has_topics),
)
"""All settings, in the order of the menu."""
