"""The functions that RQ calls, by their names: each builds what it needs and calls a pipeline."""

from datetime import date

from workers import config
from workers.answers import pipeline as answers
from workers.bootstrap import answer_services, open_configured_store, open_pipeline
from workers.digest import alerts
from workers.digest import pipeline as digest
from workers.domain.answers import Answer
from workers.domain.calendar import latest_day
from workers.domain.errors import EditionFailed, LeaseLost, SettingsError
from workers.domain.units import Failure, Unit, UnitKind
from workers.queue import WorkQueue
from workers.runtime.boundary import Boundary
from workers.runtime.clock import system_clock


def make_edition(day: str) -> None:
    """Make the edition of `day` ("2026-01-31"), its texts and the due deliveries, and tell the owners what failed.

    Does nothing for a day of the future, which a clock that was ahead asked for. Safe to run twice: a closed edition
    is found, not made again. Raises EditionFailed where nothing could be listed.
    """
    settings, clock, wanted_day = config.load(), system_clock(), date.fromisoformat(day)
    if wanted_day > latest_day(clock.now()):
        return
    language = settings.digest.language
    queue = WorkQueue(settings.queue.url) if settings.queue.url else None

    def on_progress(_step: str, _figures: str) -> None:
        if queue:
            queue.wake()

    with open_pipeline(settings, clock, on_progress) as pipeline:
        store = pipeline.store
        languages = dict.fromkeys([language, *store.subscriptions.languages()])
        boundary, unit = pipeline.context.boundary, Unit(UnitKind.EDITION, day)
        try:
            edition = digest.make_day(wanted_day, list(languages), pipeline.context)
        except EditionFailed as error:
            owners = store.owners.all(settings.named_owners())
            alerts.no_edition(wanted_day, str(error), owners, store.outbox, language)
            raise
        except (LeaseLost, SettingsError):
            raise
        except Exception as error:  # an edition is tried again until it is made, and the owners hear why it is not
            boundary.failed(unit, error)
            raise
        boundary.succeeded(unit)
        owners = store.owners.all(settings.named_owners())
        alerts.incomplete_sources(wanted_day, edition.sources, owners, store.outbox, language)


def collect_source(day_and_source: str) -> None:
    """Ask one source for one day ("2026-01-31 arxiv") and keep the answer for that day's edition."""
    day, _, source_name = day_and_source.partition(" ")
    with open_pipeline(config.load(), system_clock()) as pipeline:
        digest.collect_ahead(date.fromisoformat(day), source_name, pipeline.context)


def answer_question(question: str) -> None:
    """Answer the question with the id `question`; does nothing where it is answered or another worker answers it.

    If that fails, the scheduler queues the question again; after the last try the reader is told.
    """
    settings, question_id = config.load(), int(question)
    queue = WorkQueue(settings.queue.url) if settings.queue.url else None

    def on_progress(answer_so_far: Answer) -> None:
        if queue:
            queue.stream_answer(question_id, answer_so_far)

    with open_configured_store(settings, system_clock()) as store:
        if question_id not in store.questions.unanswered():
            return

        def answered() -> bool:
            services = answer_services(settings, store)
            return answers.answer_question(question_id, store.questions, services, on_progress)

        boundary, unit = Boundary(store.failures, store.clock), Unit(UnitKind.QUESTION, question)
        try:
            done = boundary.run(unit, answered)
        except SettingsError as error:  # the owner mends it later; the reader asked now
            done = boundary.failed(unit, error)
        if isinstance(done, Failure):
            language = store.questions.language(question_id) if done.given_up else None
            done = language is not None and store.questions.fail(question_id, answers.failed_answer(language))
    if done and queue:
        queue.wake()
