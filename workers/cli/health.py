"""`paperboy health PART`: whether a part does its work, for a container's health check."""

import argparse
import sys
from datetime import UTC, datetime, timedelta

from workers import config
from workers.cli.exit_codes import FAILED, OK
from workers.cli.settings import settings_of
from workers.domain.errors import SettingsError
from workers.queue import QUEUES, WorkQueue
from workers.runtime.clock import system_clock
from workers.store import open_store

_FRESH = timedelta(seconds=60)
"""A worker speaks up every few seconds while it waits, and at least twice a minute while it works."""


def health(arguments: argparse.Namespace) -> int:
    """0 while the part is alive: this host's worker has spoken up lately, the part's post is held; else 1."""
    settings = settings_of(arguments)
    if not settings.queue.url:
        raise SettingsError("queue.url: health is for parts that share a queue; set REDIS_URL")
    part, queue = arguments.part, WorkQueue(settings.queue.url)
    told = _worker(queue, part) if part in QUEUES else _post(settings, part)
    if told:
        print(f"paperboy: {told}", file=sys.stderr)
    return FAILED if told else OK


def _worker(queue: WorkQueue, name: str) -> str:
    spoke = queue.last_heartbeat(name)
    if spoke is None:
        return f"no worker for {name} on this host"
    silent = datetime.now(UTC) - spoke
    return f"the worker for {name} has been silent for {silent.total_seconds():.0f} s" if silent > _FRESH else ""


def _post(settings: config.Settings, name: str) -> str:
    with open_store(settings.store.url, system_clock()) as store:
        return "" if store.lease(name, 0).is_held() else f"nobody holds the post of the {name}"
