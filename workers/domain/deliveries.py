"""The nouns of posting: who wants the digest, what goes out to them, in which messages."""

from dataclasses import dataclass
from datetime import date, datetime

from workers.domain.models import Language


@dataclass(frozen=True, slots=True)
class Subscription:
    """A chat that wants the digest; `due_at` (UTC) is its next slot, `had` the newest edition it was given."""

    subscription_id: int
    platform: str
    chat: str
    thread: str
    language: Language
    slot: str
    zone: str
    weekdays: tuple[int, ...]
    """0 is Monday."""
    layout: str
    due_at: datetime
    had: date | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One cause to post one edition to one chat, claimed under `attempt`."""

    delivery_id: int
    platform: str
    chat: str
    thread: str
    day: date
    language: Language
    layout: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Message:
    """One rendered message: `text` in the platform's own markup, `papers` the numbers in it, for follow-ups."""

    text: str
    papers: tuple[int, ...] = ()
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One message of a delivery on its way to the chat."""

    part_id: int
    n: int
    message: Message
