"""The nouns of posting: who wants the digest, what goes out to them, in which messages."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from workers.domain.models import Language, Text
from workers.domain.questions import Question


class PartState(StrEnum):
    """How far a message part is. It goes from PENDING to SENDING and ends as one of the last four."""

    PENDING = "pending"
    SENDING = "sending"
    POSTED = "posted"
    UNKNOWN = "unknown"
    """It may have been sent; never repeated by itself."""
    FAILED = "failed"
    DROPPED = "dropped"


TAKEN_BACK = "taken back"
"""Reason of a part that was dropped because its edition was retracted; it is sent if that edition is made again."""


class Layout(StrEnum):
    """How an edition is divided into messages."""

    SECTIONS = "sections"
    """One message per category, with its synthesis."""
    COMPACT = "compact"
    """One line per paper, in as few messages as possible."""
    THREAD = "thread"
    """One post with the sections in a thread under it, on platforms that have threads."""
    SCREEN = "screen"
    """What fits one screen of a terminal; the rest on request."""


class Notify(StrEnum):
    """Which messages of a digest make a sound."""

    FIRST = "first"
    NEVER = "never"
    ALL = "all"


class Place(StrEnum):
    """What kind of chat it is. Readers of a channel get links instead of buttons, which would hide the comments."""

    PRIVATE = "private"
    GROUP = "group"
    CHANNEL = "channel"
    FORUM = "forum"


class DeliveryKind(StrEnum):
    """What a delivery shows."""

    EDITION = "edition"
    NOTICE = "notice"
    ANSWER = "answer"


class Approval(StrEnum):
    """Whether an owner lets a chat have digests; GRANTED from the start unless `access` is `approve`."""

    GRANTED = "granted"
    WAITING = "waiting"
    REFUSED = "refused"


class SubscriptionStatus(StrEnum):
    """Whether a subscription gets deliveries; it gets them only while it is also approved."""

    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    """The chat ended it; only the chat resumes it."""
    REMOVED = "removed"
    """The bot was removed or blocked; it resumes when the bot is added again."""
    NOT_WRITABLE = "not_writable"
    """The chat refused several deliveries, e.g. for a missing right; it resumes as REMOVED does."""


@dataclass(frozen=True, slots=True)
class View:
    """What a chat sees of an edition.

    All papers, or those of `categories` (names of the closed list), at most `limit`. Papers with a word of `include`
    are shown in a section of their own, taken from everything collected; papers with a word of `exclude` are hidden.
    """

    language: Language = "ko"
    layout: Layout = Layout.SECTIONS
    categories: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    limit: int | None = None
    place: Place = Place.PRIVATE

    @property
    def key(self) -> str:
        """Cache key of the rendering: equal for two views that produce the same messages; "" for an unfiltered view.

        Language and layout are stored beside it. Of the places only a channel looks different. Every other field
        counts, including fields added later: a field that was left out would show one chat another chat's messages.
        """
        place = Place.CHANNEL if self.place == Place.CHANNEL else Place.PRIVATE
        compared = replace(self, language=EVERYTHING.language, layout=EVERYTHING.layout, place=place)
        if compared == EVERYTHING:
            return ""
        return hashlib.sha256(json.dumps(asdict(compared), sort_keys=True).encode()).hexdigest()


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
    notify: Notify = Notify.FIRST
    person: str = ""
    """Who subscribed it, and is told of trouble."""
    approval: Approval = Approval.GRANTED
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE
    reason: str = ""
    """Why it is not active, in the platform's own words; "" if there is nothing to add to `status`."""

    @property
    def active(self) -> bool:
        """Whether it gets deliveries."""
        return self.approval == Approval.GRANTED and self.status == SubscriptionStatus.ACTIVE


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
    kind: DeliveryKind = DeliveryKind.EDITION
    view: View = EVERYTHING
    notify: Notify = Notify.FIRST
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
    """One rendered message: `text` in the platform's own markup, `papers` the numbers of the papers in it.

    `chart`, if set, is the `picture_name` of the chart that `text` is the caption of. `choices` are rows of buttons.
    `expects_reply`: the reader's reply to it completes a command. `inside`: title of the thread it is posted in.
    """

    text: str
    papers: tuple[int, ...] = ()
    silent: bool = False
    chart: str = ""
    choices: tuple[tuple[Choice, ...], ...] = ()
    reply_to: str | None = None
    expects_reply: bool = False
    inside: str = ""


def picture_name(day: date, language: Language, revision: int) -> str:
    """What an edition's chart is called wherever it was uploaded; a revised edition has a new picture."""
    return f"{day} {language} {revision}"


def direct_chat(person: str) -> str:
    """The private chat with a person, named by the person's id; each platform's sender finds or opens that chat."""
    return f"@{person}"


@dataclass(frozen=True, slots=True)
class MessagePart:
    """One step of a delivery: a message to send, to put in the place of `message_id`, or (None) to take that back."""

    part_id: int
    n: int
    message: Message | None
    message_id: str | None = None
    root: str | None = None
    """The delivery's first message, under which a thread may be."""
