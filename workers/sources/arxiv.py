"""arXiv: the day's RSS feed per category; for a day the feed no longer shows, the export API."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from workers.domain.errors import SourceError
from workers.domain.models import AnnounceType, Entry, SourceAnswer, answered
from workers.domain.ports import Fetch, Gate
from workers.sources.feed_entries import ARXIV_ID, FeedItem, arxiv_id_in, doi_in, moment, parsed, title_text
from workers.text.latex import authors, fold, readable

EASTERN = ZoneInfo("America/New_York")
SLICE = 2_000
"""Results of one API answer at most (info.arxiv.org/help/api/user-manual)."""
_DEADLINE = time(14)
"""Eastern: what is submitted before it is announced that evening (info.arxiv.org/help/availability)."""
_ABSTRACT = re.compile(r"^arXiv:\S+\s+Announce Type:\s*\S+\s*Abstract:\s*", re.DOTALL)
_GUID = re.compile(rf"^oai:arXiv\.org:({ARXIV_ID})(?:v(\d+))?$")
_TYPES: dict[str, AnnounceType] = {
    "new": "new",
    "cross": "cross",
    "replace": "replace",
    "replace-cross": "replace-cross",
}


class Arxiv:
    """One request per category, each through the gate that all processes share."""

    dated = True

    def __init__(
        self, name: str, base: str, categories: tuple[str, ...], api_url: str | None, fetcher: Fetch, gate: Gate
    ) -> None:
        self.name = name
        self._base, self._categories, self._api_url = base, categories, api_url
        self._fetcher, self._gate = fetcher, gate

    def collect(self, day: date) -> SourceAnswer:
        """The announcement of `day` (Eastern). A category that fails makes the source failed, the others still count.

        Raises SourceError when no category answers.
        """
        entries: list[Entry] = []
        dropped, faults = 0, []
        other_day: date | None = None
        for category in self._categories:
            try:
                feed_day, found, lost = parse_rss(
                    self._fetcher.get(f"{self._base}/{category}", gate=self._gate), self.name
                )
            except SourceError as error:
                faults.append(f"{category}: {error}")
                continue
            if feed_day != day:
                other_day = feed_day
                break
            entries += found
            dropped += lost
        if other_day:
            return self._from_api(day, other_day)
        if len(faults) == len(self._categories):
            raise SourceError("; ".join(faults))
        lines = list(dict.fromkeys(entries))  # a cross-listed paper stands in several feeds with the same line
        return answered(self.name, lines, dropped, "; ".join(faults))

    def _from_api(self, day: date, feed_day: date) -> SourceAnswer:
        if self._api_url is None:
            raise SourceError(f"the feed shows {feed_day}, and no api_url is set to ask for {day}")
        entries: list[Entry] = []
        dropped = 0
        total = start = 0
        while start <= total:
            body = self._fetcher.get(self._api_url, self._query(day, start), self._gate)
            total, found, lost = parse_api(body, self.name, self._categories)
            entries += [entry for announced, entry in found if announced == day]
            dropped += lost
            start += SLICE
            if start >= total:
                break
        return answered(self.name, entries, dropped)

    def _query(self, day: date, start: int) -> dict[str, str]:
        """From the first submission that `day` can announce to its end: the API knows when, not when announced."""
        wanted = " OR ".join(f"cat:{category}" for category in self._categories)
        since = window(day)[0].strftime("%Y%m%d%H%M")
        return {
            "search_query": f"({wanted}) AND submittedDate:[{since} TO {day:%Y%m%d}2359]",
            "start": str(start),
            "max_results": str(SLICE),
            "sortBy": "submittedDate",
            "sortOrder": "descending",
        }


def window(day: date) -> tuple[datetime, datetime]:
    """[start, end) of the submissions that the announcement of `day` holds, in UTC; holidays are not known here."""
    return _deadline_before(_working_day_before(day)), _deadline_before(day)


def announced_on(submitted: datetime) -> date:
    """The announcement day of a submission. A stamp of midnight UTC sharp has a date only, and that date counts."""
    if submitted.time() == time(0):
        return submitted.date()
    day = submitted.astimezone(EASTERN).date()
    while day.weekday() > 4 or submitted >= _deadline_before(day):
        day += timedelta(days=1)
    return day


def parse_rss(body: bytes, source: str) -> tuple[date, list[Entry], int]:
    """(the channel's Eastern date, entries, items dropped for want of an id or a title). Raises SourceError."""
    channel, items = parsed(body)
    title = channel.get("title", "")
    if "feed error" in title.lower():
        raise SourceError(f"arXiv answers: {fold(title)}")
    day = _feed_day(channel, items)
    entries = [entry for item in items if (entry := _rss_entry(item, source))]
    return day, entries, len(items) - len(entries)


def parse_api(body: bytes, source: str, followed: tuple[str, ...]) -> tuple[int, list[tuple[date, Entry]], int]:
    """(results in all, [(announcement day, entry)], dropped). Raises SourceError, also for arXiv's error entry.

    The API does not say how a paper was announced: one whose primary category is not `followed` was cross-listed.
    """
    channel, items = parsed(body, limit=SLICE + 1)
    for item in items:
        if "/api/errors" in item.get("id", "") or (item.get("title") == "Error" and len(items) == 1):
            raise SourceError(f"arXiv answers: {fold(item.get('summary', 'Error'))}")
    found = [pair for item in items if (pair := _api_entry(item, source, followed))]
    return _total(channel, items), found, len(items) - len(found)


def _rss_entry(item: FeedItem, source: str) -> Entry | None:
    guid = _GUID.match(item.get("id", ""))
    arxiv_id, version = (guid[1], int(guid[2] or 0) or None) if guid else arxiv_id_in(item.get("link", ""))
    title = readable(title_text(item.get("title", "")))
    if not arxiv_id or not title:
        return None
    return Entry(
        source=source,
        title=title,
        url=abs_url(arxiv_id),
        abstract=fold(_ABSTRACT.sub("", item.get("summary", "").strip())),
        arxiv_id=arxiv_id,
        version=version,
        doi=doi_in(f"doi:{item.get('arxiv_doi', '')}"),
        authors=authors(item.get("author", "")),
        categories=_terms(item),
        announce_type=_TYPES.get(item.get("arxiv_announce_type", "")),
    )


def _api_entry(item: FeedItem, source: str, followed: tuple[str, ...]) -> tuple[date, Entry] | None:
    arxiv_id, version = arxiv_id_in(item.get("id", ""))
    title = readable(title_text(item.get("title", "")))
    published = moment(item.get("published_parsed"))
    if not arxiv_id or not title or not published:
        return None
    # `published` is the date of v1. Where a later version bears no later date, the stamp is that version's own.
    later = (version or 1) > 1 and item.get("updated_parsed") == item.published_parsed
    primary = item.get("arxiv_primary_category", {}).get("term")
    crossed = bool(primary) and primary not in followed
    entry = Entry(
        source=source,
        title=title,
        url=abs_url(arxiv_id),
        abstract=fold(item.get("summary", "")),
        arxiv_id=arxiv_id,
        version=version,
        doi=doi_in(f"doi:{item.get('arxiv_doi', '')}"),
        authors=authors([author.get("name", "") for author in item.get("authors", [])]),
        categories=tuple(dict.fromkeys([*([primary] if primary else []), *_terms(item)])),
        announce_type="replace" if later else "cross" if crossed else "new",
        comment=fold(item.get("arxiv_comment", "")),
    )
    return announced_on(published), entry


def abs_url(arxiv_id: str) -> str:
    """The version-free page of a paper."""
    return f"https://arxiv.org/abs/{arxiv_id}"


def _total(channel: FeedItem, items: Sequence[FeedItem]) -> int:
    told = channel.get("opensearch_totalresults", "")
    return int(told) if re.fullmatch(r"\d{1,9}", told) else len(items)


def _feed_day(channel: FeedItem, items: Sequence[FeedItem]) -> date:
    """The Eastern date written in the channel, else the latest of its items. Raises SourceError without any."""
    of_items = [dated for item in items if (dated := moment(item.get("published_parsed")))]
    published = moment(channel.get("published_parsed") or channel.get("updated_parsed")) or max(of_items, default=None)
    if published is None:
        raise SourceError("the feed has no date")
    return published.astimezone(EASTERN).date()


def _terms(item: FeedItem) -> tuple[str, ...]:
    return tuple(tag.term for tag in item.get("tags", []) if tag.get("term"))


def _working_day_before(day: date) -> date:
    before = day - timedelta(days=1)
    while before.weekday() > 4:
        before -= timedelta(days=1)
    return before


def _deadline_before(day: date) -> datetime:
    """The end of submissions for the announcement of `day`: 14:00 of the working day before; Monday's is Friday's."""
    return datetime.combine(_working_day_before(day), _DEADLINE, EASTERN).astimezone(UTC)
