"""Tests two recorded weeks of `paperboy run` in minutes: the test moves the clock and the replayed sources together."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.e2e.conftest import Replay, recorded_sources
from tests.e2e.running import QUICK, Rehearsal, Running, running
from tests.fakes.subscriptions import NewSubscription
from workers import config
from workers.domain.chats import ChatRef
from workers.runtime.clock import system_clock
from workers.scheduler import collections_due
from workers.store import Store, open_store
from workers.store.tables import delivery, edition, listing, part

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]

DAY = timedelta(days=1)
FIRST, LAST = date(2025, 6, 2), date(2025, 6, 13)
KILLS = 4
ZONES = {
    "Asia/Seoul": ("09:00", "00:00"),
    "America/New_York": ("08:30", "12:30"),
    "Europe/Berlin": ("10:00", "08:00"),
    "Asia/Kolkata": ("18:45", "13:15"),
    "Pacific/Auckland": ("20:15", "08:15"),
}
"""Zone → (slot, the slot's time in UTC in June)."""


def at(day: date, hour: str) -> datetime:
    return datetime.fromisoformat(f"{day} {hour}").replace(tzinfo=UTC)


def moments(last: date) -> Iterator[datetime]:
    """Yield the moments one second after each collection, close and slot.

    They end with the Saturday after `last`, which is a Friday, and with Monday morning in Seoul.
    """
    hours = ["04:20", "07:00", "07:30", *(due for _, due in ZONES.values())]
    for n in range((last - FIRST).days + 2):
        yield from (at(FIRST + n * DAY, hour) + timedelta(seconds=1) for hour in sorted(hours))
    yield at(last + 3 * DAY, "00:00") + timedelta(seconds=1)  # Friday's edition is sent on Monday morning in Seoul


def settled(store: Store, settings: config.Settings) -> bool:
    """Return whether nothing is due, in progress or unsent at the test clock's present moment."""
    now, editions = store.clock.now(), store.editions
    return not (
        settings.calendar().to_make(now, editions.newest_asked_for())
        or editions.in_the_making(now - DAY)
        or store.texts.unwritten_days(["ko"])
        or next(collections_due(settings, store, now), None)
        or store.subscriptions.due(now)
        or not store.outbox.idle("terminal")
    )


@pytest.fixture
def settings_path(settings_file: Callable[..., Path], replay: Replay) -> Path:
    return settings_file(recorded_sources(replay.url, categories=["cs.CL"]), **QUICK)


def test_two_weeks_the_second_with_processes_killed_at_random(
    settings_path: Path, replay: Replay, rehearsal: Rehearsal, tmp_path: Path
) -> None:
    settings, chance = config.load(settings_path, environment={}), random.Random(20250602)  # noqa: S311 - no secret
    rehearsal.move_to(at(FIRST, "00:00"))
    due = list(moments(LAST))
    kill_moments = set(chance.sample(range(len(due) // 2, len(due)), KILLS))
    victims = [
        "run",
        *(name for name in ("editions", "clock", "valkey", "questions", "editions") for _ in range(KILLS)),
    ]
    with open_store(settings.store.url, system_clock(rehearsal.environment)) as store:
        for zone, (slot, hour) in ZONES.items():
            first = at(FIRST + DAY, hour) if zone == "Asia/Seoul" else at(FIRST, hour)
            store.subscriptions.add(NewSubscription(ChatRef("terminal", zone), first, slot=slot, zone=zone))
        store.editions.want(FIRST - 3 * DAY)  # Friday's edition, so that the week begins like any other
        replay.today(str(FIRST - DAY))
        with running(settings_path, tmp_path, rehearsal.environment) as run:
            run.until(lambda: settled(store, settings))
            for n, moment in enumerate(due):
                if moment.time() >= datetime.fromisoformat("2025-01-01 04:00").time():
                    replay.today(str(moment.date()))
                rehearsal.move_to(moment)
                if n in kill_moments:
                    kill_at_random(run, victims.pop(0), chance)
                run.until(lambda: settled(store, settings))
        check(store)


def kill_at_random(run: Running, victim: str, chance: random.Random) -> None:
    """Kill one process at a random time within the moment's work."""
    time.sleep(1.5 * chance.random())  # a random time within the work, not a wait for a condition
    run.kill(victim)
    if victim == "run":
        run.start()


def check(store: Store) -> None:
    days_between = [FIRST + n * DAY for n in range((LAST - FIRST).days + 1)]
    working = [day for day in days_between if day.weekday() < 5]
    with store.engine.connect() as connection:
        days = connection.execute(select(edition.c.day).where(edition.c.closed_at.is_not(None))).scalars().all()
        papers = connection.execute(select(listing.c.paper_id)).scalars().all()
        given = connection.execute(select(delivery).order_by(delivery.c.id)).all()
        states = Counter(connection.execute(select(part.c.state)).scalars())
    assert sorted(day for day in days if day >= FIRST) == working
    assert len(papers) == len(set(papers))
    for zone, (_, hour) in ZONES.items():
        mine = [row for row in given if row.chat == zone]
        assert [row.day for row in mine if row.day >= FIRST] == working, zone
        for row in mine:
            late = row.created_at - at(row.created_at.date(), hour)
            assert timedelta() <= late < timedelta(minutes=5), (zone, row.created_at)
        assert not any(row.silent for row in mine)
    assert set(states) <= {"posted", "unknown"}
    assert states["unknown"] <= 1, "the one in flight when the run itself was killed"
