"""Fixtures that serve the recorded days, write settings files and run `paperboy digest` in the test's process."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.__main__ import main
from tests.e2e.running import Rehearsal, write_settings

LARGE_CATEGORIES = ("cs.CL", "cs.CV", "cs.LG")


@dataclass(frozen=True)
class Replay:
    """A server of the recorded days in the real hosts' formats."""

    url: str

    def today(self, day: str) -> None:
        httpx.get(f"{self.url}/_today?day={day}").raise_for_status()

    def requests(self) -> list[str]:
        """Return the paths that were requested from the sources."""
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


@pytest.fixture
def rehearsal(tmp_path: Path) -> Rehearsal:
    return Rehearsal(tmp_path / "ahead")


def recorded_sources(
    url: str, fault: str = "", only: str = "", categories: Sequence[str] = LARGE_CATEGORIES
) -> list[dict[str, Any]]:
    """Return arXiv's `categories` and Hugging Face; `fault` affects the source named `only`, or both if it is empty."""
    broken = f"?fault={fault}" if fault else ""
    arxiv_fault, hugging_fault = (broken if only in {"", name} else "" for name in ("arxiv", "huggingface"))
    return [
        {
            "name": "arxiv",
            "kind": "arxiv",
            "url": f"{url}/rss",
            "api_url": f"{url}/api/query{arxiv_fault}",
            "categories": [f"{name}{arxiv_fault}" for name in categories],
        },
        {"name": "huggingface", "kind": "huggingface", "url": f"{url}/api/daily_papers{hugging_fault}"},
    ]


@pytest.fixture
def settings_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a settings file to the test's folder with `write_settings`."""

    def write(sources: list[dict[str, Any]], **sections: Any) -> Path:
        return write_settings(tmp_path, sources, **sections)

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
