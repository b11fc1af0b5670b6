"""The border for what sources say: only entries that every later step and both databases can take pass it."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar, get_args

from workers.domain.errors import SourceError
from workers.domain.models import AnnounceType, Authority, Entry
from workers.runtime.boundary import reason_of
from workers.sources.identifiers import ARXIV_ID, LATEST_VERSION, doi_in, web_link
from workers.text.clean import fold

LONGEST_TITLE = 500
"""Characters; the longest of 13,000 titles on arXiv has 226."""
LONGEST_ABSTRACT = 20_000
"""Characters; what is behind them is cut off."""
LONGEST_COMMENT = 2_000
LONGEST_NAME = 200
"""Characters of an author's name; a longer one is left out."""
LONGEST_CATEGORY = 60
MOST_AUTHORS = 5_000
"""Papers of large experiments have 3,000."""
MOST_CATEGORIES = 50
LONGEST_GUID = 2_048
_LARGEST_COUNT = 2**31 - 1
"""Largest integer of a column in PostgreSQL; SQLite takes 64 bits."""
_REASONS_SHOWN = 3

Record = TypeVar("Record")


class InvalidEntry(Exception):
    """A record of a source is no entry; the text says what it lacks."""


@dataclass(frozen=True, slots=True)
class ParsedEntries:
    """The usable entries of a source's answer, in its order; `dropped` counts the records that are not usable."""

    entries: list[Entry]
    dropped: int


def validated(entry: Entry) -> Entry:
    """`entry` with every field of the right type, within its range, clean and not too long.

    An optional field that is not valid is left out, a long text is cut. Raises InvalidEntry without a title or a link,
    and for an arXiv id that is none in an entry of a source whose papers all have one.
    """
    title = _text(entry.title, LONGEST_TITLE, "…")
    url = web_link(entry.url) if isinstance(entry.url, str) else None
    arxiv_id = entry.arxiv_id if _is_arxiv_id(entry.arxiv_id) else None
    if not title:
        raise InvalidEntry("without a title")
    if url is None:
        raise InvalidEntry("without a link that can be shown")
    if entry.authority > Authority.OTHER and arxiv_id is None:
        raise InvalidEntry("without an arXiv id")
    return replace(
        entry,
        title=title,
        url=url,
        abstract=_text(entry.abstract, LONGEST_ABSTRACT),
        arxiv_id=arxiv_id,
        version=_integer(entry.version, 1, LATEST_VERSION),
        doi=doi_in(entry.doi) if isinstance(entry.doi, str) else None,
        authors=_texts(entry.authors, LONGEST_NAME, MOST_AUTHORS),
        categories=_texts(entry.categories, LONGEST_CATEGORY, MOST_CATEGORIES),
        announce_type=entry.announce_type if entry.announce_type in get_args(AnnounceType) else None,
        comment=_text(entry.comment, LONGEST_COMMENT),
        upvotes=_integer(entry.upvotes, 0, _LARGEST_COUNT),
        guid=_text(entry.guid, LONGEST_GUID),
    )


class Admission:
    """Admits the records of one answer, and counts by reason those that are dropped.

    `left_out` records were dropped before.
    """

    def __init__(self, left_out: int = 0) -> None:
        self._reasons = Counter({"too long": left_out} if left_out else {})

    def admit(self, read: Callable[[Record], Entry], record: Record) -> Entry | None:
        """The valid entry that `read` makes of a record; None for a record with which it or `validated` fails."""
        try:
            return validated(read(record))
        except InvalidEntry as fault:
            self._reasons[str(fault)] += 1
        except Exception as error:  # noqa: BLE001 - a record that cannot be read costs itself alone
            self._reasons[f"unreadable ({type(error).__name__})"] += 1
        return None

    @property
    def dropped(self) -> int:
        return self._reasons.total()

    def reasons(self) -> str:
        """The most frequent reasons with their counts."""
        return "; ".join(f"{count:,} {reason}" for reason, count in self._reasons.most_common(_REASONS_SHOWN))


def read_all(records: Iterable[Record], read: Callable[[Record], Entry], left_out: int = 0) -> ParsedEntries:
    """The entries that `read` makes of the records of an answer.

    Raises SourceError with the reasons if there are records and none is usable.
    """
    admission = Admission(left_out)
    entries = [entry for record in records if (entry := admission.admit(read, record))]
    if admission.dropped and not entries:
        raise SourceError(f"none of {admission.dropped:,} records is a paper or post: {admission.reasons()}")
    return ParsedEntries(entries, admission.dropped)


@contextmanager
def source_errors() -> Iterator[None]:
    """Turn whatever a library raises about foreign bytes into a SourceError that names the fault and its place.

    MemoryError passes, because the child process says which limit was reached.
    """
    try:
        yield
    except (SourceError, MemoryError):
        raise
    except Exception as error:
        raise SourceError(f"cannot be read: {reason_of(error)}") from error


def _text(value: object, limit: int, ending: str = "") -> str:
    """A clean text of at most `limit` characters, with `ending` where it was cut; "" for what is no text."""
    text = fold(value[: 2 * limit]) if isinstance(value, str) else ""
    return text if len(text) <= limit else text[: limit - len(ending)].rstrip() + ending


def _texts(values: object, longest: int, most: int) -> tuple[str, ...]:
    """The clean texts among `values`, each once; a longer one than `longest` is left out."""
    found = [value for value in values if isinstance(value, str)] if isinstance(values, (tuple, list)) else []
    texts = (_text(value, longest + 1) for value in found[:most])
    return tuple(dict.fromkeys(text for text in texts if 0 < len(text) <= longest))


def _integer(value: object, least: int, greatest: int) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and least <= value <= greatest else None


def _is_arxiv_id(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(ARXIV_ID, value) is not None
