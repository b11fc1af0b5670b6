"""A clock that was wrong for a while: afterwards editions are made and posted as if nothing had happened."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock, utc
from tests.fakes.empty_store import empty_store
from tests.fakes.simulation import DAY, MONDAY, Simulation
from tests.fakes.subscriptions import NewSubscription
from workers.domain.chats import ChatRef
from workers.scheduler import Scheduler
from workers.store import Store, open_store


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(utc("2025-06-02 06:00"))


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with open_store(empty_store(tmp_path / "store.db"), clock) as opened:
        opened.subscriptions.add(NewSubscription(ChatRef("terminal", "seoul"), utc("2025-06-03 00:00")))
        yield opened


def tick_at(simulation: Simulation, moment: str) -> None:
    """One tick with the clock at `moment`; then it is right again."""
    now = simulation.clock.now()
    simulation.skip_to(utc(moment))
    Scheduler(simulation.store, simulation.work, simulation.clock, simulation.settings).tick()
    simulation.skip_to(now)


@pytest.mark.parametrize("wrong", ["2030-06-03 12:00", "2025-06-02 09:00", "2025-06-03 06:00", "1970-01-02 00:00"])
def test_one_tick_with_a_wrong_clock_changes_nothing_that_follows(wrong: str, store: Store, clock: FakeClock) -> None:
    simulation = Simulation(store, clock, MONDAY)
    store.editions.want(MONDAY - 3 * DAY)
    simulation.run(utc("2025-06-02 08:00"), timedelta(minutes=30))
    tick_at(simulation, wrong)
    simulation.run(utc("2025-06-05 01:00"), timedelta(hours=2))
    assert [day for day in simulation.editions() if day >= MONDAY] == [MONDAY, MONDAY + DAY, MONDAY + 2 * DAY]
    assert [(moment[:5], day) for moment, day, _ in simulation.deliveries("seoul")][-2:] == [
        ("06-04", "06-03"),
        ("06-05", "06-04"),
    ]


def test_a_first_tick_in_the_future_does_not_keep_a_new_store_from_its_first_edition(
    store: Store, clock: FakeClock
) -> None:
    simulation = Simulation(store, clock, MONDAY)
    simulation.skip_to(utc("2030-06-03 12:00"))
    store.editions.want(utc("2030-06-03 12:00").date())
    simulation.skip_to(utc("2025-06-02 08:00"))
    simulation.run(utc("2025-06-02 08:00"))
    assert MONDAY in simulation.editions()
