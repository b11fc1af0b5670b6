"""Units of work: what goes wrong inside one costs that unit alone."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from workers.domain.calendar import RETRY


class UnitKind(StrEnum):
    """What is tried, fails and is told on its own."""

    EDITION = "edition"
    """The making of an edition: collecting, selecting, closing it; tried until it is made."""
    SOURCE = "source"
    """A source's answer for a day. The owners hear of it from the edition that it is missing in."""
    TEXT = "text"
    """An edition in one language."""
    SECTION = "section"
    """A category of a text."""
    READING = "reading"
    """The text of a paper."""
    DELIVERY = "delivery"
    """A post to one chat."""
    UPDATE = "update"
    """A message, a press or a change that a platform reports."""
    QUESTION = "question"
    """A reader's question."""
    MODEL = "model"
    """The calls of a language model on one day; the owners are told once that it failed, and how to mend it."""


TRIES = 3
"""Tries of a unit before it is given up."""
BACK_OFF = (timedelta(seconds=5), timedelta(minutes=1))
"""Pauses after the first and after every later failed try."""
ENDLESS = frozenset({UnitKind.EDITION, UnitKind.SOURCE})
"""Kinds that are not given up: an edition is tried until it is made, a source's answer until that edition closes."""


@dataclass(frozen=True, slots=True)
class Unit:
    """`key` is unique among the units of a kind; `about` names the unit for the owner: a chat, a day, a paper."""

    kind: UnitKind
    key: str
    about: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.about or self.key}"


def text_unit(day: date, language: str) -> Unit:
    return Unit(UnitKind.TEXT, f"{day} {language}")


def section_unit(day: date, language: str, name: str) -> Unit:
    """The unit of a category of a text, or of another part of it that can be left out."""
    return Unit(UnitKind.SECTION, f"{day} {language} {name}"[:120])


@dataclass(frozen=True, slots=True)
class Failure:
    """A unit that failed `attempts` times. It is tried again at `retry_at`; None if it is given up."""

    unit: Unit
    attempts: int
    reason: str
    retry_at: datetime | None
    last_at: datetime | None = field(default=None, compare=False)
    """When it was last tried, as the store has it."""

    @property
    def given_up(self) -> bool:
        return self.retry_at is None


def failure_after(unit: Unit, attempts: int, reason: str, now: datetime) -> Failure:
    """The failure of the try number `attempts`, with the time of the next try, if there is one."""
    if unit.kind in ENDLESS:
        return Failure(unit, attempts, reason, now + RETRY)
    pause = BACK_OFF[min(attempts, len(BACK_OFF)) - 1]
    return Failure(unit, attempts, reason, now + pause if attempts < TRIES else None)
