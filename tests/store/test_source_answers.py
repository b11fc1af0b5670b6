"""Tests the sources' answers that are stored until an edition uses them."""

from datetime import date, timedelta

from tests.fakes.clock import FakeClock
from tests.fakes.papers import entry, paper
from workers.domain.models import MissingPart, RankedPaper, Selection, SourceAnswer, SourceReport
from workers.domain.source_answers import answered
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


PART = answered("arxiv", [entry()], missing=[MissingPart("cs.AI", "HTTP 503")])
REST = answered("arxiv", [entry(arxiv_id="2506.00020", title="The rest")], missing=[MissingPart("cs.CL", "HTTP 503")])


def test_a_partial_answer_is_kept_to_be_asked_again_and_joined_with_the_rest(
    store: Store, moving_clock: FakeClock
) -> None:
    store.source_answers.keep(DAY, PART, retry_in_s=600)
    assert store.source_answers.kept("arxiv", DAY) == PART
    (known,) = store.source_answers.of([DAY])
    assert (known.status, known.retry_at) == ("partial", moving_clock.now() + timedelta(seconds=600))
    store.source_answers.keep(DAY, SourceAnswer(SourceReport("arxiv", "failed", reason="no answer")), retry_in_s=600)
    assert store.source_answers.kept("arxiv", DAY) == PART, "a failure takes nothing away"
    store.source_answers.keep(DAY, REST, retry_in_s=600)
    whole = store.source_answers.kept("arxiv", DAY)
    assert whole is not None
    assert (whole.report, set(whole.entries)) == (SourceReport("arxiv", "ok", 2), {*PART.entries, *REST.entries})
    assert store.source_answers.of([DAY])[0].retry_at is None


def test_a_late_answer_has_nothing_to_keep_and_is_asked_again(store: Store) -> None:
    late = answered("arxiv", [], missing=[MissingPart("cs.AI", "the feed still shows 2025-06-02", late=True)])
    store.source_answers.keep(DAY, late, retry_in_s=600)
    assert store.source_answers.kept("arxiv", DAY) is None
    (known,) = store.source_answers.of([DAY])
    assert (known.status, known.retry_at is None) == ("late", False)


def test_the_day_of_a_partial_answer_stays_open_for_the_next_edition(store: Store) -> None:
    store.source_answers.keep(DAY, PART, retry_in_s=600)
    close(store, DAY, PART)
    assert store.source_answers.waiting(NEXT) == {"arxiv": [DAY]}
    close(store, NEXT, SourceAnswer(ANSWER.report, ANSWER.entries, earlier=(DAY,)))
    assert store.source_answers.waiting(NEXT + timedelta(days=1)) == {}


def test_papers_that_a_source_showed_on_an_earlier_day_are_known_with_their_categories(store: Store) -> None:
    close(store, DAY, ANSWER)
    store.source_answers.keep(NEXT, answered("arxiv", [entry(arxiv_id="2506.00020", categories=("cs.AI",))]), 600)
    shown, ids = store.source_answers.shown_before, [f"x{DAY}", "2506.00020", "2506.00021"]
    assert shown("arxiv", DAY, ids) == {}
    assert shown("arxiv", NEXT, ids) == {f"x{DAY}": {"cs.RO", "cs.CL"}}
    assert shown("arxiv", NEXT + timedelta(days=1), ids) == {
        f"x{DAY}": {"cs.RO", "cs.CL"},
        "2506.00020": {"cs.AI"},
    }
    assert shown("huggingface", NEXT, ids) == {}


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


def test_an_edition_made_anew_asks_for_its_days_again(store: Store, moving_clock: FakeClock) -> None:
    moving_clock.advance(86_400)
    close(store, NEXT, SourceAnswer(ANSWER.report, ANSWER.entries, earlier=(DAY,)))
    assert store.editions.reopen(NEXT) == []
    assert store.source_answers.waiting(NEXT) == {"arxiv": [DAY]}
    assert store.editions.open_days() == [NEXT]
