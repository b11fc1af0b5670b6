"""Tests that editions are claimed under a lease, closed once and found afterwards."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from tests.fakes.clock import FakeClock
from tests.fakes.papers import paper
from workers.domain.errors import LeaseLost
from workers.domain.models import Paper, RankedPaper, Selection, SourceAnswer, SourceReport
from workers.store import Store

DAY = date(2025, 6, 3)
NEXT = date(2025, 6, 4)
OK = SourceAnswer(SourceReport("arxiv", "ok", 2))


def close(
    store: Store,
    day: date,
    chosen: Sequence[Paper],
    skipped: dict[str, tuple[Paper, ...]] | None = None,
    collected: Sequence[SourceAnswer] = (OK,),
) -> int:
    attempt = store.editions.claim(day)
    assert attempt is not None
    ranked = [RankedPaper(n, each, "Robotics") for n, each in enumerate(chosen, start=1)]
    store.editions.close(day, attempt, Selection(tuple(chosen), skipped or {}), ranked, collected)
    return attempt


def numbered(n: int) -> Paper:
    return paper(
        keys=(("arxiv", f"2506.0000{n}"), ("title", f"a title of its own {n}")), arxiv_id=f"2506.0000{n}", title=f"T{n}"
    )


def test_a_closed_edition_is_found_as_it_was_closed(store: Store) -> None:
    close(store, DAY, [numbered(1), numbered(2)], {"not selected": (numbered(3),)})
    edition = store.editions.get(DAY)
    assert edition is not None
    assert [item.paper.title for item in edition.ranked] == ["T1", "T2"]
    assert [item.label for item in edition.ranked] == ["Robotics", "Robotics"]
    assert edition.collected == 3 == len(edition.ranked) + sum(edition.skipped.values())
    assert edition.sources == (SourceReport("arxiv", "ok", 2),)
    assert edition.new_by_day == {DAY: 3}


def test_an_edition_under_way_is_nobody_elses(store: Store) -> None:
    assert store.editions.claim(DAY) == 1
    assert store.editions.claim(DAY) is None


def test_a_lease_that_ran_out_is_taken_over_and_the_first_writes_nothing(store: Store, moving_clock: FakeClock) -> None:
    first = store.editions.claim(DAY)
    moving_clock.advance(21)
    second = store.editions.claim(DAY)
    assert (first, second) == (1, 2)
    assert first is not None
    with pytest.raises(LeaseLost):
        store.editions.renew(DAY, first)
    with pytest.raises(LeaseLost):
        store.editions.note(DAY, first, "merge", "late")
    with pytest.raises(LeaseLost):
        store.editions.close(DAY, first, Selection((numbered(1),), {}), [RankedPaper(1, numbered(1), "x")], [OK])
    assert store.editions.get(DAY) is None
    assert store.editions.history([numbered(1)]) == [None]


def test_a_renewed_lease_holds(store: Store, moving_clock: FakeClock) -> None:
    attempt = store.editions.claim(DAY)
    assert attempt is not None
    for _ in range(3):
        moving_clock.advance(15)
        store.editions.renew(DAY, attempt)
    assert store.editions.claim(DAY) is None


def test_an_edition_is_closed_once(store: Store) -> None:
    attempt = close(store, DAY, [numbered(1)])
    assert store.editions.claim(DAY) is None
    with pytest.raises(LeaseLost):
        store.editions.close(DAY, attempt, Selection((), {}), [], [OK])


def test_the_database_itself_refuses_a_paper_in_two_editions(store: Store) -> None:
    close(store, DAY, [numbered(1)])
    attempt = store.editions.claim(NEXT)
    assert attempt is not None
    with pytest.raises(IntegrityError):
        store.editions.close(NEXT, attempt, Selection((numbered(1),), {}), [RankedPaper(1, numbered(1), "x")], [OK])
    assert store.editions.get(NEXT) is None


def test_history_knows_the_listing_the_sources_and_the_label(store: Store) -> None:
    close(store, DAY, [numbered(1)], {"not selected": (numbered(2),)})
    listed, passed_over, new = store.editions.history([numbered(1), numbered(2), numbered(3)])
    assert listed is not None
    assert (listed.listed_on, listed.label, listed.seen_from) == (DAY, "Robotics", frozenset({"arxiv"}))
    assert passed_over is not None
    assert (passed_over.listed_on, passed_over.label) == (None, None)
    assert new is None


def test_a_title_that_turns_out_to_have_an_id_is_the_same_paper(store: Store) -> None:
    bare = paper(keys=(("title", "mirror reflections"),), arxiv_id=None, sources=("deeplearn",))
    close(store, DAY, [bare])
    known = paper(keys=(("arxiv", "2409.14677"), ("title", "mirror reflections")), arxiv_id="2409.14677")
    (past,) = store.editions.history([known])
    assert past is not None
    assert past.listed_on == DAY
    close(store, NEXT, [], {"announced before": (known,)})
    renamed = paper(keys=(("arxiv", "2409.14677"), ("title", "another title")), arxiv_id="2409.14677")
    (past,) = store.editions.history([renamed])
    assert past is not None
    assert past.listed_on == DAY
    assert past.seen_from == {"arxiv", "deeplearn"}


def test_two_rows_that_turn_out_to_be_one_paper_are_joined(store: Store) -> None:
    by_title = paper(keys=(("title", "mirror reflections"),), arxiv_id=None, sources=("deeplearn",))
    by_id = paper(keys=(("arxiv", "2409.14677"), ("title", "an older title")), arxiv_id="2409.14677")
    close(store, DAY, [by_title], {"not selected": (by_id,)})
    both = paper(keys=(("arxiv", "2409.14677"), ("title", "mirror reflections")), arxiv_id="2409.14677")
    close(store, NEXT, [], {"announced before": (both,)})
    (past,) = store.editions.history([by_id])
    assert past is not None
    assert past.listed_on == DAY
    edition = store.editions.get(DAY)
    assert edition is not None
    assert len(edition.ranked) == 1


def test_two_arxiv_ids_with_one_title_stay_two_papers(store: Store) -> None:
    first = paper(keys=(("arxiv", "2506.00001"), ("title", "attention revisited")), arxiv_id="2506.00001")
    second = paper(keys=(("arxiv", "2506.00002"), ("title", "attention revisited")), arxiv_id="2506.00002")
    close(store, DAY, [first])
    assert store.editions.history([second]) == [None]
    close(store, NEXT, [second])


def test_a_bare_title_shared_by_two_ids_is_taken_once(store: Store) -> None:
    bare = paper(keys=(("title", "attention revisited"),), arxiv_id=None)
    first = paper(keys=(("arxiv", "2506.00001"), ("title", "attention revisited")), arxiv_id="2506.00001")
    second = paper(keys=(("arxiv", "2506.00002"), ("title", "attention revisited")), arxiv_id="2506.00002")
    close(store, DAY, [], {"not selected": (bare,)})
    close(store, NEXT, [first, second])
    edition = store.editions.get(NEXT)
    assert edition is not None
    assert len(edition.ranked) == 2


def test_a_later_version_adds_but_never_changes_what_an_edition_said(store: Store) -> None:
    close(store, DAY, [numbered(1)], {"not selected": (numbered(2),)})
    again = [
        paper(keys=numbered(n).keys, arxiv_id=numbered(n).arxiv_id, title=f"T{n} again", version=2, upvotes=7)
        for n in (1, 2)
    ]
    close(store, NEXT, [], {"replacement": tuple(again)})
    edition = store.editions.get(DAY)
    assert edition is not None
    assert (edition.ranked[0].paper.title, edition.ranked[0].paper.upvotes) == ("T1", 7)


def test_a_paper_keeps_its_first_label(store: Store) -> None:
    close(store, DAY, [numbered(1)])
    with store.engine.begin() as connection:
        from workers.store import papers

        (past,) = store.editions.history([numbered(1)])
        assert past is not None
        papers.label(connection, {past.paper_id: "Others"})
    (past,) = store.editions.history([numbered(1)])
    assert past is not None
    assert past.label == "Robotics"


def test_what_a_source_missed_is_remembered_until_it_is_made_up(store: Store) -> None:
    failed = SourceAnswer(SourceReport("arxiv", "failed", reason="HTTP 503"))
    other = SourceAnswer(SourceReport("huggingface", "ok", 1))
    close(store, DAY, [numbered(1)], collected=[failed, other])
    assert store.source_answers.waiting(NEXT) == {"arxiv": [DAY]}
    made_up = SourceAnswer(SourceReport("arxiv", "ok", 9), earlier=(DAY,))
    close(store, NEXT, [numbered(2)], collected=[made_up, other])
    assert store.source_answers.waiting(NEXT + timedelta(days=1)) == {}


def test_a_source_is_not_asked_for_days_long_past(store: Store) -> None:
    failed = SourceAnswer(SourceReport("arxiv", "failed", reason="HTTP 503"))
    close(store, DAY, [numbered(1)], collected=[failed])
    assert store.source_answers.waiting(DAY + timedelta(days=7)) == {"arxiv": [DAY]}
    assert store.source_answers.waiting(DAY + timedelta(days=8)) == {}


def test_a_day_without_any_edition_still_remembers_what_failed(store: Store) -> None:
    attempt = store.editions.claim(DAY)
    assert attempt is not None
    store.editions.note_failure(DAY, attempt, [SourceAnswer(SourceReport("arxiv", "failed", reason="no answer"))])
    assert store.source_answers.waiting(NEXT) == {"arxiv": [DAY]}


def test_open_editions_are_found_unless_somebody_works_on_them_or_they_rest(
    store: Store, moving_clock: FakeClock
) -> None:
    store.editions.want(DAY)
    assert store.editions.open_days() == [DAY]
    attempt = store.editions.claim(DAY)
    assert attempt is not None
    assert store.editions.open_days() == []
    store.editions.release(DAY, attempt, retry_in_s=600)
    assert store.editions.open_days() == []
    moving_clock.advance(600)
    assert store.editions.open_days() == [DAY]
    close(store, DAY, [numbered(1)])
    assert store.editions.open_days() == []


def test_progress_is_what_the_present_attempt_did(store: Store, moving_clock: FakeClock) -> None:
    first = store.editions.claim(DAY)
    store.editions.note(DAY, first, "collect", "arxiv 9")
    moving_clock.advance(21)
    second = store.editions.claim(DAY)
    store.editions.note(DAY, second, "collect", "arxiv 10")
    assert store.editions.progress(DAY) == [("collect", "arxiv 10")]
