"""Cleans untrusted text: no control, direction or invisible characters, one line, a limited length."""

import unicodedata

_INVISIBLE = frozenset(
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff\ufff9\ufffa\ufffb"
    "\u2800\u3164\uffa0\ufffc"  # blank symbols and letters: Telegram takes a text of these alone for empty
)
_MARKS_LIMIT = 4
"""Combining marks on one letter; no language needs more, and more would cover the lines above."""


def sanitize(text: str, longest: int = 2000) -> str:
    """One line of at most `longest` characters; longer text ends with an ellipsis."""
    kept: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if category in {"Zl", "Zp"} or character in "\n\r\t":
            kept.append(" ")
        elif not (_is_removed(character, category) or marks > _MARKS_LIMIT):
            kept.append(character)
    line = " ".join("".join(kept).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def sanitize_utf16(text: str, longest: int) -> str:
    """As `sanitize`, with a limit in UTF-16 units; no character is cut in two."""
    line = sanitize(text, longest)
    if utf16(line) <= longest:
        return line
    kept, units = [], 1  # the ellipsis
    for character in line:
        units += utf16(character)
        if units > longest:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


def utf16(text: str) -> int:
    """Length in UTF-16 units, as Telegram counts."""
    return len(text.encode("utf-16-le")) // 2


def _is_removed(character: str, category: str) -> bool:
    return category in {"Cc", "Cs", "Co", "Cn"} or character in _INVISIBLE or _changes_direction(character)


def _changes_direction(character: str) -> bool:
    """Whether the character changes the direction of the text after it."""
    return "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069"
