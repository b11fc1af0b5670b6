"""The clock's loop: what is due is wanted, collected and published, and work that nobody does is found."""

import logging
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from workers.config import Settings
from workers.digest.publish import publish
from workers.domain.errors import QueueDown, SettingsError
from workers.domain.ports import Clock, Work
from workers.queue import WorkQueue
from workers.runtime.logs import note
from workers.store import Store, open_store

log = logging.getLogger(__name__)


def serve(settings: Settings, clock: Clock) -> int:
    """Tick until SIGTERM or SIGINT; returns 0. A queue that is away is asked again at the next tick.

    Of several clocks the one that holds the post is active; the others wait for it to fall silent.
    """
    if not settings.queue.url:
        raise SettingsError("queue.url: the clock needs REDIS_URL")
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    queue = WorkQueue(settings.queue.url)
    with open_store(settings.store.url, clock, settings.lease.edition_s, settings.lease.delivery_s) as store:
        lease, duties = store.lease("clock", settings.clock.lease_s), Scheduler(store, queue, clock, settings)
        while not stopped.is_set():
            if lease.acquire():
                duties.tick()
            stopped.wait(settings.clock.tick_s)
        lease.release()
    return 0


@dataclass(frozen=True, slots=True)
class Scheduler:
    """What the clock looks after."""

    store: Store
    queue: Work
    clock: Clock
    settings: Settings

    def tick(self) -> None:
        """One look at the store: want the editions whose close has come, publish what is due, queue what is to be done.

        To be done are editions that are open, closed ones without a text that somebody reads, questions that nobody
        answers, and collections.
        """
        now, editions = self.clock.now(), self.store.editions
        for day in self.settings.calendar().to_make(now, editions.newest_asked_for()):
            editions.want(day)
        published = publish(self.store.subscriptions, editions.in_the_making, now)
        if published or self.store.outbox.left_behind():
            self.queue.wake()
        try:
            for day in self._editions():
                if self.queue.ask_for_edition(day, now):
                    note(log, "edition queued", day=day)
            for question in self.store.questions.unanswered():
                if self.queue.ask_for_answer(question, now):
                    note(log, "question queued", question=question)
            for day, source in collections_due(self.settings, self.store, now):
                if self.queue.ask_for_collection(day, source, now):
                    note(log, "collection queued", day=day, source=source)
        except QueueDown as error:
            note(log, "queue down", level=logging.WARNING, error=error)

    def _editions(self) -> list[date]:
        """The oldest open edition, for one is made after the other, and those that lack a text."""
        editions, reading = self.store.editions, self.store.subscriptions.languages()
        return [*editions.open_days()[:1], *editions.unwritten_days([self.settings.digest.language, *reading])]


def collections_due(settings: Settings, store: Store, now: datetime) -> Iterator[tuple[date, str]]:
    """(day, source) whose hour has come and whose answer is not kept yet.

    Only of the present day: an earlier one is asked for with the edition, as is everything from its close on.
    """
    calendar = settings.calendar()
    for source in settings.sources:
        hour = source.collected_at
        day = hour.day_of(now)
        closed = calendar.expected(day) and calendar.closes.on(day) <= now
        if not source.enabled or hour.on(day) > now or closed or not (source.daily or calendar.expected(day)):
            continue
        known = next((each for each in store.source_answers.of([day]) if each.source == source.name), None)
        if known is None or (known.status == "failed" and known.retry_at and known.retry_at <= now):
            yield day, source.name
