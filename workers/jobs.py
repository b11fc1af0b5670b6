"""RQ's entry points: wire, call, nothing else."""

from datetime import date

from workers import config, pipeline
from workers.queue import WorkQueue
from workers.system import SystemClock
from workers.wiring import opened


def make_edition(day: str) -> None:
    """Make the edition of `day` ("2026-01-31"), its texts and the deliveries that are due.

    Safe to run twice: what is closed is found. Raises EditionFailed when nothing could be listed.
    """
    settings, clock = config.load(), SystemClock()
    with opened(settings, clock) as (store, plan):
        queue = WorkQueue(settings.queue.url) if settings.queue.url else None
        languages = dict.fromkeys([settings.digest.language, *store.subscriptions.languages()])

        def tell(_step: str, _figures: str) -> None:
            if queue:
                queue.ring()

        pipeline.day_of(
            date.fromisoformat(day), list(languages), plan, store.editions, store.subscriptions, clock, tell
        )
