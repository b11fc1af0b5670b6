"""A scheduler that runs on a fake clock, with a store, two fake sources and a queue that works at once."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from tests.fakes.clock import FakeClock
from tests.fakes.papers import entry
from tests.fakes.source import FakeSource
from tests.fakes.work import WorkAtOnce
from workers import config
from workers.config import Settings
from workers.digest.pipeline import PipelineConfig
from workers.digest.select import Weights
from workers.scheduler import Scheduler
from workers.store import Store
from workers.store.tables import delivery

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
MONDAY = date(2025, 6, 2)


def a_paper_on(day: date, source: str = "arxiv") -> list[Any]:
    number = f"{day:%y%m}.{day:%d}{1 if source == 'arxiv' else 2:03d}"
    return [entry(source=source, arxiv_id=number, title=f"Paper {number} of {source}", url=f"https://x.org/{number}")]


class Simulation:
    """Runs the scheduler on a fake clock, with two sources that have one paper on each of their announcement days."""

    def __init__(self, store: Store, clock: FakeClock, start: date, **digest: Any) -> None:
        days = [start - DAY + n * DAY for n in range(40)]
        self.arxiv = FakeSource("arxiv", {day: a_paper_on(day) for day in days if day.weekday() < 5})
        self.huggingface = FakeSource("huggingface", {day: a_paper_on(day, "huggingface") for day in days})
        self.store, self.clock = store, clock
        plain = config.load(environment={})
        self.settings: Settings = plain.model_copy(update={"digest": plain.digest.model_copy(update=digest)})
        pipeline_config = PipelineConfig(
            sources=[self.arxiv, self.huggingface],
            daily=frozenset({"huggingface"}),
            calendar=self.settings.calendar(),
            categories=self.settings.closed_list(),
            glossary={},
            weights=Weights(**self.settings.select.model_dump()),
            max_papers=40,
            lease_s=20,
        )
        self.work = WorkAtOnce(store, pipeline_config)

    def run(self, until: datetime, step: timedelta = 10 * MINUTE) -> None:
        scheduler = Scheduler(self.store, self.work, self.clock, self.settings)
        while self.clock.now() <= until:
            scheduler.tick()
            self.clock.advance(step.total_seconds())

    def skip_to(self, until: datetime) -> None:
        self.clock.advance((until - self.clock.now()).total_seconds())

    def editions(self) -> dict[date, list[str]]:
        """Returns the arXiv ids that each closed edition lists, by day."""
        found = {}
        for n in range(40):
            edition = self.store.editions.get(MONDAY - 7 * DAY + n * DAY)
            if edition:
                found[edition.day] = [item.paper.arxiv_id or "" for item in edition.ranked]
        return found

    def deliveries(self, chat: str) -> list[tuple[str, str, bool]]:
        """Returns (moment, day of the edition, silent) of each delivery to a chat, in order."""
        query = select(delivery).where(delivery.c.chat == chat).order_by(delivery.c.id)
        with self.store.engine.connect() as connection:
            rows = connection.execute(query).all()
        return [(f"{row.created_at:%m-%d %H:%M}", f"{row.day:%m-%d}", row.silent) for row in rows]
