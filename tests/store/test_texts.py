"""Tests that one process writes each text and that the first text of a language is kept."""

from datetime import date

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.papers import paper
from workers.domain.models import Digest, RankedPaper, Selection, SourceAnswer, SourceReport, Text
from workers.store import Store

DAY = date(2025, 6, 3)
NEXT = date(2025, 6, 4)


@pytest.fixture(autouse=True)
def _closed_edition(store: Store) -> None:
    attempt, listed = store.editions.claim(DAY), paper()
    assert attempt is not None
    answer = SourceAnswer(SourceReport("arxiv", "ok", 1))
    store.editions.close(DAY, attempt, Selection((listed,), {}), [RankedPaper(1, listed, "Robotics")], [answer])


def test_an_edition_whose_worker_stopped_before_writing_is_found(store: Store, moving_clock: FakeClock) -> None:
    assert store.texts.unwritten_days(["ko"]) == [], "its worker may still be writing"
    moving_clock.advance(20)
    assert store.editions.open_days() == []
    assert store.texts.unwritten_days(["ko", "en"]) == [DAY]
    store.texts.save(DAY, Text(_digest("ko", "제목"), None))
    assert store.texts.unwritten_days(["ko"]) == []
    assert store.texts.unwritten_days(["ko", "en"]) == [DAY]
    moving_clock.advance(86_400)
    assert store.texts.unwritten_days(["en"]) == [], "an old edition is written when somebody asks for it"


def test_a_text_is_written_by_one_process_at_a_time(store: Store, moving_clock: FakeClock) -> None:
    moving_clock.advance(20)
    assert store.texts.claim(DAY)
    assert not store.texts.claim(DAY)
    assert store.texts.unwritten_days(["ko"]) == [], "somebody writes it"
    assert store.editions.claim(NEXT) == 1, "the next edition need not wait for it"
    moving_clock.advance(15)
    store.texts.renew(DAY)
    moving_clock.advance(15)
    assert store.texts.unwritten_days(["ko"]) == []
    moving_clock.advance(6)
    assert store.texts.unwritten_days(["ko"]) == [DAY], "and then fell silent"
    assert store.texts.claim(DAY)
    store.texts.release(DAY)
    assert store.texts.claim(DAY)
    assert not store.texts.claim(NEXT), "which is not closed"


def test_the_first_text_of_a_language_is_the_one_that_is_kept(store: Store) -> None:
    first = Text(_digest("ko", "첫 번째"), b"png")
    assert store.texts.save(DAY, first) == first
    assert store.texts.save(DAY, Text(_digest("ko", "두 번째"), None)) == first
    assert store.texts.get(DAY, "en") is None
    assert store.texts.newest("ko") == DAY
    assert store.texts.newest("en") is None


def test_the_newest_text_is_none_of_a_retracted_edition(store: Store) -> None:
    store.texts.save(DAY, Text(_digest("ko", "제목"), None))
    assert (store.texts.newest("ko"), store.editions.is_available(DAY)) == (DAY, True)
    store.editions.retract(DAY)
    assert (store.texts.newest("ko"), store.editions.is_available(DAY)) == (None, False)
    assert store.texts.languages(DAY) == ["ko"], "which is kept for whoever asks what was posted"


def _digest(language: str, title: str) -> Digest:
    return Digest(
        date=DAY.isoformat(),
        language=language,
        title=title,
        highlights=(),
        sections=(),
        papers=(),
        collected=1,
        listed=0,
        skipped={"not selected": 1},
        sources=(SourceReport("arxiv", "ok", 1),),
    )
