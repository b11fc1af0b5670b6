"""The whole program as its users start it: settings in a file, sources on loopback, processes for real."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from bot.__main__ import main


@dataclass(frozen=True)
class Replay:
    """The recorded days over HTTP, in the real hosts' shapes."""

    url: str

    def today(self, day: str) -> None:
        httpx.get(f"{self.url}/_today?day={day}").raise_for_status()

    def requests(self) -> list[str]:
        """The paths that sources were asked for."""
        seen = httpx.get(f"{self.url}/_log").json()
        return [request["path"] for request in seen if not request["path"].startswith("/_")]


@pytest.fixture(scope="session")
def replay_server(shared_data: Path) -> Iterator[str]:
    server = shared_data.parent / "replay" / "serve.py"
    command = [sys.executable, str(server), "--data", str(shared_data), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().rsplit(" ", 1)[1].strip()
        process.terminate()


@pytest.fixture
def replay(replay_server: str) -> Replay:
    return Replay(replay_server)


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


@pytest.fixture
def rehearsal(tmp_path: Path) -> Rehearsal:
    return Rehearsal(tmp_path / "ahead")


Settings = dict[str, Any]


def recorded_sources(url: str, fault: str = "", only: str = "") -> list[dict[str, Any]]:
    """arXiv's three large categories and Hugging Face; `fault` befalls the source named `only`, or both."""
    broken = f"?fault={fault}" if fault else ""
    arxiv_fault, hugging_fault = (broken if only in {"", name} else "" for name in ("arxiv", "huggingface"))
    return [
        {
            "name": "arxiv",
            "kind": "arxiv",
            "url": f"{url}/rss",
            "api_url": f"{url}/api/query{arxiv_fault}",
            "categories": [f"{name}{arxiv_fault}" for name in ("cs.CL", "cs.CV", "cs.LG")],
        },
        {"name": "huggingface", "kind": "huggingface", "url": f"{url}/api/daily_papers{hugging_fault}"},
    ]


@pytest.fixture
def settings_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a settings file over the bundled one: quick gates and waits, a store of its own."""

    def write(sources: list[dict[str, Any]], **parts: Any) -> Path:
        settings = {
            "store": {"url": f"sqlite:///{tmp_path / 'store.db'}"},
            "sources": sources,
            "arxiv": {"min_interval_s": 0},
            "http": {"timeout_s": 2, "patience_s": 1},
            **parts,
        }
        file = tmp_path / "settings.yaml"
        file.write_text(yaml.safe_dump(settings), "utf-8")
        return file

    return write


@pytest.fixture
def run_digest(tmp_path: Path) -> Callable[..., tuple[int, Path]]:
    """Runs `paperboy digest`; returns its exit code and the folder of its files."""

    def run(settings: Path, day: str, language: str | None = None, out: str = "") -> tuple[int, Path]:
        folder = tmp_path / (out or f"{day}-{language or 'default'}")
        arguments = ["digest", "--date", day, "--config", str(settings), "--out", str(folder)]
        return main([*arguments, *(["--lang", language] if language else [])]), folder

    return run


def read_digest(folder: Path) -> dict[str, Any]:
    digest: dict[str, Any] = json.loads((folder / "digest.json").read_text("utf-8"))
    return digest


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
