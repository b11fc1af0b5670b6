"""Telegram's HTML as spans whose length is known before sending, packed uncut into as few messages as possible."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape

from bot.presentation.sanitize import sanitize, utf16

TEXT_LIMIT = 4096
"""UTF-16 units of a message after parsing (core.telegram.org/bots/api#sendmessage)."""
CAPTION_LIMIT = 1024
"""UTF-16 units of a picture's caption after parsing (core.telegram.org/bots/api#sendphoto)."""
LONGEST = 2000
"""Characters of one untrusted text; two texts of this length fit one message."""
ENTITY_LIMIT = 100
"""Entities of a message; Telegram ignores more."""


@dataclass(frozen=True, slots=True)
class Span:
    """HTML with the length and the number of entities that it has after parsing."""

    html: str
    units: int
    """UTF-16 units."""
    entities: int = 0
    folded: bool = False
    """Neighbours that are folded share one expandable quote."""
    papers: tuple[int, ...] = ()
    """Numbers of the papers that it shows."""

    def __add__(self, other: "Span") -> "Span":
        return Span(
            self.html + other.html,
            self.units + other.units,
            self.entities + other.entities,
            self.folded,
            (*self.papers, *other.papers),
        )


def text(raw: str, longest: int = LONGEST) -> Span:
    """Untrusted text, sanitized and escaped."""
    shown = sanitize(raw, longest)
    return Span(escape(shown, quote=False), utf16(shown))


def space() -> Span:
    return Span(" ", 1)


def bold(raw: str, longest: int = LONGEST) -> Span:
    inner = text(raw, longest)
    return Span(f"<b>{inner.html}</b>", inner.units, 1) if inner.units else inner


def italic(raw: str) -> Span:
    inner = text(raw)
    return Span(f"<i>{inner.html}</i>", inner.units, 1) if inner.units else inner


def link(raw: str, url: str, longest: int = LONGEST) -> Span:
    """`url` must be a web address that was built here or checked."""
    inner = text(raw, longest)
    return Span(f'<a href="{escape(url, quote=True)}">{inner.html}</a>', inner.units, 1) if inner.units else inner


def folded(span: Span) -> Span:
    return replace(span, folded=True)


def joined(spans: Sequence[Span]) -> Span:
    """The spans one after the other, with nothing between them."""
    whole = Span("", 0)
    for span in spans:
        whole = whole + span
    return whole


def pack(lines: Iterable[Span], head: Span, limit: int = TEXT_LIMIT) -> Iterator[Span]:
    """Messages of `lines`, in order; every message after the first begins with `head`.

    No line is cut, and no message begins with an empty line. Raises ValueError for a line that alone is over the limit.
    """
    message: list[Span] = []
    for line in lines:
        if message and not _fits([*message, line], limit):
            yield _message(message)
            message = [head] if head.units else []
        if not (message or line.units):
            continue
        message.append(line)
        if not _fits(message, limit):
            raise ValueError(f"a line of {line.units} units fits no message")
    if message:
        yield _message(message)


def _fits(lines: Sequence[Span], limit: int) -> bool:
    whole = _message(lines)
    return whole.units <= limit and whole.entities <= ENTITY_LIMIT


def _message(lines: Sequence[Span]) -> Span:
    """The lines as one span; neighbours that are folded share one quote."""
    html, units, entities, open_ = "", 0, 0, False
    for place, line in enumerate(lines):
        html += "</blockquote>" if open_ and not line.folded else ""
        html += "\n" if place else ""
        if line.folded and not open_:
            html, entities = html + "<blockquote expandable>", entities + 1
        open_ = line.folded
        html, units, entities = html + line.html, units + line.units + (place > 0), entities + line.entities
    html += "</blockquote>" if open_ else ""
    return Span(html, units, entities, False, tuple(dict.fromkeys(n for line in lines for n in line.papers)))
