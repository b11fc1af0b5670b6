"""Tests that an edition is made once although the queue is emptied and the worker killed meanwhile."""

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import redis
from sqlalchemy import func, select

from bot.runtime import valkey
from bot.runtime.sample import DAY, MORNING
from bot.runtime.supervisor import Process, running
from tests.e2e.running import QUICK, Rehearsal, paper_row
from tests.fakes.subscriptions import NewSubscription
from tests.fakes.web import Answer, Web, web
from tests.waiting import until
from workers.domain.chats import ChatRef
from workers.queue import WorkQueue
from workers.runtime.clock import system_clock
from workers.store import Store, open_store
from workers.store.tables import delivery, edition, listing

PAPERS = [paper_row(n, f"A paper on robots number {n}") for n in range(1, 6)]


@pytest.fixture
def files(tmp_path: Path, settings_file: Callable[..., Path]) -> Callable[[str], Path]:
    def write(address: str) -> Path:
        return settings_file(
            [{"name": "huggingface", "kind": "huggingface", "url": address}],
            http={"timeout_s": 60, "deadline_s": 90},
            lease=QUICK["lease"],
        )

    return write


def kill_worker_and_job() -> None:
    """Send SIGKILL to the RQ worker and to the process that it forked for the job."""
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # ended since it was listed
            if "worker" in child.cmdline():
                child.send_signal(signal.SIGKILL)


def test_flushall_and_a_killed_worker_lose_nothing(
    tmp_path: Path, files: Callable[[str], Path], rehearsal: Rehearsal, capfd: pytest.CaptureFixture[str]
) -> None:
    let_go = threading.Event()
    rehearsal.move_to(MORNING)
    with web(Answer(body=json.dumps(PAPERS).encode(), hold=let_go)) as source:
        environment = {**os.environ, **rehearsal.environment, "PAPERBOY_CONFIG": str(files(source.url))}
        with open_store(f"sqlite:///{tmp_path / 'store.db'}", system_clock(environment)) as store:
            asyncio.run(_scenario(tmp_path, environment, source, let_go, store))
            with store.engine.connect() as connection:
                attempts = connection.execute(select(edition.c.attempt)).scalar_one()
                assert attempts == 2, "the first was killed, the second finished"
                assert connection.execute(select(func.count()).select_from(listing)).scalar_one() == len(PAPERS)
                assert connection.execute(select(func.count()).select_from(delivery)).scalar_one() == 1


async def _scenario(
    folder: Path, environment: dict[str, str], source: Web, let_go: threading.Event, store: Store
) -> None:
    store.subscriptions.add(NewSubscription(ChatRef("terminal", "here"), store.clock.now()))
    store.editions.want(DAY)
    server = valkey.server(folder / "valkey")
    program = [sys.executable, "-P", "-m", "bot"]
    parts = [Process("worker", [*program, "worker", "editions"]), Process("clock", [*program, "clock"])]
    async with running([server.process], environment):
        await valkey.ready(server.url)
        WorkQueue(server.url).ask_for_edition(DAY, store.clock.now())
        async with running(parts, {**environment, "REDIS_URL": server.url}):
            await asyncio.to_thread(until, lambda: source.seen)
            await asyncio.to_thread(kill_worker_and_job)
            redis.Redis.from_url(server.url).flushall()
            let_go.set()
            await asyncio.to_thread(until, lambda: store.texts.get(DAY, "ko"))
            await asyncio.to_thread(until, lambda: not store.outbox.idle("terminal"))
