"""The interfaces between the pipelines and the outside world; tests pass fakes for them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeVar

from workers.domain.chats import ChatRef
from workers.domain.completions import NO_USE, Usage
from workers.domain.deliveries import Subscription
from workers.domain.models import Edition, KnownPaper, Language, Paper, RankedPaper, Selection, SourceAnswer, Text
from workers.domain.units import Failure, Unit

T = TypeVar("T")


class Clock(Protocol):
    """The current time, which a test can set; `now` is timezone-aware and in UTC."""

    def now(self) -> datetime: ...

    def sleep(self, seconds: float) -> None: ...


class Source(Protocol):
    """A place that papers come from."""

    @property
    def name(self) -> str: ...

    @property
    def dated(self) -> bool:
        """True where the source can answer for a past day."""
        ...

    def collect(self, day: date) -> SourceAnswer:
        """The source's papers of `day`. Raises SourceError where it gives no usable answer."""
        ...


class Gate(Protocol):
    """Lets one request through at a time, over all processes and machines."""

    def passing(self, within_s: float | None = None) -> AbstractContextManager[None]:
        """Wait for the gate and hold it while the body runs. Raises SourceError after a wait of `within_s`."""
        ...


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """The last answer that could be read: its body, its validators and its Content-Type."""

    body: bytes
    etag: str | None
    last_modified: str | None
    content_type: str = ""


class DocumentReader(Protocol):
    """Fetches documents and parses them where foreign bytes can do no harm."""

    def for_one_answer(self) -> "DocumentReader":
        """A reader whose documents share one limit of time."""
        ...

    @property
    def moved_to(self) -> str:
        """The new address of a document that has moved to another host for good; "" if none has."""
        ...

    def read(
        self,
        url: str,
        parse: Callable[..., T],
        *arguments: object,
        params: Mapping[str, str] | None = None,
        gate: Gate | None = None,
    ) -> T:
        """What `parse(document, *arguments)` returns. Raises SourceError with a reason that the digest can show."""
        ...


class HttpCache(Protocol):
    """Answers by a key made from the address."""

    def get(self, key: str) -> CachedAnswer | None: ...

    def put(self, key: str, answer: CachedAnswer) -> None: ...


class Editions(Protocol):
    """The store of editions, as far as making one needs it. A write under a lost lease raises LeaseLost."""

    def claim(self, day: date) -> int | None:
        """The number of the new attempt; None where the edition is closed or any open one is being made."""
        ...

    def renew(self, day: date, attempt: int) -> None:
        """Extend the attempt's lease."""
        ...

    def release(self, day: date, attempt: int, retry_in_s: float) -> None: ...

    def note(self, day: date, attempt: int | None, step: str, detail: str) -> None:
        """Record a finished step. With an attempt this also extends its lease; a closed edition has none."""
        ...

    def in_the_making(self, since: datetime) -> bool:
        """True while an edition that was wanted after `since` is open."""
        ...

    def history(self, collected: Sequence[Paper]) -> Sequence[KnownPaper | None]:
        """What the store knows of each paper, in the given order; None for a new one."""
        ...

    def note_failure(self, day: date, attempt: int, collected: Sequence[SourceAnswer]) -> None:
        """Record the sources that are incomplete where no edition can be closed."""
        ...

    def close(
        self,
        day: date,
        attempt: int,
        selection: Selection,
        ranked: Sequence[RankedPaper],
        collected: Sequence[SourceAnswer],
        label_use: Usage = NO_USE,
    ) -> None:
        """Store papers, listing, counts, the sources' reports and what labels cost in one transaction."""
        ...

    def get(self, day: date) -> Edition | None:
        """The closed edition; None where there is none."""
        ...


class Texts(Protocol):
    """The store of editions' texts, as far as writing them needs it."""

    def claim(self, day: date) -> bool:
        """Reserve the writing of a closed edition for one lease; False while another process has it."""
        ...

    def renew(self, day: date) -> None:
        """Extend the reservation by one lease."""
        ...

    def release(self, day: date) -> None: ...

    def get(self, day: date, language: Language) -> Text | None: ...

    def save(self, day: date, written: Text) -> Text:
        """Store the text unless one exists for its day and language; returns the stored one."""
        ...


class SourceAnswers(Protocol):
    """The store of answers that were collected before their edition is made."""

    def kept(self, source: str, day: date) -> SourceAnswer | None:
        """The answer of that day, unless an edition has used it."""
        ...

    def keep(self, day: date, answer: SourceAnswer, retry_in_s: float) -> None:
        """Store an answer, joined with an incomplete one that is kept. It is asked for again if it stays incomplete."""
        ...

    def waiting(self, day: date) -> Mapping[str, Sequence[date]]:
        """Source name → days before `day` of which no edition has the whole answer, oldest first."""
        ...


class Subscriptions(Protocol):
    """The store of subscriptions, as far as publishing needs it."""

    def due(
        self, now: datetime, on_unreadable: Callable[[int, ChatRef, Exception], None] | None = None
    ) -> Sequence[Subscription]:
        """Subscriptions whose slot has come; those that cannot be read are handed to `on_unreadable`."""
        ...

    def closed_after(self, had: date | None) -> Sequence[date]:
        """Days of the editions that a chat has not received, newest first."""
        ...

    def deliver(
        self, to: Subscription, days: Sequence[date], next_due_at: datetime, now: datetime, silent: bool
    ) -> bool: ...


class Work(Protocol):
    """The queue, as far as the scheduler fills it.

    Each `ask_for_…` returns False where the job waits already and raises QueueDown where the queue is not reachable.
    """

    def ask_for_edition(self, day: date, now: datetime) -> bool: ...

    def ask_for_collection(self, day: date, source: str, now: datetime) -> bool: ...

    def ask_for_answer(self, question_id: int, now: datetime) -> bool: ...

    def wake(self) -> None:
        """Wake the frontends that wait for new deliveries."""
        ...


class SectionBoundary(Protocol):
    """The boundary of a part of a text, as far as writing and checking need it."""

    def run_or(self, unit: Unit, work: Callable[[], T], instead: T) -> T:
        """The result of `work`; `instead` if it fails, however often it is tried."""
        ...


class Failures(Protocol):
    """The store of failed units, as far as a boundary needs it."""

    def record(self, unit: Unit, reason: str, tell: bool) -> Failure:
        """Count a failed try; `tell`: the owners are told when the unit is given up."""
        ...

    def report(self, unit: Unit, reason: str, retry_at: datetime | None, tell: bool) -> None:
        """Record a unit that cannot be done, or not before `retry_at`, without counting a try."""
        ...

    def clear(self, unit: Unit) -> None:
        """Forget the failed tries of a unit that succeeded."""
        ...

    def units(self) -> set[Unit]:
        """The units whose last try failed."""
        ...
