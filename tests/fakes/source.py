"""A source with fixed answers; it records the days that it was asked for."""

from collections.abc import Mapping
from datetime import date

from workers.domain.errors import SourceError
from workers.domain.models import Entry, SourceAnswer
from workers.domain.source_answers import answered

Answer = list[Entry] | SourceError | SourceAnswer


class FakeSource:
    """Entries become a successful answer, errors are raised, and a day without an answer is quiet.

    A test may change `answers`.
    """

    def __init__(self, name: str, answers: Mapping[date, Answer], dated: bool = True) -> None:
        self.name, self.dated = name, dated
        self.asked: list[date] = []
        self.answers = dict(answers)

    def collect(self, day: date) -> SourceAnswer:
        self.asked.append(day)
        answer = self.answers.get(day, [])
        if isinstance(answer, SourceError):
            raise answer
        return answer if isinstance(answer, SourceAnswer) else answered(self.name, answer)
