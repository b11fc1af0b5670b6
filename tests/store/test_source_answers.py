"""Tests the sources' answers that are stored until an edition uses them."""

from datetime import date, timedelta

from tests.fakes.clock import FakeClock
from tests.fakes.papers import entry, paper
from workers.domain.models import RankedPaper, Selection, SourceAnswer, SourceReport, answered
from workers.store import Store

DAY = date(2025, 6, 3)
NEXT = DAY + timedelta(days=1)
ANSWER = answered("arxiv", [entry(), entry(title="Why 1 + 1 < 1")], dropped=2)


def close(store: Store, day: date, *answers: SourceAnswer) -> None:
    attempt = store.editions.claim(day)
    assert attempt is not None
    one = paper(keys=(("arxiv", f"x{day}"),), arxiv_id=f"x{day}")
    store.editions.close(day, attempt, Selection((one,), {}), [RankedPaper(1, one, "Robotics")], answers)


def test_an_answer_is_kept_as_it_was(store: Store) -> None:
    assert store.source_answers.kept("arxiv", DAY) is None
    store.source_answers.keep(DAY, ANSWER, retry_in_s=600)
    assert store.source_answers.kept("arxiv", DAY) == ANSWER
    assert store.source_answers.kept("arxiv", NEXT) is None


def test_a_failure_is_remembered_with_its_next_try_and_then_replaced(store: Store, moving_clock: FakeClock) -> None:
    store.source_answers.keep(DAY, SourceAnswer(SourceReport("arxiv", "failed", reason="HTTP 503")), retry_in_s=600)
    assert store.source_answers.kept("arxiv", DAY) is None
    (known,) = store.source_answers.of([DAY])
    assert (known.status, known.reason) == ("failed", "HTTP 503")
    assert known.retry_at == moving_clock.now() + timedelta(seconds=600)
    store.source_answers.keep(DAY, ANSWER, retry_in_s=600)
    assert store.source_answers.kept("arxiv", DAY) == ANSWER


def test_what_an_edition_has_used_is_not_kept_any_longer(store: Store) -> None:
    store.source_answers.keep(DAY, ANSWER, retry_in_s=600)
    close(store, DAY, ANSWER)
    assert store.source_answers.kept("arxiv", DAY) is None
    assert store.source_answers.waiting(NEXT) == {}
    store.source_answers.keep(DAY, ANSWER, retry_in_s=600)
    assert store.source_answers.kept("arxiv", DAY) is None, "too late"


def test_what_no_edition_has_used_waits_for_the_next(store: Store) -> None:
    store.source_answers.keep(DAY, ANSWER, retry_in_s=600)
    assert store.source_answers.waiting(NEXT) == {"arxiv": [DAY]}
    close(store, NEXT, SourceAnswer(ANSWER.report, ANSWER.entries, earlier=(DAY,)))
    assert store.source_answers.waiting(NEXT + timedelta(days=1)) == {}


def test_an_earlier_day_that_failed_is_asked_for_again(store: Store) -> None:
    close(store, NEXT, SourceAnswer(SourceReport("huggingface", "ok", 1), lacking=(DAY,)))
    assert store.source_answers.waiting(NEXT + timedelta(days=1)) == {"huggingface": [DAY]}


def test_an_edition_made_anew_asks_for_its_days_again(store: Store) -> None:
    close(store, NEXT, SourceAnswer(ANSWER.report, ANSWER.entries, earlier=(DAY,)))
    assert store.editions.reopen(NEXT) == []
    assert store.source_answers.waiting(NEXT) == {"arxiv": [DAY]}
    assert store.editions.open_days() == [NEXT]
