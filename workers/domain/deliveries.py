"""The nouns of posting: who wants the digest, what goes out to them, in which messages."""

from dataclasses import dataclass
from datetime import date, datetime

from workers.domain.models import Language

PENDING, SENDING, POSTED = "pending", "sending", "posted"
UNKNOWN, FAILED, DROPPED = "unknown", "failed", "dropped"
"""A part's states: it goes from pending to sending, and ends as one of the last four."""
TAKEN_BACK = "taken back"
"""Why a part was dropped whose edition was retracted; it is sent when that edition is made anew."""


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
    """One cause to post to one chat, claimed under `attempt`: the edition of `day`, or a `notice` of one paragraph.

    `retracted`: what was posted is to be taken back. `revision` counts how often the edition was made anew.
    """

    delivery_id: int
    platform: str
    chat: str
    thread: str
    day: date | None
    language: Language
    layout: str
    attempt: int
    silent: bool = False
    notice: str | None = None
    revision: int = 0
    retracted: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One rendered message: `text` in the platform's own markup, `papers` the numbers in it, for follow-ups.

    `chart` names the edition's picture that it is the caption of, as `picture_name` does.
    """

    text: str
    papers: tuple[int, ...] = ()
    silent: bool = False
    chart: str = ""


def picture_name(day: date, language: Language, revision: int) -> str:
    """What an edition's chart is called wherever it was uploaded; a revised edition has a new picture."""
    return f"{day} {language} {revision}"


def private_chat(platform: str, person: str) -> str:
    """Where a person is written to in private; on Discord that is no channel until one is opened for them."""
    return f"@{person}" if platform == "discord" else person


@dataclass(frozen=True, slots=True)
class Part:
    """One step of a delivery: a message to send, to put in the place of `message_id`, or (None) to take that back."""

    part_id: int
    n: int
    message: Message | None
    message_id: str | None = None
