"""`paperboy redo` and `paperboy retract`: make an edition again, or take it back, with the messages of it."""

import argparse

from workers import config
from workers.bootstrap import open_configured_store, open_pipeline
from workers.cli.exit_codes import OK
from workers.cli.progress import progress
from workers.cli.settings import settings_of
from workers.digest import pipeline
from workers.domain.errors import SettingsError
from workers.queue import WorkQueue
from workers.runtime.clock import system_clock


def redo(arguments: argparse.Namespace) -> int:
    """Ask the sources for the day again, select and write again; the frontends then edit the messages.

    If this process is killed, the scheduler finishes the edition. Raises SettingsError if the day has no digest.
    """
    settings, clock, day = settings_of(arguments), system_clock(), arguments.date
    with open_pipeline(settings, clock, progress) as opened:
        store = opened.store
        written_languages = store.editions.reopen(day)
        if written_languages is None:
            raise SettingsError(f"redo: there is no digest of {day}; `paperboy digest --date {day}` makes one")
        deliveries = store.outbox.revise(day)
        languages = dict.fromkeys([settings.digest.language, *written_languages, *store.subscriptions.languages()])
        edition = pipeline.find_or_make(day, opened.context)
        for language in languages:
            pipeline.find_or_write(edition, language, opened.context)
        _print_result(f"{day}: made again with {len(edition.ranked)} papers", deliveries, settings)
    return OK


def retract(arguments: argparse.Namespace) -> int:
    """Take the edition of a day back; the frontends then delete its messages. Its papers still count as announced.

    Raises SettingsError if the day has no digest.
    """
    settings, day = settings_of(arguments), arguments.date
    with open_configured_store(settings, system_clock()) as store:
        if not store.editions.retract(day):
            raise SettingsError(f"retract: there is no digest of {day}")
        _print_result(f"{day}: taken back", store.outbox.revise(day), settings)
    return OK


def _print_result(result: str, deliveries: int, settings: config.Settings) -> None:
    if settings.queue.url:
        WorkQueue(settings.queue.url).wake()
    print(f"{result}; a running frontend now updates {deliveries} posted deliveries")
