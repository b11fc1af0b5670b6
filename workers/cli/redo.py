"""`paperboy redo` and `paperboy retract`: an edition made anew or taken back, and its messages with it."""

import argparse

from workers import config
from workers.bootstrap import open_pipeline
from workers.cli.exit_codes import OK
from workers.cli.progress import progress
from workers.cli.settings import settings_of
from workers.digest import pipeline
from workers.domain.errors import SettingsError
from workers.queue import WorkQueue
from workers.runtime.clock import system_clock


def redo(arguments: argparse.Namespace) -> int:
    """Ask the sources for the day again, choose and write anew; what was posted is edited by the frontends.

    Killed in the middle, the clock finishes it.
    """
    settings, clock, day = settings_of(arguments), system_clock(), arguments.date
    with open_pipeline(settings, clock) as (store, plan):
        had = store.editions.reopen(day)
        if had is None:
            raise SettingsError(f"redo: there is no digest of {day}; `paperboy digest --date {day}` makes one")
        following = store.outbox.revise(day)
        languages = dict.fromkeys([settings.digest.language, *had, *store.subscriptions.languages()])
        edition = pipeline.find_or_make(day, plan, store.editions, store.source_answers, clock, progress)
        for language in languages:
            pipeline.find_or_write(edition, language, plan, store.editions, clock, progress)
        _say(f"{day}: made anew with {len(edition.placed)} papers", following, settings)
    return OK


def retract(arguments: argparse.Namespace) -> int:
    """Take the day's edition back: the frontends delete what was posted of it; its papers stay announced."""
    settings, day = settings_of(arguments), arguments.date
    with open_pipeline(settings, system_clock()) as (store, _):
        if not store.editions.retract(day):
            raise SettingsError(f"retract: there is no digest of {day}")
        _say(f"{day}: taken back", store.outbox.revise(day), settings)
    return OK


def _say(done: str, deliveries: int, settings: config.Settings) -> None:
    if settings.queue.url:
        WorkQueue(settings.queue.url).wake()
    print(f"{done}; {deliveries} posted deliveries follow while a frontend runs")
