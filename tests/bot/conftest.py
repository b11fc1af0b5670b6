"""Fixtures of the frontends' tests: a store with one closed edition in two languages."""

import asyncio
import socket
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.runtime import valkey
from tests.fakes.clock import FakeClock
from tests.fakes.edition import DAY, closed_edition
from tests.fakes.empty_store import empty_store
from workers import config
from workers.domain.models import Category, Edition
from workers.store import Store, open_store

__all__ = ["DAY"]


@pytest.fixture(scope="session")
def categories() -> Sequence[Category]:
    return config.load(environment={}).closed_list()


@pytest.fixture
def free_port() -> int:
    """A free port of the loopback interface."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def valkey_url(tmp_path: Path) -> Iterator[str]:
    server = valkey.server(tmp_path / "valkey")
    with subprocess.Popen(server.process.command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as child:
        asyncio.run(valkey.ready(server.url))
        yield server.url
        child.terminate()


@pytest.fixture
def bot_clock() -> FakeClock:
    return FakeClock(datetime(2025, 6, 3, 8, tzinfo=UTC))


@pytest.fixture
def store(tmp_path: Path, bot_clock: FakeClock) -> Iterator[Store]:
    with open_store(empty_store(tmp_path / "bot.db"), bot_clock) as opened:
        yield opened


@pytest.fixture
def edition(store: Store) -> Edition:
    return closed_edition(store)
