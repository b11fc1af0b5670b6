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
    _last_tick: datetime | None = field(default=None, init=False)
    _checked_at: datetime | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._boundary = Boundary(self.store.failures, self.clock)

    def tick(self) -> None:
        """Ask for the editions that are due, publish to the subscriptions that are due, and queue open work.

        Open work is: the oldest open edition, closed editions that lack a text in a language that is read, questions
        that no worker is answering, and collections that are due. A queue that does not answer is logged.
        """
        now, editions = self.clock.now(), self.store.editions
        self._mind_the_clock(now)
        for day in self.settings.calendar().to_make(now, editions.newest_asked_for()):
            editions.want(day)
        published = publish(self.store.subscriptions, editions.in_the_making, now, self._boundary)
        told = self._tell_owners()
        if published or told or self.store.outbox.left_behind():
            self.queue.wake()
        try:
            for day in self._editions():
                if self.queue.ask_for_edition(day, now):
                    note(log, "edition queued", day=day)
            for question in self.store.questions.unanswered():
                if self.queue.ask_for_answer(question, now):
                    note(log, "question queued", question=question)
            for due in collections_due(self.settings, self.store, now):
                if self.queue.ask_for_collection(due.day, due.source, now):
                    note(log, "collection queued", day=due.day, source=due.source)
        except QueueDown as error:
            note(log, "queue down", level=logging.WARNING, error=error)

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

    def _tell_owners(self) -> int:
        """Tell the owners of the units of work that failed since the last tick; returns how many messages that makes.

        Where there is no owner yet, they are told once there is one.
        """
        untold, owners = self.store.failures.untold(), self.store.owners.all(self.settings.named_owners())
        if not untold or not owners:
            return 0
        language, outbox = self.settings.digest.language, self.store.outbox
        told = sum(alerts.failed_unit(failure, owners, outbox, language) for failure in untold)
        self.store.failures.told(untold)
        return told

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
