"""Collecting: one source's failure does not affect the others, and missed days are collected later."""

import logging
import threading
from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.failures import FakeFailures
from tests.fakes.papers import entry
from tests.fakes.source import FakeSource
from workers.digest.collect import Earlier, collect
from workers.domain.errors import SourceError
from workers.domain.models import MissingPart, SourceAnswer, SourceReport
from workers.domain.source_answers import answered
from workers.runtime.boundary import Boundary

MONDAY, TUESDAY, WEDNESDAY = date(2025, 6, 2), date(2025, 6, 3), date(2025, 6, 4)
TODAYS, EARLIER = entry(title="Today's paper"), entry(title="An earlier paper")


def collected(sources: Sequence[FakeSource], day: date, earlier: Earlier | None = None) -> list[SourceAnswer]:
    clock = FakeClock(datetime(2025, 6, 4, 8, tzinfo=UTC))
    return collect(sources, day, earlier or Earlier(), Boundary(FakeFailures(clock), clock))


def test_sources_answer_in_the_order_given() -> None:
    sources = [FakeSource(name, {WEDNESDAY: [entry(source=name)]}) for name in ("arxiv", "huggingface", "lab")]
    answers = collected(sources, WEDNESDAY)
    assert [answer.report.name for answer in answers] == ["arxiv", "huggingface", "lab"]
    assert [answer.report.entries for answer in answers] == [1, 1, 1]
    assert [source.asked for source in sources] == [[WEDNESDAY]] * 3


def test_no_sources_give_no_answers() -> None:
    assert collected([], WEDNESDAY, Earlier(missed={"arxiv": [TUESDAY]})) == []


def test_a_failed_source_is_reported_and_never_raised() -> None:
    broken = FakeSource("arxiv", {WEDNESDAY: SourceError("HTTP 503")})
    whole = FakeSource("huggingface", {WEDNESDAY: [TODAYS]})
    failed, answer = collected([broken, whole], WEDNESDAY)
    assert failed == SourceAnswer(SourceReport("arxiv", "failed", reason="HTTP 503"))
    assert answer.entries == (TODAYS,)


def test_a_failure_is_logged_as_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    sources = [FakeSource("arxiv", {WEDNESDAY: SourceError("HTTP 503")}), FakeSource("huggingface", {})]
    with caplog.at_level(logging.INFO, "workers.digest.collect"):
        collected(sources, WEDNESDAY)
    levels = {
        message.split()[1]: level for _, level, message in caplog.record_tuples if message.startswith("collected")
    }
    assert levels == {"source=arxiv": logging.WARNING, "source=huggingface": logging.INFO}


def test_a_source_without_entries_is_quiet_and_not_failed() -> None:
    (answer,) = collected([FakeSource("arxiv", {})], WEDNESDAY)
    assert (answer.report.status, answer.report.reason) == ("quiet", None)


def test_sources_are_asked_at_the_same_time() -> None:
    barrier = threading.Barrier(3)

    class SimultaneousSource(FakeSource):
        def collect(self, day: date) -> SourceAnswer:
            barrier.wait(10)
            return super().collect(day)

    answers = collected([SimultaneousSource(name, {}) for name in "abc"], WEDNESDAY)
    assert [answer.report.status for answer in answers] == ["quiet"] * 3


def test_a_missed_day_is_asked_again_and_made_up() -> None:
    source = FakeSource("arxiv", {WEDNESDAY: [TODAYS], TUESDAY: [EARLIER]})
    (answer,) = collected([source], WEDNESDAY, Earlier(missed={"arxiv": [TUESDAY]}))
    assert source.asked == [WEDNESDAY, TUESDAY]
    assert answer.entries == (TODAYS, EARLIER)
    assert answer.earlier == (TUESDAY,)
    assert (answer.report.status, answer.report.entries) == ("ok", 2)
    assert answer.report.reason == "with 2025-06-03, missed then"


def test_only_the_source_that_missed_a_day_is_asked_for_it() -> None:
    arxiv, other = FakeSource("arxiv", {}), FakeSource("huggingface", {})
    collected([arxiv, other], WEDNESDAY, Earlier(missed={"arxiv": [MONDAY, TUESDAY]}))
    assert arxiv.asked == [WEDNESDAY, MONDAY, TUESDAY]
    assert other.asked == [WEDNESDAY]


