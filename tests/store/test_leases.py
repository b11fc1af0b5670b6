"""Leases, gates and pauses end after their own length, and a minute, whatever a clock did."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.papers import paper
from tests.fakes.subscriptions import NewSubscription
from workers.domain.chats import ChatRef
from workers.domain.deliveries import View
from workers.domain.models import Digest, RankedPaper, Selection, SourceAnswer, SourceReport, Text
from workers.domain.questions import QuestionCaps, QuestionRequest
from workers.runtime.clock import SystemClock
from workers.store import Store, open_store
from workers.store.slots import bring_back

DAY = date(2025, 6, 3)
HOUR, MINUTE = 3600.0, 60.0
CHAT = ChatRef("terminal", "a")


@contextmanager
def ahead(clock: FakeClock, seconds: float = HOUR) -> Iterator[None]:
    """The clock is ahead while the body runs, and goes back after it."""
    clock.advance(seconds)
    yield
    clock.advance(-seconds)


def close(store: Store, day: date = DAY) -> None:
    attempt = store.editions.claim(day)
    assert attempt is not None
    one = paper(keys=(("arxiv", f"x{day}"),), arxiv_id=f"x{day}")
    report = SourceAnswer(SourceReport("arxiv", "ok", 1))
    store.editions.close(day, attempt, Selection((one,), {}), [RankedPaper(1, one, "Robotics")], [report])


def write_text(store: Store, day: date = DAY) -> None:
    store.texts.save(day, Text(Digest(day.isoformat(), "ko", "제목", (), (), (), 1, 1, {}, ()), None))


def test_a_gate_entered_by_a_clock_that_was_ahead_is_free(store: Store, moving_clock: FakeClock) -> None:
    with ahead(moving_clock):
        store.gate("arxiv", 3).passing().__enter__()
    with store.gate("arxiv", 3).passing():
        assert sum(moving_clock.slept) <= 15 + MINUTE


def test_a_gate_whose_clock_goes_back_inside_keeps_its_interval(store: Store, moving_clock: FakeClock) -> None:
    moving_clock.advance(HOUR)
    with store.gate("arxiv", 3).passing():
        moving_clock.advance(-HOUR)
    with store.gate("arxiv", 3).passing():
        assert sum(moving_clock.slept) == pytest.approx(3)


def test_a_leader_lease_of_a_clock_that_was_ahead_is_free(store: Store, moving_clock: FakeClock) -> None:
    dead, other = store.lease("telegram", 30), store.lease("telegram", 30)
    with ahead(moving_clock):
        assert dead.acquire()
    assert not other.is_held()
    assert other.acquire()
    assert other.is_held()


@pytest.mark.parametrize("seconds", [0, 59])
def test_a_clock_that_is_a_little_ahead_takes_no_lease_away(
    store: Store, moving_clock: FakeClock, seconds: float
) -> None:
    with ahead(moving_clock, seconds):
        assert store.lease("telegram", 30).acquire()
    assert not store.lease("telegram", 30).acquire()


def test_an_edition_claimed_by_a_clock_that_was_ahead_can_be_claimed(store: Store, moving_clock: FakeClock) -> None:
    store.editions.want(DAY)
    with ahead(moving_clock):
        store.editions.claim(DAY)
    assert store.editions.open_days() == [DAY]
    assert store.editions.claim(DAY) == 2


def test_a_pause_of_an_edition_lasts_ten_minutes_and_no_hour(store: Store, moving_clock: FakeClock) -> None:
    store.editions.want(DAY)
    with ahead(moving_clock):
        attempt = store.editions.claim(DAY)
        assert attempt is not None
        store.editions.release(DAY, attempt, retry_in_s=600)
    assert store.editions.open_days() == [DAY]


def test_a_text_claimed_by_a_clock_that_was_ahead_can_be_claimed(store: Store, moving_clock: FakeClock) -> None:
    close(store)
    with ahead(moving_clock):
        assert store.texts.claim(DAY)
    assert store.texts.claim(DAY)


def test_an_edition_closed_by_a_clock_that_was_ahead_still_gets_its_text(store: Store, moving_clock: FakeClock) -> None:
    with ahead(moving_clock):
        close(store)
    assert store.texts.unwritten_days(["ko"]) == [DAY]


def test_a_question_claimed_by_a_clock_that_was_ahead_is_unanswered(store: Store, moving_clock: FakeClock) -> None:
    number = store.questions.ask("c:1", QuestionRequest(CHAT, "7", "ko", "1번은?"))
    assert number is not None
    with ahead(moving_clock):
        assert store.questions.claim(number) == 1
    assert store.questions.unanswered() == [number]
    assert store.questions.claim(number) == 2


def test_questions_of_the_future_do_not_use_up_a_persons_day(store: Store, moving_clock: FakeClock) -> None:
    caps = QuestionCaps(per_person=1)
    with ahead(moving_clock, 5 * 365 * 24 * HOUR):
        store.questions.ask("c:1", QuestionRequest(CHAT, "7", "ko", "1번은?"), caps)
    assert store.questions.ask("c:2", QuestionRequest(CHAT, "7", "ko", "2번은?"), caps)


@pytest.mark.parametrize("put_off", [False, True])
def test_a_delivery_claimed_or_put_off_by_a_clock_that_was_ahead_is_claimed(
    store: Store, moving_clock: FakeClock, put_off: bool
) -> None:
    close(store)
    write_text(store)
    store.outbox.request("request:1", CHAT, DAY, View())
    with ahead(moving_clock):
        delivery = store.outbox.claim("terminal")
        assert delivery is not None
        if put_off:
            store.outbox.put_off(delivery, 90)
    assert store.outbox.left_behind() == 1
    again = store.outbox.claim("terminal")
    assert again is not None
    assert again.attempt == 2


def test_a_delivery_put_off_for_hours_stays_put_off(store: Store, moving_clock: FakeClock) -> None:
    close(store)
    write_text(store)
    store.outbox.request("request:1", CHAT, DAY, View())
    delivery = store.outbox.claim("terminal")
    assert delivery is not None
    store.outbox.put_off(delivery, 2 * HOUR)
    moving_clock.advance(2 * HOUR - 1)
    assert store.outbox.claim("terminal") is None
    moving_clock.advance(1)
    assert store.outbox.claim("terminal") is not None


def test_an_owners_code_is_not_valid_longer_than_a_day(store: Store, moving_clock: FakeClock) -> None:
    with ahead(moving_clock, 48 * HOUR):
        code = store.owners.new_code()
    assert not store.owners.redeem(code, "telegram", "9")


def test_an_edition_of_the_future_is_in_nobodys_way(store: Store, moving_clock: FakeClock) -> None:
    future = date(2030, 6, 3)
    with ahead(moving_clock, 5 * 365 * 24 * HOUR):
        store.editions.want(future)
        close(store, date(2030, 5, 31))
        write_text(store, date(2030, 5, 31))
    store.editions.want(DAY)
    assert store.editions.newest_asked_for() == DAY
    assert store.editions.open_days() == [DAY]
    close(store)
    write_text(store)
    assert not store.editions.in_the_making(moving_clock.now() - timedelta(hours=2))
    assert store.texts.newest("ko") == DAY
    assert store.subscriptions.closed_after(None) == [DAY]
    assert store.subscriptions.closed_after(DAY) == []


def test_a_day_that_a_person_could_not_make_waits_until_it_is_wanted(store: Store) -> None:
    attempt = store.editions.claim(DAY)
    assert attempt is not None
    store.editions.release(DAY, attempt, retry_in_s=0)
    assert (store.editions.newest_asked_for(), store.editions.open_days()) == (None, [])
    store.editions.want(DAY)
    assert (store.editions.newest_asked_for(), store.editions.open_days()) == (DAY, [DAY])


def test_a_day_asked_for_too_early_is_asked_for_again_in_time(store: Store, moving_clock: FakeClock) -> None:
    with ahead(moving_clock, 24 * HOUR):
        store.editions.want(DAY + timedelta(days=1))
    assert store.editions.newest_asked_for() is None
    moving_clock.advance(23.5 * HOUR)
    assert store.editions.newest_asked_for() is None
    store.editions.want(DAY + timedelta(days=1))
    assert store.editions.in_the_making(moving_clock.now() - timedelta(hours=2))


def test_a_clock_behind_all_editions_makes_no_old_one(store: Store, moving_clock: FakeClock) -> None:
    close(store)
    close(store, DAY + timedelta(days=1))
    moving_clock.advance(-20 * 365 * 24 * HOUR)
    assert store.editions.newest_asked_for() == moving_clock.now().date()


def test_slots_of_the_future_become_the_next_slot(store: Store, moving_clock: FakeClock) -> None:
    store.subscriptions.add(NewSubscription(CHAT, moving_clock.now()))
    close(store)
    future = date(2030, 5, 31)
    with ahead(moving_clock, 5 * 365 * 24 * HOUR):
        close(store, future)
        now = moving_clock.now()
        (due,) = store.subscriptions.due(now)
        assert store.subscriptions.deliver(due, [DAY], now + timedelta(hours=1), now, silent=True)
        (due,) = store.subscriptions.due(now + timedelta(days=1))
        assert store.subscriptions.deliver(due, [future], now + timedelta(hours=20), now, silent=True)
    assert bring_back(store.engine, moving_clock.now()) == 2
    subscription = store.subscriptions.of(CHAT)
    assert subscription is not None
    assert f"{subscription.due_at:%Y-%m-%d %H:%M}" == "2025-06-04 00:00"
    assert subscription.had == DAY
    assert bring_back(store.engine, moving_clock.now()) == 0


@pytest.mark.postgresql
def test_machines_whose_clocks_differ_agree_by_the_clock_of_postgresql(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = request.getfixturevalue("postgres").create("two_machines", "migrated")
    (tmp_path / "ahead").write_text(str(HOUR), "ascii")
    with open_store(url, SystemClock()) as one, open_store(url, SystemClock(tmp_path / "ahead")) as other:
        assert one.lease("telegram", 30).acquire()
        assert not other.lease("telegram", 30).acquire()
        other.editions.want(DAY)
        assert other.editions.claim(DAY) == 1
        assert one.editions.claim(DAY) is None, "it is being made"
        number = one.questions.ask("c:1", QuestionRequest(CHAT, "7", "ko", "1번은?"))
        assert number is not None
        assert one.questions.claim(number) == 1
        assert other.questions.claim(number) is None
