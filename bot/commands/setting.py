"""What a setting is: how it is shown, read from a typed value and offered as choices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.i18n import LANGUAGES, Catalog, catalog_for
from bot.i18n.catalog import SettingsCatalog
from workers.domain.deliveries import Subscription
from workers.domain.models import Category
from workers.store import Store

ASK = "?"
"""The value of an option that asks the reader to type a value."""


@dataclass(frozen=True, slots=True)
class SettingsContext:
    """One subscription and what its settings need to be shown and changed, in the reader's `language`.

    `topic_here` is the topic in which the reader types; None if they type in another chat. `chat_name` is what people
    call the chat; "" if it is not known.
    """

    subscription: Subscription
    language: str
    categories: Sequence[Category]
    store: Store
    topic_here: str | None = None
    chat_name: str = ""

    @property
    def catalog(self) -> Catalog:
        return catalog_for(self.language)


@dataclass(frozen=True, slots=True)
class Option:
    """A choice that a field offers; `value` is what its button types."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting of a chat. Its name and its hint are in the catalogs, under `key`.

    `parse` returns the subscription with the typed value; it raises ValueError, LookupError or OSError if the value
    cannot be used. `applies` tells whether the menu lists the setting for this chat.
    """

    key: str
    show: Callable[[SettingsContext], str]
    parse: Callable[[SettingsContext, str], Subscription]
    options: Callable[[SettingsContext], Sequence[Option]]
    applies: Callable[[SettingsContext], bool] = lambda _context: True


def marked(label: str, value: str, chosen: bool) -> Option:
    return Option(f"✓ {label}" if chosen else label, value)


def type_it(context: SettingsContext) -> Option:
    return Option(context.catalog.settings.type_it, ASK)


def label_of(context: SettingsContext, key: str, value: str) -> str:
    """What the value is called; the value itself if the catalog has no name for it."""
    return context.catalog.settings.choices[key].get(value, value)


def value_named(key: str, label: str) -> str:
    """The value with this label in any language, else what was typed in lower case."""
    labels = {
        each.casefold(): value
        for language in LANGUAGES
        for value, each in catalog_for(language).settings.choices[key].items()
    }
    return labels.get(label.casefold(), label.casefold())


def is_label(value: str, word: str, label: Callable[[SettingsCatalog], str]) -> bool:
    """Whether the reader typed `word`, or its `label` in any language."""
    return value.casefold() in {word, *(label(catalog_for(language).settings).casefold() for language in LANGUAGES)}


def named_options(context: SettingsContext, key: str, chosen: str, allowed: Sequence[str]) -> Sequence[Option]:
    labels = context.catalog.settings.choices[key]
    return [marked(label, value, value == chosen) for value, label in labels.items() if value in allowed]
