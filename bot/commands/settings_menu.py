"""A chat's settings as screens of choices, and as commands, once for all frontends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.commands.setting_fields import CHANGES, OPTIONS, TYPE, Panel, shown
from bot.i18n import SPOKEN, texts
from workers.domain.blocks import Block, ChoiceBlock, Closing
from workers.domain.deliveries import GROUP, Choice


@dataclass(frozen=True, slots=True)
class Screen:
    """What is shown next; `expects` is the command that the reader's next words end."""

    blocks: Sequence[Block]
    expects: str = ""


def main(panel: Panel, told: str = "") -> Screen:
    """Every setting with its value, each a choice."""
    said = panel.said.settings
    keys = [key for key in said.names if key != "topic" or panel.of.view.place == GROUP]
    lines = [f"{said.names[key]}: {shown(panel.of, key, panel.language, panel.categories)}" for key in keys]
    head = said.title.format(name=panel.name or f"{panel.of.platform}:{panel.of.chat}")
    choices = [Choice(said.names[key], _command(panel, key)) for key in keys]
    return Screen([Closing(tuple(filter(None, [told, head, *lines, said.usage]))), ChoiceBlock(tuple(choices))])


def said_of(panel: Panel, words: str) -> Screen:
    """`words` are a setting, or a setting and its new value, as typed or pressed."""
    typed, _, value = words.strip().partition(" ")
    said, value = panel.said.settings, value.strip()
    if not typed:
        return main(panel)
    key = _key(typed, said.names)
    if key is None:
        return _line(said.unknown.format(name=typed[:60], names=", ".join(said.names)))
    if not value:
        return _choices(panel, key)
    if value == TYPE:
        return Screen([Closing(tuple(said.hints[key].splitlines()))], _command(panel, key))
    try:
        new = CHANGES[key](panel, value)
    except (ValueError, LookupError, OSError):
        return _line(said.wrong.format(value=value[:60], hint=said.hints[key]))
    if not panel.store.subscriptions.change(new):
        return _line(said.topic_taken)
    changed = replace(panel, of=new)
    if value.startswith("+"):
        return _choices(changed, key)
    if key == "language":
        changed = replace(changed, language=new.view.language)
    said = changed.said.settings
    value = shown(new, key, changed.language, panel.categories)
    return main(changed, said.changed.format(name=said.names[key], value=value))


def _choices(panel: Panel, key: str) -> Screen:
    said = panel.said.settings
    value = shown(panel.of, key, panel.language, panel.categories)
    options = [Choice(label, _command(panel, key, given)) for label, given in OPTIONS[key](panel)]
    head = Closing((f"{said.names[key]}: {value}", *said.hints[key].splitlines()))
    return Screen([head, ChoiceBlock((*options, Choice(said.back, f"/settings {panel.of.subscription_id}")))])


def _command(panel: Panel, key: str, value: str = "") -> str:
    return f"/settings {panel.of.subscription_id} {key} {value}".strip()


def _line(text: str) -> Screen:
    return Screen([Closing(tuple(text.splitlines()))])


def _key(typed: str, names: Mapping[str, str]) -> str | None:
    """The setting that is called so, in either language."""
    word = typed.casefold()
    known = {name.casefold(): key for language in SPOKEN for key, name in texts(language).settings.names.items()}
    return word if word in names else known.get(word)
