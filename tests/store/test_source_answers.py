"""Answers kept for the edition that will use them."""

from datetime import date, timedelta

from tests.fakes.clock import FakeClock
from tests.fakes.papers import entry, paper
from workers.domain.models import Collected, Placed, Selection, SourceReport, answered
from workers.store import Store

DAY = date(2025, 6, 3)
NEXT = DAY + timedelta(days=1)
ANSWER = answered("arxiv", [entry(), entry(title="Why 1 + 1 < 1")], dropped=2)


def close(store: Store, day: date, *answers: Collected) -> None:
    attempt = store.editions.claim(day)
    assert attempt is not None
    one = paper(keys=(("arxiv", f"x{day}"),), arxiv_id=f"x{day}")
    store.editions.close(day, attempt, Selection((one,), {}), [Placed(1, one, "Robotics")], answers)


def test_an_answer_is_kept_as_it_was(store: Store) -> None:
    assert store.collections.kept("arxiv", DAY) is None
    store.collections.keep(DAY, ANSWER, retry_in_s=600)
    assert store.collections.kept("arxiv", DAY) == ANSWER
    assert store.collections.kept("arxiv", NEXT) is None


def test_a_failure_is_remembered_with_its_next_try_and_then_replaced(store: Store, moving_clock: FakeClock) -> None:
    store.collections.keep(DAY, Collected(SourceReport("arxiv", "failed", reason="HTTP 503")), retry_in_s=600)
    assert store.collections.kept("arxiv", DAY) is None
    (known,) = store.collections.of([DAY])
    assert (known.status, known.reason) == ("failed", "HTTP 503")
    assert known.retry_at == moving_clock.now() + timedelta(seconds=600)
    store.collections.keep(DAY, ANSWER, retry_in_s=600)
    assert store.collections.kept("arxiv", DAY) == ANSWER


def test_what_an_edition_has_used_is_not_kept_any_longer(store: Store) -> None:
    store.collections.keep(DAY, ANSWER, retry_in_s=600)
    close(store, DAY, ANSWER)
    assert store.collections.kept("arxiv", DAY) is None
    assert store.collections.waiting(NEXT) == {}
    store.collections.keep(DAY, ANSWER, retry_in_s=600)
    assert store.collections.kept("arxiv", DAY) is None, "too late"


def test_what_no_edition_has_used_waits_for_the_next(store: Store) -> None:
    store.collections.keep(DAY, ANSWER, retry_in_s=600)
    assert store.collections.waiting(NEXT) == {"arxiv": [DAY]}
    close(store, NEXT, Collected(ANSWER.report, ANSWER.entries, earlier=(DAY,)))
    assert store.collections.waiting(NEXT + timedelta(days=1)) == {}


def test_an_earlier_day_that_failed_is_asked_for_again(store: Store) -> None:
    close(store, NEXT, Collected(SourceReport("huggingface", "ok", 1), lacking=(DAY,)))
    assert store.collections.waiting(NEXT + timedelta(days=1)) == {"huggingface": [DAY]}


def test_an_edition_made_anew_asks_for_its_days_again(store: Store) -> None:
    close(store, NEXT, Collected(ANSWER.report, ANSWER.entries, earlier=(DAY,)))
    assert store.editions.reopen(NEXT) == []
    assert store.collections.waiting(NEXT) == {"arxiv": [DAY]}
    assert store.editions.open_days() == [NEXT]
