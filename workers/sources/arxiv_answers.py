"""What arXiv's feeds and its API answer, parsed."""

from dataclasses import dataclass
from datetime import date

from workers.domain.models import Entry


@dataclass(frozen=True, slots=True)
class RssFeed:
    """A parsed RSS feed: its Eastern date, its entries in order, and how many items were no valid entries."""

    day: date
    entries: list[Entry]
    dropped: int


@dataclass(frozen=True, slots=True)
class Announcement:
    """An entry and the day on which arXiv announced it."""

    day: date
    entry: Entry


@dataclass(frozen=True, slots=True)
class ApiPage:
    """One page of an API answer, or all of them.

    `total` counts the results on all pages, `dropped` the items that were no valid entries.
    """

    total: int
    announcements: list[Announcement]
    dropped: int
