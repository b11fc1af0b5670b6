"""Tests that `paperboy run` starts all processes, restarts those that die and stops all of them together."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.runtime.sample import MORNING
from tests.e2e.running import QUICK, Rehearsal, Running, processes_with, running
from tests.fakes.web import Answer, web
from tests.waiting import DEADLINE_S

ROWS = [
    {"paper": {"id": f"2410.0000{n}", "title": f"Robot number {n}", "summary": "We present a robot.", "upvotes": n}}
    for n in range(1, 4)
]


@pytest.fixture
def settings(settings_file: Callable[..., Path], tmp_path: Path) -> Iterator[Path]:
    """Settings with one source of three papers; the edition closes one second after the test's start."""
    with web(Answer(body=json.dumps(ROWS).encode())) as source:
        store = {"url": f"sqlite:///{tmp_path / 'new.db'}"}  # `paperboy run` creates the store itself
        sources = [{"name": "huggingface", "kind": "huggingface", "url": source.url}]
        yield settings_file(sources, store=store, **QUICK)


@pytest.fixture
def run(settings: Path, tmp_path: Path, rehearsal: Rehearsal) -> Iterator[Running]:
    rehearsal.move_to(MORNING)
    with running(settings, tmp_path, rehearsal.environment) as started:
        yield started


def test_the_first_edition_is_made_and_posted_and_sigterm_ends_all(run: Running) -> None:
    run.until(lambda: "Robot number 3" in run.out())
    assert "2024년 10월 4일 AI 논문 다이제스트" in run.out(), "the last working day's"
    assert set(run.processes()) == {"valkey", "editions", "questions", "clock"}
    assert run.stop() == 0
    assert processes_with(run.marker) == []
    assert run.err() == ""


def test_ctrl_c_ends_all(run: Running) -> None:
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(DEADLINE_S) == 0
    assert processes_with(run.marker) == []


def test_a_second_run_on_the_same_data_says_so_and_stops(run: Running) -> None:
    second = subprocess.run(
        [sys.executable, "-P", "-m", "bot", "run", "--config", str(run.settings)],
        capture_output=True,
        text=True,
        cwd=run.folder,
        env={**os.environ, **run.environment},
        timeout=DEADLINE_S,
    )
    assert second.returncode == 1
    complaint = f"paperboy: folder: another `paperboy run` (process {run.process.pid}) works in data"
    assert second.stderr.startswith(complaint)
    assert run.process.poll() is None


def test_a_part_that_dies_is_started_again_and_the_rest_goes_on(run: Running) -> None:
    before = run.processes()
    for name in before:
        run.kill(name)
    run.until(lambda: set(run.processes()) == set(before))
    after = run.processes()
    assert all(after[name].pid != process.pid for name, process in before.items())
    run.until(lambda: "Robot number 3" in run.out())


def test_when_the_run_itself_is_killed_its_parts_end_and_the_next_run_goes_on(run: Running) -> None:
    run.kill("run")
    run.start()
    run.until(lambda: "Robot number 3" in run.out())
    assert run.stop() == 0
