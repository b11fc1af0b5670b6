"""The nouns of asking: who asked what, where, about which post."""

from dataclasses import dataclass
from datetime import date, datetime

from workers.domain.answers import Answer
from workers.domain.models import Language


@dataclass(frozen=True, slots=True)
class PostedMessage:
    """A message of a digest as it stands in a chat: its edition and the numbers of the papers in it."""

    day: date
    language: Language
    papers: tuple[int, ...] = ()
    keyed: tuple[tuple[str, str], ...] = ()
    """(label, arXiv id) of a chat's keyword hits that are in no edition: K1, K2 …"""


@dataclass(frozen=True, slots=True)
class QuestionRequest:
    """A question as it came in. `message_id` is the reader's own message, `about` what they answered, where known."""

    platform: str
    chat: str
    thread: str
    person: str
    language: Language
    text: str
    message_id: str | None = None
    about: PostedMessage | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the store keeps it; `revision` counts its answers, `answer` is the latest one."""

    question_id: int
    asked: QuestionRequest
    asked_at: datetime
    answer: Answer | None = None
    revision: int = 0