def test_a_made_up_day_without_papers_is_made_up_all_the_same() -> None:
    (answer,) = collected([FakeSource("arxiv", {})], WEDNESDAY, Earlier(missed={"arxiv": [TUESDAY]}))
    assert answer.earlier == (TUESDAY,)
    assert answer.report.status == "quiet"


def test_a_quiet_day_with_something_made_up_is_not_quiet() -> None:
    (answer,) = collected([FakeSource("arxiv", {TUESDAY: [EARLIER]})], WEDNESDAY, Earlier(missed={"arxiv": [TUESDAY]}))
    assert answer.report.status == "ok"
    assert answer.entries == (EARLIER,)


def test_an_undated_source_makes_up_without_being_asked_again() -> None:
    source = FakeSource("lab", {WEDNESDAY: [TODAYS]}, dated=False)
    (answer,) = collected([source], WEDNESDAY, Earlier(missed={"lab": [MONDAY, TUESDAY]}))
    assert source.asked == [WEDNESDAY]
    assert answer.earlier == (MONDAY, TUESDAY)
    assert answer.entries == (TODAYS,)


def test_an_undated_source_that_fails_makes_nothing_up() -> None:
    source = FakeSource("lab", {WEDNESDAY: SourceError("not a feed")}, dated=False)
    (answer,) = collected([source], WEDNESDAY, Earlier(missed={"lab": [TUESDAY]}))
    assert answer.earlier == ()


def test_a_source_that_fails_today_is_not_asked_for_the_past() -> None:
    source = FakeSource("arxiv", {WEDNESDAY: SourceError("no answer"), TUESDAY: [EARLIER]})
    (answer,) = collected([source], WEDNESDAY, Earlier(missed={"arxiv": [TUESDAY]}))
    assert source.asked == [WEDNESDAY]
    assert (answer.report.status, answer.earlier) == ("failed", ())


def test_a_made_up_day_that_fails_again_stays_missed() -> None:
    source = FakeSource("arxiv", {WEDNESDAY: [TODAYS], TUESDAY: SourceError("HTTP 503"), MONDAY: [EARLIER]})
    (answer,) = collected([source], WEDNESDAY, Earlier(missed={"arxiv": [MONDAY, TUESDAY]}))
    assert answer.earlier == (MONDAY,)
    assert answer.entries == (TODAYS, EARLIER)
    assert answer.report.reason == "with 2025-06-02, missed then"
    assert answer.report.status == "ok"


def test_when_nothing_could_be_made_up_the_days_answer_stands_as_it_is() -> None:
    source = FakeSource("arxiv", {WEDNESDAY: [TODAYS], TUESDAY: SourceError("HTTP 503")})
    (answer,) = collected([source], WEDNESDAY, Earlier(missed={"arxiv": [TUESDAY]}))
    assert answer == SourceAnswer(SourceReport("arxiv", "ok", 1), (TODAYS,), lacking=(TUESDAY,))


def test_an_exception_of_any_kind_costs_its_source_alone() -> None:
    class OddSource(FakeSource):
        def collect(self, day: date) -> SourceAnswer:
            raise ZeroDivisionError(day)

    odd, whole = collected([OddSource("lab", {}), FakeSource("arxiv", {WEDNESDAY: [TODAYS]})], WEDNESDAY)
    assert odd.report.status == "failed"
    assert (odd.report.reason or "").startswith("ZeroDivisionError")
    assert whole.report.status == "ok"


def test_a_partial_answer_keeps_its_entries() -> None:
    part = answered("arxiv", [TODAYS], missing=[MissingPart("cs.CV", "HTTP 503")])
    (answer,) = collected([FakeSource("arxiv", {WEDNESDAY: part})], WEDNESDAY)
    assert answer == part
    assert answer.report.status == "partial"


def test_a_kept_answer_that_is_incomplete_is_asked_again_and_joined() -> None:
    other = entry(arxiv_id="2506.00020")
    kept = answered("arxiv", [other], missing=[MissingPart("cs.CV", "HTTP 503")])
    source = FakeSource("arxiv", {WEDNESDAY: answered("arxiv", [TODAYS], missing=[MissingPart("cs.CL", "HTTP 503")])})
    (answer,) = collected([source], WEDNESDAY, Earlier(kept=lambda _, day: kept if day == WEDNESDAY else None))
    assert source.asked == [WEDNESDAY]
    assert answer.report == SourceReport("arxiv", "ok", 2)
    assert answer.entries == (TODAYS, other)


