"""Text from people and papers, tamed: no control, direction or invisible characters, and never without end."""

import unicodedata

_INVISIBLE = frozenset("\u00ad\u061c\u180e\u200b\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff\ufff9\ufffa\ufffb")
_MOST_MARKS = 4
"""Combining marks on one letter; no language needs more, and towers of them cover the lines above."""


def sanitize(text: str, longest: int = 2000) -> str:
    """One line of at most `longest` characters, an ellipsis where it was longer."""
    kept: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if category in {"Zl", "Zp"} or character in "\n\r\t":
            kept.append(" ")
        elif (
            category in {"Cc", "Cs", "Co", "Cn"} or character in _INVISIBLE or _turns(character) or marks > _MOST_MARKS
        ):
            continue
        else:
            kept.append(character)
    line = " ".join("".join(kept).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def utf16(text: str) -> int:
    """Length in UTF-16 units, as Telegram counts."""
    return len(text.encode("utf-16-le")) // 2


def _turns(character: str) -> bool:
    """Marks that change the direction of the text after them."""
    return "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069"
