"""RQ's entry points: wire, call, nothing else."""

from datetime import date

from workers import config
from workers.answers import pipeline as answers
from workers.bootstrap import means_of, opened, stored
from workers.digest import alerts
from workers.digest import pipeline as digest
from workers.domain.answers import Answer
from workers.domain.errors import EditionFailed
from workers.queue import WorkQueue
from workers.runtime.clock import system_clock


def make_edition(day: str) -> None:
    """Make the edition of `day` ("2026-01-31"), its texts and the deliveries that are due; owners hear of trouble.

    Safe to run twice: what is closed is found. Raises EditionFailed when nothing could be listed.
    """
    settings, clock, wanted = config.load(), system_clock(), date.fromisoformat(day)
    language = settings.digest.language
    with opened(settings, clock) as (store, plan):
        queue = WorkQueue(settings.queue.url) if settings.queue.url else None
        languages = dict.fromkeys([language, *store.subscriptions.languages()])

        def tell(_step: str, _figures: str) -> None:
            if queue:
                queue.ring()

        try:
            edition = digest.day_of(
                wanted, list(languages), plan, store.editions, store.collections, store.subscriptions, clock, tell
            )
        except EditionFailed as error:
            alerts.no_edition(wanted, str(error), store.owners.all(settings.named_owners()), store.outbox, language)
            raise
        alerts.lame_sources(wanted, edition.sources, store.owners.all(settings.named_owners()), store.outbox, language)


def collect_source(about: str) -> None:
    """Ask one source for one day ("2026-01-31 arxiv") and keep the answer for that day's edition."""
    settings = config.load()
    day, _, name = about.partition(" ")
    with opened(settings, system_clock()) as (store, plan):
        digest.collect_ahead(date.fromisoformat(day), name, plan, store.collections)


def answer_question(question: str) -> None:
    """Answer the question of that id; what is answered, or in another's hands, is left."""
    settings, number = config.load(), int(question)
    queue = WorkQueue(settings.queue.url) if settings.queue.url else None

    def tell(said: Answer) -> None:
        if queue:
            queue.tell(number, said)

    with stored(settings, system_clock()) as store:
        answered = answers.attend(number, store.questions, means_of(settings, store), tell)
    if answered and queue:
        queue.ring()
