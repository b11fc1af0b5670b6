"""arXiv: reads one RSS feed per category, or the export API for a day that the feeds no longer show."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from typing import get_args

from workers.domain.documents import Document
from workers.domain.errors import SourceError
from workers.domain.models import AnnounceType, Authority, Entry, SourceAnswer
from workers.domain.ports import Clock, DocumentReader, Gate
from workers.domain.source_answers import answered
from workers.sources.arxiv_answers import Announcement, ApiPage, RssFeed
from workers.sources.arxiv_calendar import EASTERN, announced_on, window
from workers.sources.arxiv_day import Expectation, Fault, gaps, still_missing
from workers.sources.dates import moment
from workers.sources.entries import Admission, InvalidEntry, read_all, source_errors
from workers.sources.feed_entries import FeedItem, parse_arxiv_feed, string
from workers.sources.identifiers import ARXIV_ID, ArxivVersion, arxiv_version_in, doi_in, version_number
from workers.text.clean import fold, unescape
from workers.text.latex import authors, readable
from workers.text.markup import title_text

PAGE_SIZE = 2_000
"""Largest number of results in one API answer (info.arxiv.org/help/api/user-manual)."""
_ABSTRACT = re.compile(r"^arXiv:\S+\s+Announce Type:\s*\S+\s*Abstract:\s*", re.DOTALL)
_GUID = re.compile(rf"oai:arXiv\.org:({ARXIV_ID})(?:v([0-9]+))?")
_MOST_RESULTS = 30_000
"""Results that the API gives to one query (same page); a day's submissions are a few thousand."""
_LONGEST_REPORT = 200
"""Characters of what arXiv says of an error."""
_ANNOUNCE_TYPES: dict[str, AnnounceType] = {name: name for name in get_args(AnnounceType)}


@dataclass(frozen=True, slots=True)
class ArxivFeeds:
    """The categories to read, and their addresses.

    The feed of a category is at `base_url`/CATEGORY. Without `api_url`, only the day that the feeds show can be read.
    """

    base_url: str
    categories: tuple[str, ...]
    api_url: str | None = None


