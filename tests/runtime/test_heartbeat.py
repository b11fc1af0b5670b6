"""A lease is renewed while the work runs, and its loss stops the work."""

import threading

import pytest

from workers.domain.errors import LeaseLost
from workers.runtime.heartbeat import keep_alive

PATIENCE_S = 10.0
"""Longest wait for one renewal on a busy machine before the test fails."""
OFTEN_S = 0.001
"""Renewal interval that gives many renewals within a test."""
NEVER_S = 3600.0
"""Renewal interval that no test reaches."""


def lease_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "lease"]


def test_a_lease_is_renewed_again_and_again() -> None:
    beats = threading.Semaphore(0)
    with keep_alive(lambda: beats.release(), OFTEN_S) as check:
        assert all(beats.acquire(timeout=PATIENCE_S) for _ in range(5))
        check()


def test_a_store_that_is_away_for_a_moment_ends_no_heartbeat() -> None:
    beats = threading.Semaphore(0)

    def renew() -> None:
        beats.release()
        raise OSError(28, "No space left on device")

    with keep_alive(renew, OFTEN_S) as check:
        assert all(beats.acquire(timeout=PATIENCE_S) for _ in range(3))
        check()


def test_a_lost_lease_raises_at_the_next_check() -> None:
    def renew() -> None:
        raise LeaseLost("attempt 2 has it")

    def work() -> None:
        with keep_alive(renew, OFTEN_S) as check:
            for keeper in lease_threads():
                keeper.join(PATIENCE_S)
            check()

    with pytest.raises(LeaseLost, match="another process has taken over"):
        work()


def test_a_lost_lease_is_not_asked_for_again() -> None:
    asked: list[int] = []

    def renew() -> None:
        asked.append(1)
        raise LeaseLost("attempt 2 has it")

    with keep_alive(renew, OFTEN_S):
        for keeper in lease_threads():
            keeper.join(PATIENCE_S)
        assert lease_threads() == []
    assert asked == [1]


def test_the_lease_is_let_alone_once_the_work_is_done() -> None:
    beats = threading.Semaphore(0)
    with keep_alive(lambda: beats.release(), OFTEN_S):
        assert beats.acquire(timeout=PATIENCE_S)
    assert lease_threads() == []


def test_the_end_of_the_work_does_not_wait_for_the_next_beat() -> None:
    renewed = threading.Event()
    with keep_alive(renewed.set, NEVER_S) as check:
        assert lease_threads()
        check()
    assert lease_threads() == []
    assert not renewed.is_set()


def test_an_error_of_the_work_is_its_own_and_ends_the_beat() -> None:
    with pytest.raises(ZeroDivisionError), keep_alive(lambda: None, OFTEN_S):
        raise ZeroDivisionError
    assert lease_threads() == []
