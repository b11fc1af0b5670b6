"""The parse that all feeds share: from a document to the items that feedparser finds in it."""

import io
import re
from dataclasses import dataclass
from typing import Any

import feedparser

from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.sources.dates import moment
from workers.sources.feed_text import FeedText, newest, split
from workers.sources.xml_guard import guard

ARXIV_LIMIT = 2_000
"""Entries of one feed; arXiv cuts a feed at this number, so a feed that reaches it is incomplete
(info.arxiv.org/help/rss)."""
_LARGEST_FEED = 10_000
"""Items; a feed with as many is not read."""
_NEWEST = 1_000
"""Items that are read of an archive, the newest by their dates."""
_DATE = re.compile(
    r"<(?:\w+:)?(?:pubDate|published|updated|date|issued|created)(?:\s[^<>]*)?>\s*(?:<!\[CDATA\[)?([^<\]]{1,100})",
    re.IGNORECASE,
)
_HEADERS = {"content-type": "application/xml; charset=utf-8"}

FeedItem = Any
"""An item or channel of feedparser: a mapping with attributes, which has no type in feedparser."""


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed as feedparser returns it, its items in their order; `left_out` counts the items that were too long."""

    channel: FeedItem
    items: list[FeedItem]
    left_out: int = 0


def parse_arxiv_feed(document: Document, limit: int = ARXIV_LIMIT) -> ParsedFeed:
    """Parse a complete feed of fewer than `limit` items. Raises SourceError for another one.

    Items are counted before they are parsed, so that a very large feed takes no time.
    """
    reason = f"arXiv cuts its feeds at {ARXIV_LIMIT:,}, and more are not read"
    return _parsed(split(guard(document), limit, reason))


def parse_archive(document: Document) -> ParsedFeed:
    """Parse a complete feed, of a long one only the newest items. Raises SourceError for one that is none."""
    feed = split(guard(document), _LARGEST_FEED, f"{_LARGEST_FEED:,} and more are not read")
    return _parsed(newest(feed, _NEWEST, _age))


def _parsed(text: FeedText) -> ParsedFeed:
    xml = '<?xml version="1.0" encoding="utf-8"?>' + text.joined()
    # As a stream, because feedparser takes bytes for the name of a file first.
    feed = feedparser.parse(
        io.BytesIO(xml.encode("utf-8", "replace")),
        response_headers=_HEADERS,
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not feed.version and not feed.entries:
        raise SourceError("not a feed")
    return ParsedFeed(feed.feed, list(feed.entries), text.left_out)


def string(item: FeedItem, name: str) -> str:
    """A field of an item or channel; "" if it is missing or no text.

    feedparser answers a plain look-up of `updated` with `published`, and keeps None where an element is empty.
    """
    value = item[name] if name in item else ""  # noqa: SIM401 - get() is that look-up
    return value if isinstance(value, str) else ""


def _age(item: str) -> float:
    """Less for a newer item; an item without a date counts as new."""
    times = [time for found in _DATE.finditer(item) if (time := moment(found[1].strip()))]
    return -times[0].timestamp() if times else float("-inf")