class Arxiv:
    """Reads the categories side by side; every request passes the gate that all processes share."""

    dated = True

    def __init__(
        self,
        name: str,
        feeds: ArxivFeeds,
        documents: DocumentReader,
        gate: Gate,
        clock: Clock,
        expectation: Expectation | None = None,
    ) -> None:
        self.name = name
        self._feeds, self._documents, self._gate, self._clock = feeds, documents, gate, clock
        self._expectation = expectation or Expectation()

    def collect(self, day: date) -> SourceAnswer:
        """The papers that arXiv announced on `day` (an Eastern date); never raises: a category that fails is missing.

        The API is asked where a feed shows another day, or has the day's date without its papers. Its answer completes
        a day that is over. On the day itself it only adds entries, because its index may still be filling up: the
        categories stay missing, so that their feeds are asked again.
        """
        documents = self._documents.for_one_answer()
        feeds = self._read_all(day, documents)
        missing = gaps(day, self._feeds.categories, feeds, self._expectation)
        lacking = {gap.category for gap in missing}
        current = [feed for name, feed in feeds.items() if isinstance(feed, RssFeed) and name not in lacking]
        entries = [entry for feed in current for entry in feed.entries]
        dropped = sum(feed.dropped for feed in current)
        is_over = any(gap.fault is Fault.PAST for gap in missing)
        if is_over or (self._feeds.api_url and any(gap.fault is not Fault.FAILED for gap in missing)):
            try:
                found = self._from_api(day, documents)
            except SourceError as error:
                missing = [gap.with_api(str(error)) for gap in missing]
            else:
                has = {entry.arxiv_id for entry in entries}
                of_the_day = [each.entry for each in found.announcements if each.day == day]
                entries += [entry for entry in of_the_day if entry.arxiv_id not in has]
                dropped += found.dropped
                missing = still_missing(missing, of_the_day, self._expectation.has_news(day))
        distinct = list(dict.fromkeys(entries))  # a cross-listed paper is in several feeds with equal entries
        return answered(self.name, distinct, dropped, [gap.part() for gap in missing])

    def _read_all(self, day: date, documents: DocumentReader) -> "dict[str, RssFeed | SourceError]":
        """Category → its feed or why there is none.

        Of a day that is over, only the first one if its feed shows a later day, because then the others do too.
        """

        def read(category: str) -> RssFeed | SourceError:
            try:
                return documents.read(
                    f"{self._feeds.base_url.rstrip('/')}/{category}", parse_rss, self.name, gate=self._gate
                )
            except SourceError as error:
                return error

        categories = list(self._feeds.categories)
        feeds: dict[str, RssFeed | SourceError] = {}
        if categories and day != self._clock.now().astimezone(EASTERN).date():
            first = categories.pop(0)
            shown = feeds[first] = read(first)
            if isinstance(shown, RssFeed) and shown.day > day:
                return feeds
        if not categories:
            return feeds
        with ThreadPoolExecutor(len(categories), thread_name_prefix="arxiv") as pool:
            return feeds | dict(zip(categories, pool.map(read, categories), strict=True))

    def _from_api(self, day: date, documents: DocumentReader) -> ApiPage:
        """All pages of the API's answer for `day` as one.

        Raises SourceError if the API fails or sends less than it promised, which it does at times.
        """
        if self._feeds.api_url is None:
            raise SourceError(f"no api_url is set to ask for {day}")
        announcements: list[Announcement] = []
        dropped = start = 0
        while True:
            query, followed = self._query(day, start), self._feeds.categories
            page = documents.read(self._feeds.api_url, parse_api, self.name, followed, params=query, gate=self._gate)
            if page.total > _MOST_RESULTS:
                raise SourceError(f"promises {page.total:,} entries; more than {_MOST_RESULTS:,} are not read")
            received = len(page.announcements) + page.dropped
            if received < min(PAGE_SIZE, page.total - start):
                raise SourceError(f"cut short: {start + received:,} of {page.total:,} entries")
            announcements += page.announcements
            dropped += page.dropped
            start += PAGE_SIZE
            if start >= page.total:
                return ApiPage(page.total, announcements, dropped)

    def _query(self, day: date, start: int) -> dict[str, str]:
        """Parameters for the submissions from the first one that `day` can announce to the end of `day`.

        The API can be asked for the time of submission only, not for the day of announcement.
        """
        categories = " OR ".join(f"cat:{category}" for category in self._feeds.categories)
        since = window(day)[0].strftime("%Y%m%d%H%M")
        return {
            "search_query": f"({categories}) AND submittedDate:[{since} TO {day:%Y%m%d}2359]",
            "start": str(start),
            "max_results": str(PAGE_SIZE),
            "sortBy": "submittedDate",
            "sortOrder": "descending",
        }


@source_errors()
def parse_rss(document: Document, source: str) -> RssFeed:
    """Parse the feed of one category. Raises SourceError for one without a date, and if it has items but no paper."""
    feed = parse_arxiv_feed(document)
    title = string(feed.channel, "title")
    if "feed error" in title.lower():
        raise SourceError(f"arXiv answers: {fold(title)[:_LONGEST_REPORT]}")
    day = _feed_day(feed.channel, feed.items)
    found = read_all(feed.items, lambda item: _rss_entry(item, source), feed.left_out)
    return RssFeed(day, found.entries, found.dropped)


