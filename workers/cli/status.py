"""`paperboy status`: prints the last editions, sources, subscriptions, deliveries and waiting jobs."""

import argparse
from collections.abc import Iterator

from workers import config
from workers.cli.exit_codes import OK
from workers.cli.settings import settings_of
from workers.domain.completions import Usage
from workers.domain.deliveries import PartState
from workers.domain.errors import QueueDown
from workers.domain.units import Failure
from workers.queue import WorkQueue
from workers.runtime.clock import system_clock
from workers.store import open_store
from workers.store.status import EditionLine, Overview, overview


def status(arguments: argparse.Namespace) -> int:
    """Print the status. Changes nothing."""
    settings = settings_of(arguments)
    with open_store(settings.store.url, system_clock()) as store:
        for line in lines(overview(store)):
            print(line)
    print(f"queue: {_queue(settings)}")
    return OK


def lines(seen: Overview) -> Iterator[str]:
    """One line for each fact, editions newest first. A paused subscription is shown with its chat and reason."""
    yield from (f"edition {edition.day}: {_edition(edition)}" for edition in seen.editions)
    if not seen.editions:
        yield "edition: none yet"
    for source in seen.sources:
        yield f"source {source.source}: {source.status} on {source.day}" + (
            f" ({source.reason})" if source.reason else ""
        )
    for platform, count in sorted(seen.active.items()):
        yield f"subscriptions {platform}: {count} active"
    for paused in seen.paused:
        yield f"paused {paused.chat.platform} {paused.chat.chat}: {paused.reason}"
    yield f"deliveries: {seen.open_deliveries} waiting"
    for parts in seen.parts:
        mark = " <- look at these" if parts.state in {PartState.UNKNOWN, PartState.FAILED} else ""
        yield f"messages {parts.platform}: {parts.count} {parts.state}{mark}"
    today = sum((use.usage for use in seen.uses), Usage())
    if today.calls:
        yield f"model: {today.calls} calls, {today.tokens:,} tokens, ${today.cost_usd:.4f} today (UTC)"
    if failed := seen.model_failure:
        yield f"model {failed.unit.about}: failed last at {failed.last_at:%Y-%m-%d %H:%M} UTC: {failed.reason}"
    for failure in seen.failures:
        yield f"failed {failure.unit}: {failure.reason} ({_next_try(failure)})"
    if seen.more_failures:
        yield f"failed: {seen.more_failures} more"


def _next_try(failure: Failure) -> str:
    return f"tried again at {failure.retry_at:%Y-%m-%d %H:%M} UTC" if failure.retry_at else "given up"


def _edition(line: EditionLine) -> str:
    if line.closed_at is None:
        return f"being made, {line.attempts} attempts so far"
    made = f"{line.listed} of {line.collected} papers, made at {line.closed_at:%Y-%m-%d %H:%M} UTC"
    return f"{made}, taken back" if line.retracted else made


def _queue(settings: config.Settings) -> str:
    if not settings.queue.url:
        return "private, known only to `paperboy run`"
    queue = WorkQueue(settings.queue.url)
    try:
        waiting = ", ".join(f"{count} {name}" for name, count in queue.waiting().items())
        return f"{queue.workers()} workers; waiting: {waiting}"
    except QueueDown as error:
        return str(error)
