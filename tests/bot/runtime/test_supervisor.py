"""Tests that the supervisor restarts processes that die and leaves no process behind."""

import asyncio
import os
import secrets
import signal
import sys
from pathlib import Path

import pytest

from bot.runtime.supervisor import Process, running
from tests.e2e.running import processes_with

SAY_PID = (
    "import os, sys, signal, pathlib; pathlib.Path(sys.argv[1]).open('a').write(f'{os.getpid()}\\n'); signal.pause()"
)
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SAY_PID


async def pids(file: Path, count: int) -> list[int]:
    """Wait until `file` lists `count` process ids and return them."""
    async with asyncio.timeout(20):
        while True:
            lines = file.read_text().splitlines() if file.exists() else []
            if len(lines) >= count:
                return [int(line) for line in lines]
            await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def process(name: str, program: str, file: Path) -> Process:
    return Process(name, [sys.executable, "-c", program, str(file)])


def test_a_process_that_dies_is_started_again(tmp_path: Path) -> None:
    async def scenario() -> list[int]:
        async with running([process("one", SAY_PID, tmp_path / "one")], dict(os.environ)):
            (first,) = await pids(tmp_path / "one", 1)
            os.kill(first, signal.SIGKILL)
            return await pids(tmp_path / "one", 2)

    first, second = asyncio.run(scenario())
    assert first != second
    assert not alive(second)


def test_all_processes_stop_with_the_body_even_when_it_fails(tmp_path: Path) -> None:
    async def scenario() -> list[int]:
        found: list[int] = []
        try:
            async with running([process(name, SAY_PID, tmp_path / name) for name in ("a", "b")], dict(os.environ)):
                found += [*await pids(tmp_path / "a", 1), *await pids(tmp_path / "b", 1)]
                raise LookupError
        except LookupError:
            return found

    assert [alive(pid) for pid in asyncio.run(scenario())] == [False, False]


@pytest.mark.parametrize("turns", range(12))
def test_no_process_is_lost_however_soon_the_body_ends(turns: int, tmp_path: Path) -> None:
    marker = f"soon-{secrets.token_hex(8)}"

    async def scenario() -> None:
        async with running([process("one", SAY_PID, tmp_path / "one")], {**os.environ, "PAPERBOY_TEST": marker}):
            for _ in range(turns):
                await asyncio.sleep(0)

    asyncio.run(scenario())
    assert processes_with(marker) == []


def test_a_process_that_will_not_stop_is_killed(tmp_path: Path) -> None:
    async def scenario() -> list[int]:
        async with running([process("deaf", DEAF, tmp_path / "deaf")], dict(os.environ), stop_s=0.2):
            return await pids(tmp_path / "deaf", 1)

    (pid,) = asyncio.run(scenario())
    assert not alive(pid)
