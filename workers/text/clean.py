"""Cleans the characters of foreign text: what a database, a chat or a reader's eye cannot take is replaced."""

import html
import re
import unicodedata

_SPACES = re.compile(r"[\s\0-\x1f\x7f-\x9f]+")
_INVISIBLE = re.compile(
    "[\u00ad\u200b\u2060\ufeff"  # soft hyphen, zero-width space, word joiner, byte order mark
    "\u202a-\u202e\u2066-\u2069"  # embeddings, overrides and isolates of the writing direction
    "\ufff9-\ufffb\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f]"  # annotations, noncharacters, tags
)
_MOST_MARKS = 30
"""Combining marks in a row that stay, as in the stream-safe text format (unicode.org/reports/tr15). No language needs
more, and the time of the normalisation grows with the square of their number."""
_MARKS = re.compile(rf"[^\w\s\0-\x7f]{{{_MOST_MARKS + 1},}}")
"""A run in which there may be too many marks: they are no letters, no spaces and not ASCII."""
_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#x[\da-f]{1,6}|[a-z][a-z0-9]{1,30});", re.IGNORECASE)


def fold(text: str) -> str:
    """`text` in Unicode's NFC, with every run of white space and control characters as one space, and none at its ends.

    Characters without a glyph that change the order or the comparison of others are left out, and combining marks
    behind the thirtieth on one letter; an unpaired surrogate is replaced by a question mark.
    """
    if not text.isascii():
        few = _MARKS.sub(lambda run: _with_few_marks(run[0]), _INVISIBLE.sub("", _without_surrogates(text)))
        text = unicodedata.normalize("NFC", few)
    is_folded = text.isprintable() and "  " not in text
    return (text if is_folded else _SPACES.sub(" ", text)).strip()


def unescape(text: str) -> str:
    """`text` with HTML's character references decoded; what only looks like one (`AT&T`, `x&y;`) stays."""
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text) if "&" in text else text


def _without_surrogates(text: str) -> str:
    joined = _SURROGATE_PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
    return joined.encode("utf-8", "replace").decode("utf-8")


def _with_few_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character).startswith("M") else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)
