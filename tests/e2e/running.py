"""Starts `paperboy run` in a test, reads its store and kills some or all of its processes."""

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import redis
import yaml

from bot.runtime.sample import MORNING
from tests.fakes.empty_store import empty_store
from tests.fakes.web import Answer, web
from tests.waiting import DEADLINE_S, Found, until
from workers.runtime.clock import system_clock
from workers.store import Store, open_store

_POLL_S = 0.05
QUICK: Mapping[str, Any] = {"clock": {"tick_s": 0.1, "lease_s": 3}, "lease": {"edition_s": 3, "delivery_s": 3}}
"""Settings with a scheduler tick of 0.1 seconds and with leases that expire three seconds after a process is killed."""


@dataclass(frozen=True)
class Rehearsal:
    """A clock that all processes of a test share; writing its file moves it."""

    file: Path

    def move_to(self, moment: datetime) -> None:
        """Set the clock of every process with `environment` to this moment; time continues from there."""
        aside = self.file.with_suffix(".new")
        aside.write_text(str((moment - datetime.now(UTC)).total_seconds()), "ascii")
        aside.replace(self.file)

    @property
    def environment(self) -> dict[str, str]:
        return {"PAPERBOY_CLOCK_AHEAD": str(self.file)}


def write_settings(folder: Path, sources: Sequence[Mapping[str, Any]], **sections: Any) -> Path:
    """Write settings that override the bundled ones: no pause between requests and a new store in `folder`.

    `sections` replace sections of these settings.
    """
    settings = {
        "sources": list(sources),
        "arxiv": {"min_interval_s": 0},
        "http": {"timeout_s": 2, "patience_s": 1},
        **sections,
    }
    if "store" not in settings:
        store = folder / "store.db"
        settings["store"] = {"url": f"sqlite:///{store}" if store.exists() else empty_store(store)}
    file = folder / "settings.yaml"
    file.write_text(yaml.safe_dump(settings), "utf-8")
    return file


@dataclass
class Running:
    """A `paperboy run`; the environment of each of its processes contains `marker`."""

    settings: Path
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    marker: str = field(default_factory=lambda: f"run-{secrets.token_hex(8)}")

    def start(self) -> None:
        """Start the run and wait until it prints that it is ready."""
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
        self.until(lambda: self.out().count("준비했습니다") > before)

    def until(self, probe: Callable[[], Found | None]) -> Found:
        """Wait as `tests.waiting.until` does; a failure shows the run's stderr."""
        return until(probe, self.err, _POLL_S)

    def out(self) -> str:
        return self._out.read_text("utf-8") if self._out.exists() else ""

    def err(self) -> str:
        return (self.folder / "err.txt").read_text("utf-8")

    def processes(self) -> dict[str, psutil.Process]:
        """Return the run's children by the last word of their command, such as editions, or as valkey."""
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
        """Delete all jobs, workers and streams from the private Valkey (FLUSHALL)."""
        sockets = self.processes()["valkey"].net_connections("tcp")
        port = next(socket.laddr.port for socket in sockets if socket.status == psutil.CONN_LISTEN)
        with redis.Redis(port=port) as connection:
            connection.flushall()

    def kill(self, name: str) -> None:
        """Send SIGKILL to the named process and its children, or to the run itself ("run")."""
        if name == "run":
            self.process.kill()
            self.process.wait()
            until(lambda: not processes_with(self.marker), lambda: processes_with(self.marker))
            return
        victim = self.processes().get(name)
        if victim:
            for process in [*victim.children(recursive=True), victim]:
                if process.is_running():
                    process.send_signal(signal.SIGKILL)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_S)


@contextmanager
def running(settings: Path, folder: Path, environment: Mapping[str, str]) -> Iterator[Running]:
    run = Running(settings, folder, environment)
    try:
        run.start()
        yield run
    finally:
        run.process.kill()
        run.process.wait()
        until(lambda: not processes_with(run.marker), lambda: processes_with(run.marker))


@dataclass(frozen=True)
class Program:
    """A complete `paperboy run`, whose first edition is made, with its store."""

    run: Running
    store: Store


@contextmanager
def program(
    folder: Path, environment: Mapping[str, str], papers: Sequence[Mapping[str, Any]], **sections: Any
) -> Iterator[Program]:
    """Start the complete program on the sample's morning with `papers` from Hugging Face as the only source."""
    rehearsal = Rehearsal(folder / "ahead")
    rehearsal.move_to(MORNING)
    everything = {**rehearsal.environment, **environment}
    with web(Answer(body=json.dumps(papers).encode())) as source:
        sources = [{"name": "huggingface", "kind": "huggingface", "url": source.url}]
        settings = write_settings(folder, sources, **QUICK, **sections)
        with (
            running(settings, folder, everything) as run,
            open_store(f"sqlite:///{folder / 'store.db'}", system_clock(everything)) as store,
        ):
            run.until(lambda: store.texts.newest("ko"))
            yield Program(run, store)


def paper_row(n: int, title: str) -> dict[str, Any]:
    """Return a paper in the format of Hugging Face's list."""
    abstract = f"We present {title}. It gains {n}.5%."
    return {"paper": {"id": f"2410.0000{n}", "title": title, "summary": abstract, "upvotes": n}}


def processes_with(marker: str) -> list[int]:
    """Return the ids of the processes whose environment contains `marker`."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and marker.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue  # the process ended or belongs to another user
    return [number for number in found if number != os.getpid()]
