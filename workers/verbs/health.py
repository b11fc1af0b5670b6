"""`paperboy health PART`: whether a part does its work, for a container's health check."""

import argparse
import sys
from datetime import UTC, datetime, timedelta

from workers import config
from workers.domain.errors import SettingsError
from workers.queue import WorkQueue
from workers.store import open_store
from workers.system import system_clock
from workers.verbs import FAILED, OK

_FRESH = timedelta(seconds=60)
"""A worker speaks up every few seconds while it waits, and at least twice a minute while it works."""


def health(arguments: argparse.Namespace) -> int:
    """0 while the part is alive: this host's worker has spoken up lately, the clock's post is held; else 1."""
    settings = config.load(arguments.config)
    if not settings.queue.url:
        raise SettingsError("queue.url: health is for parts that share a queue; set REDIS_URL")
    told = _clock(settings) if arguments.part == "clock" else _worker(WorkQueue(settings.queue.url), arguments.part)
    if told:
        print(f"paperboy: {told}", file=sys.stderr)
    return FAILED if told else OK


def _worker(queue: WorkQueue, name: str) -> str:
    spoke = queue.heard_here(name)
    if spoke is None:
        return f"no worker for {name} on this host"
    silent = datetime.now(UTC) - spoke
    return f"the worker for {name} has been silent for {silent.total_seconds():.0f} s" if silent > _FRESH else ""


def _clock(settings: config.Settings) -> str:
    with open_store(settings.store.url, system_clock()) as store:
        return "" if store.lease("clock", settings.clock.lease_s).taken() else "no clock holds the post"
