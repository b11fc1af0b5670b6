"""Any RSS or Atom feed: its recent items, with the arXiv id or DOI that their links contain."""

from datetime import date, timedelta

from workers.domain.documents import Document
from workers.domain.models import Entry, SourceAnswer, answered
from workers.domain.ports import DocumentReader
from workers.sources.arxiv import EASTERN
from workers.sources.feed_entries import (
    FeedItem,
    ParsedEntries,
    arxiv_version_in,
    body_text,
    doi_in,
    parse_feed,
    title_text,
    utc_time,
    web_link,
)
from workers.text.latex import authors, readable

RECENT_DAYS = 7
"""A feed shows the items of several weeks on every visit; items older than this are not news of the day."""


class Feed:
    """A feed cannot be asked for a past day: its present items also answer for the days that were missed."""

    dated = False

    def __init__(self, name: str, url: str, documents: DocumentReader) -> None:
        self.name = name
        self._url, self._documents = url, documents

    def collect(self, day: date) -> SourceAnswer:
        """The items dated in the RECENT_DAYS up to `day`, and those without a date. Raises SourceError."""
        found = self._documents.for_one_answer().read(self._url, parse, self.name, day)
        return answered(self.name, found.entries, found.dropped)


def parse(document: Document, source: str, day: date) -> ParsedEntries:
    """The recent items of a feed; one without a title or a web link is dropped. Raises SourceError."""
    recent = [item for item in parse_feed(document).items if _is_recent(item, day)]
    entries = [entry for item in recent if (entry := _entry(item, source))]
    return ParsedEntries(entries, len(recent) - len(entries))


def _is_recent(item: FeedItem, day: date) -> bool:
    published = utc_time(item.get("published_parsed") or item.get("updated_parsed"))
    if published is None:
        return True
    return day - timedelta(days=RECENT_DAYS) < published.astimezone(EASTERN).date() <= day


def _entry(item: FeedItem, source: str) -> Entry | None:
    title, link = readable(title_text(item.get("title", ""))), web_link(item.get("link", ""))
    if not title or not link:
        return None
    paper = arxiv_version_in(link) or arxiv_version_in(item.get("id", ""))
    return Entry(
        source=source,
        title=title,
        url=link,
        abstract=body_text(_longest_body(item)),
        arxiv_id=paper.arxiv_id if paper else None,
        version=paper.version if paper else None,
        doi=doi_in(f"doi:{item.get('prism_doi', '')}", item.get("dc_identifier", ""), link),
        authors=authors([name for author in item.get("authors", []) if (name := author.get("name"))]),
    )


def _longest_body(item: FeedItem) -> str:
    bodies: list[str] = [item.get("summary", ""), *(content.get("value", "") for content in item.get("content", []))]
    return max(bodies, key=len)
