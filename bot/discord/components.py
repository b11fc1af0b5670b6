"""Discord's components: cards as layouts, and the buttons, menus and forms by which people give commands."""

import re
from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.discord.renderer import MENU_OPTIONS, ROW_BUTTONS, Card

Interaction = discord.Interaction[discord.Client]

CHART = "chart.png"
"""File name of an uploaded chart."""
_MARK = "pb"
"""Start of every custom id; the message part's key follows, by which the message is found in a channel's history."""


def layout(cards: Sequence[Card], key: str = "", picture: str = "") -> ui.LayoutView:
    """The components of a message; `picture` is the chart's address, "" if the chart is uploaded with the message."""
    view = ui.LayoutView(timeout=None)
    for place, card in enumerate(cards):
        if card.chart:
            view.add_item(ui.MediaGallery(discord.MediaGalleryItem(picture or f"attachment://{CHART}")))
        colour = int(card.colour[1:], 16) if card.colour else None
        container: ui.Container[Any] = ui.Container(accent_colour=colour)
        if card.text:
            container.add_item(ui.TextDisplay(card.text))
        for row in _rows(card.choices, f"{_MARK}:{key}:{place}"):
            container.add_item(row)
        view.add_item(container)
    view.stop()  # its components are read from their custom ids; without this the library keeps every view for ever
    return view


def _rows(choices: Sequence[tuple[str, str]], name: str) -> list["ui.ActionRow[Any]"]:
    """A row of buttons, or menus if there are more choices than a row holds."""
    if not choices:
        return []
    if len(choices) <= ROW_BUTTONS:
        buttons: list[ui.Button[Any]] = [
            ui.Button(label=label, custom_id=f"{name}{n}:{line}"[:100], style=discord.ButtonStyle.secondary)
            for n, (label, line) in enumerate(choices)
        ]
        return [ui.ActionRow(*buttons)]
    groups = [choices[start : start + MENU_OPTIONS] for start in range(0, len(choices), MENU_OPTIONS)]
    return [
        ui.ActionRow(
            ui.Select(
                custom_id=f"{name}{n}:",
                options=[discord.SelectOption(label=label, value=line) for label, line in group],
            )
        )
        for n, group in enumerate(groups)
    ]


def key_in(message: discord.Message) -> set[str]:
    """The keys of message parts that are in the custom ids of a message's components."""
    found: set[str] = set()
    stack: list[Any] = list(message.components)
    while stack:
        component = stack.pop()
        match = re.match(rf"{_MARK}:(\d+):", getattr(component, "custom_id", None) or "")
        if match:
            found.add(match[1])
        stack += getattr(component, "children", [])
    return found


def is_picture_missing(message: discord.Message) -> bool:
    """Whether Discord found no picture at the address that a gallery of the message has."""
    galleries = [each for each in message.components if isinstance(each, discord.MediaGalleryComponent)]
    missing = discord.MediaItemLoadingState.not_found
    return any(item.media.loading_state is missing for gallery in galleries for item in gallery.items)


class LineForm(ui.Modal):
    """A form with one field that completes a command; its custom id holds the command, so it survives a restart."""

    def __init__(self, title: str, line: str) -> None:
        title = title[:45].strip() or "…"
        super().__init__(title=title, custom_id=f"{_MARK}::{line}"[:100], timeout=600)
        self.field: ui.TextInput[Any] = ui.TextInput(style=discord.TextStyle.paragraph, max_length=2000)
        self.add_item(ui.Label(text=title, component=self.field))


def pressed_line(data: Any) -> str | None:
    """The command of a pressed button or of a chosen option; None for a component that is not the bot's."""
    name, values = str(data.get("custom_id", "")), data.get("values") or []
    match = re.fullmatch(rf"{_MARK}:\d*:\d+:(/.*)?", name, re.DOTALL)
    line = (match[1] or (str(values[0]) if values else "")) if match else ""
    return line if line.startswith("/") else None


def form_line(data: Any) -> str | None:
    """The command of a submitted form with the typed text; None for a form that is not the bot's."""
    name = str(data.get("custom_id", ""))
    if not name.startswith(f"{_MARK}::/"):
        return None
    typed = [part["component"].get("value", "") for part in data.get("components", []) if "component" in part]
    return f"{name.removeprefix(f'{_MARK}::')} {' '.join(typed)}".strip()
