"""`paperboy doctor`: checks what this installation needs, and prints one line for each check, with the cure."""

import argparse
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from email.utils import parsedate_to_datetime

from workers import config
from workers.bootstrap import child_processes, document_reader, enabled_sources
from workers.cli.doctor_model import model_findings
from workers.cli.exit_codes import FAILED, OK
from workers.config import Settings
from workers.digest.chart import font_files
from workers.domain.errors import QueueDown, SettingsError, SourceError
from workers.domain.findings import Finding
from workers.domain.models import SourceReport
from workers.domain.ports import Clock, Source
from workers.queue import QUEUES, WorkQueue
from workers.runtime.boundary import reason_of
from workers.runtime.clock import system_clock
from workers.sources.fetch import Response
from workers.store import Store, open_store
from workers.store.migrate import HEAD

_SKEW_LIMIT_S = 30.0

Checks = Callable[[Settings, Mapping[str, str]], Iterable[Finding]]
"""Checks that take the settings and the environment; those of the frontends are passed in by `bot`."""


def doctor(arguments: argparse.Namespace) -> int:
    """Print each finding as soon as it is known; returns FAILED if one of them needs a cure."""
    ok = True
    for finding in findings(arguments, arguments.more_checks, os.environ):
        print(finding, flush=True)
        ok = ok and finding.ok
    return OK if ok else FAILED


def _guarded(name: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """The findings of a check; a check that fails is a finding, because what it examines may do anything."""
    try:
        yield from check()
    except SettingsError as error:
        yield Finding(name, False, str(error))
    except Exception as error:  # noqa: BLE001 - doctor must not die of what it examines
        yield Finding(name, False, f"could not be examined: {reason_of(error)}")


def findings(arguments: argparse.Namespace, more_checks: Checks, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Check settings, store, sources, clock, queue, font and model, then `more_checks`.

    Wrong settings end the checks.
    """
    try:
        settings = config.load(arguments.config, environment, arguments.platforms)
    except SettingsError as error:
        yield from (Finding("settings", False, line) for line in str(error).splitlines())
        return
    yield Finding("settings", True, f"{len(settings.sources)} sources, {len(settings.categories)} categories")
    yield from _guarded("store", lambda: _store(settings, system_clock(environment)))
    yield from _guarded("queue", lambda: _queue(settings.queue.url))
    yield from _guarded("font", _font)
    yield from _guarded("model", lambda: _model(settings, environment))
    yield from _guarded("frontends", lambda: more_checks(settings, environment))


def _store(settings: Settings, clock: Clock) -> Iterator[Finding]:
    with open_store(settings.store.url, clock) as store:
        store.check_writable()
        yield Finding("store", True, f"{store.engine.dialect.name}, schema {HEAD}")
        yield from _guarded("sources", lambda: _sources(settings, store, clock))


def _queue(url: str | None) -> Iterator[Finding]:
    if url:
        yield _queue_state(WorkQueue(url))


def _queue_state(queue: WorkQueue) -> Finding:
    try:
        workers = queue.workers()
    except QueueDown as error:
        return Finding("queue", False, str(error))
    if workers < len(QUEUES):
        return Finding("queue", False, f"{workers} workers; start `paperboy run`, or `paperboy worker` for each queue")
    return Finding("queue", True, f"answers at {queue.address}, {workers} workers")


def _sources(settings: Settings, store: Store, clock: Clock) -> Iterator[Finding]:
    """Ask each enabled source for its newest day, arXiv for only its first category.

    The last finding is the difference between this machine's clock and the sources' clocks (their Date headers).
    """
    skews: list[float] = []

    def note_skew(response: Response) -> None:
        try:
            skews.append((clock.now() - parsedate_to_datetime(response.date)).total_seconds())
        except (ValueError, TypeError, OverflowError):
            return

    one_category = {
        name: source.model_copy(update={"categories": source.categories[:1]})
        for name, source in settings.sources.items()
    }
    first_categories = settings.model_copy(update={"sources": one_category})
    newest = {
        source.name: settings.calendar().newest(clock.now(), source.collected_at, source.daily)
        for source in settings.sources.values()
    }
    with child_processes(settings) as children:
        documents = replace(document_reader(settings, store, children), on_response=note_skew)
        for source in enabled_sources(first_categories, store, documents):
            report = _asked(source, newest[source.name])
            message = f"{report.entries} entries of {newest[source.name]}"
            if report.status == "failed":
                message = f"{report.reason}; see `sources` in config.yaml, or set enabled: false"
            elif report.incomplete:
                message += f", {report.status} ({report.reason}): it is asked again until the edition closes"
            yield Finding(f"source {source.name}", report.status != "failed", message)
    if skews:
        skew = min(skews, key=abs)
        cure = "synchronise this machine's clock by NTP, because editions and slots are early or late by as much"
        yield Finding(
            "clock",
            abs(skew) <= _SKEW_LIMIT_S,
            f"{skew:+.0f} s from the sources' clocks" + (f"; {cure}" if abs(skew) > _SKEW_LIMIT_S else ""),
        )


def _asked(source: Source, day: date) -> SourceReport:
    try:
        return source.collect(day).report
    except SourceError as error:
        return SourceReport(source.name, "failed", reason=str(error))


def _font() -> Iterator[Finding]:
    found = font_files()
    cure = "no Korean font: reinstall with pip install --force-reinstall koreanize-matplotlib"
    yield Finding("font", bool(found), found[0].name if found else cure)


def _model(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    try:
        store = open_store(settings.store.url, system_clock(environment))
    except SettingsError:  # said by the check of the store
        return
    with store:
        yield from model_findings(settings, store, environment)
