"""Any RSS or Atom feed: its recent items, with the arXiv id or DOI that their links contain."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urljoin, urlsplit

from workers.domain.documents import Document
from workers.domain.models import Entry, SourceAnswer
from workers.domain.ports import DocumentReader
from workers.domain.source_answers import answered
from workers.sources.arxiv_calendar import EASTERN
from workers.sources.dates import moment
from workers.sources.entries import ParsedEntries, read_all, source_errors
from workers.sources.feed_entries import FeedItem, parse_archive, string
from workers.sources.identifiers import arxiv_version_in, doi_in, web_link
from workers.text.latex import authors, readable
from workers.text.links import canonical_link
from workers.text.markup import body_text, title_text

RECENT_DAYS = 7
"""A feed shows the items of several weeks on every visit; items older than this are not news of the day."""
UNDATED = 30
"""Items without a readable date that count as recent: the first of the feed, because feeds begin with the newest. The
store knows them from then on, so each is news once, and a new feed does not bring its whole archive."""
_TITLE_WORDS = 12
"""First words of an item without a title, which Mastodon and Bluesky do not give."""
_TITLE_CHARS = 90


class Feed:
    """A feed cannot be asked for a past day: its present items also answer for the days that were missed."""

    dated = False

    def __init__(self, name: str, url: str, documents: DocumentReader) -> None:
        self.name = name
        self._url, self._documents = url, documents

    def collect(self, day: date) -> SourceAnswer:
        """The items dated in the RECENT_DAYS up to `day`, and the first of those without a date. Raises SourceError.

        The report of a feed that has moved for good names its new address.
        """
        documents = self._documents.for_one_answer()
        found = documents.read(self._url, parse, self.name, day)
        answer = answered(self.name, found.entries, found.dropped)
        if not documents.moved_to:
            return answer
        return replace(answer, report=replace(answer.report, reason=f"has moved to {documents.moved_to}"))


@dataclass(frozen=True, slots=True)
class _Item:
    """An item, and its link as an absolute address that can be shown; "" without one."""

    fields: FeedItem
    link: str

    @property
    def guid(self) -> str:
        return string(self.fields, "id")


@source_errors()
def parse(document: Document, source: str, day: date) -> ParsedEntries:
    """The recent items of a feed; one without words or a web link is dropped.

    A relative link is resolved against `xml:base`, else the channel's link, else the document's address. Raises
    SourceError if the document is not a feed, or if it has recent items and none is usable.
    """
    feed = parse_archive(document)
    base = _absolute(document.url, string(feed.channel, "link")) or document.url
    items = [_Item(fields, _link(fields, base)) for fields in feed.items]
    names = _Names(items, base)
    return read_all(_recent(items, day), lambda item: _entry(item, source, names), feed.left_out)


class _Names:
    """Which links and guids identify an item: not those that several items of the feed have."""

    def __init__(self, items: Sequence[_Item], home: str) -> None:
        titles_by_link: dict[str, set[str]] = defaultdict(set)
        links_by_guid: dict[str, set[str]] = defaultdict(set)
        for item in items:
            link = canonical_link(item.link)
            titles_by_link[link].add(string(item.fields, "title") or item.guid)
            links_by_guid[item.guid].add(link)
        self._shared_links = {link for link, titles in titles_by_link.items() if len(titles) > 1}
        self._shared_links.add(canonical_link(home))
        self._shared_guids = {guid for guid, links in links_by_guid.items() if len(links) > 1}

    def is_own_link(self, item: _Item) -> bool:
        """Whether the link names the item; the front page of a site names none."""
        link = canonical_link(item.link)
        return link not in self._shared_links and ("/" in link or "?" in link)

    def own_guid(self, item: _Item) -> str:
        return "" if item.guid in self._shared_guids else item.guid


def _recent(items: Sequence[_Item], day: date) -> Iterator[_Item]:
    """The items of the RECENT_DAYS up to `day`, and the first UNDATED without a date, in the feed's order."""
    undated = 0
    for item in items:
        published = _published(item.fields)
        if published is None:
            undated += 1
            if undated <= UNDATED:
                yield item
        elif day - timedelta(days=RECENT_DAYS) < published.astimezone(EASTERN).date() <= day:
            yield item


def _published(fields: FeedItem) -> datetime | None:
    times = (moment(string(fields, name)) for name in ("published", "updated", "created"))
    return next(filter(None, times), None)


def _link(fields: FeedItem, base: str) -> str:
    """The item's own link, else that of what is enclosed, as an absolute address that can be shown; "" without one."""
    links = fields.get("links") or []
    enclosed = [string(link, "href") for link in links if string(link, "rel") == "enclosure"]
    return next(filter(None, (_absolute(base, href) for href in (string(fields, "link"), *enclosed))), "")


def _absolute(base: str, href: str) -> str:
    """`href` resolved against `base`; "" if that cannot be shown, or if `href` has another host and no scheme."""
    href = href.strip()
    try:
        link = web_link(urljoin(base, href)) or "" if href else ""
        is_elsewhere = href.startswith("//") and urlsplit(link).netloc != urlsplit(base).netloc
    except ValueError:
        return ""
    return "" if is_elsewhere else link


def _entry(item: _Item, source: str, names: _Names) -> Entry:
    fields = item.fields
    abstract = body_text(_longest_body(fields))
    paper = arxiv_version_in(item.link) or arxiv_version_in(item.guid)
    return Entry(
        source=source,
        title=readable(title_text(string(fields, "title"))) or _first_words(readable(abstract)),
        url=item.link,
        abstract=abstract,
        arxiv_id=paper.arxiv_id if paper else None,
        doi=doi_in(string(fields, "prism_doi"), string(fields, "dc_identifier"), item.link),
        authors=authors([string(author, "name") for author in fields.get("authors") or []]),
        guid=names.own_guid(item),
        own_link=names.is_own_link(item),
    )


def _longest_body(fields: FeedItem) -> str:
    contents = fields.get("content") or []
    return max([string(fields, "summary"), *(string(content, "value") for content in contents)], key=len)


def _first_words(text: str) -> str:
    """The beginning of a text as a title; it ends at a word, with `…` if the text goes on."""
    words = " ".join(text.split()[:_TITLE_WORDS])[: _TITLE_CHARS + 1]
    if len(words) > _TITLE_CHARS:
        words = words[:_TITLE_CHARS].rpartition(" ")[0] or words[:_TITLE_CHARS]
    return words if words == text else f"{words.rstrip(' ,;:')}…" if words else ""
