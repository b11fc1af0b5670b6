"""RQ's entry points: wire, call, nothing else."""

from datetime import date

from workers import config
from workers.answers import pipeline as answers
from workers.bootstrap import answer_services, open_configured_store, open_pipeline
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
    with open_pipeline(settings, clock) as (store, plan):
        queue = WorkQueue(settings.queue.url) if settings.queue.url else None
        languages = dict.fromkeys([language, *store.subscriptions.languages()])

        def on_progress(_step: str, _figures: str) -> None:
            if queue:
                queue.wake()

        try:
            edition = digest.day_of(
                wanted,
                list(languages),
                plan,
                store.editions,
                store.source_answers,
                store.subscriptions,
                clock,
                on_progress,
            )
        except EditionFailed as error:
            alerts.no_edition(wanted, str(error), store.owners.all(settings.named_owners()), store.outbox, language)
            raise
        alerts.failed_sources(
            wanted, edition.sources, store.owners.all(settings.named_owners()), store.outbox, language
        )


def collect_source(about: str) -> None:
    """Ask one source for one day ("2026-01-31 arxiv") and keep the answer for that day's edition."""
    settings = config.load()
    day, _, name = about.partition(" ")
    with open_pipeline(settings, system_clock()) as (store, plan):
        digest.collect_ahead(date.fromisoformat(day), name, plan, store.source_answers)


def answer_question(question: str) -> None:
    """Answer the question of that id; what is answered, or in another's hands, is left."""
    settings, number = config.load(), int(question)
    queue = WorkQueue(settings.queue.url) if settings.queue.url else None

    def on_progress(said: Answer) -> None:
        if queue:
            queue.stream_answer(number, said)

    with open_configured_store(settings, system_clock()) as store:
        answered = answers.attend(number, store.questions, answer_services(settings, store), on_progress)
    if answered and queue:
        queue.wake()
