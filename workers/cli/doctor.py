"""`paperboy doctor`: one line for each thing this installation needs, well or with its cure."""

import argparse
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from email.utils import parsedate_to_datetime

import httpx

from workers import config
from workers.bootstrap import pipeline_config, user_agent
from workers.cli.exit_codes import FAILED, OK
from workers.config import Settings
from workers.digest.chart import font_files
from workers.digest.collect import ask
from workers.domain.errors import QueueDown, SettingsError
from workers.domain.findings import Finding
from workers.domain.ports import Clock
from workers.queue import QUEUES, WorkQueue
from workers.runtime.clock import system_clock
from workers.sources.fetch import client
from workers.store import Store, open_store
from workers.store.migrate import HEAD

_MOST_SKEW_S = 30.0
_MODEL_S = 10.0

More = Callable[[Settings, Mapping[str, str]], Iterable[Finding]]
"""Checks of what only the frontends know: tokens, the private queue."""


def doctor(arguments: argparse.Namespace) -> int:
    """Print each finding as it comes; 1 where something needs a cure."""
    ok = True
    for finding in findings(arguments, arguments.more, os.environ):
        print(finding, flush=True)
        ok = ok and finding.ok
    return OK if ok else FAILED


def findings(arguments: argparse.Namespace, more: More, environment: Mapping[str, str]) -> Iterator[Finding]:
    try:
        settings = config.load(arguments.config, environment, arguments.platforms)
    except SettingsError as error:
        yield from (Finding("settings", False, line) for line in str(error).splitlines())
        return
    yield Finding("settings", True, f"{len(settings.sources)} sources, {len(settings.categories)} categories")
    clock = system_clock(environment)
    try:
        with open_store(settings.store.url, clock) as store:
            yield Finding("store", True, f"{store.engine.dialect.name}, schema {HEAD}")
            yield from _sources(settings, store, clock)
    except SettingsError as error:
        yield Finding("store", False, str(error))
    if settings.queue.url:
        yield _queue(WorkQueue(settings.queue.url))
    yield _font()
    yield _model(environment, settings.model.name)
    yield from more(settings, environment)


def _queue(queue: WorkQueue) -> Finding:
    try:
        serving = queue.workers()
    except QueueDown as error:
        return Finding("queue", False, str(error))
    if serving < len(QUEUES):
        return Finding("queue", False, f"{serving} workers; start `paperboy run`, or `paperboy worker` for each queue")
    return Finding("queue", True, f"answers at {queue.address}, {serving} workers")


def _sources(settings: Settings, store: Store, clock: Clock) -> Iterator[Finding]:
    """Each enabled source asked for its newest day, arXiv for its first category alone; then the clock's skew."""
    skews: list[float] = []

    def look(answer: httpx.Response) -> None:
        try:
            skews.append((clock.now() - parsedate_to_datetime(answer.headers["Date"])).total_seconds())
        except (KeyError, ValueError, TypeError):
            return

    quick = settings.model_copy(
        update={"sources": tuple(s.model_copy(update={"categories": s.categories[:1]}) for s in settings.sources)}
    )
    newest = {
        source.name: settings.calendar().newest(clock.now(), source.collected_at, source.daily)
        for source in settings.sources
    }
    with client(settings.http, user_agent()) as web:
        web.event_hooks = {"response": [look]}
        for source in pipeline_config(quick, store, web, clock).sources:
            report = ask(source, newest[source.name]).report
            message = f"{report.entries} entries of {newest[source.name]}"
            cure = f"{report.reason}; see `sources` in config.yaml, or set enabled: false"
            yield Finding(
                f"source {source.name}", report.status != "failed", cure if report.status == "failed" else message
            )
    if skews:
        skew = min(skews, key=abs)
        cure = "set the machine's clock by NTP, for editions and slots are late or early by as much"
        yield Finding(
            "clock",
            abs(skew) <= _MOST_SKEW_S,
            f"{skew:+.0f} s from the sources'" + (f"; {cure}" if abs(skew) > _MOST_SKEW_S else ""),
        )


def _font() -> Finding:
    found = font_files()
    cure = "no Korean font: reinstall with pip install --force-reinstall koreanize-matplotlib"
    return Finding("font", bool(found), found[0].name if found else cure)


def _model(environment: Mapping[str, str], name: str | None) -> Finding:
    """Any OpenAI-compatible endpoint lists its models; neither key nor address is ever printed."""
    key, base = environment.get("OPENAI_API_KEY"), environment.get("OPENAI_BASE_URL")
    if not key and not base:
        return Finding("model", True, "none; digests are made of the abstracts' own sentences")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    address = (base or "https://api.openai.com/v1").rstrip("/") + "/models"
    try:
        answer = httpx.get(address, headers=headers, timeout=_MODEL_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Finding("model", False, f"cannot be reached ({type(error).__name__}); see OPENAI_BASE_URL")
    if answer.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
        return Finding("model", False, f"HTTP {answer.status_code}: the key is refused; see OPENAI_API_KEY")
    if answer.status_code != httpx.codes.OK:
        return Finding("model", False, f"HTTP {answer.status_code}; see OPENAI_BASE_URL")
    if not name:
        return Finding("model", False, "an endpoint answers, but no model is named; set OPENAI_MODEL or model.name")
    return Finding("model", True, f"{name} at an endpoint that answers")
