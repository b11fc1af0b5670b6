"""The settings menu: screens of choices, and the same changes as typed lines, once for all platforms."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.commands.setting import ASK, SettingField, SettingsContext
from bot.commands.setting_fields import SETTING_FIELDS, find_field
from workers.domain.blocks import Block, ChoiceBlock, TextBlock
from workers.domain.deliveries import Choice

_ECHO_LIMIT = 60
"""Characters of a wrong line that the reply repeats."""


@dataclass(frozen=True, slots=True)
class SettingsScreen:
    """The reply to a press or a line; the reader's next message completes the command `expects` ("" for none)."""

    blocks: Sequence[Block]
    expects: str = ""


def show_settings(context: SettingsContext, notice: str = "") -> SettingsScreen:
    """Every setting that applies to the chat, with its value and a choice that opens it; `notice` on top."""
    catalog = context.catalog.settings
    fields = [field for field in SETTING_FIELDS if field.applies(context)]
    subscription = context.subscription
    title = catalog.title.format(name=context.chat_name or str(subscription.chat))
    values = [f"{catalog.names[field.key]}: {field.show(context)}" for field in fields]
    choices = [Choice(catalog.names[field.key], _command(context, field)) for field in fields]
    lines = filter(None, [notice, title, *values, catalog.usage])
    return SettingsScreen([TextBlock(tuple(lines)), ChoiceBlock(tuple(choices))])


def apply_line(context: SettingsContext, line: str) -> SettingsScreen:
    """The screen after `line`, as typed or pressed: `KEY` opens a setting, `KEY VALUE` changes it in the store."""
    name, _, value = line.strip().partition(" ")
    catalog, value = context.catalog.settings, value.strip()
    if not name:
        return show_settings(context)
    field = find_field(name)
    if field is None:
        return _notice(catalog.unknown.format(name=name[:_ECHO_LIMIT], names=", ".join(catalog.names)))
    if not value:
        return _show_options(context, field)
    hint = catalog.hints[field.key]
    if value == ASK:
        return SettingsScreen([TextBlock(tuple(hint.splitlines()))], _command(context, field))
    try:
        subscription = field.parse(context, value)
    except (ValueError, LookupError, OSError):
        return _notice(catalog.wrong.format(value=value[:_ECHO_LIMIT], hint=hint))
    if not context.store.subscriptions.change(subscription):
        return _notice(catalog.topic_taken)
    changed = replace(context, subscription=subscription)
    if value.startswith("+"):
        return _show_options(changed, field)
    if field.key == "language":
        changed = replace(changed, language=subscription.view.language)
    catalog = changed.catalog.settings
    notice = catalog.changed.format(name=catalog.names[field.key], value=field.show(changed))
    return show_settings(changed, notice)


def _show_options(context: SettingsContext, field: SettingField) -> SettingsScreen:
    catalog = context.catalog.settings
    options = [Choice(option.label, _command(context, field, option.value)) for option in field.options(context)]
    back = Choice(catalog.back, f"/settings {context.subscription.subscription_id}")
    text = TextBlock((f"{catalog.names[field.key]}: {field.show(context)}", *catalog.hints[field.key].splitlines()))
    return SettingsScreen([text, ChoiceBlock((*options, back))])


def _command(context: SettingsContext, field: SettingField, value: str = "") -> str:
    return f"/settings {context.subscription.subscription_id} {field.key} {value}".strip()


def _notice(text: str) -> SettingsScreen:
    return SettingsScreen([TextBlock(tuple(text.splitlines()))])
