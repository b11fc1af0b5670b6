"""Telegram's HTML as spans whose length is known before sending, packed uncut into as few messages as possible."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape

from bot.presentation.sanitize import sanitize_utf16, utf16

TEXT_LIMIT = 4096
"""UTF-16 units of a message after parsing (core.telegram.org/bots/api#sendmessage)."""
CAPTION_LIMIT = 1024
"""UTF-16 units of a picture's caption after parsing (core.telegram.org/bots/api#sendphoto)."""
LONGEST = 2000
"""UTF-16 units of one untrusted text; two texts of this length fit one message."""
_LONGEST_URL = 2000
"""Characters of an address; what is longer is shown without a link."""
ENTITY_LIMIT = 100
"""Entities of a message; Telegram ignores more."""

_ADDRESS = re.compile(r"https?://[^\s\x00-\x1f\x7f\ud800-\udfff]+")


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
    shown = sanitize_utf16(raw, longest)
    return Span(escape(shown, quote=False), utf16(shown))


def space() -> Span:
    return Span(" ", 1)


def bold(raw: str, longest: int = LONGEST) -> Span:
    inner = text(raw, longest)
    return Span(f"<b>{inner.html}</b>", inner.units, 1) if inner.units else inner


def italic(raw: str, longest: int = LONGEST) -> Span:
    inner = text(raw, longest)
    return Span(f"<i>{inner.html}</i>", inner.units, 1) if inner.units else inner


def link(raw: str, url: str, longest: int = LONGEST) -> Span:
    """`url` must be a web address that was built here or checked; the text alone where it can be none."""
    inner = text(raw, longest)
    if not inner.units or len(url) > _LONGEST_URL or not _ADDRESS.fullmatch(url):
        return inner
    return Span(f'<a href="{escape(url, quote=True)}">{inner.html}</a>', inner.units, 1)


def folded(span: Span) -> Span:
    return replace(span, folded=True)


def is_within(span: Span, head: Span, limit: int = TEXT_LIMIT) -> bool:
    """Whether the span fits one message, also where `head` stands over it and it is folded."""
    return span.units + head.units + 1 <= limit and span.entities + head.entities + 1 <= ENTITY_LIMIT


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
    message = _Pile()
    for line in lines:
        if message.lines and not message.fits(line, limit):
            yield stacked(message.lines)
            message = _Pile()
            if head.units and line.units:
                message.add(head)
        if not (message.lines or line.units):
            continue
        if not message.fits(line, limit):
            raise ValueError(f"a line of {line.units} units fits no message")
        message.add(line)
    if message.lines:
        yield stacked(message.lines)


class _Pile:
    """Lines of one message, with the length and the number of entities that they have when stacked."""

    def __init__(self) -> None:
        self.lines: list[Span] = []
        self._units = self._entities = 0

    def fits(self, line: Span, limit: int) -> bool:
        entities = self._entities + line.entities + self._opens(line)
        return self._units + self._length(line) <= limit and entities <= ENTITY_LIMIT

    def add(self, line: Span) -> None:
        self._units += self._length(line)
        self._entities += line.entities + self._opens(line)
        self.lines.append(line)

    def _opens(self, line: Span) -> bool:
        """Whether the line begins a quote of folded lines."""
        return line.folded and not (self.lines and self.lines[-1].folded)

    def _length(self, line: Span) -> int:
        """Units of the line and the line break before it."""
        return line.units + bool(self.lines)


def stacked(lines: Sequence[Span]) -> Span:
    """The lines as one span, one below the other; neighbours that are folded share one quote."""
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
