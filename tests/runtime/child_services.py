"""Services for the tests of child processes: each does to its process what foreign bytes can do to a library."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from workers.domain.errors import SourceError


def service() -> Callable[[], Callable[[bytes], bytes]]:
    return handler


def handler() -> Callable[[bytes], bytes]:
    """A handler that does what the message says: the name of a function below, and its argument."""
    known: list[Callable[[str], bytes]] = [
        *(_environment, _work, _hang, _stop, _eat, _reply, _die, _refuse, _raise, _write),
    ]
    deeds = {deed.__name__.strip("_"): deed for deed in known}
    seen = 0

    def handle(message: bytes) -> bytes:
        nonlocal seen
        seen += 1
        name, _, argument = message.decode().partition(" ")
        return str(seen).encode() if name == "count" else deeds[name](argument)

    return handle


def _environment(_: str) -> bytes:
    return "\n".join(os.environ).encode()


def _work(seconds: str) -> bytes:
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        pass
    return b"done"


def _hang(_: str) -> bytes:
    time.sleep(3600)
    return b"done"


def _stop(_: str) -> bytes:
    os.kill(os.getpid(), signal.SIGSTOP)
    return b"done"


def _eat(_: str) -> bytes:
    eaten = bytearray()
    while True:
        eaten += bytes(1 << 20)


def _reply(size: str) -> bytes:
    return b"x" * int(size)


def _die(_: str) -> bytes:
    os.kill(os.getpid(), signal.SIGSEGV)
    return b"done"


def _refuse(_: str) -> bytes:
    raise SourceError("an HTML page, not a feed")


def _raise(_: str) -> bytes:
    raise KeyError("the foreign text")


def _write(path: str) -> bytes:
    Path(path).write_text("x", "ascii")
    return b"done"
