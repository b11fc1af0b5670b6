"""The clock's loop: publish what is due, and find work that nobody does."""

import logging
import signal
import threading

from workers.config import Settings
from workers.domain.errors import QueueDown, SettingsError
from workers.domain.ports import Clock
from workers.logs import note
from workers.queue import WorkQueue
from workers.steps.publish import publish
from workers.store import Store, open_store

log = logging.getLogger(__name__)

TICK_S = 2.0


def serve(settings: Settings, clock: Clock) -> int:
    """Tick until SIGTERM or SIGINT; returns 0. A queue that is away is asked again at the next tick."""
    if not settings.queue.url:
        raise SettingsError("queue.url: the clock needs REDIS_URL")
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    queue = WorkQueue(settings.queue.url)
    lease = settings.lease
    with open_store(settings.store.url, clock, lease.edition_s, lease.delivery_s) as store:
        while not stopped.wait(TICK_S):
            tick(store, queue, clock, settings.digest.language)
    return 0


def tick(store: Store, queue: WorkQueue, clock: Clock, language: str) -> None:
    """One look at the store: create the deliveries that are due, queue what nobody works on.

    That is editions that are open, and closed ones without a text in `language` or in one that a chat reads.
    """
    if publish(store.subscriptions, clock.now()):
        queue.ring()
    unwritten = store.editions.unwritten_days([language, *store.subscriptions.languages()])
    for day in [*store.editions.open_days(), *unwritten]:
        try:
            queue.ask_for_edition(day, clock.now())
        except QueueDown as error:
            note(log, "queue down", level=logging.WARNING, error=error)
            return
        note(log, "edition queued", day=day)
