"""Pieces of a Telegram message: HTML with its length known beforehand, packed whole into as few messages as fit."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from bot.presentation.sanitize import sanitize, utf16

TEXT_LIMIT, CAPTION_LIMIT = 4096, 1024
"""UTF-16 units of a message and of a picture's caption, after parsing (core.telegram.org/bots/api#sendmessage)."""
LONGEST = 2000
"""Characters of one untrusted text; what is longer fits no message beside anything else."""
ENTITY_LIMIT = 100
"""Entities of a message; more are ignored."""


@dataclass(frozen=True, slots=True)
class Span:
    """`html` shows as `units` UTF-16 units with `entities`; `folded` pieces stand together in one expandable quote."""

    html: str
    units: int
    entities: int = 0
    folded: bool = False
    papers: tuple[int, ...] = ()

    def __add__(self, other: "Span") -> "Span":
        return Span(
            self.html + other.html,
            self.units + other.units,
            self.entities + other.entities,
            self.folded,
            (*self.papers, *other.papers),
        )


def text(words: str, longest: int = LONGEST) -> Span:
    """Untrusted words, tamed and escaped."""
    shown = sanitize(words, longest)
    return Span(escape(shown, quote=False), utf16(shown))


def space() -> Span:
    return Span(" ", 1)


def bold(words: str, longest: int = LONGEST) -> Span:
    inner = text(words, longest)
    return Span(f"<b>{inner.html}</b>", inner.units, 1) if inner.units else inner


def italic(words: str) -> Span:
    inner = text(words)
    return Span(f"<i>{inner.html}</i>", inner.units, 1) if inner.units else inner


def link(words: str, url: str, longest: int = LONGEST) -> Span:
    """`url` is one that we built or checked to be a web address."""
    inner = text(words, longest)
    return Span(f'<a href="{escape(url, quote=True)}">{inner.html}</a>', inner.units, 1) if inner.units else inner


def folded(piece: Span) -> Span:
    return Span(piece.html, piece.units, piece.entities, True, piece.papers)


def joined(pieces: Sequence[Span]) -> Span:
    """The pieces one after the other in one line."""
    whole = Span("", 0)
    for piece in pieces:
        whole = whole + piece
    return whole


def pack(pieces: Iterable[Span], head: Span, limit: int = TEXT_LIMIT) -> Iterator[Span]:
    """Messages of `pieces`, in order, a line each; every message after the first begins with `head` again.

    No piece is cut: one that alone is over the limit raises ValueError. No message begins with an empty line.
    """
    message: list[Span] = []
    for piece in pieces:
        if message and not _fits([*message, piece], limit):
            yield _message(message)
            message = [head] if head.units else []
        if not (message or piece.units):
            continue
        message.append(piece)
        if not _fits(message, limit):
            raise ValueError(f"a piece of {piece.units} units fits no message")
    if message:
        yield _message(message)


def _fits(pieces: Sequence[Span], limit: int) -> bool:
    whole = _message(pieces)
    return whole.units <= limit and whole.entities <= ENTITY_LIMIT


def _message(pieces: Sequence[Span]) -> Span:
    """Lines joined; neighbours that are folded go into one quote."""
    html, units, entities, open_ = "", 0, 0, False
    for place, piece in enumerate(pieces):
        html += "</blockquote>" if open_ and not piece.folded else ""
        html += "\n" if place else ""
        if piece.folded and not open_:
            html, entities = html + "<blockquote expandable>", entities + 1
        open_ = piece.folded
        html, units, entities = html + piece.html, units + piece.units + (place > 0), entities + piece.entities
    html += "</blockquote>" if open_ else ""
    return Span(html, units, entities, False, tuple(dict.fromkeys(n for piece in pieces for n in piece.papers)))
