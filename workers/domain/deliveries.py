"""The nouns of posting: who wants the digest, what goes out to them, in which messages."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime

from workers.domain.models import Language, Text
from workers.domain.questions import Question

PENDING, SENDING, POSTED = "pending", "sending", "posted"
UNKNOWN, FAILED, DROPPED = "unknown", "failed", "dropped"
"""A part's states: it goes from pending to sending, and ends as one of the last four."""
TAKEN_BACK = "taken back"
"""Why a part was dropped whose edition was retracted; it is sent when that edition is made anew."""


SECTIONS, COMPACT, THREAD = "sections", "compact", "thread"
"""Layouts: a message per category with its synthesis; a line per paper in as few messages as hold them; or one post and
a thread with the sections, where the platform has threads."""
FIRST, NEVER, ALL = "first", "never", "all"
"""Which messages of a digest make a sound."""
PRIVATE, GROUP, CHANNEL, FORUM = "private", "group", "channel", "forum"
"""Places: in a channel readers have no buttons but links, for buttons would take the comments' place."""


@dataclass(frozen=True, slots=True)
class View:
    """What a chat sees of an edition: every paper, or those of `categories` (names of the closed list), at most `most`.

    `wanted` words make a section of their own from all that was collected; a paper with an `unwanted` one is hidden.
    """

    language: Language = "ko"
    layout: str = SECTIONS
    categories: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    most: int | None = None
    place: str = PRIVATE

    @property
    def key(self) -> str:
        """The same for chats that see the same of an edition in their language and layout; "" where that is all."""
        if not (self.categories or self.wanted or self.unwanted or self.most or self.place == CHANNEL):
            return ""
        chosen = {**asdict(self), "language": "", "layout": "", "place": self.place == CHANNEL}
        return hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()


EVERYTHING = View()


@dataclass(frozen=True, slots=True)
class Subscription:
    """A chat that wants the digest; `due_at` (UTC) is its next slot, `had` the newest edition it was given."""

    subscription_id: int
    platform: str
    chat: str
    thread: str
    slot: str
    zone: str
    weekdays: tuple[int, ...]
    """0 is Monday."""
    due_at: datetime
    had: date | None
    view: View = EVERYTHING
    notify: str = FIRST
    person: str = ""
    """Who subscribed it, and hears of trouble."""
    active: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One cause to post to one chat, claimed under `attempt`: the edition of `day`, a `notice`, or a question's answer.

    `retracted`: what was posted is to be taken back. `revision` counts how often what it shows was made anew.
    """

    delivery_id: int
    platform: str
    chat: str
    thread: str
    day: date | None
    attempt: int
    view: View = EVERYTHING
    notify: str = FIRST
    silent: bool = False
    notice: str | None = None
    question_id: int | None = None
    reply_to: str | None = None
    urgent: bool = False
    revision: int = 0
    retracted: bool = False


Content = Text | Question | str
"""What a delivery shows: an edition, a question with its answer, or a notice."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something a reader may press: `line` is the command that it stands for; `private`: not to be read by a group."""

    label: str
    line: str
    private: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One rendered message: `text` in the platform's own markup, `papers` the numbers in it, for follow-ups.

    `chart` names the edition's picture that it is the caption of, as `picture_name` does; `choices` are rows; `asks`
    where the next words of who reads it are expected as its reply; `inside` is the name of the thread it stands in.
    """

    text: str
    papers: tuple[int, ...] = ()
    silent: bool = False
    chart: str = ""
    choices: tuple[tuple[Choice, ...], ...] = ()
    reply_to: str | None = None
    asks: bool = False
    inside: str = ""


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
    root: str | None = None
    """The delivery's first message, under which a thread may be."""
