"""The scheduler: asks for editions and collections when they are due, publishes, and requeues unfinished work."""

import logging
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from workers.config import Settings
from workers.digest import alerts
from workers.digest.publish import publish
from workers.domain.calendar import RETRY
from workers.domain.errors import QueueDown, SettingsError
from workers.domain.ports import Clock, Work
from workers.queue import WorkQueue
from workers.runtime.boundary import Boundary, reason_of
from workers.runtime.logs import note
from workers.store import Store, open_store
from workers.store.leases import is_ahead
from workers.store.slots import bring_back

log = logging.getLogger(__name__)

_CHECK = timedelta(hours=1)
"""Time between two looks at the slots of all subscriptions."""


def serve(settings: Settings, clock: Clock) -> int:
    """Tick until SIGTERM or SIGINT, then return 0. Raises SettingsError if no queue is set.

    If several schedulers run, only the one with the leader lease ticks; another takes over when the lease expires. If
    the queue does not answer, the next tick tries again.
    """
    if not settings.queue.url:
        raise SettingsError("queue.url: the scheduler needs REDIS_URL")
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    queue = WorkQueue(settings.queue.url)
    with open_store(settings.store.url, clock, settings.lease.edition_s, settings.lease.delivery_s) as store:
        lease, scheduler = (
            store.lease("clock", settings.clock.lease_s),
            Scheduler(store, queue, clock, settings),
        )
        while not stopped.is_set():
            try:
                if lease.acquire():
                    scheduler.tick()
            except Exception as error:  # noqa: BLE001 - the next tick tries again, whatever the store or a row did
                note(log, "tick failed", level=logging.ERROR, reason=reason_of(error))
            stopped.wait(settings.clock.tick_s)
        lease.release()
    return 0


@dataclass(slots=True)
class Scheduler:
    """Compares the store with the calendar, and fills the queue."""

    store: Store
    queue: Work
    clock: Clock
    settings: Settings
    _boundary: Boundary = field(init=False)
    _news: bool = field(default=False, init=False)
    """Deliveries were created of which the frontends do not know yet."""
    _last_tick: datetime | None = field(default=None, init=False)
    _checked_at: datetime | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._boundary = Boundary(self.store.failures, self.clock)

    def tick(self) -> None:
        """Ask for the editions that are due, publish to the subscriptions that are due, and queue open work.

        Open work is: the oldest open edition, closed editions that lack a text in a language that is read, questions
        that no worker is answering, and collections that are due. A step that fails costs itself alone.
        """
        now = self.clock.now()
        steps = (
            *(self._mind_the_clock, self._want_editions, self._publish, self._tell_owners, self._wake_frontends),
            *(self._queue_editions, self._queue_questions, self._queue_collections),
        )
        for step in steps:
            try:
                step(now)
            except QueueDown as error:
                note(log, "queue down", level=logging.WARNING, error=error)
                return  # the steps that are left need the queue too
            except Exception as error:  # noqa: BLE001 - the next tick tries it again, whatever the store or a row did
                name = step.__name__.strip("_")
                note(log, "step failed", level=logging.ERROR, step=name, reason=reason_of(error))

    def _mind_the_clock(self, now: datetime) -> None:
        """Bring slots back that a clock which was ahead has moved.

        On the first tick, after the clock went back, and every _CHECK, because another process may have moved them.
        """
        last, checked = self._last_tick, self._checked_at
        if last is None or checked is None or now < last or now >= checked + _CHECK:
            brought_back = bring_back(self.store.engine, now)
            if brought_back:
                note(log, "slots brought back", level=logging.WARNING, subscriptions=brought_back)
            self._checked_at = now
        self._last_tick = now

    def _want_editions(self, now: datetime) -> None:
        for day in self.settings.calendar().to_make(now, self.store.editions.newest_asked_for()):
            self.store.editions.want(day)

    def _publish(self, now: datetime) -> None:
        created = publish(self.store.subscriptions, self.store.editions.in_the_making, now, self._boundary)
        self._news = self._news or created > 0

    def _tell_owners(self, now: datetime) -> None:
        """Tell the owners of the units of work that failed since the last tick.

        Where there is no owner yet, they are told once there is one.
        """
        untold, owners = self.store.failures.untold(), self.store.owners.all(self.settings.named_owners())
        if not untold or not owners:
            return
        language, outbox = self.settings.digest.language, self.store.outbox
        told = sum(alerts.failed_unit(now.date(), failure, owners, outbox, language) for failure in untold)
        self.store.failures.told(untold)
        self._news = self._news or told > 0

    def _wake_frontends(self, now: datetime) -> None:
        del now
        if self._news or self.store.outbox.left_behind():
            self.queue.wake()
        self._news = False

    def _queue_editions(self, now: datetime) -> None:
        for day in self._editions():
            if self.queue.ask_for_edition(day, now):
                note(log, "edition queued", day=day)

    def _queue_questions(self, now: datetime) -> None:
        for question in self.store.questions.unanswered():
            if self.queue.ask_for_answer(question, now):
                note(log, "question queued", question=question)

    def _queue_collections(self, now: datetime) -> None:
        for due in collections_due(self.settings, self.store, now):
            if self.queue.ask_for_collection(due.day, due.source, now):
                note(log, "collection queued", day=due.day, source=due.source)

    def _editions(self) -> list[date]:
        """The oldest open edition, because editions are made one after the other, and those that lack a text."""
        store, languages = self.store, self.store.subscriptions.languages()
        unwritten = store.texts.unwritten_days([self.settings.digest.language, *languages])
        return [*store.editions.open_days()[:1], *unwritten]


@dataclass(frozen=True, slots=True)
class DueCollection:
    """A source that has to be asked for its papers of `day`."""

    day: date
    source: str


def collections_due(settings: Settings, store: Store, now: datetime) -> Iterator[DueCollection]:
    """The sources whose hour has come and whose answer for the present day is not stored yet, or is to be retried.

    Earlier days are left out, and the present day from its close on: the edition asks for them itself.
    """
    calendar = settings.calendar()
    for source in settings.sources.values():
        hour = source.collected_at
        day = hour.day_of(now)
        closed = calendar.expected(day) and calendar.closes.on(day) <= now
        if not source.enabled or hour.on(day) > now or closed or not (source.daily or calendar.expected(day)):
            continue
        answer = next((answer for answer in store.source_answers.of([day]) if answer.source == source.name), None)
        if answer is None or (answer.retry_at and not is_ahead(answer.retry_at, now, RETRY)):
            yield DueCollection(day, source.name)
