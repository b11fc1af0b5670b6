"""The parts of the program as processes, each started as a user would start it."""

import sys
from collections.abc import Mapping, Sequence

from bot.platforms import enabled
from bot.runtime.supervisor import Process
from workers.queue import QUEUES

PROGRAM = (sys.executable, "-P", "-m", "bot")


def work() -> list[Process]:
    """A worker for each queue, and the clock."""
    return [*(_part(f"worker {queue}", "worker", queue) for queue in QUEUES), _part("clock", "clock")]


def frontends(environment: Mapping[str, str]) -> list[Process]:
    """Each platform's own process, where its token is set."""
    return [_part(platform.name, platform.name) for platform in enabled(environment)]


def _part(name: str, *verb: str) -> Process:
    return Process(name, [*PROGRAM, *verb])


def command(*verb: str) -> Sequence[str]:
    return [*PROGRAM, *verb]
