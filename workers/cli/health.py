"""`paperboy health PROCESS`: checks that a process does its work, for the health check of a container."""

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

_LONGEST_SILENCE = timedelta(seconds=60)
"""A worker sends a heartbeat every few seconds while it waits, and at least twice a minute while it works."""


def health(arguments: argparse.Namespace) -> int:
    """Return OK if the process is alive, else print why not and return FAILED.

    A worker is alive if one on this host sent a heartbeat within _LONGEST_SILENCE; the scheduler or a frontend is alive
    if a process, here or on another host, has its leader lease, which a frontend renews only while it receives and
    sends. Raises SettingsError without a shared queue.
    """
    settings = settings_of(arguments)
    if not settings.queue.url:
        raise SettingsError("queue.url: health checks need a shared queue; set REDIS_URL")
    name, queue = arguments.process, WorkQueue(settings.queue.url)
    fault = _worker_fault(queue, name) if name in QUEUES else _lease_fault(settings, name)
    if fault:
        print(f"paperboy: {fault}", file=sys.stderr)
    return FAILED if fault else OK


def _worker_fault(queue: WorkQueue, name: str) -> str:
    heartbeat = queue.last_heartbeat(name)
    if heartbeat is None:
        return f"no worker for {name} on this host"
    silence = datetime.now(UTC) - heartbeat
    return (
        f"the last heartbeat of the worker for {name} was {silence.total_seconds():.0f} s ago"
        if abs(silence) > _LONGEST_SILENCE
        else ""
    )


def _lease_fault(settings: config.Settings, name: str) -> str:
    with open_store(settings.store.url, system_clock()) as store:
        lasts_s = settings.clock.lease_s if name == "clock" else settings.lease.delivery_s
        return "" if store.lease(name, lasts_s).is_held() else f"no {name} process is active"
