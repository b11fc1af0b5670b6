"""Decide which of arXiv's category feeds show a day's announcement, and what the others lack."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from workers.domain.errors import SourceError
from workers.domain.models import Entry, MissingPart
from workers.sources.arxiv_answers import RssFeed


def _is_weekday(day: date) -> bool:
    return day.weekday() < 5


def _nothing(_day: date, _arxiv_ids: Sequence[str]) -> Mapping[str, frozenset[str]]:
    return {}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is known before a day is asked for."""

    has_news: Callable[[date], bool] = _is_weekday
    """Whether arXiv announces papers on a day, so that an empty feed is not a quiet day."""
    shown: Callable[[date, Sequence[str]], Mapping[str, frozenset[str]]] = _nothing
    """(day, arXiv ids) → the categories of each of these papers that arXiv showed on an earlier day."""


class Fault(StrEnum):
    """Why a category's feed does not show the day's announcement."""

    FAILED = "failed"
    """It could not be read."""
    BEHIND = "behind"
    """It shows an earlier day."""
    PAST = "past"
    """It shows a later day, or was not asked because another feed does."""
    STALE = "stale"
    """It has the day's date over papers that it showed before."""
    EMPTY = "empty"
    """It has the day's date and no paper, on a day with an announcement."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A category without the day's announcement, and why."""

    category: str
    fault: Fault
    reason: str

    def with_api(self, reason: str) -> "Gap":
        """The gap after the API failed for `reason`: the category is then no longer just late."""
        if self.fault is Fault.FAILED:
            return self
        return replace(self, fault=Fault.FAILED, reason=f"{self.reason} (API: {reason})")

    def part(self) -> MissingPart:
        return MissingPart(self.category, self.reason, late=self.fault is Fault.BEHIND)


def gaps(
    day: date, categories: Sequence[str], feeds: Mapping[str, RssFeed | SourceError], expected: Expectation
) -> list[Gap]:
    """The categories whose feed does not show the announcement of `day`, in order.

    `feeds` may lack categories only if one of its feeds shows a later day.
    """
    found = []
    for category in categories:
        feed = feeds.get(category)
        if isinstance(feed, SourceError):
            found.append(Gap(category, Fault.FAILED, str(feed)))
        elif feed is None or feed.day > day:
            later = max(feed.day for feed in feeds.values() if isinstance(feed, RssFeed))
            found.append(Gap(category, Fault.PAST, f"the feed shows {feed.day if feed else later}"))
        elif feed.day < day:
            found.append(Gap(category, Fault.BEHIND, f"the feed still shows {feed.day}"))
        elif expected.has_news(day) and not feed.entries:
            found.append(Gap(category, Fault.EMPTY, "stale: the feed has the day's date and no papers"))
        elif _repeats(category, feed, expected):
            found.append(Gap(category, Fault.STALE, "stale: the feed has the day's date and papers of an earlier day"))
    return found


def still_missing(missing: Sequence[Gap], in_api: Sequence[Entry], has_news: bool) -> list[Gap]:
    """The gaps that are left after the API gave the entries `in_api` of the day.

    None on a day that is over for a feed, or without news. On the day itself an empty feed is believed if the API has
    papers of the day and none in its category; every other category stays missing.
    """
    if any(gap.fault is Fault.PAST for gap in missing) or not has_news:
        return []
    filled = {category for entry in in_api for category in entry.categories}
    return [gap for gap in missing if not (in_api and gap.fault is Fault.EMPTY and gap.category not in filled)]


def _repeats(category: str, feed: RssFeed, expected: Expectation) -> bool:
    """Whether arXiv announced every paper of a feed on an earlier day.

    Replacements do not count. A paper is new once, but it may be cross-listed later to a category that did not have it.
    """
    announced = [entry for entry in feed.entries if entry.arxiv_id and entry.announce_type in {"new", "cross", None}]
    known = expected.shown(feed.day, [entry.arxiv_id or "" for entry in announced]) if announced else {}

    def is_repeated(entry: Entry) -> bool:
        categories = known.get(entry.arxiv_id or "")
        if categories is None:
            return False
        return entry.announce_type != "cross" or not categories or category in categories

    return bool(announced) and all(is_repeated(entry) for entry in announced)
