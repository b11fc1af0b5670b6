"""Days on which a source is late or partial: it is asked again until the close, then named, and made up later."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock, utc
from tests.fakes.empty_store import empty_store
from tests.fakes.simulation import DAY, MONDAY, Simulation, a_paper_on
from workers.domain.models import Entry, MissingPart, SourceAnswer
from workers.domain.source_answers import answered
from workers.store import Store, open_store

TUESDAY, WEDNESDAY = MONDAY + DAY, MONDAY + 2 * DAY
LATE = answered("arxiv", [], missing=[MissingPart("cs.CL", "the feed still shows 2025-06-02", late=True)])
BEHIND = MissingPart("cs.AI", "the feed still shows 2025-06-02", late=True)


def first_of(entries: list[Entry]) -> SourceAnswer:
    return answered("arxiv", entries, missing=[BEHIND])


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(utc("2025-06-03 04:10"))


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with open_store(empty_store(tmp_path / "store.db"), clock) as opened:
        opened.editions.want(MONDAY)
        yield opened


def test_a_late_source_is_asked_every_ten_minutes_until_it_comes(store: Store, clock: FakeClock) -> None:
    simulation = Simulation(store, clock, TUESDAY)
    papers = simulation.arxiv.answers[TUESDAY]
    simulation.arxiv.answers[TUESDAY] = LATE
    simulation.run(utc("2025-06-03 05:00"))
    assert simulation.arxiv.asked.count(TUESDAY) == 5
    simulation.arxiv.answers[TUESDAY] = papers
    simulation.run(utc("2025-06-03 08:00"))
    assert simulation.arxiv.asked.count(TUESDAY) == 6
    edition = store.editions.get(TUESDAY)
    assert edition is not None
    assert [report.status for report in edition.sources] == ["ok", "ok"]
    assert "2506.03001" in simulation.editions()[TUESDAY]


def test_a_source_that_stays_late_is_named_at_the_close_and_comes_with_the_next_edition(
    store: Store, clock: FakeClock
) -> None:
    simulation = Simulation(store, clock, TUESDAY)
    papers = simulation.arxiv.answers[TUESDAY]
    simulation.arxiv.answers[TUESDAY] = LATE
    simulation.run(utc("2025-06-03 08:00"))
    edition = store.editions.get(TUESDAY)
    assert edition is not None
    assert [(report.name, report.status) for report in edition.sources] == [("arxiv", "late"), ("huggingface", "ok")]
    assert simulation.editions()[TUESDAY] == ["2506.03002"]
    simulation.arxiv.answers[TUESDAY] = papers
    simulation.run(utc("2025-06-04 09:00"), step=timedelta(hours=2))
    assert set(simulation.editions()[WEDNESDAY]) == {"2506.03001", "2506.04001", "2506.04002"}
    assert store.source_answers.waiting(WEDNESDAY + DAY) == {}


def test_a_part_that_comes_before_the_close_joins_what_was_kept(store: Store, clock: FakeClock) -> None:
    simulation = Simulation(store, clock, TUESDAY)
    first, second = a_paper_on(TUESDAY), a_paper_on(TUESDAY + 14 * DAY)
    simulation.arxiv.answers[TUESDAY] = first_of(first)
    simulation.run(utc("2025-06-03 05:00"))
    simulation.arxiv.answers[TUESDAY] = answered("arxiv", second, missing=[MissingPart("cs.CL", "HTTP 503")])
    simulation.run(utc("2025-06-03 08:00"))
    edition = store.editions.get(TUESDAY)
    assert edition is not None
    assert edition.sources[0].status == "ok"
    assert {"2506.03001", "2506.17001"} <= set(simulation.editions()[TUESDAY])


def test_a_part_that_is_missing_at_the_close_comes_with_the_next_edition_and_the_rest_is_known(
    store: Store, clock: FakeClock
) -> None:
    simulation = Simulation(store, clock, TUESDAY)
    first, second = a_paper_on(TUESDAY), a_paper_on(TUESDAY + 14 * DAY)
    simulation.arxiv.answers[TUESDAY] = first_of(first)
    simulation.run(utc("2025-06-03 08:00"))
    tuesday = store.editions.get(TUESDAY)
    assert tuesday is not None
    assert (tuesday.sources[0].status, tuesday.sources[0].reason) == ("partial", f"cs.AI: {BEHIND.reason}")
    assert set(simulation.editions()[TUESDAY]) == {"2506.03001", "2506.03002"}
    simulation.arxiv.answers[TUESDAY] = [*first, *second]
    simulation.run(utc("2025-06-04 09:00"), step=timedelta(hours=2))
    wednesday = store.editions.get(WEDNESDAY)
    assert wednesday is not None
    assert set(simulation.editions()[WEDNESDAY]) == {"2506.17001", "2506.04001", "2506.04002"}
    assert wednesday.skipped == {"announced before": 1}
    assert wednesday.collected == len(wednesday.ranked) + sum(wednesday.skipped.values())
    assert store.source_answers.waiting(WEDNESDAY + DAY) == {}


def test_an_edition_of_which_every_source_is_late_is_tried_again_and_made_when_one_comes(
    store: Store, clock: FakeClock
) -> None:
    simulation = Simulation(store, clock, TUESDAY)
    papers = simulation.arxiv.answers[TUESDAY]
    simulation.arxiv.answers[TUESDAY] = LATE
    simulation.huggingface.answers[TUESDAY] = []
    simulation.run(utc("2025-06-03 09:00"))
    assert TUESDAY not in simulation.editions()
    assert simulation.work.editions.count(TUESDAY) > 5
    simulation.arxiv.answers[TUESDAY] = papers
    simulation.run(utc("2025-06-03 09:30"))
    assert simulation.editions()[TUESDAY] == ["2506.03001"]


def test_what_was_kept_of_a_partial_source_survives_an_edition_that_could_not_be_made(
    store: Store, clock: FakeClock
) -> None:
    simulation = Simulation(store, clock, MONDAY)
    known, papers = simulation.arxiv.answers[MONDAY], simulation.arxiv.answers[TUESDAY]
    assert isinstance(known, list)
    simulation.arxiv.answers[TUESDAY] = first_of(known)
    simulation.huggingface.answers[TUESDAY] = []
    simulation.run(utc("2025-06-03 08:00"))
    assert TUESDAY not in simulation.editions(), "nothing new is there yet"
    kept = store.source_answers.kept("arxiv", TUESDAY)
    assert kept is not None
    assert (kept.report.status, kept.entries) == ("partial", tuple(known))
    simulation.arxiv.answers[TUESDAY] = papers
    simulation.run(utc("2025-06-03 08:30"))
    assert simulation.editions()[TUESDAY] == ["2506.03001"]
