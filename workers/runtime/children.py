"""Bounded child processes: foreign bytes are read in a process that has limits, no secret and no store."""

import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

import psutil

from workers.domain.errors import SourceError

_KEPT = (
    *("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
)
"""Environment variables that a child gets; every other one, tokens and keys among them, stays with the parent."""
_LOOK_S = 0.1
"""Seconds between two looks at a working child's memory and time."""
_SHORT_S = 0.8
"""Processor seconds after which a child gives way to others; arXiv's largest feeds take half a second."""
_GIVES_WAY = 10
"""Niceness of a child that gives way."""
_STOP_S = 5.0
"""Seconds that the server of child processes gets to end."""
_PID = struct.Struct("!Q")


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What a child may use: seconds of its own work, bytes of memory beyond its start, bytes of one reply."""

    time_s: float
    memory_bytes: int
    reply_bytes: int


@dataclass
class OwnWork:
    """The time in which at least one of several children worked; what they waited for in between does not count."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _working: int = 0
    _since: float = 0.0
    _spent_s: float = 0.0

    @contextmanager
    def working(self) -> Iterator[None]:
        with self._lock:
            if not self._working:
                self._since = time.monotonic()
            self._working += 1
        try:
            yield
        finally:
            with self._lock:
                self._working -= 1
                if not self._working:
                    self._spent_s += time.monotonic() - self._since

    @property
    def spent_s(self) -> float:
        with self._lock:
            return self._spent_s + (time.monotonic() - self._since if self._working else 0.0)


class ChildProcesses:
    """Starts child processes that answer messages with `service`, the "module:name" of a function.

    A server process calls it once, in a clean environment, and forks a child for each conversation, which takes
    milliseconds. It returns a function that makes a conversation's handler: bytes of a message → bytes of the reply.
    The server starts at the first child and ends at `close`, or when this process ends.
    """

    def __init__(self, service: str, limits: ChildLimits) -> None:
        self.limits = limits
        self._service = service
        self._lock = threading.Lock()
        self._server: _Server | None = None

    @contextmanager
    def start(self, own_work: OwnWork | None = None) -> Iterator["Child"]:
        """A new child, killed when the body ends. `own_work` is shared by children that have one time limit."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                pid = self._fork(theirs)
            child = Child(pid, Connection(os.dup(ours.fileno())), self.limits, own_work or OwnWork())
        with closing(child):
            yield child

    def close(self) -> None:
        with self._lock:
            if self._server:
                self._server.close()
                self._server = None

    def _fork(self, end: socket.socket) -> int:
        """The process id of a new child that talks over `end`; a server that was killed is started again once."""
        with self._lock:
            for _ in range(2):
                self._server = self._server or _Server(self._service, self.limits)
                try:
                    return self._server.fork(end)
                except OSError:
                    self._server.close()
                    self._server = None
        raise SourceError("its child process could not be started")


class _Server:
    """The server process and the socket over which it is told to fork."""

    def __init__(self, service: str, limits: ChildLimits) -> None:
        self._control, theirs = socket.socketpair()
        path = os.pathsep.join(each for each in sys.path if each)
        environment = child_environment(os.environ) | {"PYTHONPATH": path}
        command = [sys.executable, "-P", "-m", "workers.runtime.child_server"]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [*command, str(theirs.fileno()), service, str(limits.time_s), str(limits.memory_bytes)],
                env=environment,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )

    def fork(self, end: socket.socket) -> int:
        """Raises OSError if the server has ended."""
        socket.send_fds(self._control, [b"+"], [end.fileno()])
        reply = self._control.recv(_PID.size, socket.MSG_WAITALL)
        if len(reply) < _PID.size:
            raise ConnectionResetError
        return int(_PID.unpack(reply)[0])

    def close(self) -> None:
        self._control.close()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Child:
    """A conversation with one child process: a message is sent, a reply comes back, in turn."""

    def __init__(self, pid: int, connection: Connection, limits: ChildLimits, own_work: OwnWork) -> None:
        self._connection, self._limits, self._own_work = connection, limits, own_work
        self._stopped_for, self._gives_way = "", False
        self._process: psutil.Process | None = None
        self._memory_at_start = 0
        with suppress(psutil.NoSuchProcess):
            self._process = psutil.Process(pid)
            self._memory_at_start = self._process.memory_info().rss

    def ask(self, message: bytes) -> bytes:
        """The child's reply. Raises SourceError if the child refuses, dies, or goes beyond a limit, which kills it."""
        done = threading.Event()
        watch = threading.Thread(target=self._watch, args=[done], name="child limits", daemon=True)
        with self._own_work.working():
            watch.start()
            try:
                self._connection.send_bytes(message)
                reply = self._connection.recv_bytes(self._limits.reply_bytes)
            except EOFError:
                raise SourceError(self._stopped_for or "its child process died") from None
            except OSError:  # the reply is too long, or the child died while it took the message
                self._kill()
                limit_mib = self._limits.reply_bytes // 2**20
                raise SourceError(self._stopped_for or f"gave more than {limit_mib:,} MiB, or died") from None
            finally:
                done.set()
                watch.join()
        if reply[:1] != b"+":
            raise SourceError(reply[1:].decode("utf-8", "replace"))
        return reply[1:]

    def close(self) -> None:
        self._kill()
        self._connection.close()

    def _watch(self, done: threading.Event) -> None:
        """Kill the child when it goes beyond a limit before `done`; one that takes long gives way to the others."""
        while not done.wait(_LOOK_S):
            self._give_way()
            if self._own_work.spent_s > self._limits.time_s:
                self._stopped_for = f"took longer than {self._limits.time_s:g} s of its own work"
            elif self._memory() > self._limits.memory_bytes:
                self._stopped_for = memory_reason(self._limits.memory_bytes)
            if self._stopped_for:
                self._kill()
                return

    def _give_way(self) -> None:
        with suppress(psutil.Error):
            if self._process and not self._gives_way and sum(self._process.cpu_times()[:2]) > _SHORT_S:
                self._gives_way = True
                self._process.nice(_GIVES_WAY)

    def _memory(self) -> int:
        """Bytes beyond those at the start. The child limits itself too, but not every system honours that."""
        try:
            return self._process.memory_info().rss - self._memory_at_start if self._process else 0
        except psutil.Error:
            return 0

    def _kill(self) -> None:
        with suppress(psutil.Error):
            if self._process:
                self._process.kill()


def memory_reason(limit_bytes: int) -> str:
    return f"needed more than {limit_bytes // 2**20:,} MiB of memory"


def child_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of `environment` that a child gets."""
    return {name: environment[name] for name in _KEPT if name in environment}
