"""A queue that does at once what is asked of it, on a store and sources of a test."""

from datetime import date, datetime

from workers.digest import pipeline
from workers.digest.pipeline import PipelineConfig
from workers.domain.errors import EditionFailed
from workers.store import Store


class WorkAtOnce:
    """`editions` and `collections` are what was asked for, in order."""

    def __init__(self, store: Store, plan: PipelineConfig) -> None:
        self._store, self._plan = store, plan
        self.editions: list[date] = []
        self.collections: list[tuple[date, str]] = []
        self.questions: list[int] = []

    def ask_for_edition(self, day: date, now: datetime) -> bool:
        self.editions.append(day)
        store = self._store
        try:
            pipeline.day_of(
                day,
                ["ko"],
                self._plan,
                store.editions,
                store.source_answers,
                store.subscriptions,
                store.clock,
                lambda _step, _figures: None,
            )
        except EditionFailed:
            return True
        return True

    def ask_for_collection(self, day: date, source: str, now: datetime) -> bool:
        self.collections.append((day, source))
        pipeline.collect_ahead(day, source, self._plan, self._store.source_answers)
        return True

    def ask_for_answer(self, question_id: int, now: datetime) -> bool:
        self.questions.append(question_id)
        return True

    def wake(self) -> None:
        return