def test_a_kept_part_stays_if_the_source_then_fails() -> None:
    kept = answered("arxiv", [EARLIER], missing=[MissingPart("cs.CV", "the feed still shows 2025-06-03", late=True)])
    source = FakeSource("arxiv", {WEDNESDAY: SourceError("HTTP 503")})
    (answer,) = collected([source], WEDNESDAY, Earlier(kept=lambda _, day: kept if day == WEDNESDAY else None))
    assert answer == kept


def test_a_source_that_is_late_today_is_asked_for_the_day_it_missed() -> None:
    late = answered("arxiv", [], missing=[MissingPart("cs.CV", "the feed still shows 2025-06-03", late=True)])
    source = FakeSource("arxiv", {WEDNESDAY: late, TUESDAY: [EARLIER]})
    (answer,) = collected([source], WEDNESDAY, Earlier(missed={"arxiv": [TUESDAY]}))
    assert (answer.report.status, answer.entries, answer.earlier) == ("late", (EARLIER,), (TUESDAY,))
    assert answer.report.reason == "cs.CV: the feed still shows 2025-06-03; with 2025-06-03, missed then"


def test_a_missed_day_that_comes_in_part_is_listed_and_stays_missed() -> None:
    part = answered("arxiv", [EARLIER], missing=[MissingPart("cs.CV", "HTTP 503")])
    source = FakeSource("arxiv", {WEDNESDAY: [TODAYS], TUESDAY: part})
    (answer,) = collected([source], WEDNESDAY, Earlier(missed={"arxiv": [TUESDAY]}))
    assert (answer.report.status, answer.entries) == ("ok", (TODAYS, EARLIER))
    assert (answer.earlier, answer.lacking) == ((), (TUESDAY,))


def test_a_partial_answer_still_makes_up_the_past_and_stays_partial() -> None:
    part = SourceAnswer(SourceReport("arxiv", "partial", 1, dropped=2, reason="cs.CV: HTTP 503"), (TODAYS,))
    past = SourceAnswer(SourceReport("arxiv", "ok", 1, dropped=1), (EARLIER,))
    (answer,) = collected(
        [FakeSource("arxiv", {WEDNESDAY: part, TUESDAY: past})], WEDNESDAY, Earlier(missed={"arxiv": [TUESDAY]})
    )
    assert answer.entries == (TODAYS, EARLIER)
    assert answer.earlier == (TUESDAY,)
    reason = "cs.CV: HTTP 503; with 2025-06-03, missed then"
    assert answer.report == SourceReport("arxiv", "partial", 2, dropped=3, reason=reason)


def test_days_off_come_with_the_next_edition_without_a_word() -> None:
    source = FakeSource("huggingface", {MONDAY: [EARLIER], WEDNESDAY: [TODAYS]})
    (answer,) = collected([source], WEDNESDAY, Earlier(off={"huggingface": [MONDAY, TUESDAY]}))
    assert answer.entries == (TODAYS, EARLIER)
    assert answer.earlier == (MONDAY, TUESDAY)
    assert answer.report == SourceReport("huggingface", "ok", 2)


def test_what_was_kept_is_not_asked_for_again() -> None:
    kept = {("lab", TUESDAY): answered("lab", [EARLIER]), ("lab", WEDNESDAY): answered("lab", [TODAYS])}
    source = FakeSource("lab", {}, dated=False)
    earlier = Earlier(missed={"lab": [TUESDAY]}, kept=lambda name, day: kept.get((name, day)))
    (answer,) = collected([source], WEDNESDAY, earlier)
    assert source.asked == []
    assert (answer.entries, answer.earlier) == ((TODAYS, EARLIER), (TUESDAY,))


def test_what_was_kept_comes_even_where_today_fails() -> None:
    source = FakeSource("lab", {WEDNESDAY: SourceError("HTTP 500")})
    earlier = Earlier(
        missed={"lab": [MONDAY, TUESDAY]}, kept=lambda _, day: answered("lab", [EARLIER]) if day == TUESDAY else None
    )
    (answer,) = collected([source], WEDNESDAY, earlier)
    assert (answer.report.status, answer.entries, answer.earlier) == ("failed", (EARLIER,), (TUESDAY,))
    assert source.asked == [WEDNESDAY], "a source that is down is not asked for more"
