"""A fault inside a unit of work is recorded, counted and returned; nothing but control flow passes the boundary."""

import asyncio
import sqlite3

import pytest
from sqlalchemy.exc import DataError, OperationalError

from tests.fakes.clock import FakeClock
from tests.fakes.failures import FakeFailures
from workers.domain.errors import LeaseLost, SettingsError, SourceError
from workers.domain.units import BACK_OFF, TRIES, Failure, Unit, UnitKind
from workers.runtime.boundary import Boundary, reason_of
from workers.text.tokenize import terms

UNIT = Unit(UnitKind.DELIVERY, "7", "telegram -100")


@pytest.fixture
def failures(clock: FakeClock) -> FakeFailures:
    return FakeFailures(clock)


@pytest.fixture
def boundary(failures: FakeFailures, clock: FakeClock) -> Boundary:
    return Boundary(failures, clock)


def fails() -> int:
    raise KeyError("a reader's words")


def test_the_result_of_a_unit_that_succeeds_is_returned(boundary: Boundary, failures: FakeFailures) -> None:
    assert boundary.run(UNIT, lambda: 3) == 3
    assert failures.open == {}


def test_a_unit_is_tried_three_times_with_longer_pauses_and_then_given_up(boundary: Boundary, clock: FakeClock) -> None:
    tries = [boundary.run(UNIT, fails) for _ in range(TRIES)]
    retries = [failure.retry_at for failure in tries if isinstance(failure, Failure)]
    assert retries == [clock.now() + BACK_OFF[0], clock.now() + BACK_OFF[1], None]


def test_a_unit_that_succeeds_at_last_starts_from_its_first_try_again(
    boundary: Boundary, failures: FakeFailures
) -> None:
    boundary.run(UNIT, fails)
    boundary.run(UNIT, lambda: 3)
    assert failures.open == {}
    assert boundary.run(UNIT, fails) == failures.open[UNIT]
    assert failures.open[UNIT].attempts == 1


def test_a_success_clears_what_another_process_recorded_meanwhile(
    boundary: Boundary, failures: FakeFailures, clock: FakeClock
) -> None:
    boundary.run(UNIT, lambda: 3)
    Boundary(failures, clock).run(UNIT, fails)
    clock.advance(120)
    boundary.run(UNIT, lambda: 3)
    assert failures.open == {}


@pytest.mark.parametrize("error", [LeaseLost("taken over"), SettingsError("a token is refused")])
def test_what_ends_more_than_a_unit_passes(boundary: Boundary, failures: FakeFailures, error: Exception) -> None:
    def ends() -> None:
        raise error

    with pytest.raises(type(error)):
        boundary.run(UNIT, ends)
    assert failures.open == {}


def test_a_store_that_refuses_the_record_is_no_endless_loop(boundary: Boundary, failures: FakeFailures) -> None:
    failures.refuses = True
    tries = [boundary.run(UNIT, fails) for _ in range(TRIES)]
    assert [isinstance(failure, Failure) and failure.given_up for failure in tries] == [False, False, True]
    assert boundary.run(UNIT, lambda: 3) == 3


def test_a_coroutine_has_the_same_boundary(boundary: Boundary, failures: FakeFailures) -> None:
    async def work() -> int:
        return fails()

    async def cancelled() -> int:
        raise asyncio.CancelledError

    assert asyncio.run(boundary.run_async(UNIT, work)) == failures.open[UNIT]
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(boundary.run_async(UNIT, cancelled))


def test_a_unit_whose_result_is_needed_now_is_tried_again_in_place(boundary: Boundary, clock: FakeClock) -> None:
    left = iter([True, True, False])
    started = clock.now()
    assert boundary.run_in_place(UNIT, lambda: fails() if next(left) else 3) == 3
    assert clock.now() > started
    failure = boundary.run_in_place(UNIT, fails)
    assert isinstance(failure, Failure)
    assert failure.given_up


def test_a_reason_has_no_words_of_a_foreign_exception() -> None:
    try:
        terms(None)  # type: ignore[arg-type]
    except AttributeError as error:
        reason = reason_of(error)
    assert reason.startswith("AttributeError in matching.py:")
    assert "lower" not in reason


def test_a_reason_is_the_text_of_our_own_errors_and_of_the_database() -> None:
    locked = OperationalError("INSERT …", {"text": "a reader's words"}, sqlite3.OperationalError("database is locked"))
    assert reason_of(SourceError("HTTP 503")) == "HTTP 503"
    assert reason_of(locked) == "database: database is locked"
    assert reason_of(OSError(28, "No space left on device")) == "No space left on device"
    assert reason_of(OSError(1, b"no text")) == "PermissionError"
    assert reason_of(ValueError("a reader's words")) == "ValueError"
    value = DataError("INSERT …", {}, ValueError('invalid input: "a reader\'s words"'))
    assert reason_of(value) == "DataError"
