"""The processes of `paperboy run`, each started by its verb of the command line."""

import sys
from collections.abc import Mapping, Sequence

from bot.platforms import enabled
from bot.runtime.supervisor import Process
from workers.queue import QUEUES

PROGRAM = (sys.executable, "-P", "-m", "bot")


def worker_processes() -> list[Process]:
    """A worker for each queue, and the scheduler (`paperboy clock`)."""
    return [*(_process(f"worker {queue}", "worker", queue) for queue in QUEUES), _process("clock", "clock")]


def frontend_processes(environment: Mapping[str, str]) -> list[Process]:
    """One process for each platform whose token is set."""
    return [_process(platform.name, platform.name) for platform in enabled(environment)]


def command(*arguments: str) -> Sequence[str]:
    """The command line `paperboy ARGUMENTS`, run by this Python interpreter."""
    return [*PROGRAM, *arguments]


def _process(name: str, *arguments: str) -> Process:
    return Process(name, command(*arguments))
