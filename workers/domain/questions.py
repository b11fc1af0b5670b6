"""Questions of readers, and the posted message that a question is about."""

from dataclasses import dataclass
from datetime import date, datetime

from workers.domain.answers import Answer
from workers.domain.chats import ChatRef
from workers.domain.models import Language


@dataclass(frozen=True, slots=True)
class PostedMessage:
    """A message of a digest that is in a chat: its edition and the numbers of the papers in it."""

    day: date
    language: Language
    papers: tuple[int, ...] = ()
    keyed: tuple[tuple[str, str], ...] = ()
    """(label, arXiv id) of the chat's keyword hits that are in no edition; their labels are K1, K2 …"""


@dataclass(frozen=True, slots=True)
class QuestionRequest:
    """A question as it arrived.

    `message_id` is the reader's own message; `about` is the posted message that it replies to. Either may be unknown.
    """

    chat: ChatRef
    person: str
    language: Language
    text: str
    message_id: str | None = None
    about: PostedMessage | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question in the store. `revision` counts its answers; `answer` is the latest one."""

    question_id: int
    asked: QuestionRequest
    asked_at: datetime
    answer: Answer | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True)
class QuestionCaps:
    """Questions of a UTC day; None: no limit."""

    per_person: int | None = None
    per_chat: int | None = None
    all: int | None = None


NO_CAPS = QuestionCaps()
