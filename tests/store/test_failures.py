"""Failed units of work in the store: counted, given up after three tries, told once, forgotten on success."""

from datetime import timedelta

from tests.fakes.clock import FakeClock
from workers.domain.units import BACK_OFF, TRIES, Unit, UnitKind
from workers.store import Store

UNIT = Unit(UnitKind.DELIVERY, "7", "telegram -100")


def test_tries_are_counted_until_the_unit_is_given_up(store: Store, moving_clock: FakeClock) -> None:
    first = store.failures.record(UNIT, "KeyError in renderer.py:12")
    assert first.retry_at == moving_clock.now() + BACK_OFF[0]
    assert store.failures.untold() == []
    for _ in range(TRIES - 1):
        last = store.failures.record(UNIT, "KeyError in renderer.py:13")
    assert last.given_up
    assert store.failures.of(UNIT) == last


def test_a_unit_that_is_given_up_is_told_once(store: Store) -> None:
    for _ in range(TRIES):
        store.failures.record(UNIT, "no")
    untold = store.failures.untold()
    assert [failure.unit for failure in untold] == [UNIT]
    store.failures.told(untold)
    store.failures.record(UNIT, "no")
    assert store.failures.untold() == []


def test_a_unit_that_has_to_wait_is_told_and_counts_no_try(store: Store, moving_clock: FakeClock) -> None:
    later = moving_clock.now() + timedelta(hours=12)
    store.failures.report(UNIT, "Telegram asks to wait 43,838 s", later)
    (waiting,) = store.failures.untold()
    assert (waiting.attempts, waiting.retry_at) == (0, later)
    assert not waiting.given_up


def test_nobody_is_told_of_a_failure_that_is_only_listed(store: Store) -> None:
    for _ in range(TRIES):
        store.failures.record(UNIT, "no", tell=False)
    assert store.failures.untold() == []
    assert [failure.unit for failure in store.failures.newest(5)] == [UNIT]


def test_success_forgets_the_failure(store: Store) -> None:
    store.failures.record(UNIT, "no")
    store.failures.clear(UNIT)
    store.failures.clear(UNIT)
    assert store.failures.newest(5) == []


def test_an_old_failure_is_deleted_when_another_one_comes(store: Store, moving_clock: FakeClock) -> None:
    store.failures.record(UNIT, "no")
    moving_clock.advance(15 * 86_400)
    other = Unit(UnitKind.UPDATE, "8")
    store.failures.record(other, "no")
    assert [failure.unit for failure in store.failures.newest(5)] == [other]
