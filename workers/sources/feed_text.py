"""Cuts the text of a feed into its items, so that sizes and numbers are bounded before the feed is parsed."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from workers.domain.errors import SourceError
from workers.sources.identifiers import LONGEST_LINK

_LONGEST_ITEM = 4_000_000
"""Characters; a longer item is left out. Blogs put pictures of a few megabytes into their items."""
_LONGEST_CHANNEL = 4_000_000
"""Characters of a feed outside its items; a feed with more is not read."""
_MOST_CATEGORIES = 100
"""Of one item; of an item with more none is read, because feedparser compares each with all others."""
_ITEM = re.compile(r"<!--|<!\[CDATA\[|<((?:[\w.-]+:)?(?:item|entry))(?=[\s/>])", re.IGNORECASE)
_CATEGORY_NAME = r"(?:[\w.-]+:)?(?:category|subject|keywords|tags)"
_CATEGORY_START = re.compile(rf"<{_CATEGORY_NAME}(?=[\s/>])", re.IGNORECASE)
_CATEGORY = re.compile(
    rf"<({_CATEGORY_NAME})(?=[\s/>])[^<>]*(?:(?<=/)>|>[^<]*(?:<!\[CDATA\[[^<]*)?</\1\s*>)", re.IGNORECASE
)
_LONG_KEYWORDS = re.compile(r"(<(?:[\w.-]+:)?(?:keywords|tags)(?=[\s/>])[^<>]*>)[^<]{2000,}", re.IGNORECASE)
"""Keywords of podcasts and media are separated by commas; feedparser makes a category of each."""
_LONGEST_TAG = 4_096
"""Characters; a longer tag loses its attributes, because feedparser looks for each of them among all."""
_LONG_TAG = re.compile(
    rf"<([a-z_][\w:.-]*+)(?=[^<]{{{_LONGEST_TAG}}})(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+>", re.IGNORECASE
)
_MOST_DECLARATIONS = 100
"""Of one item; of an item with more none is read, because they add up for the elements inside."""
_DECLARATION = re.compile(r"\s(?:xmlns:[\w.-]+|(?:xml:)?base)\s*=\s*(?:\"[^\"<]*\"|'[^'<]*')", re.IGNORECASE)
"""An attribute that names a namespace, or the address that relative links are resolved against."""
_WORD = r"[\w.+&#;-]"
"""A character of an e-mail address, or of a reference to one."""
_LONG_WORD = re.compile(rf"(?<!{_WORD}){_WORD}{{{LONGEST_LINK + 1},}}", re.ASCII)
"""A word that is in no name and no link. In an author's name, feedparser looks for an e-mail address from each of its
characters to its end."""
_SHORT_ITEM = 2_000
"""Characters; an item with as many has no tag, word or keywords that are too long."""
_TORN_REFERENCE = re.compile(r"&[^&;]*$")


@dataclass(frozen=True, slots=True)
class FeedText:
    """The text of a feed, in pieces: before its first item, the items in order, and what is between and after them.

    `left_out` counts the items that are not among `items` because they are too long.
    """

    head: str
    items: list[str]
    tail: str
    left_out: int = 0

    def joined(self) -> str:
        return "".join([self.head, *self.items, self.tail])


def split(text: str, limit: int, too_many: str) -> FeedText:
    """Cut a feed into its bounded items.

    Raises SourceError with the reason `too_many` if there are `limit` items or more, and if the feed has too much text
    outside its items.
    """
    spans: list[tuple[int, int]] = []
    position = 0
    while found := _ITEM.search(text, position):
        position = _item_end(text, found.end(), found[1]) if found[1] else _section_end(text, found)
        if found[1]:
            spans.append((found.start(), position))
        if len(spans) == limit:
            count = limit + sum(bool(each[1]) for each in _ITEM.finditer(text, position))
            raise SourceError(f"truncated: {count:,} entries; {too_many}")
    ends = [0, *(end for _, end in spans)]
    head, *between = [text[end:start] for end, (start, _) in zip(ends, [*spans, (len(text), 0)], strict=True)]
    tail = "".join(between)
    if len(head) + len(tail) > _LONGEST_CHANNEL:
        raise SourceError(f"more than {_LONGEST_CHANNEL:,} characters outside its items")
    items = [_bounded(text[start:end]) for start, end in spans if end - start <= _LONGEST_ITEM]
    return FeedText(_bounded(head), items, _bounded(tail), len(spans) - len(items))


def newest(feed: FeedText, count: int, age: Callable[[str], float]) -> FeedText:
    """The feed with at most `count` items: those with the least `age`, in the feed's order."""
    if len(feed.items) <= count:
        return feed
    ages = list(map(age, feed.items))
    kept = sorted(range(len(ages)), key=ages.__getitem__)[:count]
    return replace(feed, items=[feed.items[place] for place in sorted(kept)])


def _section_end(text: str, opening: re.Match[str]) -> int:
    """Where a comment or CDATA section ends; the end of the text if it never does."""
    closing = "-->" if opening[0] == "<!--" else "]]>"
    end = text.find(closing, opening.end())
    return len(text) if end < 0 else end + len(closing)


def _item_end(text: str, position: int, name: str) -> int:
    """Where an item ends whose name ends at `position`: after its end tag, or where the next one begins."""
    bracket = text.find(">", position)
    if text[bracket - 1 : bracket] == "/" and "<" not in text[position:bracket]:
        return bracket + 1
    mark = re.compile(rf"<!--|<!\[CDATA\[|<(/?){re.escape(name)}(?=[\s/>])", re.IGNORECASE)
    while found := mark.search(text, position):
        if found[1] is None:
            position = _section_end(text, found)
        elif found[1]:
            end = text.find(">", found.end())
            return len(text) if end < 0 else end + 1
        else:
            return found.start()
    return len(text)


def _bounded(text: str) -> str:
    """`text` without what takes feedparser a time that grows with the square of its length."""
    if len(text) > _SHORT_ITEM:
        text = _LONG_KEYWORDS.sub(r"\1", _LONG_WORD.sub(_cut, _LONG_TAG.sub(_bare, text)))
    if text.count("=") > _MOST_DECLARATIONS and len(_DECLARATION.findall(text)) > _MOST_DECLARATIONS:
        text = _DECLARATION.sub("", text)
    if text.count("<") <= _MOST_CATEGORIES or len(_CATEGORY_START.findall(text)) <= _MOST_CATEGORIES:
        return text
    return _CATEGORY_START.sub("<ignored", _CATEGORY.sub("", text))


def _bare(tag: re.Match[str]) -> str:
    if len(tag[0]) <= _LONGEST_TAG:
        return tag[0]
    return f"<{tag[1]}{'/' if tag[0].endswith('/>') else ''}>"


def _cut(word: re.Match[str]) -> str:
    return _TORN_REFERENCE.sub("", word[0][:LONGEST_LINK])
