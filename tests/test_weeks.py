"""Simulated weeks: every edition is made once and every chat gets it at its hour, across holidays and clock changes."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.fakes.clock import FakeClock, utc
from tests.fakes.empty_store import empty_store
from tests.fakes.simulation import DAY, MINUTE, MONDAY, Simulation, a_paper_on
from tests.fakes.source import Answer
from tests.fakes.subscriptions import NewSubscription
from workers.domain.chats import ChatRef
from workers.domain.errors import SourceError
from workers.store import Store, open_store
from workers.store.tables import source_answer

pytestmark = pytest.mark.slow


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
    simulation.arxiv.answers = answers
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
    simulation.arxiv.answers = {MONDAY: SourceError("HTTP 503")}
    simulation.huggingface.answers = {MONDAY: SourceError("HTTP 503")}
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
    simulation.arxiv.answers = {day: answer for day, answer in simulation.arxiv.answers.items() if day != quiet}
    simulation.huggingface.answers = {MONDAY: a_paper_on(MONDAY, "huggingface")}
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
    recorded_answers = dict(simulation.arxiv.answers), dict(simulation.huggingface.answers)
    simulation.arxiv.answers = {**recorded_answers[0], tuesday: SourceError("HTTP 503")}
    simulation.huggingface.answers = {**recorded_answers[1], tuesday: SourceError("HTTP 503")}
    simulation.run(utc("2025-06-04 00:00"))
    assert tuesday not in simulation.editions()
    assert simulation.work.editions.count(tuesday) > 20
    simulation.arxiv.answers, simulation.huggingface.answers = recorded_answers
    simulation.skip_to(utc("2025-06-04 07:30"))
    simulation.run(utc("2025-06-04 12:00"))
    both = [number for ids in simulation.editions().values() for number in ids]
    assert {"2506.03001", "2506.03002", "2506.04001", "2506.04002"} <= set(both)
    assert len(both) == len(set(both))
