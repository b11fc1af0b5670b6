"""Tests that the setting fields are complete in every language and that each shows only its own setting."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.commands.setting import SettingField, SettingsContext
from bot.commands.setting_fields import SETTING_FIELDS, find_field
from bot.i18n import LANGUAGES, catalog_for
from bot.platforms import PLATFORMS, Platform
from workers import config
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Layout, Notify, Place, Subscription, View
from workers.store import Store

KEYS = [field.key for field in SETTING_FIELDS]
SLOT = datetime(2025, 6, 4, tzinfo=UTC)
PLAIN = Subscription(1, ChatRef("discord", "-1", "77"), "09:00", "Asia/Seoul", (0, 1, 2, 3, 4), SLOT, None)
OTHER_VALUES = {
    "language": replace(PLAIN, view=View("en")),
    "categories": replace(PLAIN, view=View(categories=("Robotics",))),
    "keywords": replace(PLAIN, view=View(include=("grip",))),
    "time": replace(PLAIN, slot="08:30"),
    "zone": replace(PLAIN, zone="UTC"),
    "weekdays": replace(PLAIN, weekdays=(0,)),
    "layout": replace(PLAIN, view=View(layout=Layout.COMPACT)),
    "papers": replace(PLAIN, view=View(limit=5)),
    "notify": replace(PLAIN, notify=Notify.NEVER),
    "topic": replace(PLAIN, chat=ChatRef("discord", "-1", "78")),
}
"""Setting → a subscription that differs from PLAIN only in that setting."""


def context(store: Store, subscription: Subscription = PLAIN) -> SettingsContext:
    return SettingsContext(subscription, "en", config.load(environment={}).closed_list(), store)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_has_name_and_hint_in_every_language_and_no_catalog_names_another(language: str) -> None:
    catalog = catalog_for(language).settings
    assert list(catalog.names) == KEYS
    assert set(catalog.hints) == set(KEYS)
    assert set(catalog.choices) <= set(KEYS)


@pytest.mark.parametrize("field", SETTING_FIELDS, ids=KEYS)
def test_a_field_shows_its_own_setting_and_no_other(field: SettingField, store: Store) -> None:
    """An unknown or forgotten key must never show the value of another setting."""
    before = field.show(context(store))
    changed = {key for key in KEYS if field.show(context(store, OTHER_VALUES[key])) != before}
    assert changed == {field.key}


def test_a_key_that_is_no_setting_is_not_taken_for_one() -> None:
    assert find_field("colour") is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_field_is_found_by_its_key_and_by_its_name_in_every_language(language: str) -> None:
    names = catalog_for(language).settings.names
    assert [find_field(name.upper()) for name in names.values()] == list(SETTING_FIELDS)
    assert [find_field(key.upper()) for key in KEYS] == list(SETTING_FIELDS)


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)
@pytest.mark.parametrize("place", Place)
def test_the_topic_is_offered_in_groups_of_platforms_with_topics(
    place: Place, platform: Platform, store: Store
) -> None:
    chat = ChatRef(platform.name, "-1")
    there = context(store, replace(PLAIN, chat=chat, view=View(place=place)))
    offered = [field.key for field in SETTING_FIELDS if field.applies(there)]
    topics = place is Place.GROUP and platform.supports_topics
    assert offered == [key for key in KEYS if key != "topic" or topics]


@pytest.mark.parametrize("typed", ["Monday, wed", "월 수", "월요일 수요일"])
def test_days_are_typed_short_or_in_full(typed: str, store: Store) -> None:
    field = find_field("weekdays")
    assert field is not None
    assert field.parse(context(store), typed).weekdays == (0, 2)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_menu_calls_a_value_can_be_typed(language: str, store: Store) -> None:
    catalog, there = catalog_for(language).settings, context(store, replace(PLAIN, weekdays=(5,)))
    for key, typed in (
        *(("categories", catalog.everything), ("papers", catalog.everything)),
        *(("weekdays", catalog.every_day), ("weekdays", catalog.working_days)),
    ):
        field = find_field(key)
        assert field is not None
        field.parse(there, typed)


@pytest.mark.parametrize(("platform", "offered"), [("discord", True), ("telegram", False)])
def test_the_layout_with_a_thread_is_offered_where_the_platform_has_threads(
    platform: str, offered: bool, store: Store
) -> None:
    layout = find_field("layout")
    assert layout is not None
    there = context(store, replace(PLAIN, chat=ChatRef(platform, "-1", "77")))
    assert (Layout.THREAD in [option.value for option in layout.options(there)]) is offered
