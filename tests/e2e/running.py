"""`paperboy run` as a process of a test: started, watched through its store, killed in part or whole."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import redis

from tests.e2e.conftest import processes_with

LONGEST_S = 60.0


def until(what: Callable[[], object], longest_s: float = LONGEST_S, told: Callable[[], object] = str) -> None:
    """Return once `what` is true; fails with what `told` says after a while."""
    end = time.monotonic() + longest_s
    while not what():
        assert time.monotonic() < end, told() or "it did not come about"
        time.sleep(0.05)


@dataclass
class Running:
    """One `paperboy run`; `marker` stands in the environment of all its processes."""

    settings: Path
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    marker: str = field(default_factory=lambda: f"run-{secrets.token_hex(8)}")

    def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        self._out = self.folder / "out.txt"
        before = self.out().count("준비했습니다")
        with self._out.open("a") as out, (self.folder / "err.txt").open("a") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "bot", "run", "--config", str(self.settings)],
                env={**os.environ, **self.environment, "PAPERBOY_TEST": self.marker, "COLUMNS": "100"},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=self.folder,
            )
        until(lambda: self.out().count("준비했습니다") > before, told=self.err)

    def out(self) -> str:
        return self._out.read_text("utf-8") if self._out.exists() else ""

    def err(self) -> str:
        return (self.folder / "err.txt").read_text("utf-8")

    def parts(self) -> dict[str, psutil.Process]:
        """The parts by their verb: valkey, editions, questions, clock."""
        found = {}
        for child in psutil.Process(self.process.pid).children():
            try:
                line = child.cmdline()
            except psutil.NoSuchProcess:
                continue
            if line:
                found["valkey" if "valkey" in line[0] else line[-1]] = child
        return found

    def flush(self) -> None:
        """FLUSHALL: the private Valkey forgets jobs, workers and streams."""
        sockets = self.parts()["valkey"].net_connections("tcp")
        with redis.Redis(
            port=next(each.laddr.port for each in sockets if each.status == psutil.CONN_LISTEN)
        ) as connection:
            connection.flushall()

    def kill(self, part: str) -> None:
        """SIGKILL to one part, or to the run itself; the job a worker has forked dies with the worker."""
        if part == "run":
            self.process.kill()
            self.process.wait()
            until(lambda: not processes_with(self.marker), told=lambda: processes_with(self.marker))
            return
        victim = self.parts().get(part)
        if victim:
            for one in [*victim.children(recursive=True), victim]:
                if one.is_running():
                    one.send_signal(signal.SIGKILL)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(LONGEST_S)


@contextmanager
def running(settings: Path, folder: Path, environment: Mapping[str, str]) -> Iterator[Running]:
    run = Running(settings, folder, environment)
    try:
        run.start()
        yield run
    finally:
        run.process.kill()
        run.process.wait()
        until(lambda: not processes_with(run.marker), told=lambda: processes_with(run.marker))
