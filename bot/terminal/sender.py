"""Sends to a terminal by printing; a message's id is its number."""

import re
from contextlib import AbstractAsyncContextManager, nullcontext
from itertools import count

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from bot.i18n import Catalog
from workers.domain.chats import ChatRef
from workers.domain.deliveries import Message

_LEAD = re.compile(r"(?:\s*•\s)|\s+")


class TerminalSender:
    def __init__(self, console: Console, catalog: Catalog) -> None:
        self._console, self._catalog, self._numbers = console, catalog, count(1)

    def turn(self, chat: str, urgent: bool) -> AbstractAsyncContextManager[None]:
        """A terminal has no limits, so nothing waits."""
        del chat, urgent
        return nullcontext()

    async def send(self, chat: ChatRef, message: Message, key: str) -> str:
        """Print `message`; there is only one chat."""
        del chat, key
        show(self._console, message)
        return str(next(self._numbers))

    def editing(self, chat: str) -> AbstractAsyncContextManager[None]:
        return self.turn(chat, urgent=True)

    async def edit(self, chat: str, message_id: str, message: Message) -> None:
        """Print the new text with the number of the message that it replaces; a printed message cannot be changed."""
        del chat
        self._console.print(f"[dim]{self._catalog.corrected.format(number=message_id)}[/dim]")
        show(self._console, message)

    async def found(self, chat: ChatRef, message: Message, key: str) -> str | None:
        """None: printed text cannot be read back."""
        del chat, message, key
        return None

    async def delete(self, chat: str, message_id: str) -> None:
        del chat
        self._console.print(f"[dim]{self._catalog.taken_back.format(number=message_id)}[/dim]")


def show(console: Console, message: Message) -> None:
    """Print a message and an empty line; long lines continue under their own indentation."""
    for line in message.text.splitlines():
        found = _LEAD.match(line)
        lead = found[0] if found else ""
        room = max(20, console.width - cell_len(lead))
        for place, piece in enumerate(Text.from_markup(line[len(lead) :]).wrap(console, room, overflow="fold")):
            piece.rstrip()
            console.print(Text(lead if place == 0 else " " * cell_len(lead)) + piece, highlight=False, soft_wrap=True)
    console.print()
