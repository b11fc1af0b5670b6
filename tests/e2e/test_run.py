"""`paperboy run`: everything comes up, stays up, and goes down together."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.runtime.sample import MORNING
from tests.e2e.conftest import Rehearsal, processes_with
from tests.e2e.running import LONGEST_S, Running, running, until
from tests.fakes.web import Answer, web

ROWS = [
    {"paper": {"id": f"2410.0000{n}", "title": f"Robot number {n}", "summary": "We present a robot.", "upvotes": n}}
    for n in range(1, 4)
]
QUICK = {"clock": {"tick_s": 0.1, "lease_s": 3}, "lease": {"edition_s": 3, "delivery_s": 3}}


@pytest.fixture
def settings(settings_file: Callable[..., Path]) -> Iterator[Path]:
    """One source with three papers; the edition closes a second from the rehearsal's start."""
    with web(Answer(body=json.dumps(ROWS).encode())) as source:
        yield settings_file([{"name": "huggingface", "kind": "huggingface", "url": source.url}], **QUICK)


@pytest.fixture
def run(settings: Path, tmp_path: Path, rehearsal: Rehearsal) -> Iterator[Running]:
    rehearsal.move_to(MORNING)
    with running(settings, tmp_path, rehearsal.environment) as started:
        yield started


def test_the_first_edition_is_made_and_posted_and_sigterm_ends_all(run: Running) -> None:
    until(lambda: "Robot number 3" in run.out(), told=run.err)
    assert "2024년 10월 4일 AI 논문 다이제스트" in run.out(), "the last working day's"
    assert set(run.parts()) == {"valkey", "editions", "questions", "clock"}
    assert run.stop() == 0
    assert processes_with(run.marker) == []
    assert run.err() == ""


def test_ctrl_c_ends_all(run: Running) -> None:
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(LONGEST_S) == 0
    assert processes_with(run.marker) == []


def test_a_second_run_on_the_same_data_says_so_and_stops(run: Running, settings: Path, tmp_path: Path) -> None:
    second = subprocess.run(
        [sys.executable, "-P", "-m", "bot", "run", "--config", str(settings)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, **run.environment},
        timeout=LONGEST_S,
    )
    assert second.returncode == 1
    told = f"paperboy: folder: another `paperboy run` (process {run.process.pid}) works in data"
    assert second.stderr.startswith(told)
    assert run.process.poll() is None


def test_a_part_that_dies_is_started_again_and_the_rest_goes_on(run: Running) -> None:
    before = run.parts()
    for name in before:
        run.kill(name)
    until(lambda: set(run.parts()) == set(before), told=run.parts)
    after = run.parts()
    assert all(after[name].pid != process.pid for name, process in before.items())
    until(lambda: "Robot number 3" in run.out(), told=run.err)


def test_when_the_run_itself_is_killed_its_parts_end_and_the_next_run_goes_on(run: Running) -> None:
    run.kill("run")
    run.start()
    until(lambda: "Robot number 3" in run.out(), told=run.err)
    assert run.stop() == 0
