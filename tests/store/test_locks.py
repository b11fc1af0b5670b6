"""Tests the gate, which lets one request start at a time with a pause in between, and leader leases."""

from itertools import pairwise

import pytest

from tests.fakes.clock import FakeClock
from workers.domain.errors import SourceError
from workers.store import Store


def test_requests_start_at_least_the_interval_apart(store: Store, moving_clock: FakeClock) -> None:
    gate = store.gate("arxiv", 3)
    starts = []
    for _ in range(3):
        with gate.passing():
            starts.append(moving_clock.now())
    assert [(later - earlier).total_seconds() for earlier, later in pairwise(starts)] == [3, 3]


def test_a_long_request_keeps_the_gate_until_it_ends(store: Store, moving_clock: FakeClock) -> None:
    first, second = store.gate("arxiv", 3), store.gate("arxiv", 3)
    with first.passing():
        started = moving_clock.now()
        moving_clock.advance(10)
    with second.passing():
        assert (moving_clock.now() - started).total_seconds() == 10


def test_a_request_that_fails_still_gives_the_gate_back(store: Store, moving_clock: FakeClock) -> None:
    gate = store.gate("arxiv", 3)
    with pytest.raises(RuntimeError), gate.passing():
        raise RuntimeError
    with gate.passing():
        assert sum(moving_clock.slept) == pytest.approx(3)


def test_a_process_that_died_inside_does_not_hold_the_gate_for_ever(store: Store, moving_clock: FakeClock) -> None:
    dead = store.gate("arxiv", 3).passing()
    dead.__enter__()
    with store.gate("arxiv", 3).passing():
        assert 3 < sum(moving_clock.slept) <= 15


def test_gates_of_different_names_do_not_meet(store: Store, moving_clock: FakeClock) -> None:
    with store.gate("arxiv", 3).passing(), store.gate("other", 3).passing():
        assert moving_clock.slept == []


def test_one_of_two_processes_holds_a_leader_lease_until_it_expires(store: Store, moving_clock: FakeClock) -> None:
    first, second = store.lease("clock", 15), store.lease("clock", 15)
    assert [first.acquire(), second.acquire(), first.acquire()] == [True, False, True]
    moving_clock.advance(16)
    assert [second.acquire(), first.acquire()] == [True, False]
    second.release()
    assert first.acquire()


def test_asking_whether_a_lease_is_held_takes_nothing(store: Store, moving_clock: FakeClock) -> None:
    holder, observer = store.lease("telegram", 15), store.lease("telegram", 15)
    assert not observer.is_held(), "nobody has asked for it yet"
    assert holder.acquire()
    assert [holder.is_held(), observer.is_held()] == [True, True]
    moving_clock.advance(16)
    assert [holder.is_held(), observer.is_held()] == [False, False]


def test_a_lease_is_released_by_its_holder_alone(store: Store) -> None:
    holder, other = store.lease("telegram", 15), store.lease("telegram", 15)
    assert holder.acquire()
    other.release()
    assert holder.is_held()
    holder.release()
    assert not holder.is_held()


def test_a_turn_that_does_not_come_in_time_is_given_up(store: Store, moving_clock: FakeClock) -> None:
    gate = store.gate("arxiv", 3)
    with gate.passing(), pytest.raises(SourceError, match="its turn did not come within 2 s"), gate.passing(2):
        pass
    with gate.passing(60):
        assert sum(moving_clock.slept) >= 3