@source_errors()
def parse_api(document: Document, source: str, followed: Sequence[str]) -> ApiPage:
    """Parse one page of the API's answer. Raises SourceError if it is not a feed or is arXiv's error entry.

    The API does not say how a paper was announced, so a paper whose primary category is not in `followed` counts as
    a cross-list.
    """
    feed = parse_arxiv_feed(document, limit=PAGE_SIZE + 1)
    for item in feed.items:
        if "/api/errors" in string(item, "id") or (string(item, "title") == "Error" and len(feed.items) == 1):
            raise SourceError(f"arXiv answers: {fold(string(item, 'summary') or 'Error')[:_LONGEST_REPORT]}")
    admission = Admission(feed.left_out)
    announcements = [
        Announcement(announced_on(_published(item)), entry)
        for item in feed.items
        if (entry := admission.admit(lambda item: _api_entry(item, source, followed), item))
    ]
    return ApiPage(_total(feed.channel, feed.items), announcements, admission.dropped)


def _rss_entry(item: FeedItem, source: str) -> Entry:
    guid = _GUID.fullmatch(string(item, "id"))
    paper = ArxivVersion(guid[1], version_number(guid[2])) if guid else arxiv_version_in(string(item, "link"))
    if paper is None:
        raise InvalidEntry("without an arXiv id")
    return Entry(
        source=source,
        title=readable(title_text(string(item, "title"))),
        url=abs_url(paper.arxiv_id),
        abstract=unescape(_ABSTRACT.sub("", string(item, "summary").strip())),
        arxiv_id=paper.arxiv_id,
        version=paper.version,
        doi=doi_in(string(item, "arxiv_doi")),
        authors=authors(string(item, "author")),
        categories=_terms(item),
        announce_type=_ANNOUNCE_TYPES.get(string(item, "arxiv_announce_type")),
        authority=Authority.ARXIV,
    )


def _api_entry(item: FeedItem, source: str, followed: Sequence[str]) -> Entry:
    paper, published = arxiv_version_in(string(item, "id")), _published(item)
    if paper is None:
        raise InvalidEntry("without an arXiv id")
    # `published` is usually the date of v1. If a later version has `updated` equal to `published`, both are the date
    # of that version.
    is_replacement = (paper.version or 1) > 1 and moment(string(item, "updated")) == published
    primary = string(item.get("arxiv_primary_category") or {}, "term")
    is_cross_list = bool(primary) and primary not in followed
    return Entry(
        source=source,
        title=readable(title_text(string(item, "title"))),
        url=abs_url(paper.arxiv_id),
        abstract=unescape(string(item, "summary")),
        arxiv_id=paper.arxiv_id,
        version=paper.version,
        doi=doi_in(string(item, "arxiv_doi")),
        authors=authors([string(author, "name") for author in item.get("authors") or []]),
        categories=tuple(dict.fromkeys([*([primary] if primary else []), *_terms(item)])),
        announce_type="replace" if is_replacement else "cross" if is_cross_list else "new",
        comment=unescape(string(item, "arxiv_comment")),
        authority=Authority.ARXIV,
    )


def _published(item: FeedItem) -> datetime:
    """When a paper was submitted. Raises InvalidEntry without a date."""
    published = moment(string(item, "published"))
    if published is None:
        raise InvalidEntry("without a date")
    return published


def abs_url(arxiv_id: str) -> str:
    """The address of a paper's abstract page, without a version."""
    return f"https://arxiv.org/abs/{arxiv_id}"


def _total(channel: FeedItem, items: Sequence[FeedItem]) -> int:
    total = string(channel, "opensearch_totalresults")
    return int(total) if re.fullmatch(r"[0-9]{1,9}", total) else len(items)


def _feed_day(channel: FeedItem, items: Sequence[FeedItem]) -> date:
    """The Eastern date of the channel, else the latest date of its items. Raises SourceError if there is no date."""
    published = moment(string(channel, "published")) or moment(string(channel, "updated"))
    if published is None:
        published = max(filter(None, (moment(string(item, "published")) for item in items)), default=None)
    if published is None:
        raise SourceError("the feed has no date")
    return published.astimezone(EASTERN).date()


def _terms(item: FeedItem) -> tuple[str, ...]:
    return tuple(term for tag in item.get("tags") or [] if (term := string(tag, "term")))
