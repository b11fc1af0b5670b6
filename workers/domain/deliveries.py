"""Subscriptions, deliveries and their messages: who gets what, in which form."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from workers.domain.chats import ChatRef
from workers.domain.models import Language, Text
from workers.domain.questions import Question


class PartState(StrEnum):
    """How far a message part is. It goes from PENDING to SENDING and ends in one of the last four states."""

    PENDING = "pending"
    SENDING = "sending"
    POSTED = "posted"
    UNKNOWN = "unknown"
    """It may have been sent. It is not sent again unless an owner asks for it."""
    FAILED = "failed"
    DROPPED = "dropped"


TAKEN_BACK = "taken back"
"""Reason of a part that was dropped because its edition was retracted. If that edition is made again, it is sent."""


class Layout(StrEnum):
    """How an edition is divided into messages."""

    SECTIONS = "sections"
    """One message per category, with its synthesis."""
    COMPACT = "compact"
    """One line per paper, in as few messages as possible."""
    THREAD = "thread"
    """One post with the sections in a thread under it, on platforms that have threads."""
    SCREEN = "screen"
    """As much as fits on one screen of a terminal; the rest on request."""


class Notify(StrEnum):
    """Which messages of a digest make a sound."""

    FIRST = "first"
    NEVER = "never"
    ALL = "all"


class Place(StrEnum):
    """What kind of chat it is. A channel gets links instead of buttons, because buttons would hide the comments."""

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
    """Whether an owner allows a chat to get digests. Only the setting `access: approve` makes chats wait."""

    GRANTED = "granted"
    WAITING = "waiting"
    REFUSED = "refused"


class SubscriptionStatus(StrEnum):
    """Whether a subscription gets deliveries; it must also be approved."""

    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    """The chat ended it; only the chat can resume it."""
    REMOVED = "removed"
    """The bot was removed or blocked; the subscription resumes when the bot is added again."""
    NOT_WRITABLE = "not_writable"
    """The chat refused several deliveries, e.g. because of a missing right; it resumes as REMOVED does."""


@dataclass(frozen=True, slots=True)
class View:
    """How a chat sees an edition.

    It shows all papers, or those of `categories` (names of the closed list), at most `limit`. Papers that contain a
    word of `include` are shown in a section of their own, taken from everything that was collected. Papers that
    contain a word of `exclude` are hidden.
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

        Language and layout are stored beside it. Of the places, only a channel looks different. Every other field
        counts, including fields added later: if a field were left out, one chat would get another chat's messages.
        """
        place = Place.CHANNEL if self.place == Place.CHANNEL else Place.PRIVATE
        compared = replace(self, language=EVERYTHING.language, layout=EVERYTHING.layout, place=place)
        if compared == EVERYTHING:
            return ""
        return hashlib.sha256(json.dumps(asdict(compared), sort_keys=True).encode()).hexdigest()


EVERYTHING = View()
"""The default view: every paper, in Korean, in sections."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A chat that gets the digest. `due_at` (UTC) is its next slot; `had` is the newest edition that it got."""

    subscription_id: int
    chat: ChatRef
    slot: str
    zone: str
    weekdays: tuple[int, ...]
    """0 is Monday."""
    due_at: datetime
    had: date | None
    view: View = EVERYTHING
    notify: Notify = Notify.FIRST
    person: str = ""
    """The person who subscribed the chat, and who is told when posting to it fails."""
    approval: Approval = Approval.GRANTED
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE
    reason: str = ""
    """Why it is not active, as the platform said it; "" if there is nothing to add to `status`."""

    @property
    def active(self) -> bool:
        """Whether it gets deliveries."""
        return self.approval == Approval.GRANTED and self.status == SubscriptionStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class Delivery:
    """A post to one chat, claimed under `attempt`: the edition of `day`, a `notice`, or the answer to a question.

    `retracted`: its edition was retracted, so its messages must be removed. `revision` is that of the edition or the
    answer when the delivery was claimed.
    """

    delivery_id: int
    chat: ChatRef
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
"""The content of a delivery: an edition's text, a question with its answer, or a notice."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A button or menu entry: pressing it runs the command `line`. `private`: a group must not see the reply."""

    label: str
    line: str
    private: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One rendered message: `text` in the platform's own markup, `papers` the numbers of the papers in it.

    `chart` is the `PictureName` of the chart whose caption is `text`; "" for none. `choices` are rows of buttons.
    `expects_reply`: the reader's reply to it completes a command. `inside`: title of the thread that it is posted in.
    """

    text: str
    papers: tuple[int, ...] = ()
    silent: bool = False
    chart: str = ""
    choices: tuple[tuple[Choice, ...], ...] = ()
    reply_to: str | None = None
    expects_reply: bool = False
    inside: str = ""


@dataclass(frozen=True, slots=True)
class PictureName:
    """Names an edition's chart wherever it was uploaded; a revised edition has a new picture.

    As text it is `2025-06-03 ko 0`.
    """

    day: date
    language: Language
    revision: int = 0

    def __str__(self) -> str:
        return f"{self.day} {self.language} {self.revision}"

    @classmethod
    def parse(cls, name: str) -> "PictureName":
        """The name that `str` made. Raises ValueError for any other text."""
        day, language, revision = name.split(" ")
        return cls(date.fromisoformat(day), language, int(revision))


@dataclass(frozen=True, slots=True)
class MessagePart:
    """One step of a delivery.

    Without `message_id`, `message` must be sent. With it, that message must be edited to `message`, or deleted where
    `message` is None.
    """

    part_id: int
    n: int
    message: Message | None
    message_id: str | None = None
    root: str | None = None
    """Id of the delivery's first message; the others may be in a thread under it. None while it is not sent."""
