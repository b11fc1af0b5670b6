"""What every feed has in common: the guarded parse, arXiv ids in links, titles that are text."""

import html
import re
from calendar import timegm
from datetime import UTC, datetime
from time import struct_time
from typing import Any

import feedparser
from selectolax.lexbor import LexborHTMLParser

from workers.domain.errors import SourceError
from workers.sources.xml_guard import guard
from workers.text.latex import fold

ARXIV_ID = r"(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})"
"""New and old style, without version (info.arxiv.org/help/arxiv_identifier)."""
_IN_LINK = re.compile(rf"(?:arxiv\.org/(?:abs|pdf|html)|huggingface\.co/papers)/({ARXIV_ID})(?:v(\d+))?", re.IGNORECASE)
_DOI = re.compile(r"(?:doi\.org/|doi:\s*)(10\.\d{4,9}/\S+)", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:a|abbr|b|br|code|div|em|font|h[1-6]|hr|i|iframe|img|li|object|ol|p|pre|q|s|script|small|span|strong|style|"
    r"sub|sup|svg|table|td|th|tr|tt|u|ul|video)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_LONGEST_TITLE = 2_000
"""Characters; what is longer is no title, and markup in it would cost time without end."""
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z]\w{1,30});", re.IGNORECASE)
_ACTIVE = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)

FEED_LIMIT = 2_000
"""Entries of one feed: an arXiv feed that holds as many may hold less than the day (info.arxiv.org/help/rss)."""
_ITEM = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>/]", re.IGNORECASE)

FeedItem = Any
"""feedparser's entry: a mapping with attributes, untyped there too."""


def parsed(body: bytes, limit: int = FEED_LIMIT) -> tuple[FeedItem, list[FeedItem]]:
    """(channel, items) of a whole, entity-free feed of fewer than `limit` items. Raises SourceError for anything else.

    Items are counted before they are parsed, so that a flood costs no time.
    """
    guard(body)
    count = len(_ITEM.findall(body))
    if count >= limit:
        raise SourceError(
            f"truncated: {count:,} entries; arXiv cuts its feeds at {FEED_LIMIT:,}, and more are not read"
        )
    feed = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
    if not feed.version and not feed.entries:
        raise SourceError("not a feed")
    return feed.feed, list(feed.entries)


def moment(stamp: struct_time | None) -> datetime | None:
    """feedparser's UTC stamp as an aware moment; None for none, and for years no feed can mean."""
    if stamp is None or not 1990 <= stamp.tm_year <= 2100:
        return None
    return datetime.fromtimestamp(timegm(stamp), UTC)


def arxiv_id_in(address: str) -> tuple[str | None, int | None]:
    """(id without version, version) of an arXiv or Hugging Face paper link."""
    found = _IN_LINK.search(address)
    return (found[1], int(found[2]) if found[2] else None) if found else (None, None)


def doi_in(*texts: str) -> str | None:
    """The first DOI among the texts, lower case (DOIs do not distinguish case)."""
    found = next(filter(None, map(_DOI.search, texts)), None)
    return found[1].rstrip(".,;)").lower() if found else None


def web_link(address: str) -> str | None:
    """`address` if a reader may be sent there: http or https with a host, without white space or quotes."""
    return address if re.fullmatch(r"https?://[^\s/<>\"'\\]+(?:[/?#][^\s<>\"\\]*)?", address) else None


def title_text(title: str) -> str:
    """A title as text: HTML's own tags go and its entities are read, `<think>` and `1 < 1` stay."""
    text = _TAG.sub("", _ACTIVE.sub("", title[:_LONGEST_TITLE]))
    return fold(_ENTITY.sub(lambda found: html.unescape(found[0]), text))


def body_text(markup: str) -> str:
    """The visible text of an HTML description; plain text comes back folded."""
    if not _TAG.search(markup):
        return fold(markup)
    tree = LexborHTMLParser(markup)
    tree.strip_tags(["script", "style"])
    return fold(tree.body.text(separator=" ") if tree.body else "")
