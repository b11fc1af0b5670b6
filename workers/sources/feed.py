"""Any RSS or Atom feed: its recent items, with the arXiv id or DOI their links hold."""

from datetime import date, timedelta

from workers.domain.models import Entry, SourceAnswer, answered
from workers.domain.ports import Fetch
from workers.sources.arxiv import EASTERN
from workers.sources.feed_entries import FeedItem, arxiv_id_in, body_text, doi_in, moment, parsed, title_text, web_link
from workers.text.latex import authors, readable

RECENT_DAYS = 7
"""A feed shows its window of weeks at every visit; older items are not the day's news, even on the first visit."""


class Feed:
    """A feed has no past to ask for: what it holds now is its answer for every day it missed."""

    dated = False

    def __init__(self, name: str, url: str, fetcher: Fetch) -> None:
        self.name = name
        self._url, self._fetcher = url, fetcher

    def collect(self, day: date) -> SourceAnswer:
        """Items dated in the week up to `day`, and undated ones. Raises SourceError."""
        entries, dropped = parse(self._fetcher.get(self._url), self.name, day)
        return answered(self.name, entries, dropped)


def parse(body: bytes, source: str, day: date) -> tuple[list[Entry], int]:
    """(entries in the feed's order, items dropped for want of a title or a web link). Raises SourceError."""
    _, items = parsed(body)
    recent = [item for item in items if _is_recent(item, day)]
    entries = [entry for item in recent if (entry := _entry(item, source))]
    return entries, len(recent) - len(entries)


def _is_recent(item: FeedItem, day: date) -> bool:
    published = moment(item.get("published_parsed") or item.get("updated_parsed"))
    if published is None:
        return True
    return day - timedelta(days=RECENT_DAYS) < published.astimezone(EASTERN).date() <= day


def _entry(item: FeedItem, source: str) -> Entry | None:
    title, link = readable(title_text(item.get("title", ""))), web_link(item.get("link", ""))
    if not title or not link:
        return None
    arxiv_id, version = arxiv_id_in(link) if link else (None, None)
    if arxiv_id is None:
        arxiv_id, version = arxiv_id_in(item.get("id", ""))
    return Entry(
        source=source,
        title=title,
        url=link,
        abstract=body_text(_longest_body(item)),
        arxiv_id=arxiv_id,
        version=version,
        doi=doi_in(f"doi:{item.get('prism_doi', '')}", item.get("dc_identifier", ""), link),
        authors=authors([name for author in item.get("authors", []) if (name := author.get("name"))]),
    )


def _longest_body(item: FeedItem) -> str:
    bodies: list[str] = [item.get("summary", ""), *(content.get("value", "") for content in item.get("content", []))]
    return max(bodies, key=len)
