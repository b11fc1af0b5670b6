"""Simulated weeks: every edition is made once and every chat gets it at its hour, across holidays and clock changes."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.fakes.clock import FakeClock, utc
from tests.fakes.empty_store import empty_store
from tests.fakes.papers import entry
from tests.fakes.source import Answer, FakeSource
from tests.fakes.subscriptions import NewSubscription
from tests.fakes.work import WorkAtOnce
from workers import config
from workers.bootstrap import boundary
from workers.config import Settings
from workers.digest.pipeline import PipelineConfig
from workers.digest.select import Weights
from workers.domain.chats import ChatRef
from workers.domain.errors import SourceError
from workers.scheduler import Scheduler
from workers.store import Store, open_store
from workers.store.tables import delivery, source_answer

pytestmark = pytest.mark.slow

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
        scheduler = Scheduler(self.store, self.work, self.clock, self.settings, boundary(self.store))
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


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(utc("2025-06-02 00:00"))


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with open_store(empty_store(tmp_path / "store.db"), clock) as opened:
        yield opened


def test_two_weeks_have_an_edition_every_working_day_and_none_on_weekends(store: Store, clock: FakeClock) -> None:
    simulation = Simulation(store, clock, MONDAY)
    store.editions.want(date(2025, 5, 30))
    simulation.run(utc("2025-06-15 23:00"), step=30 * MINUTE)
    editions = simulation.editions()
    working = [MONDAY + n * DAY for n in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11)]
    assert [day for day in editions if day >= MONDAY] == working
    listed = [number for ids in editions.values() for number in ids]
    assert len(listed) == len(set(listed))
    assert set(editions[date(2025, 6, 3)]) == {"2506.03001", "2506.03002"}
    assert set(editions[date(2025, 6, 9)]) == {"2506.09001", "2506.09002", "2506.08002", "2506.07002"}, (
        "the weekend too"
    )


def test_every_answer_is_collected_once_soon_after_it_appears(store: Store, clock: FakeClock) -> None:
    simulation = Simulation(store, clock, MONDAY)
    simulation.run(utc("2025-06-03 23:00"))
    assert simulation.work.collections == [
        (MONDAY, "arxiv"),
        (MONDAY, "huggingface"),
        (MONDAY + DAY, "arxiv"),
        (MONDAY + DAY, "huggingface"),
    ]
    assert simulation.arxiv.asked.count(MONDAY) == 1, "the edition used what was kept"
    with store.engine.connect() as connection:
        assert connection.execute(select(source_answer.c.answer).where(source_answer.c.answer.is_not(None))).all() == []


def test_an_answer_that_failed_is_tried_again_before_the_close(store: Store, clock: FakeClock) -> None:
    simulation = Simulation(store, clock, MONDAY)
    answers: dict[date, Answer] = {MONDAY: SourceError("HTTP 503")}
    simulation.arxiv._answers = answers  # noqa: SLF001 - the site recovers during the test
    simulation.run(utc("2025-06-02 05:00"))
    tried = simulation.arxiv.asked.count(MONDAY)
    assert tried >= 3
    answers[MONDAY] = a_paper_on(MONDAY)
    simulation.run(utc("2025-06-02 08:00"))
    assert simulation.arxiv.asked.count(MONDAY) == tried + 1
    assert "2506.02001" in simulation.editions()[MONDAY]


def test_a_site_that_is_down_at_the_close_costs_nothing_that_was_kept(store: Store, clock: FakeClock) -> None:
    simulation = Simulation(store, clock, MONDAY)
    simulation.run(utc("2025-06-02 07:20"))
    simulation.arxiv._answers = {MONDAY: SourceError("HTTP 503")}  # noqa: SLF001 - the site fails during the test
    simulation.huggingface._answers = {MONDAY: SourceError("HTTP 503")}  # noqa: SLF001
    simulation.run(utc("2025-06-02 08:00"))
    assert set(simulation.editions()[MONDAY]) == {"2506.02001", "2506.02002"}


def test_a_holiday_has_no_edition_and_what_hugging_face_had_comes_after_it(store: Store, clock: FakeClock) -> None:
    holiday = date(2025, 6, 4)
    simulation = Simulation(store, clock, MONDAY, holidays=(holiday,))
    store.subscriptions.add(NewSubscription(ChatRef("terminal", "seoul"), utc("2025-06-03 00:00")))
    simulation.run(utc("2025-06-06 12:00"), step=30 * MINUTE)
    assert holiday not in simulation.editions()
    assert "2506.04002" in simulation.editions()[date(2025, 6, 5)]
    assert [moment for moment, _, _ in simulation.deliveries("seoul")] == ["06-03 00:00", "06-04 00:00", "06-06 00:00"]


def test_a_quiet_day_is_told_once_without_a_sound_worth_waking_for(store: Store, clock: FakeClock) -> None:
    simulation = Simulation(store, clock, MONDAY)
    quiet = date(2025, 6, 3)
    simulation.arxiv._answers = {day: answer for day, answer in simulation.arxiv._answers.items() if day != quiet}  # noqa: SLF001
    simulation.huggingface._answers = {MONDAY: a_paper_on(MONDAY, "huggingface")}  # noqa: SLF001
    store.subscriptions.add(NewSubscription(ChatRef("terminal", "seoul"), utc("2025-06-03 00:00")))
    simulation.run(utc("2025-06-04 12:00"))
    assert simulation.editions()[quiet] == []
    assert [day for _, day, _ in simulation.deliveries("seoul")] == ["06-02", "06-03"]


def test_every_zone_gets_each_edition_once_at_its_hour(store: Store, clock: FakeClock) -> None:
    simulation = Simulation(store, clock, MONDAY)
    zones = {
        "Asia/Seoul": ("09:00", "00:00"),
        "America/New_York": ("08:30", "12:30"),
        "Europe/Berlin": ("10:00", "08:00"),
        "Asia/Kolkata": ("18:45", "13:15"),
        "Pacific/Auckland": ("07:15", "19:15"),
    }
    for zone, (slot, due) in zones.items():
        store.subscriptions.add(
            NewSubscription(ChatRef("terminal", zone), utc(f"2025-06-02 {due}"), slot=slot, zone=zone)
        )
    simulation.run(utc("2025-06-07 23:00"), step=15 * MINUTE)
    for zone, (_, due) in zones.items():
        given = simulation.deliveries(zone)
        days = [day for _, day, _ in given]
        assert len(days) == len(set(days)), zone
        assert days[-1] == ("06-05" if zone in {"Asia/Seoul", "Pacific/Auckland"} else "06-06"), zone
        assert {moment[-5:] for moment, _, _ in given[1:]} == {due}, zone
        assert not any(silent for _, _, silent in given[1:]), zone


def test_a_week_switched_off_is_caught_up_once_the_newest_first_and_silently(store: Store, clock: FakeClock) -> None:
    simulation = Simulation(store, clock, MONDAY)
    store.subscriptions.add(NewSubscription(ChatRef("terminal", "seoul"), utc("2025-06-03 00:00")))
    simulation.run(utc("2025-06-04 12:00"))
    simulation.skip_to(utc("2025-06-11 10:00"))
    before = simulation.deliveries("seoul")
    assert [day for _, day, _ in before] == ["06-02", "06-03"]
    simulation.run(utc("2025-06-12 12:00"))
    assert simulation.work.editions[-6:] == [date(2025, 6, day) for day in (5, 6, 9, 10, 11, 12)]
    caught_up = simulation.deliveries("seoul")[len(before) :]
    assert [day for _, day, _ in caught_up] == ["06-11", "06-10", "06-09", "06-06", "06-05", "06-04"]
    assert {silent for _, _, silent in caught_up} == {True}
    assert {moment for moment, _, _ in caught_up} == {"06-11 10:40"}, "as soon as the last of five is made"
    listed = [number for ids in simulation.editions().values() for number in ids]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    ("start", "zone", "slot", "moments"),
    [
        # New York's clocks skip 02:30 on 9 March 2025, and show 01:30 twice on 2 November.
        ("2025-03-07", "America/New_York", "02:30", ["03-07 07:30", "03-08 07:30", "03-09 07:00", "03-10 06:30"]),
        ("2025-10-31", "America/New_York", "01:30", ["10-31 05:30", "11-01 05:30", "11-02 05:30", "11-03 06:30"]),
    ],
)
def test_on_the_nights_the_clocks_change_each_slot_comes_once(
    start: str, zone: str, slot: str, moments: list[str], tmp_path: Path
) -> None:
    clock = FakeClock(utc(f"{start} 00:00"))
    with open_store(empty_store(tmp_path / "dst.db"), clock) as store:
        first, every_day = date.fromisoformat(start), tuple(range(7))
        simulation = Simulation(store, clock, first, closes_at="00:10 UTC")
        due = utc(f"{start[:5]}{moments[0]}")
        store.subscriptions.add(
            NewSubscription(ChatRef("terminal", "a"), due, slot=slot, zone=zone, weekdays=every_day)
        )
        seen = []
        while clock.now() < utc(f"{start} 00:00") + 4 * DAY:
            simulation.run(clock.now(), step=30 * MINUTE)
            (next_due,) = {row.due_at for row in store.subscriptions.due(utc("2030-01-01 00:00"))}
            seen.append(f"{next_due:%m-%d %H:%M}")
        assert list(dict.fromkeys(seen))[:4] == moments


def test_a_day_whose_sources_all_fail_is_tried_again_and_then_taken_over(store: Store, clock: FakeClock) -> None:
    simulation = Simulation(store, clock, MONDAY)
    simulation.run(utc("2025-06-02 08:00"))
    tuesday = date(2025, 6, 3)
    recorded_answers = dict(simulation.arxiv._answers), dict(simulation.huggingface._answers)  # noqa: SLF001
    simulation.arxiv._answers = {**recorded_answers[0], tuesday: SourceError("HTTP 503")}  # noqa: SLF001
    simulation.huggingface._answers = {**recorded_answers[1], tuesday: SourceError("HTTP 503")}  # noqa: SLF001
    simulation.run(utc("2025-06-04 00:00"))
    assert tuesday not in simulation.editions()
    assert simulation.work.editions.count(tuesday) > 20
    simulation.arxiv._answers, simulation.huggingface._answers = recorded_answers  # noqa: SLF001
    simulation.skip_to(utc("2025-06-04 07:30"))
    simulation.run(utc("2025-06-04 12:00"))
    both = [number for ids in simulation.editions().values() for number in ids]
    assert {"2506.03001", "2506.03002", "2506.04001", "2506.04002"} <= set(both)
    assert len(both) == len(set(both))
