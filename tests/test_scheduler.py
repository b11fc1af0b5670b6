"""The scheduler queues work that no process is doing, and publishes to chats that are due."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import text

from bot.runtime import valkey
from tests.fakes.clock import FakeClock
from tests.fakes.empty_store import empty_store
from tests.fakes.papers import paper
from tests.fakes.subscriptions import NewSubscription
from workers import config
from workers.domain.chats import ChatRef
from workers.domain.models import Digest, RankedPaper, Selection, SourceAnswer, SourceReport, Text
from workers.domain.questions import QuestionRequest
from workers.domain.units import TRIES, Unit, UnitKind
from workers.queue import EDITIONS, QUESTIONS, WorkQueue
from workers.scheduler import Scheduler
from workers.store import Store, open_store
from workers.store.transactions import write

DAY = date(2025, 6, 3)


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[WorkQueue]:
    """A queue on a real Valkey, started as `paperboy` starts it."""
    server = valkey.server(tmp_path / "valkey")
    with subprocess.Popen(server.process.command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as child:
        retry = redis.retry.Retry(redis.backoff.ConstantBackoff(0.02), 500)
        with redis.Redis.from_url(server.url, retry=retry) as connection:
            connection.ping()
        work = WorkQueue(server.url)
        yield work
        work.connection.close()
        child.terminate()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock) -> Iterator[Store]:
    with open_store(empty_store(tmp_path / "store.db"), clock) as opened:
        yield opened


def queued(queue: WorkQueue, name: str = EDITIONS) -> list[str]:
    """Returns the argument of each waiting job, in order."""
    jobs = Queue(name, connection=queue.connection, serializer=JSONSerializer).jobs
    return [job.args[0] for job in jobs]


def tick(store: Store, queue: WorkQueue, clock: FakeClock) -> None:
    Scheduler(store, queue, clock, config.load(environment={})).tick()


def close(store: Store) -> None:
    attempt = store.editions.claim(DAY)
    assert attempt is not None
    report = SourceAnswer(SourceReport("arxiv", "ok", 1))
    store.editions.close(DAY, attempt, Selection((paper(),), {}), [RankedPaper(1, paper(), "Robotics")], [report])


def test_a_wanted_edition_is_queued_again_after_the_queue_was_emptied(
    store: Store, queue: WorkQueue, clock: FakeClock
) -> None:
    store.editions.want(DAY)
    tick(store, queue, clock)
    tick(store, queue, clock)
    assert queued(queue) == ["2025-06-03"]
    queue.connection.flushall()
    tick(store, queue, clock)
    assert queued(queue) == ["2025-06-03"]


def test_a_closed_edition_without_its_text_is_queued(store: Store, queue: WorkQueue, clock: FakeClock) -> None:
    close(store)
    tick(store, queue, clock)
    assert queued(queue) == []
    clock.advance(20)
    tick(store, queue, clock)
    assert queued(queue) == ["2025-06-03"]


def test_a_question_that_nobody_answers_is_queued_again_after_the_queue_was_emptied(
    store: Store, queue: WorkQueue, clock: FakeClock
) -> None:
    number = store.questions.ask("c:1", QuestionRequest(ChatRef("telegram", "5"), "7", "ko", "1번은?"))
    assert number is not None
    for _ in range(2):
        tick(store, queue, clock)
        assert queued(queue, QUESTIONS) == [str(number)]
        queue.connection.flushall()
    assert store.questions.claim(number) == 1
    tick(store, queue, clock)
    assert queued(queue, QUESTIONS) == [], "somebody answers it"
    clock.advance(21)
    tick(store, queue, clock)
    assert queued(queue, QUESTIONS) == [str(number)], "its worker died"


def test_what_is_due_is_published_even_while_the_queue_is_away(store: Store, clock: FakeClock) -> None:
    close(store)
    store.editions.want(date(2025, 6, 4))
    digest = Digest(DAY.isoformat(), "ko", "제목", (), (), (), 1, 1, {}, ())
    store.texts.save(DAY, Text(digest, None))
    store.subscriptions.add(NewSubscription(ChatRef("terminal", "a"), datetime(2025, 6, 3, tzinfo=UTC)))
    clock.advance(7200)
    tick(store, WorkQueue("redis://127.0.0.1:9/0"), clock)
    delivery = store.outbox.claim("terminal")
    assert delivery is not None
    assert delivery.day == DAY


def test_the_owners_are_told_once_of_a_unit_that_was_given_up(store: Store, queue: WorkQueue, clock: FakeClock) -> None:
    unit = Unit(UnitKind.DELIVERY, "7", "telegram -100")
    for _ in range(TRIES):
        store.failures.record(unit, "KeyError in renderer.py:12")
    tick(store, queue, clock)
    assert store.outbox.claim("telegram") is None, "nobody is an owner yet"
    store.owners.add("telegram", "9")
    tick(store, queue, clock)
    tick(store, queue, clock)
    delivery = store.outbox.claim("telegram")
    assert delivery is not None
    assert "telegram -100: KeyError in renderer.py:12" in (delivery.notice or "")
    assert store.outbox.claim("telegram") is None


def test_a_step_that_fails_costs_no_other(store: Store, queue: WorkQueue, clock: FakeClock) -> None:
    close(store)
    clock.advance(20)
    store.subscriptions.add(NewSubscription(ChatRef("telegram", "1"), clock.now()))
    store.failures.report(Unit(UnitKind.DELIVERY, "1"), "a reason")
    with write(store.engine) as connection:
        connection.execute(text("DROP TABLE owner"))
    tick(store, queue, clock)
    assert not store.outbox.idle("telegram"), "published before the step that fails"
    assert queued(queue) == [str(DAY)], "queued after it"


def test_a_unit_that_fails_again_on_another_day_is_told_of_again(
    store: Store, queue: WorkQueue, clock: FakeClock
) -> None:
    unit = Unit(UnitKind.DELIVERY, "photos telegram:-100")
    store.owners.add("telegram", "9")
    for _ in range(2):
        store.failures.report(unit, "posted without the chart")
        tick(store, queue, clock)
        store.failures.clear(unit)
        clock.advance(86_400)
    with store.engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM delivery")).scalar() == 2


def test_a_row_that_cannot_be_read_stops_no_edition(store: Store, queue: WorkQueue, clock: FakeClock) -> None:
    store.failures.report(Unit(UnitKind.DELIVERY, "7"), "of another version")
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE failure SET kind = 'odd'"))
    store.editions.want(DAY)
    tick(store, queue, clock)
    assert queued(queue) == [DAY.isoformat()]
