"""The server of child processes: imports a service once, then forks a child for each conversation.

Started by `workers.runtime.children`. It has one thread, so forking is safe.
"""

import contextlib
import gc
import os
import resource
import signal
import socket
import struct
import sys
from collections.abc import Callable
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path

from workers.domain.errors import SourceError
from workers.runtime.boundary import reason_of
from workers.runtime.children import memory_reason

Handler = Callable[[bytes], bytes]


def main() -> None:
    """Arguments: the control socket, the service, its seconds of work, its bytes of memory.

    For each byte on the control socket, with a socket of a conversation, fork a child and answer with its process id.
    At the end of the control socket its parent has ended: kill the whole group, this process included.
    """
    control_fd, service, time_s, memory_bytes = sys.argv[1:]
    control = socket.socket(fileno=int(control_fd))
    module, _, name = service.partition(":")
    make_handler: Callable[[], Handler] = getattr(import_module(module), name)()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are reaped by the system
    gc.freeze()  # a collection in a child would copy the pages that it shares with this process
    while True:
        message, fds, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            with contextlib.suppress(OSError):
                os.killpg(0, signal.SIGKILL)
            return
        conversation = fds[0]
        pid = os.fork()
        if not pid:
            control.close()
            gc.disable()  # a child ends after a document or two, and its memory is limited
            _limit(float(time_s), int(memory_bytes))
            _serve(Connection(conversation), make_handler(), int(memory_bytes))
            os._exit(0)
        os.close(conversation)
        control.sendall(struct.pack("!Q", pid))


def _limit(time_s: float, memory_bytes: int) -> None:
    """Limit this process: memory, processor time, no files written, no core."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 2)  # a library's remarks about foreign bytes do not belong into the log
    seconds = int(time_s) + 5  # in case that the parent cannot kill it
    limits = {resource.RLIMIT_CPU: seconds, resource.RLIMIT_CORE: 0, resource.RLIMIT_FSIZE: 0}
    statm = Path("/proc/self/statm")
    if statm.exists():  # elsewhere the parent watches the memory
        pages = int(statm.read_text().split()[0])
        limits[resource.RLIMIT_AS] = pages * resource.getpagesize() + memory_bytes
    for kind, limit in limits.items():
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (limit, limit))


def _serve(connection: Connection, handle: Handler, memory_bytes: int) -> None:
    """Answer messages until the parent closes the conversation: `+` and the reply, or `!` and a reason."""
    while True:
        try:
            message = connection.recv_bytes()
        except (EOFError, OSError):
            return
        try:
            reply = b"+" + handle(message)
        except SourceError as error:
            reply = b"!" + str(error).encode("utf-8", "replace")
        except MemoryError:
            reply = b"!" + memory_reason(memory_bytes).encode()
        except Exception as error:  # noqa: BLE001 - whatever the bytes did to a library is the reason
            reply = b"!" + reason_of(error).encode("utf-8", "replace")
        with contextlib.suppress(OSError):
            connection.send_bytes(reply)


if __name__ == "__main__":
    main()
