"""The seams: what the steps and the pipeline need from the world, so that a test can pass a fake."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from workers.domain.deliveries import Subscription
from workers.domain.models import Edition, KnownPaper, Language, Paper, RankedPaper, Selection, SourceAnswer, Text


class Clock(Protocol):
    """Time as an argument; `now` is aware and in UTC."""

    def now(self) -> datetime: ...

    def sleep(self, seconds: float) -> None: ...


class Source(Protocol):
    """One place papers come from."""

    @property
    def name(self) -> str: ...

    @property
    def dated(self) -> bool:
        """True where a past day can be asked for."""
        ...

    def collect(self, day: date) -> SourceAnswer:
        """The source's papers of `day`. Raises SourceError when there is no usable answer."""
        ...


class Gate(Protocol):
    """A door that one request at a time may pass, over all processes and machines."""

    def passing(self) -> AbstractContextManager[None]: ...


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """A body as last served with status 200, and its validators."""

    body: bytes
    etag: str | None
    last_modified: str | None


class Fetch(Protocol):
    def get(self, url: str, params: Mapping[str, str] | None = None, gate: Gate | None = None) -> bytes:
        """The whole body. Raises SourceError with a reason fit for the digest's files."""
        ...


class HttpCache(Protocol):
    def get(self, url: str) -> CachedAnswer | None: ...

    def put(self, url: str, answer: CachedAnswer) -> None: ...


class Editions(Protocol):
    """The store, as far as making an edition needs it. Writes under a lost lease raise LeaseLost."""

    def claim(self, day: date) -> int | None:
        """The attempt number to write under, or None where the edition is closed or somebody works on it."""
        ...

    def renew(self, day: date, attempt: int) -> None: ...

    def release(self, day: date, attempt: int, retry_in_s: float) -> None: ...

    def note(self, day: date, attempt: int | None, step: str, detail: str) -> None:
        """Keep how far the work is; with an attempt also its lease, without one (a closed edition) just the note."""
        ...

    def in_the_making(self, since: datetime) -> bool:
        """True while an edition that was wanted later than `since` is still to be closed."""
        ...

    def history(self, wanted: Sequence[Paper]) -> Sequence[KnownPaper | None]:
        """What is known of each paper, in the order asked."""
        ...

    def note_failure(self, day: date, attempt: int, collected: Sequence[SourceAnswer]) -> None:
        """Keep what failed although no edition came of it."""
        ...

    def close(
        self,
        day: date,
        attempt: int,
        selection: Selection,
        placed: Sequence[RankedPaper],
        collected: Sequence[SourceAnswer],
    ) -> None:
        """Papers, listing and books in one transaction."""
        ...

    def get(self, day: date) -> Edition | None:
        """The closed edition, or None."""
        ...

    def claim_text(self, day: date) -> bool:
        """Take a closed edition to write it, for as long as a lease lasts; False while another does."""
        ...

    def renew_text(self, day: date) -> None: ...

    def release_text(self, day: date) -> None: ...

    def text(self, day: date, language: Language) -> Text | None: ...

    def save_text(self, day: date, text: Text) -> Text:
        """Keep the first text of (day, language); returns the one that is kept."""
        ...


class SourceAnswers(Protocol):
    """The store, as far as answers are kept for the edition that will use them."""

    def kept(self, source: str, day: date) -> SourceAnswer | None:
        """An answer of that day that no edition has used."""
        ...

    def keep(self, day: date, answer: SourceAnswer, retry_in_s: float) -> None:
        """Keep an answer; a failed one is only noted, to be tried again."""
        ...

    def waiting(self, day: date) -> Mapping[str, Sequence[date]]:
        """Source name → days before `day` that no edition has: failed then, or kept since; oldest first."""
        ...


class Subscriptions(Protocol):
    """The store, as far as publishing needs it."""

    def due(self, now: datetime) -> Sequence[Subscription]: ...

    def closed_after(self, had: date | None) -> Sequence[date]: ...

    def deliver(
        self, to: Subscription, days: Sequence[date], next_due_at: datetime, now: datetime, silent: bool
    ) -> bool: ...


class Work(Protocol):
    """The queue, as far as the clock fills it. Asking is False where it waits already, and raises QueueDown."""

    def ask_for_edition(self, day: date, now: datetime) -> bool: ...

    def ask_for_collection(self, day: date, source: str, now: datetime) -> bool: ...

    def ask_for_answer(self, question_id: int, now: datetime) -> bool: ...

    def wake(self) -> None:
        """Wake whoever waits for news."""
        ...
