"""Parsing that all feeds share: the checked parse, arXiv ids and DOIs in links, titles and bodies as text."""

import html
import re
from calendar import timegm
from dataclasses import dataclass
from datetime import UTC, datetime
from time import struct_time
from typing import Any

import feedparser
from selectolax.lexbor import LexborHTMLParser

from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.domain.models import Entry
from workers.sources.xml_guard import guard
from workers.text.latex import fold

ARXIV_ID = r"(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})"
"""Regular expression of an arXiv id, new or old style, without version (info.arxiv.org/help/arxiv_identifier)."""
_IN_LINK = re.compile(rf"(?:arxiv\.org/(?:abs|pdf|html)|huggingface\.co/papers)/({ARXIV_ID})(?:v(\d+))?", re.IGNORECASE)
_DOI = re.compile(r"(?:doi\.org/|doi:\s*)(10\.\d{4,9}/\S+)", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:a|abbr|b|br|code|div|em|font|h[1-6]|hr|i|iframe|img|li|object|ol|p|pre|q|s|script|small|span|strong|style|"
    r"sub|sup|svg|table|td|th|tr|tt|u|ul|video)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_TITLE_LIMIT = 2_000
"""Characters; a longer title is cut, because searching it for markup could take unlimited time."""
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z]\w{1,30});", re.IGNORECASE)
_SCRIPT_OR_STYLE = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)

FEED_LIMIT = 2_000
"""Entries of one feed; arXiv cuts a feed at this number, so a feed that reaches it is incomplete
(info.arxiv.org/help/rss)."""
_ITEM = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>/]", re.IGNORECASE)

FeedItem = Any
"""An item or channel of feedparser: a mapping with attributes, which has no type in feedparser."""


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A feed as feedparser returns it; the items are in the feed's order."""

    channel: FeedItem
    items: list[FeedItem]


@dataclass(frozen=True, slots=True)
class ParsedEntries:
    """The usable entries of a source's answer, in its order; `dropped` counts the records that are not usable."""

    entries: list[Entry]
    dropped: int


@dataclass(frozen=True, slots=True)
class ArxivVersion:
    """An arXiv paper; `version` is None if the link names none."""

    arxiv_id: str
    version: int | None


def parse_feed(document: Document, limit: int = FEED_LIMIT) -> ParsedFeed:
    """Parse a complete feed of fewer than `limit` items that declares no entities. Raises SourceError otherwise.

    Items are counted before they are parsed, so that a very large feed takes no time.
    """
    body = document.body
    guard(body)
    count = len(_ITEM.findall(body))
    if count >= limit:
        raise SourceError(
            f"truncated: {count:,} entries; arXiv cuts its feeds at {FEED_LIMIT:,}, and more are not read"
        )
    feed = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
    if not feed.version and not feed.entries:
        raise SourceError("not a feed")
    return ParsedFeed(feed.feed, list(feed.entries))


def utc_time(stamp: struct_time | None) -> datetime | None:
    """feedparser's UTC time as an aware datetime; None without one, or if its year is before 1990 or after 2100."""
    if stamp is None or not 1990 <= stamp.tm_year <= 2100:
        return None
    return datetime.fromtimestamp(timegm(stamp), UTC)


def arxiv_version_in(address: str) -> ArxivVersion | None:
    """The paper that a link to arXiv or to a Hugging Face paper page names; None for other links."""
    found = _IN_LINK.search(address)
    return ArxivVersion(found[1], int(found[2]) if found[2] else None) if found else None


def doi_in(*texts: str) -> str | None:
    """The first DOI in the texts, in lower case because DOIs are case-insensitive; None without one."""
    found = next(filter(None, map(_DOI.search, texts)), None)
    return found[1].rstrip(".,;)").lower() if found else None


def web_link(address: str) -> str | None:
    """`address` if it can be shown to readers: http or https, with a host, without white space or quotes; else None."""
    return address if re.fullmatch(r"https?://[^\s/<>\"'\\]+(?:[/?#][^\s<>\"\\]*)?", address) else None


def title_text(title: str) -> str:
    """A title as plain text: HTML tags are removed and entities decoded; `<think>` and `1 < 1` are kept."""
    text = _TAG.sub("", _SCRIPT_OR_STYLE.sub("", title[:_TITLE_LIMIT]))
    return fold(_ENTITY.sub(lambda found: html.unescape(found[0]), text))


def body_text(markup: str) -> str:
    """The visible text of an HTML description, or a plain one as it is, with runs of white space as one space."""
    if not _TAG.search(markup):
        return fold(markup)
    tree = LexborHTMLParser(markup)
    tree.strip_tags(["script", "style"])
    return fold(tree.body.text(separator=" ") if tree.body else "")
