"""`paperboy run` as a process of a test: started, watched through its store, killed in part or whole."""

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

_LOOK_S = 0.05
QUICK: Mapping[str, Any] = {"clock": {"tick_s": 0.1, "lease_s": 3}, "lease": {"edition_s": 3, "delivery_s": 3}}
"""Settings under which the scheduler looks often and the work of a killed process is free after three seconds."""


@dataclass(frozen=True)
class Rehearsal:
    """One clock for all processes of a test, moved by writing its file."""

    file: Path

    def move_to(self, moment: datetime) -> None:
        """Every process with `environment` has this moment now; time goes on from there."""
        aside = self.file.with_suffix(".new")
        aside.write_text(str((moment - datetime.now(UTC)).total_seconds()), "ascii")
        aside.replace(self.file)

    @property
    def environment(self) -> dict[str, str]:
        return {"PAPERBOY_CLOCK_AHEAD": str(self.file)}


def write_settings(folder: Path, sources: Sequence[Mapping[str, Any]], **sections: Any) -> Path:
    """Write a settings file over the bundled one: no pause between requests, and a store of its own in `folder`.

    Any section may be given instead of the usual one.
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
    """One `paperboy run`; `marker` is in the environment of all its processes."""

    settings: Path
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    marker: str = field(default_factory=lambda: f"run-{secrets.token_hex(8)}")

    def start(self) -> None:
        """Start it and wait until it prints that it is ready."""
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
        """As tests.waiting.until; a failure shows what the run has written to stderr."""
        return until(probe, self.err, _LOOK_S)

    def out(self) -> str:
        return self._out.read_text("utf-8") if self._out.exists() else ""

    def err(self) -> str:
        return (self.folder / "err.txt").read_text("utf-8")

    def processes(self) -> dict[str, psutil.Process]:
        """The run's children by their verb's last word: valkey, editions, questions, clock, telegram, discord."""
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
        sockets = self.processes()["valkey"].net_connections("tcp")
        port = next(socket.laddr.port for socket in sockets if socket.status == psutil.CONN_LISTEN)
        with redis.Redis(port=port) as connection:
            connection.flushall()

    def kill(self, name: str) -> None:
        """SIGKILL to one process, or to the run itself; the job that a worker has forked dies with the worker."""
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
    """A whole `paperboy run` whose first edition is made, and its store."""

    run: Running
    store: Store


@contextmanager
def program(
    folder: Path, environment: Mapping[str, str], papers: Sequence[Mapping[str, Any]], **sections: Any
) -> Iterator[Program]:
    """Start the whole program on the sample's morning, with Hugging Face's list of `papers` as the only source."""
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
    """One paper as Hugging Face lists it."""
    abstract = f"We present {title}. It gains {n}.5%."
    return {"paper": {"id": f"2410.0000{n}", "title": title, "summary": abstract, "upvotes": n}}


def processes_with(marker: str) -> list[int]:
    """Ids of the processes that were started with `marker` somewhere in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and marker.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue  # it ended, or is not ours to look at
    return [number for number in found if number != os.getpid()]
