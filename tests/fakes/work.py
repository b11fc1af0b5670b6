"""A work queue that runs jobs at once in this process, on a test's store and sources."""

from datetime import date, datetime

from workers.bootstrap import pipeline_context
from workers.digest import pipeline
from workers.digest.pipeline import PipelineConfig
from workers.domain.errors import EditionFailed
from workers.store import Store


class WorkAtOnce:
    """`editions`, `collections` and `questions` hold what was requested, in order. Questions are not answered."""

    def __init__(self, store: Store, config: PipelineConfig) -> None:
        self._context = pipeline_context(config, store)
        self.editions: list[date] = []
        self.collections: list[tuple[date, str]] = []
        self.questions: list[int] = []

    def ask_for_edition(self, day: date, now: datetime) -> bool:
        self.editions.append(day)
        try:
            pipeline.make_day(day, ["ko"], self._context)
        except EditionFailed:
            return True
        return True

    def ask_for_collection(self, day: date, source: str, now: datetime) -> bool:
        self.collections.append((day, source))
        pipeline.collect_ahead(day, source, self._context)
        return True

    def ask_for_answer(self, question_id: int, now: datetime) -> bool:
        self.questions.append(question_id)
        return True

    def wake(self) -> None:
        return
