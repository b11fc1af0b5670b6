"""A chat's settings as screens of choices, and as commands, once for all frontends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.commands.setting_fields import CHANGES, OPTIONS, TYPE, Panel, shown
from bot.i18n import LANGUAGES, catalog_for
from workers.domain.blocks import Block, ChoiceBlock, TextBlock
from workers.domain.deliveries import Choice, Place


@dataclass(frozen=True, slots=True)
class Screen:
    """What is shown next; `expects` is the command that the reader's next words end."""

    blocks: Sequence[Block]
    expects: str = ""


def main(panel: Panel, notice: str = "") -> Screen:
    """Every setting with its value, each a choice."""
    catalog = panel.catalog.settings
    keys = [key for key in catalog.names if key != "topic" or panel.of.view.place == Place.GROUP]
    lines = [f"{catalog.names[key]}: {shown(panel.of, key, panel.language, panel.categories)}" for key in keys]
    head = catalog.title.format(name=panel.name or str(panel.of.chat))
    choices = [Choice(catalog.names[key], _command(panel, key)) for key in keys]
    return Screen([TextBlock(tuple(filter(None, [notice, head, *lines, catalog.usage]))), ChoiceBlock(tuple(choices))])


def said_of(panel: Panel, words: str) -> Screen:
    """`words` are a setting, or a setting and its new value, as typed or pressed."""
    typed, _, value = words.strip().partition(" ")
    catalog, value = panel.catalog.settings, value.strip()
    if not typed:
        return main(panel)
    key = _key(typed, catalog.names)
    if key is None:
        return _line(catalog.unknown.format(name=typed[:60], names=", ".join(catalog.names)))
    if not value:
        return _choices(panel, key)
    if value == TYPE:
        return Screen([TextBlock(tuple(catalog.hints[key].splitlines()))], _command(panel, key))
    try:
        new = CHANGES[key](panel, value)
    except (ValueError, LookupError, OSError):
        return _line(catalog.wrong.format(value=value[:60], hint=catalog.hints[key]))
    if not panel.store.subscriptions.change(new):
        return _line(catalog.topic_taken)
    changed = replace(panel, of=new)
    if value.startswith("+"):
        return _choices(changed, key)
    if key == "language":
        changed = replace(changed, language=new.view.language)
    catalog = changed.catalog.settings
    value = shown(new, key, changed.language, panel.categories)
    return main(changed, catalog.changed.format(name=catalog.names[key], value=value))


def _choices(panel: Panel, key: str) -> Screen:
    catalog = panel.catalog.settings
    value = shown(panel.of, key, panel.language, panel.categories)
    options = [Choice(label, _command(panel, key, given)) for label, given in OPTIONS[key](panel)]
    head = TextBlock((f"{catalog.names[key]}: {value}", *catalog.hints[key].splitlines()))
    return Screen([head, ChoiceBlock((*options, Choice(catalog.back, f"/settings {panel.of.subscription_id}")))])


def _command(panel: Panel, key: str, value: str = "") -> str:
    return f"/settings {panel.of.subscription_id} {key} {value}".strip()


def _line(text: str) -> Screen:
    return Screen([TextBlock(tuple(text.splitlines()))])


def _key(typed: str, names: Mapping[str, str]) -> str | None:
    """The setting that is called so, in either language."""
    word = typed.casefold()
    known = {
        name.casefold(): key for language in LANGUAGES for key, name in catalog_for(language).settings.names.items()
    }
    return word if word in names else known.get(word)
